-- One row per two records and rule by which they are taken for one.
{%- set number = 'decimal(9, 6)' -%}
{%- set deterministic_rules = [
    ('email', 'int_identity__person_keys', 'email_key'),
    ('phone_and_family_name', 'int_identity__person_keys', 'phone_name_key'),
    ('domain', 'int_identity__account_keys', 'domain_key'),
    ('name_and_country', 'int_identity__account_keys', 'name_key'),
] -%}
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

keyed as (
    {%- for rule, keys, key in deterministic_rules %}
        select
            '{{ rule }}' as match_rule,
            record_sk,
            min(record_sk) over (partition by {{ key }}, crm) as first_sk
        from {{ ref(keys) }}
        where
            {{ key }} is not null
            -- A branch or subsidiary may have all that its parent has, and is another company.
            {%- if keys == 'int_identity__account_keys' %}
                and not is_branch
            {%- endif %}
        {%- if not loop.last %}

            union all

        {% endif %}
    {%- endfor %}
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

found_alike as (
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

final as (
    -- Each record of a key is tied to the key's first, not to every other.
    select
        first_sk as record_sk_a,
        record_sk as record_sk_b,
        match_rule,
        cast(1 as {{ number }}) as score,
        true as is_deterministic
    from keyed
    where record_sk > first_sk

    union all

    select
        record_sk_a,
        record_sk_b,
        match_rule,
        max(score) as score,
        false as is_deterministic
    from fuzzy
    group by record_sk_a, record_sk_b, match_rule
)

select * from final
