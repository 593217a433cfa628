{#- Joins a change, or a record's creation, to its row of int_root_cause__write_paths.
      row    the relation that holds it
      paths  that model's
      maker  the column that names who made it -#}
{% macro same_writer(row, paths, maker='changed_by') -%}
    {{ row }}.crm = {{ paths }}.crm
    and coalesce({{ row }}.{{ maker }}, '') = coalesce({{ paths }}.changed_by, '')
    {%- for column in ['automation_id', 'actor_kind', 'channel', 'told_write_path'] %}
        and coalesce({{ row }}.{{ column }}, '') = coalesce({{ paths }}.{{ column }}, '')
    {%- endfor %}
{%- endmacro %}
