-- One row per total of int_pipeline__totals: how far from it what comes may be, with 50, 80 and
-- 90 %: by how far the fits before it were off, where they are enough; else normal, widened where
-- they were off by more than chance.
{%- set place = ['target', 'crm', 'level', 'pipeline', 'segment', 'team', 'currency'] %}
{%- set key = ['target', 'fit_number', 'crm', 'level', 'pipeline', 'segment', 'team', 'currency'] %}
{%- set normal = {50: 0.674490, 80: 1.281552, 90: 1.644854} %}
with totals as (
    select * from {{ ref('int_pipeline__totals') }}
    where status = 'ok'
),

residuals as (
    select
        *,
        abs(cast(actual_amount as {{ type_double() }}) - total_expected) / total_deviation
            as residual
    from totals
    where actual_amount is not null and total_deviation > 0
),

earlier as (
    select
        totals.fit_number,
        {% for column in place %}
            totals.{{ column }},
        {%- endfor %}
        residuals.residual,
        row_number() over (
            partition by totals.fit_number, totals.{{ place | join(', totals.') }}
            order by residuals.residual
        ) as place,
        count(*) over (
            partition by totals.fit_number, totals.{{ place | join(', totals.') }}
        ) as n_residuals
    from totals
    inner join residuals
        on
            {{ same('totals', 'residuals', place) }}
            and residuals.fit_number > totals.fit_number
            and residuals.fit_ends_at <= totals.fitted_at
),

-- Of n residuals the next one is at or below the k-th with a chance of k in n + 1.
summed as (
    select
        {{ key | join(', ') }},
        max(n_residuals) as n_residuals,
        sum(residual * residual) as squares,
        max(residual) as largest
        {%- for share in normal %},
            max(
                case when place <= floor((n_residuals + 1) * {{ share }} / 100.0) then residual end
            ) as lower_{{ share }},
            min(
                case when place > floor((n_residuals + 1) * {{ share }} / 100.0) then residual end
            ) as upper_{{ share }},
            max(
                (n_residuals + 1) * {{ share }} / 100.0
                - floor((n_residuals + 1) * {{ share }} / 100.0)
            ) as part_{{ share }}
        {%- endfor %}
    from earlier
    group by {{ key | join(', ') }}
),

widened as (
    select
        *,
        case
            when squares > n_residuals
                then sqrt(
                    (squares + {{ threshold('forecast__periods') }})
                    / (n_residuals + {{ threshold('forecast__periods') }})
                )
            else 1
        end as widening
    from summed
),

final as (
    select
        totals.*,
        coalesce(widened.n_residuals, 0) as n_residuals,
        case
            when widened.n_residuals >= {{ threshold('forecast__periods') }} then 'residuals'
            else 'normal'
        end as band_basis
        {%- for share, deviations in normal.items() %},
            totals.total_deviation * case
                when widened.n_residuals >= {{ threshold('forecast__periods') }}
                    then
                        coalesce(widened.lower_{{ share }}, widened.upper_{{ share }})
                        + widened.part_{{ share }} * (
                            coalesce(widened.upper_{{ share }}, widened.largest)
                            - coalesce(widened.lower_{{ share }}, widened.upper_{{ share }})
                        )
                else {{ deviations }} * coalesce(widened.widening, 1)
            end as width_{{ share }}
        {%- endfor %}
    from totals
    left join widened on {{ same('totals', 'widened', key) }}
)

select * from final
