{#- The Jaro-Winkler similarity of two texts, 0 to 1; NULL where either is NULL. Engines without the function compare
    for equality: nothing fails there, and texts that differ are never similar. -#}
{% macro jaro_winkler(first, second) %}
    {{- return(adapter.dispatch('jaro_winkler', 'crm_hygiene')(first, second)) -}}
{% endmacro %}

{% macro default__jaro_winkler(first, second) -%}
    case when {{ first }} = {{ second }} then 1.0 when {{ first }} <> {{ second }} then 0.0 end
{%- endmacro %}

{% macro duckdb__jaro_winkler(first, second) -%}
    jaro_winkler_similarity({{ first }}, {{ second }})
{%- endmacro %}

{% macro postgres__jaro_winkler(first, second) -%}
    {{ generate_schema_name('intermediate', none) }}.jaro_winkler({{ first }}, {{ second }})
{%- endmacro %}

{% macro redshift__jaro_winkler(first, second) -%}
    {{ crm_hygiene.default__jaro_winkler(first, second) }}
{%- endmacro %}

{% macro snowflake__jaro_winkler(first, second) -%}
    (jarowinkler_similarity({{ first }}, {{ second }}) / 100.0)
{%- endmacro %}


{#- Makes the functions that an engine lacks, in the schema of the intermediate models. Runs before every command. -#}
{% macro make_functions() %}
    {{- return(adapter.dispatch('make_functions', 'crm_hygiene')()) -}}
{% endmacro %}

{% macro default__make_functions() %}
{% endmacro %}

{% macro redshift__make_functions() %}
{% endmacro %}

{#- What DuckDB's jaro_winkler_similarity() does, byte by byte as it does. -#}
{% macro postgres__make_functions() %}
    {%- set schema = generate_schema_name('intermediate', none) -%}
    {%- if execute -%}
        {%- do adapter.create_schema(api.Relation.create(target.database, schema)) -%}
        {%- set locale = run_query(
            'select datcollate from pg_database where datname = current_database()'
        ).columns[0].values()[0] -%}
        {%- if locale | upper | replace('-', '') not in ('C', 'POSIX', 'C.UTF8') -%}
            {%- do exceptions.warn(
                'The database orders texts by the locale ' ~ locale ~ ': where a figure takes the first of several texts it may '
                ~ 'take another than on other engines. Create it with template0, encoding UTF8, locale C.UTF-8.'
            ) -%}
        {%- endif -%}
    {%- endif -%}
create or replace function {{ schema }}.jaro_winkler(first text, second text) returns double precision
language plpgsql immutable strict parallel safe as $$
declare
    a bytea := convert_to(first, 'UTF8');
    b bytea := convert_to(second, 'UTF8');
    n_a integer := length(a);
    n_b integer := length(b);
    reach integer := greatest(greatest(n_a, n_b) / 2 - 1, 0);
    taken boolean[] := array_fill(false, array[greatest(n_a, 1)]);
    of_b integer[] := '{}';
    byte integer;
    n_common integer := 0;
    n_swapped integer := 0;
    n_equal integer := 0;
    place integer := 0;
    similarity double precision;
begin
    for j in 0 .. n_b - 1 loop
        byte := get_byte(b, j);
        for i in greatest(j - reach, 0) .. least(j + reach, n_a - 1) loop
            if not taken[i + 1] and get_byte(a, i) = byte then
                taken[i + 1] := true;
                of_b := of_b || byte;
                exit;
            end if;
        end loop;
    end loop;
    n_common := cardinality(of_b);
    if n_common = 0 then
        return 0;
    end if;
    for i in 0 .. n_a - 1 loop
        if taken[i + 1] then
            place := place + 1;
            if get_byte(a, i) <> of_b[place] then
                n_swapped := n_swapped + 1;
            end if;
        end if;
    end loop;
    similarity := (
        n_common / n_a::double precision + n_common / n_b::double precision
        + (n_common - n_swapped / 2) / n_common::double precision
    ) / 3;
    if similarity > 0.7 then
        while n_equal < least(n_a, n_b, 4) and get_byte(a, n_equal) = get_byte(b, n_equal) loop
            n_equal := n_equal + 1;
        end loop;
        similarity := similarity + n_equal * 0.1::double precision * (1 - similarity);
    end if;
    return similarity;
end
$$;
create or replace function {{ schema }}.identifier_hash(given text) returns text
language plpgsql stable strict parallel safe as $$
declare
    secret text := nullif(current_setting('crm_hygiene.hash_secret', true), '');
    key bytea := convert_to(secret, 'UTF8');
    inner_pad bytea := decode(repeat('36', 64), 'hex');
    outer_pad bytea := decode(repeat('5c', 64), 'hex');
begin
    if secret is null then
        return encode(sha256(convert_to(given, 'UTF8')), 'hex');
    end if;
    if length(key) > 64 then
        key := sha256(key);
    end if;
    for i in 0 .. length(key) - 1 loop
        inner_pad := set_byte(inner_pad, i, get_byte(inner_pad, i) # get_byte(key, i));
        outer_pad := set_byte(outer_pad, i, get_byte(outer_pad, i) # get_byte(key, i));
    end loop;
    return encode(sha256(outer_pad || sha256(inner_pad || convert_to(given, 'UTF8'))), 'hex');
end
$$
{% endmacro %}
