-- One row per stage or owner change of a visible record: is it known who made it, through what?
with field_changes as (
    select * from {{ ref('stg_crm__field_changes') }}
    where not is_orphan and field in ('stage', 'status', 'owner_id')
),

records as (
    select
        record_sk,
        owner_id
    from {{ ref('int_crm__records') }}
),

users as (
    select
        crm,
        user_id,
        team
    from {{ ref('stg_crm__users') }}
),

givers as (
    select * from {{ ref('int_landing__givers') }}
),

-- Where the CRM tells the channel in a column, and that is not landed, nobody can say whether the
-- channel is known.
crms_without_channels as (
    select crm
    from givers
    where input = 'column:channels'
    group by crm
    having max(case when is_landed then 1 else 0 end) = 0
),

-- Who made a change is known where a person is named or the kind of machine is told.
final as (
    select
        changes.record_key,
        changes.record_sk,
        changes.crm,
        changes.object_type,
        changes.record_id,
        owners.team,
        changes.field,
        changes.change_number,
        changes.changed_at,
        changes.old_value,
        changes.new_value,
        changes.changed_by,
        changes.actor_kind,
        changes.channel,
        changes.automation_id,
        changes.source_table,
        changes.change_id,
        users.user_id is not null
        or (changes.changed_by is not null and coalesce(changes.actor_kind, '') <> 'other')
        or coalesce(changes.actor_kind, '') in ('automation', 'integration', 'import', 'system')
            as has_actor,
        changes.channel is not null as has_channel,
        crms_without_channels.crm is null as is_judged
    from field_changes as changes
    inner join records on changes.record_sk = records.record_sk
    left join users on changes.crm = users.crm and changes.changed_by = users.user_id
    left join users as owners on changes.crm = owners.crm and records.owner_id = owners.user_id
    left join crms_without_channels on changes.crm = crms_without_channels.crm
)

select * from final
