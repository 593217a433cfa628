-- One row per input, object type, and landed table or column that gives it: whether that is landed.
{%- set rows = [] -%}
{%- for crm, table, column, object_type, input, must_be_told in landed_givers() -%}
    {%- do rows.append([
        text_literal(crm), text_literal(table), text_literal(column), text_literal(object_type),
        text_literal(input), must_be_told,
    ]) -%}
{%- endfor -%}
{%- if not rows -%}
    {%- do rows.append(["''", "''", "''", "''", "''", 'false']) -%}
{%- endif %}
with landed_columns as (
    select * from {{ ref('int_landing__columns') }}
),

givers as (
    select
        crm,
        source_table,
        source_column,
        object_type,
        input,
        must_be_told
    from {{ literal_rows(
        ['crm', 'source_table', 'source_column', 'object_type', 'input', 'must_be_told'], rows
    ) }}
),

final as (
    select
        givers.crm,
        givers.source_table,
        givers.source_column,
        givers.object_type,
        givers.input,
        givers.must_be_told,
        -- A table without a column that every row needs has no rows.
        min(
            case
                when
                    landed_columns.is_landed
                    or (
                        givers.source_column = ''
                        and landed_columns.is_table_landed
                        and not landed_columns.is_required
                    )
                    then 1
                else 0
            end
        ) = 1 as is_landed
    from givers
    inner join landed_columns
        on
            givers.crm = landed_columns.crm
            and givers.source_table = landed_columns.source_table
            and givers.source_column in ('', landed_columns.source_column)
    group by
        givers.crm,
        givers.source_table,
        givers.source_column,
        givers.object_type,
        givers.input,
        givers.must_be_told
)

select * from final
