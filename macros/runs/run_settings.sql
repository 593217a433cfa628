{#- What this run was given, as it takes it: rows of setting, kind and value. Nothing in it tells when or by whom a
    build was run, so that two builds of one landing with one as_of and the same settings agree. -#}
{% macro run_settings() %}
    {%- set settings = [
        ('crm_sources', 'variable', crm_hygiene.crm_sources() | join(', ')),
        ('is_demo', 'variable', crm_hygiene.is_demo() | string | lower),
        ('as_of', 'variable', crm_hygiene.as_of().split("'")[1]),
        ('business_timezone', 'variable', var('business_timezone')),
        ('business_period', 'variable', var('business_period')),
        ('fiscal_year_start_month', 'variable', var('fiscal_year_start_month')),
        ('crm_database', 'variable', var('crm_database', none)),
        ('target_type', 'target', target_type()),
    ] -%}
    {%- for crm in crm_hygiene.crm_sources() -%}
        {%- do settings.append((crm ~ '_schema', 'variable', landing_schema(crm))) -%}
        {%- do settings.append((crm ~ '_files', 'variable', var(crm ~ '_files', none))) -%}
    {%- endfor -%}
    {%- for what, version in run_versions().items() -%}
        {%- do settings.append((what ~ '_version', 'version', version)) -%}
    {%- endfor -%}
    {%- for seed, hash in policy_hashes().items() -%}
        {%- do settings.append((seed, 'policy', hash)) -%}
    {%- endfor -%}
    {{ return(settings) }}
{% endmacro %}


{#- The schema in which a landing lies; dbt knows it when it runs. -#}
{% macro landing_schema(crm) %}
    {%- set declared = graph.get('sources', {}).values() | selectattr('source_name', 'equalto', crm) | list -%}
    {{ return('demo_' ~ crm if crm_hygiene.is_demo() else declared[0].schema if declared else none) }}
{% endmacro %}


{% macro target_type() %}
    {{ return(target.type) }}
{% endmacro %}


{% macro run_versions() %}
    {{ return({'dbt': dbt_version, 'project': var('project_version')}) }}
{% endmacro %}


{#- Each policy seed with the hash that dbt takes of its file, NULL where the file is too large for dbt to read (1 MB). -#}
{% macro policy_hashes() %}
    {%- set hashes = {} -%}
    {%- if execute -%}
        {%- for seed in graph.get('nodes', {}).values() | selectattr('resource_type', 'equalto', 'seed') | sort(attribute='name')
            if seed.package_name == 'crm_hygiene' and seed.config.schema == 'policy' -%}
            {%- do hashes.update({seed.name: seed.checksum.checksum if seed.checksum.name != 'path' else none}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(hashes) }}
{% endmacro %}
