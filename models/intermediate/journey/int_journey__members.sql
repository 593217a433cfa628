-- One row per journey and record of it: the first, and what it was converted to.
with journeys as (
    select * from {{ ref('int_journey__journeys') }}
),

records as (
    select
        record_sk,
        crm,
        object_type,
        record_id
    from {{ ref('int_crm__records') }}
),

named as (
    select
        journey_key,
        crm,
        object_type,
        record_id,
        entered_at as member_since,
        true as is_first
    from journeys

    {%- for object_type in ['contact', 'account', 'opportunity'] %}

        union all

        select
            journey_key,
            crm,
            '{{ object_type }}' as object_type,
            converted_{{ object_type }}_id as record_id,
            coalesce(converted_at, entered_at) as member_since,
            false as is_first
        from journeys
        where is_converted and converted_{{ object_type }}_id is not null
    {%- endfor %}
),

final as (
    select
        named.journey_key,
        named.crm,
        named.object_type,
        named.record_id,
        records.record_sk,
        named.member_since,
        named.is_first
    from named
    left join records
        on
            named.crm = records.crm
            and named.object_type = records.object_type
            and named.record_id = records.record_id
)

select * from final
