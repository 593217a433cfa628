{#- What `dbt source freshness` asks of a landed table: when a row of it was last loaded, and what time it is. Takes the
    place of dbt's own macro, which knows no column spelled otherwise or landed as text, and fails where a table is not
    landed. Most landings lack some tables, which landing_coverage tells: nothing is stale there. Nothing tells the age
    of a table without the column, or of a landing without any table: those warn. The demo's now is its as_of. -#}
{% macro default__collect_freshness(source, loaded_at_field, filter) %}
    {%- set declared = crm_hygiene.declared_tables() | selectattr('relation_name', 'equalto', source | string) | first -%}
    {%- if not declared -%}
        {{ return(dbt.default__collect_freshness(source, loaded_at_field, filter)) }}
    {%- endif -%}
    {%- set crm, demo = declared.source_name, is_demo() -%}
    {%- set database = target.database if demo else source.database -%}
    {%- set schema, names = crm_hygiene.landing_schema(crm), {} -%}
    {%- if crm in crm_sources() -%}
        {%- for name in crm_hygiene.tables_in_schema(database, schema) | sort(case_sensitive=true) -%}
            {%- do names.update({name | lower | replace('_', ''): name}) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set name = names.get(declared.name | replace('_', '')) -%}
    {%- set relation = api.Relation.create(database, schema, name) if name else none -%}
    {%- set columns = crm_hygiene.landed_columns(relation).get(loaded_at_field | replace('_', ''), []) -%}
    {%- set now = crm_hygiene.as_of() if demo else dbt.current_timestamp() -%}
    {%- set last = 'cast(null as ' ~ dbt.type_timestamp() ~ ')' -%}
    {%- set message = none -%}
    {%- if columns -%}
        {%- set last = 'max(' ~ crm_hygiene.parse_value(
            adapter.quote(columns[0].name), columns[0].dtype, 'timestamp') ~ ')' -%}
    {%- elif name -%}
        {%- set message = 'is landed without ' ~ loaded_at_field ~ ': nothing tells when' -%}
    {%- elif crm not in crm_sources() -%}
        {%- set last, message = now, 'is not read' -%}
    {%- elif names.keys() | select('in', crms()[crm].tables | map('replace', '_', '') | list) | list -%}
        {%- set last, message = now, 'is not landed' -%}
    {%- else -%}
        {%- set message = 'is not landed, nor is anything of ' ~ crm -%}
    {%- endif -%}
    {%- if message -%} {%- do log(crm ~ '.' ~ declared.name ~ ' ' ~ message ~ '.', info=true) -%} {%- endif -%}
    {%- call statement('collect_freshness', fetch_result=true, auto_begin=false) %}
select
    {{ last }} as max_loaded_at,
    {{ now }} as snapshotted_at
        {%- if columns %}
from {{ relation }}
            {%- if filter %}
where {{ filter }}
            {%- endif %}
        {%- endif %}
    {%- endcall -%}
    {{ return(load_result('collect_freshness')) }}
{% endmacro %}
