-- One row per CRM × object type × reason: are people who were to be left alone still turned to?
{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() %}
with inputs as (
    select * from {{ ref('int_lifecycle__outreach_inputs') }}
),

opt_outs as (
    select * from {{ ref('int_lifecycle__opt_outs') }}
),

candidate_reviews as (
    select * from {{ ref('candidate_reviews') }}
),

contacted as (
    select * from {{ ref('archived_still_contacted_records') }}
),

left_alone as (
    select
        crm,
        object_type,
        'opted_out' as reason,
        since_at
    from opt_outs

    union all

    select
        crm,
        object_type,
        'archived' as reason,
        coalesce(last_reviewed_at, review_due_at) as since_at
    from candidate_reviews
    where cleared_for is not null and object_type in ('contact', 'lead')
),

people as (
    select
        crm,
        object_type,
        reason,
        count(since_at) as n_people,
        count(*) - count(since_at) as n_since_unknown
    from left_alone
    group by crm, object_type, reason
),

found as (
    select
        crm,
        object_type,
        reason,
        count(*) as n_contacted,
        sum(n_contacts) as n_contacts
    from contacted
    group by crm, object_type, reason
),

final as (
    select
        cast(inputs.crm as {{ text }}) as crm,
        cast(inputs.object_type as {{ text }}) as object_type,
        cast(inputs.reason as {{ text }}) as reason,
        {%- for count, relation in [
            ('n_people', 'people'), ('n_since_unknown', 'people'), ('n_contacted', 'found'),
            ('n_contacts', 'found'),
        ] %}
            cast(
                case when inputs.is_landed then coalesce({{ relation }}.{{ count }}, 0) end
                as {{ bigint }}
            ) as {{ count }},
        {%- endfor %}
        cast(
            case
                when not inputs.is_landed then 'not_landed'
                when found.n_contacted > 0 then 'alert'
                when coalesce(people.n_people, 0) = 0 then 'no_records'
                else 'ok'
            end as {{ text }}
        ) as status,
        cast(inputs.missing_inputs as {{ text }}) as missing_inputs
    from inputs
    left join people
        on
            inputs.crm = people.crm
            and inputs.object_type = people.object_type
            and inputs.reason = people.reason
    left join found
        on
            inputs.crm = found.crm
            and inputs.object_type = found.object_type
            and inputs.reason = found.reason
)

select * from final
