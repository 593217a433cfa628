{#- DuckDB only: makes a landing out of a folder of files. For each of the variables salesforce_files,
    hubspot_files and open_files, every <table>.parquet or <table>.csv in the folder that the landing declares
    becomes a view in the landing's schema; CSV columns are read as text and cast later like any landed
    text; a CSV file that is not UTF-8 is read as Latin-1. Does nothing where none of the variables is set. Runs
    before every command. -#}
{% macro land_files() %}
    {{ return(adapter.dispatch('land_files', 'crm_hygiene')()) }}
{% endmacro %}


{% macro default__land_files() %}
    {%- for crm in crm_sources() if var(crm ~ '_files', none) -%}
        {{ exceptions.raise_compiler_error(
            crm ~ '_files works on DuckDB only; land the files in the schema of the landing first.'
        ) }}
    {%- endfor -%}
{% endmacro %}


{% macro duckdb__land_files() %}
    {%- if not execute or is_demo() -%} {{ return('') }} {%- endif -%}
    {%- for crm in crm_sources() if var(crm ~ '_files', none) -%}
        {%- set folder = var(crm ~ '_files').rstrip('/') -%}
        {%- set declared = graph.sources.values() | selectattr('source_name', 'equalto', crm) | list -%}
        {%- set files = run_query(
            "select file from glob('" ~ folder ~ "/*') where regexp_matches(lower(file), '[.](parquet|csv)$') order by file"
        ).columns[0].values() -%}
        {%- if files | length == 0 -%}
            {{ exceptions.raise_compiler_error(
                crm ~ "_files is '" ~ folder ~ "', where no parquet or csv file was found."
            ) }}
        {%- endif -%}
        {%- do run_query('create schema if not exists ' ~ adapter.quote(declared[0].schema)) -%}
        {%- for file in files -%}
            {%- set name = file.replace('\\', '/').split('/')[-1].rsplit('.', 1)[0] -%}
            {%- for table in crm_hygiene.views_of_file(declared, name) -%}
                {%- if file.lower().endswith('.parquet') -%}
                    {%- set reader = "read_parquet('" ~ file ~ "')" -%}
                {%- else -%}
                    {#- One byte that is no UTF-8 would stop the build; Latin-1 reads every byte as something. -#}
                    {%- set how = run_query(
                        "select case when hex(content[1:2]) = 'FFFE' then 'utf-16' when try(decode(content)) is null then 'latin-1' else 'utf-8' end,"
                        ~ " coalesce(regexp_matches(try(decode(content)), '[^\\r]\\n') and contains(try(decode(content)), chr(13) || chr(10)), false)"
                        ~ " from read_blob('" ~ file ~ "')"
                    ).rows[0] -%}
                    {#- Mixed ends of lines are no CSV by the standard. -#}
                    {%- set reader = "read_csv('" ~ file ~ "', all_varchar = true, header = true, quote = '\"', escape = '\"', encoding = '"
                        ~ how[0] ~ "', strict_mode = " ~ ('false' if how[1] else 'true') ~ ")" -%}
                {%- endif -%}
                {%- do run_query(
                    'create or replace view ' ~ adapter.quote(declared[0].schema) ~ '.' ~ adapter.quote(table)
                    ~ ' as select * from ' ~ reader
                ) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
{% endmacro %}


{#- The name of the view for a file of that name: a declared table's, or the file's own where another loader lands a table under
    it; an empty list where the project does not read it. -#}
{% macro views_of_file(declared, name) %}
    {%- set plain = name | lower | replace('_', '') -%}
    {%- for table in declared -%}
        {%- if table.name | replace('_', '') == plain -%} {{ return([table.name]) }} {%- endif -%}
    {%- endfor -%}
    {%- for table in declared -%}
        {%- set others = table.config.meta.get('also', []) | list -%}
        {%- for place in table.config.meta.get('listed', []) -%}
            {%- do others.extend([place.table, place.parent or place.table]) -%}
        {%- endfor -%}
        {%- for other in others if other | lower | replace('_', '') == plain -%} {{ return([name]) }} {%- endfor -%}
    {%- endfor -%}
    {{ return([]) }}
{% endmacro %}
