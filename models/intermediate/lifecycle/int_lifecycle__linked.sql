-- One row per record that has any link: what its links say of it.
with records as (
    select * from {{ ref('int_lifecycle__records') }}
),

inputs as (
    select
        crm,
        has_records
    from {{ ref('int_lifecycle__inputs') }}
    where object_type = 'opportunity'
),

lifecycle_links as (
    select * from {{ ref('int_lifecycle__links') }}
),

engagements as (
    select * from {{ ref('int_lifecycle__engagements') }}
),

links as (
    select
        record_sk,
        link,
        linked_sk,
        -- In the join itself this condition would make it a nested loop.
        case when link in ('contact', 'opportunity') then linked_sk end as engaged_sk
    from lifecycle_links
),

judged as (
    select
        links.record_sk,
        links.link,
        links.linked_sk,
        linked.is_live,
        linked.created_at,
        linked.closed_at,
        linked.amount,
        linked.currency,
        linked.stage_kind,
        linked.has_financial_tie,
        -- A deal whose stage means nothing, or that cannot be seen, may be any.
        links.link = 'opportunity'
        and case
            when links.linked_sk is null then inputs.has_records else linked.is_kind_unknown
        end as is_kind_unknown,
        links.link = 'opportunity'
        and linked.is_live
        and coalesce(linked.stage_kind, '') <> 'lost'
        and linked.amount is not null as is_at_stake,
        engagements.has_activity_ahead,
        engagements.last_engagement_at,
        engagements.last_possible_engagement_at
    from links
    inner join records as named on links.record_sk = named.record_sk
    inner join inputs on named.crm = inputs.crm
    left join records as linked on links.linked_sk = linked.record_sk
    left join engagements
        on links.engaged_sk = engagements.record_sk
),

final as (
    select
        record_sk,
        {%- for link, name in [
            ('contact', 'contacts'), ('opportunity', 'opportunities'), ('case', 'cases'),
            ('lead', 'leads'),
        ] %}
            count(case when link = '{{ link }}' then 1 end) as n_{{ name }},
        {%- endfor %}
        max(
            case
                when link = 'opportunity' and (stage_kind = 'won' or has_financial_tie) then 1
                else 0
            end
        ) = 1 as has_won,
        max(case when is_kind_unknown then 1 else 0 end) = 1 as may_have_won,
        max(
            case when link = 'opportunity' and stage_kind = 'open' and is_live then 1 else 0 end
        ) = 1 as has_open_opportunity,
        max(case when is_kind_unknown and coalesce(is_live, true) then 1 else 0 end) = 1
            as may_have_open_opportunity,
        max(
            case
                when
                    link in ('case', 'case of a contact') and stage_kind = 'open' and is_live
                    then 1
                else 0
            end
        ) = 1 as has_open_case,
        max(case when link in ('contact', 'opportunity') then created_at end) as last_created_at,
        max(case when link = 'opportunity' then closed_at end) as last_closed_at,
        max(
            case
                when is_kind_unknown then 1
                when link = 'opportunity' and stage_kind in ('won', 'lost') and closed_at is null
                    then 1
                else 0
            end
        ) = 1 as may_have_closed_later,
        max(case when has_activity_ahead then 1 else 0 end) = 1 as has_activity_ahead,
        max(last_engagement_at) as last_engagement_at,
        max(last_possible_engagement_at) as last_possible_engagement_at,
        -- Amounts of two currencies make no sum.
        case
            when count(distinct case when is_at_stake then coalesce(currency, '') end) = 1
                then sum(case when is_at_stake then amount end)
        end as value_at_stake,
        min(case when is_live and link = 'opportunity' then linked_sk end)
            as dependent_opportunity_sk,
        min(case when is_live and link = 'contact' then linked_sk end) as dependent_contact_sk,
        min(case when is_live and link = 'case' then linked_sk end) as dependent_case_sk,
        min(case when is_live and link = 'lead' then linked_sk end) as dependent_lead_sk
    from judged
    group by record_sk
)

select * from final
