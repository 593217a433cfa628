-- One row per CRM, signal and object type with records to review: one person, many, or machines?
{%- set text = dbt.type_string() -%}
{%- set bigint = dbt.type_bigint() %}
with signal_spread as (
    select * from {{ ref('int_review__signal_spread') }}
),

final as (
    select
        cast(crm as {{ text }}) as crm,
        cast(signal as {{ text }}) as signal,
        cast(object_type as {{ text }}) as object_type,
        cast(n_records as {{ bigint }}) as n_records,
        cast(n_by_machine as {{ bigint }}) as n_by_machine,
        cast(n_people as {{ bigint }}) as n_people,
        cast(n_owners as {{ bigint }}) as n_owners,
        cast(top_person_id as {{ text }}) as top_person_id,
        cast(top_person_records as {{ bigint }}) as top_person_records,
        cast(top_person_share as decimal(9, 6)) as top_person_share,
        cast(top_person_owned_share as decimal(9, 6)) as top_person_owned_share,
        cast(verdict as {{ text }}) as verdict
    from signal_spread
)

select * from final
