{#- Finds rows that name a CRM which is not registered.
      also  values that are allowed besides, as '*' for every CRM -#}
{% test registered_crm(model, column_name, also=[]) %}
    {%- set allowed = crm_hygiene.crms().keys() | list + also %}
select {{ column_name }}
from {{ model }}
where {{ column_name }} not in ('{{ allowed | join("', '") }}')
{% endtest %}
