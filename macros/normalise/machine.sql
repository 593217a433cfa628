{#- The machine behind a change or a creation: the automation, else the user, else its kind. -#}
{% macro machine_of(row) -%}
    coalesce({{ row }}.automation_id, {{ row }}.changed_by, {{ row }}.actor_kind, {{ row }}.channel)
{%- endmacro %}


{#- Whether no person made it. -#}
{% macro is_by_machine(row) -%}
    {%- set machines = "('automation', 'integration', 'import')" -%}
    ({{ row }}.actor_kind in {{ machines }} or {{ row }}.channel in {{ machines }})
{%- endmacro %}
