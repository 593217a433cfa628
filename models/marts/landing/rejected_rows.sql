-- One row per landed row that cannot be used, and why. What it tells of a person who is to be
-- forgotten is forgotten as well.
{%- set text = dbt.type_string() %}
with rejected as (
    select
        crm,
        source_table,
        source_key,
        reject_reason,
        raw,
        object_type,
        record_id,
        email_hash
    from {{ ref('int_landing__rejected_rows') }}
),

decisions as (
    select
        record_key,
        decision
    from {{ ref('lifecycle_decisions') }}
),

contacts as (
    select
        record_key,
        crm,
        'contact' as object_type,
        contact_id as record_id,
        email_hash
    from {{ ref('stg_crm__contacts') }}
),

leads as (
    select
        record_key,
        crm,
        'lead' as object_type,
        lead_id as record_id,
        email_hash
    from {{ ref('stg_crm__leads') }}
),

people as (
    select * from contacts
    union all
    select * from leads
),

anonymised as (
    select
        people.crm,
        people.object_type,
        people.record_id,
        people.email_hash
    from decisions
    inner join people on decisions.record_key = people.record_key
    where decisions.decision = 'anonymize'
),

anonymised_emails as (
    select distinct
        crm,
        email_hash
    from anonymised
    where email_hash is not null
),

shown as (
    select
        rejected.crm,
        rejected.source_table,
        rejected.reject_reason,
        case
            when anonymised.record_id is not null then rejected.record_id
            else rejected.source_key
        end as source_key,
        case
            when anonymised.record_id is not null or anonymised_emails.email_hash is not null
                then '{"hidden": "tells of a person who is to be anonymised"}'
            else rejected.raw
        end as raw
    from rejected
    left join anonymised
        on
            rejected.crm = anonymised.crm
            and rejected.object_type = anonymised.object_type
            and rejected.record_id = anonymised.record_id
    left join anonymised_emails
        on
            rejected.crm = anonymised_emails.crm
            and rejected.email_hash = anonymised_emails.email_hash
),

numbered as (
    select
        *,
        -- What is forgotten looks alike.
        row_number() over (
            partition by crm, source_table, source_key, reject_reason, raw order by crm
        ) as copy_number
    from shown
),

final as (
    select
        cast({{ dbt_utils.generate_surrogate_key(
            ['crm', 'source_table', 'source_key', 'reject_reason', 'raw', 'copy_number']
        ) }} as {{ text }}) as rejected_row_id,
        cast(crm as {{ text }}) as crm,
        cast(source_table as {{ text }}) as source_table,
        cast(source_key as {{ text }}) as source_key,
        cast(reject_reason as {{ text }}) as reason,
        {{ as_of() }} as rejected_at,
        cast(raw as {{ text }}) as raw
    from numbered
)

select * from final
