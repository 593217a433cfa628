{%- set blanks = ['domain', 'account_name'] -%}
{#- Punctuation that separates words, then that which does not; a backslash needs escaping on some
    engines. -#}
{%- set separators = ',-/:;&()[]{}<>_+*=|!?"#$%@^~·•–—“”„«»\t\u00a0' -%}
{%- set joiners = ".'’`" -%}
{#- Legal forms have up to this many words (Sp. z o. o.), and so many follow each other
    (GmbH & Co. KGaA). -#}
{%- set words = 4 -%}
{%- set rounds = 3 -%}
{%- set last, parts = [], [] -%}
{%- for n in range(1, words + 1) -%}
    {%- do parts.append("split_part(backwards, ' ', " ~ n ~ ")") -%}
    {%- do last.append(parts | join(' || ')) -%}
{%- endfor -%}
with accounts as (
    select
        records.record_sk,
        accounts.crm,
        accounts.country_iso2,
        {%- for column in blanks %}
            lower({{ strip(
                blank_to_null('accounts.' ~ column, 'blank_' ~ column ~ '.placeholder')
            ) }}) as {{ column }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ ref('stg_crm__accounts') }} as accounts
    inner join {{ ref('base_crm__records') }} as records
        on accounts.record_key = records.record_key
    {%- for column in blanks %}
        left join {{ ref('blank_placeholders') }} as blank_{{ column }}
            on lower({{ strip('accounts.' ~ column) }}) = blank_{{ column }}.placeholder
    {%- endfor %}
    where accounts.is_live
),

cleaned as (
    select
        record_sk,
        crm,
        country_iso2,
        {{ replace_all(
            replace_all(
                replace_all('domain', '^([a-z][a-z0-9+.-]*:)?/+', ''), '[/?#:].*$', ''
            ),
            '^www[.]|[.]+$', ''
        ) }} as host,
        -- Backwards, so that the last word is the first.
        reverse({{ strip(replace_all(
            "translate(account_name, '" ~ separators ~ joiners | replace("'", "''") ~ "', '"
            ~ ' ' * (separators | length) ~ "')",
            ' +', ' '
        )) }}) as backwards
    from accounts
),

forms as (
    select distinct reverse(replace(replace(form, '.', ''), ' ', '')) as form
    from {{ ref('company_legal_forms') }}
),

shorter_0 as (
    select
        record_sk,
        backwards
    from cleaned
),

{% for round in range(1, rounds + 1) %}
    ends_{{ round }} as (
        select
            {%- for n in range(words) %}
                {{ last[n] }} as last_{{ n }},
                substring(backwards, length({{ last[n] }}) + {{ n + 2 }}) as before_{{ n }},
            {%- endfor %}
            record_sk,
            backwards
        from shorter_{{ round - 1 }}
    ),

    shorter_{{ round }} as (
        select
            ends.record_sk,
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

keyed as (
    select
        cleaned.record_sk,
        cleaned.crm,
        case
            when
                free_mail.domain is null
                and {{ matches('cleaned.host', '[^ ,;@]+[.][^ ,;@.]+') }}
                then cleaned.host
        end as domain_key,
        case
            when cleaned.country_iso2 is not null
                then reverse(names.backwards) || ', ' || cleaned.country_iso2
        end as name_key
    from cleaned
    inner join shorter_{{ rounds }} as names on cleaned.record_sk = names.record_sk
    left join {{ ref('free_mail_domains') }} as free_mail on cleaned.host = free_mail.domain
),

final as (
    select
        record_sk,
        domain_key,
        name_key,
        case
            when domain_key is not null
                then min(record_sk) over (partition by crm, domain_key)
        end as domain_sk,
        case
            when name_key is not null then min(record_sk) over (partition by crm, name_key)
        end as name_sk
    from keyed
    where domain_key is not null or name_key is not null
)

select * from final
