-- One row per CRM, archetype, object type, team, segment, causing step and week of the first bad
-- change.
{%- set bigint = dbt.type_bigint() %}
with dirty_records as (
    select * from {{ ref('int_root_cause__dirty_records') }}
),

dirty as (
    select
        *,
        cast({{ dbt.date_trunc('week', business_time('first_bad_at')) }} as date) as week_start,
        case when amount is not null then coalesce(currency, '') end as amount_currency
    from dirty_records
),

final as (
    select
        crm,
        archetype,
        object_type,
        team,
        segment,
        causing_step,
        week_start,
        cast(count(*) as {{ bigint }}) as n_records,
        cast(count(case when is_open then 1 end) as {{ bigint }}) as n_open,
        cast(sum(n_occurrences) as {{ bigint }}) as n_occurrences,
        -- Amounts of two currencies make no sum.
        cast(
            case when count(distinct amount_currency) = 1 then sum(amount) end
            as {{ type_amount() }}
        ) as amount,
        cast(
            case
                when count(distinct case when is_open then amount_currency end) = 1
                    then sum(case when is_open then amount end)
            end as {{ type_amount() }}
        ) as open_amount
    from dirty
    group by crm, archetype, object_type, team, segment, causing_step, week_start
)

select * from final
