{#- The table that keeps what each run of dbt and of the landing gate found; src/crm_hygiene/runs.py writes to it. -#}
{% macro run_results() %}
    {{ return(api.Relation.create(database=target.database, schema='runs', identifier='results')) }}
{% endmacro %}


{% macro run_results_columns() %}
    {%- set text = dbt.type_string() -%}
    {{ return({
        'invocation_id': text,
        'tool': text,
        'command': text,
        'started_at': dbt.type_timestamp(),
        'is_complete': dbt.type_boolean(),
        'test_id': text,
        'kind': text,
        'name': text,
        'status': text,
        'n_failing_rows': dbt.type_bigint(),
        'n_skipped': dbt.type_bigint(),
        'message': text,
        'object_tested': text,
        'protects': text,
        'marts_at_risk': text,
        'figures_at_risk': text,
        'owner_team': text,
        'sample_rows': text,
        'first_step': text,
        'rerun_command': text,
    }) }}
{% endmacro %}


{#- Makes the table where it is not there yet: the marts that read it must build on an empty database. -#}
{% macro make_run_results() %}
    {%- if execute -%}
        {%- set results = crm_hygiene.run_results() -%}
        {%- do adapter.create_schema(results) -%}
        create table if not exists {{ results }} (
        {%- for name, type in crm_hygiene.run_results_columns().items() %}
            {{ name }} {{ type }}{{ ',' if not loop.last }}
        {%- endfor %}
        )
    {%- endif -%}
{% endmacro %}
