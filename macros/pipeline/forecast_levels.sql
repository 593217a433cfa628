{#- The levels at which a forecast is added up: which of pipeline, segment and team stand for themselves at each; the others
    are `all`. -#}
{% macro forecast_levels() %}
    {{ return({
        'detail': ['pipeline', 'segment', 'team'], 'pipeline': ['pipeline'], 'segment': ['segment'], 'team': ['team'], 'all': [],
    }) }}
{% endmacro %}


{#- A from-clause item with a row a level. -#}
{% macro forecast_level_rows() -%}
    {{ crm_hygiene.text_rows(['level'], crm_hygiene.forecast_levels() | list) }}
{%- endmacro %}


{#- The columns by which a forecast is added up at the level of the relation levels. -#}
{% macro forecast_level_columns(relation) -%}
    {%- for column in ['pipeline', 'segment', 'team'] %}
    case when levels.level in ('detail', '{{ column }}') then {{ relation }}.{{ column }} else 'all' end as {{ column }},
    {%- endfor %}
    levels.level
{%- endmacro %}
