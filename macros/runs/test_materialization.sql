{#- A data test as dbt runs it, with one difference: only a test that finds rows keeps them in a table of test_failures.
    dbt makes one of every test that stores failures: over a thousand empty tables a night, which slow down every look
    into the catalog. -#}
{% materialization test, default %}
    {%- set sql_with_limit -%}
        {{ get_limit_subquery_sql(sql, config.get('limit')) }}
    {%- endset -%}

    {% call statement('main', fetch_result=True) -%}
        {{ get_test_sql(
            sql_with_limit, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), limit=none
        ) }}
    {%- endcall %}

    {% set relations = [] %}
    {% if should_store_failures() %}
        {% set stored = adapter.get_relation(database=database, schema=schema, identifier=model['alias']) %}
        {% set n_found = load_result('main')['data'][0][0] %}
        {% if stored %}
            {% do adapter.drop_relation(stored) %}
        {% endif %}
        {% if n_found > 0 %}
            {% set target_relation = api.Relation.create(
                database=database, schema=schema, identifier=model['alias'], type='table'
            ) %}
            {% call statement('store', auto_begin=True) %}
                {{ get_create_sql(target_relation, sql_with_limit) }}
            {% endcall %}
            {% do relations.append(target_relation) %}
        {% endif %}
        {% if stored or n_found > 0 %}
            {{ adapter.commit() }}
        {% endif %}
    {% endif %}
    {{ return({'relations': relations}) }}
{% endmaterialization %}
