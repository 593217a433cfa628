{#- The relation that holds a landed table, or none where it is not landed. Registers the dependency: on the demo's
    seed in the demo, which puts it before every reader in one `dbt build`, else on the source.
      names  tables of the landing from landed_names(crm): for a model over all tables, which stands behind the base
             models anyhow, and does not register the source -#}
{% macro landed_relation(crm, table, names=none) %}
    {%- if names is none -%}
        {%- do source(crm, table) -%}
    {%- endif -%}
    {%- if is_demo() -%}
        {{ return(ref('demo_' ~ crm ~ '__' ~ table) if table in demo_tables().get(crm, []) else none) }}
    {%- endif -%}
    {%- if crm not in crm_sources() or not execute -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set names = crm_hygiene.landed_names(crm) if names is none else names -%}
    {%- set declared = crm_hygiene.declared_table(crm, table) -%}
    {%- if crm_hygiene.list_sources(crm, table, names) -%}
        {{ return(crm_hygiene.listed_relation(crm, table)) }}
    {%- endif -%}
    {%- set name = crm_hygiene.landed_among([table] + declared.config.meta.get('also', []), names) -%}
    {{ return(api.Relation.create(declared.database, declared.schema, name) if name else none) }}
{% endmacro %}


{#- The tables of a landing as {name without case and underscores: name}, so that opportunity_field_history and
    OpportunityFieldHistory are one. Where a landing has both, Fivetran's spelling counts. -#}
{% macro landed_names(crm) %}
    {%- set names = {} -%}
    {%- if execute and not is_demo() and crm in crm_sources() -%}
        {%- set declared = (graph.sources.values() | selectattr('source_name', 'equalto', crm) | list)[0] -%}
        {%- for name in crm_hygiene.tables_in_schema(declared.database, declared.schema) | sort(case_sensitive=true) -%}
            {%- do names.update({name | lower | replace('_', ''): name}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(names) }}
{% endmacro %}


{#- What the sources file declares of a landed table: its meta and columns. -#}
{% macro declared_table(crm, table) %}
    {{ return(graph.sources['source.crm_hygiene.' ~ crm ~ '.' ~ table]) }}
{% endmacro %}


{#- The landed columns of a relation by their name without case and underscores, so that created_date,
    CREATED_DATE and CreatedDate are one; a name landed in two spellings has two entries in its list. A declared column
    that is not landed under its own name stands there with the columns that another loader lands in its place: those of its
    meta `also`, and for a prefix those that the CRM's registration names. What a loader splits by
    type (oldvalue__st, oldvalue__fl) stands under the name that is split, too. -#}
{% macro landed_columns(relation, declared=none) %}
    {%- set by_name = {} -%}
    {%- if relation is not none -%}
        {%- set types = ['st', 'fl', 'de', 'bo', 'in', 'it', 'dt', 'string', 'double', 'boolean', 'bigint'] -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- set name = column.name | lower -%}
            {%- do by_name.setdefault(name | replace('_', ''), []).append(column) -%}
            {%- if '__' in name and name.split('__') | last in types -%}
                {%- do by_name.setdefault(name.rsplit('__', 1)[0] | replace('_', ''), []).append(column) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if declared is not none and by_name -%}
        {%- set added = {} -%}
        {%- set prefixes = crms().get(declared.source_name, {}).get('prefixes', {}) -%}
        {%- for column in declared.columns.values() if column.name | replace('_', '') not in by_name -%}
            {%- set others = [] -%}
            {%- for prefix, patterns in prefixes.items() if column.name.startswith(prefix) -%}
                {%- for pattern in patterns -%}
                    {%- do others.append(pattern | replace('*', column.name[prefix | length:])) -%}
                {%- endfor -%}
            {%- endfor -%}
            {%- set found = [] -%}
            {%- for other in others + (column.config.meta or {}).get('also', []) -%}
                {%- do found.extend(by_name.get(other | lower | replace('_', ''), [])) -%}
            {%- endfor -%}
            {%- if found -%} {%- do added.update({column.name | replace('_', ''): found | unique(attribute='name') | list}) -%} {%- endif -%}
        {%- endfor -%}
        {%- do by_name.update(added) -%}
    {%- endif -%}
    {{ return(by_name) }}
{% endmacro %}
