-- A row of threshold_overrides with a scope that its figure is not told apart by would be passed
-- over in silence. One row here per scope of a row that threshold_scopes does not have, with what
-- to do.
{%- set columns = ['crm', 'pipeline', 'segment'] %}
with scopes as (
    {%- for column in columns %}
        select
            threshold_id,
            '{{ column }}' as scope,
            {{ column }} as scope_value
        from {{ ref('threshold_overrides') }}
        where {{ column }} is not null
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

allowed as (
    {%- for column in columns %}
        select
            threshold_id,
            '{{ column }}' as scope
        from {{ ref('threshold_scopes') }}
        where ' ' || scopes || ' ' like '% {{ column }} %'
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
)

select
    scopes.threshold_id,
    scopes.scope,
    scopes.scope_value,
    'In seeds/policy/threshold_overrides.csv, empty ' || scopes.scope || ' in this row of '
    || scopes.threshold_id || ', or delete the row: its figure is not told apart by '
    || scopes.scope || '; threshold_scopes.csv lists what is.' as what_to_do
from scopes
left join allowed
    on scopes.threshold_id = allowed.threshold_id and scopes.scope = allowed.scope
where allowed.threshold_id is null
