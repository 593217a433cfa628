-- One row per record and run that decided other than its latest row says, or on other facts.
{#- Append-only: neither --full-refresh nor an earlier as_of changes what it holds. An as_of in the
    future adds nothing; what one added before it was refused does not count. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='append_new_columns'
) }}
{%- set text = dbt.type_string() -%}
{%- set timestamp = dbt.type_timestamp() -%}
{%- set texts = [
    'record_key', 'crm', 'object_type', 'record_id', 'decision', 'rule_id', 'rule_version', 'facts'
] -%}
{%- set timestamps = ['decided_at', 'decision_since', 'rule_since'] %}

with decisions as (
    select * from {{ ref('int_lifecycle__decisions') }}
),

logged as (
    {%- if is_incremental() %}
        select
            {%- for column in texts + timestamps %}
                {{ column }},
            {%- endfor %}
            logged_at
        from {{ this }}
        -- What is not read is not gone.
        where
            crm in ('{{ crm_sources() | join("', '") }}')
            and decided_at <= {{ later('logged_at', 86400, 1) }}
    {%- else %}
        select
            {%- for column in texts %}
                cast(null as {{ text }}) as {{ column }},
            {%- endfor %}
            {%- for column in timestamps %}
                cast(null as {{ timestamp }}) as {{ column }},
            {%- endfor %}
            cast(null as {{ timestamp }}) as logged_at
        from decisions
        where 1 = 0
    {%- endif %}
),

last_entries as (
    select
        record_key,
        max(logged_at) as logged_at
    from logged
    group by record_key
),

latest as (
    select logged.*
    from logged
    inner join last_entries
        on
            logged.record_key = last_entries.record_key
            and logged.logged_at = last_entries.logged_at
),

compared as (
    select
        coalesce(decisions.record_key, latest.record_key) as record_key,
        coalesce(decisions.crm, latest.crm) as crm,
        coalesce(decisions.object_type, latest.object_type) as object_type,
        coalesce(decisions.record_id, latest.record_id) as record_id,
        decisions.decision,
        decisions.rule_id,
        decisions.reason,
        decisions.rule_version,
        decisions.facts,
        latest.decision as previous_decision,
        latest.rule_id as previous_rule_id,
        case
            when decisions.decision is null then 'gone'
            when latest.decision is null then 'new'
            when decisions.decision <> latest.decision or decisions.rule_id <> latest.rule_id
                then 'changed'
            when (decisions.rule_version is distinct from latest.rule_version)
                then 'rule_changed'
            else 'facts_changed'
        end as change,
        case
            when decisions.decision = latest.decision then latest.decision_since
            else {{ as_of() }}
        end as decision_since,
        case
            when decisions.decision = latest.decision and decisions.rule_id = latest.rule_id
                then latest.rule_since
            else {{ as_of() }}
        end as rule_since
    from decisions
    full outer join latest on decisions.record_key = latest.record_key
    where
        decisions.decision is distinct from latest.decision
        or decisions.rule_id is distinct from latest.rule_id
        or decisions.rule_version is distinct from latest.rule_version
        -- What is kept changes its facts every day; nothing rests on them.
        or (
            decisions.decision in ('archive', 'anonymize', 'delete', 'quarantine')
            and decisions.facts is distinct from latest.facts
        )
),

final as (
    select
        cast({{ dbt_utils.generate_surrogate_key(
            ['compared.record_key', as_of(), run_start()]
        ) }} as {{ text }}) as log_id,
        cast(compared.record_key as {{ text }}) as record_key,
        cast(compared.crm as {{ text }}) as crm,
        cast(compared.object_type as {{ text }}) as object_type,
        cast(compared.record_id as {{ text }}) as record_id,
        {{ as_of() }} as decided_at,
        {{ run_start() }} as logged_at,
        cast(compared.change as {{ text }}) as change,
        cast(compared.decision as {{ text }}) as decision,
        cast(compared.rule_id as {{ text }}) as rule_id,
        cast(compared.reason as {{ text }}) as reason,
        cast(compared.rule_version as {{ text }}) as rule_version,
        cast(compared.facts as {{ text }}) as facts,
        cast(compared.previous_decision as {{ text }}) as previous_decision,
        cast(compared.previous_rule_id as {{ text }}) as previous_rule_id,
        compared.decision_since,
        compared.rule_since
    from compared
    where {{ as_of_is_kept() }}
    {%- if is_incremental() %}
        -- A look back decides nothing: it would make up review windows that nobody had.
        and not exists (
            select 1 from {{ this }}
            where
                decided_at > {{ as_of() }}
                and decided_at <= {{ later('logged_at', 86400, 1) }}
        )
    {%- endif %}
)

select * from final
