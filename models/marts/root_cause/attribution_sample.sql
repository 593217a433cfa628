-- One row per change of a CRM's sample of stage and owner changes: to check by hand who made it,
-- and through what.
{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() %}

with sample as (
    select * from {{ ref('int_root_cause__attribution_sample') }}
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(sample_number as {{ bigint }}) as sample_number,
        {%- for column in ['record_key', 'object_type', 'record_id', 'team', 'field'] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        cast(change_number as {{ bigint }}) as change_number,
        changed_at,
        {%- for column in [
            'old_value', 'new_value', 'changed_by', 'actor_kind', 'channel', 'automation_id',
        ] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        is_attributed,
        cast(lacks as {{ text }}) as lacks,
        cast(trace_hint as {{ text }}) as trace_hint
    from sample
)

select * from final
