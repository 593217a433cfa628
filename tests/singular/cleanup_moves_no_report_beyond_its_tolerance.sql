-- Before anything is deleted: records say whose delete moves the report.
select
    crm,
    report,
    period,
    part,
    currency,
    value_before,
    value_after,
    variance,
    tolerance,
    tolerance_unit,
    n_records_moved,
    records
from {{ ref('cleanup_impact') }}
where status = 'breach'
