"""Of several landed rows of one record the latest counts: by the loader's stamp, then the system's
stamp, then the record's own modification."""

import pytest

CREATED, DAYS = "2025-01-10 09:00:00", [f"2025-06-0{day} 08:00:00" for day in range(1, 5)]
# Deleting and restoring stamp system_modstamp only.
ROWS = {
    "restored": [(True, DAYS[0], DAYS[1], DAYS[1]), (False, DAYS[0], DAYS[2], DAYS[2])],
    "deleted": [(False, DAYS[0], DAYS[0], DAYS[1]), (True, DAYS[0], DAYS[1], DAYS[2])],
    "late_by_its_loader": [(True, DAYS[1], DAYS[1], DAYS[0]), (False, DAYS[0], DAYS[0], DAYS[2])],
}
LIVE_BY = {
    "_fivetran_synced": {"restored": True, "deleted": False, "late_by_its_loader": True},
    "_airbyte_extracted_at": {"restored": True, "deleted": False, "late_by_its_loader": True},
    "_sdc_batched_at": {"restored": True, "deleted": False, "late_by_its_loader": True},
    # Without a loader's stamp the system's tells.
    None: {"restored": True, "deleted": False, "late_by_its_loader": False},
}


@pytest.mark.parametrize("stamp", LIVE_BY)
def test_the_latest_row_of_a_record_is_staged(warehouse, stamp):
    columns = {"id": "varchar", "is_deleted": "boolean", "created_date": "timestamp"}
    columns |= {"last_modified_date": "timestamp", "system_modstamp": "timestamp"}
    columns |= {stamp: "varchar"} if stamp else {}
    rows = [
        (record, is_deleted, CREATED, modified, stamped, *([loaded] if stamp else []))
        for record, versions in ROWS.items()
        for is_deleted, modified, stamped, loaded in versions
    ]
    warehouse.land("salesforce", "opportunity", columns, rows)
    ran = warehouse.dbt(
        "build",
        "--select",
        "placeholder_dates",
        "base_salesforce__opportunity",
        variables={"crm_sources": ["salesforce"]},
    )
    assert ran.success, ran.exception
    found = warehouse.sql(
        "select id, not is_deleted from staging.base_salesforce__opportunity"
        " where landing_status = 'staged'"
    )
    assert dict(found) == LIVE_BY[stamp]
    assert len(found) == len(ROWS)
