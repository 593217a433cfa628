-- Every landed record that can have a history, visible at as_of or not, with a narrow key: windows
-- over an integer cost a quarter of windows over 18-character ids.
with landed as (
    {%- set objects = [
        ('salesforce', 'account', 'base_salesforce__account', 'id', 'created_date'),
        ('salesforce', 'contact', 'base_salesforce__contact', 'id', 'created_date'),
        ('salesforce', 'lead', 'base_salesforce__lead', 'id', 'created_date'),
        ('salesforce', 'opportunity', 'base_salesforce__opportunity', 'id', 'created_date'),
        ('salesforce', 'case', 'base_salesforce__case', 'id', 'created_date'),
        ('hubspot', 'account', 'base_hubspot__company', 'id', 'property_createdate'),
        ('hubspot', 'contact', 'base_hubspot__contact', 'id', 'property_createdate'),
        ('hubspot', 'opportunity', 'base_hubspot__deal', 'deal_id', 'property_createdate'),
        ('hubspot', 'case', 'base_hubspot__ticket', 'id', 'property_createdate'),
        ('open', 'account', 'base_open__accounts', 'account_id', 'created_at'),
        ('open', 'contact', 'base_open__contacts', 'contact_id', 'created_at'),
        ('open', 'lead', 'base_open__leads', 'lead_id', 'created_at'),
        ('open', 'opportunity', 'base_open__opportunities', 'opportunity_id', 'created_at'),
        ('open', 'case', 'base_open__cases', 'case_id', 'created_at'),
    ] %}
    {%- for crm, object_type, model, id, created_at in objects %}
        select
            '{{ crm }}' as crm,
            '{{ object_type }}' as object_type,
            {{ id }} as record_id,
            {{ created_at }} as created_at
        from {{ ref(model) }}
        where landing_status = 'staged' and is_latest_version
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

final as (
    select
        row_number() over (order by crm, object_type, record_id) as record_sk,
        {{ record_key('crm', 'object_type', 'record_id') }} as record_key,
        crm,
        object_type,
        record_id,
        created_at
    from landed
)

select * from final
