{#- The fields by which records of a cluster are compared: object -> (flags, fields). A flag has its value; a field its name, its
    value and the form in which it is compared (none: stripped, in lower case). Of flags only what is set is a value. Owner,
    stage and a person's lifecycle stage tell of the work on a record, not of whom it is about. -#}
{% macro compared_fields() %}
    {%- set text = dbt.type_string() -%}
    {%- set digits = "nullif(" ~ crm_hygiene.replace_all('landed.phone', '[^0-9]', '') ~ ", '')" -%}
    {%- set mobile = crm_hygiene.e164_phone(
        'landed.mobile_phone', 'countries.calling_code', 'countries.trunk_prefix') -%}
    {%- set postal_code = crm_hygiene.replace_all('lower(landed.postal_code)', '[^a-z0-9]', '') -%}
    {%- set mobile_digits = digits | replace('landed.phone', 'landed.mobile_phone') -%}
    {%- set shared = [
        ('phone', 'landed.phone', 'coalesce(landed.phone_e164, ' ~ digits ~ ')'),
        ('street', 'landed.street', crm_hygiene.compared_text('landed.street')),
        ('city', 'landed.city', crm_hygiene.compared_text('landed.city')),
        ('postal_code', 'landed.postal_code', postal_code),
        ('country', 'landed.country', 'coalesce(landed.country_iso2, lower(landed.country))'),
        ('region', 'landed.region', none),
    ] -%}
    {#- Where the mobile phone stands in for the other, it is one value. -#}
    {%- set person = shared[1:] + [
        (
            'phone',
            'nullif(landed.phone, landed.mobile_phone)',
            'coalesce(landed.phone_e164, ' ~ digits ~ ')',
        ),
        ('first_name', 'landed.first_name', crm_hygiene.compared_text('landed.first_name')),
        ('last_name', 'landed.last_name', crm_hygiene.compared_text('landed.last_name')),
        ('email', 'landed.email', none),
        ('mobile_phone', 'landed.mobile_phone', 'coalesce(' ~ mobile ~ ', ' ~ mobile_digits ~ ')'),
        ('title', 'landed.title', none),
        ('lead_source', 'records.lead_source', none),
        ('consent_status', "nullif(records.consent_status, 'unknown')", none),
    ] -%}
    {%- set person_flags = {
        'do_not_contact': 'records.do_not_contact',
        'is_hard_bounced': 'records.is_hard_bounced',
        'is_on_legal_hold': 'landed.is_on_legal_hold',
    } -%}
    {%- set account_flags = {
        'is_customer': 'landed.is_customer',
        'is_partner': 'landed.is_partner',
        'is_strategic': 'landed.is_strategic',
        'is_on_legal_hold': 'landed.is_on_legal_hold',
    } -%}
    {{ return({
        'account': (account_flags, shared + [
            ('account_name', 'landed.account_name', 'companies.company_key'),
            ('domain', 'landed.domain', 'keys.domain_key'),
            ('industry', 'landed.industry', none),
            ('segment', 'landed.segment', none),
            ('lifecycle_stage', 'landed.lifecycle_stage', none),
        ]),
        'contact': (person_flags, person + [
            ('account_id', 'landed.account_id', none),
            ('company', 'accounts.account_name', 'companies.company_key'),
            ('segment', 'accounts.segment', none),
            ('lawful_basis', 'landed.lawful_basis', none),
            ('departed_at', 'cast(landed.departed_at as ' ~ text ~ ')', none),
        ]),
        'lead': (person_flags, person + [
            ('company', 'landed.company', 'companies.company_key'),
            ('segment', 'landed.segment', none),
        ]),
    }) }}
{% endmacro %}
