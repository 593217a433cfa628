-- One row per stay of a live deal beside its win (in the last open stage of its pipeline, or in
-- commit, one after the other without a gap) or, for comparison, in an earlier open stage: was it
-- closed within the limit? A stay that is not over is judged once its limit has passed.
{%- set text = dbt.type_string() %}
with records as (
    select
        record_sk,
        record_key,
        crm,
        object_type
    from {{ ref('int_crm__records') }}
    where object_type = 'opportunity' and is_live
),

stage_periods as (
    select
        record_sk,
        crm,
        coalesce(pipeline, '') as pipeline,
        stage,
        started_at,
        ended_at
    from {{ ref('int_history__stage_periods') }}
    where object_type = 'opportunity' and not is_terminal and stage_kind = 'open'
),

stage_map as (
    select
        crm,
        pipeline,
        stage,
        stage_order,
        coalesce(home_pipeline, '') as home_pipeline
    from {{ ref('int_crm__stage_map') }}
    where object_type = 'opportunity' and kind = 'open' and stage_order is not null
),

retired_stages as (
    select
        crm,
        stage,
        coalesce(pipeline, '') as home_pipeline
    from {{ ref('stg_crm__stages') }}
    where object_type = 'opportunity' and is_retired
),

commit_spans as (
    select * from {{ ref('int_history__commit_spans') }}
),

open_spans as (
    select * from {{ ref('int_history__open_spans') }}
),

-- Orders compare within one list of stages. A list of one stage has none that is the last.
placed as (
    select
        stage_map.crm,
        stage_map.pipeline,
        stage_map.stage,
        stage_map.stage_order,
        min(stage_map.stage_order) over (
            partition by stage_map.crm, stage_map.pipeline, stage_map.home_pipeline
        ) as first_order,
        max(case when retired_stages.stage is null then stage_map.stage_order end) over (
            partition by stage_map.crm, stage_map.pipeline, stage_map.home_pipeline
        ) as last_order
    from stage_map
    left join retired_stages
        on
            stage_map.crm = retired_stages.crm
            and stage_map.stage = retired_stages.stage
            and stage_map.home_pipeline = retired_stages.home_pipeline
),

in_stages as (
    select
        periods.record_sk,
        periods.stage,
        periods.started_at,
        periods.ended_at,
        placed.stage_order >= placed.last_order as is_last
    from stage_periods as periods
    inner join placed
        on
            periods.crm = placed.crm
            and periods.pipeline = placed.pipeline
            and periods.stage = placed.stage
    where placed.last_order > placed.first_order
),

committed as (
    select
        commits.record_sk,
        case
            when commits.committed_at > open_spans.opened_at then commits.committed_at
            else open_spans.opened_at
        end as started_at,
        case
            when commits.uncommitted_at is null then open_spans.closed_at
            when open_spans.closed_at < commits.uncommitted_at then open_spans.closed_at
            else commits.uncommitted_at
        end as ended_at
    from commit_spans as commits
    inner join open_spans on commits.record_sk = open_spans.record_sk
    where
        (open_spans.closed_at is null or open_spans.closed_at > commits.committed_at)
        and (commits.uncommitted_at is null or commits.uncommitted_at > open_spans.opened_at)
),

beside as (
    select
        record_sk,
        stage,
        started_at,
        ended_at,
        coalesce(ended_at, {{ later(as_of(), 1, 1) }}) as ends_at
    from in_stages
    where is_last

    union all

    select
        record_sk,
        cast(null as {{ text }}) as stage,
        started_at,
        ended_at,
        coalesce(ended_at, {{ later(as_of(), 1, 1) }}) as ends_at
    from committed
),

reached as (
    select
        *,
        max(ends_at) over (
            partition by record_sk
            order by started_at asc, ends_at desc, stage asc nulls last
            rows between unbounded preceding and 1 preceding
        ) as reached_before
    from beside
),

numbered as (
    select
        *,
        sum(case when started_at <= reached_before then 0 else 1 end) over (
            partition by record_sk
            order by started_at asc, ends_at desc, stage asc nulls last
            rows between unbounded preceding and current row
        ) as stay_number
    from reached
),

stretches as (
    select
        record_sk,
        max(stage) as stage,
        min(started_at) as started_at,
        case when count(ended_at) = count(*) then max(ended_at) end as ended_at,
        max(ends_at) as ends_at
    from numbered
    group by record_sk, stay_number
),

-- Of an earlier stage only what no stretch beside the win touches.
earlier as (
    select
        in_stages.record_sk,
        in_stages.stage,
        in_stages.started_at,
        in_stages.ended_at
    from in_stages
    left join stretches on in_stages.record_sk = stretches.record_sk
    where not in_stages.is_last
    group by
        in_stages.record_sk, in_stages.stage, in_stages.started_at, in_stages.ended_at
    having
        max(
            case
                when
                    stretches.started_at
                    < coalesce(in_stages.ended_at, {{ later(as_of(), 1, 1) }})
                    and stretches.ends_at > in_stages.started_at
                    then 1
                else 0
            end
        ) = 0
),

stays as (
    select
        record_sk,
        stage,
        started_at,
        ended_at,
        true as is_beside_win
    from stretches

    union all

    select
        record_sk,
        stage,
        started_at,
        ended_at,
        false as is_beside_win
    from earlier
),

limited as (
    select
        *,
        {{ later('started_at', 86400, threshold('inflation_near_win__days')) }} as limit_at,
        coalesce(ended_at, {{ as_of() }}) as seen_until
    from stays
),

judged as (
    select
        *,
        seen_until > limit_at as is_parked,
        case when seen_until > limit_at then limit_at else ended_at end as judged_at
    from limited
),

windowed as (
    select
        *,
        {{ signature_window('judged_at') }} as signature_window
    from judged
    where judged_at is not null
),

final as (
    select
        records.record_sk,
        records.record_key,
        records.crm,
        records.object_type,
        cast(windowed.started_at as {{ text }}) as part,
        windowed.stage,
        windowed.is_beside_win,
        windowed.started_at,
        windowed.seen_until,
        windowed.judged_at,
        windowed.signature_window,
        windowed.is_parked
    from windowed
    inner join records on windowed.record_sk = records.record_sk
    where windowed.signature_window is not null
)

select * from final
