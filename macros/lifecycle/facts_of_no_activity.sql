{#- The facts that no activity has, each with what stands there for one: NULL of its type, or false for a flag that never
    holds. -#}
{% macro facts_of_no_activity() %}
    {%- set types = {
        'segment': dbt.type_string(),
        'region': dbt.type_string(),
        'last_engagement_at': dbt.type_timestamp(),
        'last_possible_engagement_at': dbt.type_timestamp(),
        'signal_at': dbt.type_timestamp(),
        'why_now': dbt.type_string(),
        'closed_at': dbt.type_timestamp(),
        'departed_at': dbt.type_timestamp(),
        'anonymize_after_months': 'integer',
        'suppression_months': 'integer',
        'consent_status': dbt.type_string(),
        'is_do_not_contact': dbt.type_boolean(),
        'is_opted_out': dbt.type_boolean(),
        'dependent_sk': dbt.type_bigint(),
        'dependent_activity_id': dbt.type_string(),
        'value_at_stake': crm_hygiene.type_amount(),
    } -%}
    {%- set facts = {} -%}
    {%- for fact, type in types.items() -%}
        {%- do facts.update({fact: 'cast(null as ' ~ type ~ ')'}) -%}
    {%- endfor -%}
    {%- for flag in [
        'has_open_case', 'has_obligation', 'is_suppressed', 'is_past_suppression', 'is_booked',
        'is_active', 'is_of_customer', 'has_open_opportunity', 'may_be_on_open_opportunity', 'is_of_partner_or_strategic',
        'has_departed', 'is_lost', 'is_closed', 'has_signal_after_loss', 'has_signal_after_silence',
        'is_engaged', 'is_test_or_spam', 'is_unreachable', 'is_worthless_duplicate', 'is_duplicate_deal', 'is_untouched', 'is_recent', 'is_mistake',
        'lacks_lawful_basis', 'is_approved', 'is_past_retention', 'has_signs_of_life',
        'is_nurtured', 'lacks_loss_reason', 'is_contradictory', 'is_doubtful', 'is_unlinked',
        'has_activity_ahead', 'misses_accounts', 'misses_phone',
    ] -%}
        {%- do facts.update({flag: 'false'}) -%}
    {%- endfor -%}
    {{ return(facts) }}
{% endmacro %}
