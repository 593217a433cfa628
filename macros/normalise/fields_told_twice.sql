{#- The fields that both a record and its history tell: dict of field -> the objects whose staging model has
    a column of that name. Where a history ends with a value and no record has one, the column is not landed, and the history is not enough
    to judge all records by. -#}
{% macro fields_told_twice() %}
    {{ return({
        'owner_id': ['account', 'contact', 'lead', 'opportunity', 'case'],
        'lead_source': ['contact', 'lead', 'opportunity'],
        'status': ['lead', 'case'],
        'stage': ['opportunity'],
        'amount': ['opportunity'],
        'close_date': ['opportunity'],
        'next_step': ['opportunity'],
        'loss_reason': ['opportunity'],
    }) }}
{% endmacro %}
