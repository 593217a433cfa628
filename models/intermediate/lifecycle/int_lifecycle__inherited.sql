-- One row per visible record: what it has of itself or from the records that it belongs to, deleted
-- ones too. NULL: not known; a record that is named but cannot be seen may be anything.
{#- What an account passes on. -#}
{%- set facts = [
    'is_held', 'is_booked', 'is_active', 'is_customer', 'is_partner_or_strategic',
    'has_open_opportunity',
] %}

with records as (
    select * from {{ ref('int_lifecycle__record_facts') }}
),

accounts as (
    select
        record_sk,
        lacks_legal_hold,
        is_on_legal_hold or is_listed_held as is_held,
        has_own_booking as is_booked,
        not is_old or has_open_opportunity or is_customer as is_active,
        is_customer,
        is_partner or is_strategic or is_listed_strategic as is_partner_or_strategic,
        has_open_opportunity
    from records
    where object_type = 'account'
),

with_account as (
    select
        records.record_sk,
        records.object_type,
        records.contact_sk,
        records.converted_account_sk,
        records.converted_contact_sk,
        records.converted_opportunity_sk,
        records.is_contact_missing,
        records.is_conversion_missing,
        records.is_on_legal_hold,
        records.is_listed_held,
        records.is_listed_strategic,
        records.is_old,
        records.has_open_opportunity,
        records.has_own_booking,
        records.has_contact_roles,
        {%- for fact in facts %}
            case
                when records.is_account_missing then null
                when records.account_sk is null then false
                else accounts.{{ fact }}
            end as account_{{ fact }},
        {%- endfor %}
        records.lacks_legal_hold or coalesce(accounts.lacks_legal_hold, false) as lacks_legal_hold
    from records
    left join accounts on records.account_sk = accounts.record_sk
    where records.object_type <> 'account'
),

contacts as (
    select
        record_sk,
        is_on_legal_hold or is_listed_held or account_is_held as is_held,
        has_own_booking or account_is_booked as is_booked
    from with_account
    where object_type = 'contact'
),

final as (
    select
        record_sk,
        is_held,
        is_booked,
        is_active,
        is_customer as is_of_customer,
        is_partner_or_strategic as is_of_partner_or_strategic,
        false as may_be_on_open_opportunity,
        lacks_legal_hold as lacks_hold
    from accounts

    union all

    select
        records.record_sk,
        records.is_on_legal_hold
        or records.is_listed_held
        or records.account_is_held
        or case
            when records.is_contact_missing then null
            when records.contact_sk is null then false
            else contacts.is_held
        end as is_held,
        case records.object_type
            when 'case' then false
            when 'lead'
                then
                    case when records.is_conversion_missing then null else false end
                    or case
                        when records.converted_opportunity_sk is null then false
                        else converted_opportunities.has_own_booking
                    end
                    or case
                        when records.converted_contact_sk is null then false
                        else converted_contacts.is_booked
                    end
                    or case
                        when records.converted_account_sk is null then false
                        else converted_accounts.is_booked
                    end
            else records.has_own_booking or records.account_is_booked
        end as is_booked,
        case records.object_type
            when 'contact'
                then
                    not records.is_old
                    or records.account_is_active
                    or records.has_open_opportunity
            else not records.is_old
        end as is_active,
        records.object_type = 'contact' and records.account_is_customer as is_of_customer,
        records.object_type = 'contact'
        and (records.account_is_partner_or_strategic or records.is_listed_strategic)
            as is_of_partner_or_strategic,
        -- Whom its account's deals name is not landed.
        records.object_type = 'contact'
        and not records.has_contact_roles
        and coalesce(records.account_has_open_opportunity, true) as may_be_on_open_opportunity,
        records.lacks_legal_hold as lacks_hold
    from with_account as records
    left join contacts on records.contact_sk = contacts.record_sk
    left join with_account as converted_opportunities
        on records.converted_opportunity_sk = converted_opportunities.record_sk
    left join contacts as converted_contacts
        on records.converted_contact_sk = converted_contacts.record_sk
    left join accounts as converted_accounts
        on records.converted_account_sk = converted_accounts.record_sk
)

select * from final
