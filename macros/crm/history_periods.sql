{#- The periods that each record spent with one value of a field (its stage, its owner), one row per record and value in
    turn: the first starts at creation, each change ends one and starts the next, the last is open at as_of. Where the record was
    modified after the history's last word and says otherwise, the history stopped before the record did: from that modification
    on a period of its own holds what the record says (is_by_record).
    One pass: the creation is set before the changes as event 0, and the window runs over the narrow key.
      changes_filter  condition on stg_crm__field_changes that picks the changes of the field
      current_value   column of int_crm__records that holds the value at as_of
      object_types    list of object types that have the field
      value           name of the value column in the result
    Its CTEs read the CTEs records (int_crm__records) and field_changes (stg_crm__field_changes). -#}
{% macro history_periods(changes_filter, current_value, object_types, value) -%}
holders as (
    select
        record_sk,
        created_at,
        updated_at,
        {{ current_value }} as value_at_as_of
    from records
    where object_type in ('{{ object_types | join("', '") }}')
),

events as (
    select
        record_sk,
        0 as event_number,
        created_at as event_at,
        cast(null as {{ dbt.type_string() }}) as old_value,
        cast(null as {{ dbt.type_string() }}) as new_value,
        cast(null as {{ dbt.type_string() }}) as change_id
    from holders

    union all

    select
        record_sk,
        change_number as event_number,
        changed_at as event_at,
        old_value,
        new_value,
        change_id
    from field_changes
    where not is_orphan and {{ changes_filter }}
),

paired as (
    select
        *,
        lead(event_at) over (partition by record_sk order by event_number) as next_event_at,
        lead(old_value) over (partition by record_sk order by event_number) as next_old_value
    from events
),

overtaken as (
    select
        paired.record_sk,
        paired.event_number,
        holders.value_at_as_of,
        holders.updated_at
    from paired
    inner join holders on paired.record_sk = holders.record_sk
    where
        paired.next_event_at is null
        and paired.event_number > 0
        and holders.updated_at > paired.event_at
        and holders.updated_at <= {{ crm_hygiene.as_of() }}
        and holders.value_at_as_of is not null
        and (paired.new_value is distinct from holders.value_at_as_of)
),

periods as (
    select
        paired.record_sk,
        paired.event_number + 1 as period_number,
        case
            when paired.event_number > 0 then paired.new_value
            when paired.next_event_at is null then holders.value_at_as_of
            else paired.next_old_value
        end as {{ value }},
        -- A change before creation starts the record's history earlier than the record says.
        case
            when paired.event_number = 0 and paired.next_event_at < paired.event_at
                then paired.next_event_at
            else paired.event_at
        end as started_at,
        coalesce(paired.next_event_at, overtaken.updated_at) as ended_at,
        paired.next_event_at is null and overtaken.record_sk is null as is_current,
        coalesce(paired.event_number = 0 and paired.next_event_at < paired.event_at, false)
            as starts_before_creation,
        paired.change_id as started_by_change_id,
        false as is_by_record,
        overtaken.record_sk is not null as is_ended_by_record
    from paired
    inner join holders on paired.record_sk = holders.record_sk
    left join overtaken
        on
            paired.record_sk = overtaken.record_sk
            and paired.event_number = overtaken.event_number

    union all

    select
        record_sk,
        event_number + 2 as period_number,
        value_at_as_of as {{ value }},
        updated_at as started_at,
        cast(null as {{ dbt.type_timestamp() }}) as ended_at,
        true as is_current,
        false as starts_before_creation,
        cast(null as {{ dbt.type_string() }}) as started_by_change_id,
        true as is_by_record,
        false as is_ended_by_record
    from overtaken
)
{%- endmacro %}
