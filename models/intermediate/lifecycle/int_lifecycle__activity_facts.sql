-- One row per live activity: what the rules judge of it, most of which lies in the records that it
-- belongs to, deleted ones too. NULL: not known.
with inputs as (
    select
        crm,
        object_type,
        has_records,
        has_linked_activities,
        is_landing_short
    from {{ ref('int_lifecycle__inputs') }}
),

limits as (
    select
        archive_after,
        archive_unit,
        archive_before
    from {{ ref('int_lifecycle__limits') }}
    where object_type = 'activity' and region = ''
),

activity_links as (
    select * from {{ ref('int_lifecycle__activity_links') }}
),

records as (
    select * from {{ ref('int_lifecycle__records') }}
),

inherited as (
    select * from {{ ref('int_lifecycle__inherited') }}
),

protected_records as (
    select * from {{ ref('protected_records') }}
),

activities as (
    select * from {{ ref('stg_crm__activities') }}
),

rescues as (
    select * from {{ ref('int_lifecycle__rescues') }}
),

named_by_rejected_rows as (
    select * from {{ ref('stg_crm__named_by_rejected_rows') }}
),

stg_links as (
    select * from {{ ref('stg_crm__activity_links') }}
),

-- What an activity belongs to cannot be known where none names a record of some kind.
unlinked as (
    select distinct crm
    from inputs
    where
        object_type in ('account', 'contact', 'lead', 'opportunity')
        and has_records
        and not has_linked_activities
),

-- A day without a time is the same for all that was done on it.
timed as (
    select
        crm,
        activity_id,
        activity_type,
        occurred_at,
        coalesce(direction, '') as direction,
        coalesce(status, '') as status,
        count(*) over (partition by occurred_at, activity_type, crm) as n_at_once
    from activities
    where
        is_live
        and not is_planned
        and activity_type in ('call', 'email', 'meeting')
        and occurred_at <> {{ dbt.date_trunc('day', 'occurred_at') }}
),

told_links as (
    select
        timed.crm,
        timed.activity_id,
        {{ sorted_list("stg_links.object_type || ':' || stg_links.record_id") }} as link_list
    from timed
    inner join stg_links
        on timed.crm = stg_links.crm and timed.activity_id = stg_links.activity_id
    where timed.n_at_once > 1
    group by timed.crm, timed.activity_id
),

copies as (
    select
        timed.crm,
        timed.activity_id,
        row_number() over (
            partition by
                timed.occurred_at,
                timed.activity_type,
                timed.direction,
                timed.status,
                told_links.link_list,
                timed.crm
            order by timed.activity_id
        ) as place
    from timed
    inner join told_links
        on timed.crm = told_links.crm and timed.activity_id = told_links.activity_id
),

linked as (
    select
        links.crm,
        links.activity_id,
        count(*) as n_links,
        count(records.record_sk) as n_seen,
        -- What was merged lives on in another record.
        count(case when records.is_live or records.is_merged then 1 end) as n_alive,
        max(case when inherited.is_held then 1 else 0 end) as is_held,
        max(case when inherited.lacks_hold then 1 else 0 end) as lacks_hold,
        max(
            case
                when links.record_sk is null and inputs.has_records then 1
                when links.record_sk is not null and inherited.is_held is null then 1
                else 0
            end
        ) as may_be_held
    from activity_links as links
    left join inputs on links.crm = inputs.crm and links.object_type = inputs.object_type
    left join records
        on links.record_sk = records.record_sk
    left join inherited
        on links.record_sk = inherited.record_sk
    where links.is_live
    group by links.crm, links.activity_id
),

protected as (
    select distinct
        crm,
        record_id
    from protected_records
    where object_type = 'activity' and protection = 'legal_hold'
),

final as (
    select
        activities.record_key,
        activities.crm,
        activities.activity_id as record_id,
        {{ strip('activities.owner_id') }} as owner_id,
        {{ strip('activities.account_id') }} as account_id,
        activities.occurred_at,
        limits.archive_after,
        limits.archive_unit,
        case
            when protected.record_id is not null or linked.is_held = 1 then true
            when linked.may_be_held = 1 then null
            else false
        end as is_held,
        rescues.record_key is not null as is_rescued,
        case
            when not activities.is_automated then false
            when coalesce(linked.n_seen, 0) = 0 or linked.n_alive > 0 then false
            when linked.n_seen < linked.n_links or activities.is_automated is null then null
            else true
        end as is_of_deleted_records,
        copies.activity_id is not null as is_double_logged,
        coalesce(activities.is_automated, false)
        and not activities.is_planned
        and coalesce(activities.activity_type, '') in ('task', 'note')
        and activities.occurred_at
        <= {{ later(as_of(), -86400, threshold('lifecycle__noise_days')) }} as is_noise,
        coalesce(activities.occurred_at <= limits.archive_before, false) as is_old,
        coalesce(linked.n_links, 0) as n_links,
        coalesce(linked.lacks_hold, 0) = 1 as lacks_hold,
        unlinked.crm is not null as lacks_links,
        unreadable.record_key is not null as has_unreadable_rows,
        coalesce(own_inputs.is_landing_short, false) as is_landing_short
    from activities
    left join inputs as own_inputs
        on activities.crm = own_inputs.crm and own_inputs.object_type = 'activity'
    left join linked
        on activities.crm = linked.crm and activities.activity_id = linked.activity_id
    left join copies
        on
            activities.crm = copies.crm
            and activities.activity_id = copies.activity_id
            and copies.place > 1
    left join unlinked on activities.crm = unlinked.crm
    left join protected
        on activities.crm = protected.crm and activities.activity_id = protected.record_id
    left join rescues
        on activities.record_key = rescues.record_key
    left join named_by_rejected_rows as unreadable
        on activities.record_key = unreadable.record_key
    left join limits on true
    where activities.is_live
)

select * from final
