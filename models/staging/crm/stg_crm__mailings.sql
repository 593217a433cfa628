-- One row per mail that marketing sent to an address by as_of, in all CRMs.
with told as (
    {{ crm_union('mailings', ['mailing_id', 'campaign_id', 'email', 'sent_at']) }}
),

final as (
    select
        crm,
        mailing_id,
        campaign_id,
        {{ normalised_email('email') }} as email_normalised,
        sent_at
    from told
    where sent_at <= {{ as_of() }}
)

select * from final
