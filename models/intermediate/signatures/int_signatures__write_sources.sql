-- One row per record and span of time in which something happened that can have told a machine what
-- to write: an activity, a document, an invoice, a contract, an answer to a campaign, a person's
-- edit, its own creation. What is a contact's is its account's too.
with changes as (
    select * from {{ ref('int_signatures__changes') }}
),

activities as (
    select * from {{ ref('stg_crm__activities') }}
),

activity_links as (
    select * from {{ ref('stg_crm__activity_links') }}
),

campaign_touches as (
    select * from {{ ref('stg_crm__campaign_touches') }}
),

documents as (
    select * from {{ ref('stg_crm__documents') }}
),

invoices as (
    select * from {{ ref('stg_crm__invoices') }}
),

contracts as (
    select * from {{ ref('stg_crm__contracts') }}
),

records as (
    select
        record_sk,
        record_key,
        crm,
        object_type,
        record_id,
        account_id,
        created_at
    from {{ ref('int_crm__records') }}
),

named as (
    select
        crm,
        activity_id,
        max(case when object_type = 'opportunity' then 1 else 0 end) = 1 as is_of_deal
    from activity_links
    group by crm, activity_id
),

-- When it happened and when it was entered. One without a time is of its whole day, as the business
-- or the CRM's clock has it: nobody knows which.
happened as (
    select
        crm,
        activity_id,
        case
            when is_day_only then least(occurred_at, {{ business_instant('occurred_at') }})
            else occurred_at
        end as started_at,
        case
            when is_day_only
                then {{ later(
                    'greatest(occurred_at, ' ~ business_instant('occurred_at') ~ ')', 86400, 1
                ) }}
            else occurred_at
        end as ended_at
    from activities
    where
        not is_planned
        and {{ took_place('status') }}
        and not coalesce(is_automated, false)

    union all

    select
        crm,
        activity_id,
        known_at as started_at,
        known_at as ended_at
    from activities
    where known_at is not null and not coalesce(is_automated, false)
),

told as (
    select
        {{ record_key('links.crm', 'links.object_type', 'links.record_id') }} as record_key,
        named.is_of_deal,
        happened.started_at,
        happened.ended_at
    from happened
    inner join named on happened.crm = named.crm and happened.activity_id = named.activity_id
    inner join activity_links as links
        on happened.crm = links.crm and happened.activity_id = links.activity_id

    {%- for person in ['lead', 'contact'] %}

        union all

        select
            {{ record_key('crm', "'" ~ person ~ "'", person ~ '_id') }} as record_key,
            false as is_of_deal,
            touched_at as started_at,
            touched_at as ended_at
        from campaign_touches
        where {{ person }}_id is not null and has_responded
    {%- endfor %}

    union all

    select
        record_key,
        false as is_of_deal,
        created_at as started_at,
        created_at as ended_at
    from documents

    {%- for table, instant in [('invoices', 'issued_at'), ('contracts', 'signed_at')] %}
        {%- for object_type in ['account', 'opportunity'] %}

            union all

            select
                {{ record_key('crm', "'" ~ object_type ~ "'", object_type ~ '_id') }} as record_key,
                opportunity_id is not null as is_of_deal,
                {{ instant }} as started_at,
                {{ instant }} as ended_at
            from {{ table }}
            where {{ object_type }}_id is not null and {{ instant }} is not null
        {%- endfor %}
    {%- endfor %}
),

of_records as (
    select
        records.record_sk,
        records.crm,
        case when records.object_type = 'contact' then records.account_id end as account_id,
        told.is_of_deal,
        told.started_at,
        told.ended_at
    from told
    inner join records on told.record_key = records.record_key
),

spans as (
    select
        record_sk,
        is_of_deal,
        started_at,
        ended_at
    from of_records

    union all

    select
        accounts.record_sk,
        of_records.is_of_deal,
        of_records.started_at,
        of_records.ended_at
    from of_records
    inner join records as accounts
        on
            of_records.crm = accounts.crm
            and of_records.account_id = accounts.record_id
            and accounts.object_type = 'account'

    union all

    select
        record_sk,
        false as is_of_deal,
        changed_at as started_at,
        changed_at as ended_at
    from changes
    where is_by_person

    union all

    select
        record_sk,
        false as is_of_deal,
        created_at as started_at,
        created_at as ended_at
    from records
    where created_at is not null
),

final as (
    select *
    from spans
    where ended_at >= {{ later(
        signature_window_end(2), -60, threshold('write_source__minutes')
    ) }}
)

select * from final
