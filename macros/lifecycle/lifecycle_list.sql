{#- The list of one decision: its records with what a reviewer needs to judge them.
      has_hashes   whether it carries the hashes by which a person stays suppressed once anonymised
      has_signals  whether it carries the signal for which the record should be worked now -#}
{% macro lifecycle_list(decision, has_hashes=false, has_signals=false) -%}
{%- set text = dbt.type_string() -%}
with decisions as (
    select * from {{ ref('lifecycle_decisions') }}
    where decision = '{{ decision }}'
),

users as (
    select * from {{ ref('stg_crm__users') }}
),
{%- if has_hashes %}

people as (
    select
        record_key,
        email_hash,
        phone_hash
    from {{ ref('stg_crm__contacts') }}

    union all

    select
        record_key,
        email_hash,
        phone_hash
    from {{ ref('stg_crm__leads') }}
),
{%- endif %}

final as (
    select
        decisions.record_key,
        decisions.crm,
        decisions.object_type,
        decisions.record_id,
        decisions.rule_id,
        decisions.reason,
        (samples.record_key is not null) as is_sample,
        decisions.owner_id,
        cast(owners.user_name as {{ text }}) as owner_name,
        cast(owners.manager_id as {{ text }}) as manager_id,
        cast(managers.user_name as {{ text }}) as manager_name,
        decisions.team,
        decisions.account_id,
        decisions.segment,
        decisions.region,
        decisions.value_at_stake,
        decisions.n_links,
        decisions.blocked_by,
        decisions.missing_inputs,
        decisions.is_protected,
        decisions.last_activity_at,
        decisions.retention_due_at,
        decisions.lifecycle_tag,
        reviews.first_candidate_at,
        reviews.review_due_at,
        reviews.review_state,
        reviews.cleared_for
        {%- if has_hashes %},
        cast(people.email_hash as {{ text }}) as email_hash,
        cast(people.phone_hash as {{ text }}) as phone_hash
        {%- endif %}
        {%- if has_signals %},
        cast(signals.signal as {{ text }}) as signal,
        signals.signal_at,
        cast(signals.signal_contact_id as {{ text }}) as signal_contact_id,
        cast(signals.signal_activity_id as {{ text }}) as signal_activity_id,
        cast(signals.why_now as {{ text }}) as why_now
        {%- endif %}
    from decisions
    left join {{ ref('int_lifecycle__samples') }} as samples
        on decisions.record_key = samples.record_key
    left join users as owners
        on decisions.crm = owners.crm and decisions.owner_id = owners.user_id
    left join users as managers
        on owners.crm = managers.crm and owners.manager_id = managers.user_id
    left join {{ ref('candidate_reviews') }} as reviews
        on decisions.record_key = reviews.record_key
    {%- if has_hashes %}
    left join people on decisions.record_key = people.record_key
    {%- endif %}
    {%- if has_signals %}
    left join {{ ref('int_lifecycle__fresh_signals') }} as signals
        on decisions.record_key = signals.record_key
    {%- endif %}
)

select * from final
{%- endmacro %}
