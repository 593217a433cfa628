"""The queries of analyses/ compile, run on the demo and tell what the marts tell."""

import csv
import re
from collections import Counter

import pytest
from conftest import ROOT

HOSTILE = "it's\\' or 1=1 --"
SECOND = "%Y-%m-%d %H:%M:%S"


def compiled(demo, variables: dict | None = None) -> dict[str, str]:
    """Return the SQL of every analysis."""
    result = demo.dbt("compile", "--select", "resource_type:analysis", variables=variables)
    assert result.success, result.exception
    return {one.node.name: one.node.compiled_code for one in result.result.results}


@pytest.fixture(scope="module")
def queries(demo):
    """The SQL of every analysis, without variables."""
    return compiled(demo)


def truth(name: str) -> list[dict[str, str]]:
    """Return the rows of a truth file."""
    with (ROOT / "tests" / "truth" / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_analysis_runs_and_finds_something(demo, queries):
    assert set(queries) == {path.stem for path in (ROOT / "analyses").glob("*.sql")}
    rows = {name: len(demo.sql(query)) for name, query in queries.items()}
    # These need a record.
    needing = {"record_story", "record_decision"}
    assert {name for name, n_rows in rows.items() if n_rows == 0} == needing


def test_what_is_asked_for_is_never_run_as_sql(demo):
    asked = dict.fromkeys(("signal", "rule", "automation", "record_key"), HOSTILE)
    hostile = compiled(demo, {**asked, "on_date": "2026-09-10"})
    literal = "'" + HOSTILE.replace("'", "''") + "'"
    for name in (
        "why_is_this_signal_up",
        "before_and_after",
        "what_did_this_automation_break",
        "record_story",
        "record_decision",
    ):
        assert literal in hostile[name]
        assert demo.sql(hostile[name]) == []


def test_the_policys_own_limits_find_what_the_rules_found(demo, queries):
    limits = {"multi_stage_jump": 24, "owner_ping_pong": 7}
    found = {
        (rule, crm, object_type): n_found
        for rule, limit, _, crm, object_type, _, n_found, _ in demo.sql(
            queries["what_would_another_limit_find"]
        )
        if limits.get(rule) == limit and n_found
    }
    signals = demo.sql(
        "select signal, crm, object_type, count(*) from marts.process_signal_evidence "
        f"where signal in {tuple(limits)} group by all"
    )
    assert found == {tuple(key): n for *key, n in signals}
    assert len(found) > 4


def test_why_a_signal_is_up_counts_the_last_window(demo, queries):
    rows = demo.sql(queries["why_is_this_signal_up"])
    expected = demo.sql(
        "select count(*) from marts.process_signal_evidence "
        "where signal = 'multi_stage_jump' and occurred_at > timestamp '2026-09-02 22:00:00'"
    )[0][0]
    counts = Counter()
    for origin, _, _, n_occurrences, _, _ in rows:
        counts[origin] += n_occurrences
    assert expected > 0
    assert counts["object"] == counts["channel"] == counts["record"] == expected


def test_before_and_after_end_with_the_rates_of_those_days(demo, queries):
    rows = demo.sql(queries["before_and_after"])
    daily = demo.sql(
        "select crm, object_type, "
        "max(case when signal_date = date '2026-09-02' then rate end), "
        "max(case when signal_date = date '2026-09-30' then rate end) "
        "from marts.process_signals_daily where signal = 'multi_stage_jump' and segment = 'all' "
        "group by all"
    )
    assert {(crm, kind, before, after) for crm, kind, *_, before, _, after, _ in rows} == set(daily)
    assert any(after for *_, after in daily)


# --- The story of a record ---


def stories(demo, query: str, keys: set[tuple[str, str, str]]) -> dict[tuple, list[tuple]]:
    """Return the story of each record (crm, object type, id)."""
    return {
        key: demo.sql(query.replace("'crm:object_type:record_id'", f"'{':'.join(key)}'"))
        for key in keys
    }


def key_of(row: dict[str, str]) -> tuple[str, str, str]:
    return row["crm"], row["object_type"], row["record_id"]


@pytest.fixture(scope="module")
def planted(demo, queries):
    """The story of every record with a planted fault."""
    keys = {key_of(row) for row in truth("planted") if row["kind"] in ("signal", "archetype")}
    found = stories(demo, queries["record_story"], keys)
    return {key: story for key, story in found.items() if story}


def marked(story: list[tuple]) -> set[tuple[str, str]]:
    """Return each (instant, rule) that is marked."""
    return {
        (at.strftime(SECOND), rule)
        for at, *_, marks in story
        if marks
        for rule in re.findall(r"(?:^| \| )(\w+)", marks)
    }


def test_every_story_has_every_change_and_owner_period_in_order(planted):
    changes, owners = Counter(), Counter()
    for row in truth("changes"):
        changes[(*key_of(row), row["field"], row["changed_at"])] += 1
    for row in truth("owner_periods"):
        owners[(*key_of(row), row["started_at"])] += 1
    assert len(planted) > 100
    for key, story in planted.items():
        told_changes, told_owners = Counter(), Counter()
        for at, what, detail, *_ in story:
            if what == "change" and not detail.startswith("hs_lastmodifieddate"):
                told_changes[(*key, detail.partition(": ")[0], at.strftime(SECOND))] += 1
            elif what == "owner":
                told_owners[(*key, at.strftime(SECOND))] += 1
        assert told_changes == {row: n for row, n in changes.items() if row[:3] == key}
        assert told_owners == {row: n for row, n in owners.items() if row[:3] == key}
        instants = [at for at, *_ in story if at is not None]
        assert instants == sorted(instants)
        assert [at for at, *_ in story][: len(instants)] == instants
        assert [what for _, what, *_ in story].count("created") == 1


def test_planted_signals_are_marked_where_they_were_planted(planted):
    wrong, n_planted = [], 0
    for row in truth("planted"):
        if row["kind"] != "signal" or key_of(row) not in planted or not row["occurred_at"]:
            continue
        n_planted += 1
        found = (row["occurred_at"], row["name"]) in marked(planted[key_of(row)])
        if found != (row["expected"] == "true"):
            wrong.append(row)
    assert not wrong, wrong
    assert n_planted > 100


def test_first_bad_changes_are_marked_once_each(demo, planted):
    dirty = demo.sql(
        "select record_key, archetype, first_bad_at, causing_step from marts.dirty_records"
    )
    told = [
        (":".join(key), rule, at, step)
        for key, story in planted.items()
        for at, *_, marks in story
        for rule, step in re.findall(r"(\w+) \[first (?:bad change|time), step (\w+)", marks or "")
    ]
    keys = {":".join(key) for key in planted}
    assert sorted(told) == sorted(row for row in dirty if row[0] in keys)
    assert len({rule for _, rule, _, _ in told}) == 9


def test_a_case_shows_its_clocks_and_a_deleted_record_its_end(demo, queries):
    case, gone = demo.sql(
        "select min(record_key) from marts.dirty_records where archetype = 'sla_rush_update' "
        "union all select min(record_key) from intermediate.int_crm__records "
        "where deleted_at is not null and not is_merged"
    )
    story = stories(demo, queries["record_story"], {tuple(case[0].split(":"))}).popitem()[1]
    clock = [detail for _, what, detail, *_ in story if what == "clock"]
    assert {detail.split(" clock ")[1].split(",")[0] for detail in clock} == {
        "started",
        "stopped",
        "due",
    }
    story = stories(demo, queries["record_story"], {tuple(gone[0].split(":"))}).popitem()[1]
    assert story[-1][1:3] == ("deleted", "deleted")
