-- One row per live record whose owner is inactive or no user: who could have it instead.
{%- set text = dbt.type_string() %}

with reassignments as (
    select * from {{ ref('int_health__reassignments') }}
),

users as (
    select * from {{ ref('stg_crm__users') }}
),

final as (
    select
        {%- for column in [
            'record_key', 'crm', 'object_type', 'record_id', 'segment', 'owner_id', 'fault',
            'proposed_owner_id', 'proposed_from',
        ] %}
            cast(reassignments.{{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        cast(users.team as {{ text }}) as proposed_team,
        cast(reassignments.amount as {{ type_amount() }}) as amount,
        cast(reassignments.detail as {{ text }}) as detail
    from reassignments
    left join users
        on
            reassignments.crm = users.crm
            and reassignments.proposed_owner_id = users.user_id
)

select * from final
