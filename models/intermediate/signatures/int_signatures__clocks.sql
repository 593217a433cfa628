-- One row per SLA clock that started, stopped or was due in one of the windows of the failure
-- signatures, numbered among all clocks of its record and SLA.
with sla_clocks as (
    select * from {{ ref('stg_crm__sla_clocks') }}
),

records as (
    select
        record_sk,
        record_key,
        crm,
        object_type
    from {{ ref('int_crm__records') }}
),

numbered as (
    select
        records.record_sk,
        records.record_key,
        records.crm,
        records.object_type,
        sla_clocks.sla_clock_key,
        coalesce(sla_clocks.sla, 'SLA') as sla,
        sla_clocks.started_at,
        sla_clocks.due_at,
        sla_clocks.stopped_at,
        row_number() over (
            partition by records.record_sk, sla_clocks.sla
            order by sla_clocks.started_at, sla_clocks.sla_clock_key
        ) as clock_number
    from sla_clocks
    inner join records on sla_clocks.record_key = records.record_key
),

final as (
    select *
    from numbered
    where
        {%- for column in ['started_at', 'due_at', 'stopped_at'] %}
            {{ 'or ' if not loop.first -}}
            ({{ column }} > {{ signature_window_end(2) }} and {{ column }} <= {{ as_of() }})
        {%- endfor %}
)

select * from final
