-- One row per CRM × object type × day of as_of: its grade, and the change of the share in a week.
{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() -%}
{{ config(**kept_days('metric_date')) }}

with grades as (
    select * from {{ ref('int_health__grades') }}
),

{% if is_incremental() -%}
week_before as (
    select
        crm,
        object_type,
        clean_share
    from {{ this }}
    where metric_date = cast({{ later(as_of(), -86400, 7) }} as date) and grade is not null
),

{% endif -%}

compared as (
    select
        grades.*,
        {% if is_incremental() -%}
            week_before.clean_share
        {%- else -%}
            cast(null as decimal(9, 6))
        {%- endif %} as earlier_share
    from grades
    {%- if is_incremental() %}
        left join week_before
            on grades.crm = week_before.crm and grades.object_type = week_before.object_type
    {%- endif %}
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(object_type as {{ text }}) as object_type,
        cast({{ as_of() }} as date) as metric_date,
        cast(n_live_records as {{ bigint }}) as n_live_records,
        cast(n_without_finding as {{ bigint }}) as n_without_finding,
        clean_share,
        case
            when grade is not null then cast(clean_share - earlier_share as decimal(9, 6))
        end as change_in_a_week,
        cast(grade as {{ text }}) as grade,
        {%- for severity in ['critical', 'high', 'medium', 'low'] %}
            cast(n_worst_{{ severity }} as {{ bigint }}) as n_worst_{{ severity }},
        {%- endfor %}
        {{ as_of() }} as as_of,
        cast(not_judged as {{ text }}) as not_judged
    from compared
    where {{ as_of_is_kept() }}
)

select * from final
