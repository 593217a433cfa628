-- One row per landed record that can have a history, visible at as_of or not, with a narrow key:
-- windows over an integer cost a quarter of windows over 18-character ids.
with landed as (
    {%- set objects = {
        'accounts': 'account', 'contacts': 'contact', 'leads': 'lead',
        'opportunities': 'opportunity', 'cases': 'case',
    } %}
    {%- for what, object_type in objects.items() %}
        {{ crm_union(what, [
            "'" ~ object_type ~ "' as object_type", object_type ~ '_id as record_id', 'created_at',
        ]) }}
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
