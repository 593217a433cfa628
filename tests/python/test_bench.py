"""What the benchmark measures by: its window pass, its signals in pandas, and its table."""

import json

import duckdb
import pytest

from crm_hygiene import bench
from crm_hygiene.demo import scale

CHANGES = [
    # Owner changes: exactly 7 days, a second more, and one that is none.
    ("1", "a", "Owner", "u1", "u2", "2026-01-01 00:00:00"),
    ("2", "a", "Owner", "u2", "u3", "2026-01-08 00:00:00"),
    ("3", "a", "Owner", "u3", "u4", "2026-01-15 00:00:01"),
    ("4", "a", "Owner", "u4", "u4", "2026-01-15 00:00:02"),
    # Of another record, though it follows.
    ("5", "b", "Owner", "u1", "u2", "2026-01-15 00:00:03"),
    # Stages: exactly 24 hours, then a second more; the second is a milestone.
    ("6", "a", "StageName", "New", "Called", "2026-02-01 00:00:00"),
    ("7", "a", "StageName", "Called", "Offer", "2026-02-02 00:00:00"),
    ("8", "a", "StageName", "Offer", "Won", "2026-02-03 00:00:01"),
    # Before, at and after the milestone; another field; a record without one.
    ("9", "a", "Amount", "1", "2", "2026-02-01 12:00:00"),
    ("10", "a", "Amount", "2", "3", "2026-02-02 00:00:00"),
    ("11", "a", "CloseDate", "x", "y", "2026-02-02 00:00:01"),
    ("12", "a", "NextStep", "x", "y", "2026-02-05 00:00:00"),
    ("13", "b", "Amount", "1", "2", "2026-02-05 00:00:00"),
]


@pytest.fixture
def folder(tmp_path):
    """Changes as they are landed, and a warehouse that knows the milestone."""
    (tmp_path / "landing").mkdir()
    with duckdb.connect(str(tmp_path / "bench.duckdb")) as db:
        db.execute(
            "create table changes (id text, opportunity_id text, field text, old_value text, "
            "new_value text, created_date timestamp)"
        )
        db.executemany("insert into changes values (?, ?, ?, ?, ?, ?)", CHANGES)
        db.execute(f"copy changes to '{tmp_path / 'landing' / bench.CHANGES}' (format parquet)")
        db.execute(
            "create schema intermediate; create table intermediate.int_crm__stage_map as "
            "select 'opportunity' as object_type, 'Offer' as stage, true as is_milestone"
        )
    return tmp_path


def test_signals_in_pandas_follow_the_definitions(folder):
    assert bench.signals_in_pandas(folder, "1GB") == {
        "owner_ping_pong": 1,
        "multi_stage_jump": 1,
        "late_edit": 1,
    }


def test_window_pass_writes_each_change_with_its_neighbours(folder):
    bench.window_pass(folder, "1GB")
    with duckdb.connect(str(folder / "pass.duckdb")) as db:
        assert db.execute(
            "select id, place, value_before, next_date::varchar from passed "
            "where opportunity_id = 'a' and field = 'StageName' order by place"
        ).fetchall() == [
            ("6", 1, None, "2026-02-02 00:00:00"),
            ("7", 2, "Called", "2026-02-03 00:00:01"),
            ("8", 3, "Offer", None),
        ]


def test_a_step_is_measured_in_a_process_of_its_own(folder):
    cost = bench.cost_of(folder, bench.window_pass, "1GB")
    assert cost.wall > 0 and cost.cpu > 0 and cost.memory > 10_000_000
    assert cost.models == {}


def test_the_generators_changes_are_found_where_the_benchmark_looks(tmp_path):
    scale.make(0.0001, tmp_path / "landing")
    bench.window_pass(tmp_path, "1GB")
    with duckdb.connect(str(tmp_path / "pass.duckdb")) as db:
        assert db.execute("select count(*) from passed").fetchone()[0] == 2000


def test_what_is_spilled_is_seen_at_its_most(tmp_path):
    watch = bench.SpillWatch(tmp_path / "spill")
    watch.start()
    (tmp_path / "spill").mkdir()
    file = tmp_path / "spill" / "some.tmp"
    file.write_bytes(b"x" * 1_000_000)
    while watch.most < 1_000_000:
        assert watch.is_alive()
    file.unlink()
    watch.ended.set()
    watch.join()
    assert 1_000_000 <= watch.most < 1_100_000


def test_models_of_the_signals_are_all_that_they_are_built_of(tmp_path):
    (tmp_path / "target").mkdir()
    needs = {
        "process_signals_daily": ["model.crm_hygiene.rates", "seed.crm_hygiene.rules"],
        "process_signal_evidence": ["model.crm_hygiene.rates"],
        "rates": ["model.crm_hygiene.changes"],
        "changes": ["source.crm_hygiene.landed"],
        "grades": ["model.crm_hygiene.changes"],
    }
    nodes = {
        f"model.crm_hygiene.{name}": {"depends_on": {"nodes": parents}}
        for name, parents in needs.items()
    }
    (tmp_path / "target" / "manifest.json").write_text(json.dumps({"nodes": nodes}))
    assert bench.models_of_the_signals(tmp_path) == needs.keys() - {"grades"}


def test_a_line_compares_a_step_with_the_pass():
    unit = bench.Cost(4, 2, 10**9, 0, {})
    cost = bench.Cost(100, 30, 3_500_000_000, 1_200_000_000, {})
    assert bench.row(5, "full build", cost, unit) == (
        "| 5 million | full build | 100 | 30 | 15.0 | 3.5 | 1.2 | 50,000 |"
    )
    assert bench.row(5, "full build", cost, unit).count("|") == bench.HEAD.split("\n")[0].count("|")
