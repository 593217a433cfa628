-- One row per live record, one column per metric: whether the record counts, NULL where the metric
-- does not apply to it or is not landed.
{%- set is_open = "facts.stage_kind = 'open'" -%}
{%- set is_past = 'facts.close_date < cast(' ~ business_time(as_of()) ~ ' as date)' -%}
{#- Each metric: of which records it holds, and its verdict on them. -#}
{%- set checks = {
    'contacts_active_90d': (
        'true',
        'facts.last_activity_at > '
        ~ later(as_of(), -86400, threshold('contacts_active__days')),
    ),
    'accounts_with_open_opportunity': ('true', 'worked_accounts.account_id is not null'),
    'duplicate_rate': ('true', 'duplicates.record_sk is not null'),
    'past_close_no_next_step': (is_open, is_past ~ ' and facts.lacks_next_step'),
    'closed_lost_no_reason': ("facts.stage_kind = 'lost'", 'facts.lacks_loss_reason'),
    'owned_by_inactive_user': (
        "(facts.object_type <> 'opportunity' or " ~ is_open ~ ")",
        owner_fault('facts', 'owners') ~ ' is not null',
    ),
    'hard_bounced': ('not facts.lacks_email', 'facts.is_hard_bounced'),
    'missing_required_fields': ('true', 'facts.missing_fields is not null'),
    'consent_coverage': ('true', "facts.consent_status <> 'unknown'"),
    'do_not_contact': ('true', 'facts.do_not_contact'),
} %}

with record_facts as (
    select * from {{ ref('int_health__record_facts') }}
    where is_live
),

landed as (
    select * from {{ ref('int_health__populations') }}
),

inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

required_fields as (
    select * from {{ ref('required_fields') }}
),

clusters as (
    select * from {{ ref('int_identity__clusters') }}
),

owners as (
    select * from {{ ref('stg_crm__users') }}
),

stage_periods as (
    select * from {{ ref('int_history__stage_periods') }}
),

populations as (
    select
        crm,
        object_type,
        {%- for metric in checks %}
            max(case when metric = '{{ metric }}' and is_landed then 1 else 0 end) = 1
                as judges_{{ metric }},
        {%- endfor %}
        max(case when metric = 'time_in_stage' and is_landed then 1 else 0 end) = 1
            as judges_time_in_stage
    from landed
    group by crm, object_type
),

-- A field that is not landed is asked of nobody.
required as (
    select
        {%- for field in health_field_names() %}
            max(case when inputs.input = '{{ field }}' then policy.asked_from end)
                as asks_{{ field }}_from,
        {%- endfor %}
        inputs.crm,
        inputs.object_type
    from inputs
    inner join required_fields as policy
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
                        when
                            records.lacks_{{ field }}
                            and case required.asks_{{ field }}_from
                                when 'always' then true
                                when 'milestone' then records.is_past_milestone
                                when 'closed' then records.stage_kind in ('won', 'lost', 'closed')
                                else records.stage_kind = required.asks_{{ field }}_from
                            end
                            then ', {{ field }}'
                        else ''
                    end
                {%- endfor %},
                3
            ),
            ''
        ) as missing_fields
    from record_facts as records
    left join required
        on records.crm = required.crm and records.object_type = required.object_type
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
    from clusters
    where not is_survivor
),

stays as (
    select
        record_sk,
        cast(dwell_seconds / 86400 as decimal(28, 6)) as days
    from stage_periods
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
            facts.crm = worked_accounts.crm
            -- In the key, since a condition on one side alone keeps engines from hashing the join.
            and case when facts.object_type = 'account' then facts.record_id end
            = worked_accounts.account_id
    left join duplicates on facts.record_sk = duplicates.record_sk
    left join owners on facts.crm = owners.crm and facts.owner_id = owners.user_id
    left join stays on facts.record_sk = stays.record_sk
)

select * from final
