-- One row per visible record, deleted ones too: what it says of itself (an empty flag read as the
-- policy says, NULL where not known), and the records that it names under their narrow keys.
{%- set text = dbt.type_string() -%}
{%- set boolean = dbt.type_boolean() -%}
{%- set timestamp = dbt.type_timestamp() -%}
{%- set columns = {
    'is_on_legal_hold': boolean, 'has_opted_out': boolean, 'is_customer': boolean,
    'is_partner': boolean, 'is_strategic': boolean, 'lawful_basis': text, 'loss_reason': text,
    'departed_at': timestamp, 'closed_at': timestamp, 'contact_id': text,
    'converted_account_id': text, 'converted_contact_id': text, 'converted_opportunity_id': text,
} -%}
{#- Each object with its table and those of the above that it has. -#}
{%- set objects = {
    'account': (
        'stg_crm__accounts', ['is_on_legal_hold', 'is_customer', 'is_partner', 'is_strategic'],
    ),
    'contact': (
        'stg_crm__contacts', ['is_on_legal_hold', 'has_opted_out', 'lawful_basis', 'departed_at'],
    ),
    'lead': ('stg_crm__leads', [
        'is_on_legal_hold', 'has_opted_out', 'converted_account_id', 'converted_contact_id',
        'converted_opportunity_id',
    ]),
    'opportunity': ('stg_crm__opportunities', ['is_on_legal_hold', 'loss_reason', 'closed_at']),
    'case': ('stg_crm__cases', ['is_on_legal_hold', 'closed_at', 'contact_id']),
} -%}
{%- set links = [
    'account', 'contact', 'converted_account', 'converted_contact', 'converted_opportunity',
] %}

with stage_starts as (
    select
        record_sk,
        stage,
        started_at
    from {{ ref('int_history__stage_periods') }}
    where object_type = 'opportunity' and is_current and started_by_change_id is not null
),

keys as (
    select
        record_sk,
        crm,
        object_type,
        record_id
    from {{ ref('int_crm__records') }}
),

crm_records as (
    select * from {{ ref('int_crm__records') }}
),

inputs as {{ inlined() }} (
    select * from {{ ref('int_lifecycle__inputs') }}
),

financial_ties as {{ inlined() }} (
    select * from {{ ref('stg_crm__financial_ties') }}
),

customer_deal_types as {{ inlined() }} (
    select * from {{ ref('customer_deal_types') }}
),

deal_types as (
    select
        record_key,
        lower({{ strip('opportunity_type') }}) as deal_type
    from {{ ref('stg_crm__opportunities') }}
    where opportunity_type is not null
),

-- Each type is matched once, however many deals are of it.
distinct_types as (
    select distinct deal_type
    from deal_types
),

customer_types as (
    select distinct distinct_types.deal_type
    from distinct_types
    inner join customer_deal_types as policy
        on {{ matches_pattern('distinct_types.deal_type', 'policy.pattern') }}
),

-- Deals that only a customer has, won or lost.
customer_deals as (
    select deal_types.record_key
    from deal_types
    inner join customer_types on deal_types.deal_type = customer_types.deal_type
),

landed as (
    {%- for object_type, (table, own_columns) in objects.items() %}
        select
            record_key,
            {%- for column, type in columns.items() %}
                {%- set nothing = 'cast(null as ' ~ type ~ ')' %}
                {{ column if column in own_columns else nothing }} as {{ column }},
            {%- endfor %}
            {{ 'is_converted' if object_type == 'lead' else 'false' }} as is_converted,
            updated_at
        from {{ ref(table) }}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

records as (
    select
        records.record_sk,
        records.record_key,
        records.crm,
        records.object_type,
        records.record_id,
        records.created_at,
        records.has_creation_date,
        records.is_live,
        records.is_merged,
        {{ strip('records.owner_id') }} as owner_id,
        -- An account is listed under itself.
        case when records.object_type <> 'account' then {{ strip('records.account_id') }} end
            as account_id,
        {{ strip('landed.contact_id') }} as contact_id,
        {%- for link in ['account', 'contact', 'opportunity'] %}
            {{ strip('landed.converted_' ~ link ~ '_id') }} as converted_{{ link }}_id,
        {%- endfor %}
        landed.is_converted,
        records.segment,
        records.region,
        coalesce(upper({{ strip('records.region') }}), '') as policy_region,
        records.stage,
        records.stage_kind,
        records.amount,
        records.currency,
        records.close_date,
        records.last_activity_at,
        records.consent_status,
        landed.lawful_basis,
        landed.departed_at,
        {{ blank_to_null('landed.loss_reason') }} is null as is_loss_reason_blank,
        coalesce(landed.is_on_legal_hold, inputs.empty_legal_hold) as is_on_legal_hold,
        coalesce(landed.is_customer, inputs.empty_is_customer) as is_customer,
        coalesce(landed.is_partner, inputs.empty_is_partner) as is_partner,
        coalesce(landed.is_strategic, inputs.empty_is_strategic) as is_strategic,
        coalesce(records.do_not_contact, inputs.empty_do_not_contact) as is_do_not_contact,
        case
            when
                records.consent_status in ('opted_out', 'unsubscribed') or landed.has_opted_out
                then true
            when records.consent_status = 'opted_in' or not landed.has_opted_out then false
            else inputs.empty_opted_out
        end as is_opted_out,
        records.object_type = 'opportunity'
        and records.stage_kind is null
        and inputs.has_stages as is_kind_unknown,
        landed.updated_at,
        landed.closed_at as landed_closed_at,
        stage_starts.started_at as stage_started_at,
        financial_ties.record_key is not null
        or customer_deals.record_key is not null as has_financial_tie
    from crm_records as records
    inner join landed on records.record_key = landed.record_key
    inner join inputs
        on records.crm = inputs.crm and records.object_type = inputs.object_type
    left join financial_ties on records.record_key = financial_ties.record_key
    left join customer_deals on records.record_key = customer_deals.record_key
    -- A history that stopped before the record did does not tell when that was closed.
    left join stage_starts
        on records.record_sk = stage_starts.record_sk and records.stage = stage_starts.stage
),

crms as (
    select
        {%- for object_type in ['account', 'contact', 'opportunity'] %}
            max(case when object_type = '{{ object_type }}' and has_records then 1 else 0 end) = 1
                as has_{{ object_type }},
        {%- endfor %}
        crm
    from inputs
    group by crm
),

final as (
    select
        records.record_sk,
        records.record_key,
        records.crm,
        records.object_type,
        records.record_id,
        records.created_at,
        records.has_creation_date,
        records.is_live,
        records.is_merged,
        records.owner_id,
        records.account_id,
        records.contact_id,
        records.is_converted,
        records.converted_account_id,
        records.converted_contact_id,
        records.converted_opportunity_id,
        {%- for link in links %}
            {{ link }}_keys.record_sk as {{ link }}_sk,
        {%- endfor %}
        records.segment,
        records.region,
        records.policy_region,
        records.stage,
        records.stage_kind,
        records.is_kind_unknown,
        records.amount,
        records.currency,
        records.close_date,
        records.last_activity_at,
        records.consent_status,
        records.lawful_basis,
        records.departed_at,
        records.is_loss_reason_blank,
        records.is_on_legal_hold,
        records.is_customer,
        records.is_partner,
        records.is_strategic,
        records.is_do_not_contact,
        records.is_opted_out,
        records.has_financial_tie,
        records.updated_at,
        records.landed_closed_at,
        -- The close date is a day that somebody typed: it tells when, but not to the hour.
        records.stage_started_at is not null
        or records.landed_closed_at is not null as is_close_exact,
        case
            when records.object_type = 'case' then records.landed_closed_at
            when coalesce(records.stage_kind, 'open') not in ('won', 'lost') then null
            when records.stage_started_at is not null
                then greatest(records.created_at, records.stage_started_at)
            when records.landed_closed_at is not null
                then greatest(records.created_at, records.landed_closed_at)
            when cast(records.close_date as {{ dbt.type_timestamp() }}) <= {{ as_of() }}
                then
                    greatest(
                        records.created_at, cast(records.close_date as {{ dbt.type_timestamp() }})
                    )
        end as closed_at,
        -- A record that is named and cannot be seen, though its kind is landed.
        records.account_id is not null
        and account_keys.record_sk is null
        and coalesce(crms.has_account, false) as is_account_missing,
        records.contact_id is not null
        and contact_keys.record_sk is null
        and coalesce(crms.has_contact, false) as is_contact_missing,
        case
            {%- for link in ['account', 'contact', 'opportunity'] %}
                when
                    records.converted_{{ link }}_id is not null
                    and converted_{{ link }}_keys.record_sk is null
                    and crms.has_{{ link }}
                    then true
            {%- endfor %}
            else false
        end as is_conversion_missing
    from records
    left join crms on records.crm = crms.crm
    {%- for link in links %}
        left join keys as {{ link }}_keys
            on
                records.crm = {{ link }}_keys.crm
                and {{ link }}_keys.object_type = '{{ link | replace('converted_', '') }}'
                and records.{{ link }}_id = {{ link }}_keys.record_id
    {%- endfor %}
)

select * from final
