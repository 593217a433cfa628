{#- Whether an id names a queue, for owners that are not landed: by what the ids of a landed table that holds queues
    begin with. False where no CRM tells queues by their ids.
      crm_column, id_column  SQL expressions: the CRM, and the id of an owner in it -#}
{% macro names_a_queue(crm_column, id_column) -%}
    {%- set conditions = [] -%}
    {%- for table in crm_hygiene.declared_tables() if table.config.meta.get('holds') == 'queues' -%}
        {%- do conditions.append(
            crm_column ~ " = '" ~ table.source_name ~ "' and " ~ id_column ~ " like '" ~ table.config.meta.id_prefix ~ "%'"
        ) -%}
    {%- endfor -%}
    ({{ conditions | join(' or ') or 'false' }})
{%- endmacro %}
