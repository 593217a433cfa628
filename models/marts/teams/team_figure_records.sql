-- One row per CRM × team × figure × record (or SLA clock): the records behind the team figures.
{%- set text = dbt.type_string() %}

with judged as (
    select * from {{ ref('int_teams__figure_records') }}
),

figures as (
    select * from {{ ref('team_figure_register') }}
),

users as (
    select * from {{ ref('stg_crm__users') }}
),

final as (
    select
        cast(judged.crm as {{ text }}) as crm,
        cast(figures.team as {{ text }}) as team,
        cast(judged.figure as {{ text }}) as figure,
        cast(judged.record_key as {{ text }}) as record_key,
        cast(judged.part as {{ text }}) as part,
        cast(judged.object_type as {{ text }}) as object_type,
        cast(judged.record_id as {{ text }}) as record_id,
        cast(judged.segment as {{ text }}) as segment,
        cast(judged.owner_id as {{ text }}) as owner_id,
        cast(users.team as {{ text }}) as owner_team,
        judged.is_counted,
        cast(judged.hours as decimal(28, 6)) as hours,
        judged.occurred_at,
        cast(judged.detail as {{ text }}) as detail
    from judged
    inner join figures on judged.figure = figures.figure
    left join users on judged.crm = users.crm and judged.owner_id = users.user_id
)

select * from final
