-- One row per open deal × flag that holds: since when, what it means and what to do.
{%- set text = dbt.type_string() %}
with spans as (
    select * from {{ ref('int_pipeline__risk_spans') }}
    where cleared_at is null
),

register as (
    select * from {{ ref('deal_risk_register') }}
),

deals as (
    select * from {{ ref('int_pipeline__deals') }}
),

as_was as (
    select * from {{ ref('int_pipeline__as_was') }}
    where is_open and instant_at = {{ as_of() }}
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
        cast(spans.flag as {{ text }}) as flag,
        cast(register.severity as {{ dbt.type_int() }}) as severity,
        cast(spans.onset_at as {{ dbt.type_timestamp() }}) as since_at,
        cast({{ seconds_before_as_of('spans.onset_at') }} / 86400 as {{ type_double() }})
            as since_days,
        cast(register.meaning as {{ text }}) as meaning,
        cast(register.action as {{ text }}) as action,
        cast(as_was.stage as {{ text }}) as stage,
        cast(coalesce(stage_labels.label, as_was.stage) as {{ text }}) as stage_label,
        cast(as_was.days_in_stage as {{ type_double() }}) as days_in_stage,
        cast(as_was.last_two_way_at as {{ dbt.type_timestamp() }}) as last_two_way_at,
        cast(as_was.close_date as date) as close_date,
        cast(as_was.n_pushes as {{ dbt.type_bigint() }}) as n_pushes,
        cast(as_was.n_contacts_engaged as {{ dbt.type_bigint() }}) as n_contacts_engaged,
        cast(as_was.amount as {{ type_amount() }}) as amount,
        cast(nullif(deals.currency, '') as {{ text }}) as currency,
        cast(as_was.forecast_category as {{ text }}) as forecast_category,
        cast(as_was.owner_id as {{ text }}) as owner_id,
        cast(users.user_name as {{ text }}) as owner_name,
        cast(as_was.owner_team as {{ text }}) as team,
        cast(nullif(deals.pipeline, '') as {{ text }}) as pipeline,
        cast(nullif(deals.segment, '') as {{ text }}) as segment,
        {{ as_of() }} as as_of
    from spans
    inner join register on spans.flag = register.flag
    inner join deals on spans.record_sk = deals.record_sk
    inner join as_was on spans.record_sk = as_was.record_sk
    left join labels on spans.record_sk = labels.record_sk
    left join users on deals.crm = users.crm and as_was.owner_id = users.user_id
    left join stage_labels
        on deals.crm = stage_labels.crm and as_was.stage = stage_labels.value
)

select * from final
