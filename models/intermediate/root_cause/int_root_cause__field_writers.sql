-- One row per CRM, object type, field and writer (who, of what kind, through what): may it write?
with field_changes as (
    select * from {{ ref('stg_crm__field_changes') }}
),

records as (
    select
        record_sk,
        crm,
        object_type,
        created_at
    from {{ ref('int_crm__records') }}
),

users as (
    select
        crm,
        user_id,
        team
    from {{ ref('stg_crm__users') }}
),

write_paths as (
    select * from {{ ref('int_root_cause__write_paths') }}
),

field_dictionary as (
    select * from {{ ref('field_dictionary') }}
),

counted as (
    select
        records.crm,
        records.object_type,
        changes.field,
        changes.changed_by,
        changes.actor_kind,
        changes.channel,
        write_paths.write_path,
        changes.automation_id,
        count(*) as n_changes,
        count(distinct changes.record_sk) as n_records,
        count(case when changes.changed_at > records.created_at then 1 end) as n_after_creation,
        min(changes.changed_at) as first_changed_at,
        max(changes.changed_at) as last_changed_at
    from field_changes as changes
    inner join records on changes.record_sk = records.record_sk
    left join write_paths on {{ same_writer('changes', 'write_paths') }}
    where not changes.is_orphan
    group by
        records.crm,
        records.object_type,
        changes.field,
        changes.changed_by,
        changes.actor_kind,
        changes.channel,
        write_paths.write_path,
        changes.automation_id
),

writers as (
    select
        row_number() over (
            order by
                counted.crm, counted.object_type, counted.field, counted.changed_by nulls first,
                counted.actor_kind nulls first, counted.channel nulls first,
                counted.write_path nulls first, counted.automation_id nulls first
        ) as writer_sk,
        counted.*,
        -- A source that nothing is known of.
        nullif(counted.actor_kind, 'other') as known_kind,
        users.team as actor_team,
        cast(counted.n_changes as {{ type_double() }}) / sum(counted.n_changes) over (
            partition by counted.crm, counted.object_type, counted.field
        ) as share
    from counted
    left join users
        on counted.crm = users.crm and counted.changed_by = users.user_id
),

-- Each writer against each row of the dictionary for the field: 2 fits, 1 may fit (what the row
-- asks for is not known), 0 does not.
compared as (
    select
        writers.writer_sk,
        policy.actor_kind = 'nobody' as is_immutable,
        least(
            {%- for asked, known in [
                ('actor_kind', 'known_kind'), ('team', 'actor_team'), ('channel', 'channel'),
            ] %}
                case
                    when policy.{{ asked }} in ('*', writers.{{ known }}) then 2
                    when writers.{{ known }} is null then 1
                    else 0
                end{% if not loop.last %},{% endif %}
            {%- endfor %}
        ) as fit
    from writers
    inner join field_dictionary as policy
        on
            writers.field = policy.field
            and policy.object_type in ('*', writers.object_type)
),

judged as (
    select
        writer_sk,
        max(case when is_immutable then 1 else 0 end) = 1 as is_immutable,
        max(case when is_immutable then 0 else fit end) as fit
    from compared
    group by writer_sk
),

final as (
    select
        writers.*,
        case
            when judged.writer_sk is null then 'not_governed'
            when judged.is_immutable and writers.n_after_creation > 0 then 'immutable_changed'
            when judged.is_immutable or judged.fit = 2 then 'allowed'
            when judged.fit = 1 then 'unknown_writer'
            else 'not_allowed'
        end as verdict
    from writers
    left join judged on writers.writer_sk = judged.writer_sk
)

select * from final
