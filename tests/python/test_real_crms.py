"""Public files of real CRMs, landed as a new user would, against figures computed from the files.

They lie beside the project, not in it; where they do not, there is nothing here to run. Every data
test of the project runs on them.
"""

import json

import pytest
from conftest import SHARED_DATA, Warehouse

MAVEN = SHARED_DATA / "maven_sales"
LOANS = SHARED_DATA / "bpic12_loans"


def built(path, as_of: str, tmp_path_factory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp(path.name) / "crm.duckdb")
    variables = {"crm_sources": ["open"], "open_files": str(path), "as_of": as_of}
    warehouse.build("--exclude-resource-type", "unit_test", variables=variables)
    return warehouse


if MAVEN.is_dir():

    @pytest.fixture(scope="module")
    def maven(tmp_path_factory) -> Warehouse:
        """A seller of hardware: no history but the closing, 500 deals without a creation date."""
        return built(MAVEN, "2018-01-01", tmp_path_factory)

    @pytest.fixture(scope="module")
    def loans(tmp_path_factory) -> Warehouse:
        """A bank's loan applications: no close dates, contacts or next steps."""
        return built(LOANS, "2011-12-15", tmp_path_factory)

    EXPECTED = json.loads((MAVEN / "expected.json").read_text())

    @pytest.mark.parametrize(
        ("report", "grain", "expected"),
        [
            ("booked_revenue", "month", "booked_revenue_month"),
            ("booked_revenue", "quarter", "booked_revenue_quarter"),
            ("booked_deals", "quarter", "booked_deals_quarter"),
            ("win_rate", "quarter", "win_rate_quarter"),
            ("sales_cycle_days", "quarter", "sales_cycle_quarter"),
        ],
    )
    def test_a_report_of_sales_is_as_the_files_tell(maven, report, grain, expected):
        found = maven.sql(
            "select period, value from marts.reporting_snapshots where part = 'all' "
            f"and report = '{report}' and period_grain = '{grain}' and value is not null"
        )
        reported = {period: float(value) for period, value in found}
        for period, value in EXPECTED[expected].items():
            assert reported[period] == pytest.approx(value, rel=1e-6), period

    def test_the_pipeline_of_sales_is_as_the_files_tell(maven):
        open_deals = maven.sql(
            "select stage, sum(n_records) from marts.stage_funnel "
            "where segment = 'all' and stage in ('Engaging') group by stage"
        )
        assert dict(open_deals) == EXPECTED["pipeline_deals"]

    def test_stays_of_sales_are_as_the_files_tell(maven):
        dwell = maven.sql(
            "select n_periods, p10_days, p50_days, p90_days from marts.stage_dwell_percentiles "
            "where segment = 'all' and stage = 'Engaging'"
        )
        assert dwell == [tuple(EXPECTED["dwell_engaging"].values())]
        last_day = maven.sql(
            "select numerator, denominator from marts.process_signals_daily "
            "where signal = 'stage_dwell_anomaly' and segment = 'all' "
            "order by signal_date desc limit 1"
        )
        anomaly = EXPECTED["stage_dwell_anomaly"]
        assert last_day == [(anomaly["numerator"], anomaly["denominator"])]

    def test_deals_of_sales_without_a_creation_date_are_rejected(maven):
        rejected = maven.sql("select count(*) from marts.rejected_rows")
        assert rejected == [(EXPECTED["rejected_without_created_at"],)]

    def test_loans_are_all_staged_and_none_is_decided_on_what_is_not_landed(loans):
        landed = loans.sql(
            "select source_table, n_landed, n_staged from marts.landing_row_counts "
            "where source_table in ('opportunities', 'changes', 'activities') order by all"
        )
        assert len(landed) == 3 and all(n_landed == n_staged for _, n_landed, n_staged in landed)
        harsh = "decision in ('delete', 'anonymize')"
        assert loans.sql(f"select count(*) from marts.lifecycle_decisions where {harsh}") == [(0,)]
