-- One row per deal and stretch of time in which it was committed, and by what: its forecast
-- category; while it has none, its stage.
with records as {{ inlined() }} (
    select * from {{ ref('int_crm__records') }}
),

field_changes as (
    select * from {{ ref('stg_crm__field_changes') }}
),

inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

stage_periods as (
    select * from {{ ref('int_history__stage_periods') }}
),

commit_stages as (
    select * from {{ ref('int_crm__commit_stages') }}
),

commit_categories as {{ inlined() }} (
    select * from {{ ref('commit_categories') }}
),

{{ history_periods(
    changes_filter="(object_type = 'opportunity' and field = 'forecast_category')",
    current_value='forecast_category',
    object_types=['opportunity'],
    value='forecast_category'
) }},

-- A category whose changes are not landed says what a deal is today, not what it was.
told as (
    select
        crm,
        1 as has_categories
    from inputs
    where object_type = 'opportunity' and input = 'history:forecast_category'
),

categories as (
    select
        periods.record_sk,
        periods.started_at,
        periods.ended_at,
        {{ blank_to_null('periods.forecast_category') }} as forecast_category,
        commit_categories.category is not null as is_commit
    from periods
    inner join records on periods.record_sk = records.record_sk
    inner join told on records.crm = told.crm
    left join commit_categories
        on lower({{ strip('periods.forecast_category') }}) = commit_categories.category
    where periods.ended_at is null or periods.ended_at > periods.started_at
),

in_commit_stages as (
    select
        periods.record_sk,
        periods.started_at,
        periods.ended_at,
        commit_stages.basis,
        told.has_categories
    from stage_periods as periods
    inner join commit_stages
        on
            periods.crm = commit_stages.crm
            and coalesce(periods.pipeline, '') = commit_stages.pipeline
            and periods.stage = commit_stages.stage
    left join told on periods.crm = told.crm
    where
        periods.object_type = 'opportunity'
        and not periods.is_terminal
        and (periods.ended_at is null or periods.ended_at > periods.started_at)
),

spans as (
    select
        record_sk,
        started_at as committed_at,
        ended_at as uncommitted_at,
        'forecast_category' as basis
    from categories
    where is_commit

    union all

    select
        record_sk,
        started_at as committed_at,
        ended_at as uncommitted_at,
        basis
    from in_commit_stages
    where has_categories is null

    union all

    select
        stays.record_sk,
        case
            when stays.started_at >= categories.started_at then stays.started_at
            else categories.started_at
        end as committed_at,
        case
            when stays.ended_at is null then categories.ended_at
            when categories.ended_at < stays.ended_at then categories.ended_at
            else stays.ended_at
        end as uncommitted_at,
        stays.basis
    from in_commit_stages as stays
    inner join categories on stays.record_sk = categories.record_sk
    where
        stays.has_categories = 1
        and categories.forecast_category is null
        and (stays.ended_at is null or stays.ended_at > categories.started_at)
        and (categories.ended_at is null or categories.ended_at > stays.started_at)
),

final as (
    select
        record_sk,
        committed_at,
        uncommitted_at,
        basis
    from spans
)

select * from final
