{%- set text = dbt.type_string() -%}
{%- set boolean = dbt.type_boolean() -%}
{%- set timestamp = dbt.type_timestamp() -%}
{%- set months_ago = {} -%}
{%- for name in ['signal', 'engagement'] -%}
    {%- do months_ago.update({name: dbt.dateadd(
        'month',
        '-cast(' ~ threshold('lifecycle__' ~ name ~ '_months') ~ ' as integer)',
        as_of()
    )}) -%}
{%- endfor -%}
{#- What the rules would have looked at: its name, when it lacks, and which decisions need it. -#}
{%- set inputs = [
    (
        'accounts',
        "object_type = 'contact' and account_id is not null and account_sk is null"
        ~ " and not is_account_missing",
        ['anonymize', 'delete'],
    ),
    ('activities', "object_type <> 'case' and not has_activities", ['anonymize', 'delete']),
    ('amount', "object_type = 'opportunity' and not has_amount", ['delete']),
    (
        'cases', "object_type in ('account', 'contact') and not has_cases",
        ['anonymize', 'delete'],
    ),
    ('consent', "object_type in ('contact', 'lead') and is_opted_out is null", ['delete']),
    (
        'contact_roles', "object_type in ('contact', 'opportunity') and not has_contact_roles",
        ['anonymize', 'delete'],
    ),
    ('contacts', "object_type = 'account' and not has_contacts", ['anonymize', 'delete']),
    (
        'do_not_contact', "object_type in ('contact', 'lead') and is_do_not_contact is null",
        ['delete'],
    ),
    ('legal_hold', "object_type <> 'case' and lacks_hold", ['anonymize', 'delete']),
    (
        'opportunities', "object_type in ('account', 'contact') and not has_opportunities",
        ['anonymize', 'delete'],
    ),
    ('phone', "object_type in ('contact', 'lead') and not has_phone", []),
    (
        'stages', "object_type in ('account', 'contact') and not has_stages",
        ['anonymize', 'delete'],
    ),
    ('unreadable rows', 'has_unreadable_rows', ['anonymize', 'delete']),
] -%}
{%- set no_sk = '9223372036854775807' -%}
{#- What activities do not have, each with its type; and the flags that never hold for them. -#}
{%- set columns = {
    'segment': text,
    'region': text,
    'last_engagement_at': timestamp,
    'last_possible_engagement_at': timestamp,
    'closed_at': timestamp,
    'departed_at': timestamp,
    'anonymize_after_months': 'integer',
    'suppression_months': 'integer',
    'consent_status': text,
    'is_do_not_contact': boolean,
    'is_opted_out': boolean,
    'dependent_sk': dbt.type_bigint(),
    'dependent_activity_id': text,
    'value_at_stake': type_amount(),
} -%}
{%- set flags = [
    'has_open_case', 'has_obligation', 'is_suppressed', 'is_past_suppression', 'is_booked',
    'is_active', 'is_of_customer', 'has_open_opportunity', 'is_of_partner_or_strategic',
    'has_departed', 'is_lost', 'is_closed', 'has_signal_after_loss', 'has_signal_after_silence',
    'is_engaged', 'is_test_or_spam', 'is_unreachable', 'is_worthless_duplicate', 'is_mistake',
    'lacks_lawful_basis', 'is_approved', 'is_past_retention', 'has_signs_of_life',
    'is_nurtured', 'lacks_loss_reason', 'is_contradictory', 'is_doubtful', 'is_unlinked',
    'has_activity_ahead', 'misses_phone',
] -%}

-- What the rules judge: one row per live record of any object. NULL in a flag: not known.
with joined as (
    select
        records.*,
        inherited.is_held,
        inherited.is_booked,
        inherited.is_active,
        inherited.is_of_customer,
        inherited.is_of_partner_or_strategic,
        inherited.lacks_hold,
        coalesce(junk.is_test_or_spam, false) as is_test_or_spam,
        coalesce(junk.is_unreachable, false) as is_unreachable
    from {{ ref('int_lifecycle__record_facts') }} as records
    inner join {{ ref('int_lifecycle__inherited') }} as inherited
        on records.record_sk = inherited.record_sk
    left join {{ ref('int_lifecycle__junk') }} as junk on records.record_sk = junk.record_sk
    where records.is_live
),

judged as (
    select
        *,
        false as is_of_deleted_records,
        object_type = 'contact' and departed_at is not null as has_departed,
        -- A possible signal leaves it open. Where it is not known when the deal was lost, any
        -- signal of the window may have come after it.
        object_type = 'opportunity'
        and (
            (
                coalesce(last_signal_at >= {{ months_ago.signal }}, false)
                and last_signal_at > closed_at
            )
            or case
                when
                    last_possible_signal_at >= {{ months_ago.signal }}
                    and coalesce(last_possible_signal_at > closed_at, true)
                    then null
                else false
            end
        ) as has_signal_after_loss,
        object_type = 'contact'
        and coalesce(
            greatest(created_at, coalesce(last_done_before_signal_at, created_at))
            <= {{ age_limit(-1, 'first_signal_at') }},
            false
        ) as has_signal_after_silence,
        coalesce(last_possible_engagement_at >= {{ months_ago.engagement }}, false) as is_engaged,
        -- A deal that is known to be lost only by its close date may have been lost at any hour.
        is_lost
        and coalesce(amount, 0) = 0
        and n_activities + n_contacts = 0
        and case
            when is_close_exact
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
        case when object_type = 'lead' and stage is null then null else is_nurture end
            as is_nurtured,
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
        {%- for column in columns %}
            {{ column }},
        {%- endfor %}
        archive_after,
        archive_unit,
        is_held,
        is_rescued,
        {%- for flag in flags %}
            {{ flag }},
        {%- endfor %}
        is_of_deleted_records,
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
        {%- for column, type in columns.items() %}
            cast(null as {{ type }}) as {{ column }},
        {%- endfor %}
        archive_after,
        archive_unit,
        is_held,
        is_rescued,
        {%- for flag in flags %}
            false as {{ flag }},
        {%- endfor %}
        is_of_deleted_records,
        is_old,
        n_links,
        case
            when lacks_hold and has_unreadable_rows then 'legal_hold, unreadable rows'
            when lacks_hold then 'legal_hold'
            when has_unreadable_rows then 'unreadable rows'
        end as missing_inputs,
        lacks_hold or has_unreadable_rows as is_input_missing_for_anonymize,
        lacks_hold or has_unreadable_rows as is_input_missing_for_delete
    from {{ ref('int_lifecycle__activity_facts') }}
)

select * from final
