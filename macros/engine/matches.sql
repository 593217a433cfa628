{#- True where the whole text matches the regular expression (no anchors needed; a text without backslashes or quotes
    only: write [0-9] and [.]). NULL for a NULL text. -#}
{% macro matches(text, regex) -%}
    {{ crm_hygiene.matches_pattern(text, "'" ~ regex ~ "'") }}
{%- endmacro %}
