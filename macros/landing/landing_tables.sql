{#- The names of all declared tables by landing, for the marts that go over all of them. -#}
{% macro landing_tables() %}
    {%- set tables = {} -%}
    {%- for crm, registered in crms().items() -%}
        {%- do tables.update({crm: registered.tables}) -%}
    {%- endfor -%}
    {{ return(tables) }}
{% endmacro %}
