-- One row per activity and record that it belongs to, under narrow keys (NULL where it cannot be
-- seen). What may be an engagement or a signal, but is not told to be one, is NULL there.
{%- set facts = {'is_engagement': 'direction', 'is_signal': 'signal_direction'} %}

with records as (
    select
        record_sk,
        crm,
        object_type,
        record_id
    from {{ ref('int_crm__records') }}
),

crm_activities as (
    select * from {{ ref('stg_crm__activities') }}
),

engagement_types as (
    select * from {{ ref('engagement_types') }}
),

activity_links as (
    select * from {{ ref('stg_crm__activity_links') }}
),

activities as (
    select
        activities.crm,
        activities.activity_id,
        activities.occurred_at,
        activities.is_live,
        activities.is_live
        and activities.is_planned
        and activities.occurred_at > {{ as_of() }} as is_ahead,
        activities.is_automated,
        coalesce(activities.is_automated, false)
        and coalesce(activities.activity_type, '') = 'email'
        and coalesce(activities.direction, '') <> 'inbound' as is_automated_mail,
        activities.is_live
        and not activities.is_planned
        and {{ took_place('activities.status') }}
        and activities.occurred_at <= {{ as_of() }} as is_done,
        {%- for fact, direction in facts.items() %}
            case
                when not activities.is_live or activities.is_planned then false
                when activities.occurred_at > {{ as_of() }} then false
                when
                    activities.status in (
                        'planned', 'canceled', 'no_show', 'bounced', 'rescheduled'
                    )
                    then false
                when activities.activity_type is null then null
                when types.{{ direction }} is null then false
                when
                    types.{{ direction }} <> 'any'
                    and activities.direction <> types.{{ direction }}
                    then false
                -- Machines log what comes in, too; what they send has no direction in some CRMs.
                when
                    types.{{ direction }} <> 'any'
                    and activities.direction is null
                    and activities.is_automated
                    then false
                when types.{{ direction }} <> 'any' and activities.direction is null then null
                when activities.status is null then null
                else true
            end as {{ fact }},
        {%- endfor %}
        case
            when types.signal_direction = 'any' then ''
            else coalesce(types.signal_direction || ' ', '')
        end || replace(activities.activity_type, '_', ' ') as signal
    from crm_activities as activities
    left join engagement_types as types
        on activities.activity_type = types.activity_type
),

final as (
    select
        activities.crm,
        activities.activity_id,
        links.object_type,
        links.record_id,
        records.record_sk,
        activities.occurred_at,
        activities.is_live,
        activities.is_ahead,
        activities.is_done
        and not (activities.is_automated_mail and links.object_type in ('contact', 'lead'))
            as is_done,
        activities.is_automated,
        activities.is_engagement,
        activities.is_signal,
        activities.signal
    from activity_links as links
    inner join activities
        on links.crm = activities.crm and links.activity_id = activities.activity_id
    left join records
        on
            links.crm = records.crm
            and links.object_type = records.object_type
            and links.record_id = records.record_id
)

select * from final
