-- One row per CRM, signal and object type with examples: is it one person, many, or machines?
{%- set double = type_double() %}
with examples as (
    select * from {{ ref('int_review__examples') }}
),

records as (
    select
        crm,
        object_type,
        owner_id
    from {{ ref('int_crm__records') }}
    where is_live and owner_id is not null
),

totals as (
    select
        crm,
        signal,
        object_type,
        count(*) as n_records,
        count(case when is_by_machine then 1 end) as n_by_machine,
        count(distinct person_id) as n_people
    from examples
    group by crm, signal, object_type
),

people as (
    select
        crm,
        signal,
        object_type,
        person_id,
        count(*) as n_records,
        row_number() over (
            partition by crm, signal, object_type order by count(*) desc, person_id
        ) as place
    from examples
    where person_id is not null
    group by crm, signal, object_type, person_id
),

owners as (
    select
        crm,
        object_type,
        owner_id,
        count(*) as n_owned
    from records
    group by crm, object_type, owner_id
),

peers as (
    select
        crm,
        object_type,
        count(*) as n_owners,
        sum(n_owned) as n_owned
    from owners
    group by crm, object_type
),

first_people as (
    select *
    from people
    where place = 1
),

measured as (
    select
        totals.crm,
        totals.signal,
        totals.object_type,
        totals.n_records,
        totals.n_by_machine,
        totals.n_people,
        coalesce(peers.n_owners, 0) as n_owners,
        first_people.person_id as top_person_id,
        coalesce(first_people.n_records, 0) as top_person_records,
        cast(coalesce(first_people.n_records, 0) as {{ double }}) / totals.n_records
            as top_person_share,
        -- Who owns most of the records has most of everything.
        coalesce(cast(owners.n_owned as {{ double }}) / peers.n_owned, 0) as top_person_owned_share
    from totals
    left join first_people
        on
            totals.crm = first_people.crm
            and totals.signal = first_people.signal
            and totals.object_type = first_people.object_type
    left join peers
        on totals.crm = peers.crm and totals.object_type = peers.object_type
    left join owners
        on
            first_people.crm = owners.crm
            and first_people.object_type = owners.object_type
            and first_people.person_id = owners.owner_id
),

final as (
    select
        *,
        case
            when n_records < {{ threshold('signal_spread__minimum_records') }}
                then 'insufficient_data'
            when 2 * n_by_machine > n_records then 'machine'
            when n_owners < {{ threshold('signal_spread__people') }} then 'insufficient_data'
            when
                top_person_share
                >= cast({{ threshold('signal_spread__isolated_share') }} as {{ double }})
                and top_person_share
                >= cast({{ threshold('signal_spread__ratio') }} as {{ double }})
                * top_person_owned_share
                then 'isolated'
            when n_people >= {{ threshold('signal_spread__people') }} then 'systemic'
            else 'unclear'
        end as verdict
    from measured
)

select * from final
