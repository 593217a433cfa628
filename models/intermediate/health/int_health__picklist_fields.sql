-- One row per CRM, object type and picklist field: how many values it has, and how many say little.
with picklist_values as (
    select * from {{ ref('int_health__picklist_values') }}
),

final as (
    select
        crm,
        object_type,
        field,
        standardise_first,
        sum(n_records) as n_records,
        sum(case when value is not null then n_records else 0 end) as n_filled,
        count(value) as n_values,
        {%- for verdict in ['other', 'rare', 'off_list', 'other_spelling'] %}
            count(case when verdict = '{{ verdict }}' then 1 end) as n_{{ verdict }}_values,
            sum(case when verdict = '{{ verdict }}' then n_records else 0 end)
                as n_{{ verdict }}_records,
        {%- endfor %}
        cast(
            cast(sum(case when verdict = 'other' then n_records else 0 end) as {{ type_double() }})
            / sum(case when value is not null then n_records else 0 end)
            as decimal(9, 6)
        ) as other_share,
        cast(
            cast(sum(case when verdict = 'rare' then n_records else 0 end) as {{ type_double() }})
            / sum(case when value is not null then n_records else 0 end)
            as decimal(9, 6)
        ) as rare_share
    from picklist_values
    group by crm, object_type, field, standardise_first
)

select * from final
