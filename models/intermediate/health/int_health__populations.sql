-- One row per metric × CRM × object type: whether it can be told, and what for it is not landed.
{#- What each metric reads; missing_required_fields reads the fields of its policy. -#}
{%- set needs = {
    'contacts_active_90d': ['activities'],
    'accounts_with_open_opportunity': ['stages', 'deals_of_accounts'],
    'past_close_no_next_step': ['stages', 'close_date', 'next_step'],
    'closed_lost_no_reason': ['stages', 'loss_reason'],
    'owned_by_inactive_user': ['users', 'owner_id', 'active_users'],
    'hard_bounced': ['email', 'hard_bounces'],
    'time_in_stage': ['stages', 'history:stage'],
    'consent_coverage': ['consent_status'],
    'do_not_contact': ['do_not_contact'],
} -%}
{%- set need_rows = [('owned_by_inactive_user', 'opportunity', 'stages')] -%}
{%- for metric, inputs in needs.items() -%}
    {%- for input in inputs -%}
        {%- do need_rows.append((metric, '*', input)) -%}
    {%- endfor -%}
{%- endfor %}

with metrics as (
    select * from {{ ref('health_metrics') }}
),

inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

required_fields as (
    select * from {{ ref('required_fields') }}
),

crms as (
    select crm from {{ text_rows(['crm'], crm_sources()) }}
),

objects as (
    select object_type from {{ text_rows(['object_type'], health_fields()) }}
),

-- Accounts, contacts and opportunities are always spoken of, leads and cases where any is landed.
populations as (
    select
        metrics.metric,
        crms.crm,
        objects.object_type,
        inputs.input is not null as has_records
    from metrics
    cross join crms
    cross join objects
    left join inputs
        on
            crms.crm = inputs.crm
            and objects.object_type = inputs.object_type
            and inputs.input = 'records'
    where
        ' ' || metrics.object_types || ' ' like '% ' || objects.object_type || ' %'
        and (objects.object_type not in ('lead', 'case') or inputs.input is not null)
),

needs as (
    select
        metric,
        object_type,
        input,
        true as is_indispensable
    from {{ text_rows(['metric', 'object_type', 'input'], need_rows) }}

    union all

    select
        'missing_required_fields' as metric,
        object_type,
        field as input,
        false as is_indispensable
    from required_fields
),

needed as (
    select
        populations.metric,
        populations.crm,
        populations.object_type,
        populations.has_records,
        needs.input,
        needs.is_indispensable,
        inputs.input is not null as is_found
    from populations
    left join needs
        on
            populations.metric = needs.metric
            and needs.object_type in ('*', populations.object_type)
    left join inputs
        on
            populations.crm = inputs.crm
            and populations.object_type = inputs.object_type
            and needs.input = inputs.input
),

final as (
    select
        metric,
        crm,
        object_type,
        has_records
        and coalesce(sum(case when is_indispensable and not is_found then 1 end), 0) = 0
        and (
            metric <> 'missing_required_fields'
            or max(case when is_found then 1 else 0 end) = 1
        ) as is_landed,
        case
            when not has_records then 'records'
            else nullif({{ sorted_list('case when not is_found then input end') }}, '')
        end as missing_inputs
    from needed
    group by metric, crm, object_type, has_records
)

select * from final
