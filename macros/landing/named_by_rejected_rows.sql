{#- The records of a CRM (object_type, record_id, each once) that its rejected rows name, or whose own row holds a value that
    cannot be read: what it would have said of them is not known. Which column names what, and which rows are parts of a rejected one, stands in the sources' meta `names`
    and `row_of`.
      tables  the tables that have such columns or are named by one: dbt has to know them before it reads the meta -#}
{% macro named_by_rejected_rows(crm, tables) -%}
    {%- set base = {} -%}
    {%- for table in tables -%}
        {%- do base.update({table: ref('base_' ~ crm ~ '__' ~ table)}) -%}
    {%- endfor -%}
    {%- set declared = {} -%}
    {%- for table in crm_hygiene.declared_tables() if table.source_name == crm -%}
        {%- do declared.update({table.name: table}) -%}
    {%- endfor -%}
    {%- set selects, needed = [], [] -%}
    {%- for table in declared.values() -%}
        {%- if table.config and table.config.meta.object_type -%}
            {%- do needed.append(table.name) -%}
            {%- do selects.append([
                table.config.meta.object_type, 'rows_landed.' ~ table.config.meta.key[0],
                base.get(table.name) ~ ' as rows_landed', 'rows_landed.unreadable_columns is not null',
            ]) -%}
        {%- endif -%}
        {%- for column in table.columns.values() -%}
            {%- for named in column.config.meta.get('names', []) -%}
                {%- do needed.append(table.name) -%}
                {%- set does_name = "like '" ~ named.prefix ~ "%'" if named.prefix else 'is not null' -%}
                {%- do selects.append([
                    named.object_type, 'rows_landed.' ~ column.name,
                    base.get(table.name) ~ ' as rows_landed',
                    "rows_landed.landing_status = 'rejected' and rows_landed." ~ column.name ~ ' ' ~ does_name,
                ]) -%}
                {%- for whole in table.columns.values() if whole.name != column.name -%}
                    {%- for whole_table in whole.config.meta.get('row_of', []) -%}
                        {%- do needed.append(whole_table) -%}
                        {%- set id = declared[whole_table].config.meta.key[0] -%}
                        {%- do selects.append([
                            named.object_type, 'rows_landed.' ~ column.name,
                            base.get(whole_table) ~ ' as whole inner join ' ~ base.get(table.name)
                            ~ ' as rows_landed on whole.' ~ id ~ ' = rows_landed.' ~ whole.name,
                            "whole.landing_status = 'rejected' and rows_landed." ~ column.name ~ ' ' ~ does_name,
                        ]) -%}
                    {%- endfor -%}
                {%- endfor -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if needed | reject('in', tables) | list -%}
        {{ exceptions.raise_compiler_error(
            'named_by_rejected_rows of ' ~ crm ~ ' must also list these tables, by the meta names and row_of of its'
            ~ ' sources: ' ~ needed | reject('in', tables) | unique | sort | join(', ') ~ '.'
        ) }}
    {%- endif -%}
    {%- for object_type, record_id, relation, condition in selects %}
select
    '{{ object_type }}' as object_type,
    {{ record_id }} as record_id
from {{ relation }}
where {{ condition }}
        {%- if not loop.last %}

union
        {% endif %}
    {%- endfor %}
{%- endmacro %}
