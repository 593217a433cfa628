-- One row per deal, flag and span of time in which it held while the deal was open. Each begins
-- and ends at an instant that the histories give, so that it is the same whenever it is computed.
{%- set cell = ['crm', 'pipeline', 'stage'] %}
with records as (
    select * from {{ ref('int_crm__records') }}
    where object_type = 'opportunity'
),

open_spans as (
    select * from {{ ref('int_history__open_spans') }}
),

stage_periods as (
    select * from {{ ref('int_history__stage_periods') }}
    where object_type = 'opportunity'
),

milestones as (
    select * from {{ ref('int_history__milestones') }}
),

commit_spans as (
    select * from {{ ref('int_history__commit_spans') }}
),

wins as (
    select * from {{ ref('int_pipeline__wins') }}
),

touches as (
    select * from {{ ref('int_pipeline__touches') }}
),

events as (
    select * from {{ ref('int_pipeline__events') }}
),

deal_values as (
    select * from {{ ref('int_pipeline__values') }}
),

known as (
    select * from {{ ref('int_pipeline__known') }}
),

traits as (
    select * from {{ ref('int_pipeline__deals') }}
),

deal_contacts as (
    select * from {{ ref('stg_crm__opportunity_contacts') }}
),

contacts as (
    select * from {{ ref('stg_crm__contacts') }}
),

deals as (
    select
        open_spans.record_sk,
        records.crm,
        records.record_id,
        open_spans.opened_at,
        coalesce(open_spans.closed_at, {{ as_of() }}) as closed_at,
        open_spans.closed_at is null as is_open
    from open_spans
    inner join records on open_spans.record_sk = records.record_sk
),

-- How long deals that were won stayed in each stage.
won_deals as (
    select distinct record_sk from wins
),

won_stays as (
    select
        stays.crm,
        coalesce(stays.pipeline, '') as pipeline,
        stays.stage,
        coalesce(stays.segment, '') as segment,
        stays.dwell_seconds
    from stage_periods as stays
    inner join won_deals on stays.record_sk = won_deals.record_sk
    where stays.dwell_seconds is not null and stays.ended_at is not null
),

{%- for name, columns in {
        'segment_limits': cell + ['segment'], 'stage_limits': cell
    }.items() %}

    {{ name }} as (
        select
            {{ columns | join(', ') }},
            percentile_cont(0.9) within group (order by dwell_seconds) as limit_seconds
        from won_stays
        group by {{ columns | join(', ') }}
        having count(*) >= {{ threshold('deal_risks__stalled_minimum') }}
    ),
{%- endfor %}

limited_stays as (
    select
        stays.record_sk,
        stays.started_at,
        stays.ended_at,
        coalesce(segment_limits.limit_seconds, stage_limits.limit_seconds) as limit_seconds
    from stage_periods as stays
    left join segment_limits
        on
            stays.crm = segment_limits.crm
            and coalesce(stays.pipeline, '') = segment_limits.pipeline
            and stays.stage = segment_limits.stage
            and coalesce(stays.segment, '') = segment_limits.segment
    left join stage_limits
        on
            stays.crm = stage_limits.crm
            and coalesce(stays.pipeline, '') = stage_limits.pipeline
            and stays.stage = stage_limits.stage
    where not stays.is_terminal and not stays.is_start_unknown
),

-- A deal begins as if it had been touched: nobody is silent on its first day.
heard as (
    select
        deals.record_sk,
        deals.opened_at as heard_at
    from deals
    inner join known on deals.crm = known.crm
    where known.tells_two_way

    union

    select
        record_sk,
        occurred_at as heard_at
    from touches
    where is_two_way
),

silences as (
    select
        record_sk,
        {{ days_after('heard_at', 'deal_risks__silent_days') }} as started_at,
        lead(heard_at) over (partition by record_sk order by heard_at) as ended_at
    from heard
),

-- The median amount of a segment, of the last amount of each of its deals, open or not.
amounts as (
    select
        deal_values.record_sk,
        traits.crm,
        traits.segment,
        traits.currency,
        deal_values.amount,
        deal_values.started_at,
        lead(deal_values.started_at) over (
            partition by deal_values.record_sk order by deal_values.value_number
        ) as ended_at
    from deal_values
    inner join traits on deal_values.record_sk = traits.record_sk
    where deal_values.field = 'amount'
),

medians as (
    select
        crm,
        segment,
        currency,
        percentile_cont(0.5) within group (order by amount) as median_amount
    from amounts
    where ended_at is null and amount is not null
    group by crm, segment, currency
    having count(*) >= {{ threshold('deal_risks__median_minimum') }}
),

-- What is no history's word is not known of a past day.
large_spans as (
    select
        amounts.record_sk,
        amounts.started_at,
        amounts.ended_at
    from amounts
    inner join known on amounts.crm = known.crm
    inner join medians
        on {{ same('amounts', 'medians', ['crm', 'segment', 'currency']) }}
    where known.tells_amount and amounts.amount >= medians.median_amount
),

-- Counts that go up and down: of planned meetings, of contacts engaged, of touches lately and
-- before, of amounts at or over the median. A row at the beginning, and one at the first
-- milestone, say where they stand then.
moves as (
    select
        record_sk,
        event_at,
        coalesce(meeting, 0) as meeting,
        coalesce(contact, 0) as contact,
        0 as lately,
        0 as earlier,
        0 as large
    from events
    where meeting is not null or contact is not null

    union all

    select
        record_sk,
        occurred_at as event_at,
        0 as meeting,
        0 as contact,
        1 as lately,
        0 as earlier,
        0 as large
    from touches
    where is_two_way

    union all

    select
        record_sk,
        {{ days_after('occurred_at', 'deal_risks__falling_days') }} as event_at,
        0 as meeting,
        0 as contact,
        -1 as lately,
        1 as earlier,
        0 as large
    from touches
    where is_two_way

    union all

    select
        record_sk,
        {{ later(
            'occurred_at', 86400,
            '(' ~ threshold('deal_risks__falling_days') ~ ' + '
            ~ threshold('deal_risks__falling_base_days') ~ ')'
        ) }} as event_at,
        0 as meeting,
        0 as contact,
        0 as lately,
        -1 as earlier,
        0 as large
    from touches
    where is_two_way

    union all

    select
        record_sk,
        opened_at as event_at,
        0 as meeting,
        0 as contact,
        0 as lately,
        0 as earlier,
        0 as large
    from deals

    union all

    select
        record_sk,
        first_milestone_at as event_at,
        0 as meeting,
        0 as contact,
        0 as lately,
        0 as earlier,
        0 as large
    from milestones
    {%- for change, instant in {'1': 'started_at', '-1': 'ended_at'}.items() %}

        union all

        select
            record_sk,
            {{ instant }} as event_at,
            0 as meeting,
            0 as contact,
            0 as lately,
            0 as earlier,
            {{ change }} as large
        from large_spans
        where {{ instant }} is not null
    {%- endfor %}
),

moves_at as (
    select
        record_sk,
        event_at,
        sum(meeting) as meeting,
        sum(contact) as contact,
        sum(lately) as lately,
        sum(earlier) as earlier,
        sum(large) as large
    from moves
    group by record_sk, event_at
),

states as (
    select
        record_sk,
        {%- for count in ['meeting', 'contact', 'lately', 'earlier', 'large'] %}
            sum({{ count }}) over (
                partition by record_sk
                order by event_at
                rows between unbounded preceding and current row
            ) as n_{{ count }},
        {%- endfor %}
        event_at,
        lead(event_at) over (partition by record_sk order by event_at) as next_event_at
    from moves_at
),

judged_states as (
    select
        states.*,
        known.tells_meetings
        and states.event_at >= milestones.first_milestone_at
        and states.n_meeting = 0 as no_next_meeting,
        known.tells_contacts
        and (states.event_at >= milestones.first_milestone_at or states.n_large > 0)
        and states.n_contact <= 1 as single_threaded,
        known.tells_two_way
        and states.n_earlier >= {{ threshold('deal_risks__falling_touches') }}
        and 2 * states.n_lately * {{ threshold('deal_risks__falling_base_days') }}
        < states.n_earlier * {{ threshold('deal_risks__falling_days') }} as engagement_falling
    from states
    inner join records on states.record_sk = records.record_sk
    inner join known on records.crm = known.crm
    left join milestones on states.record_sk = milestones.record_sk
),

numbered_pushes as (
    select
        record_sk,
        event_at,
        row_number() over (partition by record_sk order by event_at) as push_number
    from events
    where push = 1
),

close_dates as (
    select
        record_sk,
        close_date,
        started_at,
        lead(started_at) over (partition by record_sk order by value_number) as ended_at
    from deal_values
    where field = 'close_date'
),

past_close_dates as (
    select
        record_sk,
        started_at as set_at,
        {{ business_instant(
            'cast(' ~ dbt.dateadd('day', 1, 'close_date') ~ ' as ' ~ dbt.type_timestamp() ~ ')'
        ) }} as past_at,
        ended_at
    from close_dates
    where close_date is not null
),

gone_contacts as (
    select
        deals.record_sk,
        case
            when contacts.hard_bounced_at < contacts.departed_at then contacts.hard_bounced_at
            else coalesce(contacts.departed_at, contacts.hard_bounced_at)
        end as gone_at
    from deal_contacts
    inner join contacts
        on
            deal_contacts.crm = contacts.crm
            and deal_contacts.contact_id = contacts.contact_id
    inner join deals
        on
            deal_contacts.crm = deals.crm
            and deal_contacts.opportunity_id = deals.record_id
    where contacts.departed_at is not null or contacts.hard_bounced_at is not null
),

flagged as (
    select
        record_sk,
        'stalled' as flag,
        {{ later('started_at', 1, 'limit_seconds') }} as started_at,
        ended_at
    from limited_stays
    where limit_seconds is not null

    union all

    select
        record_sk,
        'silent' as flag,
        started_at,
        ended_at
    from silences
    {%- for flag in ['no_next_meeting', 'single_threaded', 'engagement_falling'] %}

        union all

        select
            record_sk,
            '{{ flag }}' as flag,
            event_at as started_at,
            next_event_at as ended_at
        from judged_states
        where {{ flag }}
    {%- endfor %}

    union all

    select
        record_sk,
        'close_date_slipping' as flag,
        event_at as started_at,
        cast(null as {{ dbt.type_timestamp() }}) as ended_at
    from numbered_pushes
    where push_number = {{ threshold('deal_risks__pushes') }}

    union all

    select
        record_sk,
        'close_date_slipping' as flag,
        case when past_at < set_at then set_at else past_at end as started_at,
        ended_at
    from past_close_dates

    union all

    select
        record_sk,
        'buyer_gone' as flag,
        gone_at as started_at,
        cast(null as {{ dbt.type_timestamp() }}) as ended_at
    from gone_contacts
),

with_commit as (
    select
        record_sk,
        flag,
        started_at,
        coalesce(ended_at, {{ later(as_of(), 86400, 1) }}) as ended_at
    from flagged

    union all

    select
        flagged.record_sk,
        'commit_at_risk' as flag,
        case
            when flagged.started_at < commits.committed_at then commits.committed_at
            else flagged.started_at
        end as started_at,
        case
            when flagged.ended_at < commits.uncommitted_at then flagged.ended_at
            else coalesce(commits.uncommitted_at, flagged.ended_at, {{ later(as_of(), 86400, 1) }})
        end as ended_at
    from flagged
    inner join commit_spans as commits on flagged.record_sk = commits.record_sk
),

-- While the deal was open, and by as_of.
within as (
    select
        deals.record_sk,
        with_commit.flag,
        deals.opened_at,
        deals.is_open,
        deals.closed_at,
        case
            when with_commit.started_at < deals.opened_at then deals.opened_at
            else with_commit.started_at
        end as started_at,
        case
            when with_commit.ended_at > deals.closed_at then deals.closed_at
            else with_commit.ended_at
        end as ended_at,
        with_commit.ended_at > deals.closed_at as lasts_to_the_end
    from with_commit
    inner join deals on with_commit.record_sk = deals.record_sk
    where with_commit.started_at <= deals.closed_at and with_commit.ended_at > deals.opened_at
),

marked as (
    select
        *,
        max(ended_at) over (
            partition by record_sk, flag, opened_at
            order by started_at, ended_at
            rows between unbounded preceding and 1 preceding
        ) as until_before
    from within
    -- What begins at as_of holds, but a deal stalls only beyond its limit.
    where started_at < ended_at or (is_open and lasts_to_the_end and flag <> 'stalled')
),

grouped as (
    select
        *,
        sum(case when started_at <= until_before then 0 else 1 end) over (
            partition by record_sk, flag, opened_at
            order by started_at, ended_at
            rows between unbounded preceding and current row
        ) as span_number
    from marked
),

final as (
    select
        record_sk,
        flag,
        min(started_at) as onset_at,
        case
            when max(case when is_open and lasts_to_the_end then 1 else 0 end) = 0
                then max(ended_at)
        end as cleared_at,
        max(case when lasts_to_the_end then 1 else 0 end) = 1 as lasts_to_the_end,
        max(case when is_open then null else closed_at end) as closed_at
    from grouped
    group by record_sk, flag, opened_at, span_number
)

select * from final
