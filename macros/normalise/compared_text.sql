{#- A text as it is compared: lower case, without punctuation, single blanks; NULL where nothing is left. -#}
{% macro compared_text(text) -%}
    {#- Punctuation that separates words, then that which does not; a backslash needs escaping on some engines. -#}
    {%- set separators = ',-/:;&()[]{}<>_+*=|!?"#$%@^~·•–—“”„«»\t\u00a0' -%}
    {%- set joiners = ".'’`" -%}
    {{ crm_hygiene.strip(crm_hygiene.replace_all(
        "translate(lower(" ~ text ~ "), '" ~ (separators ~ joiners) | replace("'", "''") ~ "', '"
        ~ ' ' * (separators | length) ~ "')",
        ' +', ' '
    )) }}
{%- endmacro %}
