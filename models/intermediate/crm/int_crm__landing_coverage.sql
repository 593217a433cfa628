-- One row per declared column of each landing, and per field whose history rules read.
{{ config(materialized='view') }}

with landed_columns as (
    select * from {{ ref('int_landing__columns') }}
),

landed_tables as (
    select * from {{ ref('int_landing__tables') }}
),

givers as (
    select * from {{ ref('int_landing__givers') }}
),

history_needs as (
    select * from {{ ref('history_needs') }}
),

inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

covered as (
    select
        crm,
        source_table,
        source_column,
        is_landed,
        needed_by
    from landed_columns

    union all

    -- A history that is landed can still be silent of a field: it is not tracked, or not landed.
    select
        givers.crm,
        givers.source_table,
        'changes of ' || givers.object_type || '.' || history_needs.field as source_column,
        changes.input is not null as is_landed,
        history_needs.needed_by
    from givers
    inner join history_needs on givers.object_type = history_needs.object_type
    inner join inputs as records
        on
            givers.crm = records.crm
            and givers.object_type = records.object_type
            and records.input = 'records'
    left join inputs as changes
        on
            givers.crm = changes.crm
            and givers.object_type = changes.object_type
            and changes.input = 'history:' || history_needs.field
    where givers.input = 'table:history'
),

final as (
    select
        covered.crm,
        covered.source_table,
        covered.source_column,
        covered.is_landed,
        landed_tables.is_landed as is_table_landed,
        landed_tables.is_landed and landed_tables.n_landed = 0 as is_table_empty,
        covered.needed_by
    from covered
    inner join landed_tables
        on
            covered.crm = landed_tables.crm
            and covered.source_table = landed_tables.source_table
)

select * from final
