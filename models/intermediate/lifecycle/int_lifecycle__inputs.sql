{#- Where each CRM lands a flag: object -> (table, columns). -#}
{%- set flags = {
    'salesforce': {
        'legal_hold': {
            'account': ('account', ['legal_hold_c']), 'contact': ('contact', ['legal_hold_c']),
            'lead': ('lead', ['legal_hold_c']), 'opportunity': ('opportunity', ['legal_hold_c']),
            'case': ('case', ['legal_hold_c']),
        },
        'do_not_contact': {
            'contact': ('contact', ['do_not_call']), 'lead': ('lead', ['do_not_call']),
        },
        'opted_out': {
            'contact': ('contact', ['has_opted_out_of_email', 'consent_status_c']),
            'lead': ('lead', ['has_opted_out_of_email', 'consent_status_c']),
        },
        'is_customer': {'account': ('account', ['type'])},
        'is_partner': {'account': ('account', ['type'])},
        'is_strategic': {'account': ('account', ['is_strategic_c'])},
        'phone': {
            'contact': ('contact', ['phone', 'mobile_phone']),
            'lead': ('lead', ['phone', 'mobile_phone']),
        },
        'amount': {'opportunity': ('opportunity', ['amount'])},
    },
    'hubspot': {
        'legal_hold': {
            'account': ('company', ['property_legal_hold']),
            'contact': ('contact', ['property_legal_hold']),
            'opportunity': ('deal', ['property_legal_hold']),
            'case': ('ticket', ['property_legal_hold']),
        },
        'do_not_contact': {'contact': ('contact', ['property_do_not_contact'])},
        'opted_out': {
            'contact': ('contact', ['property_hs_email_optout', 'property_consent_status']),
        },
        'is_customer': {'account': ('company', ['property_lifecyclestage'])},
        'is_partner': {'account': ('company', ['property_type'])},
        'is_strategic': {'account': ('company', ['property_is_strategic'])},
        'phone': {'contact': ('contact', ['property_phone', 'property_mobilephone'])},
        'amount': {'opportunity': ('deal', ['property_amount'])},
    },
    'open': {
        'legal_hold': {
            'account': ('accounts', ['legal_hold']), 'contact': ('contacts', ['legal_hold']),
            'lead': ('leads', ['legal_hold']), 'opportunity': ('opportunities', ['legal_hold']),
            'case': ('cases', ['legal_hold']),
        },
        'do_not_contact': {
            'contact': ('contacts', ['do_not_contact']), 'lead': ('leads', ['do_not_contact']),
        },
        'opted_out': {
            'contact': ('contacts', ['consent_status']), 'lead': ('leads', ['consent_status']),
        },
        'is_customer': {'account': ('accounts', ['is_customer'])},
        'is_partner': {'account': ('accounts', ['is_partner'])},
        'is_strategic': {'account': ('accounts', ['is_strategic'])},
        'phone': {'contact': ('contacts', ['phone']), 'lead': ('leads', ['phone'])},
        'amount': {'opportunity': ('opportunities', ['amount'])},
    },
} -%}
{#- The tables that hold what the rules ask for; all of them must be landed. -#}
{%- set tables = {
    'salesforce': {
        'cases': ['case'],
        'contacts': ['contact'],
        'opportunities': ['opportunity'],
        'contact_roles': ['opportunity_contact_role'],
        'activities': ['task', 'event'],
    },
    'hubspot': {
        'cases': ['ticket'],
        'contacts': ['contact'],
        'opportunities': ['deal'],
        'contact_roles': ['deal_contact'],
        'activities': ['engagement_call', 'engagement_email', 'engagement_meeting'],
    },
    'open': {
        'cases': ['cases'],
        'contacts': ['contacts'],
        'opportunities': ['opportunities'],
        'contact_roles': ['opportunity_contacts'],
        'activities': ['activities'],
    },
} -%}
{%- set objects = ['account', 'contact', 'lead', 'opportunity', 'case', 'activity'] -%}
{%- set policy_flags = [
    'legal_hold', 'do_not_contact', 'opted_out', 'is_customer', 'is_partner', 'is_strategic',
] -%}
{%- set inputs = ['cases', 'contacts', 'opportunities', 'contact_roles', 'activities'] -%}
{%- set no_type = 'cast(null as ' ~ dbt.type_boolean() ~ ')' -%}

-- Per CRM and object: what is landed, and what an empty flag means (NULL: it is not known).
with object_types as (
    {%- for crm in crm_sources() %}
        {%- set outer_last = loop.last %}
        {%- for object_type in objects %}
            select
                '{{ crm }}' as crm,
                '{{ object_type }}' as object_type
            {%- if not (loop.last and outer_last) %}

                union all
            {% endif %}
        {%- endfor %}
    {%- endfor %}
),

columns_landed as (
    {%- for crm, crm_flags in flags.items() %}
        {%- set crm_last = loop.last %}
        {%- for flag, places in crm_flags.items() %}
            {%- set flag_last = loop.last %}
            {%- for object_type, (table, columns) in places.items() %}
                select
                    crm,
                    '{{ object_type }}' as object_type,
                    '{{ flag }}' as flag
                from {{ ref('landing_coverage') }}
                where
                    crm = '{{ crm }}'
                    and source_table = '{{ table }}'
                    and source_column in ('{{ columns | join("', '") }}')
                    and is_landed
                {%- if not (loop.last and flag_last and crm_last) %}

                    union all
                {% endif %}
            {%- endfor %}
        {%- endfor %}
    {%- endfor %}
),

tables_landed as (
    {%- for crm, crm_tables in tables.items() %}
        {%- set crm_last = loop.last %}
        {%- for input, needed in crm_tables.items() %}
            select
                '{{ crm }}' as crm,
                '{{ input }}' as input
            from {{ ref('landing_row_counts') }}
            where
                crm = '{{ crm }}'
                and source_table in ('{{ needed | join("', '") }}')
                and is_landed
            group by crm
            having count(*) = {{ needed | length }}
            {%- if not (loop.last and crm_last) %}

                union all
            {% endif %}
        {%- endfor %}
    {%- endfor %}
),

-- The open landing's columns may stand there for form's sake: an empty one tells nothing.
told as (
    select
        crm,
        'account' as object_type,
        count(is_on_legal_hold) as n_legal_hold,
        0 as n_do_not_contact,
        0 as n_opted_out,
        count(is_customer) as n_is_customer,
        count(is_partner) as n_is_partner,
        count(is_strategic) as n_is_strategic
    from {{ ref('stg_crm__accounts') }}
    group by crm

    union all

    {% for model, object_type in [('stg_crm__contacts', 'contact'), ('stg_crm__leads', 'lead')] %}
        select
            crm,
            '{{ object_type }}' as object_type,
            count(is_on_legal_hold) as n_legal_hold,
            count(do_not_contact) as n_do_not_contact,
            count(case when consent_status <> 'unknown' then 1 end) as n_opted_out,
            0 as n_is_customer,
            0 as n_is_partner,
            0 as n_is_strategic
        from {{ ref(model) }}
        group by crm

        union all

    {% endfor %}
    {%- for model, object_type in [
        ('stg_crm__opportunities', 'opportunity'), ('stg_crm__cases', 'case'),
    ] %}
        select
            crm,
            '{{ object_type }}' as object_type,
            count(is_on_legal_hold) as n_legal_hold,
            0 as n_do_not_contact,
            0 as n_opted_out,
            0 as n_is_customer,
            0 as n_is_partner,
            0 as n_is_strategic
        from {{ ref(model) }}
        group by crm
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

records as (
    select
        crm,
        object_type,
        count(last_activity_at) as n_with_activity
    from {{ ref('int_crm__records') }}
    group by crm, object_type
),

loss_reasons as (
    select distinct crm
    from {{ ref('stg_crm__opportunities') }}
    where not {{ is_blank('loss_reason') }}
),

stages as (
    select distinct crm
    from {{ ref('int_crm__stage_map') }}
    where object_type = 'opportunity' and kind is not null
),

landed as (
    select
        object_types.crm,
        object_types.object_type,
        {%- for input in inputs %}
            max(case when tables_landed.input = '{{ input }}' then 1 else 0 end) = 1
                as has_{{ input }},
        {%- endfor %}
        {%- for flag in policy_flags %}
            max(
                case
                    when
                        columns_landed.flag = '{{ flag }}'
                        and (object_types.crm <> 'open' or told.n_{{ flag }} > 0)
                        then 1
                    else 0
                end
            ) = 1 as has_{{ flag }},
        {%- endfor %}
        max(case when columns_landed.flag = 'phone' then 1 else 0 end) = 1 as has_phone,
        max(case when columns_landed.flag = 'amount' then 1 else 0 end) = 1 as has_amount
    from object_types
    left join told
        on object_types.crm = told.crm and object_types.object_type = told.object_type
    left join tables_landed on object_types.crm = tables_landed.crm
    left join columns_landed
        on
            object_types.crm = columns_landed.crm
            and object_types.object_type = columns_landed.object_type
    group by object_types.crm, object_types.object_type
),

policy as (
    select
        {%- for flag in policy_flags %}
            max(case when field = '{{ flag }}' and empty_means = 'false' then 1 else 0 end)
                as empty_{{ flag }},
            max(case when field = '{{ flag }}' and absent_means = 'false' then 1 else 0 end)
                as absent_{{ flag }},
        {%- endfor %}
        crm
    from {{ ref('flag_policy') }}
    group by crm
),

final as (
    select
        landed.crm,
        landed.object_type,
        records.crm is not null as has_records,
        stages.crm is not null as has_stages,
        loss_reasons.crm is not null as has_loss_reasons,
        {%- for input in inputs %}
            landed.has_{{ input }},
        {%- endfor %}
        landed.has_phone,
        landed.has_amount,
        landed.has_activities
        or coalesce(records.n_with_activity > 0, false)
        or (landed.object_type = 'account' and landed.has_opportunities) as has_signs_of_life,
        {%- for flag in policy_flags %}
            -- Not landed is read as false and named as missing; suppression stays unknown.
            case
                when landed.has_{{ flag }} and policy.empty_{{ flag }} = 1 then false
                when landed.has_{{ flag }} then {{ no_type }}
                when policy.absent_{{ flag }} = 1 then false
                else {{ no_type if flag in ('do_not_contact', 'opted_out') else 'false' }}
            end as empty_{{ flag }},
        {%- endfor %}
        not landed.has_legal_hold and coalesce(policy.absent_legal_hold, 0) = 0
            as lacks_legal_hold
    from landed
    left join policy on landed.crm = policy.crm
    left join records
        on landed.crm = records.crm and landed.object_type = records.object_type
    left join stages on landed.crm = stages.crm
    left join loss_reasons on landed.crm = loss_reasons.crm
)

select * from final
