{#- What the sources files say gives an input (meta `gives` and `history_of`), a list of rows: crm, source_table,
    source_column ('' for the table), object_type ('*' for any), input, and whether a value of it must be told by a record
    ('true', 'false'). Empty while dbt parses. -#}
{% macro landed_givers() %}
    {%- set rows = [] -%}
    {%- for crm in crm_sources() -%}
        {%- for table in crm_hygiene.declared_tables(crm) -%}
            {%- set meta = table.config.meta -%}
            {%- for given in meta.get('gives', []) -%}
                {%- do rows.append([crm, table.name, '', '*', 'table:' ~ given, 'false']) -%}
            {%- endfor -%}
            {%- for object_type in meta.get('history_of', []) -%}
                {%- do rows.append([crm, table.name, '', object_type, 'table:history', 'false']) -%}
            {%- endfor -%}
            {%- set must_be_told = 'true' if meta.get('empty_columns_tell_nothing') else 'false' -%}
            {%- for column in table.columns.values() -%}
                {%- for given in (column.config.meta or {}).get('gives', []) -%}
                    {%- do rows.append([
                        crm, table.name, column.name, meta.object_type, 'column:' ~ given, must_be_told
                    ]) -%}
                {%- endfor -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(rows) }}
{% endmacro %}
