-- One row per record that was merged away: into which and when, by all that HubSpot tells of it.
{%- set unknown = 'cast(null as ' ~ dbt.type_timestamp() ~ ')' %}
with contact as {{ inlined() }} (
    select * from {{ ref('base_hubspot__contact') }}
),

contact_merge_audit as (
    select * from {{ ref('base_hubspot__contact_merge_audit') }}
),

company as (
    select * from {{ ref('base_hubspot__company') }}
),

deal as (
    select * from {{ ref('base_hubspot__deal') }}
),

merged_deal as (
    select * from {{ ref('base_hubspot__merged_deal') }}
),

ticket as (
    select * from {{ ref('base_hubspot__ticket') }}
),

told as (
    select
        'contact' as object_type,
        survivor.id as survivor_id,
        parts.part,
        {{ unknown }} as merged_at
    from contact as survivor,
        {{ split_rows('survivor.property_hs_merged_object_ids', ';') }}
    where survivor.landing_status = 'staged' and survivor.is_latest_version

    union all

    -- The older spelling carries the instant of the merge behind each id.
    select
        'contact' as object_type,
        survivor.id as survivor_id,
        {{ dbt.split_part('parts.part', "':'", 1) }} as part,
        {{ parse_value(dbt.split_part('parts.part', "':'", 2), 'text', 'timestamp') }} as merged_at
    from contact as survivor,
        {{ split_rows('survivor.property_hs_calculated_merged_vids', ';') }}
    where survivor.landing_status = 'staged' and survivor.is_latest_version

    union all

    select
        'contact' as object_type,
        canonical_vid as survivor_id,
        vid_to_merge as part,
        timestamp as merged_at
    from contact_merge_audit
    where landing_status = 'staged'

    union all

    select
        'account' as object_type,
        survivor.id as survivor_id,
        parts.part,
        {{ unknown }} as merged_at
    from company as survivor,
        {{ split_rows('survivor.property_hs_merged_object_ids', ';') }}
    where survivor.landing_status = 'staged' and survivor.is_latest_version

    union all

    select
        'opportunity' as object_type,
        survivor.deal_id as survivor_id,
        parts.part,
        {{ unknown }} as merged_at
    from deal as survivor,
        {{ split_rows('survivor.property_hs_merged_object_ids', ';') }}
    where survivor.landing_status = 'staged' and survivor.is_latest_version

    union all

    select
        'opportunity' as object_type,
        deal_id as survivor_id,
        merged_deal_id as part,
        {{ unknown }} as merged_at
    from merged_deal
    where landing_status = 'staged'

    union all

    select
        'case' as object_type,
        survivor.id as survivor_id,
        parts.part,
        {{ unknown }} as merged_at
    from ticket as survivor,
        {{ split_rows('survivor.property_hs_merged_object_ids', ';') }}
    where survivor.landing_status = 'staged' and survivor.is_latest_version
),

trimmed as (
    select
        object_type,
        survivor_id,
        {{ strip('part') }} as record_id,
        merged_at
    from told
),

final as (
    select
        object_type,
        record_id,
        max(survivor_id) as merged_into_id,
        min(merged_at) as merged_at
    from trimmed
    where record_id is not null and record_id <> survivor_id
    group by object_type, record_id
)

select * from final
