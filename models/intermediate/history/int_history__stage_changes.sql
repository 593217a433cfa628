-- One row per change of a stage or status: both stages, and the change before it and, as the policy
-- of the jump asks, the nth before it. A first stage that is told as a change from none is no
-- change that another can follow, nor is a machine's way through a stage that is automatic by
-- policy. The windows run over the narrow key.
with field_changes as (
    select * from {{ ref('stg_crm__field_changes') }}
),

records as (
    select * from {{ ref('int_crm__records') }}
),

stage_map as {{ inlined() }} (
    select * from {{ ref('int_crm__stage_map') }}
),

automatic_stages as {{ inlined() }} (
    select * from {{ ref('automatic_stages') }}
),

-- A move into another pipeline (record type) is no move back.
pipeline_changes as (
    select distinct
        record_sk,
        {{ dbt.date_trunc('second', 'changed_at') }} as changed_second
    from field_changes
    where not is_orphan and object_type = 'opportunity' and field = 'pipeline'
),

changes as (
    select
        changes.record_sk,
        changes.field,
        changes.change_number,
        changes.changed_at,
        changes.old_value as old_stage,
        changes.new_value as new_stage,
        case
            when changes.change_number > 1 or changes.old_value is not null
                then changes.changed_at
        end as left_at,
        lag(changes.changed_at) over (
            partition by changes.record_sk order by changes.change_number
        ) as entered_at,
        coalesce({{ is_by_machine('changes') }}, false) as is_by_machine
    from field_changes as changes
    where
        not changes.is_orphan
        and (
            (changes.object_type = 'opportunity' and changes.field = 'stage')
            or (changes.object_type in ('lead', 'case') and changes.field = 'status')
        )
),

passed as (
    select distinct
        changes.record_sk,
        changes.change_number
    from changes
    inner join records on changes.record_sk = records.record_sk
    inner join automatic_stages
        on
            records.crm = automatic_stages.crm
            and records.object_type = automatic_stages.object_type
            and coalesce(automatic_stages.pipeline, records.pipeline, '')
            = coalesce(records.pipeline, '')
            and changes.old_stage = automatic_stages.stage
    where
        changes.is_by_machine
        and changes.changed_at
        <= {{ later('changes.entered_at', 1, threshold('automatic_stage__seconds')) }}
),

marked as (
    select
        changes.*,
        passed.record_sk is not null as is_passed
    from changes
    left join passed
        on changes.record_sk = passed.record_sk and changes.change_number = passed.change_number
),

ordered as (
    select
        *,
        lag(left_at) over (partition by record_sk, is_passed order by change_number)
            as previous_changed_at,
        {{ nth_previous(
            'left_at', threshold('multi_stage_jump__changes'), 'record_sk, is_passed',
            'change_number'
        ) }} as nth_changed_at
    from marked
),

final as (
    select
        changes.record_sk,
        records.crm,
        records.object_type,
        records.pipeline,
        records.segment,
        changes.field,
        changes.change_number,
        changes.changed_at,
        changes.old_stage,
        changes.new_stage,
        old_stages.stage_order as old_order,
        new_stages.stage_order as new_order,
        old_stages.kind as old_kind,
        new_stages.kind as new_kind,
        coalesce(
            new_stages.stage_order < old_stages.stage_order
            and coalesce(new_stages.home_pipeline, old_stages.home_pipeline, '')
            = coalesce(old_stages.home_pipeline, new_stages.home_pipeline, '')
            and pipeline_changes.record_sk is null
            -- Of several ways to win (or to lose) none is before another.
            and (
                coalesce(new_stages.kind, 'open') not in ('won', 'lost')
                or (new_stages.kind is distinct from old_stages.kind)
            ),
            false
        ) as is_regression,
        case when not changes.is_passed then changes.previous_changed_at end
            as previous_changed_at,
        case when not changes.is_passed then changes.nth_changed_at end as nth_changed_at
    from ordered as changes
    inner join records on changes.record_sk = records.record_sk
    left join stage_map as old_stages
        on
            records.crm = old_stages.crm
            and records.object_type = old_stages.object_type
            and coalesce(records.pipeline, '') = old_stages.pipeline
            and changes.old_stage = old_stages.stage
    left join stage_map as new_stages
        on
            records.crm = new_stages.crm
            and records.object_type = new_stages.object_type
            and coalesce(records.pipeline, '') = new_stages.pipeline
            and changes.new_stage = new_stages.stage
    left join pipeline_changes
        on
            changes.record_sk = pipeline_changes.record_sk
            and {{ dbt.date_trunc('second', 'changes.changed_at') }}
            = pipeline_changes.changed_second
)

select * from final
