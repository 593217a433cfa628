{#- The relation that holds a landed table, or none where it is not landed. Registers the dependency: on the
    demo's seed in the demo, which puts it before every reader in one `dbt build`.
    Accepts Fivetran's name (opportunity_field_history) and the API's (OpportunityFieldHistory). -#}
{% macro landed_relation(crm, table) %}
    {%- set declared = source(crm, table) -%}
    {%- if is_demo() -%}
        {{ return(ref('demo_' ~ crm ~ '__' ~ table) if table in demo_tables().get(crm, []) else none) }}
    {%- endif -%}
    {%- if crm not in crm_sources() or not execute -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set api_name = table | replace('_', ' ') | title | replace(' ', '') -%}
    {%- for identifier in [table, api_name, api_name | lower] -%}
        {%- set found = adapter.get_relation(declared.database, declared.schema, identifier) -%}
        {%- if found is not none -%}
            {{ return(found) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(none) }}
{% endmacro %}


{#- What the sources file declares of a landed table: its meta and columns. -#}
{% macro declared_table(crm, table) %}
    {{ return(graph.sources['source.crm_hygiene.' ~ crm ~ '.' ~ table]) }}
{% endmacro %}


{#- The landed columns of a relation by their name without case and underscores, so that created_date,
    CREATED_DATE and CreatedDate are one; a name landed in two spellings has two entries in its list. -#}
{% macro landed_columns(relation) %}
    {%- set by_name = {} -%}
    {%- if relation is not none -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- do by_name.setdefault(column.name | lower | replace('_', ''), []).append(column) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(by_name) }}
{% endmacro %}
