{#- The words that each rule gives for its decision, with the figures: a dict of rule -> SQL expression over the facts
    (int_lifecycle__facts) and the columns silence, archive_limit and place_of_limit of int_lifecycle__decisions.
    Never a name, an address, a phone number or a free text of the record. -#}
{% macro lifecycle_reasons() %}
    {%- set text = dbt.type_string() -%}
    {%- set silent = "'no sign of life for ' || silence" -%}
    {%- set archive_limit = "' (limit ' || archive_limit || place_of_limit || ')'" -%}
    {%- set person = "'; consent ' || consent_status" -%}
    {%- set no_deal = "'; no open deal'" -%}
    {%- set day = {} -%}
    {%- for instant in ['closed_at', 'departed_at', 'last_engagement_at', 'last_possible_engagement_at', 'last_sign_at'] -%}
        {%- do day.update({instant: 'cast(cast(' ~ instant ~ ' as date) as ' ~ text ~ ')'}) -%}
    {%- endfor -%}
    {{ return({
        'legal_hold': "'on legal hold'",
        'open_case': "'a support case is open'",
        'active_obligation': "'a service-level clock is running, a contract is in force, or an obligation is listed'",
        'suppressed_past_retention': "'must not be contacted; ' || " ~ silent
            ~ " || ' (limit ' || cast(suppression_months as " ~ text ~ ") || ' months' || place_of_limit || ')'",
        'suppressed_within_retention': "'must not be contacted; last sign of life on ' || " ~ day.last_sign_at,
        'rescued': "'rescued by a reviewer'",
        'booked_revenue_active': "'a won deal, its own or of its account or contact; last sign of life on ' || " ~ day.last_sign_at,
        'booked_revenue_inactive': "'a won deal, its own or of its account or contact; ' || " ~ silent ~ " || " ~ archive_limit,
        'active_customer': "'the account is a customer'",
        'open_opportunity': "'an open deal'",
        'partner_or_strategic': "'a partner or strategic account'",
        'departed': "'left the company on ' || " ~ day.departed_at,
        're_engage_lost_opportunity': "'lost on ' || " ~ day.closed_at ~ " || '; ' || why_now",
        're_engage_dormant_contact': "why_now || " ~ archive_limit,
        'engaged': "'an engagement on ' || " ~ day.last_possible_engagement_at
            ~ " || case when (last_engagement_at is distinct from last_possible_engagement_at)"
            ~ " then ' (possible: its direction or kind is not told)' else '' end",
        'test_or_spam': "'a text that marks tests and spam; nothing linked'",
        'disposable_or_invalid_email': "'a throw-away or invalid e-mail address; no phone; nothing linked'",
        'duplicate_no_own_value': "'a duplicate with nothing that the survivor lacks; nothing linked, and not touched of late'",
        'mistaken_deal': "'lost within a short time of its creation; no amount, no activity, no contact'",
        'test_deal': "'a name that marks test and training deals; lost, no activity, no contact'",
        'duplicate_deal': "'lost; another deal of the account has the same amount, close month and name; no activity, no contact'",
        'no_lawful_basis_approved': "'no lawful basis; never an engagement; nothing linked; approved by Legal'",
        'no_lawful_basis': "'no lawful basis; never an engagement; not approved by Legal' || " ~ person,
        'activity_of_deleted_record': "'made by an automation; deleted records that it belongs to: ' || cast(n_links as " ~ text ~ ")",
        'double_logged_activity': "'another activity of the same kind, instant and records'",
        'system_noise': "'made by an automation ' || silence || ' ago; no mail, call or meeting'",
        'past_retention': silent ~ " || ' (limit ' || cast(anonymize_after_months as " ~ text
            ~ ") || ' months' || place_of_limit || ')' || " ~ no_deal ~ " || " ~ person,
        'contact_inactive': silent ~ " || " ~ archive_limit ~ " || " ~ no_deal ~ " || " ~ person,
        'lead_inactive': silent ~ " || " ~ archive_limit ~ " || '; not nurtured' || " ~ person,
        'account_inactive': silent ~ " || " ~ archive_limit ~ " || " ~ no_deal,
        'closed_lost_no_reason': "'lost ' || silence || ' ago' || " ~ archive_limit ~ " || '; no loss reason'",
        'opportunity_closed': "'closed ' || silence || ' ago' || " ~ archive_limit,
        'case_closed': "'closed ' || silence || ' ago' || " ~ archive_limit,
        'activity_old': "silence || ' old' || " ~ archive_limit,
        'contradictory': "case when object_type = 'opportunity' then 'a close of an open deal'"
            ~ " when last_possible_engagement_at > departed_at then 'an engagement after leaving the company'"
            ~ " else 'consent given, but no lawful basis' end",
        'doubt': "'no date, no owner, nothing linked'",
        'nothing_applies': "'no rule applies; last sign of life on ' || " ~ day.last_sign_at,
    }) }}
{% endmacro %}
