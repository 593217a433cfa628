-- One row per record that a document names which is in force at as_of, or was not long ago.
{%- set kept_since = dbt.dateadd(
    'month', '-cast(' ~ threshold('lifecycle__document_months') ~ ' as integer)', as_of()
) %}
with landed as (
    {{ crm_union('document_ties', [
        'record_crm', 'object_type', 'record_id', 'created_at', 'expires_at',
    ]) }}
),

final as (
    select
        {{ record_key('record_crm', 'object_type', strip('record_id')) }} as record_key,
        max(case when expires_at is null or expires_at > {{ as_of() }} then 1 else 0 end) = 1
            as is_in_force
    from landed
    where
        {{ strip('record_id') }} is not null
        and (created_at is null or created_at <= {{ as_of() }})
        and (expires_at is null or expires_at > {{ kept_since }})
    group by {{ record_key('record_crm', 'object_type', strip('record_id')) }}
)

select * from final
