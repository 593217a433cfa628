-- One row per CRM, object type and picklist field: its sprawl, and what to standardise.
{%- set text = dbt.type_string() %}

with fields as (
    select * from {{ ref('int_health__picklist_fields') }}
),

final as (
    select
        {%- for column in ['crm', 'object_type', 'field'] %}
            cast({{ column }} as {{ text }}) as {{ column }},
        {%- endfor %}
        standardise_first,
        {%- for column in ['n_records', 'n_filled', 'n_values'] %}
            cast({{ column }} as {{ dbt.type_bigint() }}) as {{ column }},
        {%- endfor %}
        {%- for verdict in ['other', 'rare', 'off_list', 'other_spelling'] %}
            {%- for what in ['values', 'records'] %}
                cast(n_{{ verdict }}_{{ what }} as {{ dbt.type_bigint() }})
                    as n_{{ verdict }}_{{ what }},
            {%- endfor %}
        {%- endfor %}
        cast(other_share as decimal(9, 6)) as other_share,
        cast(rare_share as decimal(9, 6)) as rare_share
    from fields
)

select * from final
