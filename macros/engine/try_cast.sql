{#- A value cast to a type, NULL where it cannot be. (dbt.safe_cast is a plain cast on DuckDB and PostgreSQL.) -#}
{% macro try_cast(value, type) %}
    {{- return(adapter.dispatch('try_cast', 'crm_hygiene')(value, type)) -}}
{% endmacro %}

{% macro default__try_cast(value, type) -%}
    {{ dbt.safe_cast(value, type) }}
{%- endmacro %}

{% macro duckdb__try_cast(value, type) -%}
    try_cast({{ value }} as {{ type }})
{%- endmacro %}

{% macro spark__try_cast(value, type) -%}
    try_cast({{ value }} as {{ type }})
{%- endmacro %}

{#- PostgreSQL has no such cast: what the pattern lets through and the engine refuses (30 February, 300 digits) is
    judged by its own parts. -#}
{% macro postgres__try_cast(value, type) -%}
    {%- if 'timestamp' in type | lower -%}
    case
        when cast(substring({{ value }}, 1, 4) as integer) >= 1
            and cast(substring({{ value }}, 6, 2) as integer) between 1 and 12
            and cast(substring({{ value }}, 9, 2) as integer) between 1 and 31
            and cast(substring({{ value }}, 9, 2) as integer) <= extract(day from (
                make_date(
                    cast(substring({{ value }}, 1, 4) as integer),
                    least(greatest(cast(substring({{ value }}, 6, 2) as integer), 1), 12),
                    1
                ) + interval '1 month' - interval '1 day'
            ))
            and coalesce(nullif(substring({{ value }}, 12, 2), ''), '0')::integer <= 23
            and coalesce(nullif(substring({{ value }}, 15, 2), ''), '0')::integer <= 59
            and coalesce(nullif(substring({{ value }}, 18, 2), ''), '0')::integer <= 59
            then cast({{ value }} as {{ type }})
    end
    {%- elif 'decimal' in type | lower or 'numeric' in type | lower -%}
    case when abs(cast({{ value }} as numeric)) < 1e22 then cast({{ value }} as {{ type }}) end
    {%- else -%}
    cast({{ value }} as {{ type }})
    {%- endif -%}
{%- endmacro %}
