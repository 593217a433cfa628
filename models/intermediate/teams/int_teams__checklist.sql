-- One row per CRM × row of the policy handoff_checklist: whether what its item reads is landed.
{#- Kind of item, object that it looks at, what it reads (object type, input, in words). -#}
{%- set reads = [
    ('owner_active', 'account', 'account', 'active_owners', 'account owners'),
    ('contact_role', 'opportunity', 'opportunity', 'contact_roles', 'contacts of opportunities'),
    ('activity', 'opportunity', 'opportunity', 'customer_activities', 'activities'),
    ('activity', 'lead', 'lead', 'linked_activities', 'activities of leads'),
    ('activity', 'contact', 'contact', 'linked_activities', 'activities of contacts'),
] -%}
{%- set plurals = {'lead': 'leads', 'contact': 'contacts', 'opportunity': 'opportunities'} -%}
{%- for one, many in plurals.items() -%}
    {%- do reads.append(('owner_active', one, one, 'owner_id', 'owners of ' ~ many)) -%}
    {%- do reads.append(('owner_active', one, one, 'active_users', 'active users')) -%}
{%- endfor %}

with policy as (
    select
        *,
        case when asked_of = 'account' then 'account' else object_type end as looked_at
    from {{ ref('handoff_checklist') }}
),

inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

crms as (
    select crm from {{ text_rows(['crm'], crm_sources()) }}
),

reads as (
    select
        kind,
        looked_at,
        object_type,
        input,
        words
    from {{ text_rows(['kind', 'looked_at', 'object_type', 'input', 'words'], reads) }}
),

needs as (
    select
        policy.handoff,
        policy.object_type,
        policy.item,
        reads.object_type as input_of,
        reads.input,
        reads.words
    from policy
    inner join reads on policy.kind = reads.kind and policy.looked_at = reads.looked_at

    union all

    select
        handoff,
        object_type,
        item,
        looked_at as input_of,
        field as input,
        field || ' of ' || looked_at as words
    from policy
    where kind = 'field_filled'
),

found as (
    select
        crms.crm,
        needs.handoff,
        needs.object_type,
        needs.item,
        count(case when inputs.input is null then 1 end) = 0 as is_landed,
        nullif(
            {{ sorted_list('case when inputs.input is null then needs.words end') }}, ''
        ) as missing_inputs
    from needs
    cross join crms
    left join inputs
        on
            crms.crm = inputs.crm
            and needs.input_of = inputs.object_type
            and needs.input = inputs.input
    group by crms.crm, needs.handoff, needs.object_type, needs.item
),

final as (
    select
        found.crm,
        policy.handoff,
        policy.object_type,
        policy.item,
        policy.kind,
        policy.asked_of,
        policy.field,
        policy.in_words,
        policy.within_days,
        -- A field that nobody fills in is not asked for; without the rest there is no figure.
        policy.kind = 'field_filled' as is_optional,
        found.is_landed,
        found.missing_inputs
    from policy
    inner join found
        on
            policy.handoff = found.handoff
            and policy.object_type = found.object_type
            and policy.item = found.item
)

select * from final
