{#- The fields that both a record and its history tell: dict of field -> its column in the object's staging model, and the objects
    that have it. Where a history ends with a value and no record has one, the column is not landed, and the history is not enough
    to judge all records by. -#}
{% macro fields_told_twice() %}
    {{ return({
        'owner_id': ('owner_id', ['account', 'contact', 'lead', 'opportunity', 'case']),
        'lead_source': ('lead_source', ['contact', 'lead', 'opportunity']),
        'status': ('status', ['lead', 'case']),
        'stage': ('stage', ['opportunity']),
        'amount': ('amount', ['opportunity']),
        'close_date': ('close_date', ['opportunity']),
        'next_step': ('next_step', ['opportunity']),
        'loss_reason': ('loss_reason', ['opportunity']),
    }) }}
{% endmacro %}
