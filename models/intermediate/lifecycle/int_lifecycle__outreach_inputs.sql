-- One row per CRM × object type of people × reason to leave them alone: whether it can be told that
-- they are still turned to, and what for it is not landed.
{%- set ways = {
    'automated activities': ('stg_crm__activities', 'is_automated is not null'),
    'campaign members': ('stg_crm__campaign_touches', 'true'),
    'marketing mails': ('stg_crm__mailings', 'true'),
} %}
with inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

{% for way, (model, condition) in ways.items() %}
    {{ way | replace(' ', '_') }} as (
        select distinct crm
        from {{ ref(model) }}
        where {{ condition }}
    ),
{% endfor %}

ways as (
    {%- for way in ways %}
        select
            crm,
            '{{ way }}' as way
        from {{ way | replace(' ', '_') }}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

people as (
    select
        crm,
        object_type
    from inputs
    where object_type in ('contact', 'lead') and input = 'records'
),

histories as (
    select distinct
        crm,
        object_type
    from inputs
    where input in ('history:consent_status', 'history:do_not_contact')
),

reasons as (
    select reason from {{ text_rows(['reason'], ['archived', 'opted_out']) }}
),

judged as (
    select
        people.crm,
        people.object_type,
        reasons.reason,
        reasons.reason = 'opted_out' and histories.crm is null as lacks_history,
        {%- for way in ways %}
            max(case when ways.way = '{{ way }}' then 1 else 0 end)
                as has_{{ way | replace(' ', '_') }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from people
    cross join reasons
    left join histories
        on people.crm = histories.crm and people.object_type = histories.object_type
    left join ways on people.crm = ways.crm
    group by people.crm, people.object_type, reasons.reason, histories.crm
),

final as (
    select
        crm,
        object_type,
        reason,
        not lacks_history
        and {% for way in ways -%}
            has_{{ way | replace(' ', '_') }}{% if not loop.last %} + {% endif %}
        {%- endfor %} > 0 as is_landed,
        nullif(
            substring(
                case when lacks_history then ', history of consent' else '' end
                {%- for way in ways %}
                    || case
                        when has_{{ way | replace(' ', '_') }} = 0 then ', {{ way }}' else ''
                    end
                {%- endfor %},
                3
            ),
            ''
        ) as missing_inputs
    from judged
)

select * from final
