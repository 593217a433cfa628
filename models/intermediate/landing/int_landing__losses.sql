-- One row per day of as_of and table of a landing: how many rows it has, and whether it lost more
-- than the policy allows since the last day that had not. A day that lost too much is no measure
-- for the next.
{{ config(**kept_days('landing_date', full_refresh=none)) }}

with landed_tables as (
    select * from {{ ref('int_landing__tables') }}
),

{% if is_incremental() -%}
good_days as (
    select
        crm,
        source_table,
        n_landed,
        row_number() over (partition by crm, source_table order by landing_date desc) as place
    from {{ this }}
    where landing_date < cast({{ as_of() }} as date) and not is_short
),

{% endif -%}

compared as (
    select
        landed_tables.crm,
        landed_tables.source_table,
        landed_tables.n_landed,
        {% if is_incremental() -%}
            good_days.n_landed
        {%- else -%}
            cast(null as {{ dbt.type_bigint() }})
        {%- endif %} as n_before
    from landed_tables
    {%- if is_incremental() %}
        left join good_days
            on
                landed_tables.crm = good_days.crm
                and landed_tables.source_table = good_days.source_table
                and good_days.place = 1
    {%- endif %}
),

final as (
    select
        crm,
        source_table,
        cast({{ as_of() }} as date) as landing_date,
        cast(n_landed as {{ dbt.type_bigint() }}) as n_landed,
        cast(n_before as {{ dbt.type_bigint() }}) as n_before,
        coalesce(n_landed < n_before * (1 - {{ threshold('landing_loss__share') }}), false)
            as is_short
    from compared
)

select * from final
