{#- The number of a record as it is compared: in E.164, by the record's country or else by the CRM's own (columns of
    int_identity__phone_regions), so that a number without a country equals the same one with it. -#}
{% macro compared_phone(record) -%}
    coalesce(
        {{ record }}.phone_e164,
        {{ crm_hygiene.e164_phone(
            record ~ '.phone', 'phone_regions.calling_code', 'phone_regions.trunk_prefix'
        ) | indent(8) }}
    )
{%- endmacro %}
