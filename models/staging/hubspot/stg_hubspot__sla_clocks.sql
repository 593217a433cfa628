-- One row per ticket and service level that it is under: the first response, and closing.
{{ config(materialized='view') }}

with tickets as (
    select * from {{ ref('base_hubspot__ticket') }}
),

final as (
    {%- for sla, due_at, stopped_at in [
        (
            'first_response',
            'property_hs_time_to_first_response_sla_at',
            'property_first_agent_reply_date',
        ),
        ('close', 'property_hs_time_to_close_sla_at', 'property_closed_date'),
    ] %}
        select
            'case' as object_type,
            id as record_id,
            '{{ sla }}' as sla,
            property_createdate as started_at,
            {{ due_at }} as due_at,
            {{ stopped_at }} as stopped_at,
            cast(null as {{ dbt.type_bigint() }}) as paused_seconds
        from tickets
        where landing_status = 'staged' and is_latest_version and {{ due_at }} is not null
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
)

select * from final
