-- One row per live contact or lead that opted out or must not be contacted: since when, NULL where
-- no history tells it.
with records as (
    select
        record_sk,
        record_key,
        crm,
        object_type,
        consent_status,
        do_not_contact
    from {{ ref('int_crm__records') }}
    where object_type in ('contact', 'lead') and is_live
),

field_changes as (
    select
        record_sk,
        field,
        change_number,
        changed_at,
        new_value
    from {{ ref('stg_crm__field_changes') }}
    where
        object_type in ('contact', 'lead')
        and field in ('consent_status', 'do_not_contact')
        and not is_orphan
),

numbered as (
    select
        *,
        row_number() over (
            partition by record_sk, field order by change_number desc
        ) as place_from_last
    from field_changes
),

told as (
    select
        record_sk,
        min(changed_at) as since_at
    from numbered
    where
        place_from_last = 1
        and (
            (
                field = 'consent_status'
                and {{ consent_status('lower(new_value)') }} in ('opted_out', 'unsubscribed')
            )
            or (
                field = 'do_not_contact'
                and {{ parse_value('new_value', 'text', 'boolean') }}
            )
        )
    group by record_sk
),

final as (
    select
        records.record_key,
        records.crm,
        records.object_type,
        told.since_at
    from records
    left join told on records.record_sk = told.record_sk
    where
        records.consent_status in ('opted_out', 'unsubscribed')
        or coalesce(records.do_not_contact, false)
)

select * from final
