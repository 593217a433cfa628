{#- The machine behind a change or a creation: the automation, else the user, else its kind.
      row  the relation's name, where there are several -#}
{% macro machine_of(row='') -%}
    {%- set of = row ~ '.' if row else '' -%}
    coalesce({{ of }}automation_id, {{ of }}changed_by, {{ of }}actor_kind, {{ of }}channel)
{%- endmacro %}


{#- Whether no person made it. -#}
{% macro is_by_machine(row='') -%}
    {%- set of = row ~ '.' if row else '' -%}
    {%- set machines = "('automation', 'integration', 'import')" -%}
    ({{ of }}actor_kind in {{ machines }} or {{ of }}channel in {{ machines }})
{%- endmacro %}
