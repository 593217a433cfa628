-- One row per entry into a stage in the windows that premature_stage judges: does it find evidence
-- lacking?
{%- set text = dbt.type_string() %}
with entries as (
    select
        *,
        {{ signature_window('entered_at') }} as signature_window
    from {{ ref('int_archetypes__stage_entries') }}
),

final as (
    select
        record_sk,
        record_key,
        crm,
        object_type,
        cast(period_number as {{ text }}) as part,
        field,
        change_number,
        entered_at as occurred_at,
        signature_window,
        is_premature as is_hit,
        cast(null as {{ text }}) as related_id,
        cast(null as {{ dbt.type_timestamp() }}) as related_at,
        detail
    from entries
    where signature_window is not null
)

select * from final
