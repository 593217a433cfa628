-- One row per writer of a change or maker of a record, as its CRM tells it (id, automation, kind,
-- channel, path): through what did it write? First the policy of its id, then what the CRM says,
-- then the policy of a machine's user, which also says what an API was used for. A person's user of
-- a CRM that tells no channel may be a flow that runs, or a file that is loaded, in its name: its
-- path is not known.
{%- set told = ['changed_by', 'automation_id', 'actor_kind', 'channel', 'told_write_path'] %}
with field_changes as (
    select * from {{ ref('stg_crm__field_changes') }}
),

creations as (
    select * from {{ ref('stg_crm__creations') }}
),

users as (
    select
        crm,
        user_id,
        write_path
    from {{ ref('stg_crm__users') }}
),

user_policy as (
    select * from {{ ref('user_policy') }}
    where match_on = 'writer' and write_path is not null
),

acts as (
    select
        crm,
        {{ told | join(',\n        ') }}
    from field_changes

    union all

    select
        crm,
        created_by as changed_by,
        {{ told[1:] | join(',\n        ') }}
    from creations
),

writers as (
    select distinct
        crm,
        {%- for column in told %}
            nullif({{ column }}, '') as {{ column }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from acts
),

numbered as (
    select
        *,
        row_number() over (
            order by
                crm,
                {%- for column in told %}
                    {{ column }} nulls first{% if not loop.last %},{% endif %}
                {%- endfor %}
        ) as writer_number
    from writers
),

named as (
    select
        numbered.writer_number,
        policy.write_path,
        row_number() over (partition by numbered.writer_number order by policy.priority) as place
    from numbered
    inner join user_policy as policy
        on
            policy.crm in ('*', numbered.crm)
            and lower(coalesce(numbered.automation_id, numbered.changed_by)) like policy.pattern
),

final as (
    select
        numbered.crm,
        {%- for column in told %}
            numbered.{{ column }},
        {%- endfor %}
        coalesce(
            named.write_path,
            nullif(numbered.told_write_path, 'api'),
            case
                when numbered.actor_kind in ('automation', 'integration', 'import')
                    then users.write_path
            end,
            numbered.told_write_path
        ) as write_path
    from numbered
    left join named on numbered.writer_number = named.writer_number and named.place = 1
    left join users
        on numbered.crm = users.crm and numbered.changed_by = users.user_id
)

select * from final
