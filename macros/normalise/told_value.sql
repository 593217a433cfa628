{#- A value that a history tells as text, in the one form in which all sources of that field are compared: amounts
    as plain numbers, close dates as YYYY-MM-DD, everything else as landed. -#}
{% macro told_value(landed_field, value) -%}
    case
        when lower({{ landed_field }}) = 'amount' and {{ value }} not like '%.%' and lower({{ value }}) not like '%e%'
            then {{ value }}
        -- As CRMs write nearly all of them: the look at every other form takes six times as long as all the rest.
        when lower({{ landed_field }}) = 'amount' and {{ crm_hygiene.matches(value, '[1-9][0-9]{0,14}[.][0-9]{1,6}') }}
            then {{ crm_hygiene.plain_decimal(value) }}
        when lower({{ landed_field }}) = 'amount'
            then coalesce({{ crm_hygiene.plain_number(value) }}, {{ value }})
        when lower({{ landed_field }}) in ('closedate', 'close_date') and length({{ value }}) = 10
            then {{ value }}
        when lower({{ landed_field }}) in ('closedate', 'close_date')
            then coalesce(
                cast({{ crm_hygiene.parse_value(value, 'text', 'date') }} as {{ dbt.type_string() }}),
                {{ value }}
            )
        else {{ value }}
    end
{%- endmacro %}
