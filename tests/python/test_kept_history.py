"""What cannot be computed again stays, whatever a run is given: --full-refresh, an earlier as_of,
one in the future, a column renamed. Its backup is tested in test_publishing.py.
"""

import re

import pytest
from conftest import parsed_project

from crm_hygiene.build import kept_tables
from crm_hygiene.dbt import Dbt, reason

DAILY = {
    "data_health_daily": "metric_date",
    "data_health_grades": "metric_date",
    "process_signals_daily": "signal_date",
    "team_figures": "figure_date",
}
LOGGED = (
    "lifecycle_decision_log",
    "reporting_snapshots",
    "reporting_snapshot_records",
    "suppression_register",
)
KEPT = (*DAILY, *LOGGED)
FUTURE = "2062-09-30 22:00:00"
DAY_LATER = "2026-10-01 22:00:00"

# The columns of each, in the order in which they came. Only ever add one: rows of before would lose
# what they hold in a column that is renamed or dropped.
COLUMNS = {
    "data_health_daily": "crm metric object_type segment metric_date numerator denominator value"
    " median_value unit direction target alert_at status missing_inputs as_of",
    "data_health_grades": "crm object_type metric_date n_live_records n_without_finding clean_share"
    " change_in_a_week grade n_worst_critical n_worst_high n_worst_medium n_worst_low as_of"
    " not_judged",
    "process_signals_daily": "crm signal object_type segment signal_date numerator denominator rate"
    " baseline_rate watch_at alert_at status as_of",
    "team_figures": "crm team figure object_type segment figure_date numerator denominator value"
    " median_hours unit direction target alert_at status missing_inputs as_of",
    "lifecycle_decision_log": "log_id record_key crm object_type record_id decided_at logged_at"
    " change decision rule_id reason rule_version facts previous_decision previous_rule_id"
    " decision_since rule_since",
    "reporting_snapshots": "crm report period_grain period period_start currency value n_records"
    " frozen_at part",
    "reporting_snapshot_records": "crm period_grain period period_start object_type record_key"
    " stage_kind closes_on amount currency lead_source campaign cycle_days frozen_at",
    "suppression_register": "suppression_id channel identifier_hash hash_key reason crm since_at"
    " first_seen_at",
}


def run(warehouse, *options: str, models=KEPT, **variables):
    return warehouse.dbt("run", *options, "--select", *models, variables=variables)


def held(warehouse) -> dict[str, set]:
    """Return what each mart holds."""
    return {name: set(warehouse.sql(f"from marts.{name}")) for name in KEPT}


@pytest.fixture
def old(copy):
    """The demo with a day of long ago in each daily mart."""
    for name, day in DAILY.items():
        copy.sql(
            f"insert into marts.{name} select * replace ({day} - 500 as {day}) from marts.{name}"
            f" where {day} = (select max({day}) from marts.{name})"
        )
    return copy


def test_a_full_refresh_loses_nothing(old):
    before = held(old)
    assert run(old, "--full-refresh").success
    assert held(old) == before


def test_an_earlier_as_of_loses_nothing_and_writes_nothing_of_the_log(old):
    before = held(old)
    assert run(old, as_of="2025-12-24 12:00:00").success
    after = held(old)
    for name in KEPT:
        # The days that this look shows are written anew.
        lost = before[name] - after[name]
        assert not lost or name == "process_signals_daily", (name, len(lost))
    assert {name: after[name] for name in LOGGED} == {name: before[name] for name in LOGGED}


def test_an_as_of_in_the_future_is_refused(old):
    before = held(old)
    refused = run(old, as_of=FUTURE)
    assert not refused.success
    messages = [one.message for one in refused.result or [] if one.status == "error"]
    said = reason(messages[0] if messages else refused.exception)
    assert f"as_of is '{FUTURE}', and the clock says" in said and "is the year right?" in said
    assert held(old) == before


def test_of_a_look_into_the_future_nothing_is_kept_and_the_log_goes_on(old):
    before = held(old)
    assert run(old, as_of=FUTURE, future_as_of=True).success
    assert held(old) == before
    assert [row[:2] for row in changed(old)] == [("changed", "quarantine")]


def test_a_log_that_a_look_into_the_future_had_silenced_goes_on(old):
    """As the version before this one wrote it: all decided in 2062, logged today."""
    old.sql(
        "insert into marts.lifecycle_decision_log by name"
        f" select * replace (timestamp '{FUTURE}' as decided_at, log_id || 'x' as log_id,"
        "     logged_at + interval 1 hour as logged_at, 'delete' as decision)"
        " from marts.lifecycle_decision_log"
    )
    assert [row[:2] for row in changed(old)] == [("changed", "quarantine")]


def changed(warehouse) -> list[tuple]:
    """Let one record be decided otherwise the day after; return what the log says of that night."""
    [(key,)] = warehouse.sql("select min(record_key) from intermediate.int_lifecycle__decisions")
    warehouse.sql(
        "update intermediate.int_lifecycle__decisions set decision = 'quarantine',"
        f" rule_id = 'doubt' where record_key = '{key}'"
    )
    assert run(warehouse, models=("lifecycle_decision_log",), as_of=DAY_LATER).success
    return warehouse.sql(
        "select change, decision, record_key from marts.lifecycle_decision_log"
        f" where decided_at = '{DAY_LATER}'"
    )


@pytest.mark.parametrize(
    ("mart", "column"),
    [
        ("lifecycle_decision_log", "reason"),
        ("data_health_daily", "unit"),
        ("reporting_snapshots", "n_records"),
        ("process_signals_daily", "baseline_rate"),
    ],
)
def test_a_column_of_another_name_keeps_what_it_holds(old, mart, column):
    before = old.sql(f"select count(*), count({column}) from marts.{mart}")
    old.sql(f'alter table marts.{mart} rename column {column} to "{column}_of_old"')
    assert run(old, models=(mart,)).success
    [(n_rows, n_of_old, n_new)] = old.sql(
        f'select count(*), count("{column}_of_old"), count({column}) from marts.{mart}'
    )
    # What the run writes anew stands in the new column.
    assert n_rows == before[0][0] and n_of_old <= before[0][1]
    assert n_of_old + n_new == before[0][1]


def test_marts_that_keep_are_never_refreshed_only_gain_columns_and_are_backed_up():
    nodes = parsed_project().nodes.values()
    marts = {
        node.name: node
        for node in nodes
        if node.resource_type == "model" and node.config.materialized == "incremental"
    }
    # How many rows a landing had: `--full-refresh` says that a loss is right.
    assert marts.keys() == {*KEPT, "int_landing__losses"}
    for name in KEPT:
        assert marts[name].config.full_refresh is False, name
        known = COLUMNS[name].split()
        assert set(known) <= set(marts[name].columns), (name, set(known) - set(marts[name].columns))
    backed_up = kept_tables(Dbt("duckdb", manifest=parsed_project()))
    assert {f"marts.{name}" for name in KEPT} <= set(backed_up)


def test_a_time_zone_that_nobody_knows_is_refused_before_anything_is_built(copy):
    before = held(copy)
    refused = run(copy, business_timezone="Mars/Olympus")
    assert not refused.success
    messages = [one.message for one in refused.result or [] if one.status == "error"]
    said = reason(messages[0] if messages else refused.exception)
    assert re.search(r"business_timezone is 'Mars/Olympus', which is no time zone; write a", said)
    assert held(copy) == before
