-- One row per change and field, copies included, that a Salesforce history tells, the best source
-- first: 1 field history; 2 OpportunityHistory, whose rows hold the values after a save; 3 History
-- Mode and daily copies, used for what no better source tells of a field of a record, or not yet.
{{ config(materialized='view') }}

{%- set text = dbt.type_string() %}

with histories as (
    {%- set histories = [
        ('opportunity', 'opportunity_field_history'), ('opportunity', 'opportunity_history'),
        ('lead', 'lead_history'), ('account', 'account_history'),
        ('contact', 'contact_history'), ('case', 'case_history'),
    ] %}
    {%- for object_type, table in histories %}
        select
            '{{ object_type }}' as object_type,
            {{ object_type }}_id as record_id,
            '{{ table }}' as source_table,
            id as change_id,
            field as landed_field,
            old_value,
            new_value,
            created_date as changed_at,
            created_by_id as changed_by,
            landing_status <> 'staged' as is_landed_again
        from {{ ref('base_salesforce__' ~ table) }}
        where
            landing_status in ('staged', 'duplicate', 'superseded')
            and field is not null
            and not coalesce(is_deleted, false)
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

field_history as (
    select
        object_type,
        record_id,
        source_table,
        change_id,
        landed_field,
        {{ told_value('landed_field', 'old_value') }} as old_value,
        {{ told_value('landed_field', 'new_value') }} as new_value,
        changed_at,
        changed_by,
        is_landed_again,
        lower(landed_field) in (
            'owner', 'ownerid', 'account', 'accountid', 'contact', 'contactid'
        ) as is_lookup
    from histories
    where
        old_value is not null
        or new_value is not null
        -- Events such as `created` or `leadConverted` have no values: they are workflow events.
        or {{ salesforce_event_type('landed_field') }} is null
),

-- A lookup change is landed twice in the same second, with names and with ids: the ids count.
lookups as (
    select
        *,
        coalesce(
            {{ matches('coalesce(new_value, old_value)', '0[0-9a-zA-Z]{14}([0-9a-zA-Z]{3})?') }},
            false
        ) as is_id
    from field_history
    where is_lookup
),

lookups_judged as (
    select
        *,
        max(case when is_id then 1 else 0 end) over (
            partition by
                object_type,
                record_id,
                replace(lower(landed_field), 'id', ''),
                {{ dbt.date_trunc('second', 'changed_at') }}
        ) as has_id
    from lookups
),

told_by_field as (
    select
        object_type,
        record_id,
        source_table,
        change_id,
        landed_field,
        old_value,
        new_value,
        changed_at,
        changed_by,
        is_landed_again as is_duplicate
    from field_history
    where not is_lookup

    union all

    select
        object_type,
        record_id,
        source_table,
        change_id,
        landed_field,
        old_value,
        new_value,
        changed_at,
        changed_by,
        is_landed_again or (has_id = 1 and not is_id) as is_duplicate
    from lookups_judged
),

saves as (
    select
        id,
        opportunity_id,
        created_date,
        created_by_id,
        stage_name,
        amount,
        close_date,
        coalesce(forecast_category_name, forecast_category) as forecast_category,
        row_number() over (partition by opportunity_id order by created_date, id) as save_number,
        lag(stage_name) over (partition by opportunity_id order by created_date, id)
            as old_stage_name,
        lag(amount, 1, prev_amount) over (partition by opportunity_id order by created_date, id)
            as old_amount,
        lag(close_date, 1, prev_close_date) over (
            partition by opportunity_id order by created_date, id
        ) as old_close_date,
        lag(coalesce(forecast_category_name, forecast_category)) over (
            partition by opportunity_id order by created_date, id
        ) as old_forecast_category
    from {{ ref('base_salesforce__opportunity_history') }}
    where
        landing_status = 'staged'
        and field is null
        and _fivetran_start is null
        and partitiontime is null
        and not coalesce(is_deleted, false)
),

save_fields as (
    select 'stage' as field
    union all
    select 'amount' as field
    union all
    select 'close_date' as field
    union all
    select 'forecast_category' as field
),

told_by_save as (
    select
        'opportunity' as object_type,
        saves.opportunity_id as record_id,
        'opportunity_history' as source_table,
        saves.id || ':' || save_fields.field as change_id,
        save_fields.field as landed_field,
        case save_fields.field
            when 'stage' then saves.old_stage_name
            when 'amount' then {{ plain_decimal('saves.old_amount') }}
            when 'close_date' then cast(saves.old_close_date as {{ text }})
            when 'forecast_category' then saves.old_forecast_category
        end as old_value,
        case save_fields.field
            when 'stage' then saves.stage_name
            when 'amount' then {{ plain_decimal('saves.amount') }}
            when 'close_date' then cast(saves.close_date as {{ text }})
            when 'forecast_category' then saves.forecast_category
        end as new_value,
        saves.created_date as changed_at,
        saves.created_by_id as changed_by,
        -- What the first row was changed from is known only where it says so itself.
        saves.save_number = 1
        and not (save_fields.field = 'amount' and saves.old_amount is not null)
        and not (save_fields.field = 'close_date' and saves.old_close_date is not null) as is_first
    from saves
    cross join save_fields
),

mapped as (
    select
        told_by_field.object_type,
        told_by_field.record_id,
        told_by_field.source_table,
        told_by_field.change_id,
        told_by_field.landed_field,
        coalesce(field_map.field, told_by_field.landed_field) as field,
        {%- for value in ['old_value', 'new_value'] %}
            case
                when
                    field_map.field = 'consent_status'
                    and lower(told_by_field.landed_field) = 'hasoptedoutofemail'
                    then case
                        when lower(told_by_field.{{ value }}) in ('true', '1') then 'opted_out'
                    end
                else told_by_field.{{ value }}
            end as {{ value }},
        {%- endfor %}
        told_by_field.changed_at,
        told_by_field.changed_by,
        told_by_field.is_duplicate
    from told_by_field
    left join {{ ref('field_map') }} as field_map
        on
            field_map.crm = 'salesforce'
            and told_by_field.object_type = field_map.object_type
            and lower(told_by_field.landed_field) = field_map.landed_field
),

-- The same change told by both counts once.
told_twice as (
    select distinct
        record_id,
        field,
        new_value,
        {{ dbt.date_trunc('second', 'changed_at') }} as changed_second
    from mapped
    where
        object_type = 'opportunity'
        and field in ('stage', 'amount', 'close_date', 'forecast_category')
        and not is_duplicate
),

saves_judged as (
    select
        told_by_save.*,
        told_twice.record_id is not null as is_duplicate
    from told_by_save
    left join told_twice
        on
            told_by_save.record_id = told_twice.record_id
            and told_by_save.landed_field = told_twice.field
            and coalesce(told_by_save.new_value, '') = coalesce(told_twice.new_value, '')
            and told_twice.changed_second
            = {{ dbt.date_trunc('second', 'told_by_save.changed_at') }}
    where
        not told_by_save.is_first
        and told_by_save.old_value is distinct from told_by_save.new_value
),

{%- set version_fields = [
    'stage', 'status', 'owner_id', 'amount', 'close_date', 'lead_source', 'next_step',
    'forecast_category',
] %}
{%- set opportunity_fields = version_fields | reject('equalto', 'status') | list %}
{%- set copies = [
    ('opportunity', 'opportunity', opportunity_fields),
    ('opportunity', 'opportunity_history', opportunity_fields),
    ('lead', 'lead', ['status', 'owner_id', 'lead_source']),
    ('lead', 'lead_history', ['status', 'owner_id', 'lead_source']),
    ('account', 'account', ['owner_id']),
    ('account', 'account_history', ['owner_id']),
    ('contact', 'contact', ['owner_id', 'lead_source']),
    ('contact', 'contact_history', ['owner_id', 'lead_source']),
    ('case', 'case', ['status', 'owner_id']),
    ('case', 'case_history', ['status', 'owner_id']),
] %}
{%- set columns = {
    'stage': 'stage_name',
    'forecast_category': 'coalesce(forecast_category_name, forecast_category)',
} %}
{%- set types = {'amount': type_amount(), 'close_date': 'date'} %}

versions as (
    {%- for object_type, table, own_fields in copies %}
        {%- set is_history = table.endswith('_history') %}
        select
            '{{ object_type }}' as object_type,
            '{{ table }}' as source_table,
            id as record_id,
            {% if is_history -%}
                coalesce(_fivetran_start, last_modified_date, partitiontime) as version_at,
                partitiontime as copied_at,
            {%- else -%}
                _fivetran_start as version_at,
                cast(null as {{ dbt.type_timestamp() }}) as copied_at,
            {%- endif %}
            {%- for field in version_fields %}
                {%- set nothing = 'cast(null as ' ~ types.get(field, text) ~ ')' %}
                {{ columns.get(field, field) if field in own_fields else nothing }} as {{ field }},
            {%- endfor %}
            last_modified_by_id as changed_by
        from {{ ref('base_salesforce__' ~ table) }}
        where
            landing_status = 'staged'
            {% if is_history -%}
                and field is null
                and (_fivetran_start is not null or partitiontime is not null)
            {%- else -%}
                and _fivetran_start is not null
            {%- endif %}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

version_pairs as (
    select
        *,
        {%- for field in version_fields %}
            lag({{ field }}) over (
                partition by object_type, source_table, record_id
                order by version_at, copied_at nulls first
            ) as old_{{ field }},
        {%- endfor %}
        row_number() over (
            partition by object_type, source_table, record_id
            order by version_at, copied_at nulls first
        ) as version_number,
        -- A record copied in two tables tells its changes once.
        min(source_table) over (partition by object_type, record_id) as telling_table
    from versions
),

version_fields as (
    {%- for field in version_fields %}
        select '{{ field }}' as field
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

-- From its first word on, a better source speaks for that field of that record, and for no other.
better_told as (
    select
        object_type,
        record_id,
        field,
        changed_at
    from mapped
    where not is_duplicate

    union all

    select
        object_type,
        record_id,
        landed_field as field,
        changed_at
    from told_by_save
),

told_fields as (
    select
        object_type,
        record_id,
        field,
        min(changed_at) as first_told_at
    from better_told
    group by object_type, record_id, field
),

told_by_version as (
    select
        version_pairs.object_type,
        version_pairs.record_id,
        version_pairs.source_table,
        version_pairs.record_id || ':' || version_fields.field || ':'
        || cast(version_pairs.version_at as {{ text }})
        -- Daily copies may differ without a modification that they tell.
        || coalesce(':' || cast(version_pairs.copied_at as {{ text }}), '') as change_id,
        version_fields.field as landed_field,
        case version_fields.field
            {%- for field in version_fields %}
                {%- if field == 'amount' %}
                    when 'amount' then {{ plain_decimal('version_pairs.old_amount') }}
                {%- else %}
                    when '{{ field }}' then cast(version_pairs.old_{{ field }} as {{ text }})
                {%- endif %}
            {%- endfor %}
        end as old_value,
        case version_fields.field
            {%- for field in version_fields %}
                {%- if field == 'amount' %}
                    when 'amount' then {{ plain_decimal('version_pairs.amount') }}
                {%- else %}
                    when '{{ field }}' then cast(version_pairs.{{ field }} as {{ text }})
                {%- endif %}
            {%- endfor %}
        end as new_value,
        version_pairs.version_at as changed_at,
        version_pairs.changed_by
    from version_pairs
    cross join version_fields
    left join told_fields
        on
            version_pairs.object_type = told_fields.object_type
            and version_pairs.record_id = told_fields.record_id
            and version_fields.field = told_fields.field
    where
        version_pairs.version_number > 1
        and version_pairs.source_table = version_pairs.telling_table
        and (
            told_fields.first_told_at is null
            or version_pairs.version_at < told_fields.first_told_at
        )
),

told as (
    select
        object_type,
        record_id,
        source_table,
        change_id,
        landed_field,
        field,
        old_value,
        new_value,
        changed_at,
        changed_by,
        is_duplicate
    from mapped

    union all

    select
        object_type,
        record_id,
        source_table,
        change_id,
        landed_field,
        landed_field as field,
        old_value,
        new_value,
        changed_at,
        changed_by,
        is_duplicate
    from saves_judged

    union all

    select
        object_type,
        record_id,
        source_table,
        change_id,
        landed_field,
        landed_field as field,
        old_value,
        new_value,
        changed_at,
        changed_by,
        false as is_duplicate
    from told_by_version
    where old_value is distinct from new_value
),

final as (
    select
        object_type,
        record_id,
        source_table,
        change_id,
        cast(null as {{ dbt.type_bigint() }}) as change_sequence,
        landed_field,
        field,
        old_value,
        new_value,
        changed_at,
        changed_by,
        cast(null as {{ text }}) as login_id,
        cast(null as {{ text }}) as actor_kind,
        cast(null as {{ text }}) as channel,
        cast(null as {{ text }}) as told_write_path,
        true as is_channel_by_actor,
        cast(null as {{ text }}) as automation_id,
        cast(null as {{ text }}) as correlation_id,
        false as is_calculated,
        is_duplicate,
        false as is_first_value
    from told
)

select * from final
