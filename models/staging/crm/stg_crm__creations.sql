-- One row per record, visible at as_of or not, of which the CRM tells by whom or through what it
-- was made.
with records as (
    select * from {{ ref('base_crm__records') }}
),

users as {{ inlined() }} (
    select
        crm,
        user_id,
        login_id,
        kind,
        is_active
    from {{ ref('stg_crm__users') }}
),

-- login_id: who made it, where the CRM names a login and no user. is_channel_by_actor: the CRM
-- tells no channel, and a machine's user has only its own.
told as (
    {{ crm_union('creations', [
        'object_type', 'record_id', 'created_by', 'login_id', 'actor_kind', 'channel',
        'told_write_path', 'is_channel_by_actor', 'automation_id',
    ]) }}
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

named as (
    select
        records.record_sk,
        records.created_at,
        told.crm,
        coalesce(
            logins.user_id,
            case when not {{ is_blank('told.created_by') }} then told.created_by end
        ) as created_by,
        told.actor_kind,
        case when not {{ is_blank('told.channel') }} then told.channel end as channel,
        told.told_write_path,
        told.is_channel_by_actor,
        told.automation_id
    from told
    inner join records
        on
            told.crm = records.crm
            and told.object_type = records.object_type
            and told.record_id = records.record_id
    left join logins
        on told.crm = logins.crm and told.login_id = logins.login_id and logins.place = 1
),

final as (
    select
        named.record_sk,
        named.crm,
        named.created_at,
        named.created_by,
        coalesce(
            named.actor_kind,
            makers.kind,
            case
                when named.channel in ('automation', 'integration', 'import') then named.channel
            end
        ) as actor_kind,
        coalesce(
            named.channel,
            case
                when
                    named.is_channel_by_actor and makers.kind in ('automation', 'integration')
                    then makers.kind
            end
        ) as channel,
        named.told_write_path,
        named.automation_id
    from named
    left join users as makers
        on named.crm = makers.crm and named.created_by = makers.user_id
    where coalesce(named.created_by, named.actor_kind, named.channel) is not null
)

select * from final
