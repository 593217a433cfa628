-- One row per declared column of each landing: whether it and its table are landed, and what cannot
-- be computed without it.
{%- set rows = [] -%}
{%- for crm, tables in landing_tables().items() if crm in crm_sources() -%}
    {%- set names = landed_names(crm) -%}
    {%- for table in tables -%}
        {%- set relation = landed_relation(crm, table, names) -%}
        {%- if execute -%}
            {%- set declared = declared_table(crm, table) -%}
            {%- set landed = landed_columns(relation, declared) -%}
            {%- set meta = declared.config.meta -%}
            {%- set needed = meta.required | select('string') | list + meta.get('landed', []) -%}
            {%- for column in declared.columns.values() -%}
                {%- do rows.append([
                    text_literal(crm),
                    text_literal(table),
                    text_literal(column.name),
                    'true' if relation is not none else 'false',
                    'true' if landed.get(column.name | replace('_', '')) else 'false',
                    'true' if column.name in needed else 'false',
                    text_literal((column.config.meta or {}).get('needed_by', meta.needed_by)),
                ]) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
{%- endfor -%}
{%- if not rows -%}
    {%- do rows.append(["''", "''", "''", 'false', 'false', 'false', "''"]) -%}
{%- endif %}
with final as (
    select
        crm,
        source_table,
        source_column,
        is_table_landed,
        is_landed,
        is_required,
        needed_by
    from {{ literal_rows([
        'crm', 'source_table', 'source_column', 'is_table_landed', 'is_landed', 'is_required',
        'needed_by',
    ], rows) }}
)

select * from final
