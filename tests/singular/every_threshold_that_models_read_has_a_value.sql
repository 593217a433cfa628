-- threshold() is a scalar subquery: where it finds no value it gives NULL, and every comparison
-- with that is silently false. One row here per id that a model reads.
with read_by_models as (
    select
        'first_value_seconds' as threshold_id,
        {{ threshold('first_value_seconds') }} as threshold_value
)

select * from read_by_models
where threshold_value is null
