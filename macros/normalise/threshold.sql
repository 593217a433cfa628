{#- A threshold of the policy seeds as a scalar subquery: threshold_overrides before thresholds.
    Its existence is tested (every_threshold_that_models_read_has_a_value). -#}
{% macro threshold(threshold_id) -%}
    (
        select coalesce(overrides.value, defaults.value)
        from {{ ref('thresholds') }} as defaults
        left join {{ ref('threshold_overrides') }} as overrides
            on defaults.threshold_id = overrides.threshold_id
        where defaults.threshold_id = '{{ threshold_id }}'
    )
{%- endmacro %}
