-- One row per record of a pair: which records pairs connect, directly or over others.
{#- Each round reaches three times as far: the lowest label of the neighbours, then of all that
    have the same label, then the label of the record that the label names. Windows only, each step
    reading the one before once: engines that do not keep a CTE would compute it anew for each
    reference. That the rounds suffice is tested (every_pair_is_within_one_cluster). -#}
{%- set rounds = 6 -%}
{%- set graphs = {'any': 'true', 'sure': 'is_deterministic'} %}

with {% for graph, condition in graphs.items() -%}
    -- A pair's first record stands for a group that all who are paired with it belong to.
    {{ graph }}_0 as (
        select
            record_sk_b as record_sk,
            record_sk_a as group_sk,
            record_sk_b as label
        from {{ ref('int_identity__pairs') }}
        where {{ condition }}

        union

        select
            record_sk_a as record_sk,
            record_sk_a as group_sk,
            record_sk_a as label
        from {{ ref('int_identity__pairs') }}
        where {{ condition }}
    ),

    {% for round in range(1, rounds + 1) %}
        {{ graph }}_{{ round }}_groups as (
            select
                record_sk,
                group_sk,
                label as last_label,
                min(label) over (partition by group_sk) as label
            from {{ graph }}_{{ round - 1 }}
        ),

        {{ graph }}_{{ round }}_records as (
            select
                record_sk,
                group_sk,
                last_label,
                min(label) over (partition by record_sk) as label
            from {{ graph }}_{{ round }}_groups
        ),

        {{ graph }}_{{ round }}_labels as (
            select
                record_sk,
                group_sk,
                min(label) over (partition by last_label) as label
            from {{ graph }}_{{ round }}_records
        ),

        -- Each row asks for the label of the record that its label names, and tells its own.
        {{ graph }}_{{ round }}_told as (
            select
                labels.record_sk,
                labels.group_sk,
                literal_rows.is_asking,
                min(case when not literal_rows.is_asking then labels.label end) over (
                    partition by
                        case
                            when literal_rows.is_asking then labels.label else labels.record_sk
                        end
                ) as label
            from {{ graph }}_{{ round }}_labels as labels
            cross join {{ literal_rows(['is_asking'], [['true'], ['false']]) }}
        ),

        {{ graph }}_{{ round }} as {{ materialized() }} (
            select
                record_sk,
                group_sk,
                label
            from {{ graph }}_{{ round }}_told
            where is_asking
        ),

    {% endfor -%}
{% endfor -%}

connected as (
    {%- for graph in graphs %}
        select
            record_sk,
            {{ 'label' if graph == 'any' else 'cast(null as ' ~ dbt.type_bigint() ~ ')' }}
                as cluster_sk,
            {{ 'label' if graph == 'sure' else 'cast(null as ' ~ dbt.type_bigint() ~ ')' }}
                as deterministic_sk
        from {{ graph }}_{{ rounds }}
        {%- if not loop.last %}

            union all

        {% endif %}
    {%- endfor %}
),

final as (
    select
        record_sk,
        min(cluster_sk) as cluster_sk,
        -- A record without any key of another's is a component of its own.
        coalesce(min(deterministic_sk), record_sk) as deterministic_sk
    from connected
    group by record_sk
)

select * from final
