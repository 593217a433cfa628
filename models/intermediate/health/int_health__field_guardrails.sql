-- One row per CRM with records of the object and guardrail of one of its fields: does what is
-- landed keep to it? Of a field, list or history that is not landed nothing is said.
{%- set text = dbt.type_string() -%}
{%- set no_count = 'cast(null as ' ~ dbt.type_bigint() ~ ')' %}

with guardrails as (
    select * from {{ ref('field_guardrails') }}
),

records as (
    select * from {{ ref('int_crm__records') }}
),

inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

required_fields as (
    select * from {{ ref('required_fields') }}
),

populations as (
    select * from {{ ref('int_health__populations') }}
),

checks as (
    select * from {{ ref('int_health__record_checks') }}
),

picklist_values as (
    select * from {{ ref('int_health__picklist_values') }}
),

edits as (
    select * from {{ ref('int_history__edits') }}
),

asked as (
    select
        inputs.crm,
        guardrails.*
    from guardrails
    inner join inputs
        on guardrails.object_type = inputs.object_type and inputs.input = 'records'
),

-- A field that is asked from a stage on is asked of nobody where no stage tells that.
needs as (
    select
        crm,
        object_type,
        field,
        guardrail,
        case when guardrail = 'required' then field else 'history:' || field end as input
    from asked
    where guardrail in ('required', 'immutable')

    union all

    select
        asked.crm,
        asked.object_type,
        asked.field,
        asked.guardrail,
        case when required_fields.asked_from = 'milestone' then 'milestones' else 'stages' end
            as input
    from asked
    inner join required_fields
        on
            asked.object_type = required_fields.object_type
            and asked.field = required_fields.field
    where asked.guardrail = 'required' and required_fields.asked_from <> 'always'
),

judged as (
    select
        needs.crm,
        needs.object_type,
        needs.field,
        needs.guardrail
    from needs
    left join inputs
        on
            needs.crm = inputs.crm
            and needs.object_type = inputs.object_type
            and needs.input = inputs.input
    group by needs.crm, needs.object_type, needs.field, needs.guardrail
    having count(*) = count(inputs.input)

    union

    select
        crm,
        object_type,
        field,
        'picklist' as guardrail
    from picklist_values
    where has_list

    union

    select
        crm,
        object_type,
        '*' as field,
        'unique' as guardrail
    from populations
    where metric = 'duplicate_rate' and is_landed
),

faulty as (
    select
        checks.crm,
        checks.object_type,
        checks.record_key,
        checks.duplicate_rate,
        ', ' || checks.missing_fields || ', ' as missing_fields,
        records.created_at
    from checks
    inner join records on checks.record_sk = records.record_sk
    where checks.missing_fields is not null or checks.duplicate_rate
),

breaches as (
    select
        faulty.crm,
        faulty.object_type,
        guardrails.field,
        guardrails.guardrail,
        faulty.record_key,
        faulty.created_at as broken_at
    from faulty
    inner join guardrails on faulty.object_type = guardrails.object_type
    where
        (
            guardrails.guardrail = 'required'
            and faulty.missing_fields like '%, ' || guardrails.field || ', %'
        )
        or (guardrails.guardrail = 'unique' and faulty.duplicate_rate)

    union all

    select
        records.crm,
        records.object_type,
        guardrails.field,
        guardrails.guardrail,
        records.record_key,
        edits.changed_at as broken_at
    from edits
    inner join records on edits.record_sk = records.record_sk
    inner join guardrails
        on
            records.object_type = guardrails.object_type
            and edits.field = guardrails.field
            and guardrails.guardrail = 'immutable'
    where
        edits.changed_at > records.created_at
        and edits.changed_at > {{ later(as_of(), -86400, threshold('rate_window_days')) }}
),

ranked as (
    select
        crm,
        object_type,
        field,
        guardrail,
        record_key,
        broken_at,
        row_number() over (
            partition by crm, object_type, field, guardrail
            order by broken_at desc, record_key asc
        ) as place
    from breaches
),

off_list as (
    select
        crm,
        object_type,
        field,
        value,
        n_records,
        newest_created_at
    from picklist_values
    where has_list and is_off_list
),

newest_off_list as (
    select
        crm,
        object_type,
        field,
        sum(n_records) as n_broken,
        max(newest_created_at) as newest_at
    from off_list
    group by crm, object_type, field
),

-- The instant is known, so that few records are looked at.
off_list_examples as (
    select
        newest.crm,
        newest.object_type,
        newest.field,
        min(records.record_key) as newest_record_key
    from newest_off_list as newest
    inner join records
        on
            newest.crm = records.crm
            and newest.object_type = records.object_type
            and newest.newest_at = records.created_at
    inner join off_list
        on
            newest.crm = off_list.crm
            and newest.object_type = off_list.object_type
            and newest.field = off_list.field
    where
        records.is_live
        and off_list.value = case newest.field
            when 'stage' then records.stage
            when 'status' then records.stage
            when 'lifecycle_stage' then records.lifecycle_stage
            when 'lead_source' then records.lead_source
            when 'forecast_category' then records.forecast_category
            when 'segment' then records.segment
            when 'region' then records.region
        end
    group by newest.crm, newest.object_type, newest.field
),

broken as (
    select
        crm,
        object_type,
        field,
        guardrail,
        count(*) as n_broken,
        max(case when place = 1 then record_key end) as newest_record_key,
        max(broken_at) as newest_at
    from ranked
    group by crm, object_type, field, guardrail

    union all

    select
        newest.crm,
        newest.object_type,
        newest.field,
        'picklist' as guardrail,
        newest.n_broken,
        examples.newest_record_key,
        newest.newest_at
    from newest_off_list as newest
    left join off_list_examples as examples
        on
            newest.crm = examples.crm
            and newest.object_type = examples.object_type
            and newest.field = examples.field
),

final as (
    select
        asked.crm,
        asked.object_type,
        asked.field,
        asked.guardrail,
        asked.owner_role,
        asked.meant_to,
        case
            when judged.crm is null then 'not_landed'
            when broken.n_broken > 0 then 'broken'
            else 'holds'
        end as status,
        case when asked.guardrail = 'immutable' then 'changes' else 'records' end as counted,
        case when judged.crm is null then {{ no_count }} else coalesce(broken.n_broken, 0) end
            as n_broken,
        case when judged.crm is not null then broken.newest_record_key end as newest_record_key,
        case when judged.crm is not null then broken.newest_at end as newest_at
    from asked
    left join judged
        on
            asked.crm = judged.crm
            and asked.object_type = judged.object_type
            and asked.field = judged.field
            and asked.guardrail = judged.guardrail
    left join broken
        on
            asked.crm = broken.crm
            and asked.object_type = broken.object_type
            and asked.field = broken.field
            and asked.guardrail = broken.guardrail
)

select * from final
