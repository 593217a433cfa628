{%- set text = dbt.type_string() -%}
{%- set metrics = [
    'duplicate_rate', 'past_close_no_next_step', 'closed_lost_no_reason',
    'owned_by_inactive_user', 'hard_bounced', 'missing_required_fields',
] -%}
with checks as (
    select * from {{ ref('int_health__record_checks') }}
),

found as (
    {% for metric in metrics %}
        select
            record_sk,
            '{{ metric }}' as finding,
            'metric' as kind,
            cast(null as {{ text }}) as archetype_severity,
            {{ 'missing_fields' if metric == 'missing_required_fields'
                else 'cast(null as ' ~ text ~ ')' }} as detail
        from checks
        where {{ metric }}

        union all

    {% endfor %}
    select
        checks.record_sk,
        dirty.archetype as finding,
        'archetype' as kind,
        dirty.severity as archetype_severity,
        dirty.detail
    from {{ ref('dirty_records') }} as dirty
    inner join checks on dirty.record_key = checks.record_key
),

final as (
    select
        cast(checks.record_key as {{ text }}) as record_key,
        cast(checks.crm as {{ text }}) as crm,
        cast(checks.object_type as {{ text }}) as object_type,
        cast(checks.record_id as {{ text }}) as record_id,
        cast(found.finding as {{ text }}) as finding,
        cast(found.kind as {{ text }}) as kind,
        cast(coalesce(found.archetype_severity, metrics.severity) as {{ text }}) as severity,
        cast(found.detail as {{ text }}) as detail,
        cast(checks.segment as {{ text }}) as segment,
        cast(checks.owner_id as {{ text }}) as owner_id,
        cast(users.team as {{ text }}) as team,
        cast(users.manager_id as {{ text }}) as manager_id
    from found
    inner join checks on found.record_sk = checks.record_sk
    left join {{ ref('health_metrics') }} as metrics
        on found.kind = 'metric' and found.finding = metrics.metric
    left join {{ ref('stg_crm__users') }} as users
        on checks.crm = users.crm and checks.owner_id = users.user_id
    where found.kind = 'archetype' or metrics.is_finding
)

select * from final
