-- One row per live contact or lead × channel × kind of breach of the suppression register.
{%- set text = dbt.type_string() %}
{%- set bigint = dbt.type_bigint() %}
with suppression_register as (
    select * from {{ ref('suppression_register') }}
),

identifiers as (
    select * from {{ ref('int_lifecycle__identifiers') }}
),

outreach as (
    select * from {{ ref('int_lifecycle__outreach') }}
),

records as (
    select
        record_key,
        owner_id
    from {{ ref('int_crm__records') }}
),

-- A number that many hold is a switchboard, and says nothing of a person.
held as (
    select
        *,
        count(*) over (partition by crm, channel, identifier_hash) as n_holders
    from identifiers
    where is_live
),

suppressed as (
    select
        held.record_key,
        held.crm,
        held.object_type,
        held.record_id,
        held.channel,
        held.consent_status,
        held.reason as own_reason,
        register.suppression_id,
        register.reason,
        coalesce(register.since_at, register.first_seen_at) as suppressed_at,
        row_number() over (
            partition by held.record_key, held.channel
            order by
                case register.reason
                    when 'do_not_contact' then 1 when 'opted_out' then 2 else 3
                end asc,
                coalesce(register.since_at, register.first_seen_at) asc,
                register.suppression_id asc
        ) as place
    from held
    inner join suppression_register as register
        on
            held.channel = register.channel
            and held.identifier_hash = register.identifier_hash
            and held.hash_key = register.hash_key
    where
        coalesce(register.since_at, register.first_seen_at) <= {{ as_of() }}
        and (
            held.channel = 'email'
            or held.n_holders <= {{ threshold('identity__phone_holders') }}
        )
),

strongest as (
    select * from suppressed
    where place = 1
),

contacts as (
    select
        strongest.record_key,
        strongest.channel,
        count(*) as n_contacts,
        max(outreach.contacted_at) as last_contacted_at
    from strongest
    inner join outreach
        on
            strongest.record_key = outreach.record_key
            and strongest.suppressed_at < outreach.contacted_at
            and strongest.channel
            = case when outreach.way = 'automated call' then 'phone' else 'email' end
    group by strongest.record_key, strongest.channel
),

found as (
    select
        *,
        case when consent_status = 'opted_in' then 'says_opted_in' else 'not_flagged' end
            as kind,
        cast(null as {{ bigint }}) as n_contacts,
        cast(null as {{ dbt.type_timestamp() }}) as last_contacted_at
    from strongest
    where own_reason is null

    union all

    select
        strongest.*,
        'contacted' as kind,
        contacts.n_contacts,
        contacts.last_contacted_at
    from strongest
    inner join contacts
        on
            strongest.record_key = contacts.record_key
            and strongest.channel = contacts.channel
),

final as (
    select
        cast(found.record_key as {{ text }}) as record_key,
        cast(found.crm as {{ text }}) as crm,
        cast(found.object_type as {{ text }}) as object_type,
        cast(found.record_id as {{ text }}) as record_id,
        cast(found.channel as {{ text }}) as channel,
        cast(found.kind as {{ text }}) as kind,
        cast(found.reason as {{ text }}) as reason,
        cast(found.suppression_id as {{ text }}) as suppression_id,
        found.suppressed_at,
        cast(found.n_contacts as {{ bigint }}) as n_contacts,
        found.last_contacted_at,
        cast(records.owner_id as {{ text }}) as owner_id
    from found
    inner join records on found.record_key = records.record_key
)

select * from final
