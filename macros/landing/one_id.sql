{#- Whether a declared column holds ids that a CRM writes in two forms. Salesforce writes an id with 15 characters, or with
    18 that end in which of the 15 are capitals: both name the same record. For a CRM whose registration says so (`ids`),
    and its columns that are called id or end in _id. -#}
{% macro has_two_forms(declared, column) %}
    {{ return(
        crms().get(declared.source_name, {}).get('ids') == '15 or 18'
        and (column.name == 'id' or column.name.endswith('_id'))
    ) }}
{% endmacro %}


{#- An id of 15 characters with the three that tell its capitals, each of five: a capital is 1, and the first counts 1, the
    next 2, up to 16, of A to Z and 0 to 5. Any other text as it is. -#}
{% macro with_18_characters(id) -%}
    {%- set letters, characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', [] -%}
    {%- for n in range(32) -%}
        {%- set bits = [] -%}
        {%- for bit in range(5) -%} {%- do bits.append('1' if (n // 2 ** bit) % 2 else '0') -%} {%- endfor -%}
        {%- do characters.append('|' ~ bits | join ~ (letters ~ '012345')[n]) -%}
    {%- endfor -%}
    {%- set capitals = "translate(" ~ id ~ ", '" ~ letters ~ letters | lower ~ "0123456789', '"
        ~ '1' * 26 ~ '0' * 36 ~ "')" -%}
    case
        when length({{ id }}) = 15 then {{ id }}
        {%- for start in [1, 6, 11] %} || substring(
            '{{ characters | join }}',
            {{ dbt.position("'|' || substring(" ~ capitals ~ ', ' ~ start ~ ', 5)', "'" ~ characters | join ~ "'") }} + 6,
            1
        )
        {%- endfor %}
        else {{ id }}
    end
{%- endmacro %}
