{%- set text = dbt.type_string() %}
-- What every history tells of field changes, visible at as_of or not, each row classed: `effective`
-- (old and new value differ once blanks are null), `no_op`, `first_value` (the value at creation),
-- `duplicate` (landed again, or told by a better source).
with told as (
    select
        'salesforce' as crm,
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
        cast(null as {{ text }}) as hubspot_source,
        cast(null as {{ text }}) as hubspot_login_id,
        cast(null as {{ text }}) as channel,
        cast(null as {{ text }}) as automation_id,
        cast(null as {{ text }}) as correlation_id,
        is_duplicate,
        false as is_first_value
    from {{ ref('base_salesforce__field_changes') }}

    union all

    select
        'hubspot' as crm,
        object_type,
        record_id,
        source_table,
        change_id,
        change_sequence,
        landed_field,
        field,
        old_value,
        new_value,
        changed_at,
        source_id as changed_by,
        upper(source) as hubspot_source,
        case
            when lower(source_id) like 'userid:%'
                then {{ dbt.split_part('source_id', "':'", 2) }}
        end as hubspot_login_id,
        cast(null as {{ text }}) as channel,
        -- A workflow's changes carry its id.
        case when upper(source) in ('AUTOMATION_PLATFORM', 'WORKFLOWS') then source_id end
            as automation_id,
        cast(null as {{ text }}) as correlation_id,
        is_duplicate,
        is_first_value
    from {{ ref('base_hubspot__field_changes') }}

    union all

    select
        'open' as crm,
        object_type,
        record_id,
        'changes' as source_table,
        -- A change without an id is identified by all that it tells: exact copies are gone by here.
        case
            when not {{ is_blank('change_id') }} then change_id
            else
                object_type || ':' || record_id || ':' || field
                {%- for column in [
                    'changed_at', 'sequence', 'old_value', 'new_value', 'changed_by', 'channel',
                    'automation_id', 'correlation_id',
                ] %}
                    || ':' || coalesce(cast({{ column }} as {{ text }}), '')
                {%- endfor %}
        end as change_id,
        sequence as change_sequence,
        field as landed_field,
        field,
        old_value,
        new_value,
        changed_at,
        changed_by,
        cast(null as {{ text }}) as hubspot_source,
        cast(null as {{ text }}) as hubspot_login_id,
        lower(channel) as channel,
        automation_id,
        correlation_id,
        landing_status <> 'staged' as is_duplicate,
        false as is_first_value
    from {{ ref('base_open__changes') }}
    where landing_status in ('staged', 'duplicate', 'superseded')
),

translated as (
    select
        told.*,
        {%- for value in ['old_value', 'new_value'] %}
            case
                when
                    told.field = 'consent_status'
                    and lower(told.landed_field) in ('hs_email_optout', 'hasoptedoutofemail')
                    then case
                        when coalesce(lower(told.{{ value }}), '') not in ('true', '1') then null
                        when told.crm = 'hubspot' then 'unsubscribed'
                        else 'opted_out'
                    end
                else told.{{ value }}
            end as told_{{ value }}
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from told
),

folded as (
    select
        translated.crm,
        translated.object_type,
        translated.record_id,
        translated.source_table,
        translated.change_id,
        translated.change_sequence,
        translated.landed_field,
        translated.field,
        translated.changed_at,
        translated.changed_by,
        translated.hubspot_source,
        translated.hubspot_login_id,
        translated.channel,
        translated.automation_id,
        translated.correlation_id,
        translated.is_duplicate,
        translated.is_first_value,
        {{ blank_to_null('translated.told_old_value', 'old_blanks.placeholder') }} as old_value,
        {{ blank_to_null('translated.told_new_value', 'new_blanks.placeholder') }} as new_value
    from translated
    left join {{ ref('blank_placeholders') }} as old_blanks
        on lower({{ strip('translated.told_old_value') }}) = old_blanks.placeholder
    left join {{ ref('blank_placeholders') }} as new_blanks
        on lower({{ strip('translated.told_new_value') }}) = new_blanks.placeholder
),

classed as (
    select
        folded.*,
        records.record_sk,
        records.created_at as record_created_at,
        records.record_sk is null as is_orphan,
        case
            when records.record_sk is null
                then {{ record_key('folded.crm', 'folded.object_type', 'folded.record_id') }}
        end as orphan_id,
        case
            when folded.is_duplicate then 'duplicate'
            when folded.is_first_value then 'first_value'
            when (folded.old_value is not distinct from folded.new_value) then 'no_op'
            else 'effective'
        end as change_class
    from folded
    left join {{ ref('base_crm__records') }} as records
        on
            folded.crm = records.crm
            and folded.object_type = records.object_type
            and folded.record_id = records.record_id
),

ordered as (
    select
        *,
        row_number() over (
            partition by record_sk, orphan_id, field, change_class
            order by changed_at, change_sequence nulls first, change_id
        ) as change_number,
        lag(new_value) over (
            partition by record_sk, orphan_id, field, change_class
            order by changed_at, change_sequence nulls first, change_id
        ) as previous_value,
        lead(changed_at) over (
            partition by record_sk, orphan_id, field, change_class
            order by changed_at, change_sequence nulls first, change_id
        ) as next_changed_at
    from classed
),

-- An owner who left and came back stands twice among the owners, with one login.
logins as (
    select
        crm,
        login_id,
        user_id,
        row_number() over (
            partition by crm, login_id order by case when is_active then 0 else 1 end, user_id
        ) as place
    from {{ ref('stg_crm__users') }}
    where login_id is not null
),

final as (
    select
        ordered.crm,
        ordered.object_type,
        ordered.record_id,
        ordered.record_sk,
        ordered.field,
        ordered.landed_field,
        ordered.change_class,
        ordered.change_number,
        ordered.changed_at,
        ordered.next_changed_at,
        ordered.old_value,
        ordered.new_value,
        coalesce(logins.user_id, ordered.changed_by) as changed_by,
        coalesce(
            case
                when ordered.crm = 'hubspot' and ordered.hubspot_source is not null
                    then coalesce(sources.actor_kind, 'other')
            end,
            actors.kind,
            case
                when ordered.channel in ('automation', 'integration', 'import')
                    then ordered.channel
            end
        ) as actor_kind,
        coalesce(
            ordered.channel,
            sources.channel,
            -- Salesforce does not tell the channel; a machine's user has only its own.
            case
                when ordered.crm = 'salesforce' and actors.kind in ('automation', 'integration')
                    then actors.kind
            end
        ) as channel,
        ordered.automation_id,
        ordered.correlation_id,
        ordered.source_table,
        ordered.change_id,
        ordered.change_sequence,
        ordered.is_orphan,
        ordered.change_class = 'effective'
        and ordered.change_number > 1
        and (ordered.old_value is distinct from ordered.previous_value) as is_chain_break,
        coalesce(ordered.changed_at < ordered.record_created_at, false) as is_before_creation
    from ordered
    left join {{ ref('hubspot_change_sources') }} as sources
        on ordered.hubspot_source = sources.source
    left join logins
        on
            ordered.crm = logins.crm
            and ordered.hubspot_login_id = logins.login_id
            and logins.place = 1
    left join {{ ref('stg_crm__users') }} as actors
        on
            ordered.crm = actors.crm
            and coalesce(logins.user_id, ordered.changed_by) = actors.user_id
)

select * from final
