-- One row per deal × flag × onset: when it cleared, who touched the deal, and what came of it.
{%- set text = dbt.type_string() %}
{%- set timestamp = dbt.type_timestamp() %}
with episodes as (
    select * from {{ ref('int_pipeline__risk_episodes') }}
),

deals as (
    select * from {{ ref('int_pipeline__deals') }}
),

final as (
    select
        cast(deals.crm as {{ text }}) as crm,
        cast(deals.record_id as {{ text }}) as record_id,
        cast(deals.record_key as {{ text }}) as record_key,
        cast(episodes.flag as {{ text }}) as flag,
        cast(episodes.onset_at as {{ timestamp }}) as onset_at,
        cast(episodes.cleared_at as {{ timestamp }}) as cleared_at,
        cast(episodes.lasts_to_the_end as boolean) as lasts_to_the_end,
        cast(episodes.stage as {{ text }}) as stage,
        cast(episodes.touched_at as {{ timestamp }}) as first_touch_at,
        cast(episodes.is_touched as boolean) as is_touched_in_time,
        cast(episodes.outcome as {{ text }}) as outcome,
        cast(nullif(deals.pipeline, '') as {{ text }}) as pipeline,
        cast(nullif(deals.segment, '') as {{ text }}) as segment,
        {{ as_of() }} as as_of
    from episodes
    inner join deals on episodes.record_sk = deals.record_sk
)

select * from final
