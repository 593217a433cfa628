-- One row per live record of any object: what becomes of it, by which rule and why.
{{ config(materialized='view') }}
{%- set text = dbt.type_string() %}

with decisions as (
    select * from {{ ref('int_lifecycle__decisions') }}
),

final as (
    select
        {%- for column in [
            'record_key', 'crm', 'object_type', 'record_id', 'decision', 'rule_id', 'reason',
            'blocked_by',
        ] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        is_protected,
        cast(missing_inputs as {{ text }}) as missing_inputs,
        last_activity_at,
        cast(retention_due_at as {{ dbt.type_timestamp() }}) as retention_due_at,
        {%- for column in [
            'lifecycle_tag', 'owner_id', 'team', 'account_id', 'segment', 'region',
        ] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        cast(value_at_stake as {{ type_amount() }}) as value_at_stake,
        cast(n_links as {{ dbt.type_bigint() }}) as n_links,
        {%- for column in ['facts', 'rule_version'] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        as_of
    from decisions
)

select * from final
