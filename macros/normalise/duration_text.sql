{#- Seconds in the largest units that a reader needs: `3 d 4 h`, `2 h 5 min`, `40 s`. -#}
{% macro duration_text(seconds) -%}
    {%- set whole = 'cast(floor(' ~ seconds ~ ') as ' ~ dbt.type_bigint() ~ ')' -%}
    case
        when {{ seconds }} >= 86400 then
            cast(cast(floor({{ seconds }} / 86400) as integer) as {{ dbt.type_string() }}) || ' d '
            || cast(cast(floor({{ whole }} % 86400 / 3600) as integer) as {{ dbt.type_string() }}) || ' h'
        when {{ seconds }} >= 3600 then
            cast(cast(floor({{ seconds }} / 3600) as integer) as {{ dbt.type_string() }}) || ' h '
            || cast(cast(floor({{ whole }} % 3600 / 60) as integer) as {{ dbt.type_string() }}) || ' min'
        when {{ seconds }} >= 60 then
            cast(cast(floor({{ seconds }} / 60) as integer) as {{ dbt.type_string() }}) || ' min '
            || cast({{ whole }} % 60 as {{ dbt.type_string() }}) || ' s'
        else cast({{ whole }} as {{ dbt.type_string() }}) || ' s'
    end
{%- endmacro %}
