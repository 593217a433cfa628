-- One row per CRM, object type, picklist field and value (NULL: none) of live records.
{%- set text = dbt.type_string() %}

with picklist_values as (
    select * from {{ ref('int_health__picklist_values') }}
),

final as (
    select
        {%- for column in ['crm', 'object_type', 'field', 'value'] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        cast(n_records as {{ dbt.type_bigint() }}) as n_records,
        cast(share as decimal(9, 6)) as share,
        cast(n_spellings as {{ dbt.type_bigint() }}) as n_spellings,
        cast(verdict as {{ text }}) as verdict,
        cast(use_instead as {{ text }}) as use_instead,
        standardise_first
    from picklist_values
)

select * from final
