{#- An instant moved by the archive limit of a record (columns archive_after and archive_unit): sign -1 for what lies a limit
    before it, 1 for when it will be one old. NULL where there is no limit. -#}
{% macro age_limit(sign, instant) -%}
    cast(
        case archive_unit
            when 'days' then {{ dbt.dateadd('day', sign ~ ' * archive_after', instant) }}
            else {{ dbt.dateadd('month', sign ~ ' * archive_after', instant) }}
        end as {{ dbt.type_timestamp() }}
    )
{%- endmacro %}
