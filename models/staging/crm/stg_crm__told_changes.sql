-- One row per told row of the histories, visible at as_of or not, each classed: `effective` (old
-- and new value differ once blanks are null), `no_op`, `first_value` (at creation), `duplicate`.
with records as (
    select
        *,
        created_at + {{ threshold('first_value_seconds') }} * interval '1' second
            as first_values_until
    from {{ ref('base_crm__records') }}
),

users as (
    select
        crm,
        user_id,
        login_id,
        kind,
        is_active
    from {{ ref('stg_crm__users') }}
),

-- login_id: who made the change, where a history names a login and no user. is_channel_by_actor:
-- the CRM tells no channel, and a machine's user has only its own. is_first_value: NULL for a first
-- value that may be the one at creation, which the time tells.
told as (
    {{ crm_union('field_changes', [
        'object_type', 'record_id', 'source_table', 'change_id', 'change_sequence', 'landed_field',
        'field', 'old_value', 'new_value', 'changed_at', 'changed_by', 'login_id', 'actor_kind',
        'channel', 'is_channel_by_actor', 'automation_id', 'correlation_id', 'is_duplicate',
        'is_first_value',
    ]) }}
),

folded as (
    select
        told.crm,
        told.object_type,
        told.record_id,
        told.source_table,
        told.change_id,
        told.change_sequence,
        told.landed_field,
        told.field,
        told.changed_at,
        told.changed_by,
        told.login_id,
        told.actor_kind,
        told.channel,
        told.is_channel_by_actor,
        told.automation_id,
        told.correlation_id,
        told.is_duplicate,
        told.is_first_value,
        {{ blank_to_null('told.old_value') }} as old_value,
        {{ blank_to_null('told.new_value') }} as new_value
    from told
),

classed as (
    select
        folded.*,
        records.record_sk,
        records.created_at as record_created_at,
        records.record_sk is null as is_orphan,
        case
            when records.record_sk is null
                then {{ record_key('folded.crm', 'folded.object_type', 'folded.record_id') }}
        end as orphan_id,
        case
            when folded.is_duplicate then 'duplicate'
            when
                coalesce(
                    folded.is_first_value,
                    records.created_at is null or folded.changed_at <= records.first_values_until
                )
                then 'first_value'
            when (folded.old_value is not distinct from folded.new_value) then 'no_op'
            else 'effective'
        end as change_class
    from folded
    left join records
        on
            folded.crm = records.crm
            and folded.object_type = records.object_type
            and folded.record_id = records.record_id
),

ordered as (
    select
        *,
        row_number() over (
            partition by record_sk, orphan_id, field, change_class
            order by changed_at, change_sequence nulls first, change_id
        ) as change_number,
        lag(new_value) over (
            partition by record_sk, orphan_id, field, change_class
            order by changed_at, change_sequence nulls first, change_id
        ) as previous_value,
        lead(changed_at) over (
            partition by record_sk, orphan_id, field, change_class
            order by changed_at, change_sequence nulls first, change_id
        ) as next_changed_at
    from classed
),

-- An owner who left and came back stands twice among the owners, with one login.
logins as (
    select
        crm,
        login_id,
        user_id,
        row_number() over (
            partition by crm, login_id order by case when is_active then 0 else 1 end, user_id
        ) as place
    from users
    where login_id is not null
),

final as (
    select
        ordered.crm,
        ordered.object_type,
        ordered.record_id,
        ordered.record_sk,
        ordered.field,
        ordered.landed_field,
        ordered.change_class,
        ordered.change_number,
        ordered.changed_at,
        ordered.next_changed_at,
        ordered.old_value,
        ordered.new_value,
        coalesce(logins.user_id, ordered.changed_by) as changed_by,
        coalesce(
            ordered.actor_kind,
            actors.kind,
            case
                when ordered.channel in ('automation', 'integration', 'import')
                    then ordered.channel
            end
        ) as actor_kind,
        coalesce(
            ordered.channel,
            case
                when
                    ordered.is_channel_by_actor and actors.kind in ('automation', 'integration')
                    then actors.kind
            end
        ) as channel,
        ordered.automation_id,
        ordered.correlation_id,
        ordered.source_table,
        ordered.change_id,
        ordered.change_sequence,
        ordered.is_orphan,
        ordered.change_class = 'effective'
        and ordered.change_number > 1
        and (ordered.old_value is distinct from ordered.previous_value) as is_chain_break,
        coalesce(ordered.changed_at < ordered.record_created_at, false) as is_before_creation
    from ordered
    left join logins
        on
            ordered.crm = logins.crm
            and ordered.login_id = logins.login_id
            and logins.place = 1
    left join users as actors
        on
            ordered.crm = actors.crm
            and coalesce(logins.user_id, ordered.changed_by) = actors.user_id
)

select * from final
