{#- One hash of several values, NULLs told from empty texts. -#}
{% macro row_hash(expressions) -%}
    {%- set parts = [] -%}
    {%- for expression in expressions -%}
        {%- do parts.append("coalesce(cast(" ~ expression ~ " as " ~ dbt.type_string() ~ "), '\u2400')") -%}
    {%- endfor -%}
    md5({{ parts | join(" || '\u241f' || ") }})
{%- endmacro %}
