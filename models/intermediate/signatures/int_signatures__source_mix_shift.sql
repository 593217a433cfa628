-- One row per lead, contact or deal that was created with a lead source in a week of the windows
-- that can be judged: did the mix of sources shift in that week, and is its source the one that
-- gained most? Weeks are counted back from as_of. Shares are smoothed by half a record a source,
-- and the index must be more than chance makes of so few records.
{%- set text = dbt.type_string() -%}
{%- set number = type_double() -%}
{%- set week = 7 * 86400 -%}
{%- set weeks_read = '(1 + ' ~ threshold('source_mix_shift__baseline_weeks') ~ ')' %}
with records as (
    select
        record_sk,
        record_key,
        crm,
        object_type,
        created_at,
        {{ signature_window('created_at') }} as signature_window,
        lower({{ strip('lead_source') }}) as lead_source,
        cast(
            floor({{ seconds_between('created_at', as_of()) }} / {{ week }}) as {{ dbt.type_int() }}
        ) as weeks_back
    from {{ ref('int_crm__records') }}
    where
        object_type in ('contact', 'lead', 'opportunity')
        and is_live
        and has_creation_date
        and not {{ is_blank('lead_source') }}
        and created_at > {{ later(signature_window_end(2), -week, weeks_read) }}
),

counted as (
    select
        crm,
        object_type,
        lead_source,
        weeks_back,
        count(*) as n_records
    from records
    group by crm, object_type, lead_source, weeks_back
),

weeks as (
    select distinct
        crm,
        object_type,
        weeks_back
    from records
    where signature_window is not null
),

-- Of each week and source: its records, and those of the weeks before.
compared as (
    select
        weeks.crm,
        weeks.object_type,
        weeks.weeks_back,
        counted.lead_source,
        cast(
            sum(case when counted.weeks_back = weeks.weeks_back then counted.n_records else 0 end)
            as {{ number }}
        ) as n_in_week,
        cast(
            sum(case when counted.weeks_back > weeks.weeks_back then counted.n_records else 0 end)
            as {{ number }}
        ) as n_before
    from weeks
    inner join counted
        on
            weeks.crm = counted.crm
            and weeks.object_type = counted.object_type
            and weeks.weeks_back <= counted.weeks_back
            and counted.weeks_back
            <= weeks.weeks_back + {{ threshold('source_mix_shift__baseline_weeks') }}
    group by weeks.crm, weeks.object_type, weeks.weeks_back, counted.lead_source
),

totals as (
    select
        crm,
        object_type,
        weeks_back,
        sum(n_in_week) as n_of_week,
        sum(n_before) as n_of_before,
        cast(count(*) as {{ number }}) as n_sources
    from compared
    group by crm, object_type, weeks_back
    having
        sum(n_in_week) >= {{ threshold('source_mix_shift__minimum_records') }}
        and sum(n_before) >= {{ threshold('source_mix_shift__minimum_records') }}
),

shares as (
    select
        compared.crm,
        compared.object_type,
        compared.weeks_back,
        compared.lead_source,
        compared.n_in_week,
        compared.n_before,
        totals.n_of_week,
        totals.n_of_before,
        totals.n_sources,
        (compared.n_in_week + 0.5) / (totals.n_of_week + 0.5 * totals.n_sources) as share_in_week,
        (compared.n_before + 0.5) / (totals.n_of_before + 0.5 * totals.n_sources) as share_before
    from compared
    inner join totals
        on
            compared.crm = totals.crm
            and compared.object_type = totals.object_type
            and compared.weeks_back = totals.weeks_back
),

parts as (
    select
        *,
        (share_in_week - share_before) * ln(share_in_week / share_before) as index_part,
        row_number() over (
            partition by crm, object_type, weeks_back
            order by share_in_week - share_before desc, lead_source asc
        ) as gain_place
    from shares
),

-- The index of two samples of one mix lies about (sources - 1) times both samples' share, and
-- scatters like a chi-square of as many degrees of freedom.
indexes as (
    select
        crm,
        object_type,
        weeks_back,
        sum(index_part) as stability_index,
        max(
            (1 / n_of_week + 1 / n_of_before) * (
                n_sources - 1
                + {{ threshold('source_mix_shift__deviations') }} * sqrt(2 * (n_sources - 1))
            )
        ) as chance_index
    from parts
    group by crm, object_type, weeks_back
),

judged as (
    select
        records.record_sk,
        records.record_key,
        records.crm,
        records.object_type,
        records.created_at,
        records.signature_window,
        parts.lead_source,
        parts.n_in_week,
        parts.n_of_week,
        parts.n_before,
        parts.n_of_before,
        indexes.stability_index,
        parts.gain_place = 1
        and indexes.stability_index >= {{ threshold('source_mix_shift__index') }}
        and indexes.stability_index > indexes.chance_index as is_hit
    from records
    inner join parts
        on
            records.crm = parts.crm
            and records.object_type = parts.object_type
            and records.weeks_back = parts.weeks_back
            and records.lead_source = parts.lead_source
    inner join indexes
        on
            parts.crm = indexes.crm
            and parts.object_type = indexes.object_type
            and parts.weeks_back = indexes.weeks_back
    where records.signature_window is not null
),

final as (
    select
        record_sk,
        record_key,
        crm,
        object_type,
        cast(null as {{ text }}) as part,
        cast(null as {{ text }}) as field,
        cast(null as {{ dbt.type_bigint() }}) as change_number,
        created_at as occurred_at,
        signature_window,
        is_hit,
        cast(null as {{ text }}) as related_id,
        cast(null as {{ dbt.type_timestamp() }}) as related_at,
        case
            when is_hit
                then
                    'one of ' || cast(cast(n_in_week as integer) as {{ text }})
                    || ' from ' || lead_source
                    || ' of ' || cast(cast(n_of_week as integer) as {{ text }})
                    || ' in its week, where it had '
                    || cast(cast(n_before as integer) as {{ text }})
                    || ' of ' || cast(cast(n_of_before as integer) as {{ text }})
                    || ' in the weeks before; population stability index '
                    || cast(cast(stability_index as decimal(9, 2)) as {{ text }})
        end as detail
    from judged
)

select * from final
