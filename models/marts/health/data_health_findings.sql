-- One row per live record × finding: what is wrong with it, and whose it is.
{%- set text = dbt.type_string() %}

with findings as (
    select * from {{ ref('int_health__findings') }}
),

checks as (
    select
        record_sk,
        record_key,
        crm,
        object_type,
        record_id,
        segment,
        owner_id
    from {{ ref('int_health__record_checks') }}
),

users as (
    select * from {{ ref('stg_crm__users') }}
),

final as (
    select
        cast(checks.record_key as {{ text }}) as record_key,
        cast(checks.crm as {{ text }}) as crm,
        cast(checks.object_type as {{ text }}) as object_type,
        cast(checks.record_id as {{ text }}) as record_id,
        cast(findings.finding as {{ text }}) as finding,
        cast(findings.kind as {{ text }}) as kind,
        cast(findings.severity as {{ text }}) as severity,
        cast(findings.detail as {{ text }}) as detail,
        cast(checks.segment as {{ text }}) as segment,
        cast(checks.owner_id as {{ text }}) as owner_id,
        cast(users.team as {{ text }}) as team,
        cast(users.manager_id as {{ text }}) as manager_id
    from findings
    inner join checks on findings.record_sk = checks.record_sk
    left join users on checks.crm = users.crm and checks.owner_id = users.user_id
)

select * from final
