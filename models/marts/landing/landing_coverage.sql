{%- set text = dbt.type_string() -%}
{%- set rows = [] -%}
{%- for crm, tables in landing_tables().items() if crm in crm_sources() -%}
    {%- set names = landed_names(crm) -%}
    {%- for table in tables -%}
        {%- set relation = landed_relation(crm, table, names) -%}
        {%- if execute -%}
            {%- set landed = landed_columns(relation) -%}
            {%- set declared = declared_table(crm, table) -%}
            {%- for column in declared.columns.values() -%}
                {%- set needed_by = (column.config.meta or {}).get(
                    'needed_by', declared.config.meta.needed_by
                ) -%}
                {%- do rows.append([
                    "'" ~ crm ~ "'",
                    "'" ~ table ~ "'",
                    "'" ~ column.name ~ "'",
                    'true' if landed.get(column.name | replace('_', '')) else 'false',
                    "'" ~ needed_by | replace("'", "''") ~ "'",
                ]) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
{%- endfor -%}
{%- if not rows -%}
    {%- do rows.append(["''", "''", "''", 'false', "''"]) -%}
{%- endif -%}

with expected as (
    select
        crm,
        source_table,
        source_column,
        is_landed,
        needed_by
    from {{ literal_rows(
        ['crm', 'source_table', 'source_column', 'is_landed', 'needed_by'], rows
    ) }}
),

row_counts as (
    select * from {{ ref('landing_row_counts') }}
),

final as (
    select
        cast(expected.crm as {{ text }}) as crm,
        cast(expected.source_table as {{ text }}) as source_table,
        cast(expected.source_column as {{ text }}) as source_column,
        expected.is_landed,
        row_counts.is_landed as is_table_landed,
        row_counts.is_landed and row_counts.n_landed = 0 as is_table_empty,
        cast(expected.needed_by as {{ text }}) as needed_by
    from expected
    inner join row_counts
        on expected.crm = row_counts.crm and expected.source_table = row_counts.source_table
)

select * from final
