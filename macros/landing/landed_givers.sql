{#- What the sources files say gives an input (meta `gives` and `history_of`), a list of rows: crm, source_table,
    source_column ('' for the table), object_type ('*' for any), input, and whether a value of it must be told by a record
    ('true', 'false'). Empty while dbt parses. -#}
{% macro landed_givers() %}
    {%- set rows = [] -%}
    {%- for table in crm_hygiene.declared_tables() if table.source_name in crm_sources() -%}
        {%- set meta = table.config.meta -%}
        {%- for given in meta.get('gives', []) -%}
            {%- do rows.append([table.source_name, table.name, '', '*', 'table:' ~ given, 'false']) -%}
        {%- endfor -%}
        {%- for object_type in meta.get('history_of', []) -%}
            {%- do rows.append([table.source_name, table.name, '', object_type, 'table:history', 'false']) -%}
        {%- endfor -%}
        {%- for column in table.columns.values() -%}
            {%- for given in column.config.meta.get('gives', []) -%}
                {%- do rows.append([
                    table.source_name, table.name, column.name, meta.get('object_type', '*'), 'column:' ~ given,
                    'true' if meta.get('empty_columns_tell_nothing') else 'false',
                ]) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(rows) }}
{% endmacro %}
