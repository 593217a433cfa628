-- threshold() is a scalar subquery: where it finds no value it gives NULL, and every comparison
-- with that is silently false. One row here per id that a model reads and the seed lacks.
{%- set ids = [] -%}
{%- if execute -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' -%}
        {%- do ids.extend(modules.re.findall("threshold[(]'([a-z0-9_]+)'[)]", node.raw_code)) -%}
    {%- endfor -%}
{%- endif %}
with read_by_models as (
    {%- for id in ids | unique | sort %}
        select '{{ id }}' as threshold_id

        union all
    {% endfor %}
    {%- for limit in ['watch', 'alert'] %}
        select rule_id || '__{{ limit }}' as threshold_id
        from {{ ref('rules') }}
        where kind = 'signal'
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
)

select read_by_models.threshold_id
from read_by_models
left join {{ ref('thresholds') }} as thresholds
    on read_by_models.threshold_id = thresholds.threshold_id
where thresholds.value is null
