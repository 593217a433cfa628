{#- Whether the history tells a field of a record at as_of: not where the record was modified after the history's last word,
    and by as_of, and has a value. For int_crm__records, which has the CTEs told and landed.
      field   as histories name it
      column  of the landed record -#}
{% macro is_told(field, column) -%}
    told.has_{{ field }} = 1
    and not coalesce(
        landed.updated_at <= {{ crm_hygiene.as_of() }}
        and landed.updated_at > told.{{ field }}_told_at
        and landed.{{ column }} is not null,
        false
    )
{%- endmacro %}
