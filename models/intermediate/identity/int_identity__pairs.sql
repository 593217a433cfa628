-- One row per two records and rule by which they are taken for one.
{%- set number = 'decimal(9, 6)' -%}
{#- Each with whether the key holds the name already. -#}
{%- set deterministic_rules = [
    ('email', 'person_keys', 'email_key', false),
    ('phone_and_family_name', 'person_keys', 'phone_name_key', true),
    ('domain', 'account_keys', 'domain_key', false),
    ('name_and_country', 'account_keys', 'name_key', true),
] -%}
{%- set name_of
    = {'account_keys': 'company_key', 'person_keys': 'coalesce(last_name, first_name)'} -%}
{%- set address_parts = ['street', 'city', 'postal_code'] %}

with person_keys as (
    select * from {{ ref('int_identity__person_keys') }}
),

account_keys as (
    select * from {{ ref('int_identity__account_keys') }}
),

blocks as (
    select * from {{ ref('int_identity__blocks') }}
),

name_words as (
    select * from {{ ref('int_identity__name_words') }}
),

keyed as (
    {%- for rule, keys, key, is_of_names in deterministic_rules %}
        select
            '{{ rule }}' as match_rule,
            record_sk,
            crm,
            {{ key }} as match_key,
            {{ is_of_names | lower }} as is_of_names,
            {{ name_of[keys] }} is not null as is_named
        from {{ keys }}
        where
            {{ key }} is not null
            -- A branch or subsidiary may have all that its parent has, and is another company.
            {%- if keys == 'account_keys' %}
                and not is_branch
            {%- endif %}
        {%- if not loop.last %}

            union all

        {% endif %}
    {%- endfor %}
),

-- One without a name joins the key's first that has one, and ties no two others.
centred as (
    select
        match_rule,
        record_sk,
        is_of_names or not is_named as is_sure,
        coalesce(
            min(case when is_named then record_sk end)
                over (partition by match_key, match_rule, crm),
            min(record_sk) over (partition by match_key, match_rule, crm)
        ) as first_sk
    from keyed
),

known_again as (
    select
        keyed.match_rule,
        keyed.record_sk,
        min(keyed.record_sk)
            over (partition by keyed.match_key, name_words.word, keyed.match_rule, keyed.crm)
            as first_sk
    from keyed
    inner join name_words on keyed.record_sk = name_words.record_sk
    where not keyed.is_of_names
),

-- An equal key is a likely sign, and a certain one where the names have something in common.
tied as (
    select
        match_rule,
        record_sk,
        first_sk,
        is_sure
    from centred

    union all

    select
        match_rule,
        record_sk,
        first_sk,
        true as is_sure
    from known_again
),

-- A company has one name; it stands where a person has the family name.
names as (
    select
        record_sk,
        first_name,
        last_name,
        {{ address_parts | join(',\n        ') }}
    from person_keys

    union all

    select
        record_sk,
        cast(null as {{ dbt.type_string() }}) as first_name,
        company_key as last_name,
        {{ address_parts | join(',\n        ') }}
    from account_keys
    where not is_branch
),

members as (
    select
        blocks.record_sk,
        blocks.crm,
        blocks.party,
        blocks.block_rule,
        blocks.block_key,
        names.first_name,
        names.last_name
    from blocks
    inner join names on blocks.record_sk = names.record_sk
    where blocks.n_records <= {{ threshold('identity__block_size') }}
),

compared as (
    select
        a.record_sk as record_sk_a,
        b.record_sk as record_sk_b,
        a.party,
        a.block_rule,
        (a.last_name is distinct from b.last_name) as has_other_last_name,
        {{ jaro_winkler('a.first_name', 'b.first_name') }} as first_to_first,
        {{ jaro_winkler('a.last_name', 'b.last_name') }} as last_to_last,
        {{ jaro_winkler('a.first_name', 'b.last_name') }} as first_to_last,
        {{ jaro_winkler('a.last_name', 'b.first_name') }} as last_to_first
    from members as a
    inner join members as b
        on
            a.block_key = b.block_key
            and a.block_rule = b.block_rule
            and a.party = b.party
            and a.crm = b.crm
            and a.record_sk < b.record_sk
),

-- Given and family name may have changed places. Where one has a single name (companies have),
-- that is compared with either of the other's.
scored as (
    select
        record_sk_a,
        record_sk_b,
        party,
        block_rule,
        has_other_last_name,
        case
            when first_to_first + last_to_last + first_to_last + last_to_first is not null
                then greatest(
                    first_to_first + last_to_last, first_to_last + last_to_first
                ) / 2
            else greatest(
                coalesce(first_to_first, 0),
                coalesce(last_to_last, 0),
                coalesce(first_to_last, 0),
                coalesce(last_to_first, 0)
            )
        end as mean_similarity,
        case
            when party = 'account' then last_to_last
            when first_to_first + last_to_last + first_to_last + last_to_first is not null
                then greatest(
                    least(first_to_first, last_to_last), least(first_to_last, last_to_first)
                )
        end as least_similarity
    from compared
),

resembling as (
    select
        record_sk_a,
        party,
        record_sk_b,
        case
            when block_rule = 'phone' then 'phone_and_name'
            when block_rule in ('company', 'company_host') then 'person_and_company'
            else 'name_and_address'
        end as match_rule,
        mean_similarity,
        cast(least_similarity as {{ number }}) as least_similarity
    from scored
    where
        (
            block_rule = 'phone'
            -- The same family name is a key already.
            and (party = 'account' or has_other_last_name)
            and cast(least_similarity as {{ number }}) >= {{ threshold('identity__phone_name') }}
        )
        or (
            block_rule in ('company', 'company_host')
            and cast(least_similarity as {{ number }})
            >= {{ threshold('identity__person_company') }}
        )
        -- Less can no address make up for.
        or (
            block_rule not in ('phone', 'company', 'company_host')
            and cast((mean_similarity + 1) / 2 as {{ number }})
            >= {{ threshold('identity__name_address') }}
        )
),

-- People who are spelled alike, and of whose names none is the same, are two. An address that is
-- alike as well says more than a name: without it 1 in 50 true pairs of the Febrl sets is lost.
namesakes as (
    select distinct
        resembling.record_sk_a,
        resembling.record_sk_b
    from resembling
    inner join name_words as a on resembling.record_sk_a = a.record_sk
    inner join name_words as b on resembling.record_sk_b = b.record_sk and a.word = b.word
),

found_alike as (
    select resembling.*
    from resembling
    left join namesakes
        on
            resembling.record_sk_a = namesakes.record_sk_a
            and resembling.record_sk_b = namesakes.record_sk_b
    where
        resembling.party = 'account'
        or resembling.match_rule = 'name_and_address'
        or namesakes.record_sk_a is not null
),

-- Two companies in one building may differ in the one word that matters.
worded as (
    select
        found_alike.*,
        {%- for n in range(1, 9) %}
            {%- set words = ["split_part(a.last_name, ' ', " ~ n ~ ")",
                "split_part(b.last_name, ' ', " ~ n ~ ")"] %}
            case
                when found_alike.party <> 'account' then 1
                -- One of the two has a word more.
                when {{ words[0] }} = '' or {{ words[1] }} = '' then 1
                when {{ words[0] }} = {{ words[1] }} then 1
                else {{ jaro_winkler(words[0], words[1]) }}
            end as word_{{ n }}
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from found_alike
    inner join names as a on found_alike.record_sk_a = a.record_sk
    inner join names as b on found_alike.record_sk_b = b.record_sk
),

alike as (
    select
        record_sk_a,
        record_sk_b,
        match_rule,
        mean_similarity,
        least_similarity
    from worded
    where
        cast(
            least(
                {%- for n in range(1, 9) %}
                    word_{{ n }}
                    {%- if not loop.last %},{% endif %}
                {%- endfor %}
            ) as {{ number }}
        ) >= {{ threshold('identity__company_word') }}
),

addressed as (
    select
        alike.record_sk_a,
        alike.record_sk_b,
        cast(
            (
                alike.mean_similarity
                + (
                    {%- for part in address_parts %}
                        coalesce({{ jaro_winkler('a.' ~ part, 'b.' ~ part) }}, 0)
                        {%- if not loop.last %} +{% endif %}
                    {%- endfor %}
                ) / (
                    {%- for part in address_parts %}
                        case when a.{{ part }} is null or b.{{ part }} is null then 0 else 1 end
                        {%- if not loop.last %} +{% endif %}
                    {%- endfor %}
                )
            ) / 2 as {{ number }}
        ) as score
    from alike
    inner join names as a on alike.record_sk_a = a.record_sk
    inner join names as b on alike.record_sk_b = b.record_sk
    where alike.match_rule = 'name_and_address'
),

fuzzy as (
    select
        record_sk_a,
        record_sk_b,
        match_rule,
        least_similarity as score
    from alike
    where match_rule <> 'name_and_address'

    union all

    select
        record_sk_a,
        record_sk_b,
        'name_and_address' as match_rule,
        score
    from addressed
    where score >= {{ threshold('identity__name_address') }}
),

-- What is alike is at most likely, and less so where each has an address of its own.
weighed as (
    select
        fuzzy.record_sk_a,
        fuzzy.record_sk_b,
        fuzzy.match_rule,
        least(
            fuzzy.score,
            cast(
                case
                    when a.email_key <> b.email_key
                        then {{ threshold('identity__other_email_score') }}
                    else {{ threshold('identity__likely_score') }}
                end as {{ number }}
            )
        ) as score
    from fuzzy
    left join person_keys as a on fuzzy.record_sk_a = a.record_sk
    left join person_keys as b on fuzzy.record_sk_b = b.record_sk
),

final as (
    -- Each record of a key is tied to the key's first, not to every other.
    select
        least(first_sk, record_sk) as record_sk_a,
        greatest(first_sk, record_sk) as record_sk_b,
        match_rule,
        cast(
            max(case when is_sure then 1 else {{ threshold('identity__likely_score') }} end)
            as {{ number }}
        ) as score,
        max(case when is_sure then 1 else 0 end) = 1 as is_deterministic
    from tied
    where record_sk <> first_sk
    group by least(first_sk, record_sk), greatest(first_sk, record_sk), match_rule

    union all

    select
        record_sk_a,
        record_sk_b,
        match_rule,
        max(score) as score,
        false as is_deterministic
    from weighed
    group by record_sk_a, record_sk_b, match_rule
)

select * from final
