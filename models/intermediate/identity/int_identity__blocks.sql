-- One row per record and block that holds more than one record: who is compared with whom.
{#- Each rule with what it blocks by, and how many letters of a name narrow that further. A record
    is in one block for each part of its name, so that neither the order of the parts nor a typing
    error in one of them keeps two records apart. -#}
{%- set letters = replace_all('street', '[0-9 ]', '') -%}
{%- set address_rules = [
    ('postal_code', 'postal_code', 2),
    ('street', 'substring(' ~ letters ~ ', 1, 4)', 3),
    ('city', 'substring(city, 1, 6)', 3),
] -%}
{%- set parties = [
    (
        'account', 'int_identity__account_keys',
        ["split_part(company_key, ' ', 1)", "nullif(split_part(company_key, ' ', 2), '')"],
        address_rules,
    ),
    (
        'person', 'int_identity__person_keys', ['first_name', 'last_name'],
        address_rules + [
            ('company', 'company_key', 2),
            ('company_host', 'company_host', 2),
        ],
    ),
] %}

with keyed as (
    {%- for party, keys, names, rules in parties %}
        {%- for rule, key, n_letters in rules %}
            {%- for name in names %}
                select
                    record_sk,
                    crm,
                    '{{ party }}' as party,
                    '{{ rule }}' as block_rule,
                    {{ key }} || ' ' || substring({{ name }}, 1, {{ n_letters }}) as block_key
                from {{ ref(keys) }}
                where
                    {{ name }} is not null
                    {%- if rule.startswith('company') %}
                        and {{ key }} is not null
                    {%- else %}
                        and street is not null
                        and {{ key }} <> ''
                    {%- endif %}
                    {%- if loop.index0 > 0 %}
                        and (
                            {{ names[0] }} is null
                            or substring({{ names[0] }}, 1, {{ n_letters }})
                            <> substring({{ name }}, 1, {{ n_letters }})
                        )
                    {%- endif %}

                union all

            {% endfor %}
        {%- endfor %}

        select
            record_sk,
            crm,
            '{{ party }}' as party,
            'phone' as block_rule,
            phone_e164 as block_key
        from {{ ref(keys) }}
        where phone_e164 is not null
        {%- if not loop.last %}

            union all

        {% endif %}
    {%- endfor %}
),

counted as (
    select
        record_sk,
        crm,
        party,
        block_rule,
        block_key,
        count(*) over (partition by block_key, block_rule, party, crm) as n_records
    from keyed
),

final as (
    select
        record_sk,
        crm,
        party,
        block_rule,
        block_key,
        n_records
    from counted
    where n_records > 1
)

select * from final
