-- A required field that no model knows would never be asked for.
{%- set known = [] -%}
{%- for field, object_types in health_field_names().items() -%}
    {%- for object_type in object_types -%}
        {%- do known.append(["'" ~ object_type ~ "'", "'" ~ field ~ "'"]) -%}
    {%- endfor -%}
{%- endfor %}
with known as (
    select
        object_type,
        field
    from {{ literal_rows(['object_type', 'field'], known) }}
)

select
    required.object_type,
    required.field
from {{ ref('required_fields') }} as required
left join known
    on required.object_type = known.object_type and required.field = known.field
where known.field is null
