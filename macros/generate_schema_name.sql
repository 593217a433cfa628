{#- Schemas are named as configured (`staging`, `marts`, ...), without the target's schema in front:
    BI tools rely on `marts`. Where the nightly job builds beside what is published, it says what they begin with. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ env_var('CRM_HYGIENE_SCHEMA_PREFIX', '') ~ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
