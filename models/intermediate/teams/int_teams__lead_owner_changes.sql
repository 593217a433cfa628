-- One row per live lead that was open in the window: how often it changed owner in it.
{%- set window_start = later(as_of(), -86400, threshold('rate_window_days')) %}

with records as (
    select * from {{ ref('int_crm__records') }}
    where object_type = 'lead'
),

open_spans as (
    select * from {{ ref('int_history__open_spans') }}
),

changes_of_owner as (
    select * from {{ ref('int_history__owner_changes') }}
),

open_leads as (
    select distinct records.record_sk
    from open_spans as spans
    inner join records on spans.record_sk = records.record_sk
    where
        records.is_live
        and (spans.closed_at is null or spans.closed_at > {{ window_start }})
),

owner_changes as (
    select
        record_sk,
        count(*) as n_changes,
        max(changed_at) as last_changed_at
    from changes_of_owner
    where changed_at > {{ window_start }}
    group by record_sk
),

counted as (
    select
        open_leads.record_sk,
        coalesce(owner_changes.n_changes, 0) as n_changes,
        owner_changes.last_changed_at
    from open_leads
    left join owner_changes on open_leads.record_sk = owner_changes.record_sk
),

final as (
    select
        record_sk,
        cast(null as {{ dbt.type_string() }}) as part,
        n_changes >= {{ threshold('lead_owner_changes__changes') }} as is_counted,
        cast(null as {{ type_double() }}) as hours,
        last_changed_at as occurred_at,
        cast(n_changes as {{ dbt.type_string() }})
        || case when n_changes = 1 then ' owner change' else ' owner changes' end as detail
    from counted
)

select * from final
