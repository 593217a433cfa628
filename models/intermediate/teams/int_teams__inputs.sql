with inputs as (
    select
        crm,
        object_type,
        input
    from {{ ref('int_health__inputs') }}
),

linked as (
    select
        crm,
        object_type
    from {{ ref('stg_crm__activity_links') }}
    group by crm, object_type
),

final as (
    select
        crm,
        object_type,
        input
    from inputs

    union

    select
        crm,
        object_type,
        'linked_activities' as input
    from linked

    union

    select
        crm,
        'opportunity' as object_type,
        'customer_activities' as input
    from linked
    where object_type in ('account', 'contact', 'opportunity')

    union

    select
        crm,
        'opportunity' as object_type,
        'won_stages' as input
    from {{ ref('int_crm__stage_map') }}
    where object_type = 'opportunity' and kind = 'won'

    union

    select
        crm,
        'account' as object_type,
        'active_owners' as input
    from inputs
    where object_type = 'account' and input in ('owner_id', 'users')
    group by crm
    having count(distinct input) = 2

    union

    select
        crm,
        object_type,
        'paused_seconds' as input
    from {{ ref('stg_crm__sla_clocks') }}
    where paused_seconds is not null
)

select * from final
