{#- How a measured value stands to its target, of the columns is_landed, denominator, value, direction, target and alert_at:
    worse than the target is watch, worse than alert_at is alert, and of too few records nothing is said. -#}
{% macro status_of_value(minimum_sample) -%}
    case
        when not is_landed then 'not_landed'
        when denominator < {{ minimum_sample }} then 'insufficient_data'
        {%- for status, limit in [('alert', 'alert_at'), ('watch', 'target')] %}
        when
            case
                when direction = 'higher_is_better' then value < {{ limit }}
                else value > {{ limit }}
            end
            then '{{ status }}'
        {%- endfor %}
        else 'ok'
    end
{%- endmacro %}
