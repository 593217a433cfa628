-- One row per figure × CRM: whether it can be computed, and what for it is not landed.
{#- Figure, what it reads (object type, input, in words): it needs all of it. -#}
{%- set needs = [
    ('speed_to_lead', 'lead', 'records', 'leads'),
    ('speed_to_lead', 'lead', 'linked_activities', 'activities of leads'),
    ('speed_to_lead', 'lead', 'status', 'statuses of leads'),
    ('lead_owner_changes', 'lead', 'records', 'leads'),
    ('lead_owner_changes', 'lead', 'history:owner_id', 'owner history of leads'),
    ('lead_owner_changes', 'lead', 'status', 'statuses of leads'),
    ('handoff_completeness', 'opportunity', 'records', 'opportunities'),
    ('handoff_completeness', 'opportunity', 'won_stages', 'won stages'),
    ('handoff_completeness', 'account', 'active_owners', 'account owners'),
    ('handoff_completeness', 'opportunity', 'contact_roles', 'contacts of opportunities'),
    ('handoff_completeness', 'opportunity', 'customer_activities', 'activities'),
    ('ownership_stability', 'account', 'records', 'accounts'),
    ('ownership_stability', 'account', 'history:owner_id', 'owner history of accounts'),
    ('clock_pauses', 'case', 'records', 'cases'),
    ('clock_pauses', 'case', 'sla_clocks', 'SLA clocks of cases'),
    ('clock_pauses', 'case', 'paused_seconds', 'paused seconds'),
] %}

with inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

journeys as (
    select * from {{ ref('int_journey__journeys') }}
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

-- Where a CRM keeps no leads, a contact is what a journey begins with; it is never given up.
begun as (
    select distinct
        crm,
        object_type
    from journeys
    where object_type <> 'lead'
),

-- Every figure is spoken of for every CRM, also where it cannot be computed.
asked as (
    select
        needs.figure,
        crms.crm,
        needs.input,
        needs.words,
        coalesce(begun.object_type, needs.object_type) as object_type
    from needs
    cross join crms
    left join begun on crms.crm = begun.crm and needs.figure = 'speed_to_lead'
    where begun.crm is null or needs.input <> 'status'
),

needed as (
    select
        asked.figure,
        asked.crm,
        asked.input,
        asked.words,
        inputs.input is not null as is_found
    from asked
    left join inputs
        on
            asked.object_type = inputs.object_type
            and asked.input = inputs.input
            and asked.crm = inputs.crm
),

final as (
    select
        figure,
        crm,
        count(case when not is_found then 1 end) = 0 as is_landed,
        coalesce(
            -- Without the records the rest goes without saying.
            min(case when input = 'records' and not is_found then words end),
            nullif({{ sorted_list('case when not is_found then words end') }}, '')
        ) as missing_inputs
    from needed
    group by figure, crm
)

select * from final
