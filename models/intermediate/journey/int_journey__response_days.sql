-- One row per CRM × team × first owner × source × hours class × segment × day of entry, and with
-- all owners, sources and segments, and all teams, together: how fast journeys were answered.
{%- set double = type_double() -%}
{%- set kept = ['crm', 'hours_class', 'entry_date'] -%}
{%- set told_apart = ['owner_team', 'first_owner_id', 'lead_source', 'segment'] -%}
{%- set dimensions = kept + told_apart -%}
{%- set groupings = [told_apart, ['owner_team'], []] -%}
{%- set percentiles = {'p50': 50, 'p90': 90} %}

with responses as (
    select * from {{ ref('int_journey__responses') }}
),

-- A response that only a day is told of is of no use where seconds are counted.
judged as (
    select
        *,
        case when is_in_hours then 'in_hours' when not is_in_hours then 'off_hours' end
            as hours_class,
        cast(entered_at as date) as entry_date,
        response in ('in_time', 'late', 'untouched')
        and (response = 'untouched' or seconds_to_touch is not null) as is_judged,
        left_out_reason is null
        and tells_owners
        and {{ later('entered_at', 60, threshold('lead_acceptance__minutes')) }} < {{ as_of() }}
            as is_due_for_owner,
        has_contact_data
        and coalesce(
            first_owned_at
            <= {{ later('entered_at', 60, threshold('lead_acceptance__minutes')) }},
            false
        ) as is_accepted
    from responses
),

counted as (
    {%- for grouping in groupings %}
        select
            {{ kept | join(',\n            ') }},
            {%- for column in told_apart %}
                {{ column if column in grouping else "'all'" }} as {{ column }},
            {%- endfor %}
            journey_key,
            left_out_reason,
            response,
            tells_touches,
            tells_owners,
            is_due_for_owner,
            is_accepted,
            coalesce(is_judged, false) as is_judged,
            seconds_to_touch,
            business_seconds_to_touch
        from judged
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

-- An untouched journey is the slowest of all; what is not judged stands behind it.
ranked as (
    select
        *,
        {%- for measure in ['seconds', 'business_seconds'] %}
            row_number() over (
                partition by {{ dimensions | join(', ') }}
                order by
                    case when is_judged then 0 else 1 end,
                    {{ measure }}_to_touch nulls last,
                    journey_key
            ) as {{ measure }}_place,
        {%- endfor %}
        count(case when is_judged then 1 end) over (
            partition by {{ dimensions | join(', ') }}
        ) as n_judged
    from counted
),

summed as (
    select
        {{ dimensions | join(',\n        ') }},
        min(case when tells_touches then 1 else 0 end) = 1 as is_landed,
        min(case when tells_owners then 1 else 0 end) = 1 as is_owner_landed,
        count(*) as n_journeys,
        count(left_out_reason) as n_left_out,
        count(case when response = 'day_only' then 1 end) as n_day_only,
        max(n_judged) as n_judged,
        count(case when is_judged and response <> 'in_time' then 1 end) as n_breached,
        {%- for name, share in percentiles.items() %}
            {%- for measure in ['seconds', 'business_seconds'] %}
                max(
                    case
                        when
                            is_judged
                            and {{ measure }}_place * 100 >= n_judged * {{ share }}
                            and ({{ measure }}_place - 1) * 100 < n_judged * {{ share }}
                            then {{ measure }}_to_touch
                    end
                ) as {{ name }}_{{ measure }},
            {%- endfor %}
        {%- endfor %}
        count(case when is_due_for_owner then 1 end) as n_due_for_owner,
        count(case when is_due_for_owner and is_accepted then 1 end) as n_accepted
    from ranked
    group by {{ dimensions | join(', ') }}
),

final as (
    select
        {{ dimensions | join(',\n        ') }},
        n_journeys,
        n_left_out,
        case when is_landed then n_day_only end as n_day_only,
        case when is_landed then n_judged end as n_judged,
        case when is_landed then n_breached end as n_breached,
        case
            when is_landed and n_judged > 0 then cast(n_breached as {{ double }}) / n_judged
        end as breach_rate,
        {%- for name in percentiles %}
            {{ name }}_seconds,
            {{ name }}_business_seconds,
            case when is_landed and n_judged > 0 then {{ name }}_seconds is not null end
                as is_{{ name }}_reached,
        {%- endfor %}
        case when is_owner_landed then n_due_for_owner end as n_due_for_owner,
        case when is_owner_landed then n_accepted end as n_accepted,
        case
            when is_owner_landed and n_due_for_owner > 0
                then cast(n_accepted as {{ double }}) / n_due_for_owner
        end as acceptance_rate
    from summed
)

select * from final
