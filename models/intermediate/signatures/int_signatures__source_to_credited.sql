-- One row per change of a lead source in the windows: to a credited one, from one that is not?
{%- set text = dbt.type_string() %}
with credited as (
    select lower({{ strip('lead_source') }}) as lead_source
    from {{ ref('credited_lead_sources') }}
),

changes as (
    select
        *,
        {{ signature_window('changed_at') }} as signature_window
    from {{ ref('int_signatures__changes') }}
    where field = 'lead_source'
),

judged as (
    select
        changes.*,
        new_credited.lead_source is not null and old_credited.lead_source is null as is_hit
    from changes
    left join credited as old_credited
        on lower({{ strip('changes.old_value') }}) = old_credited.lead_source
    left join credited as new_credited
        on lower({{ strip('changes.new_value') }}) = new_credited.lead_source
    where changes.signature_window is not null
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
        cast(null as {{ text }}) as related_id,
        cast(null as {{ dbt.type_timestamp() }}) as related_at,
        case
            when is_hit
                then
                    'lead source from ' || coalesce(old_value, 'blank')
                    || ' to ' || coalesce(new_value, 'blank')
        end as detail
    from judged
)

select * from final
