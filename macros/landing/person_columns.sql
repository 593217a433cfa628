{#- What the rows of a landed table tell of a person, by the meta `person` of the sources file: dict of object_type (a SQL
    expression), id and email (columns), each missing where they do not tell it. -#}
{% macro person_columns(crm, table) %}
    {%- if not execute -%} {{ return({}) }} {%- endif -%}
    {%- set meta = crm_hygiene.declared_table(crm, table).config.meta -%}
    {%- set person = meta.get('person', {}) -%}
    {%- if person.id and not person.object_type -%}
        {%- set object_type = meta.get('object_type') or meta.history_of[0] -%}
        {%- set person = dict(person, object_type="'" ~ object_type ~ "'") -%}
    {%- endif -%}
    {{ return(person) }}
{% endmacro %}
