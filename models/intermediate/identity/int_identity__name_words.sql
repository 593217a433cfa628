-- One row per record and word of its name by which it can be known again.
with people as (
    select * from {{ ref('int_identity__person_keys') }}
),

accounts as (
    select * from {{ ref('int_identity__account_keys') }}
),

common_words as (
    select * from {{ ref('common_name_words') }}
),

names as (
    select
        record_sk,
        'person' as party,
        first_name as name
    from people
    where first_name is not null

    union all

    select
        record_sk,
        'person' as party,
        last_name as name
    from people
    where last_name is not null

    union all

    select
        record_sk,
        'account' as party,
        company_key as name
    from accounts
    where company_key is not null
),

words as (
    select
        names.record_sk,
        names.party,
        parts.part as word
    from names, {{ split_rows('names.name', ' ') }}

    union

    -- Acme Robotics is AcmeRobotics.
    select
        record_sk,
        party,
        replace(name, ' ', '') as word
    from names
),

final as (
    select
        words.record_sk,
        words.word
    from words
    left join common_words on words.word = common_words.word and words.party = common_words.party
    -- An initial is many people's.
    where
        common_words.word is null
        and words.word <> ''
        and not {{ matches('words.word', '[a-z]') }}
)

select * from final
