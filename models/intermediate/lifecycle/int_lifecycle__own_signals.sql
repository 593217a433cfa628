-- One row per live lost deal or contact and activity, campaign response or change of a contact's
-- title (of deals only) that is, or may be, a fresh signal of its own: of no other deal, and not
-- beside an open one. is_signal NULL: it may be.
{%- set window_start = dbt.dateadd(
    'month', '-cast(' ~ threshold('lifecycle__signal_months') ~ ' as integer)', as_of()
) -%}
{#- Whose deals may take a signal for themselves: where they stand, and what names them. -#}
{%- set open_deals = {'account': 'deals', 'contact': 'roles'} %}

with records as (
    select
        record_sk,
        crm,
        object_type,
        record_id,
        account_id,
        is_live,
        stage_kind,
        is_kind_unknown,
        closed_at,
        is_close_exact
    from {{ ref('int_lifecycle__records') }}
    where object_type in ('contact', 'opportunity')
),

opportunity_contacts as (
    select
        crm,
        opportunity_id,
        contact_id
    from {{ ref('stg_crm__opportunity_contacts') }}
),

activity_links as (
    select * from {{ ref('int_lifecycle__activity_links') }}
),

campaign_touches as (
    select * from {{ ref('stg_crm__campaign_touches') }}
),

engagement_types as (
    select * from {{ ref('engagement_types') }}
),

field_changes as (
    select * from {{ ref('stg_crm__field_changes') }}
),

-- What was bought tells a role, too; what a merge rewrote does not.
role_changes as (
    select
        contacts.crm,
        contacts.record_id as contact_id,
        changes.changed_at,
        types.signal_direction is not null as is_signal
    from field_changes as changes
    inner join records as contacts on changes.record_sk = contacts.record_sk
    cross join engagement_types as types
    where
        types.activity_type = 'role_change'
        and contacts.object_type = 'contact'
        and changes.field = 'title'
        and (not changes.is_calculated or changes.told_write_path = 'enrichment')
        and {{ compared_text('changes.old_value') }} <> {{ compared_text('changes.new_value') }}
),

deals as (
    select *
    from records
    where object_type = 'opportunity' and is_live
),

roles as (
    select
        deals.crm,
        opportunity_contacts.contact_id,
        deals.record_sk,
        deals.stage_kind,
        deals.is_kind_unknown
    from opportunity_contacts
    inner join deals
        on
            opportunity_contacts.crm = deals.crm
            and opportunity_contacts.opportunity_id = deals.record_id
),

-- The accounts and contacts on an open deal, or on one that may be open.
on_open_deals as (
    {%- for object_type, relation in open_deals.items() %}
        select
            crm,
            '{{ object_type }}' as object_type,
            {{ object_type }}_id as record_id,
            max(case when stage_kind = 'open' then 1 else 0 end) as is_open
        from {{ relation }}
        where {{ object_type }}_id is not null and (stage_kind = 'open' or is_kind_unknown)
        group by crm, {{ object_type }}_id
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

accounts_on_open_deals as (
    select
        crm,
        record_id as account_id,
        is_open
    from on_open_deals
    where object_type = 'account'
),

subjects as (
    select
        records.record_sk,
        records.crm,
        records.object_type,
        records.record_id,
        case when records.object_type = 'opportunity' then records.account_id end as account_id,
        records.closed_at,
        -- Where only the day of the loss is known, what came on that day may have come before it.
        case
            when not records.is_close_exact
                then cast(
                    {{ dbt.dateadd('day', 1, 'cast(records.closed_at as date)') }}
                    as {{ dbt.type_timestamp() }}
                )
        end as next_day_at,
        accounts_on_open_deals.account_id is not null as may_have_open_deal
    from records
    left join accounts_on_open_deals
        on
            records.crm = accounts_on_open_deals.crm
            and records.account_id = accounts_on_open_deals.account_id
    where
        records.is_live
        and (
            records.object_type = 'contact'
            or records.stage_kind = 'lost'
            or records.is_kind_unknown
        )
        and coalesce(accounts_on_open_deals.is_open, 0) = 0
),

-- A signal of a contact is its own; of a deal also one of its account, of the contacts on it, and
-- of the account's contacts.
scopes as (
    select
        record_sk,
        crm,
        object_type,
        record_id
    from subjects

    union

    select
        record_sk,
        crm,
        'account' as object_type,
        account_id as record_id
    from subjects
    where account_id is not null

    union

    select
        subjects.record_sk,
        subjects.crm,
        'contact' as object_type,
        contacts.record_id
    from subjects
    inner join records as contacts
        on subjects.crm = contacts.crm and subjects.account_id = contacts.account_id
    where contacts.object_type = 'contact'

    union

    select
        subjects.record_sk,
        subjects.crm,
        'contact' as object_type,
        roles.contact_id as record_id
    from subjects
    inner join roles
        on subjects.record_sk = roles.record_sk
),

signs as (
    select
        crm,
        activity_id,
        object_type,
        record_id,
        occurred_at,
        signal,
        is_signal
    from activity_links
    where occurred_at >= {{ window_start }} and coalesce(is_signal, true)

    union all

    select
        crm,
        cast(null as {{ dbt.type_string() }}) as activity_id,
        'contact' as object_type,
        contact_id as record_id,
        touched_at as occurred_at,
        'campaign response' as signal,
        true as is_signal
    from campaign_touches
    where touched_at >= {{ window_start }} and has_responded and contact_id is not null

    union all

    select
        crm,
        cast(null as {{ dbt.type_string() }}) as activity_id,
        'contact' as object_type,
        contact_id as record_id,
        changed_at as occurred_at,
        'role change' as signal,
        true as is_signal
    from role_changes
    where changed_at >= {{ window_start }} and is_signal
),

of_deals as (
    select distinct
        crm,
        activity_id
    from signs
    where object_type = 'opportunity'
),

-- An activity may reach a deal over its account and over some contacts; what is no activity is of
-- one contact.
reached as (
    select
        scopes.record_sk,
        scopes.crm,
        signs.activity_id,
        signs.occurred_at,
        signs.signal,
        min(case when signs.object_type = 'contact' then signs.record_id end) as contact_id,
        max(case when signs.is_signal then 1 else 0 end) as is_certain,
        max(case when signs.object_type = 'opportunity' then 1 else 0 end) as is_named,
        max(on_open_deals.is_open) as is_open
    from scopes
    inner join signs
        on
            scopes.crm = signs.crm
            and scopes.object_type = signs.object_type
            and scopes.record_id = signs.record_id
    left join on_open_deals
        on
            signs.crm = on_open_deals.crm
            and signs.object_type = on_open_deals.object_type
            and signs.record_id = on_open_deals.record_id
    group by
        scopes.record_sk,
        scopes.crm,
        signs.activity_id,
        signs.occurred_at,
        signs.signal,
        case when signs.activity_id is null then signs.record_id end
),

final as (
    select
        subjects.record_sk,
        subjects.object_type,
        reached.activity_id,
        reached.signal,
        reached.occurred_at as signal_at,
        reached.contact_id,
        subjects.closed_at,
        case
            when
                reached.is_certain = 1
                and not subjects.may_have_open_deal
                and (reached.is_named = 1 or reached.is_open is null)
                and (
                    subjects.object_type = 'contact'
                    or coalesce(
                        reached.occurred_at >= subjects.next_day_at,
                        reached.occurred_at > subjects.closed_at
                    )
                )
                then true
        end as is_signal
    from subjects
    inner join reached
        on subjects.record_sk = reached.record_sk
    left join of_deals
        on reached.crm = of_deals.crm and reached.activity_id = of_deals.activity_id
    where
        (of_deals.activity_id is null or reached.is_named = 1)
        -- That somebody moved does not mean that he got in touch.
        and (subjects.object_type = 'opportunity' or reached.signal <> 'role change')
        and (reached.is_named = 1 or coalesce(reached.is_open, 0) = 0)
        -- Where it is not known when the deal was lost, any may have come after it.
        and (
            subjects.object_type = 'contact'
            or coalesce(reached.occurred_at > subjects.closed_at, true)
        )
)

select * from final
