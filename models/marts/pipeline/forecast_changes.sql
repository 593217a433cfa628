-- One row per deal × week × kind of change: what moved the forecast of this period since last week.
{%- set text = dbt.type_string() %}
with changes as (
    select * from {{ ref('int_pipeline__changes') }}
),

deals as (
    select * from {{ ref('int_pipeline__deals') }}
),

final as (
    select
        cast(deals.crm as {{ text }}) as crm,
        cast(deals.record_id as {{ text }}) as record_id,
        cast(deals.record_key as {{ text }}) as record_key,
        cast(changes.week_ago_at as {{ dbt.type_timestamp() }}) as since_at,
        cast(changes.change_kind as {{ text }}) as change_kind,
        cast(changes.moved_amount as {{ type_amount() }}) as moved_amount,
        cast(nullif(deals.currency, '') as {{ text }}) as currency,
        cast(nullif(deals.pipeline, '') as {{ text }}) as pipeline,
        cast(nullif(deals.segment, '') as {{ text }}) as segment,
        {{ as_of() }} as as_of
    from changes
    inner join deals on changes.record_sk = deals.record_sk
)

select * from final
