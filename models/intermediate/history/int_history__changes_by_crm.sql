-- One row per effective change that the CRM made by itself as part of another: a value computed or
-- rolled up, the close date that it sets when a deal is closed, the forecast category that comes
-- with a stage, what a merge rewrites.
with field_changes as (
    select * from {{ ref('stg_crm__field_changes') }}
    where not is_orphan
),

records as (
    select * from {{ ref('int_crm__records') }}
),

stage_changes as (
    select * from {{ ref('int_history__stage_changes') }}
),

merged_records as (
    {%- for object_type, model in crm_objects().items() %}
        select
            '{{ object_type }}' as object_type,
            crm,
            merged_into_id,
            deleted_at as merged_at
        from {{ ref(model) }}
        where is_merged and merged_into_id is not null and deleted_at is not null
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

closings as (
    select distinct
        record_sk,
        changed_at as closed_at
    from stage_changes
    where object_type = 'opportunity' and new_kind in ('won', 'lost')
),

moves as (
    select distinct
        record_sk,
        changed_at as moved_at
    from stage_changes
    where object_type = 'opportunity'
),

-- The day differs by the zone of the user who closed the deal.
close_dates as (
    select
        record_sk,
        field,
        change_number,
        changed_at,
        {{ parse_value('new_value', 'text', 'date') }} as new_date,
        cast({{ business_time('changed_at') }} as date) as changed_on
    from field_changes
    where object_type = 'opportunity' and field = 'close_date'
),

mergers as (
    select distinct
        records.record_sk,
        merged_records.merged_at
    from merged_records
    inner join records
        on
            merged_records.crm = records.crm
            and merged_records.object_type = records.object_type
            and merged_records.merged_into_id = records.record_id
),

final as (
    select
        record_sk,
        field,
        change_number
    from field_changes
    where is_calculated

    union

    select
        close_dates.record_sk,
        close_dates.field,
        close_dates.change_number
    from close_dates
    inner join closings
        on
            close_dates.record_sk = closings.record_sk
            and close_dates.changed_at between
            {{ later('closings.closed_at', -1, threshold('one_save__seconds')) }}
            and {{ later('closings.closed_at', 1, threshold('one_save__seconds')) }}
    where
        close_dates.new_date between
        cast({{ dbt.dateadd('day', -1, 'close_dates.changed_on') }} as date)
        and cast({{ dbt.dateadd('day', 1, 'close_dates.changed_on') }} as date)

    union

    select
        changes.record_sk,
        changes.field,
        changes.change_number
    from field_changes as changes
    inner join moves
        on
            changes.record_sk = moves.record_sk
            and changes.changed_at between
            {{ later('moves.moved_at', -1, threshold('one_save__seconds')) }}
            and {{ later('moves.moved_at', 1, threshold('one_save__seconds')) }}
    where changes.object_type = 'opportunity' and changes.field = 'forecast_category'

    union

    select
        changes.record_sk,
        changes.field,
        changes.change_number
    from field_changes as changes
    inner join mergers
        on
            changes.record_sk = mergers.record_sk
            and changes.changed_at between
            {{ later('mergers.merged_at', -1, threshold('one_save__seconds')) }}
            and {{ later('mergers.merged_at', 1, threshold('one_save__seconds')) }}
)

select * from final
