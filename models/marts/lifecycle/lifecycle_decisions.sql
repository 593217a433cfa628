{%- set text = dbt.type_string() -%}
{%- set timestamp = dbt.type_timestamp() -%}
{%- set rules = lifecycle_rules() -%}
{%- set reasons = lifecycle_reasons() -%}
{%- set protections = [
    'legal_hold', 'open_case', 'active_obligation', 'suppressed_past_retention',
    'suppressed_within_retention', 'rescued', 'booked_revenue_active', 'booked_revenue_inactive',
    'active_customer', 'open_opportunity', 'partner_or_strategic',
] -%}
{#- What a decision rests on besides the landing: a change of it is a new version of the rules. -#}
{%- set policies = {
    'retention_policy': [
        'object_type', 'region', 'archive_after', 'archive_unit', 'anonymize_after_months',
        'suppression_months',
    ],
    'flag_policy': ['crm', 'field', 'empty_means', 'absent_means'],
    'engagement_types': ['activity_type', 'direction'],
    'nurture_stages': ['crm', 'stage'],
    'junk_patterns': ['object_type', 'field', 'pattern', 'must_hold'],
    'lifecycle_approvals': ['rule_id', 'crm', 'region', 'approved_by', 'approved_at'],
    'thresholds': ['threshold_id', 'value'],
    'threshold_overrides': ['threshold_id', 'value'],
} -%}
{%- set judging = [
    'int_lifecycle__inputs', 'int_lifecycle__limits', 'int_lifecycle__records',
    'int_lifecycle__activity_links', 'int_lifecycle__engagements', 'int_lifecycle__links',
    'int_lifecycle__linked', 'int_lifecycle__rescues', 'stg_crm__named_by_rejected_rows',
    'int_lifecycle__record_facts', 'int_lifecycle__inherited', 'int_lifecycle__junk',
    'int_lifecycle__activity_facts', 'int_lifecycle__facts', 'int_lifecycle__verdicts',
] -%}
{%- set sql = [rules | string, reasons | string] -%}
{%- if execute -%}
    {%- for model in graph.get('nodes', {}).values() | sort(attribute='name')
        if model.resource_type == 'model' and model.name in judging -%}
        {%- do sql.append(model.raw_code) -%}
    {%- endfor -%}
{%- endif -%}
{%- set n_months -%}
    (
        (extract(year from {{ as_of() }}) - extract(year from last_sign_at)) * 12
        + extract(month from {{ as_of() }})
        - extract(month from last_sign_at)
    )
{%- endset -%}
{%- set stale_before = dbt.dateadd(
    'month', '-cast(' ~ threshold('lifecycle__stale_months') ~ ' as integer)', as_of()
) -%}
{%- set activity_facts = {} -%}
{%- for fact in ['last_sign_at', 'is_held', 'is_of_deleted_records', 'is_old', 'n_links'] -%}
    {%- do activity_facts.update({fact: 'decided.' ~ fact}) -%}
{%- endfor -%}
{%- set record_facts = {} -%}
{%- for fact in [
    'created_at', 'last_sign_at', 'last_engagement_at', 'last_possible_engagement_at', 'closed_at',
    'departed_at', 'consent_status', 'is_held', 'has_open_case', 'has_obligation', 'is_suppressed',
    'is_booked', 'is_active', 'is_of_customer', 'has_open_opportunity',
    'is_of_partner_or_strategic', 'is_unlinked', 'is_old', 'n_links',
] -%}
    {%- do record_facts.update({fact: 'decided.' ~ fact}) -%}
{%- endfor -%}

with verdicts as (
    select
        *,
        -- The first rule that holds. The last one always does.
        case
            {%- for rule, decision in rules %}
                when {{ rule }} then {{ loop.index }}
            {%- endfor %}
        end as place
    from {{ ref('int_lifecycle__verdicts') }}
),

first_rules as (
    select
        *,
        case place
            {%- for rule, decision in rules %}
                when {{ loop.index }} then '{{ rule }}'
            {%- endfor %}
        end as first_rule,
        case place
            {%- for rule, decision in rules %}
                when {{ loop.index }} then '{{ decision }}'
            {%- endfor %}
        end as first_decision
    from verdicts
),

doubted as (
    select
        *,
        -- A rule that comes before it, would decide otherwise, and cannot be told.
        case
            when first_decision not in ('archive', 'anonymize', 'delete') then null
            {%- for rule, decision in rules %}
                {%- set others = "'" ~ (
                    ['archive', 'anonymize', 'delete'] | reject('equalto', decision) | join("', '")
                ) ~ "'" %}
                when
                    {{ rule }} is null
                    and place > {{ loop.index }}
                    and first_decision in ({{ others }})
                    then '{{ rule }}'
            {%- endfor %}
        end as doubtful_rule,
        case first_decision
            when 'anonymize' then is_input_missing_for_anonymize
            when 'delete'
                then
                    is_input_missing_for_delete
                    or (first_rule = 'disposable_or_invalid_email' and misses_phone)
            else false
        end as is_input_missing,
        case when first_decision = 'delete' then dependent_sk end as dependant_sk,
        {{ age_limit(1, 'last_sign_at') }} as archive_due_at,
        cast({{ n_months }} as integer) as n_months,
        cast(floor({{ seconds_before_as_of('last_sign_at') }} / 86400) as integer) as n_days
    from first_rules
),

dependants as (
    select
        record_sk,
        record_key
    from {{ ref('int_lifecycle__records') }}
    where is_live
),

worded as (
    select
        doubted.*,
        case
            when doubted.first_decision <> 'delete' then null
            when doubted.dependent_activity_id is null then dependants.record_key
            else
                least(
                    {{ record_key(
                        'doubted.crm', "'activity'", 'doubted.dependent_activity_id'
                    ) }},
                    coalesce(
                        dependants.record_key,
                        {{ record_key(
                            'doubted.crm', "'activity'", 'doubted.dependent_activity_id'
                        ) }}
                    )
                )
        end as blocked_by,
        case
            when doubted.archive_unit = 'days'
                then cast(doubted.n_days as {{ text }}) || ' days'
            when doubted.last_sign_at <= {{ dbt.dateadd(
                'month', '-doubted.n_months', as_of()
            ) }}
                then cast(doubted.n_months as {{ text }}) || ' months'
            else cast(doubted.n_months - 1 as {{ text }}) || ' months'
        end as silence,
        coalesce(
            cast(doubted.archive_after as {{ text }}) || ' ' || doubted.archive_unit, 'none'
        ) as archive_limit,
        case
            when doubted.object_type in ('case', 'activity') then ''
            else coalesce(', region ' || doubted.region, ', no region')
        end as place_of_limit
    from doubted
    left join dependants on doubted.dependant_sk = dependants.record_sk
),

decided as (
    select
        *,
        case
            when doubtful_rule is not null then 'cannot_be_told'
            when is_input_missing then 'input_missing'
            when blocked_by is not null then 'blocked_by_dependant'
            else first_rule
        end as rule_id,
        case
            when doubtful_rule is not null or is_input_missing or blocked_by is not null
                then 'quarantine'
            else first_decision
        end as decision,
        case
            when doubtful_rule is not null
                then
                    first_decision || ' by ' || first_rule || ', but it is not known whether '
                    || doubtful_rule || '; '
            when is_input_missing
                then
                    first_decision || ' by ' || first_rule || ', but not landed or not told: '
                    || missing_inputs || '; '
            when blocked_by is not null
                then
                    first_decision || ' by ' || first_rule || ', but a live record depends on it: '
                    || blocked_by || '; '
            else ''
        end
        || case place
            {%- for rule, decision in rules %}
                when {{ loop.index }} then {{ reasons[rule] }}
            {%- endfor %}
        end as reason
    from worded
),

policy_rows as (
    {%- for policy, columns in policies.items() %}
        select '{{ policy }}:' || {{ row_hash(columns) }} as row_hash
        from {{ ref(policy) }}
        {%- if 'threshold_id' in columns %}
            where threshold_id like 'lifecycle%'
        {%- endif %}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

policy as (
    select {{ sorted_list('row_hash') }} as rows_hash
    from policy_rows
),

versions as (
    select
        rules.rule_id,
        substring(
            {{ row_hash([
                'rules.rule_id', 'rules.precedence', 'rules.decision', 'rules.meaning',
                'rules.object_types', 'policy.rows_hash',
                "'" ~ local_md5(sql | join(' ')) ~ "'",
            ]) }},
            1,
            12
        ) as rule_version
    from {{ ref('lifecycle_rules') }} as rules
    cross join policy
),

final as (
    select
        cast(decided.record_key as {{ text }}) as record_key,
        cast(decided.crm as {{ text }}) as crm,
        cast(decided.object_type as {{ text }}) as object_type,
        cast(decided.record_id as {{ text }}) as record_id,
        cast(decided.decision as {{ text }}) as decision,
        cast(decided.rule_id as {{ text }}) as rule_id,
        cast(decided.reason as {{ text }}) as reason,
        cast(decided.blocked_by as {{ text }}) as blocked_by,
        -- What may protect it protects it.
        (
            {%- for rule in protections %}
                {{ 'or ' if not loop.first }}coalesce(decided.{{ rule }}, true)
            {%- endfor %}
        ) as is_protected,
        cast(decided.missing_inputs as {{ text }}) as missing_inputs,
        decided.last_activity_at,
        cast(
            case
                when decided.object_type = 'opportunity' and decided.closed_at is null then null
                when
                    decided.archive_after is not null
                    and (not decided.is_old or decided.anonymize_after_months is null)
                    then decided.archive_due_at
                when decided.anonymize_after_months is not null
                    then {{ dbt.dateadd(
                        'month', 'decided.anonymize_after_months', 'decided.last_sign_at'
                    ) }}
            end as {{ timestamp }}
        ) as retention_due_at,
        cast(
            case
                when decided.legal_hold then 'legal_hold'
                when decided.decision in ('archive', 'anonymize', 'delete')
                    then decided.decision || '_candidate'
                when decided.decision = 'quarantine' then 'quarantine'
                when decided.decision = 're_engage' or decided.is_nurtured then 'nurture'
                when decided.last_sign_at <= {{ stale_before }} then 'stale'
                else 'active'
            end as {{ text }}
        ) as lifecycle_tag,
        cast(decided.owner_id as {{ text }}) as owner_id,
        cast(users.team as {{ text }}) as team,
        cast(
            case
                when decided.object_type = 'account' then decided.record_id
                else decided.account_id
            end as {{ text }}
        ) as account_id,
        cast(decided.segment as {{ text }}) as segment,
        cast(decided.region as {{ text }}) as region,
        cast(decided.value_at_stake as decimal(28, 6)) as value_at_stake,
        cast(decided.n_links as {{ dbt.type_bigint() }}) as n_links,
        cast(
            case
                when decided.object_type = 'activity'
                    then {{ json_object(activity_facts) }}
                else {{ json_object(record_facts) }}
            end as {{ text }}
        ) as facts,
        cast(versions.rule_version as {{ text }}) as rule_version,
        {{ as_of() }} as as_of
    from decided
    inner join versions on decided.rule_id = versions.rule_id
    left join {{ ref('stg_crm__users') }} as users
        on decided.crm = users.crm and decided.owner_id = users.user_id
)

select * from final
