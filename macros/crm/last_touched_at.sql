{#- Since when a record has not been touched: its last activity, else its creation. NULL for a lead that was given up or converted,
    which nobody has to work.
      record  alias of int_crm__records, or of a relation with its object_type, stage_kind, last_activity_at and created_at -#}
{% macro last_touched_at(record) -%}
    case
        when {{ record }}.object_type = 'lead' and {{ record }}.stage_kind in ('won', 'lost') then null
        else coalesce({{ record }}.last_activity_at, {{ record }}.created_at)
    end
{%- endmacro %}
