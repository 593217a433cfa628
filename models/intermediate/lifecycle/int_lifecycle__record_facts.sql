-- One row per visible record, deleted ones too: what is known of it by itself and from its links.
-- What it inherits comes next (int_lifecycle__inherited).
with records as (
    select * from {{ ref('int_lifecycle__records') }}
),

inputs as (
    select * from {{ ref('int_lifecycle__inputs') }}
),

duplicates as (
    select
        record_sk,
        cluster_sk,
        not is_survivor and is_deterministic and n_own_values = 0 as is_worthless_duplicate
    from {{ ref('int_identity__clusters') }}
),

approvals as (
    select
        crm,
        upper({{ strip('region') }}) as region
    from {{ ref('lifecycle_approvals') }}
    where rule_id = 'no_lawful_basis_approved' and approved_at <= {{ as_of() }}
),

protected_records as (
    select * from {{ ref('protected_records') }}
),

sla_clocks as (
    select * from {{ ref('stg_crm__sla_clocks') }}
),

contracts as (
    select * from {{ ref('stg_crm__contracts') }}
),

document_ties as (
    select * from {{ ref('stg_crm__document_ties') }}
),

clusters as (
    select * from {{ ref('int_identity__clusters') }}
),

duplicate_deals as (
    select * from {{ ref('int_lifecycle__duplicate_deals') }}
),

nurture_stages as (
    select * from {{ ref('nurture_stages') }}
),

limits as (
    select * from {{ ref('int_lifecycle__limits') }}
),

engagements as (
    select * from {{ ref('int_lifecycle__engagements') }}
),

linked as (
    select * from {{ ref('int_lifecycle__linked') }}
),

rescues as (
    select * from {{ ref('int_lifecycle__rescues') }}
),

named_by_rejected_rows as (
    select * from {{ ref('stg_crm__named_by_rejected_rows') }}
),

protected as (
    select
        {{ record_key('crm', 'object_type', 'record_id') }} as record_key,
        max(case when protection = 'legal_hold' then 1 else 0 end) as is_held,
        max(case when protection = 'obligation' then 1 else 0 end) as is_owed,
        max(case when protection = 'strategic' then 1 else 0 end) as is_strategic
    from protected_records
    group by crm, object_type, record_id
),

clocks as (
    select distinct record_key
    from sla_clocks
    where stopped_at is null and due_at > {{ as_of() }}
),

-- Whom a contract in force is with, and the deal that it came from.
owed_by_contract as (
    {%- for object_type in ['account', 'opportunity'] %}
        select {{ record_key('crm', "'" ~ object_type ~ "'", object_type ~ '_id') }} as record_key
        from contracts
        where is_in_force and {{ object_type }}_id is not null
        {%- if not loop.last %}

            union
        {% endif %}
    {%- endfor %}
),

survivors as (
    select
        survivor_record_sk as record_sk,
        min(record_sk) as dependent_duplicate_sk
    from clusters
    where not is_survivor
    group by survivor_record_sk

    union all

    select
        survivor_record_sk as record_sk,
        min(record_sk) as dependent_duplicate_sk
    from duplicate_deals
    group by survivor_record_sk
),

-- A new record of a known person is a sign of life of that person.
births as (
    select
        clusters.cluster_sk,
        max(records.created_at) as last_born_at
    from clusters
    inner join records on clusters.record_sk = records.record_sk
    where records.object_type in ('contact', 'lead')
    group by clusters.cluster_sk
),

regions as (
    select distinct
        crm,
        policy_region
    from records
),

approved as (
    select distinct
        regions.crm,
        regions.policy_region
    from regions
    inner join approvals
        on
            approvals.crm in ('*', regions.crm)
            and approvals.region in ('*', regions.policy_region)
),

lead_stages as (
    select distinct
        crm,
        stage
    from records
    where object_type = 'lead'
),

nurture as (
    select distinct
        lead_stages.crm,
        'lead' as object_type,
        lead_stages.stage
    from lead_stages
    inner join nurture_stages
        on
            nurture_stages.crm in ('*', lead_stages.crm)
            and lower({{ strip('lead_stages.stage') }}) = nurture_stages.stage
),

joined as (
    select
        records.*,
        inputs.has_records,
        inputs.has_stages,
        inputs.has_loss_reasons,
        inputs.has_cases,
        inputs.has_contacts,
        inputs.has_opportunities,
        inputs.has_contact_roles,
        inputs.has_activities,
        inputs.has_phone,
        inputs.has_amount,
        inputs.has_signs_of_life,
        inputs.lacks_legal_hold,
        inputs.lacks_account_links,
        inputs.lacks_accounts_of_deals,
        inputs.lacks_is_customer,
        inputs.lacks_is_partner,
        inputs.lacks_is_strategic,
        inputs.is_landing_short,
        limits.archive_after,
        limits.archive_unit,
        limits.archive_before,
        limits.anonymize_after_months,
        limits.anonymize_before,
        limits.suppression_months,
        limits.suppression_before,
        coalesce(engagements.n_activities, 0) as n_activities,
        coalesce(engagements.n_responses, 0) as n_responses,
        coalesce(engagements.n_by_hand, 0) as n_by_hand,
        coalesce(engagements.has_activity_ahead, false)
        or (
            records.object_type = 'account' and coalesce(linked.has_activity_ahead, false)
        ) as has_activity_ahead,
        engagements.last_engagement_at as own_engagement_at,
        engagements.last_possible_engagement_at as own_possible_engagement_at,
        engagements.dependent_activity_id,
        coalesce(linked.n_contacts, 0) as n_contacts,
        coalesce(linked.n_opportunities, 0) as n_opportunities,
        coalesce(linked.n_cases, 0) as n_cases,
        coalesce(linked.n_leads, 0) as n_leads,
        coalesce(linked.has_won, false) as has_won,
        coalesce(linked.may_have_won, false) as may_have_won,
        coalesce(linked.has_open_opportunity, false) as has_open_link,
        coalesce(linked.may_have_open_opportunity, false) as may_have_open_link,
        coalesce(linked.has_open_case, false) as has_open_case_link,
        coalesce(linked.may_have_closed_later, false) as may_have_closed_later,
        linked.last_created_at,
        linked.last_closed_at,
        linked.last_engagement_at as linked_engagement_at,
        linked.last_possible_engagement_at as linked_possible_engagement_at,
        linked.value_at_stake as linked_value,
        linked.dependent_opportunity_sk,
        linked.dependent_contact_sk,
        linked.dependent_case_sk,
        linked.dependent_lead_sk,
        survivors.dependent_duplicate_sk,
        births.last_born_at,
        case
            when duplicates.record_sk is null then false
            else duplicates.is_worthless_duplicate
        end as is_worthless_duplicate,
        coalesce(protected.is_held, 0) = 1 as is_listed_held,
        coalesce(protected.is_strategic, 0) = 1 as is_listed_strategic,
        coalesce(protected.is_owed, 0) = 1
        or clocks.record_key is not null
        or owed_by_contract.record_key is not null
        or coalesce(document_ties.is_in_force, false) as has_obligation,
        document_ties.record_key is not null as has_document,
        duplicate_deals.record_sk is not null as is_duplicate_deal,
        rescues.record_key is not null as is_rescued,
        approved.crm is not null as is_approved,
        nurture.crm is not null as is_nurture,
        unreadable.record_key is not null as has_unreadable_rows
    from records
    inner join inputs
        on records.crm = inputs.crm and records.object_type = inputs.object_type
    left join limits
        on
            records.object_type = limits.object_type
            and records.policy_region = limits.region
    left join engagements
        on records.record_sk = engagements.record_sk
    left join linked
        on records.record_sk = linked.record_sk
    left join duplicates on records.record_sk = duplicates.record_sk
    left join births on duplicates.cluster_sk = births.cluster_sk
    left join survivors on records.record_sk = survivors.record_sk
    left join duplicate_deals on records.record_sk = duplicate_deals.record_sk
    left join protected on records.record_key = protected.record_key
    left join clocks on records.record_key = clocks.record_key
    left join owed_by_contract on records.record_key = owed_by_contract.record_key
    left join document_ties on records.record_key = document_ties.record_key
    left join rescues
        on records.record_key = rescues.record_key
    left join approved
        on records.crm = approved.crm and records.policy_region = approved.policy_region
    left join nurture
        on
            records.crm = nurture.crm
            and records.object_type = nurture.object_type
            and records.stage = nurture.stage
    left join named_by_rejected_rows as unreadable
        on records.record_key = unreadable.record_key
),

aged as (
    select
        *,
        -- Of an account also what happened on its contacts and deals.
        case
            when object_type = 'account'
                then
                    greatest(
                        coalesce(own_engagement_at, linked_engagement_at),
                        coalesce(linked_engagement_at, own_engagement_at)
                    )
            else own_engagement_at
        end as last_engagement_at,
        case
            when object_type = 'account'
                then
                    greatest(
                        coalesce(own_possible_engagement_at, linked_possible_engagement_at),
                        coalesce(linked_possible_engagement_at, own_possible_engagement_at)
                    )
            else own_possible_engagement_at
        end as last_possible_engagement_at,
        case
            when object_type = 'opportunity' then coalesce(closed_at, created_at)
            when object_type = 'case' and stage_kind = 'closed' and closed_at is not null
                then closed_at
            when object_type = 'account'
                then
                    greatest(
                        created_at,
                        coalesce(last_activity_at, created_at),
                        coalesce(own_possible_engagement_at, created_at),
                        coalesce(linked_possible_engagement_at, created_at),
                        coalesce(last_created_at, created_at),
                        coalesce(last_closed_at, created_at)
                    )
            else
                greatest(
                    created_at,
                    coalesce(last_activity_at, created_at),
                    coalesce(own_possible_engagement_at, created_at),
                    coalesce(last_born_at, created_at)
                )
        end as last_sign_at,
        not has_document
        and case object_type
            when 'account'
                then n_contacts + n_opportunities + n_cases + n_by_hand + n_leads = 0
            when 'contact'
                then
                    account_id is null
                    and n_opportunities + n_cases + n_by_hand + n_responses + n_leads = 0
            when 'lead' then not is_converted and n_by_hand + n_responses = 0
            when 'opportunity' then account_id is null and n_contacts + n_activities = 0
            when 'case' then account_id is null and contact_id is null
        end as is_unlinked
    from joined
),

final as (
    select
        *,
        case
            when archive_before is null or has_activity_ahead then false
            when object_type = 'opportunity' and is_kind_unknown then null
            when object_type = 'opportunity' and coalesce(stage_kind, '') not in ('won', 'lost')
                then false
            when object_type = 'case' and coalesce(stage_kind, 'open') = 'open' then false
            when object_type in ('opportunity', 'case') then closed_at <= archive_before
            when last_sign_at > archive_before then false
            -- A deal that was closed nobody knows when may have been closed since.
            when object_type = 'account' and may_have_closed_later then null
            else true
        end as is_old,
        coalesce(last_sign_at <= suppression_before, false)
        and not has_activity_ahead
        and not has_document as is_past_suppression,
        coalesce(last_sign_at <= anonymize_before, false)
        and not has_activity_ahead
        and not has_document as is_past_limit,
        object_type in ('contact', 'lead')
        and (coalesce(is_do_not_contact, false) or coalesce(is_opted_out, false))
            as is_suppressed,
        is_do_not_contact is not null and is_opted_out is not null as is_suppression_known,
        case
            when object_type = 'case' then stage_kind = 'open'
            else object_type in ('account', 'contact') and has_open_case_link
        end as has_open_case,
        case
            when object_type = 'opportunity' and is_kind_unknown then null
            when object_type = 'opportunity' then coalesce(stage_kind = 'open', false)
            when object_type not in ('account', 'contact') then false
            when has_open_link then true
            when may_have_open_link then null
            else false
        end as has_open_opportunity,
        case
            when has_financial_tie then true
            when object_type = 'opportunity' and is_kind_unknown then null
            when object_type = 'opportunity' then coalesce(stage_kind = 'won', false)
            when object_type not in ('account', 'contact') then false
            when has_won then true
            when may_have_won then null
            else false
        end as has_own_booking,
        case
            when object_type <> 'opportunity' then false
            when is_kind_unknown then null
            else coalesce(stage_kind = 'lost', false)
        end as is_lost,
        case
            when object_type <> 'opportunity' then false
            when is_kind_unknown then null
            else coalesce(stage_kind in ('won', 'lost'), false)
        end as is_closed,
        coalesce(
            case object_type
                when 'contact'
                    then
                        coalesce(lawful_basis = 'none' and consent_status = 'opted_in', false)
                        or coalesce(last_possible_engagement_at > departed_at, false)
                when 'opportunity' then stage_kind = 'open' and landed_closed_at is not null
            end,
            false
        ) as is_contradictory,
        not has_creation_date
        and case
            when object_type = 'opportunity' then close_date is null
            when object_type = 'case' then closed_at is null
            else last_activity_at is null and not has_activity_ahead
        end as is_undated
    from aged
)

select * from final
