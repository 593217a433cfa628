{#- 64-bit floating point; dbt's own type_float() has 32 bits on some engines. -#}
{% macro type_double() -%}
    {{ return('double precision' if target.type in ('postgres', 'redshift') else 'float64' if target.type == 'bigquery' else 'double') }}
{%- endmacro %}
