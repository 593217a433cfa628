"""The demo on PostgreSQL: the same marts, lists and pages as on DuckDB.

They need PostgreSQL's programs (Debian: apt-get install postgresql). The project's own data tests
and unit tests run there with `make postgres`.
"""

import contextlib
import hashlib
import hmac
import os
import random
import threading
from types import SimpleNamespace
from unittest import mock

import duckdb
import pytest

from crm_hygiene import export, trace
from crm_hygiene.cluster import cluster
from crm_hygiene.dbt import Dbt
from crm_hygiene.nightly.faults import Stopped
from crm_hygiene.nightly.lock import RunningError
from crm_hygiene.nightly.schemas import PostgresSchemas
from crm_hygiene.pages import dashboard, digest, failures
from crm_hygiene.parity import build_on_postgres, compare_marts, settings
from crm_hygiene.postgres import connect, open_target
from crm_hygiene.runs import TABLE

ON_POSTGRES = ["--target", "postgres"]


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    """The demo, its models built; how to connect to it."""
    with cluster() as place, settings(place):
        folder = tmp_path_factory.mktemp("postgres")
        yield build_on_postgres({}, folder, "test", "unit_test")


@contextlib.contextmanager
def sql(postgres):
    """Run statements, and keep what they do."""
    with contextlib.closing(connect(postgres)) as connection, connection:
        yield connection.cursor()


def test_every_mart_is_that_of_duckdb_row_by_row(demo, postgres):
    n_differing, n_marts = compare_marts(demo.path, postgres)
    n_of_duckdb = demo.sql("select count(*) from duckdb_tables() where schema_name = 'marts'")
    assert n_differing == 0
    assert n_marts >= n_of_duckdb[0][0] > 50


def test_a_row_that_differs_is_found(demo, postgres, capsys):
    with sql(postgres) as cursor:
        cursor.execute("create table public.kept as select * from marts.crm_inventory")
        cursor.execute(
            "delete from marts.crm_inventory"
            " where ctid = (select min(ctid) from marts.crm_inventory)"
        )
    try:
        assert compare_marts(demo.path, postgres)[0] == 1
    finally:
        with sql(postgres) as cursor:
            cursor.execute("delete from marts.crm_inventory")
            cursor.execute("insert into marts.crm_inventory select * from public.kept")
            cursor.execute("drop table public.kept")
    assert "marts.crm_inventory: 1 rows only before, 0 only after" in capsys.readouterr().out


def test_names_are_as_similar_as_on_duckdb(postgres):
    random.seed(7)
    pairs = [
        ("", ""),
        ("a", ""),
        ("Köhler", "Kohler"),
        ("MARTHA", "MARHTA"),
        ("a" * 90, "a" * 80),
    ]
    for _ in range(1500):
        letters = random.choice(["ab", "abcde ", "äöüßab", "株式会社ab"])
        texts = [
            "".join(random.choices(letters, k=random.choice([1, 2, 4, 9, 25]))) for _ in range(2)
        ]
        pairs.append((texts[0], texts[random.random() < 0.7] + random.choice(["", "a"])))
    with sql(postgres) as cursor, duckdb.connect() as other:
        for pair in pairs:
            cursor.execute("select intermediate.jaro_winkler(%s, %s)", pair)
            ((expected,),) = other.execute("select jaro_winkler_similarity(?, ?)", pair).fetchall()
            assert cursor.fetchone()[0] == pytest.approx(expected, abs=1e-9), pair


def test_identifiers_are_hashed_as_rfc_2104_says(postgres):
    texts = ["which key", "", "köhler@example.com", "株式会社" * 30]
    with sql(postgres) as cursor:
        for key in ["", "k", "schlüssel", "x" * 64, "x" * 65, "it's \\ 'q'"]:
            cursor.execute("select set_config('crm_hygiene.hash_secret', %s, true)", [key])
            for text in texts:
                cursor.execute("select intermediate.identifier_hash(%s)", [text])
                expected = hmac.new(key.encode(), text.encode(), "sha256")
                expected = expected if key else hashlib.sha256(text.encode())
                assert cursor.fetchone()[0] == expected.hexdigest(), (key, text)


@pytest.fixture
def on_duckdb(demo):
    """Let the commands find the demo of DuckDB."""
    demo.let_go()
    with mock.patch.dict(os.environ, {"CRM_HYGIENE_DUCKDB": str(demo.path)}):
        yield ["--target", "duckdb"]


def test_lists_are_the_same_files(postgres, on_duckdb, tmp_path):
    for name, target in (("one", on_duckdb), ("other", ON_POSTGRES)):
        assert export.main(["--out", str(tmp_path / name), *target]) == 0
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.csv"))
    assert len(files) >= 7
    for file in files:
        assert (tmp_path / "one" / file).read_text() == (tmp_path / "other" / file).read_text()


def test_the_digest_is_the_same(postgres, on_duckdb, capsys):
    texts = []
    for target in (on_duckdb, ON_POSTGRES):
        assert digest.main(target) == 0
        texts.append(capsys.readouterr().out)
    assert len(texts[0]) > 500
    assert texts[0] == texts[1]


def test_the_dashboard_is_written(postgres, on_duckdb, tmp_path):
    for name, target in (("one", on_duckdb), ("other", ON_POSTGRES)):
        assert dashboard.main(["--out", str(tmp_path / f"{name}.html"), *target]) == 0
    sizes = [(tmp_path / f"{name}.html").stat().st_size for name in ("one", "other")]
    assert min(sizes) > 100_000
    assert abs(sizes[0] - sizes[1]) < 200


def test_the_story_of_a_record_is_told(demo, postgres, capsys):
    ((key, decision),) = demo.sql(
        "select dirty.record_key, decided.decision from marts.dirty_records as dirty"
        " join marts.lifecycle_decisions as decided using (record_key) order by 1 limit 1"
    )
    assert trace.main([key, *ON_POSTGRES]) == 0
    told = capsys.readouterr().out
    assert told.startswith(key)
    assert told.count("\n") > 5
    assert f"decision  {decision} by" in told


def test_runs_are_recorded_once(postgres, tmp_path):
    for _ in range(2):
        assert failures.main(["--out", str(tmp_path / "failures.html"), *ON_POSTGRES]) == 0
    with sql(postgres) as cursor:
        cursor.execute(f"select count(*), count(distinct (invocation_id, test_id)) from {TABLE}")
        n_rows, n_different = cursor.fetchone()
    assert n_rows == n_different > 300


# A night of four tables: one that is kept, one that is made anew, a stored failure, a landed one.
NODES = {
    "kept": ("model", "marts", "days", "incremental"),
    "settings": ("model", "marts", "run_settings", "table"),
    "work": ("model", "intermediate", "work", "table"),
    "failed": ("test", "test_failures", "failed", "test"),
    "landed": ("seed", "demo_salesforce", "account", "seed"),
}


def small_project():
    """A project as dbt has parsed it, as far as publishing looks at it."""
    nodes = {
        key: SimpleNamespace(
            resource_type=kind,
            schema=schema,
            alias=alias,
            fqn=["crm_hygiene", "demo" if key == "landed" else schema, alias],
            relation_name=f'"{schema}"."{alias}"',
            config=SimpleNamespace(materialized=materialized),
        )
        for key, (kind, schema, alias, materialized) in NODES.items()
    }
    return SimpleNamespace(manifest=SimpleNamespace(nodes=nodes))


class Nights:
    """A PostgreSQL of which small nights are published."""

    def __init__(self, credentials):
        self.credentials = credentials

    def sql(self, *statements):
        """Run statements; return the rows of the last."""
        with sql(self.credentials) as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def build(self, place, night):
        """Make the tables of a night where dbt's project was led."""
        project = small_project()
        place.take(as_of_is_given=False)
        place.begin(project)
        of = {key: node.relation_name for key, node in project.manifest.nodes.items()}
        columns = ("setting", "value", "crm", "pipeline", "segment", "kind")
        self.sql(
            f"create table if not exists {of['kept']} (night integer)",
            f"insert into {of['kept']} values ({night})",
            f"create table {of['work']} as select {night} as night",
            f"create table {of['settings']} ({', '.join(f'{name} text' for name in columns)})",
            f"insert into {of['settings']} values ('as_of', '2026-01-{night:02}', null, null,"
            " null, 'variable')",
        )

    def run(self, night):
        """Build a night and publish it."""
        place = PostgresSchemas("postgres")
        with place.alone():
            place.clean()
            self.build(place, night)
            return place.publish(f"{night:04d}", [])

    def seen(self):
        """The nights that readers see: of what is kept, of what is made anew."""
        kept = self.sql("select night from marts.days order by 1")
        return [night for (night,) in kept], self.sql("select night from intermediate.work")[0][0]


@pytest.fixture(scope="module")
def second_database(postgres):
    """A database of its own in the same cluster."""
    with contextlib.closing(connect(postgres)) as connection:
        connection.autocommit = True
        connection.cursor().execute("create database nights template template0")
    with mock.patch.dict(os.environ, {"POSTGRES_DATABASE": "nights"}):
        yield Dbt("postgres").credentials()


@pytest.fixture
def nights(second_database, monkeypatch):
    """Small nights, the first of which is published."""
    monkeypatch.setenv("POSTGRES_DATABASE", "nights")
    nights = Nights(second_database)
    found = nights.sql("select nspname from pg_namespace where nspname !~ '^(pg_|inf|public)'")
    nights.sql(*[f"drop schema {name} cascade" for (name,) in found], "select 1")
    nights.run(1)
    return nights


def test_a_night_is_published_whole_and_what_is_kept_survives(nights):
    assert nights.seen() == ([1], 1)
    told = nights.run(2)
    assert (told["run"], told["as_of"]) == ("0002", "2026-01-02")
    assert nights.seen() == ([1, 2], 2)
    assert nights.sql("select run from runs.published order by 1") == [("0001",), ("0002",)]
    left = nights.sql("select nspname from pg_namespace where nspname like 'crm_hygiene_next%'")
    assert left == []


def test_a_night_that_fails_leaves_what_is_published(nights):
    place = PostgresSchemas("postgres")
    with place.alone():
        nights.build(place, 2)
        assert nights.seen() == ([1], 1)
        nights.sql("drop schema crm_hygiene_next_test_failures")
        with pytest.raises(Stopped, match="refuses"):
            place.publish("0002", [])
    assert nights.seen() == ([1], 1)
    assert nights.sql("select run from runs.published") == [("0001",)]
    nights.run(3)
    assert nights.seen() == ([1, 3], 3)


def test_a_candidate_is_read_under_the_names_that_it_will_have(nights):
    place = PostgresSchemas("postgres")
    with place.alone():
        nights.build(place, 2)
        with place.in_use(), open_target("postgres") as copied:
            assert copied.execute("select night from intermediate.work").fetchall() == [(2,)]
        with open_target("postgres") as copied:
            assert copied.execute("select night from intermediate.work").fetchall() == [(1,)]


def test_one_run_at_a_time_and_the_clock_does_not_go_back(nights):
    at_work = pytest.raises(RunningError, match="Another run is at work: server process")
    with PostgresSchemas("postgres").alone(), at_work:
        nights.run(2)
    nights.sql("update runs.published set published_at = '2199-01-01'")
    with pytest.raises(Stopped, match="went back"):
        nights.run(2)
    assert nights.seen() == ([1], 1)


def test_who_reads_in_one_transaction_reads_on_while_others_see_the_new(nights):
    with open_target("postgres") as copied:
        assert copied.execute("select night from intermediate.work").fetchall() == [(1,)]
        nights.run(2)
        assert copied.execute("select night from marts.days").fetchall() == [(1,)]
        # It holds what was replaced, and no night waits for it for long, or fails.
        nights.run(3)
        assert nights.seen() == ([1, 2, 3], 3)
    nights.run(4)
    of_before = nights.sql("select nspname from pg_namespace where nspname like '%_last_%'")
    assert {name.split("_")[3] for (name,) in of_before} == {"0004"}


def test_tables_and_rights_of_others_stay(nights):
    nights.sql(
        "drop role if exists reader",
        "create role reader",
        "grant usage on schema marts to reader",
        "alter default privileges in schema marts grant select on tables to reader",
        "create table marts.of_somebody as select 7 as n",
    )
    nights.run(2)
    assert nights.sql("select n from marts.of_somebody") == [(7,)]
    can_use = "select has_schema_privilege('reader', 'marts', 'usage')"
    assert nights.sql(can_use) == [(True,)]
    can_read = "select has_table_privilege('reader', 'marts.run_settings', 'select')"
    assert nights.sql(can_read) == [(True,)]
    nights.sql("drop owned by reader", "drop role reader", "select 1")


def test_readers_during_nights_see_one_of_them(nights):
    seen, ended = [], threading.Event()

    def read():
        with contextlib.closing(connect(nights.credentials)) as connection:
            connection.autocommit = True
            cursor = connection.cursor()
            while not ended.is_set():
                cursor.execute(
                    "select (select max(night) from marts.days), max(night) from intermediate.work"
                )
                seen.append(cursor.fetchone())

    reader = threading.Thread(target=read)
    reader.start()
    for night in range(2, 8):
        nights.run(night)
    ended.set()
    reader.join()
    assert len(seen) > 20
    assert all(kept == made for kept, made in seen)
    assert {night for night, _ in seen} >= {2, 6}
