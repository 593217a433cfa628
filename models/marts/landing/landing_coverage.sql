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
{#- Where each CRM tells what happened to the fields that the rules read. -#}
{%- set histories = {
    'salesforce': {
        'opportunity': 'opportunity_field_history',
        'lead': 'lead_history',
        'case': 'case_history',
        'account': 'account_history',
        'contact': 'contact_history',
    },
    'hubspot': {
        'opportunity': 'deal_property_history',
        'case': 'ticket_property_history',
        'account': 'company_property_history',
        'contact': 'contact_property_history',
    },
    'open': {
        'opportunity': 'changes',
        'lead': 'changes',
        'case': 'changes',
        'account': 'changes',
        'contact': 'changes',
    },
} -%}
{%- set stage_rules = 'stage dwell, multi_stage_jump, stage_regression' -%}
{%- set read_fields = {
    'opportunity': {
        'stage': stage_rules
            ~ ', late_edit, commit_close_date_churn, premature_stage, time_in_stage',
        'owner_id': 'owner_ping_pong',
        'amount': 'late_edit',
        'close_date': 'late_edit, commit_close_date_churn, close_date_churn',
        'lead_source': 'late_edit, lead_source_drift',
    },
    'lead': {
        'status': stage_rules,
        'owner_id': 'owner_ping_pong',
        'lead_source': 'lead_source_drift',
    },
    'case': {'status': stage_rules, 'owner_id': 'owner_ping_pong'},
    'account': {'owner_id': 'owner_ping_pong'},
    'contact': {'owner_id': 'owner_ping_pong'},
} -%}
{%- set history_rows = [] -%}
{%- for crm in crm_sources() -%}
    {%- for object_type, table in histories[crm].items() -%}
        {%- for field, needed_by in read_fields[object_type].items() -%}
            {%- do history_rows.append([
                "'" ~ crm ~ "'", "'" ~ table ~ "'", "'" ~ object_type ~ "'", "'" ~ field ~ "'",
                "'" ~ needed_by ~ "'",
            ]) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endfor -%}

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

histories as (
    select
        crm,
        source_table,
        object_type,
        field,
        needed_by
    from {{ literal_rows(
        ['crm', 'source_table', 'object_type', 'field', 'needed_by'], history_rows
    ) }}
),

-- A history that is landed can still be silent of a field: it is not tracked, or not landed.
expected_or_read as (
    select
        crm,
        source_table,
        source_column,
        is_landed,
        needed_by
    from expected

    union all

    select
        histories.crm,
        histories.source_table,
        'changes of ' || histories.object_type || '.' || histories.field as source_column,
        changes.input is not null as is_landed,
        histories.needed_by
    from histories
    inner join {{ ref('int_crm__inputs') }} as records
        on
            histories.crm = records.crm
            and histories.object_type = records.object_type
            and records.input = 'records'
    left join {{ ref('int_crm__inputs') }} as changes
        on
            histories.crm = changes.crm
            and histories.object_type = changes.object_type
            and changes.input = 'history:' || histories.field
),

row_counts as (
    select * from {{ ref('landing_row_counts') }}
),

final as (
    select
        cast(coverage.crm as {{ text }}) as crm,
        cast(coverage.source_table as {{ text }}) as source_table,
        cast(coverage.source_column as {{ text }}) as source_column,
        coverage.is_landed,
        row_counts.is_landed as is_table_landed,
        row_counts.is_landed and row_counts.n_landed = 0 as is_table_empty,
        cast(coverage.needed_by as {{ text }}) as needed_by
    from expected_or_read as coverage
    inner join row_counts
        on coverage.crm = row_counts.crm and coverage.source_table = row_counts.source_table
)

select * from final
