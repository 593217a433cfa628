-- One row per name of an account or of a lead's company as landed: the name as it is compared.
{#- Legal forms have up to this many words (Sp. z o. o.), and so many follow each other
    (GmbH & Co. KGaA). -#}
{%- set words = 4 -%}
{%- set rounds = 3 -%}
{%- set last, parts = [], [] -%}
{%- for n in range(1, words + 1) -%}
    {%- do parts.append("split_part(backwards, ' ', " ~ n ~ ")") -%}
    {%- do last.append(parts | join(' || ')) -%}
{%- endfor %}

with names as (
    select account_name as company_name
    from {{ ref('stg_crm__accounts') }}

    union

    select company as company_name
    from {{ ref('stg_crm__leads') }}
),

-- Backwards, so that the last word is the first.
shorter_0 as (
    select
        company_name,
        reverse({{ compared_text('company_name') }}) as backwards
    from names
    where {{ blank_to_null('company_name') }} is not null
),

forms as (
    select distinct reverse(replace(replace(form, '.', ''), ' ', '')) as form
    from {{ ref('company_legal_forms') }}
),

{% for round in range(1, rounds + 1) %}
    ends_{{ round }} as (
        select
            {%- for n in range(words) %}
                {{ last[n] }} as last_{{ n }},
                substring(backwards, length({{ last[n] }}) + {{ n + 2 }}) as before_{{ n }},
            {%- endfor %}
            company_name,
            backwards
        from shorter_{{ round - 1 }}
    ),

    shorter_{{ round }} as {{ materialized() }} (
        select
            ends.company_name,
            case
                {%- for n in range(words - 1, -1, -1) %}
                    when forms_{{ n }}.form is not null and ends.before_{{ n }} <> ''
                        then ends.before_{{ n }}
                {%- endfor %}
                else ends.backwards
            end as backwards
        from
            ends_{{ round }} as ends
        {%- for n in range(words) %}
            left join forms as forms_{{ n }}
                on ends.last_{{ n }} = forms_{{ n }}.form
        {%- endfor %}
    ),

{% endfor -%}

final as (
    select
        company_name,
        reverse(backwards) as company_key
    from shorter_{{ rounds }}
    where backwards is not null
)

select * from final
