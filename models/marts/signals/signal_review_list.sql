-- One row per signal, CRM, object type and segment to be reviewed and record to look at first.
{% set text = dbt.type_string() %}

with ranked as (
    select * from {{ ref('int_review__signal_records') }}
),

rules as (
    select
        rule_id,
        look_for
    from {{ ref('rules') }}
    where kind = 'signal'
),

final as (
    select
        cast(ranked.crm as {{ text }}) as crm,
        cast(ranked.signal as {{ text }}) as signal,
        cast(ranked.object_type as {{ text }}) as object_type,
        cast(ranked.segment as {{ text }}) as segment,
        cast(ranked.review_rank as {{ dbt.type_bigint() }}) as review_rank,
        cast({{ dbt.date_trunc('week', business_time(as_of())) }} as date) as week_start,
        cast(ranked.status as {{ text }}) as status,
        ranked.rate,
        cast(ranked.numerator as {{ dbt.type_bigint() }}) as numerator,
        cast(ranked.denominator as {{ dbt.type_bigint() }}) as denominator,
        ranked.signal_date,
        cast(ranked.record_key as {{ text }}) as record_key,
        cast(ranked.record_id as {{ text }}) as record_id,
        cast(ranked.owner_id as {{ text }}) as owner_id,
        cast(ranked.team as {{ text }}) as team,
        cast(ranked.amount as {{ type_amount() }}) as amount,
        ranked.is_open,
        cast(ranked.stage as {{ text }}) as stage,
        cast(ranked.days as decimal(18, 6)) as days,
        cast(ranked.usual_days as decimal(18, 6)) as usual_days,
        cast(ranked.days_outside as decimal(18, 6)) as days_outside,
        cast(ranked.detail as {{ text }}) as detail,
        cast(ranked.n_occurrences as {{ dbt.type_bigint() }}) as n_occurrences,
        ranked.last_occurred_at,
        cast(rules.look_for as {{ text }}) as look_for
    from ranked
    inner join rules on ranked.signal = rules.rule_id
    where ranked.review_rank <= {{ threshold('review_list__records') }}
)

select * from final
