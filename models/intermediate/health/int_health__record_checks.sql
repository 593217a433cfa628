{%- set text = dbt.type_string() -%}
{%- set is_open = "facts.stage_kind = 'open'" -%}
{%- set is_past = 'facts.close_date < cast(' ~ business_time(as_of()) ~ ' as date)' -%}
{#- Each metric: of which records it holds, and its verdict on them. -#}
{%- set checks = {
    'contacts_active_90d': ('true', 'facts.last_activity_at > ' ~ later(as_of(), -86400, 90)),
    'accounts_with_open_opportunity': ('true', 'worked_accounts.account_id is not null'),
    'duplicate_rate': ('true', 'duplicates.record_sk is not null'),
    'past_close_no_next_step': (is_open, is_past ~ ' and facts.lacks_next_step'),
    'closed_lost_no_reason': ("facts.stage_kind = 'lost'", 'facts.lacks_loss_reason'),
    'owned_by_inactive_user': (
        "(facts.object_type <> 'opportunity' or " ~ is_open ~ ")", 'active_owners.user_id is null',
    ),
    'hard_bounced': ('not facts.lacks_email', 'facts.is_hard_bounced'),
    'missing_required_fields': ('true', 'facts.missing_fields is not null'),
    'consent_coverage': ('true', "facts.consent_status <> 'unknown'"),
    'do_not_contact': ('true', 'facts.do_not_contact'),
} -%}
with populations as (
    select
        crm,
        object_type,
        {%- for metric in checks %}
            max(case when metric = '{{ metric }}' and is_landed then 1 else 0 end) = 1
                as judges_{{ metric }},
        {%- endfor %}
        max(case when metric = 'time_in_stage' and is_landed then 1 else 0 end) = 1
            as judges_time_in_stage
    from {{ ref('int_health__populations') }}
    group by crm, object_type
),

-- A field that is not landed is asked of nobody.
required as (
    select
        {%- for field in health_field_names() %}
            max(case when inputs.input = '{{ field }}' then 1 else 0 end) = 1
                as needs_{{ field }},
        {%- endfor %}
        inputs.crm,
        inputs.object_type
    from {{ ref('int_health__inputs') }} as inputs
    inner join {{ ref('required_fields') }} as policy
        on inputs.object_type = policy.object_type and inputs.input = policy.field
    group by inputs.crm, inputs.object_type
),

facts as (
    select
        records.*,
        nullif(
            substring(
                {%- for field in health_field_names() | sort %}
                    {{ '|| ' if not loop.first -}}
                    case
                        when required.needs_{{ field }} and records.lacks_{{ field }}
                            then ', {{ field }}'
                        else ''
                    end
                {%- endfor %},
                3
            ),
            ''
        ) as missing_fields
    from {{ ref('int_health__record_facts') }} as records
    left join required
        on records.crm = required.crm and records.object_type = required.object_type
    where records.is_live
),

worked_accounts as (
    select distinct
        crm,
        account_id
    from facts
    where object_type = 'opportunity' and {{ is_open | replace('facts.', '') }}
),

duplicates as (
    select record_sk
    from {{ ref('int_identity__clusters') }}
    where not is_survivor
),

active_owners as (
    select
        crm,
        user_id
    from {{ ref('stg_crm__users') }}
    where is_active
),

stays as (
    select
        record_sk,
        cast(dwell_seconds / 86400 as decimal(28, 6)) as days
    from {{ ref('int_history__stage_periods') }}
    where object_type = 'opportunity' and is_current
),

final as (
    select
        facts.record_sk,
        facts.record_key,
        facts.crm,
        facts.object_type,
        facts.record_id,
        facts.segment,
        facts.owner_id,
        {%- for metric, (condition, verdict) in checks.items() %}
            case
                when populations.judges_{{ metric }} and {{ condition }}
                    then coalesce({{ verdict }}, false)
            end as {{ metric }},
        {%- endfor %}
        case
            when populations.judges_time_in_stage and {{ is_open }} then stays.days
        end as time_in_stage,
        facts.missing_fields
    from facts
    left join populations
        on facts.crm = populations.crm and facts.object_type = populations.object_type
    left join worked_accounts
        on
            facts.object_type = 'account'
            and facts.crm = worked_accounts.crm
            and facts.record_id = worked_accounts.account_id
    left join duplicates on facts.record_sk = duplicates.record_sk
    left join active_owners
        on facts.crm = active_owners.crm and facts.owner_id = active_owners.user_id
    left join stays on facts.record_sk = stays.record_sk
)

select * from final
