-- One row per CRM and key field of the policy: its three first writers and two first write paths
-- (where only the channel is known, that), and whether all of them are known.
{%- set double = type_double() %}
with field_writers as (
    select * from {{ ref('int_root_cause__field_writers') }}
),

key_fields as (
    select * from {{ ref('key_fields') }}
),

inputs as (
    select * from {{ ref('int_crm__inputs') }}
),

crms as (
    select crm from {{ text_rows(['crm'], crm_sources()) }}
),

counted as (
    {%- for kind, who in [
        ('writer', 'coalesce(automation_id, changed_by)'),
        ('path', 'coalesce(write_path, channel)'),
    ] %}
        select
            '{{ kind }}' as kind,
            crm,
            object_type,
            field,
            {{ who }} as who,
            sum(n_changes) as n_changes
        from field_writers
        group by crm, object_type, field, {{ who }}
        {%- if not loop.last %}

            union all

        {% endif %}
    {%- endfor %}
),

-- Those that are not known are one among the others.
placed as (
    select
        *,
        cast(n_changes as {{ double }})
        / sum(n_changes) over (partition by kind, crm, object_type, field) as share,
        row_number() over (
            partition by kind, crm, object_type, field
            order by n_changes desc, who asc nulls last
        ) as place
    from counted
),

pivoted as (
    select
        crm,
        object_type,
        field,
        sum(case when kind = 'writer' then n_changes else 0 end) as n_changes,
        count(case when kind = 'writer' and who is not null then 1 end) as n_writers,
        {%- for kind, places in [('writer', [1, 2, 3]), ('path', [1, 2])] %}
            {%- for place in places %}
                max(case when kind = '{{ kind }}' and place = {{ place }} then who end)
                    as {{ kind }}_{{ place }},
                max(case when kind = '{{ kind }}' and place = {{ place }} then share end)
                    as {{ kind }}_{{ place }}_share,
            {%- endfor %}
            count(
                case
                    when kind = '{{ kind }}' and place <= {{ places | last }} and who is null
                        then 1
                end
            ) as n_unknown_{{ kind }}s,
            sum(
                case
                    when kind = '{{ kind }}' and place <= {{ places | last }} and who is not null
                        then share
                    else 0
                end
            ) as {{ kind }}s_share{% if not loop.last %},{% endif %}
        {%- endfor %}
    from placed
    group by crm, object_type, field
),

final as (
    select
        crms.crm,
        key_fields.object_type,
        key_fields.field,
        key_fields.is_money_field,
        key_fields.decision,
        case when inputs.crm is not null then coalesce(pivoted.n_changes, 0) end as n_changes,
        case when inputs.crm is not null then coalesce(pivoted.n_writers, 0) end as n_writers,
        pivoted.writer_1,
        pivoted.writer_1_share,
        pivoted.writer_2,
        pivoted.writer_2_share,
        pivoted.writer_3,
        pivoted.writer_3_share,
        pivoted.path_1,
        pivoted.path_1_share,
        pivoted.path_2,
        pivoted.path_2_share,
        pivoted.writers_share,
        pivoted.paths_share,
        case
            when inputs.crm is null then 'not_landed'
            when pivoted.crm is null then 'no_changes'
            when pivoted.n_unknown_writers + pivoted.n_unknown_paths > 0 then 'fail'
            else 'pass'
        end as status
    from key_fields
    cross join crms
    left join inputs
        on
            crms.crm = inputs.crm
            and key_fields.object_type = inputs.object_type
            and 'history:' || key_fields.field = inputs.input
    left join pivoted
        on
            crms.crm = pivoted.crm
            and key_fields.object_type = pivoted.object_type
            and key_fields.field = pivoted.field
)

select * from final
