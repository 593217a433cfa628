-- One row per figure × CRM: whether it can be computed, and what for it is not landed.
{#- Figure, what it reads (object type, input, in words): it needs all of it; of what has the same
    words, any. -#}
{%- set needs = [
    ('speed_to_lead', 'lead', 'records', 'leads'),
    ('speed_to_lead', 'lead', 'linked_activities', 'activities of leads'),
    ('speed_to_lead', 'lead', 'status', 'statuses of leads'),
    ('lead_owner_changes', 'lead', 'records', 'leads'),
    ('lead_owner_changes', 'lead', 'history:owner_id', 'owner history of leads'),
    ('lead_owner_changes', 'lead', 'status', 'statuses of leads'),
    ('handoff_completeness', 'opportunity', 'records', 'opportunities'),
    ('handoff_completeness', 'opportunity', 'won_stages', 'won stages'),
    ('ownership_stability', 'account', 'records', 'accounts'),
    ('ownership_stability', 'account', 'history:owner_id', 'owner history of accounts'),
    ('ownership_stability', 'account', 'flag:is_customer', 'which accounts are customers'),
    ('ownership_stability', 'account', 'deals_of_accounts', 'deals of accounts'),
    ('ownership_stability', 'opportunity', 'won_stages', 'won stages'),
    ('clock_pauses', 'case', 'records', 'cases'),
    ('clock_pauses', 'case', 'sla_clocks', 'SLA clocks of cases'),
    ('clock_pauses', 'case', 'paused_seconds', 'paused seconds'),
] -%}
{%- set owners = 'owner history of leads, contacts or opportunities' -%}
{%- for one in ['lead', 'contact', 'opportunity'] -%}
    {%- do needs.append(('sdr_handoff_completeness', one, 'history:owner_id', owners)) -%}
    {%- do needs.append(('sdr_handoff_completeness', one, 'teams', 'teams of users')) -%}
{%- endfor -%}
{#- What else a handoff needs is told by its checklist. -#}
{%- set handoffs = [('won_to_cs', 'handoff_completeness', 'records'),
    ('sdr_to_ae', 'sdr_handoff_completeness', 'history:owner_id')] %}

with inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

checklist as (
    select * from {{ ref('int_teams__checklist') }}
),

crms as (
    select crm from {{ text_rows(['crm'], crm_sources()) }}
),

needs as (
    select
        figure,
        object_type,
        input,
        words
    from {{ text_rows(['figure', 'object_type', 'input', 'words'], needs) }}
),

handoffs as (
    select
        handoff,
        figure,
        told_by
    from {{ text_rows(['handoff', 'figure', 'told_by'], handoffs) }}
),

-- Every figure is spoken of for every CRM, also where it cannot be computed.
needed as (
    select
        needs.figure,
        crms.crm,
        min(needs.input) as input,
        needs.words,
        max(case when inputs.input is not null then 1 else 0 end) = 1 as is_found,
        false as is_optional
    from needs
    cross join crms
    left join inputs
        on
            needs.object_type = inputs.object_type
            and needs.input = inputs.input
            and crms.crm = inputs.crm
    group by needs.figure, crms.crm, needs.words
),

-- Nothing is asked of an object that is not handed over in the CRM.
asked as (
    select distinct
        handoffs.figure,
        checklist.crm,
        'checklist' as input,
        checklist.missing_inputs as words,
        false as is_found,
        checklist.is_optional
    from checklist
    inner join handoffs on checklist.handoff = handoffs.handoff
    inner join inputs
        on
            checklist.crm = inputs.crm
            and checklist.object_type = inputs.object_type
            and handoffs.told_by = inputs.input
    where not checklist.is_landed
),

all_needed as (
    select * from needed

    union all

    select * from asked
),

final as (
    select
        figure,
        crm,
        count(case when not is_found and not is_optional then 1 end) = 0 as is_landed,
        coalesce(
            -- Without the records the rest goes without saying.
            min(case when input = 'records' and not is_found then words end),
            nullif({{ sorted_list('case when not is_found then words end') }}, '')
        ) as missing_inputs
    from all_needed
    group by figure, crm
)

select * from final
