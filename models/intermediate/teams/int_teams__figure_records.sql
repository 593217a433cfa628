-- One row per figure × record (or SLA clock) that it judges: those that a landing permits.
{#- Each figure of the register is judged by the model named after it. -#}
{%- set figures = [
    'speed_to_lead', 'lead_owner_changes', 'sdr_handoff_completeness', 'handoff_completeness',
    'ownership_stability', 'clock_pauses',
] %}

with populations as (
    select * from {{ ref('int_teams__populations') }}
),

records as (
    select
        record_sk,
        record_key,
        crm,
        object_type,
        record_id,
        segment,
        owner_id
    from {{ ref('int_health__record_facts') }}
),

judged as (
    {%- for figure in figures %}
        select
            '{{ figure }}' as figure,
            record_sk,
            part,
            is_counted,
            hours,
            occurred_at,
            detail
        from {{ ref('int_teams__' ~ figure) }}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

final as (
    select
        records.crm,
        judged.figure,
        records.record_key,
        judged.part,
        records.object_type,
        records.record_id,
        records.segment,
        records.owner_id,
        judged.is_counted,
        judged.hours,
        judged.occurred_at,
        judged.detail
    from judged
    inner join records on judged.record_sk = records.record_sk
    inner join populations
        on
            judged.figure = populations.figure
            and records.crm = populations.crm
            and populations.is_landed
)

select * from final
