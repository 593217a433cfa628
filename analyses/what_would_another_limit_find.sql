-- What jumps, ping-pong and pushes of the close date there would be under other limits than those
-- of the policy, before you change it in threshold_overrides. Looks at two changes in a row.
-- dbt show --select what_would_another_limit_find --limit -1
{%- set limits = {
    'multi_stage_jump': ('hours', 3600, [1, 4, 12, 24, 48, 72]),
    'owner_ping_pong': ('days', 86400, [1, 3, 7, 14, 30]),
    'close_date_churn': ('pushes', 1, [1, 2, 3, 4, 5]),
} -%}
{#- Changes must be within the limit, pushes at least as many. -#}
{%- set found -%}
    case
        when limits.unit = 'pushes' then measured.measure >= limits.limit_measure
        else measured.measure <= limits.limit_measure
    end
{%- endset %}
with limits as (
    {%- for rule, (unit, factor, values) in limits.items() %}
        {%- set is_last_rule = loop.last %}
        {%- for value in values %}
            select
                '{{ rule }}' as rule_id,
                {{ value }} as limit_value,
                '{{ unit }}' as unit,
                {{ value * factor }} as limit_measure
            {%- if not (loop.last and is_last_rule) %}

                union all
            {% endif %}
        {%- endfor %}
    {%- endfor %}
),

pushes as (
    select
        crm,
        object_type,
        record_sk,
        count(*) as n_pushes
    from {{ ref('stg_crm__field_changes') }}
    where not is_orphan and field = 'close_date' and new_value > old_value
    group by crm, object_type, record_sk
),

owner_changes as (
    select
        records.crm,
        records.object_type,
        changes.record_sk,
        changes.changed_at,
        lag(changes.changed_at) over (
            partition by changes.record_sk order by changes.change_number
        ) as previous_changed_at
    from {{ ref('int_history__owner_changes') }} as changes
    inner join {{ ref('int_crm__records') }} as records
        on changes.record_sk = records.record_sk
),

measured as (
    select
        'multi_stage_jump' as rule_id,
        crm,
        object_type,
        record_sk,
        {{ seconds_between('previous_changed_at', 'changed_at') }} as measure
    from {{ ref('int_history__stage_changes') }}

    union all

    select
        'owner_ping_pong' as rule_id,
        crm,
        object_type,
        record_sk,
        {{ seconds_between('previous_changed_at', 'changed_at') }} as measure
    from owner_changes

    union all

    select
        'close_date_churn' as rule_id,
        crm,
        object_type,
        record_sk,
        n_pushes as measure
    from pushes
),

final as (
    select
        limits.rule_id,
        limits.limit_value,
        limits.unit,
        measured.crm,
        measured.object_type,
        count(*) as n_changes_judged,
        sum(case when {{ found }} then 1 else 0 end) as n_found,
        count(distinct case when {{ found }} then measured.record_sk end) as n_records_found
    from limits
    inner join measured on limits.rule_id = measured.rule_id
    group by
        limits.rule_id, limits.limit_value, limits.unit, measured.crm, measured.object_type
)

select * from final
order by rule_id, crm, object_type, limit_value
