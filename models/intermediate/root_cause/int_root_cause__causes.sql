-- One row per CRM, causing step, archetype, kind of actor and machine, the most frequent first.
{%- set window_start = later(as_of(), -86400, threshold('rate_window_days')) -%}
{%- set previous_start = later(as_of(), -86400, '2 * ' ~ threshold('rate_window_days')) -%}
{%- set machines = "('automation', 'integration', 'import')" %}
with dirty_records as (
    select * from {{ ref('int_root_cause__dirty_records') }}
),

dirty as (
    select
        crm,
        causing_step,
        archetype,
        actor_kind,
        case
            when actor_kind in {{ machines }} or channel in {{ machines }}
                then coalesce(automation_id, actor_id)
            else automation_id
        end as machine,
        amount,
        case when amount is not null then coalesce(currency, '') end as currency,
        first_bad_at
    from dirty_records
),

counted as (
    select
        crm,
        causing_step,
        archetype,
        actor_kind,
        machine,
        count(*) as n_dirty,
        count(case when first_bad_at > {{ window_start }} then 1 end) as n_in_window,
        count(
            case
                when first_bad_at > {{ previous_start }} and first_bad_at <= {{ window_start }}
                    then 1
            end
        ) as n_in_previous_window,
        -- Amounts of two currencies make no sum.
        case when count(distinct currency) = 1 then sum(amount) end as amount
    from dirty
    group by crm, causing_step, archetype, actor_kind, machine
),

ranked as (
    select
        *,
        cast(n_dirty as {{ type_double() }}) / sum(n_dirty) over (partition by crm) as share,
        row_number() over (
            partition by crm
            order by
                n_dirty desc,
                amount desc nulls last,
                archetype asc,
                causing_step asc,
                actor_kind asc nulls last,
                machine asc nulls last
        ) as cause_rank
    from counted
),

final as (
    select
        *,
        case
            when n_in_window > n_in_previous_window then 'up'
            when n_in_window < n_in_previous_window then 'down'
            else 'flat'
        end as trend
    from ranked
)

select * from final
