{#- One of opted_in, opted_out, unsubscribed, unknown (whatever is landed besides). -#}
{% macro consent_status(landed) -%}
    case
        when {{ landed }} in ('opted_in', 'opted_out', 'unsubscribed') then {{ landed }}
        else 'unknown'
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
