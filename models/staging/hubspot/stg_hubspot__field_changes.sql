-- One row per value of the property and stage histories, copies included. They tell new values
-- only: the old one is the value before it of the same property.
{{ config(materialized='view') }}

with deal_stage as (
    select * from {{ ref('base_hubspot__deal_stage') }}
),

field_map as (
    select * from {{ ref('field_map') }}
),

hubspot_change_sources as (
    select * from {{ ref('hubspot_change_sources') }}
),

told as (
    select
        'opportunity' as object_type,
        deal_id as record_id,
        'deal_stage' as source_table,
        'dealstage' as landed_field,
        value as new_value,
        date_entered as changed_at,
        source,
        source_id,
        _fivetran_start,
        landing_status
    from deal_stage

    {%- for object_type, hubspot_object in [
        ('opportunity', 'deal'), ('contact', 'contact'), ('account', 'company'), ('case', 'ticket'),
    ] %}

        union all

        select
            '{{ object_type }}' as object_type,
            {{ hubspot_object }}_id as record_id,
            '{{ hubspot_object }}_property_history' as source_table,
            name as landed_field,
            {{ told_value('name', 'value') }} as new_value,
            coalesce(timestamp, timestamp_instant) as changed_at,
            source,
            source_id,
            _fivetran_start,
            landing_status
        from {{ ref('base_hubspot__' ~ hubspot_object ~ '_property_history') }}
    {%- endfor %}
),

mapped as (
    select
        told.*,
        coalesce(field_map.field, told.landed_field) as field,
        told.landing_status <> 'staged' as is_landed_again
    from told
    left join field_map
        on
            field_map.crm = 'hubspot'
            and told.object_type = field_map.object_type
            and lower(told.landed_field) = field_map.landed_field
    where told.landing_status in ('staged', 'duplicate', 'superseded')
),

ordered as (
    select
        *,
        row_number() over (
            partition by is_landed_again, object_type, source_table, record_id, landed_field
            order by changed_at, _fivetran_start nulls first, new_value nulls first
        ) as value_number,
        case
            when not is_landed_again
                then lag(new_value) over (
                    partition by is_landed_again, object_type, source_table, record_id, landed_field
                    order by changed_at, _fivetran_start nulls first, new_value nulls first
                )
        end as old_value,
        -- A key, since a condition on one side only makes the join below a nested loop.
        case
            when source_table = 'deal_property_history' and field = 'stage' then record_id
        end as stage_record_id
    from mapped
),

-- Other loaders than Fivetran tell stage changes in the property history; told by both they count
-- once.
stages_told as (
    select distinct
        record_id,
        new_value,
        changed_at
    from mapped
    where source_table = 'deal_stage' and not is_landed_again
),

final as (
    select
        ordered.object_type,
        ordered.record_id,
        ordered.source_table,
        ordered.record_id || ':' || ordered.landed_field || ':'
        || cast(ordered.changed_at as {{ dbt.type_string() }}) || ':'
        || coalesce(ordered.new_value, '') as change_id,
        cast(ordered.value_number as {{ dbt.type_bigint() }}) as change_sequence,
        ordered.landed_field,
        ordered.field,
        {%- for value in ['old_value', 'new_value'] %}
            case
                when
                    ordered.field = 'consent_status'
                    and lower(ordered.landed_field) = 'hs_email_optout'
                    then case
                        when lower(ordered.{{ value }}) in ('true', '1') then 'unsubscribed'
                    end
                else ordered.{{ value }}
            end as {{ value }},
        {%- endfor %}
        ordered.changed_at,
        ordered.source_id as changed_by,
        case
            when lower(ordered.source_id) like 'userid:%'
                then {{ dbt.split_part('ordered.source_id', "':'", 2) }}
        end as login_id,
        case when ordered.source is not null then coalesce(sources.actor_kind, 'other') end
            as actor_kind,
        sources.channel,
        sources.write_path as told_write_path,
        false as is_channel_by_actor,
        -- A workflow's changes carry its id.
        case
            when upper(ordered.source) in ('AUTOMATION_PLATFORM', 'WORKFLOWS')
                then ordered.source_id
        end as automation_id,
        cast(null as {{ dbt.type_string() }}) as correlation_id,
        coalesce(sources.is_calculated, false) as is_calculated,
        ordered.is_landed_again or stages_told.record_id is not null as is_duplicate,
        -- The first row of a property is the value at creation when it comes with it, as the time
        -- tells; a stage's always is.
        case
            when ordered.value_number > 1 then false
            when ordered.field = 'stage' then true
        end as is_first_value
    from ordered
    left join stages_told
        on
            ordered.stage_record_id = stages_told.record_id
            and ordered.new_value = stages_told.new_value
            and ordered.changed_at = stages_told.changed_at
    left join hubspot_change_sources as sources
        on upper(ordered.source) = sources.source
)

select * from final
