-- One row per stage change that follows another too soon.
with final as (
    select
        record_sk,
        field,
        change_number,
        changed_at as occurred_at,
        cast(null as {{ dbt.type_string() }}) as variant,
        cast(null as {{ dbt.type_string() }}) as part,
        cast({{ threshold('multi_stage_jump__changes') }} as integer) || ' stage changes within '
        || {{ duration_text(seconds_between('nth_changed_at', 'changed_at')) }} as detail
    from {{ ref('int_history__stage_changes') }}
    where
        changed_at <= {{ later(
            'nth_changed_at', 3600, threshold('multi_stage_jump__within_hours')
        ) }}
)

select * from final
