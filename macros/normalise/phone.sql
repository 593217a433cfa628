{#- A phone number in E.164 (+442079460018), from the landed text and the calling code and trunk prefix of the
    record's country (seed `countries`). NULL where the number has no international prefix and the country
    is not known, or where it cannot be a phone number (fewer than 7 or more than 15 digits, letters).
    An extension (x12, ext. 12) is left out. -#}
{% macro e164_phone(phone, calling_code, trunk_prefix) -%}
    {%- set plain = crm_hygiene.replace_all('lower(' ~ crm_hygiene.strip(phone) ~ ')', '(,|;|#|x|ext).*$', '') -%}
    {%- set trimmed = crm_hygiene.replace_all(crm_hygiene.replace_all(plain, '[(]0[)]', ''), '[^0-9a-z+]', '') -%}
    case
        when {{ crm_hygiene.matches(trimmed, '[+][1-9][0-9]{6,14}') }} then {{ trimmed }}
        when {{ crm_hygiene.matches(trimmed, '00[1-9][0-9]{6,14}') }} then '+' || substring({{ trimmed }}, 3)
        when {{ calling_code }} is null or not {{ crm_hygiene.matches(trimmed, '[0-9]{6,12}') }} then null
        when coalesce({{ trunk_prefix }}, '') <> '' and {{ trimmed }} like {{ trunk_prefix }} || '%'
            then '+' || {{ calling_code }} || substring({{ trimmed }}, length({{ trunk_prefix }}) + 1)
        else '+' || {{ calling_code }} || {{ trimmed }}
    end
{%- endmacro %}
