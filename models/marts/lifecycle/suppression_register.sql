-- One row per hash of an address or number × key × reason that was ever told of it. Kept for ever.
{#- Append-only: it outlives the record, its address, --full-refresh and a look back. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='append_new_columns'
) }}
{%- set text = dbt.type_string() %}
with identifiers as (
    select * from {{ ref('int_lifecycle__identifiers') }}
),

-- Of several records that tell it the first counts.
told as (
    select
        channel,
        identifier_hash,
        hash_key,
        reason,
        crm,
        since_at,
        row_number() over (
            partition by channel, identifier_hash, hash_key, reason
            order by
                case when since_at is null then 1 else 0 end asc, since_at asc, record_key asc
        ) as place
    from identifiers
    where reason is not null
),

named as (
    select
        *,
        {{ dbt_utils.generate_surrogate_key(
            ['channel', 'identifier_hash', 'hash_key', 'reason']
        ) }} as suppression_id
    from told
    where place = 1
),

final as (
    select
        cast(suppression_id as {{ text }}) as suppression_id,
        cast(channel as {{ text }}) as channel,
        cast(identifier_hash as {{ text }}) as identifier_hash,
        cast(hash_key as {{ text }}) as hash_key,
        cast(reason as {{ text }}) as reason,
        cast(crm as {{ text }}) as crm,
        since_at,
        {{ as_of() }} as first_seen_at
    from named
    where {{ as_of_is_kept() }}
    {%- if is_incremental() %}
        and not exists (
            select 1 from {{ this }} as kept
            where kept.suppression_id = named.suppression_id
        )
        -- A look back adds nothing: it would name who has agreed since.
        and not exists (select 1 from {{ this }} as later where later.first_seen_at > {{ as_of() }})
    {%- endif %}
)

select * from final
