-- One row per activity of low value that a person with peers has done in the windows: does its
-- owner have many more of them for each meeting than the others of the team together? Without any
-- meeting, they count as if there were one.
{%- set text = dbt.type_string() -%}
{%- set number = type_double() %}
with activities as (
    select
        *,
        coalesce(team, '') as team_name
    from {{ ref('int_signatures__activities') }}
    where signature_window is not null
),

owners as (
    select
        crm,
        signature_window,
        team_name,
        owner_id,
        count(case when is_low_value then 1 end) as n_low_value,
        count(case when is_meeting then 1 end) as n_meetings
    from activities
    group by crm, signature_window, team_name, owner_id
),

with_peers as (
    select
        *,
        count(*) over (partition by crm, signature_window, team_name) - 1 as n_peers,
        sum(n_low_value) over (partition by crm, signature_window, team_name) - n_low_value
            as n_low_value_of_peers,
        sum(n_meetings) over (partition by crm, signature_window, team_name) - n_meetings
            as n_meetings_of_peers
    from owners
),

rated as (
    select
        *,
        cast(n_low_value as {{ number }}) / greatest(n_meetings, 1) as ratio,
        cast(n_low_value_of_peers as {{ number }}) / greatest(n_meetings_of_peers, 1)
            as ratio_of_peers
    from with_peers
    where n_peers >= {{ threshold('padding_against_peers__peers') }}
),

judged as (
    select
        activities.record_key,
        activities.crm,
        activities.owner_id,
        activities.occurred_at,
        activities.signature_window,
        rated.n_low_value,
        rated.n_meetings,
        rated.ratio_of_peers,
        rated.n_low_value >= {{ threshold('padding_against_peers__activities') }}
        and rated.ratio
        >= {{ threshold('padding_against_peers__times') }} * rated.ratio_of_peers as is_hit
    from activities
    inner join rated
        on
            activities.crm = rated.crm
            and activities.signature_window = rated.signature_window
            and activities.team_name = rated.team_name
            and activities.owner_id = rated.owner_id
    where activities.is_low_value
),

final as (
    select
        cast(null as {{ dbt.type_bigint() }}) as record_sk,
        record_key,
        crm,
        'activity' as object_type,
        cast(null as {{ text }}) as part,
        cast(null as {{ text }}) as field,
        cast(null as {{ dbt.type_bigint() }}) as change_number,
        occurred_at,
        signature_window,
        is_hit,
        cast(null as {{ text }}) as related_id,
        cast(null as {{ dbt.type_timestamp() }}) as related_at,
        case
            when is_hit
                then
                    'one of ' || cast(cast(n_low_value as integer) as {{ text }})
                    || ' tasks, notes and e-mails without direction for '
                    || cast(cast(n_meetings as integer) as {{ text }})
                    || case when n_meetings = 1 then ' meeting by ' else ' meetings by ' end
                    || owner_id || '; the others of the team have '
                    || cast(cast(ratio_of_peers as decimal(9, 1)) as {{ text }}) || ' a meeting'
        end as detail
    from judged
)

select * from final
