{#- True where a text is NULL, empty or white space only. -#}
{% macro is_blank(text) %}
    {{- return(adapter.dispatch('is_blank', 'crm_hygiene')(text)) -}}
{% endmacro %}

{% macro default__is_blank(text) -%}
    {{ crm_hygiene.strip(text) }} is null
{%- endmacro %}

{#- Trimming is the dearest step of a big landing (5 s for 20 million ids): a text that starts with a printable ASCII
    character cannot be blank. A case, because only that leaves the trim out. -#}
{% macro duckdb__is_blank(text) -%}
    case
        when {{ text }} is null then true
        when {{ text }} between '!' and '~' then false
        else {{ crm_hygiene.strip(text) }} is null
    end
{%- endmacro %}
