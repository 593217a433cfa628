-- One row per review visible at as_of, from the seed and the landed table of that name: what a
-- reviewer said of a record.
{%- set columns = [
    'crm', 'object_type', 'record_id', 'reviewed_at', 'decision', 'for_decision', 'reviewer',
    'role', 'reason',
] %}

with lifecycle_reviews as (
    select * from {{ ref('lifecycle_reviews') }}
),

crm_lifecycle_reviews as (
    select * from {{ ref('stg_crm__lifecycle_reviews') }}
),

reviews as (
    select {{ columns | join(', ') }}
    from lifecycle_reviews

    union all

    select {{ columns | join(', ') }}
    from crm_lifecycle_reviews
),

named as (
    select
        {{ record_key('crm', 'object_type', 'record_id') }} as record_key,
        reviewed_at,
        decision,
        for_decision,
        reviewer,
        lower({{ strip('role') }}) as review_role,
        reason
    from reviews
    where reviewed_at <= {{ as_of() }}
),

final as (
    select
        record_key,
        reviewed_at,
        decision,
        for_decision,
        reviewer,
        review_role as role,
        reason,
        -- Of a rescue and an approval at one instant the rescue counts.
        row_number() over (
            partition by record_key
            order by
                reviewed_at desc,
                case when decision = 'rescue' then 0 else 1 end asc,
                reviewer asc,
                review_role asc nulls last,
                for_decision asc nulls last
        ) = 1 as is_latest
    from named
)

select * from final
