{#- The keyed hash (HMAC-SHA-256, hexadecimal) of an address or number. The key never stands in SQL: the session holds what is made of
    it (crm_hygiene.secret on DuckDB, the setting crm_hygiene.hash_secret on PostgreSQL). Without a key, and on engines that are
    handed none, it is a plain SHA-256, which hash_key() and the build's summary say. -#}
{% macro identifier_hash(text) %}
    {{- return(adapter.dispatch('identifier_hash', 'crm_hygiene')(text)) -}}
{% endmacro %}

{% macro default__identifier_hash(text) -%}
    sha2({{ text }}, 256)
{%- endmacro %}

{% macro bigquery__identifier_hash(text) -%}
    to_hex(sha256({{ text }}))
{%- endmacro %}

{% macro duckdb__identifier_hash(text) -%}
    coalesce(
        sha256(
            cast(getvariable('crm_hygiene_outer_pad') as blob)
            || unhex(sha256(
                cast(getvariable('crm_hygiene_inner_pad') as blob) || encode({{ text }})
            ))
        ),
        sha256({{ text }})
    )
{%- endmacro %}

{% macro postgres__identifier_hash(text) -%}
    {{ generate_schema_name('intermediate', none) }}.identifier_hash({{ text }})
{%- endmacro %}

{% macro redshift__identifier_hash(text) -%}
    {{ crm_hygiene.default__identifier_hash(text) }}
{%- endmacro %}


{#- Which key identifier_hash() has now: the first eight figures of its hash of a word that is no address; 'none' without one. -#}
{% macro hash_key() -%}
    case
        when
            {{ crm_hygiene.identifier_hash("'which key'") }}
            <> '1245f274b4dd6e735b99b912184df5eab3a4b5d80f131681c73af46dfd2109ec'
            then substring({{ crm_hygiene.identifier_hash("'which key'") }}, 1, 8)
        else 'none'
    end
{%- endmacro %}
