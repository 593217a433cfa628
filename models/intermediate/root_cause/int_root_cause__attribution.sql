-- One row per CRM, object type and watched field, and one for all of a CRM: how many changes have a
-- known actor and channel? Opportunities are always spoken of, other objects where any is landed.
{%- set counts = ['n_changes', 'n_with_actor', 'n_with_channel', 'n_with_both'] -%}
{%- set sampled = ['sample_n_changes', 'sample_n_attributed'] %}

with inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

givers as (
    select * from {{ ref('int_landing__givers') }}
),

watched_changes as (
    select
        *,
        changed_at > {{ later(as_of(), -86400, threshold('rate_window_days')) }} as is_in_window
    from {{ ref('int_root_cause__watched_changes') }}
),

sample as (
    select * from {{ ref('int_root_cause__attribution_sample') }}
),

crms as (
    select crm from {{ text_rows(['crm'], crm_sources()) }}
),

watched as (
    select
        object_type,
        field
    from {{ text_rows(['object_type', 'field'], [
        ['opportunity', 'stage'], ['lead', 'status'], ['case', 'status'],
        ['account', 'owner_id'], ['contact', 'owner_id'], ['lead', 'owner_id'],
        ['opportunity', 'owner_id'], ['case', 'owner_id'],
    ]) }}
),

-- Where the CRM tells the channel in a column, and that is not landed, nobody can say whether the
-- channel is known.
crms_without_channels as (
    select crm
    from givers
    where input = 'column:channels'
    group by crm
    having max(case when is_landed then 1 else 0 end) = 0
),

fields as (
    select
        crms.crm,
        watched.object_type,
        watched.field,
        histories.input is not null and crms_without_channels.crm is null as is_landed
    from crms
    cross join watched
    left join inputs as histories
        on
            crms.crm = histories.crm
            and watched.object_type = histories.object_type
            and histories.input = 'history:' || watched.field
    left join inputs as landed_objects
        on
            crms.crm = landed_objects.crm
            and watched.object_type = landed_objects.object_type
            and landed_objects.input = 'records'
    left join crms_without_channels on crms.crm = crms_without_channels.crm
    where watched.object_type = 'opportunity' or landed_objects.input is not null
),

counted as (
    select
        crm,
        object_type,
        field,
        {%- for prefix, condition in [('', 'true'), ('window_', 'is_in_window')] %}
            count(case when {{ condition }} then 1 end) as {{ prefix }}n_changes,
            count(case when {{ condition }} and has_actor then 1 end)
                as {{ prefix }}n_with_actor,
            count(case when {{ condition }} and has_channel then 1 end)
                as {{ prefix }}n_with_channel,
            count(case when {{ condition }} and has_actor and has_channel then 1 end)
                as {{ prefix }}n_with_both
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from watched_changes
    group by crm, object_type, field
),

sampled as (
    select
        crm,
        object_type,
        field,
        count(*) as sample_n_changes,
        count(case when is_attributed then 1 end) as sample_n_attributed
    from sample
    group by crm, object_type, field
),

by_field as (
    select
        fields.crm,
        fields.object_type,
        fields.field,
        {%- for prefix in ['', 'window_'] %}
            {%- for count in counts %}
                {%- set column = prefix ~ count %}
                case when fields.is_landed then coalesce(counted.{{ column }}, 0) end
                    as {{ column }},
            {%- endfor %}
        {%- endfor %}
        {%- for column in sampled %}
            case when fields.is_landed then coalesce(sampled.{{ column }}, 0) end as {{ column }},
        {%- endfor %}
        fields.is_landed
    from fields
    left join counted
        on
            fields.crm = counted.crm
            and fields.object_type = counted.object_type
            and fields.field = counted.field
    left join sampled
        on
            fields.crm = sampled.crm
            and fields.object_type = sampled.object_type
            and fields.field = sampled.field
),

united as (
    select * from by_field

    union all

    select
        crm,
        'all' as object_type,
        'all' as field,
        {%- for prefix in ['', 'window_'] %}
            {%- for count in counts %}
                sum({{ prefix }}{{ count }}) as {{ prefix }}{{ count }},
            {%- endfor %}
        {%- endfor %}
        {%- for column in sampled %}
            sum({{ column }}) as {{ column }},
        {%- endfor %}
        max(case when is_landed then 1 else 0 end) = 1 as is_landed
    from by_field
    group by crm
),

rated as (
    select
        *,
        {%- for prefix in ['', 'window_'] %}
            cast({{ prefix }}n_with_both as {{ type_double() }}) / nullif({{ prefix }}n_changes, 0)
                as {{ prefix }}coverage,
        {%- endfor %}
        cast(sample_n_attributed as {{ type_double() }}) / nullif(sample_n_changes, 0)
            as sample_coverage,
        cast({{ threshold('attribution_coverage__target') }} as {{ type_double() }}) as target
    from united
),

final as (
    select
        *,
        {%- for prefix in ['', 'window_'] %}
            case
                when not is_landed then 'not_landed'
                when {{ prefix }}n_changes = 0 then 'no_changes'
                when {{ prefix }}coverage >= target then 'ok'
                else 'below_target'
            end as {{ prefix }}status
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from rated
)

select * from final
