-- One row per live account, contact, lead or deal that nothing is tied to: whether its texts mark a
-- test or spam, and whether the person can be reached. A deal may have an account. No text is
-- carried on.
with unlinked as (
    select
        record_key,
        record_sk
    from {{ ref('int_lifecycle__record_facts') }}
    where
        is_live
        and (
            (is_unlinked and object_type in ('account', 'contact', 'lead'))
            or (object_type = 'opportunity' and n_contacts + n_activities = 0)
        )
),

accounts as (
    select * from {{ ref('stg_crm__accounts') }}
),

opportunities as (
    select * from {{ ref('stg_crm__opportunities') }}
),

junk_patterns as {{ inlined() }} (
    select * from {{ ref('junk_patterns') }}
),

disposable_mail_domains as (
    select * from {{ ref('disposable_mail_domains') }}
),

texts as (
    select
        'account' as object_type,
        record_key,
        lower({{ strip('account_name') }}) as name,
        lower({{ strip('domain') }}) as domain,
        cast(null as {{ dbt.type_string() }}) as email,
        cast(null as {{ dbt.type_string() }}) as company,
        cast(null as {{ dbt.type_string() }}) as phone
    from accounts

    union all

    select
        'opportunity' as object_type,
        record_key,
        lower({{ strip('opportunity_name') }}) as name,
        cast(null as {{ dbt.type_string() }}) as domain,
        cast(null as {{ dbt.type_string() }}) as email,
        cast(null as {{ dbt.type_string() }}) as company,
        cast(null as {{ dbt.type_string() }}) as phone
    from opportunities

    {%- for object_type, company in [
        ('contact', 'cast(null as ' ~ dbt.type_string() ~ ')'), ('lead', 'company'),
    ] %}

        union all

        select
            '{{ object_type }}' as object_type,
            record_key,
            lower({{ strip(
                "coalesce(first_name, '') || ' ' || coalesce(last_name, '')"
            ) }}) as name,
            cast(null as {{ dbt.type_string() }}) as domain,
            email_normalised as email,
            lower({{ strip(company) }}) as company,
            lower({{ strip('phone') }}) as phone
        from {{ ref('stg_crm__' ~ object_type ~ 's') }}
    {%- endfor %}
),

records as (
    select
        unlinked.record_sk,
        texts.object_type,
        texts.name,
        texts.domain,
        {{ blank_to_null('texts.email') }} as email,
        texts.company,
        {{ blank_to_null('texts.phone') }} as phone
    from unlinked
    inner join texts on unlinked.record_key = texts.record_key
),

matched as (
    {%- for field in ['name', 'domain', 'email', 'company'] %}
        select distinct records.record_sk
        from records
        inner join junk_patterns as patterns
            on
                patterns.object_type in ('*', records.object_type)
                and patterns.field = '{{ field }}'
                and records.{{ field }} like '%' || patterns.must_hold || '%'
        where {{ matches_pattern('records.' ~ field, 'patterns.pattern') }}
        {%- if not loop.last %}

            union
        {% endif %}
    {%- endfor %}
),

final as (
    select
        records.record_sk,
        matched.record_sk is not null as is_test_or_spam,
        -- An address is anything that holds one: a slip beside it is no reason to delete.
        records.phone is null
        and records.email is not null
        and (
            disposable.domain is not null
            or records.email not like '%_@_%._%'
        ) as is_unreachable
    from records
    left join matched on records.record_sk = matched.record_sk
    left join disposable_mail_domains as disposable
        on split_part(records.email, '@', 2) = disposable.domain
)

select * from final
