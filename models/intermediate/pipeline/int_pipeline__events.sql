-- One row per deal and event that changes what is known of it: the number of the stage, owner or
-- value that begins, or what a count gains or loses. A touch counts from when it took place until
-- its window ends, a planned meeting from when it was entered until it is due.
with stage_periods as (
    select * from {{ ref('int_history__stage_periods') }}
),

owner_periods as (
    select * from {{ ref('int_history__owner_periods') }}
),

deal_values as (
    select * from {{ ref('int_pipeline__values') }}
),

edits as (
    select * from {{ ref('int_history__edits') }}
),

touches as (
    select * from {{ ref('int_pipeline__touches') }}
),

links as (
    select * from {{ ref('stg_crm__activity_links') }}
),

pushes as (
    select
        record_sk,
        changed_at
    from edits
    where
        object_type = 'opportunity'
        and not is_orphan
        and field = 'close_date'
        and {{ parse_value('new_value', 'text', 'date') }}
        > {{ parse_value('old_value', 'text', 'date') }}
),

-- A contact is engaged while the last two-way touch with it is within the window.
contact_touches as (
    select
        touches.record_sk,
        links.record_id as contact_id,
        touches.occurred_at
    from touches
    inner join links
        on touches.crm = links.crm and touches.activity_id = links.activity_id
    where touches.is_two_way and links.object_type = 'contact'
),

contact_spans as (
    select
        record_sk,
        occurred_at,
        {{ days_after('occurred_at', 'deal_risks__engaged_days') }} as until_at,
        lag({{ days_after('occurred_at', 'deal_risks__engaged_days') }}) over (
            partition by record_sk, contact_id order by occurred_at
        ) as previous_until_at,
        lead(occurred_at) over (partition by record_sk, contact_id order by occurred_at)
            as next_occurred_at
    from contact_touches
),

final as (
    select
        record_sk,
        {{ deal_event({'stage_number': 'period_number'}, 'started_at') }}
    from stage_periods
    where object_type = 'opportunity'

    union all

    select
        record_sk,
        {{ deal_event({'owner_number': 'period_number'}, 'started_at') }}
    from owner_periods
    where object_type = 'opportunity'
    {%- for field in ['amount', 'close_date', 'forecast_category'] %}

        union all

        select
            record_sk,
            {{ deal_event({field ~ '_number': 'value_number'}, 'started_at') }}
        from deal_values
        where field = '{{ field }}'
    {%- endfor %}

    union all

    select
        record_sk,
        {{ deal_event({'push': '1'}, 'changed_at') }}
    from pushes
    {%- for count, flag in {'two_way': 'is_two_way', 'touch': 'is_touch'}.items() %}

        union all

        select
            record_sk,
            {{ deal_event({count: '1'}, 'occurred_at') }}
        from touches
        where {{ flag }}

        union all

        select
            record_sk,
            {{ deal_event({count: '-1'}, days_after('occurred_at', 'forecast__touch_days')) }}
        from touches
        where {{ flag }}
    {%- endfor %}

    union all

    select
        record_sk,
        {{ deal_event({'contact': '1'}, 'occurred_at') }}
    from contact_spans
    where previous_until_at is null or previous_until_at < occurred_at

    union all

    select
        record_sk,
        {{ deal_event({'contact': '-1'}, 'until_at') }}
    from contact_spans
    where next_occurred_at is null or next_occurred_at > until_at

    union all

    select
        record_sk,
        {{ deal_event({'meeting': '1'}, 'known_at') }}
    from touches
    where is_meeting and known_at < occurred_at

    union all

    select
        record_sk,
        {{ deal_event({'meeting': '-1'}, 'occurred_at') }}
    from touches
    where is_meeting and known_at < occurred_at
)

select * from final
