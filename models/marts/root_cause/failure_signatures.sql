{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() -%}
{%- set owner_history = ['history:owner_id'] -%}
{%- set stage_history = ['history:stage', 'history:status'] -%}
{%- set edit_history = [
    'history:amount', 'history:close_date', 'history:lead_source', 'history:next_step',
    'history:forecast_category', 'history:consent_status', 'history:do_not_contact',
] -%}
{%- set worked = 'opportunity lead case' -%}
{%- set owned = 'account contact lead opportunity case' -%}
{#- Step, signature, object types, what must be landed (of a group one input is enough); in words
    what is counted and out of what. "The limit" is the policy's. -#}
{%- set signatures = [
    (
        'handoff', 'owner_thrash', owned, [owner_history],
        'owner changes that another one of the same record follows within the limit',
        'owner changes',
    ),
    (
        'handoff', 'overwritten_after_handoff', owned, [owner_history, edit_history],
        'owner changes after which, within the limit, a field was blanked, or one overwritten '
        ~ 'that a handoff should leave alone',
        'owner changes',
    ),
    (
        'handoff', 'born_duplicate_after_routing', 'account',
        [owner_history + ['workflow_events']],
        'duplicates created within the limit after another account of their cluster was routed',
        'live duplicates created',
    ),
    (
        'handoff', 'long_in_queue', owned, [owner_history, ['queues']],
        'stays of an open record with a queue that lasted longer than the limit',
        'stays with a queue that ended or go on',
    ),
    (
        'stage_change', 'skipped_stage', worked, [stage_history, ['stages']],
        'moves past at least one open stage of the pipeline',
        'moves from an open stage to an open or won stage further on',
    ),
    (
        'stage_change', 'stage_without_evidence', 'opportunity',
        [['history:stage'], ['next_step', 'amount', 'contact_roles', 'activities']],
        'entries into a stage without the evidence that the policy asks for',
        'entries into stages that evidence is asked for, once its days have passed',
    ),
    (
        'stage_change', 'regression', worked, [stage_history, ['stages']],
        'moves to an earlier stage',
        'moves between stages whose order is known',
    ),
    (
        'stage_change', 'inflation_near_win', 'opportunity',
        [['history:stage'], ['history:amount']],
        'wins with an amount that was raised within the limit before',
        'moves to a won stage',
    ),
    (
        'incentive', 'source_to_credited', 'contact lead opportunity', [['history:lead_source']],
        'changes of the lead source to a credited one, from one that is not',
        'changes of the lead source',
    ),
    (
        'incentive', 'period_end_edits', 'opportunity',
        [['history:amount', 'history:close_date', 'history:forecast_category']],
        'edits by people of amount, close date or forecast category in the last days of the period',
        'such edits in the whole period',
    ),
    (
        'incentive', 'activity_padding', 'activity', [['records']],
        'tasks, notes and e-mails without direction, where an owner has as many in a day as '
        ~ 'the limit says',
        'activities done by people',
    ),
    (
        'sla', 'clock_restart_by_edit', worked, [['sla_clocks'], ['history']],
        'further clocks of a record and SLA that started within the limit after a person edited it',
        'clocks started',
    ),
    (
        'sla', 'rush', worked, [['sla_clocks'], ['history']],
        'clocks with evidence of the signal sla_rush_update',
        'clocks due',
    ),
    (
        'sla', 'handoff_stops_clock', worked, [['sla_clocks'], owner_history],
        'clocks stopped within the limit after the owner changed',
        'clocks stopped',
    ),
] -%}
{%- set needs = {} -%}
{%- for _, signature, _, inputs, _, _ in signatures -%}
    {%- do needs.update({signature: inputs}) -%}
{%- endfor -%}
{%- set objects = [] -%}
{%- for object in owned.split() + ['activity'] -%}
    {%- do objects.append(["'" ~ object ~ "'"]) -%}
{%- endfor -%}
{%- set crms = [] -%}
{%- for crm in crm_sources() -%}{%- do crms.append(["'" ~ crm ~ "'"]) -%}{%- endfor -%}
with signatures as (
    {%- for step, signature, object_types, _, numerator_is, denominator_is in signatures %}
        select
            '{{ step }}' as step,
            '{{ signature }}' as signature,
            '{{ object_types }}' as object_types,
            '{{ numerator_is }}' as numerator_is,
            '{{ denominator_is }}' as denominator_is
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

crms as (
    select crm from {{ literal_rows(['crm'], crms) }}
),

objects as (
    select object_type from {{ literal_rows(['object_type'], objects) }}
),

inputs as (
    select
        crm,
        object_type,
        input
    from {{ ref('int_crm__inputs') }}

    union all

    select distinct
        crm,
        'activity' as object_type,
        'records' as input
    from {{ ref('stg_crm__activities') }}

    union all

    select distinct
        users.crm,
        objects.object_type,
        'queues' as input
    from {{ ref('stg_crm__users') }} as users
    cross join objects
    where users.kind = 'queue'

    union all

    select distinct
        crm,
        object_type,
        'stages' as input
    from {{ ref('int_crm__stage_map') }}
    where stage_order is not null
),

computable as (
    {{ where_landed('signature', needs, 'inputs') }}
),

-- Opportunities and activities are always spoken of, others where any of them is landed.
populations as (
    select
        signatures.step,
        signatures.signature,
        signatures.numerator_is,
        signatures.denominator_is,
        crms.crm,
        objects.object_type,
        computable.signature is not null as is_computable
    from signatures
    cross join crms
    cross join objects
    left join inputs
        on
            crms.crm = inputs.crm
            and objects.object_type = inputs.object_type
            and inputs.input = 'records'
    left join computable
        on
            signatures.signature = computable.signature
            and crms.crm = computable.crm
            and objects.object_type = computable.object_type
    where
        ' ' || signatures.object_types || ' ' like '% ' || objects.object_type || ' %'
        and (objects.object_type in ('opportunity', 'activity') or inputs.crm is not null)
),

cases as (
    {%- for step in ['handoff', 'stage_change', 'incentive', 'sla'] %}
        select
            signature,
            crm,
            object_type,
            signature_window,
            is_hit
        from {{ ref('int_root_cause__' ~ step ~ '_cases') }}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

counts as (
    select
        signature,
        crm,
        object_type,
        {%- for window in ['current', 'previous'] %}
            count(case when signature_window = '{{ window }}' and is_hit then 1 end)
                as {{ window }}_numerator,
            count(case when signature_window = '{{ window }}' then 1 end)
                as {{ window }}_denominator
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from cases
    group by signature, crm, object_type
),

measured as (
    select
        populations.crm,
        populations.step,
        populations.signature,
        populations.object_type,
        populations.numerator_is,
        populations.denominator_is,
        populations.is_computable,
        case
            when populations.signature = 'period_end_edits' then windows.period_started_at
            else windows.started_at
        end as window_started_at,
        case
            when populations.signature = 'period_end_edits' then windows.period_ended_at
            else windows.ended_at
        end as window_ended_at,
        case
            when populations.signature = 'period_end_edits' and populations.is_computable
                then
                    {{ seconds_between(
                        'windows.last_days_from_local', 'windows.period_ended_local'
                    ) }}
                    / {{ seconds_between(
                        'windows.period_started_local', 'windows.period_ended_local'
                    ) }}
        end as expected_rate,
        {%- for count in [
            'current_numerator', 'current_denominator', 'previous_numerator',
            'previous_denominator',
        ] %}
            case when populations.is_computable then coalesce(counts.{{ count }}, 0) end
                as {{ count }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from populations
    inner join {{ ref('int_root_cause__signature_windows') }} as windows
        on windows.signature_window = 'current'
    left join counts
        on
            populations.signature = counts.signature
            and populations.crm = counts.crm
            and populations.object_type = counts.object_type
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(step as {{ text }}) as step,
        cast(signature as {{ text }}) as signature,
        cast(object_type as {{ text }}) as object_type,
        cast(numerator_is as {{ text }}) as numerator_is,
        cast(denominator_is as {{ text }}) as denominator_is,
        window_started_at,
        window_ended_at,
        {%- for window, prefix in [('current', ''), ('previous', 'previous_')] %}
            {%- for part in ['numerator', 'denominator'] %}
                cast({{ window }}_{{ part }} as {{ bigint }}) as {{ prefix }}{{ part }},
            {%- endfor %}
            cast(
                cast({{ window }}_numerator as {{ type_double() }})
                / nullif({{ window }}_denominator, 0) as decimal(9, 6)
            ) as {{ prefix }}rate,
        {%- endfor %}
        cast(expected_rate as decimal(9, 6)) as expected_rate,
        cast(
            case
                when not is_computable then 'not_landed'
                when current_denominator = 0 then 'no_cases'
                else 'measured'
            end as {{ text }}
        ) as status
    from measured
)

select * from final
