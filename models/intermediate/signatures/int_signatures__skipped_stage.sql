-- One row per move forward in the windows (from an open stage to an open or won stage of a higher
-- order, both of the record's own pipeline): does it pass an open stage? A loss skips nothing.
{%- set text = dbt.type_string() %}
with changes as (
    select *
    from {{ ref('int_signatures__stage_changes') }}
    where old_kind = 'open' and new_kind in ('open', 'won') and new_order > old_order
),

stage_map as (
    select * from {{ ref('int_crm__stage_map') }}
),

stages as (
    select * from {{ ref('stg_crm__stages') }}
),

-- Of a pipeline's own stages only: the map lends each pipeline the stages of the others. A record
-- without a pipeline may have any.
own_stages as (
    select
        stage_map.crm,
        stage_map.object_type,
        stage_map.pipeline,
        stage_map.stage,
        stage_map.stage_order,
        max(case when stage_map.kind = 'open' and not stages.is_retired then 1 else 0 end)
            as is_open
    from stage_map
    inner join stages
        on
            stage_map.crm = stages.crm
            and stage_map.object_type = stages.object_type
            and stage_map.stage = stages.stage
            and (
                stage_map.pipeline = ''
                or stages.pipeline is null
                or stage_map.pipeline = stages.pipeline
            )
    where stage_map.stage_order is not null
    group by
        stage_map.crm, stage_map.object_type, stage_map.pipeline, stage_map.stage,
        stage_map.stage_order
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

judged as (
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
        n_skipped > 0 as is_hit,
        cast(null as {{ text }}) as related_id,
        cast(null as {{ dbt.type_timestamp() }}) as related_at,
        case
            when n_skipped > 0
                then
                    'from ' || old_stage || ' to ' || new_stage || ', past '
                    || cast(cast(n_skipped as integer) as {{ text }})
                    || case when n_skipped = 1 then ' open stage' else ' open stages' end
        end as detail
    from judged
)

select * from final
