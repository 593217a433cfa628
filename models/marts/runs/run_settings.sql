-- One row per setting: what the last build was given, so that whoever reads its marts need not
-- guess.
{%- set text = dbt.type_string() %}

with given as (
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
        value
    from given

    union all

    select
        threshold_id as setting,
        'threshold' as kind,
        cast(value as {{ text }}) as value
    from thresholds
),

final as (
    select
        cast(setting as {{ text }}) as setting,
        cast(kind as {{ text }}) as kind,
        cast(value as {{ text }}) as value
    from settings
)

select * from final
