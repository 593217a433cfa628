{%- set columns = ['amount', 'lead_source', 'next_step'] -%}
-- Each big table is read once: what is found stands side by side, then one below the other.
with histories as (
    select
        crm,
        object_type,
        field
    from {{ ref('stg_crm__told_changes') }}
    group by crm, object_type, field
),

records as (
    select
        crm,
        object_type,
        {%- for column in columns %}
            max(case when {{ column }} is not null then 1 else 0 end) as has_{{ column }},
        {%- endfor %}
        max(case when last_activity_at is not null then 1 else 0 end) as has_activity
    from {{ ref('int_crm__records') }}
    group by crm, object_type
),

crms_with_activities as (
    select crm
    from {{ ref('stg_crm__activities') }}
    group by crm

    union

    select crm
    from records
    where has_activity = 1
),

meetings as (
    select
        activities.crm,
        links.object_type
    from {{ ref('stg_crm__activities') }} as activities
    inner join {{ ref('stg_crm__activity_links') }} as links
        on activities.crm = links.crm and activities.activity_id = links.activity_id
    where activities.activity_type = 'meeting'
    group by activities.crm, links.object_type
),

found as (
    select
        crm,
        object_type,
        'records' as input
    from records

    union all

    {% for column in columns %}
        select
            crm,
            object_type,
            '{{ column }}' as input
        from records
        where has_{{ column }} = 1

        union all

    {% endfor %}
    -- A field that histories tell is landed, be it blank on every record today.
    select
        crm,
        object_type,
        field as input
    from histories
    where field in ('{{ columns | join("', '") }}')

    union all

    select
        crm,
        object_type,
        'history:' || field as input
    from histories

    union all

    select
        crm,
        object_type,
        'history' as input
    from histories

    union all

    {% for input, model in [
        ('sla_clocks', 'stg_crm__sla_clocks'), ('workflow_events', 'stg_crm__workflow_events'),
    ] %}
        select
            crm,
            object_type,
            '{{ input }}' as input
        from {{ ref(model) }}
        group by crm, object_type

        union all

    {% endfor %}
    select
        crm,
        'opportunity' as object_type,
        'contact_roles' as input
    from {{ ref('stg_crm__opportunity_contacts') }}
    group by crm

    union all

    select
        crm,
        object_type,
        'milestones' as input
    from {{ ref('int_crm__stage_map') }}
    where is_milestone

    union all

    select
        records.crm,
        records.object_type,
        'activities' as input
    from records
    inner join crms_with_activities on records.crm = crms_with_activities.crm

    union all

    select
        crm,
        object_type,
        'meetings' as input
    from meetings
),

final as (
    select distinct
        crm,
        object_type,
        input
    from found
)

select * from final
