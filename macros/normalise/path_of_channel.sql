{#- The write path that a channel says by itself: an automation or integration may be one of several. -#}
{% macro path_of_channel(channel) -%}
    case lower({{ channel }})
        when 'ui' then 'ui_edit'
        when 'api' then 'api'
        when 'import' then 'csv_import'
    end
{%- endmacro %}
