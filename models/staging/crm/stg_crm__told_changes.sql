-- One row per told row of the histories, visible at as_of or not, each classed: `effective` (old
-- and new value differ once blanks are null), `no_op`, `first_value` (at creation), `duplicate`
-- (told twice, or a step within one save: what one actor changes within a second, each value from
-- the one before, is one change).
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
-- value that may be the one at creation, which the time tells. is_calculated: the CRM computed the
-- value by itself.
told as (
    {{ crm_union('field_changes', [
        'object_type', 'record_id', 'source_table', 'change_id', 'change_sequence', 'landed_field',
        'field', 'old_value', 'new_value', 'changed_at', 'changed_by', 'login_id', 'actor_kind',
        'channel', 'told_write_path', 'is_channel_by_actor', 'automation_id', 'correlation_id',
        'is_calculated', 'is_duplicate', 'is_first_value',
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
        told.told_write_path,
        told.is_channel_by_actor,
        told.automation_id,
        told.correlation_id,
        told.is_calculated,
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
        lag(old_value) over (
            partition by record_sk, orphan_id, field, change_class
            order by changed_at, change_sequence nulls first, change_id
        ) as previous_old_value,
        lag(changed_by) over (
            partition by record_sk, orphan_id, field, change_class
            order by changed_at, change_sequence nulls first, change_id
        ) as previous_changed_by,
        lag(changed_at) over (
            partition by record_sk, orphan_id, field, change_class
            order by changed_at, change_sequence nulls first, change_id
        ) as previous_changed_at,
        lead(changed_at) over (
            partition by record_sk, orphan_id, field, change_class
            order by changed_at, change_sequence nulls first, change_id
        ) as next_changed_at
    from classed
),

-- A change goes on with the save of the one before where it starts from what that left, or tells
-- it again. Who is not told may be somebody else, but does not make the same change once more.
judged as (
    select
        *,
        coalesce(
            change_class = 'effective'
            -- A source that numbers its changes tells them apart.
            and change_sequence is null
            and record_sk is not null
            and changed_at <= {{ later('previous_changed_at', 1, threshold('one_save__seconds')) }}
            and (
                (changed_by = previous_changed_by and old_value is not distinct from previous_value)
                or (
                    (changed_by is not distinct from previous_changed_by)
                    and (old_value is not distinct from previous_old_value)
                    and (new_value is not distinct from previous_value)
                )
            ),
            false
        ) as goes_on,
        case when change_class = 'effective' then record_sk end as effective_sk
    from ordered
),

-- Few fields of few records: only they are ordered again.
repeated as (
    select distinct
        record_sk,
        field
    from judged
    where goes_on
),

-- Not stored a second time: the rows are wide, and there may be millions of them.
marked as {{ inlined() }} (
    select
        judged.*,
        repeated.record_sk is not null as is_repeated
    from judged
    left join repeated
        on
            judged.effective_sk = repeated.record_sk
            and judged.field = repeated.field
),

numbered as (
    select
        *,
        sum(case when goes_on then 0 else 1 end) over (
            partition by record_sk, field
            order by change_number
            rows between unbounded preceding and current row
        ) as save_number
    from marked
    where is_repeated
),

saved as (
    select
        *,
        first_value(old_value) over (
            partition by record_sk, field, save_number order by change_number
        ) as save_old_value,
        row_number() over (
            partition by record_sk, field, save_number order by change_number desc
        ) as place_from_last
    from numbered
),

{%- set columns = [
    'crm', 'object_type', 'record_id', 'record_sk', 'orphan_id', 'field', 'landed_field',
    'changed_at', 'new_value', 'changed_by', 'login_id', 'actor_kind', 'channel',
    'told_write_path', 'is_channel_by_actor', 'automation_id', 'correlation_id', 'source_table',
    'change_id', 'change_sequence', 'is_calculated', 'is_orphan', 'record_created_at',
] %}

reclassed as (
    select
        {{ columns | join(',\n        ') }},
        case when place_from_last = 1 then save_old_value else old_value end as old_value,
        case
            when place_from_last > 1 then 'duplicate'
            when (save_old_value is not distinct from new_value) then 'no_op'
            else 'effective'
        end as change_class
    from saved
),

changes as (
    select
        {{ columns | join(',\n        ') }},
        old_value,
        change_class,
        change_number,
        previous_value,
        next_changed_at
    from marked
    where not is_repeated

    union all

    select
        {{ columns | join(',\n        ') }},
        old_value,
        change_class,
        row_number() over (
            partition by record_sk, field, change_class
            order by changed_at, change_sequence nulls first, change_id
        ) as change_number,
        lag(new_value) over (
            partition by record_sk, field, change_class
            order by changed_at, change_sequence nulls first, change_id
        ) as previous_value,
        lead(changed_at) over (
            partition by record_sk, field, change_class
            order by changed_at, change_sequence nulls first, change_id
        ) as next_changed_at
    from reclassed
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
        changes.crm,
        changes.object_type,
        changes.record_id,
        changes.record_sk,
        changes.field,
        changes.landed_field,
        changes.change_class,
        changes.change_number,
        changes.changed_at,
        changes.next_changed_at,
        changes.old_value,
        changes.new_value,
        coalesce(logins.user_id, changes.changed_by) as changed_by,
        coalesce(
            changes.actor_kind,
            actors.kind,
            case
                when changes.channel in ('automation', 'integration', 'import')
                    then changes.channel
            end
        ) as actor_kind,
        coalesce(
            changes.channel,
            case
                when
                    changes.is_channel_by_actor and actors.kind in ('automation', 'integration')
                    then actors.kind
            end
        ) as channel,
        changes.told_write_path,
        changes.automation_id,
        changes.correlation_id,
        changes.is_calculated,
        changes.source_table,
        changes.change_id,
        changes.change_sequence,
        changes.is_orphan,
        changes.change_class = 'effective'
        and changes.change_number > 1
        and (changes.old_value is distinct from changes.previous_value) as is_chain_break,
        coalesce(changes.changed_at < changes.record_created_at, false) as is_before_creation
    from changes
    left join logins
        on
            changes.crm = logins.crm
            and changes.login_id = logins.login_id
            and logins.place = 1
    left join users as actors
        on
            changes.crm = actors.crm
            and coalesce(logins.user_id, changes.changed_by) = actors.user_id
)

select * from final
