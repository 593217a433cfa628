{#- The inputs that a relation has found, one select below the other: it has crm, object_type, and a column has_<input> that is 1
    where the input is landed. -#}
{% macro found_inputs(relation, inputs) -%}
    {%- for input in inputs %}
    select
        crm,
        object_type,
        '{{ input }}' as input
    from {{ relation }}
    where has_{{ input }} = 1
        {%- if not loop.last %}

    union all
        {% endif %}
    {%- endfor %}
{%- endmacro %}
