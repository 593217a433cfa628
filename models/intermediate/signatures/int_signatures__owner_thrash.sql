-- One row per owner change in the windows: is it followed by another one of its record in time?
{%- set text = dbt.type_string() %}
with signature_changes as (
    select *
    from {{ ref('int_signatures__changes') }}
    where field = 'owner_id'
),

changes_of_owner as (
    select * from {{ ref('int_history__owner_changes') }}
),

changes as (
    select signature_changes.*
    from signature_changes
    inner join changes_of_owner
        on
            signature_changes.record_sk = changes_of_owner.record_sk
            and signature_changes.change_number = changes_of_owner.change_number
),

followed as (
    select
        *,
        lead(changed_at) over (partition by record_sk order by change_number) as next_changed_at,
        lead(change_id) over (partition by record_sk order by change_number) as next_change_id,
        lead(new_value) over (partition by record_sk order by change_number) as next_owner_id
    from changes
),

judged as (
    select
        *,
        {{ signature_window('changed_at') }} as signature_window,
        coalesce(
            next_changed_at <= {{ later(
                'changed_at', 86400, threshold('owner_thrash__within_days')
            ) }},
            false
        ) as is_hit
    from followed
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
        is_hit,
        case when is_hit then next_change_id end as related_id,
        case when is_hit then next_changed_at end as related_at,
        case
            when is_hit
                then
                    'given on to ' || coalesce(next_owner_id, 'nobody') || ' after '
                    || {{ duration_text(seconds_between('changed_at', 'next_changed_at')) }}
        end as detail
    from judged
    where signature_window is not null
)

select * from final
