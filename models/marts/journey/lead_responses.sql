-- One row per lead's journey: who owned it first, who reached out first, and how long it took.
{%- set text = dbt.type_string() -%}
{%- set seconds = 'decimal(28, 6)' -%}
{%- set bigint = dbt.type_bigint() %}

with responses as (
    select * from {{ ref('int_journey__responses') }}
),

final as (
    select
        cast(journey_key as {{ text }}) as journey_key,
        cast(crm as {{ text }}) as crm,
        cast(object_type as {{ text }}) as object_type,
        cast(record_id as {{ text }}) as record_id,
        cast(segment as {{ text }}) as segment,
        cast(lead_source as {{ text }}) as lead_source,
        entered_at,
        cast(
            case when is_in_hours then 'in_hours' when not is_in_hours then 'off_hours' end
            as {{ text }}
        ) as hours_class,
        cast(first_owner_id as {{ text }}) as first_owner_id,
        cast(owner_team as {{ text }}) as owner_team,
        first_owned_at,
        first_touch_at,
        cast(first_touch_type as {{ text }}) as first_touch_type,
        cast(first_touch_by as {{ text }}) as first_touch_by,
        first_day_only_touch_date,
        first_two_way_at,
        {%- for what in ['owner', 'touch', 'two_way'] %}
            cast(seconds_to_{{ what }} as {{ seconds }}) as seconds_to_{{ what }},
            cast(business_seconds_to_{{ what }} as {{ seconds }})
                as business_seconds_to_{{ what }},
        {%- endfor %}
        due_at,
        cast(response as {{ text }}) as response,
        case
            when response = 'in_time' then false
            when response in ('late', 'untouched') then true
        end as is_breach,
        {%- for what in [
            'touches', 'calls', 'emails', 'meetings', 'day_only_touches', 'owners_before_touch',
        ] %}
            cast(n_{{ what }} as {{ bigint }}) as n_{{ what }},
        {%- endfor %}
        is_converted,
        converted_at,
        is_disqualified,
        cast(left_out_reason as {{ text }}) as left_out_reason
    from responses
)

select * from final
