-- One row per CRM, object type, field and owner of live records that have something in it.
{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() %}
with placeholders as (
    select * from {{ ref('int_health__placeholders') }}
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(object_type as {{ text }}) as object_type,
        cast(field as {{ text }}) as field,
        cast(owner_id as {{ text }}) as owner_id,
        cast(team as {{ text }}) as team,
        cast(n_filled as {{ bigint }}) as n_filled,
        cast(n_placeholders as {{ bigint }}) as n_placeholders,
        cast(share as decimal(9, 6)) as share,
        cast(field_share as decimal(9, 6)) as field_share
    from placeholders
)

select * from final
