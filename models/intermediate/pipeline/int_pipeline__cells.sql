-- One row per target, fit, CRM, pipeline, stage and band of days in it: how many of the panel's
-- deals there were won, shrunk to the stage, that to the pipeline, that to the CRM. A rate is that
-- of all times a deal was seen, or those that stay would be left out; a deal counts once as
-- evidence, however often it was seen.
{%- set levels = {
    'of_crm': ['target', 'fit_number', 'crm'],
    'of_pipeline': ['target', 'fit_number', 'crm', 'pipeline'],
    'of_stage': ['target', 'fit_number', 'crm', 'pipeline', 'stage'],
    'of_cell': ['target', 'fit_number', 'crm', 'pipeline', 'stage', 'stage_days_band'],
} %}
with panel as (
    select * from {{ ref('int_pipeline__panel') }}
),

-- What is forecast and what the weights are held against has a place in a cell and no say in it.
of_cell as (
    select
        {{ levels['of_cell'] | join(', ') }},
        sum(case when is_fitted or is_calibration then 0 else weight end) as n_like,
        sum(case when is_fitted or is_calibration then 0 else 1 end) as n_seen,
        sum(case when is_fitted or is_calibration or not is_won then 0 else 1 end) as n_seen_won,
        sum(case when is_fitted then 0 else 1 end) as n_panel,
        sum(case when is_fitted or not is_won then 0 else 1 end) as n_panel_won
    from panel
    group by {{ levels['of_cell'] | join(', ') }}
),

{%- for level in ['of_stage', 'of_pipeline', 'of_crm'] %}

{{ level }} as (
    select
        {{ levels[level] | join(', ') }},
        sum(n_like) as n_like,
        sum(n_seen) as n_seen,
        sum(n_seen_won) as n_seen_won,
        sum(n_panel) as n_panel,
        sum(n_panel_won) as n_panel_won
    from of_cell
    group by {{ levels[level] | join(', ') }}
),
{%- endfor %}

-- One win and one loss are added to the whole, so that nothing is certain.
crm_rates as (
    select
        *,
        (n_seen_won + 1) / cast(n_seen + 2 as {{ type_double() }}) as rate
    from of_crm
),

pipeline_rates as (
    select
        of_pipeline.*,
        {{ shrunk(won_of_like('of_pipeline'), 'of_pipeline.n_like', 'crm_rates.rate') }} as rate
    from of_pipeline
    inner join crm_rates on {{ same('of_pipeline', 'crm_rates', levels['of_crm']) }}
),

stage_rates as (
    select
        of_stage.*,
        {{ shrunk(won_of_like('of_stage'), 'of_stage.n_like', 'pipeline_rates.rate') }} as rate
    from of_stage
    inner join pipeline_rates on {{ same('of_stage', 'pipeline_rates', levels['of_pipeline']) }}
),

final as (
    select
        of_cell.target,
        of_cell.fit_number,
        of_cell.crm,
        of_cell.pipeline,
        of_cell.stage,
        of_cell.stage_days_band,
        of_cell.n_like,
        {{ won_of_like('of_cell') }} as n_won,
        stage_rates.rate as stage_rate,
        {{ shrunk(won_of_like('of_cell'), 'of_cell.n_like', 'stage_rates.rate') }} as base_probability,
        -- What a plain rate of the stage says, which the forecast is held against.
        case
            when stage_rates.n_panel > 0 then cast(stage_rates.n_panel_won as {{ type_double() }}) / stage_rates.n_panel
            else cast(of_crm.n_panel_won as {{ type_double() }}) / of_crm.n_panel
        end as plain_stage_rate
    from of_cell
    inner join stage_rates on {{ same('of_cell', 'stage_rates', levels['of_stage']) }}
    inner join of_crm on {{ same('of_cell', 'of_crm', levels['of_crm']) }}
    where of_crm.n_panel > 0
)

select * from final
