{#- For each rule the CRMs and object types that it can be computed for: one select below the other.
      id      name of the column that names the rule
      needs   dict of rule -> list of groups of inputs (int_crm__inputs); of each group one is enough
      inputs  relation or CTE with crm, object_type and input -#}
{% macro where_landed(id, needs, inputs) -%}
    {%- for rule, groups in needs.items() %}
        select
            '{{ rule }}' as {{ id }},
            crm,
            object_type
        from {{ inputs }}
        group by crm, object_type
        having
            {%- for group in groups %}
                {{ 'and ' if not loop.first }}max(
                    case when input in ('{{ group | join("', '") }}') then 1 else 0 end
                ) = 1
            {%- endfor %}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
{%- endmacro %}
