-- One row per open deal × target: how likely it is won by then, and why.
{%- set text = dbt.type_string() %}
{%- set double = type_double() %}
with forecasts as (
    select * from {{ ref('int_pipeline__forecasts') }}
    where fit_number = 0 and target <> 'week_before'
),

as_was as (
    select * from {{ ref('int_pipeline__as_was') }}
    where is_open
),

deals as (
    select * from {{ ref('int_pipeline__deals') }}
),

labels as (
    select * from {{ ref('int_pipeline__labels') }}
),

users as (
    select * from {{ ref('stg_crm__users') }}
),

stage_labels as (
    select * from {{ ref('stg_crm__labels') }}
    where object_type = 'opportunity' and field = 'stage'
),

final as (
    select
        cast(deals.crm as {{ text }}) as crm,
        cast(deals.record_id as {{ text }}) as record_id,
        cast(deals.record_key as {{ text }}) as record_key,
        cast(labels.record_name as {{ text }}) as record_name,
        cast(forecasts.target as {{ text }}) as target,
        cast(forecasts.fit_ends_at as {{ dbt.type_timestamp() }}) as target_ends_at,
        {%- for column in ['pipeline', 'segment', 'team'] %}
            cast(nullif(forecasts.{{ column }}, '') as {{ text }}) as {{ column }},
        {%- endfor %}
        cast(as_was.owner_id as {{ text }}) as owner_id,
        cast(users.user_name as {{ text }}) as owner_name,
        cast(as_was.stage as {{ text }}) as stage,
        cast(coalesce(stage_labels.label, as_was.stage) as {{ text }}) as stage_label,
        cast(as_was.days_in_stage as {{ double }}) as days_in_stage,
        cast(as_was.close_date as date) as close_date,
        cast(as_was.forecast_category as {{ text }}) as forecast_category,
        cast(forecasts.status as {{ text }}) as status,
        {{ settled('forecasts.probability') }} as probability,
        {{ settled('forecasts.base_probability') }} as base_probability,
        {{ settled('forecasts.n_won') }} as n_won,
        {{ settled('forecasts.n_like') }} as n_like,
        cast(forecasts.amount as {{ type_amount() }}) as amount,
        cast(forecasts.expected_amount as {{ type_amount() }}) as expected_amount,
        cast(nullif(forecasts.currency, '') as {{ text }}) as currency,
        {%- for factor in forecast_factors() + ['calibration'] %}
            {{ settled('forecasts.' ~ factor ~ '_points') }} as {{ factor }}_points,
        {%- endfor %}
        {{ as_of() }} as as_of
    from forecasts
    inner join deals on forecasts.record_sk = deals.record_sk
    inner join as_was
        on
            forecasts.record_sk = as_was.record_sk
            and forecasts.fitted_at = as_was.instant_at
    left join labels on forecasts.record_sk = labels.record_sk
    left join users on deals.crm = users.crm and as_was.owner_id = users.user_id
    left join stage_labels
        on deals.crm = stage_labels.crm and as_was.stage = stage_labels.value
)

select * from final
