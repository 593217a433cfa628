{#- Prints what the landing gate checks, as JSON: as_of, the start of the run, and each landing that this run reads: the CRM,
    its place (database and schema, or folder) and its landed tables, each with its landed columns (name: type) and the
    query that reads it. Lands files first, as a run does. Covers the engines that the gate covers: DuckDB, PostgreSQL. -#}
{% macro landings_to_check() %}
    {%- do crm_hygiene.check_settings() -%}
    {%- do crm_hygiene.land_files() -%}
    {%- do crm_hygiene.land_lists() -%}
    {%- set landings = [] -%}
    {%- for crm in crm_sources() -%}
        {%- set names, tables = landed_names(crm), {} -%}
        {%- for table in crms()[crm].tables -%}
            {%- set relation = crm_hygiene.landed_relation(crm, table, names) -%}
            {#- In the demo a relation is named before it is there. -#}
            {%- if relation is not none and load_relation(relation) is not none -%}
                {%- set declared = crm_hygiene.declared_table(crm, table) -%}
                {%- set landed, columns = crm_hygiene.landed_columns(relation, declared), {} -%}
                {%- for column in landed.values() | sum(start=[]) -%}
                    {%- do columns.update({column.name: column.dtype}) -%}
                {%- endfor -%}
                {%- do tables.update({table: {
                    'columns': columns, 'reads': crm_hygiene.columns_read(declared, landed), 'query': crm_hygiene.query_to_check(declared, landed, relation)
                }}) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set schema, files = crm_hygiene.landing_schema(crm), var(crm ~ '_files', none) -%}
        {%- set database = (declared_tables() | selectattr('source_name', 'equalto', crm) | first).database -%}
        {%- do landings.append({
            'crm': crm, 'tables': tables, 'schema': schema, 'files': files, 'place': files or database ~ '.' ~ schema
        }) -%}
    {%- endfor -%}
    {%- do print(tojson({
        'landings': landings, 'is_demo': is_demo(), 'crms': crms().keys() | list,
        'as_of': crm_hygiene.as_of().split("'")[1], 'run_start': crm_hygiene.run_start().split("'")[1]
    })) -%}
{% endmacro %}


{#- The declared columns that a landed table gives, under whatever name: a list. -#}
{% macro columns_read(declared, landed) %}
    {%- set read = [] -%}
    {%- for column in declared.columns.values() if landed.get(column.name | replace('_', '')) -%}
        {%- do read.append(column.name) -%}
    {%- endfor -%}
    {{ return(read) }}
{% endmacro %}


{#- A landed table as the gate judges it: the landed columns, read as the models read them (blank text is NULL), for a
    required column that either of two may be one column more ("a or b"), and
      _key         the values of the key columns, as one text
      _unreadable  the names of the columns whose value cannot be read as the declared type
      _example     the first of those values, as it is landed
      _future      the names of the instants later than the start of the run -#}
{% macro query_to_check(declared, landed, relation) %}
    {%- set text = dbt.type_string() -%}
    {%- set parsed, texts = crm_hygiene.parsed_columns(declared, landed), crm_hygiene.told_texts(declared, landed) -%}
    {%- set columns, key, unreadable, future, raw, examples = [], [], [], [], [], [] -%}
    {%- for column in declared.columns.values() if landed.get(column.name | replace('_', '')) -%}
        {%- set name, event = column.name, (column.config.meta or {}).get('event') -%}
        {%- if column.data_type == 'string' -%}
            {%- do columns.append(crm_hygiene.strip(name) ~ ' as ' ~ name) -%}
        {%- elif column.data_type in ('integer', 'numeric') -%}
            {%- do columns.append('cast(' ~ name ~ ' as ' ~ crm_hygiene.type_double() ~ ') as ' ~ name) -%}
        {%- else -%}
            {%- do columns.append(name) -%}
        {%- endif -%}
        {%- if column.data_type != 'string' -%}
            {%- for source_column in landed[name | replace('_', '')] -%}
                {%- set source_name = 'source_' ~ name ~ loop.index -%}
                {%- do raw.append('source.' ~ adapter.quote(source_column.name) ~ ' as ' ~ source_name) -%}
                {%- set value = 'cast(' ~ source_name ~ ' as ' ~ text ~ ')' -%}
                {%- set text_name = 'text_' ~ name ~ '_' ~ loop.index -%}
                {%- if text_name in texts -%} {%- do raw.append('source.' ~ text_name) -%} {%- endif -%}
                {%- set found = 'case when ' ~ name ~ ' is null and ' ~ (
                    text_name if text_name in texts else source_name) ~ ' is not null then ' -%}
                {%- do unreadable.append(found ~ "'" ~ name ~ "' end") -%}
                {%- do examples.append(found ~ value ~ ' end') -%}
            {%- endfor -%}
        {%- endif -%}
        {%- if event -%}
            {%- do future.append(
                'case when ' ~ name ~ ' > ' ~ crm_hygiene.run_start() ~ (' and (' ~ event ~ ')' if event is string else '')
                ~ " then '" ~ name ~ "' end"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for name in declared.config.meta.key if landed.get(name | replace('_', '')) -%}
        {%- do key.append(crm_hygiene.strip('cast(' ~ name ~ ' as ' ~ text ~ ')')) -%}
    {%- endfor -%}
    {%- for names in declared.config.meta.required if names is not string -%}
        {%- set either = [] -%}
        {%- for name in names if landed.get(name | replace('_', '')) -%}
            {%- do either.append(crm_hygiene.strip('cast(' ~ name ~ ' as ' ~ text ~ ')')) -%}
        {%- endfor -%}
        {%- if either -%}
            {%- do columns.append('coalesce(' ~ either | join(', ') ~ ', null) as ' ~ adapter.quote(names | join(' or '))) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set query -%}
select
    {% for column in columns %}
    {{ column }},
    {% endfor %}
    {{ 'coalesce(' ~ examples | join(', ') ~ ', null)' if examples else 'cast(null as ' ~ text ~ ')' }} as _example,
    {% for name, parts, separator in [('_key', key, '|'), ('_unreadable', unreadable, ', '), ('_future', future, ', ')] %}
    {% if parts %}
    nullif(concat_ws('{{ separator }}', {{ parts | join(', ') }}), '') as {{ name }}{{ ',' if not loop.last }}
    {% else %}
    cast(null as {{ text }}) as {{ name }}{{ ',' if not loop.last }}
    {% endif %}
    {% endfor %}
from (
    select
        {% for name, value in parsed.items() %}
        {{ value }} as {{ name }}{{ ',' if raw or not loop.last }}
        {% endfor %}
        {{ raw | join(',\n        ') }}
    from (
        select
            {% for name, value in texts.items() %}
            {{ value }} as {{ name }},
            {% endfor %}
            source.*
        from {{ relation }} as source
    ) as source
) as parsed
    {%- endset -%}
    {{ return(query) }}
{% endmacro %}
