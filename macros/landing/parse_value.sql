{#- A landed column (SQL expression, landed type) as the declared type: string, timestamp (UTC), date, boolean,
    integer or numeric; NULL where the value cannot be read as that. Instants may be landed as ISO 8601 text
    with or without offset, as epoch milliseconds, or typed; also as 2025/06/30, 30.6.2025, 30/06/2025 or 06/30/2025, where
    only one of the two can be the month. Numbers may have a currency and thousands separators where these
    cannot be mistaken: $22,700.00, 1.234,50 €, 12,50 and 1,234,567, but not 1,250.
      formats     what makes the rest plain, by the variable landed_formats: dates (dmy or mdy), decimal (comma or point)
      is_stripped whether the expression is a text without white space at its ends already -#}
{% macro parse_value(expression, landed_type, declared_type, formats={}, is_stripped=false) -%}
    {%- set landed = landed_type | lower -%}
    {%- set text = expression if is_stripped
        else crm_hygiene.strip('cast(' ~ expression ~ ' as ' ~ dbt.type_string() ~ ')') -%}
    {%- set is_number = not crm_hygiene.is_text_type(landed) and modules.re.match(
        '.*(int|decimal|numeric|number|double|float|real)', landed) -%}
    {%- set timestamp = dbt.type_timestamp() -%}
    {%- set instant_regex = '[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?)?' -%}
    {%- set offset_regex = '[ T][0-9]{1,2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|z|[ ]?[+-][0-9]{2}(:?[0-9]{2})?)' -%}
    {%- set times = '([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?)?' -%}
    {%- if declared_type == 'string' and is_number and 'int' not in landed -%}
        {#- A loader that takes an id for a number may land it with decimals. -#}
        case
            when {{ expression }} = floor({{ expression }}) and abs({{ expression }}) < 1e15
                then cast(cast({{ expression }} as bigint) as {{ dbt.type_string() }})
            else cast({{ expression }} as {{ dbt.type_string() }})
        end
    {%- elif declared_type == 'string' -%}
        cast({{ expression }} as {{ dbt.type_string() }})
    {%- elif declared_type == 'timestamp' -%}
        {%- if 'timestamp' in landed and ('zone' in landed or 'tz' in landed) and 'without' not in landed and 'ntz' not in landed -%}
            {{ crm_hygiene.utc_timestamp(expression) }}
        {%- elif 'timestamp' in landed or 'datetime' in landed or landed == 'date' -%}
            cast({{ expression }} as {{ timestamp }})
        {%- elif is_number -%}
            case
                when {{ expression }} between -60000000000000 and 250000000000000
                    then {{ crm_hygiene.epoch_timestamp('cast(' ~ expression ~ ' as bigint)') }}
            end
        {%- else -%}
            case
                when {{ crm_hygiene.matches(text, instant_regex) }}
                    then {{ crm_hygiene.try_cast(text, timestamp) }}
                when {{ crm_hygiene.matches(text, '[0-9]{4}-[0-9]{2}-[0-9]{2}' ~ offset_regex) }}
                    then {{ crm_hygiene.offset_timestamp(text) }}
                when {{ crm_hygiene.matches(text, '[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}' ~ times) }}
                    then {{ crm_hygiene.try_cast("replace(" ~ text ~ ", '/', '-')", timestamp) }}
                when {{ crm_hygiene.matches(text, '[0-9]{1,2}[.][0-9]{1,2}[.][0-9]{4}' ~ times) }}
                    then {{ crm_hygiene.date_of_parts(text, '.', 2, 1) }}
                when {{ crm_hygiene.matches(text, '(1[3-9]|[23][0-9])/(0?[1-9]|1[0-2])/[0-9]{4}' ~ times) }}
                    then {{ crm_hygiene.date_of_parts(text, '/', 2, 1) }}
                when {{ crm_hygiene.matches(text, '(0?[1-9]|1[0-2])/(1[3-9]|[23][0-9])/[0-9]{4}' ~ times) }}
                    then {{ crm_hygiene.date_of_parts(text, '/', 1, 2) }}
                {%- if formats.get('dates') %}
                when {{ crm_hygiene.matches(text, '[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}' ~ times) }}
                    then {{ crm_hygiene.date_of_parts(text, '/', *((2, 1) if formats.dates == 'dmy' else (1, 2))) }}
                {%- endif %}
                when {{ crm_hygiene.matches(text, '[0-9]{11,14}') }}
                    then {{ crm_hygiene.epoch_timestamp(crm_hygiene.try_cast(text, 'bigint')) }}
            end
        {%- endif -%}
    {%- elif declared_type == 'date' -%}
        {%- if landed == 'date' or 'timestamp' in landed or 'datetime' in landed -%}
            cast({{ crm_hygiene.parse_value(expression, landed_type, 'timestamp', formats) }} as date)
        {%- elif is_number -%}
            cast({{ crm_hygiene.parse_value(expression, landed_type, 'timestamp', formats) }} as date)
        {%- else -%}
            cast({{ crm_hygiene.parse_value(expression, 'text', 'timestamp', formats, is_stripped) }} as date)
        {%- endif -%}
    {%- elif declared_type == 'boolean' -%}
        {%- if 'bool' in landed -%}
            {{ expression }}
        {%- else -%}
            case
                when {{ crm_hygiene.matches('lower(' ~ text ~ ')', 'true|t|yes|y|1|on|ja|wahr|oui|vrai|si|sí') }} then true
                when {{ crm_hygiene.matches('lower(' ~ text ~ ')', 'false|f|no|n|0|off|nein|falsch|non|faux') }} then false
            end
        {%- endif -%}
    {%- elif declared_type == 'integer' -%}
        {%- if is_number -%}
            {{ crm_hygiene.try_cast(expression, 'bigint') }}
        {%- else -%}
            case
                when {{ crm_hygiene.matches(text, '[+-]?[0-9]{1,18}([.]0+)?') }}
                    then cast({{ crm_hygiene.try_cast(text, crm_hygiene.type_amount()) }} as bigint)
            end
        {%- endif -%}
    {%- elif declared_type == 'numeric' -%}
        {%- if is_number -%}
            {{ crm_hygiene.try_cast(expression, crm_hygiene.type_amount()) }}
        {%- else -%}
            {%- set currency = '[$€£¥]|^[A-Z]{3}[ \u00a0]|[ \u00a0][A-Z]{3}$' -%}
            {%- set number = crm_hygiene.strip(crm_hygiene.replace_all(text, currency, '')) -%}
            {%- set groups = '[+-]?[0-9]{1,3}' -%}
            case
                {%- if formats.get('decimal') == 'point' %}
                when {{ crm_hygiene.matches(number, groups ~ '(,[0-9]{3})+') }}
                    then {{ crm_hygiene.try_cast("replace(" ~ number ~ ", ',', '')", crm_hygiene.type_amount()) }}
                {%- elif formats.get('decimal') == 'comma' %}
                when {{ crm_hygiene.matches(number, groups ~ '([.][0-9]{3})+') }}
                    then {{ crm_hygiene.try_cast("replace(" ~ number ~ ", '.', '')", crm_hygiene.type_amount()) }}
                when {{ crm_hygiene.matches(number, '[+-]?[0-9]+,[0-9]+') }}
                    then {{ crm_hygiene.try_cast("replace(" ~ number ~ ", ',', '.')", crm_hygiene.type_amount()) }}
                {%- endif %}
                when {{ crm_hygiene.matches(text, '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?') }}
                    then {{ crm_hygiene.try_cast(text, crm_hygiene.type_amount()) }}
                when {{ crm_hygiene.matches(
                    number, '[+-]?[0-9]+([.][0-9]+)?|' ~ groups ~ '((,[0-9]{3})+[.][0-9]+|(,[0-9]{3}){2,})'
                ) }}
                    then {{ crm_hygiene.try_cast(crm_hygiene.replace_all(number, ',', ''), crm_hygiene.type_amount()) }}
                when {{ crm_hygiene.matches(
                    number,
                    '[+-]?[0-9]+,[0-9]{1,2}|' ~ groups ~ '(([. \u00a0\u202f][0-9]{3})+,[0-9]+|([.][0-9]{3}){2,}|([ \u00a0\u202f][0-9]{3})+)'
                ) }}
                    then {{ crm_hygiene.try_cast(
                        crm_hygiene.replace_all(crm_hygiene.replace_all(number, '[. \u00a0\u202f]', ''), ',', '.'),
                        crm_hygiene.type_amount()
                    ) }}
            end
        {%- endif -%}
    {%- else -%}
        {{ exceptions.raise_compiler_error("no such declared type: '" ~ declared_type ~ "'") }}
    {%- endif -%}
{%- endmacro %}


{#- Whether a landed type is one of texts. -#}
{% macro is_text_type(landed_type) %}
    {%- set landed = landed_type | lower -%}
    {{ return('char' in landed or landed in ('text', 'string', 'json', 'uuid')) }}
{% endmacro %}


{#- The day, and the time where there is one, of a text such as 30.6.2025 10:00, whose month and day are these parts. -#}
{% macro date_of_parts(text, separator, month, day) -%}
    {%- set parts = [] -%}
    {%- for n in [3, month, day] -%}
        {%- do parts.append("split_part(split_part(replace(" ~ text ~ ", 'T', ' '), ' ', 1), '" ~ separator ~ "', " ~ n ~ ")") -%}
    {%- endfor -%}
    {{- crm_hygiene.try_cast(
        parts | join(" || '-' || ") ~ " || ' ' || coalesce(nullif(split_part(replace(" ~ text ~ ", 'T', ' '), ' ', 2), ''), '00:00')",
        dbt.type_timestamp()
    ) -}}
{%- endmacro %}


{#- The variable landed_formats of a CRM: how its texts are written where they could be read in two ways. -#}
{% macro formats_of(crm) %}
    {%- set formats = var('landed_formats', {}).get(crm, {}) -%}
    {%- set known = {'dates': ['dmy', 'mdy'], 'decimal': ['comma', 'point']} -%}
    {%- for name, value in formats.items() if value not in known.get(name, []) -%}
        {{ exceptions.raise_compiler_error(
            'landed_formats of ' ~ crm ~ ' says ' ~ name ~ ': ' ~ value ~ '; it may say dates: dmy or mdy, decimal: comma or point.'
        ) }}
    {%- endfor -%}
    {{ return(formats) }}
{% endmacro %}


{#- The engine's type of a declared one. -#}
{% macro declared_type_of(declared_type) -%}
    {%- set types = {
        'string': dbt.type_string(), 'timestamp': dbt.type_timestamp(), 'date': 'date',
        'boolean': dbt.type_boolean(), 'integer': 'bigint', 'numeric': crm_hygiene.type_amount()
    } -%}
    {{ return(types[declared_type]) }}
{%- endmacro %}
