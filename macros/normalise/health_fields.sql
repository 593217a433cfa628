{#- The fields that data health can ask a record for: dict of object type -> dict of field -> SQL expression. `landed` is the
    object's staging model, `records` int_crm__records (values at as_of), `told` the history of loss reasons. -#}
{% macro health_fields() %}
    {%- set person = {
        'last_name': 'landed.last_name',
        'email': 'landed.email',
        'phone': 'landed.phone',
        'country': 'landed.country',
        'lead_source': 'records.lead_source',
        'owner_id': 'records.owner_id',
    } -%}
    {{ return({
        'account': {
            'name': 'landed.account_name',
            'domain': 'landed.domain',
            'phone': 'landed.phone',
            'country': 'landed.country',
            'industry': 'landed.industry',
            'region': 'records.region',
            'segment': 'landed.segment',
            'owner_id': 'records.owner_id',
        },
        'contact': dict(person, title='landed.title', account_id='landed.account_id'),
        'lead': dict(person, company='landed.company', segment='landed.segment', status='records.stage'),
        'opportunity': {
            'name': 'landed.opportunity_name',
            'account_id': 'landed.account_id',
            'stage': 'records.stage',
            'segment': 'landed.segment',
            'amount': 'records.amount',
            'close_date': 'records.close_date',
            'lead_source': 'records.lead_source',
            'next_step': 'records.next_step',
            'loss_reason': 'case when told.record_sk is null then landed.loss_reason else told.loss_reason end',
            'type': 'landed.opportunity_type',
            'owner_id': 'records.owner_id',
        },
        'case': {
            'status': 'records.stage',
            'account_id': 'landed.account_id',
            'contact_id': 'landed.contact_id',
            'owner_id': 'records.owner_id',
        },
    }) }}
{% endmacro %}


{#- What is asked for by a name of its own and held by either of two fields. -#}
{% macro health_either_fields() %}
    {{ return({
        'email_or_phone': ('email', 'phone'),
        'account_or_contact': ('account_id', 'contact_id'),
    }) }}
{% endmacro %}


{#- The fields of every object and those held by either of two: dict of field -> the object types that have it. -#}
{% macro health_field_names() %}
    {%- set names = {} -%}
    {%- for object_type, fields in crm_hygiene.health_fields().items() -%}
        {%- for field in fields -%}
            {%- do names.setdefault(field, []).append(object_type) -%}
        {%- endfor -%}
        {%- for name, pair in crm_hygiene.health_either_fields().items() if pair[0] in fields and pair[1] in fields -%}
            {%- do names.setdefault(name, []).append(object_type) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(names) }}
{% endmacro %}
