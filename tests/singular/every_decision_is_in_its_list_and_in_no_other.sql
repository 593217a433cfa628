{%- set lists = {
    'keep': 'keep_list',
    're_engage': 'reengage_candidates',
    'archive': 'archive_candidates',
    'anonymize': 'anonymize_candidates',
    'delete': 'delete_candidates',
    'quarantine': 'quarantine_queue',
} -%}
with listed as (
    {%- for decision, list in lists.items() %}
        select
            record_key,
            '{{ decision }}' as decision
        from {{ ref(list) }}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

counted as (
    select
        coalesce(decisions.record_key, listed.record_key) as record_key,
        max(decisions.decision) as decision,
        max(listed.decision) as listed_as,
        count(listed.record_key) as n_lists
    from {{ ref('lifecycle_decisions') }} as decisions
    full outer join listed on decisions.record_key = listed.record_key
    group by coalesce(decisions.record_key, listed.record_key)
)

select * from counted
where n_lists <> 1 or (decision is distinct from listed_as)
