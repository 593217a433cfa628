{{ config(materialized='view') }}

{%- set text = dbt.type_string() %}
-- What every kind of Salesforce history tells of field changes, best source first:
-- 1 field history; 2 OpportunityHistory, whose rows hold the values after a save; 3 History Mode and daily
-- copies, used only for fields of an object that no better source tells.
with field_history as (
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
        {{ told_value('field', 'old_value') }} as old_value,
        {{ told_value('field', 'new_value') }} as new_value,
        created_date as changed_at,
        created_by_id as changed_by,
        landing_status <> 'staged' as is_landed_again,
        lower(field) in ('owner', 'ownerid', 'account', 'accountid', 'contact', 'contactid') as is_lookup
    from {{ ref('base_salesforce__' ~ table) }}
    where
        landing_status in ('staged', 'duplicate', 'superseded')
        and field is not null
        and not coalesce(is_deleted, false)
        -- Events such as `created` or `leadConverted` carry no values: they are workflow events.
        and not (
            old_value is null
            and new_value is null
            and {{ salesforce_event_type('field') }} is not null
        )
        {%- if not loop.last %}

    union all
        {% endif %}
    {%- endfor %}
),

-- A lookup change is landed twice in the same second, with names and with ids: the ids count.
lookups as (
    select
        *,
        coalesce(
            {{ matches('coalesce(new_value, old_value)', '0[0-9a-zA-Z]{14}([0-9a-zA-Z]{3})?') }}, false
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
        lag(stage_name) over (partition by opportunity_id order by created_date, id) as old_stage_name,
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

told_by_save as (
    select
        'opportunity' as object_type,
        saves.opportunity_id as record_id,
        'opportunity_history' as source_table,
        saves.id || ':' || fields.field as change_id,
        fields.field as landed_field,
        case fields.field
            when 'stage' then saves.old_stage_name
            when 'amount' then {{ plain_decimal('saves.old_amount') }}
            when 'close_date' then cast(saves.old_close_date as {{ text }})
            when 'forecast_category' then saves.old_forecast_category
        end as old_value,
        case fields.field
            when 'stage' then saves.stage_name
            when 'amount' then {{ plain_decimal('saves.amount') }}
            when 'close_date' then cast(saves.close_date as {{ text }})
            when 'forecast_category' then saves.forecast_category
        end as new_value,
        saves.created_date as changed_at,
        saves.created_by_id as changed_by,
        -- What the first row was changed from is known only where it says so itself.
        saves.save_number = 1
        and not (fields.field = 'amount' and saves.old_amount is not null)
        and not (fields.field = 'close_date' and saves.old_close_date is not null) as is_first
    from saves
    cross join (
        select 'stage' as field
        union all
        select 'amount' as field
        union all
        select 'close_date' as field
        union all
        select 'forecast_category' as field
    ) as fields
),

mapped as (
    select
        told_by_field.*,
        coalesce(field_map.field, told_by_field.landed_field) as field
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
            and {{ dbt.date_trunc('second', 'told_by_save.changed_at') }} = told_twice.changed_second
    where
        not told_by_save.is_first
        and told_by_save.old_value is distinct from told_by_save.new_value
),

versions as (
    {%- set copies = [
        ('opportunity', 'opportunity', ['stage_name', 'owner_id', 'amount', 'close_date', 'lead_source', 'next_step', 'forecast_category']),
        ('opportunity', 'opportunity_history', ['stage_name', 'owner_id', 'amount', 'close_date', 'lead_source', 'next_step', 'forecast_category']),
        ('lead', 'lead', ['status', 'owner_id', 'lead_source']),
        ('lead', 'lead_history', ['status', 'owner_id', 'lead_source']),
        ('account', 'account', ['owner_id']),
        ('account', 'account_history', ['owner_id']),
        ('contact', 'contact', ['owner_id', 'lead_source']),
        ('contact', 'contact_history', ['owner_id', 'lead_source']),
        ('case', 'case', ['status', 'owner_id']),
        ('case', 'case_history', ['status', 'owner_id']),
    ] %}
    {%- for object_type, table, columns in copies %}
    {%- set is_history = table.endswith('_history') %}
    select
        '{{ object_type }}' as object_type,
        '{{ table }}' as source_table,
        id as record_id,
        {% if is_history -%}
            coalesce(_fivetran_start, last_modified_date, partitiontime)
        {%- else -%}
            _fivetran_start
        {%- endif %} as version_at,
        {{ 'partitiontime' if is_history else 'cast(null as ' ~ dbt.type_timestamp() ~ ')' }} as copied_at,
        last_modified_by_id as changed_by,
        {{ 'stage_name' if 'stage_name' in columns else 'cast(null as ' ~ text ~ ')' }} as stage,
        {{ 'status' if 'status' in columns else 'cast(null as ' ~ text ~ ')' }} as status,
        owner_id,
        {{ 'amount' if 'amount' in columns else 'cast(null as ' ~ type_amount() ~ ')' }} as amount,
        {{ 'close_date' if 'close_date' in columns else 'cast(null as date)' }} as close_date,
        {{ 'lead_source' if 'lead_source' in columns else 'cast(null as ' ~ text ~ ')' }} as lead_source,
        {{ 'next_step' if 'next_step' in columns else 'cast(null as ' ~ text ~ ')' }} as next_step,
        {% if 'forecast_category' in columns -%}
            coalesce(forecast_category_name, forecast_category)
        {%- else -%}
            cast(null as {{ text }})
        {%- endif %} as forecast_category
    from {{ ref('base_salesforce__' ~ table) }}
    where
        landing_status = 'staged'
        and {{ 'field is null and (_fivetran_start is not null or partitiontime is not null)' if is_history
            else '_fivetran_start is not null' }}
        {%- if not loop.last %}

    union all
        {% endif %}
    {%- endfor %}
),

{%- set version_fields = ['stage', 'status', 'owner_id', 'amount', 'close_date', 'lead_source', 'next_step', 'forecast_category'] %}

version_pairs as (
    select
        *,
        row_number() over (
            partition by object_type, source_table, record_id
            order by version_at, copied_at nulls first
        ) as version_number
        {%- for field in version_fields %},
        lag({{ field }}) over (
            partition by object_type, source_table, record_id
            order by version_at, copied_at nulls first
        ) as old_{{ field }}
        {%- endfor %}
    from versions
),

told_fields as (
    select
        object_type,
        field
    from mapped
    where not is_duplicate
    union
    select
        object_type,
        landed_field as field
    from told_by_save
),

told_by_version as (
    select
        version_pairs.object_type,
        version_pairs.record_id,
        version_pairs.source_table,
        version_pairs.record_id || ':' || fields.field || ':'
        || cast(version_pairs.version_at as {{ text }})
        -- Daily copies may differ without a modification that they tell.
        || coalesce(':' || cast(version_pairs.copied_at as {{ text }}), '') as change_id,
        fields.field as landed_field,
        case fields.field
            {%- for field in version_fields %}
            when '{{ field }}' then {{ plain_decimal('old_amount') if field == 'amount' else 'cast(old_' ~ field ~ ' as ' ~ text ~ ')' }}
            {%- endfor %}
        end as old_value,
        case fields.field
            {%- for field in version_fields %}
            when '{{ field }}' then {{ plain_decimal('amount') if field == 'amount' else 'cast(' ~ field ~ ' as ' ~ text ~ ')' }}
            {%- endfor %}
        end as new_value,
        version_pairs.version_at as changed_at,
        version_pairs.changed_by
    from version_pairs
    cross join (
        {%- for field in version_fields %}
        select '{{ field }}' as field
            {%- if not loop.last %}
        union all
            {%- endif %}
        {%- endfor %}
    ) as fields
    left join told_fields
        on
            version_pairs.object_type = told_fields.object_type
            and fields.field = told_fields.field
    where version_pairs.version_number > 1 and told_fields.field is null
),

final as (
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
)

select * from final
