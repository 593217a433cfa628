-- One row per live record × finding: the metrics that are faults of a record, and the archetypes.
{%- set text = dbt.type_string() -%}
{%- set metrics = [
    'duplicate_rate', 'past_close_no_next_step', 'closed_lost_no_reason',
    'owned_by_inactive_user', 'hard_bounced', 'missing_required_fields',
] %}

with checks as (
    select * from {{ ref('int_health__record_checks') }}
),

metrics as (
    select * from {{ ref('health_metrics') }}
),

rules as (
    select * from {{ ref('rules') }}
),

causing_steps as (
    select * from {{ ref('int_root_cause__causing_steps') }}
),

occurrences as (
    select
        occurrence_id,
        detail
    from {{ ref('int_root_cause__occurrences') }}
),

reassignments as (
    select
        record_sk,
        detail
    from {{ ref('int_health__reassignments') }}
),

faults as (
    {%- for metric in metrics %}
        select
            record_sk,
            '{{ metric }}' as finding,
            {{ 'missing_fields' if metric == 'missing_required_fields'
                else 'cast(null as ' ~ text ~ ')' }} as missing_fields
        from checks
        where {{ metric }}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

final as (
    select
        faults.record_sk,
        faults.finding,
        'metric' as kind,
        metrics.severity,
        case faults.finding
            when 'owned_by_inactive_user' then reassignments.detail
            else faults.missing_fields
        end as detail
    from faults
    inner join metrics on faults.finding = metrics.metric
    left join reassignments on faults.record_sk = reassignments.record_sk
    where metrics.is_finding

    union all

    -- What was found first of an archetype tells what is wrong.
    select
        causing_steps.record_sk,
        causing_steps.archetype as finding,
        'archetype' as kind,
        rules.severity,
        occurrences.detail
    from causing_steps
    inner join checks on causing_steps.record_sk = checks.record_sk
    inner join occurrences on causing_steps.occurrence_id = occurrences.occurrence_id
    left join rules
        on rules.kind = 'archetype' and causing_steps.archetype = rules.rule_id
)

select * from final
