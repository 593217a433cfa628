{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() -%}
{%- set crms = [] -%}
{%- for crm in crm_sources() -%}{%- do crms.append(["'" ~ crm ~ "'"]) -%}{%- endfor -%}
{%- set stage_history = ['history:stage', 'history:status'] -%}
{#- What must be landed to judge a record by each archetype; of a group one input is enough. -#}
{%- set needs = {
    'premature_stage': [['next_step', 'amount', 'contact_roles', 'activities']],
    'multi_stage_jump': [stage_history],
    'close_date_churn': [['history:close_date']],
    'missing_next_step': [['next_step', 'activities']],
    'owner_ping_pong': [['history:owner_id']],
    'duplicate_account': [['records']],
    'lead_source_drift': [['lead_source']],
    'stage_regression': [stage_history],
    'sla_rush_update': [['history'], ['sla_clocks']],
} -%}
with computable as (
    {{ where_landed('archetype', needs, ref('int_crm__inputs')) }}
),

live_records as (
    select
        crm,
        object_type,
        count(*) as n_records
    from {{ ref('int_crm__records') }}
    where is_live
    group by crm, object_type
),

dirty as (
    select
        crm,
        archetype,
        object_type,
        count(*) as n_dirty
    from {{ ref('dirty_records') }}
    group by crm, archetype, object_type
),

archetype_counts as (
    select
        'archetype' as kind,
        computable.crm,
        computable.archetype as rule_id,
        sum(coalesce(dirty.n_dirty, 0)) as numerator,
        sum(coalesce(live_records.n_records, 0)) as denominator
    from computable
    inner join {{ ref('rules') }} as rules
        on
            rules.kind = 'archetype'
            and computable.archetype = rules.rule_id
            and ' ' || rules.object_types || ' ' like '% ' || computable.object_type || ' %'
    left join live_records
        on
            computable.crm = live_records.crm
            and computable.object_type = live_records.object_type
    left join dirty
        on
            computable.crm = dirty.crm
            and computable.archetype = dirty.archetype
            and computable.object_type = dirty.object_type
    group by computable.crm, computable.archetype
),

ranked_days as (
    select
        crm,
        signal,
        object_type,
        numerator,
        denominator,
        row_number() over (
            partition by crm, signal, object_type order by signal_date desc
        ) as place
    from {{ ref('process_signals_daily') }}
    where
        segment = 'all'
        and status <> 'not_landed'
        and signal_date <= cast({{ as_of() }} as date)
),

signal_counts as (
    select
        'signal' as kind,
        crm,
        signal as rule_id,
        sum(numerator) as numerator,
        sum(denominator) as denominator
    from ranked_days
    where place = 1
    group by crm, signal
),

counts as (
    select * from archetype_counts

    union all

    select * from signal_counts
),

crms as (
    select crm from {{ literal_rows(['crm'], crms) }}
),

scored as (
    select
        crms.crm,
        rules.kind,
        rules.rule_id,
        rules.name as rule,
        rules.owner_team,
        rules.severity,
        rules.impact,
        rules.effort,
        rules.risk,
        counts.rule_id is not null as is_landed,
        counts.numerator,
        counts.denominator,
        cast(counts.numerator as {{ type_double() }}) / nullif(counts.denominator, 0)
            as frequency,
        cast(rules.impact as {{ type_double() }}) * counts.numerator
        / nullif(counts.denominator, 0) / (rules.effort * rules.risk) as score
    from {{ ref('rules') }} as rules
    cross join crms
    left join counts
        on crms.crm = counts.crm and rules.kind = counts.kind and rules.rule_id = counts.rule_id
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(kind as {{ text }}) as kind,
        cast(rule_id as {{ text }}) as rule_id,
        cast(rule as {{ text }}) as rule,
        cast(owner_team as {{ text }}) as owner_team,
        cast(severity as {{ text }}) as severity,
        cast(impact as {{ bigint }}) as impact,
        cast(effort as {{ bigint }}) as effort,
        cast(risk as {{ bigint }}) as risk,
        cast(numerator as {{ bigint }}) as numerator,
        cast(denominator as {{ bigint }}) as denominator,
        cast(frequency as decimal(9, 6)) as frequency,
        cast(score as decimal(9, 6)) as score,
        cast(
            row_number() over (
                partition by crm, kind order by score desc nulls last, rule_id asc
            ) as {{ bigint }}
        ) as fix_rank,
        cast(
            case
                when not is_landed then 'not_landed'
                when denominator = 0 then 'no_cases'
                else 'measured'
            end as {{ text }}
        ) as status
    from scored
)

select * from final
