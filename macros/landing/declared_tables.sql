{#- What the sources files declare of the registered CRMs, a landed table each: its source_name (the CRM), name, config.meta
    and columns. Empty while dbt parses. In a unit test dbt knows no sources: there `overrides` must give this macro. -#}
{% macro declared_tables() %}
    {%- set declared = [] -%}
    {%- if execute -%}
        {%- for table in graph.get('sources', {}).values() if table.source_name in crms() -%}
            {%- do declared.append(table) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(declared) }}
{% endmacro %}
