-- One row per CRM and object type: what is landed of what the lifecycle's rules ask for, and what
-- an empty flag means there (NULL: it is not known).
{%- set flags = [
    'legal_hold', 'do_not_contact', 'opted_out', 'is_customer', 'is_partner', 'is_strategic',
] -%}
{%- set inputs = {
    'records': 'records',
    'stages': 'stage_kinds',
    'loss_reasons': 'loss_reasons',
    'cases': 'table:cases',
    'contacts': 'table:contacts',
    'opportunities': 'table:opportunities',
    'contact_roles': 'table:contact_roles',
    'activities': 'table:activities',
    'linked_activities': 'linked_activities',
    'phone': 'column:phone',
    'amount': 'column:amount',
    'last_activity': 'last_activity',
} -%}
{#- What an account tells of itself and of its contacts. -#}
{%- set account_flags = ['is_customer', 'is_partner', 'is_strategic'] -%}
{%- set no_type = 'cast(null as ' ~ dbt.type_boolean() ~ ')' %}
with inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

landing_losses as (
    select
        crm,
        max(case when is_short then 1 else 0 end) = 1 as is_landing_short
    from {{ ref('int_landing__losses') }}
    where landing_date = cast({{ as_of() }} as date)
    group by crm
),

flag_policy as (
    select * from {{ ref('flag_policy') }}
),

crms as (
    select crm from {{ text_rows(['crm'], crm_sources()) }}
),

object_types as (
    select object_type from {{ text_rows(['object_type'], crm_objects() | list + ['activity']) }}
),

landed as (
    select
        crms.crm,
        object_types.object_type,
        {%- for name, input in inputs.items() %}
            max(case when inputs.input = '{{ input }}' then 1 else 0 end) = 1 as has_{{ name }},
        {%- endfor %}
        {%- for flag in flags %}
            max(case when inputs.input = 'flag:{{ flag }}' then 1 else 0 end) = 1
                as has_{{ flag }}
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from crms
    cross join object_types
    left join inputs
        on
            crms.crm = inputs.crm
            and (
                object_types.object_type = inputs.object_type
                -- What the opportunities show, the rules of every object ask for.
                or inputs.input in ('stage_kinds', 'loss_reasons')
            )
    group by crms.crm, object_types.object_type
),

accounts as (
    select
        {%- for flag in account_flags %}
            max(case when input = 'flag:{{ flag }}' then 1 else 0 end) as has_{{ flag }},
        {%- endfor %}
        crm
    from inputs
    where object_type = 'account'
    group by crm
    having max(case when input = 'records' then 1 else 0 end) = 1
),

contacts as (
    select
        crm,
        max(case when input = 'account_id' then 1 else 0 end) as names_accounts
    from inputs
    where object_type = 'contact'
    group by crm
    having max(case when input = 'records' then 1 else 0 end) = 1
),

-- Cases or deals of which none names a record of a kind tell nothing of that kind.
links as (
    select
        crm,
        max(case when object_type = 'case' and input = 'records' then 1 else 0 end)
        > max(case when object_type = 'case' and input = 'account_id' then 1 else 0 end)
            as lacks_cases_of_accounts,
        max(case when object_type = 'case' and input = 'records' then 1 else 0 end)
        > max(case when object_type = 'case' and input = 'contact_id' then 1 else 0 end)
            as lacks_cases_of_contacts,
        max(case when object_type = 'opportunity' and input = 'records' then 1 else 0 end)
        > max(case when object_type = 'opportunity' and input = 'account_id' then 1 else 0 end)
            as lacks_deals_of_accounts
    from inputs
    group by crm
),

-- A CRM has accounts or contacts, and no activity names any.
buyers as (
    select
        crm,
        object_type
    from inputs
    where object_type in ('account', 'contact') and input in ('records', 'linked_activities')
    group by crm, object_type
    having count(distinct input) = 1 and min(input) = 'records'
),

silent_buyers as (
    select distinct crm
    from buyers
),

policy as (
    select
        {%- for flag in flags %}
            max(case when field = '{{ flag }}' and empty_means = 'false' then 1 else 0 end)
                as empty_{{ flag }},
            max(case when field = '{{ flag }}' and absent_means = 'false' then 1 else 0 end)
                as absent_{{ flag }},
        {%- endfor %}
        crm
    from flag_policy
    group by crm
),

final as (
    select
        landed.crm,
        landed.object_type,
        {%- for name in inputs if name not in [
            'activities', 'last_activity', 'cases', 'opportunities',
        ] %}
            landed.has_{{ name }},
        {%- endfor %}
        landed.has_cases
        and not coalesce(
            case landed.object_type
                when 'account' then links.lacks_cases_of_accounts
                when 'contact' then links.lacks_cases_of_contacts
            end,
            false
        ) as has_cases,
        landed.has_opportunities
        and not (
            landed.object_type = 'account' and coalesce(links.lacks_deals_of_accounts, false)
        ) as has_opportunities,
        landed.object_type = 'opportunity'
        and accounts.crm is not null
        and coalesce(links.lacks_deals_of_accounts, false) as lacks_accounts_of_deals,
        -- Activities that name no record of a kind tell nothing of that kind. A deal also asks
        -- for those of its account and contacts.
        landed.has_activities
        and landed.has_linked_activities
        and (landed.object_type <> 'opportunity' or silent_buyers.crm is null) as has_activities,
        landed.has_activities
        or landed.has_last_activity
        or (landed.object_type = 'account' and landed.has_opportunities) as has_signs_of_life,
        {%- for flag in flags %}
            -- Not landed is read as false and named as missing; suppression stays unknown.
            case
                when landed.has_{{ flag }} and policy.empty_{{ flag }} = 1 then false
                when landed.has_{{ flag }} then {{ no_type }}
                when policy.absent_{{ flag }} = 1 then false
                else {{ no_type if flag in ('do_not_contact', 'opted_out') else 'false' }}
            end as empty_{{ flag }},
        {%- endfor %}
        not landed.has_legal_hold and coalesce(policy.absent_legal_hold, 0) = 0
            as lacks_legal_hold,
        {%- for flag in account_flags %}
            landed.object_type in ('account', 'contact')
            and coalesce(accounts.has_{{ flag }} = 0, false)
            and coalesce(policy.absent_{{ flag }}, 0) = 0 as lacks_{{ flag }},
        {%- endfor %}
        -- Accounts and contacts are landed, and no contact names its account. A deal names its
        -- account whether that is landed or not.
        (
            landed.object_type = 'opportunity'
            or (landed.object_type in ('account', 'contact') and accounts.crm is not null)
        )
        and coalesce(contacts.names_accounts = 0, false) as lacks_account_links,
        coalesce(landing_losses.is_landing_short, false) as is_landing_short
    from landed
    left join accounts on landed.crm = accounts.crm
    left join contacts on landed.crm = contacts.crm
    left join links on landed.crm = links.crm
    left join silent_buyers on landed.crm = silent_buyers.crm
    left join policy on landed.crm = policy.crm
    left join landing_losses on landed.crm = landing_losses.crm
)

select * from final
