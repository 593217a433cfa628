-- One row per deal, field (amount, close_date, forecast_category) and value in turn, numbered from
-- 0: the value and from when on it held. Where the record was modified after the history's last
-- word and says otherwise, a last value holds from that modification on.
{%- set text = dbt.type_string() %}
{%- set fields = {
    'amount': plain_decimal('records.amount'),
    'close_date': 'cast(records.close_date as ' ~ text ~ ')',
    'forecast_category': blank_to_null('records.forecast_category'),
} %}
with records as (
    select * from {{ ref('int_crm__records') }}
),

field_changes as (
    select * from {{ ref('stg_crm__field_changes') }}
),

holders as (
    {%- for field, value in fields.items() %}
        select
            records.record_sk,
            '{{ field }}' as field,
            records.created_at,
            records.updated_at,
            {{ value }} as value_at_as_of
        from records
        where records.object_type = 'opportunity'
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

changes as (
    select
        record_sk,
        field,
        change_number,
        changed_at,
        old_value,
        new_value,
        lead(changed_at) over (partition by record_sk, field order by change_number)
            as next_changed_at
    from field_changes
    where
        object_type = 'opportunity'
        and not is_orphan
        and field in ('{{ fields | join("', '") }}')
),

numbered as (
    select
        holders.record_sk,
        holders.field,
        0 as value_number,
        case
            when changes.changed_at < holders.created_at then changes.changed_at
            else holders.created_at
        end as started_at,
        case when changes.record_sk is null then holders.value_at_as_of else changes.old_value end
            as field_value
    from holders
    left join changes
        on
            holders.record_sk = changes.record_sk
            and holders.field = changes.field
            and changes.change_number = 1

    union all

    select
        record_sk,
        field,
        change_number as value_number,
        changed_at as started_at,
        new_value as field_value
    from changes

    union all

    select
        changes.record_sk,
        changes.field,
        changes.change_number + 1 as value_number,
        holders.updated_at as started_at,
        holders.value_at_as_of as field_value
    from changes
    inner join holders
        on changes.record_sk = holders.record_sk and changes.field = holders.field
    where
        changes.next_changed_at is null
        and holders.updated_at > changes.changed_at
        and holders.updated_at <= {{ as_of() }}
        and holders.value_at_as_of is not null
        and (changes.new_value is distinct from holders.value_at_as_of)
),

final as (
    select
        record_sk,
        field,
        value_number,
        started_at,
        case when field = 'amount' then {{ parse_value('field_value', 'text', 'numeric') }} end
            as amount,
        case when field = 'close_date' then {{ parse_value('field_value', 'text', 'date') }} end
            as close_date,
        case when field = 'forecast_category' then {{ blank_to_null('field_value') }} end
            as forecast_category
    from numbered
)

select * from final
