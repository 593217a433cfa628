{#- The words that tell a consent, each with what it tells; whatever is landed besides is unknown. Beside the project's own
    they are those of a yes or no (as parse_value reads them) and of common forms. -#}
{% macro consent_words() %}
    {{ return({
        'opted_in': [
            'opted_in', 'opted in', 'opt_in', 'opt-in', 'optin', 'subscribed', 'granted', 'given', 'confirmed', 'yes', 'y', 'true', 't',
            '1', 'on', 'ja', 'wahr', 'oui', 'vrai', 'si', 'sí',
        ],
        'opted_out': [
            'opted_out', 'opted out', 'opt_out', 'opt-out', 'optout', 'denied', 'refused', 'withdrawn', 'revoked', 'no', 'n', 'false',
            'f', '0', 'off', 'nein', 'falsch', 'non', 'faux',
        ],
        'unsubscribed': ['unsubscribed'],
    }) }}
{% endmacro %}


{#- One of opted_in, opted_out, unsubscribed, unknown (whatever is landed besides). -#}
{% macro consent_status(landed) -%}
    case
        {%- for status, words in crm_hygiene.consent_words().items() %}
        when {{ crm_hygiene.strip(landed) }} in ('{{ words | join("', '") }}') then '{{ status }}'
        {%- endfor %}
        else 'unknown'
    end
{%- endmacro %}


{#- The word of a consent that is told and not understood; NULL where there is none. -#}
{% macro unread_consent(landed) -%}
    case
        when
            {{ crm_hygiene.consent_status(landed) }} = 'unknown'
            and not {{ crm_hygiene.is_blank(landed) }}
            then {{ crm_hygiene.strip(landed) }}
    end
{%- endmacro %}


{#- One of consent, contract, legitimate_interest, none; NULL where unknown. Understands HubSpot's labels and
    API names of a legal basis ('Legitimate interest – existing customer', PERFORMANCE_OF_CONTRACT). -#}
{% macro lawful_basis(landed) -%}
    case
        when {{ landed }} = 'none' or {{ landed }} like 'no %' or {{ landed }} like 'without %' then 'none'
        when {{ landed }} like '%legitimate%interest%' then 'legitimate_interest'
        when {{ landed }} like '%contract%' then 'contract'
        when {{ landed }} like '%consent%' then 'consent'
    end
{%- endmacro %}
