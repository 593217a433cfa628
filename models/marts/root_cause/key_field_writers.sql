-- One row per CRM and key field: its first writers and write paths, are all of them known?
{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() %}
with key_fields as (
    select * from {{ ref('int_root_cause__key_fields') }}
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(object_type as {{ text }}) as object_type,
        cast(field as {{ text }}) as field,
        is_money_field,
        cast(decision as {{ text }}) as decision,
        cast(n_changes as {{ bigint }}) as n_changes,
        cast(n_writers as {{ bigint }}) as n_writers,
        cast(writer_1 as {{ text }}) as writer_1,
        cast(writer_1_share as decimal(9, 6)) as writer_1_share,
        cast(writer_2 as {{ text }}) as writer_2,
        cast(writer_2_share as decimal(9, 6)) as writer_2_share,
        cast(writer_3 as {{ text }}) as writer_3,
        cast(writer_3_share as decimal(9, 6)) as writer_3_share,
        cast(path_1 as {{ text }}) as path_1,
        cast(path_1_share as decimal(9, 6)) as path_1_share,
        cast(path_2 as {{ text }}) as path_2,
        cast(path_2_share as decimal(9, 6)) as path_2_share,
        cast(writers_share as decimal(9, 6)) as writers_share,
        cast(paths_share as decimal(9, 6)) as paths_share,
        cast(status as {{ text }}) as status
    from key_fields
)

select * from final
