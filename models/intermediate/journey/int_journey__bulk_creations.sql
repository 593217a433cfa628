-- One row per record that one creator made among too many within an hour: a list that was loaded.
with creations as (
    select
        record_sk,
        created_at,
        created_by
    from {{ ref('stg_crm__creations') }}
),

records as (
    select
        record_sk,
        crm
    from {{ ref('int_crm__records') }}
),

numbered as (
    select
        creations.record_sk,
        creations.created_at,
        creations.created_by,
        records.crm,
        row_number() over (
            partition by records.crm, creations.created_by
            order by creations.created_at, creations.record_sk
        ) as place
    from creations
    inner join records on creations.record_sk = records.record_sk
    where creations.created_by is not null
),

-- The record that is one too many, counted from each.
reaching as (
    select
        record_sk,
        created_at,
        created_by,
        crm,
        place,
        place + cast({{ threshold('bulk_import__records') }} as integer) as place_too_many
    from numbered
),

spanned as (
    select
        reaching.record_sk,
        reaching.created_at,
        max(
            case
                when
                    too_many.created_at
                    <= {{ later('reaching.created_at', 60, threshold('bulk_import__minutes')) }}
                    then too_many.created_at
            end
        ) over (
            partition by reaching.crm, reaching.created_by
            order by reaching.place
            rows between unbounded preceding and current row
        ) as loaded_until
    from reaching
    left join numbered as too_many
        on
            reaching.crm = too_many.crm
            and reaching.created_by = too_many.created_by
            and reaching.place_too_many = too_many.place
),

final as (
    select record_sk
    from spanned
    where loaded_until >= created_at
)

select * from final
