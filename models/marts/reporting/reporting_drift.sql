-- One row per CRM, report, closed period, part and currency: what was frozen, what it is now, and
-- the deals that make the difference; where these were not frozen with it, the deals touched since.
{%- set text = dbt.type_string() -%}
{%- set keys = ['crm', 'report', 'period_grain', 'period_start', 'part', 'currency'] -%}
{%- set of_no_deals = frozen_reports() | rejectattr(1, 'equalto', 'opportunity')
    | map(attribute=0) | map('tojson') | join(', ') | replace('"', "'") -%}
{%- set month_of_deal = "cast(" ~ dbt.date_trunc('month', 'deals.close_date') ~ " as date)" -%}
{%- set old_close_date = parse_value('changes.old_value', 'text', 'date') %}

with deals as (
    select
        record_sk,
        record_key,
        crm,
        stage_kind,
        close_date,
        created_at,
        deleted_at
    from {{ ref('int_crm__records') }}
    where object_type = 'opportunity'
),

snapshots as (
    select * from {{ ref('reporting_snapshots') }}
),

snapshot_records as (
    select * from {{ ref('reporting_snapshot_records') }}
),

drift_records as (
    select * from {{ ref('reporting_drift_records') }}
),

reporting_values as {{ inlined() }} (
    select * from {{ ref('int_reporting__values') }}
),

field_changes as (
    select * from {{ ref('stg_crm__field_changes') }}
),

-- What was frozen before figures had parts is of all parts.
reporting_snapshots as (
    select
        crm,
        report,
        period_grain,
        period_start,
        coalesce(part, 'all') as part,
        currency,
        value,
        n_records,
        frozen_at
    from snapshots
),

sides as (
    select
        {{ keys | join(',\n        ') }},
        value as frozen_value,
        n_records as n_records_frozen,
        frozen_at,
        cast(null as {{ type_amount() }}) as current_value,
        cast(null as {{ dbt.type_bigint() }}) as n_records
    from reporting_snapshots
    -- A run at an earlier as_of knows nothing of the periods after it.
    where
        crm in ('{{ crm_sources() | join("', '") }}')
        and case period_grain
            {%- for grain in report_grains() %}
                when '{{ grain }}' then period_start < {{ current_period_start(grain) }}
            {%- endfor %}
        end

    union all

    select
        {{ keys | join(',\n        ') }},
        cast(null as {{ type_amount() }}) as frozen_value,
        cast(null as {{ dbt.type_bigint() }}) as n_records_frozen,
        cast(null as {{ dbt.type_timestamp() }}) as frozen_at,
        value_before as current_value,
        n_records_before as n_records
    from reporting_values
    where period_grain <> 'all' and is_over
),

rates as (
    select distinct
        report,
        is_rate
    from reporting_values
),

paired as (
    select
        {{ keys | join(',\n        ') }},
        max(frozen_value) as frozen_value,
        max(current_value) as current_value,
        coalesce(max(n_records_frozen), 0) as n_records_frozen,
        coalesce(max(n_records), 0) as n_records,
        max(frozen_at) as frozen_at
    from sides
    group by {{ keys | join(', ') }}
),

-- What has no frozen row was nought when the first period at or after it was frozen.
filled as (
    select
        {%- for key in keys %}
            paired.{{ key }},
        {%- endfor %}
        case when rates.is_rate then paired.frozen_value else coalesce(paired.frozen_value, 0) end
            as frozen_value,
        case when rates.is_rate then paired.current_value else coalesce(paired.current_value, 0) end
            as current_value,
        paired.n_records_frozen,
        paired.n_records,
        coalesce(
            paired.frozen_at,
            min(paired.frozen_at) over (
                partition by paired.crm, paired.report, paired.period_grain
                order by paired.period_start desc
            )
        ) as frozen_at
    from paired
    left join rates on paired.report = rates.report
),

compared as (
    select
        *,
        current_value - frozen_value as drift,
        case when (frozen_value is distinct from current_value) then 'drifted' else 'same' end
            as status
    from filled
),

drifted as (
    select * from compared
    where status = 'drifted'
),

since as (
    select min(frozen_at) as first_frozen_at
    from drifted
),

changes as (
    select
        field_changes.record_sk,
        field_changes.field,
        field_changes.old_value,
        field_changes.changed_at
    from field_changes
    inner join since on field_changes.changed_at > since.first_frozen_at
    where
        field_changes.object_type = 'opportunity'
        and field_changes.field in ('amount', 'close_date', 'stage')
        and not field_changes.is_orphan
),

-- Each instant at which a deal may have moved a period's figures: the period that it is in now, and
-- the one that its close date has left.
moves as (
    select
        deals.record_sk,
        {{ month_of_deal }} as close_month,
        changes.changed_at as moved_at
    from changes
    inner join deals on changes.record_sk = deals.record_sk

    union all

    select
        deals.record_sk,
        cast({{ dbt.date_trunc('month', old_close_date) }} as date) as close_month,
        changes.changed_at as moved_at
    from changes
    inner join deals on changes.record_sk = deals.record_sk
    where changes.field = 'close_date'

    {%- for column in ['created_at', 'deleted_at'] %}

        union all

        select
            deals.record_sk,
            {{ month_of_deal }} as close_month,
            deals.{{ column }} as moved_at
        from deals
        inner join since on deals.{{ column }} > since.first_frozen_at
    {%- endfor %}
),

stage_changes as (
    select
        record_sk,
        max(changed_at) as changed_at
    from changes
    where field = 'stage'
    group by record_sk
),

-- When deals were frozen beside the figures of a grain: what differs from them is known.
freezes as (
    select distinct
        crm,
        period_grain,
        frozen_at
    from snapshot_records
    where object_type = 'opportunity'
),

-- Else only deals that the report counts, or did before their stage changed.
explaining as (
    select distinct
        {%- for key in keys %}
            drifted.{{ key }},
        {%- endfor %}
        deals.record_key
    from drifted
    inner join moves
        on
            drifted.frozen_at < moves.moved_at
            and drifted.period_start = case drifted.period_grain
                {%- for grain in report_grains() %}
                    when '{{ grain }}' then {{ report_period_start(grain, 'moves.close_month') }}
                {%- endfor %}
            end
    inner join deals
        on moves.record_sk = deals.record_sk and drifted.crm = deals.crm
    left join freezes
        on
            drifted.crm = freezes.crm
            and drifted.period_grain = freezes.period_grain
            and drifted.frozen_at = freezes.frozen_at
    left join stage_changes
        on
            deals.record_sk = stage_changes.record_sk
            and drifted.frozen_at < stage_changes.changed_at
    where
        freezes.crm is null
        and drifted.report not in ({{ of_no_deals }})
        and (
            deals.stage_kind = 'won'
            or stage_changes.record_sk is not null
            or (drifted.report = 'win_rate' and deals.stage_kind = 'lost')
        )

    union all

    select
        {%- for key in keys %}
            drifted.{{ key }},
        {%- endfor %}
        drift_records.record_key
    from drifted
    inner join drift_records
        on
            {%- for key in keys if key != 'currency' %}
                drifted.{{ key }} = drift_records.{{ key }} and
            {%- endfor %}
            drifted.frozen_at = drift_records.frozen_at
            and (drifted.currency is not distinct from drift_records.currency)
),

ranked as (
    select
        *,
        row_number() over (partition by {{ keys | join(', ') }} order by record_key) as place
    from explaining
),

listed as (
    select
        {{ keys | join(',\n        ') }},
        count(*) as n_records_changed,
        {{ sorted_list('case when place <= 20 then record_key end') }} as records
    from ranked
    group by {{ keys | join(', ') }}
),

final as (
    select
        cast(compared.crm as {{ text }}) as crm,
        cast(compared.report as {{ text }}) as report,
        cast(compared.period_grain as {{ text }}) as period_grain,
        cast({{ period_label('compared.period_grain', 'compared.period_start') }} as {{ text }})
            as period,
        compared.period_start,
        cast(compared.part as {{ text }}) as part,
        cast(compared.currency as {{ text }}) as currency,
        cast(compared.frozen_value as {{ type_amount() }}) as frozen_value,
        cast(compared.current_value as {{ type_amount() }}) as current_value,
        cast(compared.drift as {{ type_amount() }}) as drift,
        cast(compared.drift / nullif(abs(compared.frozen_value), 0) as {{ type_amount() }})
            as drift_rate,
        cast(compared.status as {{ text }}) as status,
        compared.frozen_at,
        compared.n_records_frozen,
        compared.n_records,
        cast(coalesce(listed.n_records_changed, 0) as {{ dbt.type_bigint() }})
            as n_records_changed,
        cast(listed.records as {{ text }}) as records
    from compared
    left join listed
        on
            compared.crm = listed.crm
            and compared.report = listed.report
            and compared.period_grain = listed.period_grain
            and compared.period_start = listed.period_start
            and compared.part = listed.part
            and (compared.currency is not distinct from listed.currency)
)

select * from final
