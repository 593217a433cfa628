-- One row per live lost deal: whether it says why it was lost.
{%- set closed_on = 'cast(opportunities.close_date as ' ~ dbt.type_timestamp() ~ ')' %}

with records as (
    select * from {{ ref('int_crm__records') }}
),

opportunities as (
    select * from {{ ref('stg_crm__opportunities') }}
),

stage_periods as (
    select * from {{ ref('int_history__stage_periods') }}
),

lost_since as (
    select
        record_sk,
        started_at
    from stage_periods
    where object_type = 'opportunity' and is_current and period_number > 1
),

lost_deals as (
    select
        records.record_sk,
        {{ blank_to_null('opportunities.loss_reason') }} is null as is_breach,
        coalesce(
            lost_since.started_at,
            opportunities.closed_at,
            case when {{ closed_on }} <= {{ as_of() }} then {{ closed_on }} end
        ) as lost_at
    from records
    inner join opportunities on records.record_key = opportunities.record_key
    left join lost_since on records.record_sk = lost_since.record_sk
    where records.is_live and records.stage_kind = 'lost'
),

final as (
    select
        record_sk,
        is_breach,
        case when is_breach then lost_at end as breached_since,
        case
            when is_breach and lost_at is null then 'no loss reason'
            when is_breach
                then
                    'no loss reason, lost '
                    || {{ duration_text(seconds_between('lost_at', as_of())) }} || ' ago'
        end as detail
    from lost_deals
)

select * from final
