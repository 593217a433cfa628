-- One row per metric × CRM × object type × earlier day: what the metric was on that day, as the
-- histories tell. A metric whose fields have no history, or none that reaches back, has no row.
{%- set double = type_double() -%}
{#- Each metric: its object types, whose history it needs (own: their own), and of which fields. -#}
{%- set needs = {
    'past_close_no_next_step': (['opportunity'], 'own', ['stage', 'close_date', 'next_step']),
    'closed_lost_no_reason': (['opportunity'], 'own', ['stage', 'loss_reason']),
    'time_in_stage': (['opportunity'], 'own', ['stage']),
    'consent_coverage': (['contact', 'lead'], 'own', ['consent_status']),
    'do_not_contact': (['contact', 'lead'], 'own', ['do_not_contact']),
    'accounts_with_open_opportunity': (['account'], 'opportunity', ['stage']),
} -%}
{%- set told_metrics = needs | list + ['contacts_active_90d'] -%}
{%- set fields = ['close_date', 'next_step', 'loss_reason', 'consent_status', 'do_not_contact'] -%}
{%- set need_rows = [] -%}
{%- for metric, (object_types, told_by, histories) in needs.items() -%}
    {%- for object_type in object_types -%}
        {%- for field in histories -%}
            {%- do need_rows.append((
                metric, object_type, object_type if told_by == 'own' else told_by, field,
            )) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endfor %}

with days as (
    select * from {{ ref('int_health__rebuilt_days') }}
),

records as (
    select * from {{ ref('int_crm__records') }}
),

deals as (
    select * from {{ ref('stg_crm__opportunities') }}
),

told_changes as (
    select * from {{ ref('stg_crm__told_changes') }}
),

stage_periods as (
    select * from {{ ref('int_history__stage_periods') }}
),

touches as (
    select * from {{ ref('int_health__rebuilt_touches') }}
),

populations as (
    select * from {{ ref('int_health__populations') }}
),

metrics as (
    select * from {{ ref('health_metrics') }}
),

needs as (
    select * from {{ text_rows(
        ['metric', 'object_type', 'told_by', 'field'], need_rows
    ) }}
),

field_starts as (
    select
        crm,
        object_type,
        field,
        min(changed_at) as starts_at
    from told_changes
    group by crm, object_type, field
),

-- A history reaches back to the first change that it tells of any record.
reaches as (
    select
        needs.metric,
        populations.crm,
        needs.object_type,
        max(coalesce(field_starts.starts_at, {{ as_of() }})) as starts_at
    from needs
    inner join populations
        on needs.metric = populations.metric and needs.object_type = populations.object_type
    left join field_starts
        on
            populations.crm = field_starts.crm
            and needs.told_by = field_starts.object_type
            and needs.field = field_starts.field
    where populations.is_landed
    group by needs.metric, populations.crm, needs.object_type
),

told_of as (
    select
        reaches.metric,
        reaches.crm,
        reaches.object_type,
        days.metric_date,
        days.seen_at
    from reaches
    inner join days on reaches.starts_at <= days.seen_at

    union all

    -- Activities have dates of their own: they reach back where there are some before as well.
    select distinct
        populations.metric,
        populations.crm,
        populations.object_type,
        days.metric_date,
        days.seen_at
    from populations
    inner join touches on populations.crm = touches.crm
    inner join days on touches.metric_date = days.metric_date
    where
        populations.metric = 'contacts_active_90d'
        and populations.is_landed
        and touches.was_active_before
),

judged_days as (
    select
        {%- for metric in told_metrics %}
            max(case when metric = '{{ metric }}' then 1 else 0 end) = 1 as judges_{{ metric }},
        {%- endfor %}
        crm,
        object_type,
        metric_date,
        seen_at
    from told_of
    group by crm, object_type, metric_date, seen_at
),

-- What a field held on a day: the last change before it says so, else the first one after it.
values_then as (
    select
        {%- for field in fields %}
            max(
                case
                    when changes.field <> '{{ field }}' then null
                    when changes.changed_at <= days.seen_at then changes.new_value
                    else changes.old_value
                end
            ) as {{ field }},
            max(case when changes.field = '{{ field }}' then 1 else 0 end) = 1 as has_{{ field }},
        {%- endfor %}
        changes.record_sk,
        days.metric_date
    from told_changes as changes
    cross join days
    where
        changes.change_class = 'effective'
        and not changes.is_orphan
        and changes.field in ('{{ fields | join("', '") }}')
        and (
            (
                changes.changed_at <= days.seen_at
                and (changes.next_changed_at is null or changes.next_changed_at > days.seen_at)
            )
            or (changes.change_number = 1 and changes.changed_at > days.seen_at)
        )
    group by changes.record_sk, days.metric_date
),

stays as (
    select
        stage_periods.record_sk,
        days.metric_date,
        stage_periods.is_current,
        -- When it left a stage that its history does not tell of is not known.
        case when not stage_periods.is_ended_by_record then stage_periods.stage_kind end
            as stage_kind,
        cast(
            {{ seconds_between('stage_periods.started_at', 'days.seen_at') }} / 86400
            as decimal(28, 6)
        ) as stay
    from stage_periods
    cross join days
    where
        stage_periods.object_type = 'opportunity'
        and stage_periods.started_at <= days.seen_at
        and (stage_periods.ended_at is null or stage_periods.ended_at > days.seen_at)
),

-- Which account a deal names is read as of today: its changes are not told.
worked_accounts as (
    select distinct
        records.crm,
        records.account_id,
        days.metric_date
    from stays
    inner join days on stays.metric_date = days.metric_date
    inner join records on stays.record_sk = records.record_sk
    where
        case when stays.is_current then records.stage_kind else stays.stage_kind end = 'open'
        and records.created_at <= days.seen_at
        and (records.is_live or records.deleted_at > days.seen_at)
),

records_then as (
    select
        judged_days.*,
        case when stays.is_current then records.stage_kind else stays.stage_kind end as stage_kind,
        stays.stay,
        case
            when values_then.has_close_date
                then {{ parse_value('values_then.close_date', 'text', 'date') }}
            else records.close_date
        end as close_date,
        {%- for field, table in [('next_step', 'records'), ('loss_reason', 'deals')] %}
            {{ blank_to_null(
                'case when values_then.has_' ~ field ~ ' then values_then.' ~ field
                ~ ' else ' ~ table ~ '.' ~ field ~ ' end'
            ) }} is null as lacks_{{ field }},
        {%- endfor %}
        case
            when values_then.has_consent_status
                then {{ consent_status('lower(values_then.consent_status)') }}
            else records.consent_status
        end as consent,
        case
            when values_then.has_do_not_contact
                then {{ parse_value('values_then.do_not_contact', 'text', 'boolean') }}
            else records.do_not_contact
        end as is_not_to_be_contacted,
        -- What an absorbed record had is the survivor's today.
        not records.is_merged as is_not_absorbed,
        coalesce(touches.is_active, false)
        or coalesce(
            records.last_activity_at <= judged_days.seen_at
            and records.last_activity_at > {{ later(
                'judged_days.seen_at', -86400, threshold('contacts_active__days')
            ) }},
            false
        ) as is_active,
        worked_accounts.account_id is not null as has_open_opportunity
    from records
    inner join judged_days
        on records.crm = judged_days.crm and records.object_type = judged_days.object_type
    left join deals on records.record_key = deals.record_key
    left join values_then
        on
            records.record_sk = values_then.record_sk
            and judged_days.metric_date = values_then.metric_date
    left join stays
        on
            records.record_sk = stays.record_sk
            and judged_days.metric_date = stays.metric_date
    left join touches
        on
            records.record_key = touches.record_key
            and judged_days.metric_date = touches.metric_date
    left join worked_accounts
        on
            records.crm = worked_accounts.crm
            -- In the key, since a condition on one side alone keeps engines from hashing the join.
            and case when records.object_type = 'account' then records.record_id end
            = worked_accounts.account_id
            and judged_days.metric_date = worked_accounts.metric_date
    where
        records.created_at <= judged_days.seen_at
        and (records.is_live or records.deleted_at > judged_days.seen_at)
),

checks as (
    select
        crm,
        object_type,
        metric_date,
        case
            when judges_past_close_no_next_step and stage_kind = 'open'
                then coalesce(
                    close_date < cast({{ business_time('seen_at') }} as date) and lacks_next_step,
                    false
                )
        end as past_close_no_next_step,
        case
            when judges_closed_lost_no_reason and stage_kind = 'lost' then lacks_loss_reason
        end as closed_lost_no_reason,
        case when judges_time_in_stage and stage_kind = 'open' then stay end as time_in_stage,
        case when judges_consent_coverage then coalesce(consent <> 'unknown', false) end
            as consent_coverage,
        case when judges_do_not_contact then coalesce(is_not_to_be_contacted, false) end
            as do_not_contact,
        case when judges_contacts_active_90d and is_not_absorbed then is_active end
            as contacts_active_90d,
        case
            when judges_accounts_with_open_opportunity and is_not_absorbed
                then has_open_opportunity
        end as accounts_with_open_opportunity
    from records_then
),

counts as (
    {%- for metric in told_metrics %}
        select
            '{{ metric }}' as metric,
            crm,
            object_type,
            metric_date,
            {%- if metric == 'time_in_stage' %}
                cast(sum(time_in_stage) as decimal(28, 6)) as numerator,
                {{ median('time_in_stage') }} as median_value,
            {%- else %}
                cast(count(case when {{ metric }} then 1 end) as decimal(28, 6)) as numerator,
                cast(null as decimal(28, 6)) as median_value,
            {%- endif %}
            cast(count({{ metric }}) as {{ dbt.type_bigint() }}) as denominator
        from checks
        where {{ metric }} is not null
        group by crm, object_type, metric_date
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

measured as (
    select
        counts.metric,
        counts.crm,
        counts.object_type,
        counts.metric_date,
        counts.numerator,
        counts.denominator,
        counts.median_value,
        cast(counts.numerator as {{ double }}) / counts.denominator as value,
        metrics.unit,
        metrics.direction,
        cast(metrics.target as {{ double }}) as target,
        cast(metrics.alert_at as {{ double }}) as alert_at,
        true as is_landed
    from counts
    inner join metrics on counts.metric = metrics.metric
),

final as (
    select
        *,
        {{ status_of_value(threshold('minimum_sample')) }} as status
    from measured
)

select * from final
