"""A real log, through the open landing with most tables absent, against plain Python.

The data lies beside the project, not in it; where it does not, there is nothing here to run.
"""

import json
from collections import defaultdict
from datetime import datetime
from functools import cache

import duckdb
import pytest
from conftest import SHARED_DATA, Warehouse
from plain_signals import Change, Landing, Record, Signals, Stage
from test_signals_properties import COMPARED, MARTS, assert_same

VOLVO = SHARED_DATA / "volvo_incidents"
EXPECTED = VOLVO / "expected_2012-05-10.json"
# The day of which the figures are given, a year earlier, and an hour of the day in between.
AS_OF = [datetime(2012, 5, 10), datetime(2011, 5, 10), datetime(2012, 3, 31, 15, 30)]


def rows(table: str, columns: str) -> list[tuple]:
    return duckdb.sql(f"select {columns} from '{VOLVO}/{table}.parquet'").fetchall()


def log() -> Landing:
    """The log as plain Python sees it."""
    record = "opportunity_id, created_at, stage, owner_id, segment, pipeline"
    change = "record_id, field, changed_at, change_id, sequence, old_value, new_value, changed_by"
    stage = "stage, stage_order, kind, is_milestone, pipeline"
    return Landing(
        records=[Record("opportunity", *row) for row in rows("opportunities", record)],
        changes=[Change("opportunity", *row) for row in rows("changes", change)],
        stages=[Stage("opportunity", *row) for row in rows("stages", stage)],
    )


def plain_periods(as_of: datetime, field: str) -> set[tuple]:
    """The periods of every visible record, computed one record at a time."""
    records = rows("opportunities", f"opportunity_id, created_at, {field}")
    changes = defaultdict(list)
    columns = "field, record_id, changed_at, sequence, change_id, old_value, new_value"
    for name, record, at, sequence, change, old, new in rows("changes", columns):
        if name == field and old != new:
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

    @pytest.fixture(scope="module")
    def judged(tmp_path_factory):
        """The log as of an instant, judged by the models and by plain Python."""

        @cache
        def judge(as_of: datetime) -> tuple[Warehouse, Signals]:
            variables = {"crm_sources": ["open"], "open_files": str(VOLVO), "as_of": str(as_of)}
            warehouse = Warehouse(tmp_path_factory.mktemp("volvo") / "crm.duckdb")
            if as_of == AS_OF[0]:
                warehouse.build("--exclude", "resource_type:unit_test", variables=variables)
            else:
                # Of another day only what is compared here.
                kinds = ["--resource-type", "seed", "--resource-type", "model"]
                models = [f"+{model}" for model in (*MARTS, "int_history__owner_periods")]
                warehouse.build(*kinds, "--select", *models, variables=variables)
            return warehouse, Signals(log(), as_of)

        return judge

    def test_every_figure_expected(judged):
        warehouse, signals = judged(AS_OF[0])
        found = {"as_of": signals.as_of.isoformat()}
        for key, table in (("opportunities", "opportunities"), ("changes", "field_changes")):
            [(found[key],)] = warehouse.sql(f"select count(*) from staging.stg_crm__{table}")
        for signal, evidence, records, returns in warehouse.sql("""
            select
                signal, count(*), count(distinct record_id), count(*) filter (where kind = 'return')
            from marts.process_signal_evidence group by signal
        """):
            found[signal] = {"evidence": evidence, "records": records}
            if signal == "owner_ping_pong":
                found[signal]["returns"] = returns
        for signal, status, numerator, denominator in warehouse.sql("""
            select signal, status, numerator, denominator from marts.process_signals_daily
            where segment = 'all' and signal_date = '2012-05-10'
        """):
            if signal in ("multi_stage_jump", "owner_ping_pong"):
                rate = {"numerator": numerator, "denominator": denominator}
                found[signal]["rate_28d"] = rate
            if status == "not_landed":
                found.setdefault(signal)
        found["late_edit_stage"] = found["late_edit"]
        [(records, loops)] = warehouse.sql("""
            select count(*), count(*) filter (where n_occurrences >= 2)
            from marts.dirty_records where archetype = 'stage_regression'
        """)
        found["stage_regression"] = {"records": records, "loops": loops}
        found["stage_dwell_percentiles"] = {
            f"{stage}|{None if segment == 'all' else segment}": {
                "n": n, "p10": round(p10, 9), "p50": round(p50, 9), "p90": round(p90, 9)
            }
            for stage, segment, n, p10, p50, p90 in warehouse.sql("""
                select stage, segment, n_periods, p10_days, p50_days, p90_days
                from marts.stage_dwell_percentiles where n_periods >= 20
            """)
        }  # fmt: skip
        expected = json.loads(EXPECTED.read_text())
        for row in expected["stage_dwell_percentiles"].values():
            row |= {key: round(row[key], 9) for key in ("p10", "p50", "p90")}
        assert {key: found.get(key, "nothing") for key in expected} == expected

    @pytest.mark.parametrize(("found", "plain"), COMPARED)
    @pytest.mark.parametrize("as_of", AS_OF, ids=str)
    def test_the_models_say_what_plain_python_says(judged, as_of, found, plain):
        warehouse, signals = judged(as_of)
        assert_same(found(warehouse), plain(signals))

    @pytest.mark.parametrize(
        ("model", "field"),
        [("int_history__stage_periods", "stage"), ("int_history__owner_periods", "owner_id")],
    )
    @pytest.mark.parametrize("as_of", AS_OF, ids=str)
    def test_periods_equal_plain_python(judged, as_of, model, field):
        warehouse, _ = judged(as_of)
        found = warehouse.sql(
            f"select record_id, period_number, {field}, started_at, ended_at "
            f"from intermediate.{model}"
        )
        assert_same(found, plain_periods(as_of, field))

    def test_what_is_absent_is_said(judged):
        warehouse, _ = judged(AS_OF[0])
        landed = warehouse.sql(
            "select distinct source_table from marts.landing_coverage "
            "where is_table_landed order by all"
        )
        assert landed == [("changes",), ("opportunities",), ("stages",), ("users",)]
        [(silent,)] = warehouse.sql(
            "select count(*) from marts.landing_coverage where not is_landed and needed_by is null"
        )
        assert silent == 0
        not_landed = warehouse.sql(
            "select distinct signal from marts.process_signals_daily "
            "where status = 'not_landed' order by all"
        )
        assert not_landed == [("commit_close_date_churn",), ("sla_rush_update",)]
