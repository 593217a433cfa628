-- Else int_identity__account_clusters needs more rounds. One row per key that is torn apart.
with clustered as (
    select
        keys.domain_sk,
        keys.name_sk,
        clusters.cluster_sk
    from {{ ref('int_identity__account_keys') }} as keys
    inner join {{ ref('int_identity__account_clusters') }} as clusters
        on keys.record_sk = clusters.record_sk
),

final as (
    {%- for key in ['domain', 'name'] %}
        select
            '{{ key }}' as key_kind,
            {{ key }}_sk as key_sk,
            count(distinct cluster_sk) as n_clusters
        from clustered
        where {{ key }}_sk is not null
        group by {{ key }}_sk
        having count(distinct cluster_sk) > 1
        {%- if not loop.last %}

            union all

        {% endif %}
    {%- endfor %}
)

select * from final
