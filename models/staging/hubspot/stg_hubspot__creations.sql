-- One row per usable record of which HubSpot tells by whom or through what it came about. A person
-- counts as the maker where the source is one of people, or is not told: an import, a form or an
-- app has made what a person let it make.
{{ config(materialized='view') }}

{%- set text = dbt.type_string() %}

with hubspot_change_sources as (
    select * from {{ ref('hubspot_change_sources') }}
),

told as (
    {%- for object_type, hubspot_object, key in [
        ('account', 'company', 'id'), ('contact', 'contact', 'id'),
        ('opportunity', 'deal', 'deal_id'), ('case', 'ticket', 'id'),
    ] %}
        select
            '{{ object_type }}' as object_type,
            {{ key }} as record_id,
            upper(property_hs_object_source) as source,
            property_hs_object_source_id as source_id,
            coalesce(
                property_hs_object_source_user_id,
                property_hs_created_by_user_id,
                case
                    when lower(property_hs_object_source_id) like 'userid:%'
                        then {{ dbt.split_part('property_hs_object_source_id', "':'", 2) }}
                end
            ) as maker_id
        from {{ ref('base_hubspot__' ~ hubspot_object) }}
        where landing_status = 'staged' and is_latest_version
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

judged as (
    select
        told.*,
        sources.channel,
        sources.write_path as told_write_path,
        case when told.source is not null then coalesce(sources.actor_kind, 'other') end
            as actor_kind,
        case
            when told.source is null or sources.actor_kind = 'human' then told.maker_id
        end as login_id
    from told
    left join hubspot_change_sources as sources on told.source = sources.source
    where coalesce(told.source, told.source_id, told.maker_id) is not null
),

final as (
    select
        object_type,
        record_id,
        coalesce('userId:' || login_id, source_id) as created_by,
        login_id,
        actor_kind,
        channel,
        told_write_path,
        false as is_channel_by_actor,
        -- A workflow's records carry its id.
        case when source in ('AUTOMATION_PLATFORM', 'WORKFLOWS') then source_id end
            as automation_id
    from judged
)

select * from final
