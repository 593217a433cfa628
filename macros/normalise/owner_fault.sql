{#- What is wrong with who owns a record, in words; NULL where its owner is active. A queue is an owner, also one that is
    not landed, as long as its id tells that it is one.
      record  alias of a relation with crm and owner_id
      user    alias of stg_crm__users, left-joined on them -#}
{% macro owner_fault(record, user) -%}
    case
        when {{ record }}.owner_id is null then 'no owner'
        when
            {{ user }}.user_id is null
            and not {{ crm_hygiene.names_a_queue(record ~ '.crm', record ~ '.owner_id') }}
            then 'the owner is no user'
        when not {{ user }}.is_active then 'the owner is inactive'
    end
{%- endmacro %}
