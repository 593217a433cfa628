-- One row per setting, and per scope of a threshold: what the last build was given, so that whoever
-- reads its marts need not guess.
{%- set text = dbt.type_string() %}

with threshold_overrides as (
    select * from {{ ref('threshold_overrides') }}
),

given as (
    select
        setting,
        kind,
        value
    from {{ text_rows(['setting', 'kind', 'value'], run_settings()) }}
),

thresholds as (
    {{ thresholds_in_force(['defaults.threshold_id']) }}
),

settings as (
    select
        setting,
        kind,
        null as crm,
        null as pipeline,
        null as segment,
        value
    from given

    union all

    select
        threshold_id as setting,
        'threshold' as kind,
        null as crm,
        null as pipeline,
        null as segment,
        cast(value as {{ text }}) as value
    from thresholds

    union all

    select
        threshold_id as setting,
        'threshold' as kind,
        crm,
        pipeline,
        segment,
        cast(value as {{ text }}) as value
    from threshold_overrides
    where coalesce(crm, pipeline, segment) is not null
),

final as (
    select
        cast(setting as {{ text }}) as setting,
        cast(kind as {{ text }}) as kind,
        cast(crm as {{ text }}) as crm,
        cast(pipeline as {{ text }}) as pipeline,
        cast(segment as {{ text }}) as segment,
        cast(value as {{ text }}) as value
    from settings
)

select * from final
