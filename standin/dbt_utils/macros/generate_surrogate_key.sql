{# The md5 of the fields as text, joined by '-'; a null counts as a word of its own, so that it differs from ''. #}
{% macro generate_surrogate_key(field_list) %}
  {{ return(adapter.dispatch('generate_surrogate_key', 'dbt_utils')(field_list)) }}
{% endmacro %}

{% macro default__generate_surrogate_key(field_list) %}
  {% set null_word = '_dbt_utils_surrogate_key_null_' %}
  {% if var('surrogate_key_treat_nulls_as_empty_strings', false) %}
    {% set null_word = '' %}
  {% endif %}
  {% set parts = [] %}
  {% for field in field_list %}
    {% if not loop.first %}
      {% do parts.append("'-'") %}
    {% endif %}
    {% do parts.append("coalesce(cast(" ~ field ~ " as " ~ dbt.type_string() ~ "), '" ~ null_word ~ "')") %}
  {% endfor %}
  {{ return(dbt.hash(dbt.concat(parts))) }}
{% endmacro %}
