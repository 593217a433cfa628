"""A real log, through the open landing with most tables absent, against plain Python.

The data lies beside the project, not in it; where it does not, there is nothing here to run.
"""

import json
from collections import defaultdict
from datetime import datetime

import duckdb
import pytest
from conftest import SHARED_DATA, Warehouse

VOLVO = SHARED_DATA / "volvo_incidents"


def plain_periods(as_of: datetime, field: str, current: str) -> set[tuple]:
    """The periods of every visible record, computed one record at a time."""
    records = duckdb.sql(
        f"select opportunity_id, created_at, {current} from '{VOLVO}/opportunities.parquet'"
    ).fetchall()
    changes = defaultdict(list)
    for record, at, sequence, change, old, new in duckdb.sql(
        "select record_id, changed_at, sequence, change_id, old_value, new_value "
        f"from '{VOLVO}/changes.parquet' where field = '{field}'"
    ).fetchall():
        if old != new:
            changes[record].append((at, sequence, change, old, new))
    periods = set()
    for record, created_at, value_now in records:
        if created_at > as_of:
            continue
        history = sorted(changes[record])
        visible = [change for change in history if change[0] <= as_of]
        value = history[0][3] if history else value_now
        start = min([created_at] + [change[0] for change in visible[:1]])
        for number, (at, _, _, _, new) in enumerate(visible, 1):
            periods.add((record, number, value, start, at))
            value, start = new, at
        periods.add((record, len(visible) + 1, value, start, None))
    return periods


if VOLVO.is_dir():

    @pytest.fixture(scope="module", params=["2012-05-10", "2011-05-10"])
    def built(request, tmp_path_factory):
        """The log, built as of a day."""
        warehouse = Warehouse(tmp_path_factory.mktemp("volvo") / "crm.duckdb")
        warehouse.build(
            "--exclude",
            "resource_type:unit_test",
            variables={"crm_sources": ["open"], "open_files": str(VOLVO), "as_of": request.param},
        )
        return warehouse, datetime.fromisoformat(request.param)

    def test_opportunities_and_effective_changes_are_those_expected(built):
        warehouse, as_of = built
        found = {
            "opportunities": warehouse.sql("select count(*) from staging.stg_crm__opportunities")[
                0
            ][0],
            "changes": warehouse.sql("select count(*) from staging.stg_crm__field_changes")[0][0],
        }
        expected = VOLVO / f"expected_{as_of:%Y-%m-%d}.json"
        if expected.exists():
            assert found == {key: json.loads(expected.read_text())[key] for key in found}
        else:
            [(opportunities,)] = duckdb.sql(
                f"select count(*) from '{VOLVO}/opportunities.parquet' "
                f"where created_at <= '{as_of}'"
            ).fetchall()
            [(changes,)] = duckdb.sql(
                f"select count(*) from '{VOLVO}/changes.parquet' "
                f"where changed_at <= '{as_of}' and old_value is distinct from new_value"
            ).fetchall()
            assert found == {"opportunities": opportunities, "changes": changes}

    @pytest.mark.parametrize(
        ("model", "field", "value", "current"),
        [
            ("int_history__stage_periods", "stage", "stage", "stage"),
            ("int_history__owner_periods", "owner_id", "owner_id", "owner_id"),
        ],
    )
    def test_periods_equal_plain_python(built, model, field, value, current):
        warehouse, as_of = built
        found = warehouse.sql(
            f"select record_id, period_number, {value}, started_at, ended_at "
            f"from intermediate.{model}"
        )
        assert len(found) == len(set(found))
        assert set(found) == plain_periods(as_of, field, current)
        [(changes, records)] = warehouse.sql(
            "select (select count(*) from staging.stg_crm__field_changes "
            "inner join staging.stg_crm__opportunities using (record_key) "
            f"where field = '{field}'), (select count(*) from staging.stg_crm__opportunities)"
        )
        assert len(found) == changes + records

    def test_what_is_absent_is_said(built):
        warehouse, _ = built
        landed = warehouse.sql(
            "select distinct source_table from marts.landing_coverage "
            "where is_table_landed order by all"
        )
        assert landed == [("changes",), ("opportunities",), ("stages",), ("users",)]
        [(silent,)] = warehouse.sql(
            "select count(*) from marts.landing_coverage where not is_landed and needed_by is null"
        )
        assert silent == 0
