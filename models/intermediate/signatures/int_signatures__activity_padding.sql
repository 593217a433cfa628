-- One row per activity that a person has done in the windows: is it one of too many of low value
-- that its owner has on that business day? They count together, however many records they are on.
{%- set text = dbt.type_string() %}
with done as (
    select * from {{ ref('int_signatures__activities') }}
),

counted as (
    select
        *,
        count(case when is_low_value then 1 end) over (
            partition by crm, owner_id, business_day
        ) as n_low_value
    from done
),

judged as (
    select
        *,
        is_low_value and n_low_value >= {{ threshold('activity_padding__per_day') }} as is_hit
    from counted
    where signature_window is not null
),

final as (
    select
        cast(null as {{ dbt.type_bigint() }}) as record_sk,
        record_key,
        crm,
        'activity' as object_type,
        cast(null as {{ text }}) as part,
        cast(null as {{ text }}) as field,
        cast(null as {{ dbt.type_bigint() }}) as change_number,
        occurred_at,
        signature_window,
        is_hit,
        cast(null as {{ text }}) as related_id,
        cast(null as {{ dbt.type_timestamp() }}) as related_at,
        case
            when is_hit
                then
                    cast(cast(n_low_value as integer) as {{ text }})
                    || ' tasks, notes and e-mails without direction by ' || owner_id
                    || ' on ' || cast(business_day as {{ text }})
        end as detail
    from judged
)

select * from final
