{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() -%}
with changes as (
    select
        changes.record_sk,
        records.record_key,
        changes.crm,
        changes.object_type,
        coalesce(records.pipeline, '') as pipeline,
        changes.field,
        changes.change_number,
        changes.changed_at,
        changes.old_stage,
        changes.new_stage,
        changes.old_order,
        changes.new_order,
        changes.old_kind,
        changes.new_kind,
        changes.is_regression,
        {{ signature_window('changes.changed_at') }} as signature_window
    from {{ ref('int_history__stage_changes') }} as changes
    inner join {{ ref('int_crm__records') }} as records on changes.record_sk = records.record_sk
    where changes.changed_at > {{ signature_window_end(2) }}
),

-- Of a pipeline's own stages only: the map lends each pipeline the stages of the others. A record
-- without a pipeline may have any.
own_stages as (
    select
        map.crm,
        map.object_type,
        map.pipeline,
        map.stage,
        map.stage_order,
        max(case when map.kind = 'open' and not stages.is_retired then 1 else 0 end) as is_open
    from {{ ref('int_crm__stage_map') }} as map
    inner join {{ ref('stg_crm__stages') }} as stages
        on
            map.crm = stages.crm
            and map.object_type = stages.object_type
            and map.stage = stages.stage
            and (
                map.pipeline = '' or stages.pipeline is null or map.pipeline = stages.pipeline
            )
    where map.stage_order is not null
    group by map.crm, map.object_type, map.pipeline, map.stage, map.stage_order
),

placed as (
    select
        crm,
        object_type,
        pipeline,
        stage,
        sum(is_open) over (partition by crm, object_type, pipeline order by stage_order)
            as n_open_so_far,
        sum(is_open) over (partition by crm, object_type, pipeline, stage_order)
            as n_open_at_order
    from own_stages
),

forward_moves as (
    select
        changes.*,
        new_stages.n_open_so_far - new_stages.n_open_at_order - old_stages.n_open_so_far
            as n_skipped
    from changes
    inner join placed as old_stages
        on
            changes.crm = old_stages.crm
            and changes.object_type = old_stages.object_type
            and changes.pipeline = old_stages.pipeline
            and changes.old_stage = old_stages.stage
    inner join placed as new_stages
        on
            changes.crm = new_stages.crm
            and changes.object_type = new_stages.object_type
            and changes.pipeline = new_stages.pipeline
            and changes.new_stage = new_stages.stage
    where
        changes.old_kind = 'open'
        and changes.new_kind in ('open', 'won')
        and changes.new_order > changes.old_order
),

-- The entries that premature_stage judges: something is asked for that is landed.
entries as (
    select distinct
        periods.record_sk,
        periods.record_key,
        periods.crm,
        periods.object_type,
        periods.period_number,
        periods.started_at,
        {{ signature_window('periods.started_at') }} as signature_window
    from {{ ref('int_history__stage_periods') }} as periods
    inner join {{ ref('stage_evidence') }} as evidence
        on
            periods.object_type = evidence.object_type
            and evidence.crm in ('*', periods.crm)
            and coalesce(evidence.pipeline, '*') in ('*', coalesce(periods.pipeline, ''))
            and (
                periods.stage = evidence.stage
                or (evidence.stage = '*milestone*' and periods.is_milestone)
            )
    inner join {{ ref('int_crm__inputs') }} as inputs
        on
            periods.crm = inputs.crm
            and periods.object_type = inputs.object_type
            and inputs.input = case evidence.requirement
                when 'contact_role' then 'contact_roles'
                when 'meeting' then 'meetings'
                else evidence.requirement
            end
    where
        periods.started_at > {{ signature_window_end(2) }}
        and {{ later('periods.started_at', 86400, threshold('premature_stage__evidence_days')) }}
        < {{ as_of() }}
),

raises as (
    select
        record_sk,
        change_number,
        change_id,
        changed_at,
        old_value,
        new_value
    from {{ ref('stg_crm__field_changes') }}
    where
        not is_orphan
        and object_type = 'opportunity'
        and field = 'amount'
        -- The case keeps an engine from parsing the amounts of all time.
        and case
            when
                changed_at > {{ later(
                    signature_window_end(2), -86400, threshold('win_inflation__days')
                ) }}
                then
                    {{ parse_value('new_value', 'text', 'numeric') }}
                    > {{ parse_value('old_value', 'text', 'numeric') }}
            else false
        end
),

wins_and_raises as (
    select
        record_sk,
        field,
        change_number,
        changed_at,
        true as is_win,
        cast(null as {{ text }}) as change_id,
        cast(null as {{ text }}) as old_value,
        cast(null as {{ text }}) as new_value
    from changes
    where
        object_type = 'opportunity'
        and new_kind = 'won'
        and (old_kind is null or old_kind <> 'won')

    union all

    select
        record_sk,
        'amount' as field,
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

wins as (
    select
        changes.record_sk,
        changes.record_key,
        changes.crm,
        changes.object_type,
        changes.field,
        changes.change_number,
        changes.changed_at,
        changes.signature_window,
        raised.raised_changed_at,
        raised.raised_change_id,
        raised.raised_old_value,
        raised.raised_new_value
    from raised
    inner join changes
        on
            raised.record_sk = changes.record_sk
            and raised.change_number = changes.change_number
    where raised.is_win
),

cases as (
    select
        'skipped_stage' as signature,
        record_sk,
        record_key,
        crm,
        object_type,
        cast(null as {{ text }}) as part,
        field,
        change_number,
        changed_at as occurred_at,
        signature_window,
        n_skipped > 0 as is_hit,
        cast(null as {{ text }}) as related_id,
        cast(null as {{ dbt.type_timestamp() }}) as related_at,
        'from ' || old_stage || ' to ' || new_stage || ', past '
        || cast(cast(n_skipped as integer) as {{ text }})
        || case when n_skipped = 1 then ' open stage' else ' open stages' end as detail
    from forward_moves

    union all

    select
        'stage_without_evidence' as signature,
        entries.record_sk,
        entries.record_key,
        entries.crm,
        entries.object_type,
        cast(entries.period_number as {{ text }}) as part,
        case when entries.period_number > 1 then 'stage' end as field,
        case when entries.period_number > 1 then cast(entries.period_number - 1 as {{ bigint }}) end
            as change_number,
        entries.started_at as occurred_at,
        entries.signature_window,
        found.record_sk is not null as is_hit,
        cast(null as {{ text }}) as related_id,
        cast(null as {{ dbt.type_timestamp() }}) as related_at,
        found.detail
    from entries
    left join {{ ref('int_archetypes__premature_stage') }} as found
        on
            entries.record_sk = found.record_sk
            and entries.started_at = found.occurred_at
            and entries.period_number = coalesce(found.change_number, 0) + 1

    union all

    select
        'regression' as signature,
        record_sk,
        record_key,
        crm,
        object_type,
        cast(null as {{ text }}) as part,
        field,
        change_number,
        changed_at as occurred_at,
        signature_window,
        is_regression as is_hit,
        cast(null as {{ text }}) as related_id,
        cast(null as {{ dbt.type_timestamp() }}) as related_at,
        'back from ' || old_stage || ' to ' || new_stage as detail
    from changes
    where old_order is not null and new_order is not null

    union all

    select
        'inflation_near_win' as signature,
        record_sk,
        record_key,
        crm,
        object_type,
        cast(null as {{ text }}) as part,
        field,
        change_number,
        changed_at as occurred_at,
        signature_window,
        coalesce(
            changed_at <= {{ later('raised_changed_at', 86400, threshold('win_inflation__days')) }},
            false
        ) as is_hit,
        raised_change_id as related_id,
        raised_changed_at as related_at,
        'amount raised from ' || raised_old_value || ' to ' || raised_new_value || ' '
        || {{ duration_text(seconds_between('raised_changed_at', 'changed_at')) }}
        || ' before the win' as detail
    from wins
),

final as (
    select
        signature,
        record_sk,
        record_key,
        crm,
        object_type,
        part,
        field,
        change_number,
        occurred_at,
        signature_window,
        is_hit,
        case when is_hit then related_id end as related_id,
        case when is_hit then related_at end as related_at,
        case when is_hit then detail end as detail
    from cases
)

select * from final
