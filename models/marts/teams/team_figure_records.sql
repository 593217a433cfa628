{%- set text = dbt.type_string() -%}
{#- Each figure of the register is judged by the model named after it. -#}
{%- set figures = [
    'speed_to_lead', 'lead_owner_changes', 'handoff_completeness', 'ownership_stability',
    'clock_pauses',
] -%}
with judged as (
    {%- for figure in figures %}
        select
            '{{ figure }}' as figure,
            record_sk,
            part,
            is_counted,
            hours,
            occurred_at,
            detail
        from {{ ref('int_teams__' ~ figure) }}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

final as (
    select
        cast(records.crm as {{ text }}) as crm,
        cast(figures.team as {{ text }}) as team,
        cast(judged.figure as {{ text }}) as figure,
        cast(records.record_key as {{ text }}) as record_key,
        cast(judged.part as {{ text }}) as part,
        cast(records.object_type as {{ text }}) as object_type,
        cast(records.record_id as {{ text }}) as record_id,
        cast(records.segment as {{ text }}) as segment,
        cast(records.owner_id as {{ text }}) as owner_id,
        cast(users.team as {{ text }}) as owner_team,
        judged.is_counted,
        cast(judged.hours as decimal(28, 6)) as hours,
        judged.occurred_at,
        cast(judged.detail as {{ text }}) as detail
    from judged
    inner join {{ ref('int_health__record_facts') }} as records
        on judged.record_sk = records.record_sk
    inner join {{ ref('int_teams__populations') }} as populations
        on
            judged.figure = populations.figure
            and records.crm = populations.crm
            and populations.is_landed
    inner join {{ ref('team_figure_register') }} as figures on judged.figure = figures.figure
    left join {{ ref('stg_crm__users') }} as users
        on records.crm = users.crm and records.owner_id = users.user_id
)

select * from final
