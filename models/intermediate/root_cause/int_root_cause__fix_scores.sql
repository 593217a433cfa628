-- One row per CRM and rule of the register: impact × frequency / (effort × risk), and its rank. The
-- frequency of an archetype is that among the live records that can be judged, of a signal that of
-- its last day.
with rules as (
    select * from {{ ref('rules') }}
),

inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

records as (
    select
        crm,
        object_type
    from {{ ref('int_crm__records') }}
    where is_live
),

dirty_records as (
    select * from {{ ref('int_root_cause__dirty_records') }}
),

signal_rates as (
    select *
    from {{ ref('int_signals__daily_rates') }}
    where segment = 'all' and is_last_day and status <> 'not_landed'
),

crms as (
    select crm from {{ text_rows(['crm'], crm_sources()) }}
),

archetypes as (
    select *
    from rules
    where kind = 'archetype'
),

computable as (
    {{ computable_rules('archetypes', 'rule_id', 'inputs') }}
),

live as (
    select
        crm,
        object_type,
        count(*) as n_records
    from records
    group by crm, object_type
),

dirty as (
    select
        crm,
        archetype,
        object_type,
        count(*) as n_dirty
    from dirty_records
    group by crm, archetype, object_type
),

counts as (
    select
        'archetype' as kind,
        computable.crm,
        computable.rule_id,
        sum(coalesce(dirty.n_dirty, 0)) as numerator,
        sum(coalesce(live.n_records, 0)) as denominator
    from computable
    inner join archetypes
        on
            computable.rule_id = archetypes.rule_id
            and ' ' || archetypes.object_types || ' ' like '% ' || computable.object_type || ' %'
    left join live
        on computable.crm = live.crm and computable.object_type = live.object_type
    left join dirty
        on
            computable.crm = dirty.crm
            and computable.rule_id = dirty.archetype
            and computable.object_type = dirty.object_type
    group by computable.crm, computable.rule_id

    union all

    select
        'signal' as kind,
        crm,
        signal as rule_id,
        sum(numerator) as numerator,
        sum(denominator) as denominator
    from signal_rates
    group by crm, signal
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
    from rules
    cross join crms
    left join counts
        on crms.crm = counts.crm and rules.kind = counts.kind and rules.rule_id = counts.rule_id
),

final as (
    select
        *,
        row_number() over (
            partition by crm, kind order by score desc nulls last, rule_id asc
        ) as fix_rank,
        case
            when not is_landed then 'not_landed'
            when denominator = 0 then 'no_cases'
            else 'measured'
        end as status
    from scored
)

select * from final
