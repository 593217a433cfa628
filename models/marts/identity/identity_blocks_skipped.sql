-- One row per block of records that is too large to be compared record by record.
with blocks as (
    select * from {{ ref('int_identity__blocks') }}
),

records as (
    select * from {{ ref('base_crm__records') }}
),

skipped as (
    select
        crm,
        party,
        block_rule,
        block_key,
        n_records,
        min(record_sk) as first_record_sk
    from blocks
    where n_records > {{ threshold('identity__block_size') }}
    group by crm, party, block_rule, block_key, n_records
),

final as (
    select
        skipped.crm,
        skipped.party,
        skipped.block_rule,
        {{ row_hash(['skipped.crm', 'skipped.party', 'skipped.block_rule', 'skipped.block_key']) }}
            as block_key_hash,
        records.record_key as first_record_key,
        skipped.n_records
    from skipped
    inner join records
        on skipped.first_record_sk = records.record_sk
)

select * from final
