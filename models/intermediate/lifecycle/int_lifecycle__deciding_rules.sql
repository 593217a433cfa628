-- One row per live record of any object: the rule that decides. It is the first that holds, unless
-- a doubt, a missing input or a live dependant stops what it would do.
{{ config(materialized='view') }}
{%- set rules = lifecycle_rules() -%}
{%- set harmful = ['archive', 'anonymize', 'delete'] -%}
{%- set protections = [
    'legal_hold', 'open_case', 'active_obligation', 'suppressed_past_retention',
    'suppressed_within_retention', 'rescued', 'booked_revenue_active', 'booked_revenue_inactive',
    'active_customer', 'open_opportunity', 'partner_or_strategic',
] %}

with verdicts as (
    select * from {{ ref('int_lifecycle__verdicts') }}
),

dependants as (
    select
        record_sk,
        record_key
    from {{ ref('int_lifecycle__records') }}
    where is_live
),

placed as (
    select
        *,
        -- The last rule always holds.
        case
            {%- for rule, decision in rules %}
                when {{ rule }} then {{ loop.index }}
            {%- endfor %}
        end as place
    from verdicts
),

first_rules as (
    select
        *,
        case place
            {%- for rule, decision in rules %}
                when {{ loop.index }} then '{{ rule }}'
            {%- endfor %}
        end as first_rule,
        case place
            {%- for rule, decision in rules %}
                when {{ loop.index }} then '{{ decision }}'
            {%- endfor %}
        end as first_decision
    from placed
),

doubted as (
    select
        *,
        -- A rule that comes before it, would decide otherwise, and cannot be told.
        case
            when first_decision not in ('{{ harmful | join("', '") }}') then null
            {%- for rule, decision in rules %}
                when
                    {{ rule }} is null
                    and place > {{ loop.index }}
                    and first_decision in (
                        '{{ harmful | reject("equalto", decision) | join("', '") }}'
                    )
                    then '{{ rule }}'
            {%- endfor %}
        end as doubtful_rule,
        case first_decision
            -- Of a contact whose account nobody lands it is not known whether that is a customer.
            when 'archive' then misses_accounts
            when 'anonymize' then is_input_missing_for_anonymize
            when 'delete'
                then
                    is_input_missing_for_delete
                    or (first_rule = 'disposable_or_invalid_email' and misses_phone)
            else false
        end as is_input_missing,
        case when first_decision = 'delete' then dependent_sk end as dependant_sk,
        case
            when first_decision = 'delete'
                then {{ record_key('crm', "'activity'", 'dependent_activity_id') }}
        end as dependent_activity_key
    from first_rules
),

blocked as (
    select
        doubted.*,
        least(
            coalesce(dependants.record_key, doubted.dependent_activity_key),
            coalesce(doubted.dependent_activity_key, dependants.record_key)
        ) as blocked_by
    from doubted
    left join dependants on doubted.dependant_sk = dependants.record_sk
),

stopped as (
    select
        *,
        case
            when doubtful_rule is not null then 'cannot_be_told'
            when is_input_missing then 'input_missing'
            when blocked_by is not null then 'blocked_by_dependant'
        end as stopping_rule
    from blocked
),

final as (
    select
        *,
        coalesce(stopping_rule, first_rule) as rule_id,
        case when stopping_rule is null then first_decision else 'quarantine' end as decision,
        -- What may protect it protects it.
        (
            {%- for rule in protections %}
                {{ 'or ' if not loop.first }}coalesce({{ rule }}, true)
            {%- endfor %}
        ) as is_protected
    from stopped
)

select * from final
