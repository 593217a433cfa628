-- One row per move of a deal to a won stage in the windows: was the amount that it had raised in
-- time before, up to the instant of the win? The last raise is told.
{%- set text = dbt.type_string() %}
with wins as (
    select *
    from {{ ref('int_signatures__stage_changes') }}
    where
        object_type = 'opportunity'
        and new_kind = 'won'
        and (old_kind is null or old_kind <> 'won')
),

raises as (
    select *
    from {{ ref('int_signatures__changes') }}
    where
        object_type = 'opportunity'
        and field = 'amount'
        and {{ parse_value('new_value', 'text', 'numeric') }}
        > {{ parse_value('old_value', 'text', 'numeric') }}
),

wins_and_raises as (
    select
        record_sk,
        change_number,
        changed_at,
        true as is_win,
        cast(null as {{ text }}) as change_id,
        cast(null as {{ text }}) as old_value,
        cast(null as {{ text }}) as new_value
    from wins

    union all

    select
        record_sk,
        change_number,
        changed_at,
        false as is_win,
        change_id,
        old_value,
        new_value
    from raises
),

-- The wins from one raise to the next have as many behind them.
counted as (
    select
        *,
        count(case when not is_win then 1 end) over (partition by record_sk order by changed_at)
            as n_raised_before
    from wins_and_raises
),

raised as (
    select
        *,
        {%- for column in ['changed_at', 'change_id', 'old_value', 'new_value'] %}
            case
                when n_raised_before > 0
                    then first_value({{ column }}) over (
                        partition by record_sk, n_raised_before
                        order by case when is_win then 1 else 0 end asc, change_number desc
                    )
            end as raised_{{ column }}
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from counted
),

judged as (
    select
        wins.*,
        raised.raised_changed_at,
        raised.raised_change_id,
        raised.raised_old_value,
        raised.raised_new_value,
        coalesce(
            wins.changed_at <= {{ later(
                'raised.raised_changed_at', 86400, threshold('win_inflation__days')
            ) }},
            false
        ) as is_hit
    from raised
    inner join wins
        on
            raised.record_sk = wins.record_sk
            and raised.change_number = wins.change_number
    where raised.is_win
),

final as (
    select
        record_sk,
        record_key,
        crm,
        object_type,
        cast(null as {{ text }}) as part,
        field,
        change_number,
        changed_at as occurred_at,
        signature_window,
        is_hit,
        case when is_hit then raised_change_id end as related_id,
        case when is_hit then raised_changed_at end as related_at,
        case
            when is_hit
                then
                    'amount raised from ' || raised_old_value || ' to ' || raised_new_value || ' '
                    || {{ duration_text(seconds_between('raised_changed_at', 'changed_at')) }}
                    || ' before the win'
        end as detail
    from judged
)

select * from final
