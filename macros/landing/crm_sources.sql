{#- The landings that this run reads: a list out of the registered CRMs. Raises a compiler error for any other name. -#}
{% macro crm_sources() %}
    {%- set sources = var('crm_sources', none) or demo_tables().keys() | list -%}
    {%- if sources is string -%}
        {{ exceptions.raise_compiler_error(
            "crm_sources is '" ~ sources ~ "'; it is a list out of " ~ crms().keys() | join(', ') ~ "."
        ) }}
    {%- endif -%}
    {%- for crm in sources if crm not in crms() -%}
        {{ exceptions.raise_compiler_error(
            "crm_sources names '" ~ crm ~ "'; it may hold " ~ crms().keys() | join(', ') ~ "."
        ) }}
    {%- endfor -%}
    {{ return(sources) }}
{% endmacro %}


{#- True until `crm_sources` is set: the project then reads its own demo CRM. -#}
{% macro is_demo() %}
    {{ return(var('crm_sources', none) is none) }}
{% endmacro %}
