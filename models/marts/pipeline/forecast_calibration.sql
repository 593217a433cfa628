-- One row per CRM × target × tenth of the probability: what was said of the deals of past fits, and
-- how many of them were won.
{%- set text = dbt.type_string() %}
{%- set double = type_double() %}
with forecasts as (
    select * from {{ ref('int_pipeline__forecasts') }}
    where status = 'ok' and is_won is not null
),

judged as (
    select
        crm,
        target,
        probability,
        case when is_won then 1 else 0 end as outcome,
        case
            when probability >= 0.9 then 10
            else cast(floor(probability * 10) as {{ dbt.type_int() }}) + 1
        end as decile,
        case
            when probability < 0.001 then 0.001
            when probability > 0.999 then 0.999
            else probability
        end as clipped
    from forecasts
),

overall as (
    select
        crm,
        target,
        avg((probability - outcome) * (probability - outcome)) as brier,
        avg(-outcome * ln(clipped) - (1 - outcome) * ln(1 - clipped)) as log_loss
    from judged
    group by crm, target
),

tenths as (
    select
        crm,
        target,
        decile,
        count(*) as n_deals,
        sum(outcome) as n_won,
        avg(probability) as predicted
    from judged
    group by crm, target, decile
),

final as (
    select
        cast(tenths.crm as {{ text }}) as crm,
        cast(tenths.target as {{ text }}) as target,
        cast(tenths.decile as {{ dbt.type_int() }}) as decile,
        cast(tenths.n_deals as {{ dbt.type_bigint() }}) as n_deals,
        cast(tenths.n_won as {{ dbt.type_bigint() }}) as n_won,
        {{ settled('tenths.predicted') }} as predicted,
        cast(cast(tenths.n_won as {{ double }}) / tenths.n_deals as {{ double }}) as observed,
        {{ settled('overall.brier') }} as brier,
        {{ settled('overall.log_loss') }} as log_loss,
        {{ as_of() }} as as_of
    from tenths
    inner join overall on tenths.crm = overall.crm and tenths.target = overall.target
)

select * from final
