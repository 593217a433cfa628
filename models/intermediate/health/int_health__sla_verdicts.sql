-- One row per SLA × record that it applies to, for the SLAs that a landing permits.
{#- The model that judges each SLA of the register. -#}
{%- set models = {
    'next_step_on_every_open_deal': 'int_health__sla_next_step',
    'no_stale_lead': 'int_health__sla_stale_lead',
    'loss_reason_on_every_loss': 'int_health__sla_loss_reason',
    'no_open_record_with_inactive_owner': 'int_health__sla_inactive_owner',
} %}

with populations as (
    select * from {{ ref('int_health__sla_populations') }}
    where is_computable
),

records as (
    select * from {{ ref('int_crm__records') }}
),

users as (
    select * from {{ ref('stg_crm__users') }}
),

verdicts as (
    {%- for sla, model in models.items() %}
        select
            '{{ sla }}' as sla_id,
            record_sk,
            is_breach,
            breached_since,
            detail
        from {{ ref(model) }}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

final as (
    select
        verdicts.sla_id,
        records.record_sk,
        records.record_key,
        records.crm,
        records.object_type,
        records.record_id,
        records.segment,
        records.amount,
        records.owner_id,
        users.team,
        users.manager_id,
        verdicts.is_breach,
        verdicts.breached_since,
        verdicts.detail
    from verdicts
    inner join populations on verdicts.sla_id = populations.sla_id
    inner join records
        on
            verdicts.record_sk = records.record_sk
            and populations.crm = records.crm
            and populations.object_type = records.object_type
    left join users on records.crm = users.crm and records.owner_id = users.user_id
)

select * from final
