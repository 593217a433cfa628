-- One row per CRM: which of the histories that a forecast reads it tells. What it does not tell is
-- not known of a past day, whatever it says today.
with field_changes as (
    select * from {{ ref('stg_crm__field_changes') }}
),

touches as (
    select * from {{ ref('int_pipeline__touches') }}
),

links as (
    select * from {{ ref('stg_crm__activity_links') }}
),

deal_values as (
    select * from {{ ref('int_pipeline__values') }}
),

records as {{ inlined() }} (
    select * from {{ ref('int_crm__records') }}
),

crms as (
    select crm from {{ text_rows(['crm'], crm_sources()) }}
),

{%- set fields = ['amount', 'close_date', 'forecast_category'] %}

told as (
    select
        crm
        {%- for field in fields %},
            max(case when field = '{{ field }}' then 1 else 0 end) as tells_{{ field }}
        {%- endfor %}
    from field_changes
    where object_type = 'opportunity' and not is_orphan
    group by crm
),

landed as (
    select
        records.crm,
        1 as has_close_dates
    from deal_values
    inner join records on deal_values.record_sk = records.record_sk
    where deal_values.close_date is not null
    group by records.crm
),

touched as (
    select
        crm,
        max(case when is_touch then 1 else 0 end) as tells_touches,
        max(case when is_two_way then 1 else 0 end) as tells_two_way,
        max(case when is_meeting and known_at is not null then 1 else 0 end) as tells_meetings
    from touches
    group by crm
),

with_contacts as (
    select
        touches.crm,
        1 as tells_contacts
    from touches
    inner join links
        on touches.crm = links.crm and touches.activity_id = links.activity_id
    where touches.is_two_way and links.object_type = 'contact'
    group by touches.crm
),

final as (
    select
        crms.crm,
        {%- for field in fields %}
            coalesce(told.tells_{{ field }}, 0) = 1 as tells_{{ field }},
        {%- endfor %}
        coalesce(landed.has_close_dates, 0) = 1 as has_close_dates,
        coalesce(touched.tells_touches, 0) = 1 as tells_touches,
        coalesce(touched.tells_two_way, 0) = 1 as tells_two_way,
        coalesce(touched.tells_meetings, 0) = 1 as tells_meetings,
        coalesce(with_contacts.tells_contacts, 0) = 1 as tells_contacts
    from crms
    left join told on crms.crm = told.crm
    left join landed on crms.crm = landed.crm
    left join touched on crms.crm = touched.crm
    left join with_contacts on crms.crm = with_contacts.crm
)

select * from final
