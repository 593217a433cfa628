-- One row per owner change in the windows: is a field lost in time, at its very instant or after
-- it?
{%- set text = dbt.type_string() -%}
{#- What a handoff should leave alone (a new next step is the new owner's work, a lost one not). -#}
{%- set kept_fields = [
    'amount', 'close_date', 'lead_source', 'forecast_category', 'consent_status', 'do_not_contact',
] %}
with signatures_changes as (
    select * from {{ ref('int_signatures__changes') }}
),

changes as (
    select *
    from signatures_changes
    where
        field = 'owner_id'
        or (field in ('{{ kept_fields | join("', '") }}') and old_value is not null)
        or (field = 'next_step' and new_value is null)
),

-- The changes from one overwriting to the next one, both in time, have as many left to come.
counted as (
    select
        *,
        count(case when field <> 'owner_id' then 1 end) over (
            partition by record_sk order by changed_at desc
        ) as n_overwritten_later
    from changes
),

followed as (
    select
        *,
        {%- for column in ['changed_at', 'change_id', 'field', 'new_value'] %}
            case
                when n_overwritten_later > 0
                    then first_value({{ column }}) over (
                        partition by record_sk, n_overwritten_later
                        order by
                            case when field = 'owner_id' then 1 else 0 end, field, change_number
                    )
            end as overwritten_{{ column }}
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from counted
),

judged as (
    select
        *,
        {{ signature_window('changed_at') }} as signature_window,
        coalesce(
            overwritten_changed_at <= {{ later(
                'changed_at', 60, threshold('handoff_overwrite__minutes')
            ) }},
            false
        ) as is_hit
    from followed
    where field = 'owner_id'
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
        case when is_hit then overwritten_change_id end as related_id,
        case when is_hit then overwritten_changed_at end as related_at,
        case
            when is_hit
                then
                    overwritten_field
                    || case
                        when overwritten_new_value is null then ' blanked ' else ' overwritten '
                    end
                    || {{ duration_text(seconds_between('changed_at', 'overwritten_changed_at')) }}
                    || ' after the handoff'
        end as detail
    from judged
    where signature_window is not null
)

select * from final
