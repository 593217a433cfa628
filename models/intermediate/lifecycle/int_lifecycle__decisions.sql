-- One row per live record of any object: what becomes of it, in words, with its tag, its next limit
-- and the facts that it rests on. Which rule decides is int_lifecycle__deciding_rules' matter.
{%- set text = dbt.type_string() -%}
{%- set facts_of_activities = [
    'last_sign_at', 'is_held', 'is_of_deleted_records', 'is_old', 'n_links',
] -%}
{%- set facts_of_records = [
    'created_at', 'last_sign_at', 'last_engagement_at', 'last_possible_engagement_at', 'closed_at',
    'departed_at', 'consent_status', 'is_held', 'has_open_case', 'has_obligation', 'is_suppressed',
    'is_booked', 'is_active', 'is_of_customer', 'has_open_opportunity',
    'is_of_partner_or_strategic', 'is_unlinked', 'is_old', 'n_links',
] -%}
{%- set n_months -%}
    (
        (extract(year from {{ as_of() }}) - extract(year from last_sign_at)) * 12
        + extract(month from {{ as_of() }})
        - extract(month from last_sign_at)
    )
{%- endset -%}
{%- set stale_before = dbt.dateadd(
    'month', '-cast(' ~ threshold('lifecycle__stale_months') ~ ' as integer)', as_of()
) %}

with deciding_rules as (
    select * from {{ ref('int_lifecycle__deciding_rules') }}
),

versions as (
    select * from {{ ref('int_lifecycle__rule_versions') }}
),

users as (
    select
        crm,
        user_id,
        team
    from {{ ref('stg_crm__users') }}
),

counted as (
    select
        *,
        cast({{ n_months }} as integer) as n_months,
        cast(floor({{ seconds_before_as_of('last_sign_at') }} / 86400) as integer) as n_days,
        {{ age_limit(1, 'last_sign_at') }} as archive_due_at
    from deciding_rules
),

measured as (
    select
        *,
        case
            when archive_unit = 'days' then cast(n_days as {{ text }}) || ' days'
            when last_sign_at <= {{ dbt.dateadd('month', '-n_months', as_of()) }}
                then cast(n_months as {{ text }}) || ' months'
            else cast(n_months - 1 as {{ text }}) || ' months'
        end as silence,
        coalesce(cast(archive_after as {{ text }}) || ' ' || archive_unit, 'none')
            as archive_limit,
        case
            when object_type = 'activity' then ''
            else coalesce(', region ' || region, ', no region')
        end as place_of_limit
    from counted
),

told as (
    select
        *,
        case
            when stopping_rule is not null
                then
                    first_decision || ' by ' || first_rule || ', but '
                    || case stopping_rule
                        when 'cannot_be_told' then 'it is not known whether ' || doubtful_rule
                        when 'input_missing' then 'not landed or not told: ' || missing_inputs
                        else 'a live record depends on it: ' || blocked_by
                    end
                    || '; '
            else ''
        end
        || case first_rule
            {%- for rule, words in lifecycle_reasons().items() %}
                when '{{ rule }}' then {{ words }}
            {%- endfor %}
        end as reason,
        case
            when object_type in ('opportunity', 'case') and closed_at is null then null
            when
                archive_after is not null
                and (not is_old or anonymize_after_months is null)
                then archive_due_at
            when anonymize_after_months is not null
                then {{ dbt.dateadd('month', 'anonymize_after_months', 'last_sign_at') }}
        end as retention_due_at,
        case
            when legal_hold then 'legal_hold'
            when decision in ('archive', 'anonymize', 'delete') then decision || '_candidate'
            when decision = 'quarantine' then 'quarantine'
            when decision = 're_engage' or is_nurtured then 'nurture'
            when last_sign_at <= {{ stale_before }} then 'stale'
            else 'active'
        end as lifecycle_tag,
        case
            when object_type = 'activity'
                then {{ json_object(dict(zip(facts_of_activities, facts_of_activities))) }}
            else {{ json_object(dict(zip(facts_of_records, facts_of_records))) }}
        end as facts
    from measured
),

final as (
    select
        told.record_key,
        told.crm,
        told.object_type,
        told.record_id,
        told.decision,
        told.rule_id,
        told.reason,
        told.blocked_by,
        told.is_protected,
        told.missing_inputs,
        told.last_activity_at,
        told.retention_due_at,
        told.lifecycle_tag,
        told.owner_id,
        users.team,
        case when told.object_type = 'account' then told.record_id else told.account_id end
            as account_id,
        told.segment,
        told.region,
        told.value_at_stake,
        told.n_links,
        told.facts,
        versions.rule_version,
        {{ as_of() }} as as_of
    from told
    inner join versions on told.rule_id = versions.rule_id
    left join users on told.crm = users.crm and told.owner_id = users.user_id
)

select * from final
