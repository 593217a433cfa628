{#- The objects whose records are landed, each with its staging model: dict of object type -> model. -#}
{% macro crm_objects() %}
    {{ return({
        'account': 'stg_crm__accounts',
        'contact': 'stg_crm__contacts',
        'lead': 'stg_crm__leads',
        'opportunity': 'stg_crm__opportunities',
        'case': 'stg_crm__cases',
    }) }}
{% endmacro %}
