-- One row per CRM, object type and field, and one for all of a CRM: of how many changes is it known
-- who made them, and through what?
{%- set text = dbt.type_string() -%}
{%- set counts = ['n_changes', 'n_with_actor', 'n_with_channel', 'n_with_both'] %}
with attribution as (
    select * from {{ ref('int_root_cause__attribution') }}
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(object_type as {{ text }}) as object_type,
        cast(field as {{ text }}) as field,
        cast(target as decimal(9, 6)) as target,
        {%- for prefix in ['', 'window_'] %}
            {%- for count in counts %}
                cast({{ prefix }}{{ count }} as {{ dbt.type_bigint() }}) as {{ prefix }}{{ count }},
            {%- endfor %}
            cast({{ prefix }}coverage as decimal(9, 6)) as {{ prefix }}coverage,
            cast({{ prefix }}status as {{ text }}) as {{ prefix }}status,
        {%- endfor %}
        cast(sample_n_changes as {{ dbt.type_bigint() }}) as sample_n_changes,
        cast(sample_n_attributed as {{ dbt.type_bigint() }}) as sample_n_attributed,
        cast(sample_coverage as decimal(9, 6)) as sample_coverage
    from attribution
)

select * from final
