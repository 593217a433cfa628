{#- Schemas are named as configured (`staging`, `marts`, ...), without the target's schema in front:
    BI tools rely on `marts`. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
