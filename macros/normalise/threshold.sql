{#- A threshold of the policy seeds as a scalar subquery; a test asks that it has a value. Scripts find it in the mart
    run_settings. -#}
{% macro threshold(threshold_id) -%}
    (
        {{ crm_hygiene.thresholds_in_force() }}
        where defaults.threshold_id = '{{ threshold_id }}'
    )
{%- endmacro %}


{#- Selects the value of each threshold: threshold_overrides before thresholds. -#}
{% macro thresholds_in_force(columns=[]) -%}
    select {{ (columns + ['coalesce(overrides.value, defaults.value) as value']) | join(', ') }}
    from {{ ref('thresholds') }} as defaults
    left join {{ ref('threshold_overrides') }} as overrides
        on defaults.threshold_id = overrides.threshold_id
{%- endmacro %}
