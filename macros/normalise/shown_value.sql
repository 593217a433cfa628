{#- A changed value as marts may show it: NULL for a person's own data (any field of a contact or lead but those that
    the process writes), so that no mart holds an e-mail, phone, name or free text. -#}
{% macro shown_value(object_type, field, value) -%}
    case
        when {{ object_type }} not in ('contact', 'lead')
            or {{ field }} in (
                'status', 'owner_id', 'account_id', 'lifecycle_stage', 'lead_source', 'consent_status', 'do_not_contact'
            )
            then {{ value }}
    end
{%- endmacro %}
