-- One row per change of a key field by a machine in the windows: did anything happen to the record
-- or its account, in time before, that can have told it what to write? A machine that the
-- dictionary allows to write the field is itself the source.
{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() %}
with signatures_changes as (
    select * from {{ ref('int_signatures__changes') }}
),

write_sources as (
    select * from {{ ref('int_signatures__write_sources') }}
),

field_writers as (
    select * from {{ ref('int_root_cause__field_writers') }}
),

key_fields as (
    select
        object_type,
        field
    from {{ ref('key_fields') }}
),

records as (
    select
        record_sk,
        crm,
        object_type,
        record_id,
        account_id
    from {{ ref('int_crm__records') }}
),

-- Who may be allowed (his team is not known) is not accused.
allowed as (
    select distinct
        crm,
        object_type,
        field,
        coalesce(changed_by, '') as changed_by,
        coalesce(actor_kind, '') as actor_kind,
        coalesce(channel, '') as channel,
        coalesce(automation_id, '') as automation_id
    from field_writers
    where verdict in ('allowed', 'unknown_writer')
),

writes as (
    select
        changes.*,
        {{ signature_window('changes.changed_at') }} as signature_window,
        accounts.record_sk as account_sk,
        allowed.crm is not null as is_allowed
    from signatures_changes as changes
    inner join key_fields
        on changes.object_type = key_fields.object_type and changes.field = key_fields.field
    inner join records on changes.record_sk = records.record_sk
    left join records as accounts
        on
            records.crm = accounts.crm
            and records.account_id = accounts.record_id
            and accounts.object_type = 'account'
    left join allowed
        on
            changes.crm = allowed.crm
            and changes.object_type = allowed.object_type
            and changes.field = allowed.field
            and coalesce(changes.changed_by, '') = allowed.changed_by
            and coalesce(changes.actor_kind, '') = allowed.actor_kind
            and coalesce(changes.channel, '') = allowed.channel
            and coalesce(changes.automation_id, '') = allowed.automation_id
    where changes.is_by_machine
),

-- On the time line of a record, and on that of its account: what was told, and what was written.
-- What is of a deal tells nothing of the account's others.
lines as (
    select
        record_sk as line_sk,
        0 as is_accounts,
        started_at,
        ended_at,
        cast(null as {{ bigint }}) as record_sk,
        cast(null as {{ text }}) as field,
        cast(null as {{ bigint }}) as change_number
    from write_sources

    union all

    select
        record_sk as line_sk,
        1 as is_accounts,
        started_at,
        ended_at,
        null as record_sk,
        null as field,
        null as change_number
    from write_sources
    where not is_of_deal

    union all

    select
        record_sk as line_sk,
        0 as is_accounts,
        changed_at as started_at,
        null as ended_at,
        record_sk,
        field,
        change_number
    from writes

    union all

    select
        account_sk as line_sk,
        1 as is_accounts,
        changed_at as started_at,
        null as ended_at,
        record_sk,
        field,
        change_number
    from writes
    where account_sk is not null
),

-- Up to the instant of the write, that included: one save has one instant.
told as (
    select
        *,
        max(ended_at) over (partition by line_sk, is_accounts order by started_at) as told_until
    from lines
),

last_told as (
    select
        record_sk,
        field,
        change_number,
        max(told_until) as told_until
    from told
    where record_sk is not null
    group by record_sk, field, change_number
),

judged as (
    select
        writes.*,
        not writes.is_allowed
        and coalesce(
            last_told.told_until < {{ later(
                'writes.changed_at', -60, threshold('write_source__minutes')
            ) }},
            true
        ) as is_hit
    from writes
    inner join last_told
        on
            writes.record_sk = last_told.record_sk
            and writes.field = last_told.field
            and writes.change_number = last_told.change_number
    where writes.signature_window is not null
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
                    field
                    || case
                        when new_value is null then ' blanked'
                        when old_value is null then ' filled'
                        else ' overwritten'
                    end
                    || ' by a machine, and nothing in the '
                    || {{ duration_text('60 * ' ~ threshold('write_source__minutes')) }}
                    || ' before can have told it so'
        end as detail
    from judged
)

select * from final
