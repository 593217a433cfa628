-- Where a signal's occurrences of its last window come from, against what was usual in as many days
-- of the baseline before: for each kind of origin the ten that grew most.
-- dbt show --select why_is_this_signal_up --limit -1 --vars 'signal: owner_ping_pong'
{%- set text = dbt.type_string() -%}
{%- set unknown = "'(unknown)'" -%}
{%- set origins = {
    'object': "crm || ' ' || object_type",
    'segment': "coalesce(segment, '(none)')",
    'team of the owner': 'coalesce(team, ' ~ unknown ~ ')',
    'writer': 'coalesce(writer, ' ~ unknown ~ ')',
    'channel': 'coalesce(channel, ' ~ unknown ~ ')',
    'automation': 'automation_id',
    'stage': 'stage',
    'record': 'record_key',
} %}
with policy as (
    select
        max(as_of) as last_as_of,
        {{ threshold('rate_window_days') }} as window_days,
        {{ threshold('rate_baseline_days') }} as baseline_days
    from {{ ref('process_signals_daily') }}
),

evidence as (
    select
        evidence.crm,
        evidence.object_type,
        evidence.segment,
        evidence.team,
        coalesce(users.user_name, evidence.changed_by)
        || coalesce(' (' || evidence.actor_kind || ')', '') as writer,
        evidence.channel,
        evidence.automation_id,
        evidence.stage,
        evidence.record_key,
        evidence.occurred_at > {{ later('policy.last_as_of', -86400, 'policy.window_days') }}
            as is_in_window,
        cast(policy.window_days as {{ type_double() }}) / policy.baseline_days as usual_share
    from {{ ref('process_signal_evidence') }} as evidence
    cross join policy
    left join {{ ref('stg_crm__users') }} as users
        on evidence.crm = users.crm and evidence.changed_by = users.user_id
    where
        evidence.signal = {{ text_literal(var('signal', 'multi_stage_jump')) }}
        and evidence.occurred_at <= policy.last_as_of
        and evidence.occurred_at > {{ later(
            'policy.last_as_of', -86400, '(policy.window_days + policy.baseline_days)'
        ) }}
),

origins as (
    {%- for origin, value in origins.items() %}
        select
            '{{ origin }}' as origin,
            cast({{ value }} as {{ text }}) as origin_value,
            record_key,
            is_in_window,
            usual_share
        from evidence
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

counted as (
    select
        origin,
        origin_value,
        count(distinct case when is_in_window then record_key end) as n_records,
        sum(case when is_in_window then 1 else 0 end) as n_occurrences,
        sum(case when is_in_window then 0 else usual_share end) as usual_occurrences
    from origins
    where origin_value is not null
    group by origin, origin_value
),

ranked as (
    select
        *,
        n_occurrences - usual_occurrences as more_than_usual,
        row_number() over (
            partition by origin
            order by n_occurrences - usual_occurrences desc, origin_value asc
        ) as place
    from counted
),

final as (
    select
        origin,
        origin_value,
        n_records,
        n_occurrences,
        cast(usual_occurrences as decimal(18, 1)) as usual_occurrences,
        cast(more_than_usual as decimal(18, 1)) as more_than_usual
    from ranked
    where place <= 10 and n_occurrences > 0
)

select * from final
order by origin asc, more_than_usual desc, origin_value asc
