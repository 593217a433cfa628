-- One row per CRM × team × owner × currency × flag: how much of the pipeline is at risk. A flag
-- that the landing does not let judge stands once, with no figures.
{%- set text = dbt.type_string() %}
with risks as (
    select * from {{ ref('int_pipeline__risk_spans') }}
    where cleared_at is null
),

deals as (
    select * from {{ ref('int_pipeline__deals') }}
),

as_was as (
    select * from {{ ref('int_pipeline__as_was') }}
    where is_open and instant_at = {{ as_of() }}
),

register as (
    select * from {{ ref('deal_risk_register') }}
),

known as (
    select * from {{ ref('int_pipeline__known') }}
),

commit_spans as (
    select * from {{ ref('int_history__commit_spans') }}
),

committed as (
    select distinct record_sk
    from commit_spans
    where uncommitted_at is null
),

open_deals as (
    select
        deals.crm,
        as_was.owner_team as team,
        as_was.owner_id,
        deals.currency,
        as_was.record_sk,
        coalesce(as_was.amount, 0) as amount,
        case when committed.record_sk is null then 0 else coalesce(as_was.amount, 0) end
            as commit_amount
    from as_was
    inner join deals on as_was.record_sk = deals.record_sk
    left join committed on as_was.record_sk = committed.record_sk
),

in_crm as (
    select
        crm,
        count(*) as n_open
    from open_deals
    group by crm
),

flagged_in_crm as (
    select
        open_deals.crm,
        risks.flag,
        count(*) as n_flagged
    from risks
    inner join open_deals on risks.record_sk = open_deals.record_sk
    group by open_deals.crm, risks.flag
),

counted as (
    select
        open_deals.crm,
        open_deals.team,
        open_deals.owner_id,
        open_deals.currency,
        risks.flag,
        count(*) as n_deals,
        sum(open_deals.amount) as amount,
        sum(open_deals.commit_amount) as commit_amount
    from risks
    inner join open_deals on risks.record_sk = open_deals.record_sk
    group by
        open_deals.crm, open_deals.team, open_deals.owner_id, open_deals.currency, risks.flag
),

not_landed as (
    select
        known.crm,
        register.flag
    from known
    cross join register
    where case register.judged_by
        when 'two_way' then not known.tells_two_way
        when 'meetings' then not known.tells_meetings
        when 'contacts' then not known.tells_contacts
        when 'close_date' then not known.has_close_dates
        when 'roles' then not known.tells_roles
        else false
    end
),

final as (
    select
        cast(counted.crm as {{ text }}) as crm,
        cast(counted.team as {{ text }}) as team,
        cast(counted.owner_id as {{ text }}) as owner_id,
        cast(nullif(counted.currency, '') as {{ text }}) as currency,
        cast(counted.flag as {{ text }}) as flag,
        cast('ok' as {{ text }}) as status,
        cast(counted.n_deals as {{ dbt.type_bigint() }}) as n_deals,
        cast(counted.amount as {{ type_amount() }}) as amount,
        cast(counted.commit_amount as {{ type_amount() }}) as commit_amount,
        -- A flag that most deals have tells none apart.
        cast(2 * flagged_in_crm.n_flagged > in_crm.n_open as boolean) as says_nothing,
        {{ as_of() }} as as_of
    from counted
    inner join in_crm on counted.crm = in_crm.crm
    inner join flagged_in_crm
        on counted.crm = flagged_in_crm.crm and counted.flag = flagged_in_crm.flag

    union all

    select
        cast(crm as {{ text }}) as crm,
        cast(null as {{ text }}) as team,
        cast(null as {{ text }}) as owner_id,
        cast(null as {{ text }}) as currency,
        cast(flag as {{ text }}) as flag,
        cast('not_landed' as {{ text }}) as status,
        cast(null as {{ dbt.type_bigint() }}) as n_deals,
        cast(null as {{ type_amount() }}) as amount,
        cast(null as {{ type_amount() }}) as commit_amount,
        cast(null as boolean) as says_nothing,
        {{ as_of() }} as as_of
    from not_landed
)

select * from final
