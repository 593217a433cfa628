{#- What judges records, found in dbt's graph: int_lifecycle__verdicts and what it rests on in its folder. A dict with
      sql_hash  a hash of their SQL, and of the rules, inputs and words that stand in macros
      seeds     the policy seeds that they read, each with name, relation and the columns that judge. What names records one
                by one is no policy: it changes their facts.
    While dbt parses there is no graph. -#}
{% macro lifecycle_judging() %}
    {%- set found = {} -%}
    {%- if execute -%}
        {%- for node in graph.get('nodes', {}).values() if node.name == 'int_lifecycle__verdicts' -%}
            {%- do crm_hygiene.add_with_ancestors(node, found) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set sql = [
        crm_hygiene.lifecycle_rules() | string, crm_hygiene.lifecycle_inputs() | string, crm_hygiene.lifecycle_reasons() | string
    ] -%}
    {%- set seeds = [] -%}
    {%- for node in found.values() | sort(attribute='name') -%}
        {%- if node.resource_type == 'model' -%}
            {%- do sql.append(node.raw_code) -%}
        {%- elif 'record_id' not in node.columns -%}
            {%- do seeds.append({
                'name': node.name,
                'relation': node.relation_name,
                'columns': node.columns.keys() | reject('in', ['unit', 'reason']) | list,
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return({'sql_hash': local_md5(sql | join(' ')), 'seeds': seeds}) }}
{% endmacro %}


{#- Adds a model, the seeds that it reads and, likewise, the models of its folder that it reads. -#}
{% macro add_with_ancestors(node, found) %}
    {%- do found.update({node.unique_id: node}) -%}
    {%- for name in node.depends_on.nodes if name in graph.nodes and name not in found -%}
        {%- set parent = graph.nodes[name] -%}
        {%- if parent.resource_type == 'seed' -%}
            {%- do found.update({name: parent}) -%}
        {%- elif parent.fqn[:3] == node.fqn[:3] -%}
            {%- do crm_hygiene.add_with_ancestors(parent, found) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}
