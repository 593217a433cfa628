-- One row per live record of any object: what the rules judge. NULL in a flag: not known.
{%- set engaged_since = dbt.dateadd(
    'month', '-cast(' ~ threshold('lifecycle__engagement_months') ~ ' as integer)', as_of()
) -%}
{%- set inputs = lifecycle_inputs() -%}
{%- set no_sk = '9223372036854775807' %}

with record_facts as (
    select * from {{ ref('int_lifecycle__record_facts') }}
),

inherited as (
    select * from {{ ref('int_lifecycle__inherited') }}
),

fresh_signals as (
    select * from {{ ref('int_lifecycle__fresh_signals') }}
),

junk as (
    select * from {{ ref('int_lifecycle__junk') }}
),

activity_facts as (
    select * from {{ ref('int_lifecycle__activity_facts') }}
),

joined as (
    select
        records.*,
        inherited.is_held,
        inherited.is_booked,
        inherited.is_active,
        inherited.is_of_customer,
        inherited.is_of_partner_or_strategic,
        inherited.may_be_on_open_opportunity,
        inherited.lacks_hold,
        fresh_signals.record_sk is not null as may_have_signal,
        fresh_signals.is_signal,
        fresh_signals.first_signal_at,
        fresh_signals.last_done_before_signal_at,
        fresh_signals.signal_at,
        fresh_signals.why_now,
        coalesce(junk.is_test_or_spam, false) as is_test_or_spam,
        coalesce(junk.is_unreachable, false) as is_unreachable
    from record_facts as records
    inner join inherited
        on records.record_sk = inherited.record_sk
    left join fresh_signals on records.record_sk = fresh_signals.record_sk
    left join junk on records.record_sk = junk.record_sk
    where records.is_live
),

judged as (
    select
        *,
        false as is_of_deleted_records,
        false as is_double_logged,
        false as is_noise,
        n_activities + n_contacts = 0 and not has_document as is_untouched,
        object_type = 'contact' and departed_at is not null as has_departed,
        -- A possible signal leaves it open.
        object_type = 'opportunity'
        and case when may_have_signal then is_signal else false end as has_signal_after_loss,
        object_type = 'contact'
        and coalesce(
            greatest(created_at, coalesce(last_done_before_signal_at, created_at))
            <= {{ age_limit(-1, 'first_signal_at') }},
            false
        ) as has_signal_after_silence,
        coalesce(last_possible_engagement_at >= {{ engaged_since }}, false) as is_engaged,
        -- A deal that is known to be lost only by its close date may have been lost at any hour.
        is_lost
        and coalesce(amount, 0) = 0
        and n_activities + n_contacts = 0
        and not has_document
        and case
            -- Nor does a modification tell when it was made.
            when is_close_exact and coalesce(has_creation_date, true)
                then closed_at <= {{ later(
                    'created_at', 3600, threshold('lifecycle__mistake_hours')
                ) }}
        end as is_mistake,
        object_type = 'contact'
        and coalesce(lawful_basis = 'none', false)
        and consent_status <> 'opted_in'
        and last_engagement_at is null
        and case when last_possible_engagement_at is null then true end as lacks_lawful_basis,
        is_past_limit
        and (is_suppressed or is_suppression_known or is_past_suppression) as is_past_retention,
        greatest(last_sign_at, coalesce(updated_at, last_sign_at))
        >= {{ later(as_of(), -86400, threshold('lifecycle__recent_days')) }} as is_recent,
        -- A status that nobody understands may be one of leads that are nurtured.
        case
            when object_type = 'lead' and stage_kind is null and not is_nurture then null
            else is_nurture
        end as is_nurtured,
        has_loss_reasons and is_loss_reason_blank as lacks_loss_reason,
        is_undated and owner_id is null and is_unlinked as is_doubtful,
        nullif(
            least(
                coalesce(dependent_duplicate_sk, {{ no_sk }}),
                coalesce(dependent_opportunity_sk, {{ no_sk }}),
                case
                    when object_type = 'account' then coalesce(dependent_contact_sk, {{ no_sk }})
                    else {{ no_sk }}
                end,
                coalesce(dependent_case_sk, {{ no_sk }}),
                coalesce(dependent_lead_sk, {{ no_sk }})
            ),
            {{ no_sk }}
        ) as dependent_sk,
        case
            when object_type = 'opportunity' then amount
            when object_type in ('account', 'contact') then linked_value
        end as value_at_stake,
        {%- for input, condition, decisions in inputs %}
            {{ condition }} as misses_{{ input | replace(' ', '_') }},
        {%- endfor %}
        n_activities
        + n_responses
        + n_contacts
        + n_opportunities
        + n_cases
        + n_leads
        + case when account_id is not null then 1 else 0 end
        + case when contact_id is not null then 1 else 0 end as n_links
    from joined
),

records as (
    select
        *,
        {%- for decision in ['anonymize', 'delete'] %}
            (
                {%- for input, condition, decisions in inputs if decision in decisions %}
                    {{ 'or ' if not loop.first }}misses_{{ input | replace(' ', '_') }}
                {%- endfor %}
            ) as is_input_missing_for_{{ decision }},
        {%- endfor %}
        nullif(
            substring(
                {%- for input, condition, decisions in inputs %}
                    {{ '|| ' if not loop.first }}case
                        when misses_{{ input | replace(' ', '_') }} then ', {{ input }}' else ''
                    end
                {%- endfor %},
                3
            ),
            ''
        ) as missing_inputs
    from judged
),

final as (
    select
        record_key,
        crm,
        object_type,
        record_id,
        owner_id,
        account_id,
        created_at,
        last_activity_at,
        last_sign_at,
        archive_after,
        archive_unit,
        is_held,
        is_rescued,
        {%- for fact in facts_of_no_activity() %}
            {{ fact }},
        {%- endfor %}
        is_of_deleted_records,
        is_double_logged,
        is_noise,
        is_old,
        n_links,
        missing_inputs,
        is_input_missing_for_anonymize,
        is_input_missing_for_delete
    from records

    union all

    select
        record_key,
        crm,
        'activity' as object_type,
        record_id,
        owner_id,
        account_id,
        occurred_at as created_at,
        occurred_at as last_activity_at,
        occurred_at as last_sign_at,
        archive_after,
        archive_unit,
        is_held,
        is_rescued,
        {%- for fact, nothing in facts_of_no_activity().items() %}
            {{ nothing }} as {{ fact }},
        {%- endfor %}
        is_of_deleted_records,
        is_double_logged,
        is_noise,
        is_old,
        n_links,
        nullif(
            substring(
                case when lacks_links then ', activity links' else '' end
                || case when lacks_hold then ', legal_hold' else '' end
                || case when is_landing_short then ', lost rows' else '' end
                || case when has_unreadable_rows then ', unreadable rows' else '' end,
                3
            ),
            ''
        ) as missing_inputs,
        lacks_hold
        or has_unreadable_rows
        or coalesce(is_landing_short, false)
        or coalesce(lacks_links, false) as is_input_missing_for_anonymize,
        lacks_hold
        or has_unreadable_rows
        or coalesce(is_landing_short, false)
        or coalesce(lacks_links, false) as is_input_missing_for_delete
    from activity_facts
)

select * from final
