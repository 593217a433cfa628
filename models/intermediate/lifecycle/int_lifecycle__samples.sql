-- One row per record that a reviewer of its list should look at: a sample of each decision, CRM,
-- object type and segment, with every rule in it.
{%- set group = 'decision, crm, object_type, segment' %}

with decisions as (
    select
        record_key,
        {{ group }},
        rule_id,
        {{ dbt.hash('record_key') }} as shuffled
    from {{ ref('int_lifecycle__decisions') }}
),

counted as (
    select
        {{ group }},
        rule_id,
        count(*) as n_of_rule
    from decisions
    group by {{ group }}, rule_id
),

sizes as (
    select
        {{ group }},
        rule_id,
        n_of_rule,
        least(
            {{ threshold('review_sample__maximum') }},
            greatest(
                {{ threshold('review_sample__minimum') }},
                ceiling(
                    sum(n_of_rule) over (partition by {{ group }})
                    * {{ threshold('review_sample__share') }}
                )
            )
        ) as sample_size
    from counted
),

ranked as (
    select
        *,
        row_number() over (partition by {{ group }}, rule_id order by shuffled) as place_in_rule
    from decisions
),

-- Each rule's records take turns as seats go to parties in proportion to their votes: the first of
-- each rule before all others, then by the quotients of rank less a half and size. The hash alone
-- orders the records of a rule, so that a record that stays in a list stays in its sample.
drawn as (
    select
        ranked.record_key,
        sizes.sample_size,
        row_number() over (
            partition by ranked.decision, ranked.crm, ranked.object_type, ranked.segment
            order by
                case when ranked.place_in_rule = 1 then 0 else 1 end,
                case when ranked.place_in_rule = 1 then -sizes.n_of_rule end,
                (ranked.place_in_rule - 0.5) / sizes.n_of_rule,
                ranked.shuffled
        ) as place
    from ranked
    inner join sizes
        on
            ranked.decision = sizes.decision
            and ranked.crm = sizes.crm
            and ranked.object_type = sizes.object_type
            and (ranked.segment is not distinct from sizes.segment)
            and ranked.rule_id = sizes.rule_id
            -- No rule can have more than the whole sample.
            and ranked.place_in_rule <= sizes.sample_size
),

final as (
    select record_key
    from drawn
    where place <= sample_size
)

select * from final
