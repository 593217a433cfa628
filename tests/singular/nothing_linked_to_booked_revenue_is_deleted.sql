-- One row per delete, with a won opportunity, or what an invoice or a contract names, that it is
-- linked to, whatever the rules say of it.
with deletes as (
    select
        record_key,
        rule_id
    from {{ ref('lifecycle_decisions') }}
    where decision = 'delete'
),

ties as (
    select record_key
    from {{ ref('stg_crm__financial_ties') }}
),

won as (
    select
        record_key,
        crm,
        record_id,
        account_id
    from {{ ref('int_crm__records') }}
    where
        object_type = 'opportunity'
        and (stage_kind = 'won' or record_key in (select ties.record_key from ties))
),

tied_accounts as (
    select
        ties.record_key,
        accounts.crm,
        accounts.account_id
    from ties
    inner join {{ ref('stg_crm__accounts') }} as accounts on ties.record_key = accounts.record_key
),

won_accounts as (
    select
        crm,
        account_id,
        min(record_key) as won_record_key
    from won
    where account_id is not null
    group by crm, account_id
),

links as (
    select
        record_key,
        record_key as won_record_key
    from won

    union all

    select
        record_key,
        record_key as won_record_key
    from tied_accounts

    union all

    select
        contacts.record_key,
        tied_accounts.record_key as won_record_key
    from tied_accounts
    inner join {{ ref('stg_crm__contacts') }} as contacts
        on tied_accounts.crm = contacts.crm and tied_accounts.account_id = contacts.account_id

    union all

    select
        {{ record_key('crm', "'account'", 'account_id') }} as record_key,
        won_record_key
    from won_accounts

    union all

    select
        contacts.record_key,
        won_accounts.won_record_key
    from won_accounts
    inner join {{ ref('stg_crm__contacts') }} as contacts
        on won_accounts.crm = contacts.crm and won_accounts.account_id = contacts.account_id

    union all

    select
        {{ record_key('roles.crm', "'contact'", 'roles.contact_id') }} as record_key,
        won.record_key as won_record_key
    from won
    inner join {{ ref('stg_crm__opportunity_contacts') }} as roles
        on won.crm = roles.crm and won.record_id = roles.opportunity_id
),

with_leads as (
    select * from links

    union all

    {% for object in ['account', 'contact', 'opportunity'] %}
        select
            leads.record_key,
            links.won_record_key
        from {{ ref('stg_crm__leads') }} as leads
        inner join links
            on {{ record_key(
                'leads.crm', "'" ~ object ~ "'", 'leads.converted_' ~ object ~ '_id'
            ) }} = links.record_key
        {%- if not loop.last %}

            union all

        {% endif %}
    {%- endfor %}
),

final as (
    select
        deletes.record_key,
        deletes.rule_id,
        min(with_leads.won_record_key) as won_record_key
    from deletes
    inner join with_leads on deletes.record_key = with_leads.record_key
    group by deletes.record_key, deletes.rule_id
)

select * from final
