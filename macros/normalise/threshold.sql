{#- A threshold of the policy seeds as a scalar subquery; a test asks that it has a value. Scripts find it in the mart
    run_settings. -#}
{% macro threshold(threshold_id) -%}
    (
        {{ crm_hygiene.thresholds_in_force() }}
        where defaults.threshold_id = '{{ threshold_id }}'
    )
{%- endmacro %}


{#- Selects the value of each threshold where no scope is given: threshold_overrides before thresholds. -#}
{% macro thresholds_in_force(columns=[]) -%}
    select {{ (columns + ['coalesce(overrides.value, defaults.value) as value']) | join(', ') }}
    from {{ ref('thresholds') }} as defaults
    left join (
        select
            threshold_id,
            value
        from {{ ref('threshold_overrides') }}
        where coalesce(crm, pipeline, segment) is null
    ) as overrides
        on defaults.threshold_id = overrides.threshold_id
{%- endmacro %}


{#- Selects the scoped rows of threshold_overrides that win in each scope. The scopes are the rows of a relation, distinct
    in the columns given ('' where there is none): crm and any of pipeline and segment. A row with another scope than
    these is left out. A row with a segment wins over one without, then one with a pipeline, then one with a CRM. -#}
{% macro scoped_thresholds(scopes, columns) -%}
    select threshold_id, {{ columns | join(', ') }}, value
    from (
        select
            overrides.threshold_id,
            {%- for column in columns %}
            scopes.{{ column }},
            {%- endfor %}
            overrides.value,
            row_number() over (
                partition by overrides.threshold_id, scopes.{{ columns | join(', scopes.') }}
                order by
                    case when overrides.segment is null then 1 else 0 end,
                    case when overrides.pipeline is null then 1 else 0 end,
                    case when overrides.crm is null then 1 else 0 end
            ) as preference
        from {{ scopes }} as scopes
        inner join {{ ref('threshold_overrides') }} as overrides
            on
            {%- for column in columns %}
                coalesce(overrides.{{ column }}, scopes.{{ column }}) = scopes.{{ column }}
                {%- if not loop.last %} and{% endif %}
            {%- endfor %}
        where
            coalesce(overrides.crm, overrides.pipeline, overrides.segment) is not null
            {%- for column in ['crm', 'pipeline', 'segment'] if column not in columns %}
            and overrides.{{ column }} is null
            {%- endfor %}
    ) as ranked
    where preference = 1
{%- endmacro %}
