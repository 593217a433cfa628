-- One row per stay of a deal beside its win that was over or too long in the windows: is the deal
-- parked there?
{%- set text = dbt.type_string() %}
with stays as (
    select *
    from {{ ref('int_signatures__stays') }}
    where is_beside_win
),

final as (
    select
        record_sk,
        record_key,
        crm,
        object_type,
        part,
        cast(null as {{ text }}) as field,
        cast(null as {{ dbt.type_bigint() }}) as change_number,
        judged_at as occurred_at,
        signature_window,
        is_parked as is_hit,
        cast(null as {{ text }}) as related_id,
        cast(null as {{ dbt.type_timestamp() }}) as related_at,
        case
            when is_parked
                then
                    'in ' || coalesce(stage, 'commit') || ' for '
                    || {{ duration_text(seconds_between('started_at', 'seen_until')) }}
                    || ' and not closed'
        end as detail
    from stays
)

select * from final
