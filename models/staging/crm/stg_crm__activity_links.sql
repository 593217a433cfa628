-- A meeting can have many contacts: each counts as its activity.
with linked as (
    -- Salesforce's who and what tell their object by the first characters of the id.
    {%- for table in ['task', 'event'] %}
        {%- for column, prefix, object_type in [
            ('account_id', '001', 'account'),
            ('what_id', '001', 'account'),
            ('what_id', '006', 'opportunity'),
            ('who_id', '003', 'contact'),
            ('who_id', '00Q', 'lead'),
        ] %}
            select
                'salesforce' as crm,
                id as activity_id,
                '{{ object_type }}' as object_type,
                {{ column }} as record_id
            from {{ ref('base_salesforce__' ~ table) }}
            where
                landing_status = 'staged'
                and is_latest_version
                and {{ column }} like '{{ prefix }}%'

            union all
        {%- endfor %}
    {%- endfor %}

    {%- for hubspot_object, object_type in [
        ('company', 'account'), ('contact', 'contact'), ('deal', 'opportunity'),
    ] %}

        select
            'hubspot' as crm,
            engagement_id as activity_id,
            '{{ object_type }}' as object_type,
            {{ hubspot_object }}_id as record_id
        from {{ ref('base_hubspot__engagement_' ~ hubspot_object) }}
        where landing_status = 'staged'

        union all
    {%- endfor %}

    {%- for object_type in ['account', 'contact', 'lead', 'opportunity'] %}

        select
            'open' as crm,
            activity_id,
            '{{ object_type }}' as object_type,
            {{ object_type }}_id as record_id
        from {{ ref('base_open__activities') }}
        where landing_status = 'staged' and {{ strip(object_type ~ '_id') }} is not null
        {%- if not loop.last %}

            union all
        {%- endif %}
    {%- endfor %}
),

final as (
    select distinct
        crm,
        activity_id,
        object_type,
        record_id
    from linked
)

select * from final
