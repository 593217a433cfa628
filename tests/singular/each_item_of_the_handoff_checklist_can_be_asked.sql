-- An item of a kind that no model knows, or that its object cannot have, would never be asked for.
{%- set fields = [] -%}
{%- for field, object_types in health_field_names().items() -%}
    {%- for object_type in object_types -%}
        {%- do fields.append([object_type, field]) -%}
    {%- endfor -%}
{%- endfor %}
with known as (
    select
        object_type,
        field
    from {{ text_rows(['object_type', 'field'], fields) }}
),

asked as (
    select distinct
        handoff,
        object_type,
        item
    from {{ ref('int_teams__checklist') }}
)

select
    policy.handoff,
    policy.object_type,
    policy.item,
    policy.kind,
    policy.field
from {{ ref('handoff_checklist') }} as policy
left join asked
    on
        policy.handoff = asked.handoff
        and policy.object_type = asked.object_type
        and policy.item = asked.item
left join known
    on
        policy.field = known.field
        and case when policy.asked_of = 'account' then 'account' else policy.object_type end
        = known.object_type
where
    asked.item is null
    or (policy.kind = 'field_filled' and known.field is null)
    or (policy.handoff = 'won_to_cs' and policy.object_type <> 'opportunity')
