-- One row per change between stages of known order in the windows: does it lead back?
{%- set text = dbt.type_string() %}
with changes as (
    select *
    from {{ ref('int_signatures__stage_changes') }}
    where old_order is not null and new_order is not null
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
        is_regression as is_hit,
        cast(null as {{ text }}) as related_id,
        cast(null as {{ dbt.type_timestamp() }}) as related_at,
        case when is_regression then 'back from ' || old_stage || ' to ' || new_stage end
            as detail
    from changes
)

select * from final
