-- One row per CRM, object type, picklist field and value (NULL: none) of live records, and what is
-- wrong with the value.
{%- set text = dbt.type_string() -%}
{#- Each object with the fields that its staging model has; those of records are as they were at
    as_of. -#}
{%- set of_records = {
    'status': 'stage', 'stage': 'stage', 'lifecycle_stage': 'lifecycle_stage',
    'lead_source': 'lead_source', 'forecast_category': 'forecast_category',
    'segment': 'segment', 'region': 'region', 'consent_status': 'consent_status',
} -%}
{%- set staged = {
    'account': ('stg_crm__accounts', {'industry': 'industry'}),
    'opportunity': ('stg_crm__opportunities', {
        'loss_reason': 'loss_reason', 'type': 'opportunity_type',
    }),
} %}

with records as (
    select * from {{ ref('int_crm__records') }}
),

picklist_policy as (
    select * from {{ ref('picklist_policy') }}
),

picklist_lists as (
    select * from {{ ref('picklist_lists') }}
),

other_values as (
    select * from {{ ref('other_values') }}
),

stages as (
    select * from {{ ref('stg_crm__stages') }}
),

{% for object_type, (model, _) in staged.items() -%}
    {{ object_type }} as (
        select * from {{ ref(model) }}
    ),

{% endfor -%}

found as (
    {%- for field, column in of_records.items() %}
        select
            records.crm,
            records.object_type,
            picklist_policy.field,
            cast(records.{{ column }} as {{ text }}) as value,
            count(*) as n_records,
            max(records.created_at) as newest_created_at
        from records
        inner join picklist_policy on records.object_type = picklist_policy.object_type
        where records.is_live and picklist_policy.field = '{{ field }}'
        group by
            records.crm, records.object_type, picklist_policy.field, records.{{ column }}

        union all
    {% endfor %}
    {%- for object_type, (_, columns) in staged.items() %}
        {%- set outer_loop = loop %}
        {%- for field, column in columns.items() %}
            select
                records.crm,
                records.object_type,
                picklist_policy.field,
                {{ object_type }}.{{ column }} as value,
                count(*) as n_records,
                max(records.created_at) as newest_created_at
            from records
            inner join {{ object_type }} on records.record_key = {{ object_type }}.record_key
            inner join picklist_policy on records.object_type = picklist_policy.object_type
            where
                records.is_live
                and picklist_policy.field = '{{ field }}'
                {%- if field == 'loss_reason' %}
                    and records.stage_kind = 'lost'
                {%- endif %}
            group by
                records.crm,
                records.object_type,
                picklist_policy.field,
                {{ object_type }}.{{ column }}
            {%- if not (outer_loop.last and loop.last) %}

                union all
            {% endif %}
        {%- endfor %}
    {%- endfor %}
),

-- Words for nothing are no value. What the consent is landed as is read into words of its own.
told as (
    select
        crm,
        object_type,
        field,
        case
            when field = 'consent_status' and value = 'unknown' then null
            else {{ blank_to_null('value') }}
        end as value,
        n_records,
        newest_created_at
    from found
),

counted as (
    select
        crm,
        object_type,
        field,
        value,
        {{ compared_text('value') }} as compared_value,
        sum(n_records) as n_records,
        max(newest_created_at) as newest_created_at
    from told
    group by crm, object_type, field, value
),

-- What the CRM's own list, or else the policy, has. A stage that is retired is off the list.
listed as (
    select distinct
        crm,
        object_type,
        case when object_type = 'opportunity' then 'stage' else 'status' end as field,
        stage as value
    from stages
    where not is_retired

    union

    select distinct
        crm,
        object_type,
        case when object_type = 'opportunity' then 'stage' else 'status' end as field,
        stage_label as value
    from stages
    where not is_retired and stage_label is not null

    union

    select
        crm,
        object_type,
        field,
        value
    from picklist_lists
),

lists as (
    select distinct
        crm,
        object_type,
        field
    from listed
),

ranked as (
    select
        counted.crm,
        counted.object_type,
        counted.field,
        counted.value,
        counted.n_records,
        counted.newest_created_at,
        lists.crm is not null as is_by_list,
        count(*) over (
            partition by
                counted.crm, counted.object_type, counted.field, counted.compared_value
        ) as n_spellings,
        first_value(counted.value) over (
            partition by
                counted.crm, counted.object_type, counted.field, counted.compared_value
            order by
                case when listed.value is null then 1 else 0 end asc,
                counted.n_records desc,
                counted.value asc
        ) as best_spelling,
        cast(counted.n_records as {{ type_double() }}) / sum(counted.n_records) over (
            partition by counted.crm, counted.object_type, counted.field
        ) as share,
        max(case when counted.value is not null then 1 else 0 end) over (
            partition by counted.crm, counted.object_type, counted.field
        ) as is_used,
        lists.crm is not null and listed.value is null as is_off_list,
        lists.crm is not null or counted.field = 'consent_status' as has_list,
        other_values.value is not null as is_other
    from counted
    left join lists
        on
            counted.crm = lists.crm
            and counted.object_type = lists.object_type
            and counted.field = lists.field
    left join listed
        on
            counted.crm = listed.crm
            and counted.object_type = listed.object_type
            and counted.field = listed.field
            and counted.value = listed.value
    left join other_values on counted.compared_value = other_values.value
),

final as (
    select
        ranked.crm,
        ranked.object_type,
        ranked.field,
        ranked.value,
        ranked.n_records,
        ranked.newest_created_at,
        ranked.is_by_list as has_list,
        ranked.is_off_list and ranked.value is not null as is_off_list,
        ranked.share,
        case when ranked.value is not null then ranked.n_spellings end as n_spellings,
        case
            when ranked.value is null then 'blank'
            when ranked.value <> ranked.best_spelling then 'other_spelling'
            when ranked.is_off_list then 'off_list'
            when ranked.is_other then 'other'
            -- What is on a list is no typing error, be it rare.
            when not ranked.has_list and ranked.share < {{ threshold('picklist__rare_share') }}
                then 'rare'
            else 'ok'
        end as verdict,
        case when ranked.value <> ranked.best_spelling then ranked.best_spelling end as use_instead,
        picklist_policy.standardise_first
    from ranked
    inner join picklist_policy
        on
            ranked.object_type = picklist_policy.object_type
            and ranked.field = picklist_policy.field
    where ranked.is_used = 1
)

select * from final
