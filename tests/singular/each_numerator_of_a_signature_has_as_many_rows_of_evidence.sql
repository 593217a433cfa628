with counted as (
    select
        signatures.crm,
        signatures.signature,
        signatures.object_type,
        coalesce(signatures.numerator, 0) as numerator,
        coalesce(signatures.previous_numerator, 0) as previous_numerator,
        count(case when evidence.signature_window = 'current' then 1 end) as n_current,
        count(case when evidence.signature_window = 'previous' then 1 end) as n_previous
    from {{ ref('failure_signatures') }} as signatures
    left join {{ ref('failure_signature_evidence') }} as evidence
        on
            signatures.crm = evidence.crm
            and signatures.signature = evidence.signature
            and signatures.object_type = evidence.object_type
    group by
        signatures.crm,
        signatures.signature,
        signatures.object_type,
        signatures.numerator,
        signatures.previous_numerator
)

select * from counted
where numerator <> n_current or previous_numerator <> n_previous
