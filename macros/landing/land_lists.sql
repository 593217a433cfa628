{#- Some loaders land as a list in a column, or as a child table, what is a table of its own here (the stages of a pipeline,
    the companies of a deal). For each declared table that is landed only so (meta `listed`) this makes a view in the schema
    of the staging models, one row per entry; on engines without a way to read such lists the table counts as not landed.
    So it does for a table of which others hold the rest (meta `rest`): all their rows.
    Runs before every command, and stops a run that would read nothing at all of a CRM. -#}
{% macro land_lists() %}
    {%- if not execute or is_demo() -%} {{ return('') }} {%- endif -%}
    {%- for crm in crm_sources() -%}
        {%- set names = crm_hygiene.landed_names(crm) -%}
        {%- set read = namespace(any=false) -%}
        {%- for table in crms()[crm].tables -%}
            {%- set sources = crm_hygiene.list_sources(crm, table, names) -%}
            {%- if sources -%}
                {%- set relation = crm_hygiene.listed_relation(crm, table) -%}
                {%- do adapter.create_schema(relation) -%}
                {#- There a view is not replaced by one with other columns. -#}
                {%- if target.type == 'postgres' -%} {%- do run_query('drop view if exists ' ~ relation) -%} {%- endif -%}
                {%- do run_query('create or replace view ' ~ relation ~ ' as ' ~ sources | join(' union all ')) -%}
            {%- endif -%}
            {%- if crm_hygiene.landed_relation(crm, table, names) is not none -%} {%- set read.any = true -%} {%- endif -%}
        {%- endfor -%}
        {%- if not read.any and flags.WHICH in ('build', 'run') -%}
            {%- set shown = names.values() | list -%}
            {{ exceptions.raise_compiler_error(
                'Nothing of ' ~ crm ~ ' can be read in ' ~ (var(crm ~ '_files', none) or crm_hygiene.landing_schema(crm)) ~ ', where '
                ~ ('no table is' if not shown else (shown[:8] | join(', ')) ~ (', ...' if shown | length > 8 else '')
                    ~ (' is' if shown | length == 1 else ' are'))
                ~ '. Expected are tables such as ' ~ crms()[crm].tables[:4] | join(', ')
                ~ '. Is ' ~ crm ~ '_schema (or ' ~ crm ~ '_files) right? docs/loaders.md says which loaders are read.'
            ) }}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}


{#- The view that land_lists() makes of a table that is landed as a list. -#}
{% macro listed_relation(crm, table) %}
    {{ return(api.Relation.create(
        target.database, generate_schema_name('staging', none), 'listed_' ~ crm ~ '__' ~ table, type='view'
    )) }}
{% endmacro %}


{#- Selects of the rows of a table that is landed only as a list or as a child table, one for each landed place of its meta
    `listed`, or of one that is landed with the rest of its rows beside it; empty where it is landed as itself alone, or in
    none of them. A place has
      table    the landed table that holds the list, or (with parent) is the child table
      list     the column with the list; without it each row is an entry
      parent   the table of which dlt's child table has the rows
      of       {column: names of the column of the holding row}
      columns  {column: names, or paths with dots, in an entry; `.` for the entry itself}
      kinds    {column: values}, alone: the rows of the landed table with one of these values, of many kinds in one table -#}
{% macro list_sources(crm, table, names) %}
    {%- set selects, meta = [], crm_hygiene.declared_table(crm, table).config.meta -%}
    {%- set itself, rest = crm_hygiene.landed_among([table] + meta.get('also', []), names), [] -%}
    {%- for name in meta.get('rest', []) if names.get(name | lower | replace('_', '')) -%}
        {%- do rest.append(names[name | lower | replace('_', '')]) -%}
    {%- endfor -%}
    {%- if itself and rest -%}
        {%- do selects.extend(crm_hygiene.aligned_selects(crm_hygiene.declared_table(crm, table), [itself] + rest)) -%}
    {%- elif not itself and target.type in ('duckdb', 'postgres') -%}
        {%- set declared = crm_hygiene.declared_table(crm, table) -%}
        {%- for place in meta.get('listed', []) -%}
            {%- set holder = names.get(place.table | lower | replace('_', '')) -%}
            {%- set parent = names.get(place.parent | lower | replace('_', '')) if place.parent else none -%}
            {%- if holder and (parent or not place.parent) -%}
                {%- set relation = api.Relation.create(declared.database, declared.schema, holder) -%}
                {%- set own = crm_hygiene.landed_columns(relation) -%}
                {%- set parts, text = [], dbt.type_string() -%}
                {%- if place.parent -%}
                    {%- set parent_relation = api.Relation.create(declared.database, declared.schema, parent) -%}
                    {%- set parent_columns = crm_hygiene.landed_columns(parent_relation) -%}
                    {%- for column, others in place.of.items() -%}
                        {%- set found = crm_hygiene.first_landed(parent_columns, others) -%}
                        {%- do parts.append(('cast(parent.' ~ adapter.quote(found.name) ~ ' as ' ~ text ~ ')' if found else 'cast(null as ' ~ text ~ ')') ~ ' as ' ~ column) -%}
                    {%- endfor -%}
                    {%- for column, others in place.columns.items() -%}
                        {%- set found = crm_hygiene.first_landed(own, others) -%}
                        {%- if found -%} {%- do parts.append('cast(child.' ~ adapter.quote(found.name) ~ ' as ' ~ text ~ ') as ' ~ column) -%} {%- endif -%}
                    {%- endfor -%}
                    {%- do selects.append(
                        'select ' ~ parts | join(', ') ~ ' from ' ~ relation ~ ' as child inner join ' ~ parent_relation
                        ~ ' as parent on child._dlt_parent_id = parent._dlt_id'
                    ) -%}
                {%- elif place.kinds -%}
                    {%- for column, values in place.kinds.items() if crm_hygiene.first_landed(own, [column]) -%}
                        {%- set kind = adapter.quote(crm_hygiene.first_landed(own, [column]).name) -%}
                        {%- do selects.append(
                            'select * from ' ~ relation ~ ' where upper(cast(' ~ kind ~ ' as ' ~ text ~ ")) in ('" ~ values | join("', '") ~ "')"
                        ) -%}
                    {%- endfor -%}
                {%- elif crm_hygiene.first_landed(own, [place.list]) -%}
                    {%- set list = crm_hygiene.first_landed(own, [place.list]) -%}
                    {%- for column, others in place.of.items() -%}
                        {%- set found = crm_hygiene.first_landed(own, others) -%}
                        {%- do parts.append(('cast(holder.' ~ adapter.quote(found.name) ~ ' as ' ~ text ~ ')' if found else 'cast(null as ' ~ text ~ ')') ~ ' as ' ~ column) -%}
                    {%- endfor -%}
                    {%- for column, paths in place.columns.items() -%}
                        {%- set values = [] -%}
                        {%- for path in paths -%} {%- do values.append(crm_hygiene.entry_value(path)) -%} {%- endfor -%}
                        {%- do parts.append((values[0] if values | length == 1 else 'coalesce(' ~ values | join(', ') ~ ')') ~ ' as ' ~ column) -%}
                    {%- endfor -%}
                    {%- do selects.append(
                        'select ' ~ parts | join(', ') ~ ' from ' ~ relation ~ ' as holder cross join lateral '
                        ~ crm_hygiene.entries('holder.' ~ adapter.quote(list.name), list.dtype)
                    ) -%}
                {%- endif -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(selects) }}
{% endmacro %}


{#- A select of all rows for each of these tables of a landing, with the columns of all of them. -#}
{% macro aligned_selects(declared, tables) %}
    {%- set selects, all_columns, relations = [], {}, [] -%}
    {%- for table in tables -%}
        {%- set relation, columns = api.Relation.create(declared.database, declared.schema, table), {} -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- set name = column.name | lower | replace('_', '') -%}
            {%- do columns.setdefault(name, column) -%}
            {%- do all_columns.setdefault(name, column) -%}
        {%- endfor -%}
        {%- do relations.append((relation, columns)) -%}
    {%- endfor -%}
    {%- for relation, columns in relations -%}
        {%- set parts = [] -%}
        {%- for name, column in all_columns.items() -%}
            {%- set value = adapter.quote(columns[name].name) if name in columns else 'null' -%}
            {%- if name not in columns or columns[name].data_type != column.data_type -%}
                {%- set value = 'cast(' ~ value ~ ' as ' ~ column.data_type ~ ')' -%}
            {%- endif -%}
            {%- do parts.append(value ~ ' as ' ~ adapter.quote(column.name)) -%}
        {%- endfor -%}
        {%- do selects.append('select ' ~ parts | join(', ') ~ ' from ' ~ relation) -%}
    {%- endfor -%}
    {{ return(selects) }}
{% endmacro %}


{#- The landed table that the first of these names means, or none. -#}
{% macro landed_among(tables, names) %}
    {%- for table in tables if names.get(table | lower | replace('_', '')) -%}
        {{ return(names[table | lower | replace('_', '')]) }}
    {%- endfor -%}
    {{ return(none) }}
{% endmacro %}


{#- The first of these names that is a landed column (of landed_columns), or none. -#}
{% macro first_landed(landed, names) %}
    {%- for name in names if landed.get(name | lower | replace('_', '')) -%}
        {{ return(landed[name | lower | replace('_', '')][0]) }}
    {%- endfor -%}
    {{ return(none) }}
{% endmacro %}


{#- The entries of a list, landed as JSON text or as the engine's own list, as rows of entry(value). -#}
{% macro entries(list, dtype) %}
    {{- return(adapter.dispatch('entries', 'crm_hygiene')(list, dtype)) -}}
{% endmacro %}

{% macro duckdb__entries(list, dtype) -%}
    (
        select unnest(
            {%- if '[]' in dtype or 'STRUCT' in dtype %} cast(to_json({{ list }}) as json[])
            {%- else %} try_cast({{ list }} as json[])
            {%- endif -%}
        ) as value
    ) as entry
{%- endmacro %}

{% macro postgres__entries(list, dtype) -%}
    jsonb_array_elements(cast({{ list }} as jsonb)) as entry(value)
{%- endmacro %}


{#- A value of an entry as text, by its path with dots; `.` for the entry itself. -#}
{% macro entry_value(path) %}
    {{- return(adapter.dispatch('entry_value', 'crm_hygiene')(path)) -}}
{% endmacro %}

{% macro duckdb__entry_value(path) -%}
    (entry.value ->> '${{ '' if path == '.' else '.' ~ path }}')
{%- endmacro %}

{% macro postgres__entry_value(path) -%}
    (entry.value #>> '{ {{- '' if path == '.' else path | replace('.', ',') -}} }')
{%- endmacro %}
