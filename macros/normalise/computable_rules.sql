{#- For each rule of a register the CRMs and object types that it can be computed for: one row per rule, crm and
    object_type for which of every group of needs at least one input is landed (int_crm__inputs).
      register   relation or CTE with the column that names the rule and `needs`, a text such as
                 `history:stage|history:status & milestones`: of inputs with | between them one is enough, parts with
                 & between them are all needed; blanks do not count
      id_column  name of the column that names the rule
      inputs     relation or CTE with crm, object_type and input
    A rule without needs has no row: the register's tests ask for them. -#}
{% macro computable_rules(register, id_column, inputs) -%}
    select
        register.{{ id_column }},
        landed.crm,
        landed.object_type
    from {{ register }} as register,
        {{ split_rows('register.needs', '&', 'needed') }},
        {{ inputs }} as landed
    where
        {{ dbt.position(
            "'|' || landed.input || '|'", "'|' || replace(part, ' ', '') || '|'"
        ) }} > 0
    group by register.{{ id_column }}, register.needs, landed.crm, landed.object_type
    having
        count(distinct part)
        = length(register.needs) - length(replace(register.needs, '&', '')) + 1
{%- endmacro %}
