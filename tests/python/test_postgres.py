"""The whole project on PostgreSQL: built and tested, the same marts and pages as on DuckDB.

They take minutes and are asked for: CRM_HYGIENE_POSTGRES=1 make test ARGS=...; without PostgreSQL's
programs (Debian: apt-get install postgresql) they fail.
"""

import contextlib
import os
import random
from unittest import mock

import duckdb
import pytest

from crm_hygiene import export, trace
from crm_hygiene.cluster import cluster
from crm_hygiene.pages import dashboard, digest, failures
from crm_hygiene.parity import build_on_postgres, compare_marts, settings
from crm_hygiene.postgres import connect
from crm_hygiene.runs import TABLE

ON_POSTGRES = ["--target", "postgres"]


if os.environ.get("CRM_HYGIENE_POSTGRES"):

    @pytest.fixture(scope="module")
    def postgres(tmp_path_factory):
        """The demo, built with all data tests and unit tests; how to connect to it."""
        with cluster() as place, settings(place):
            yield build_on_postgres({}, tmp_path_factory.mktemp("postgres"))

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
            cursor.execute("create table public.kept as select * from marts.keep_list")
            cursor.execute(
                "delete from marts.keep_list"
                " where record_key = (select min(record_key) from marts.keep_list)"
            )
        try:
            assert compare_marts(demo.path, postgres)[0] == 1
        finally:
            with sql(postgres) as cursor:
                cursor.execute("delete from marts.keep_list")
                cursor.execute("insert into marts.keep_list select * from public.kept")
                cursor.execute("drop table public.kept")
        assert "marts.keep_list: 1 rows only before, 0 only after" in capsys.readouterr().out

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
                "".join(random.choices(letters, k=random.choice([1, 2, 4, 9, 25])))
                for _ in range(2)
            ]
            pairs.append((texts[0], texts[random.random() < 0.7] + random.choice(["", "a"])))
        with sql(postgres) as cursor, duckdb.connect() as other:
            for pair in pairs:
                cursor.execute("select intermediate.jaro_winkler(%s, %s)", pair)
                ((expected,),) = other.execute(
                    "select jaro_winkler_similarity(?, ?)", pair
                ).fetchall()
                assert cursor.fetchone()[0] == pytest.approx(expected, abs=1e-9), pair

    @pytest.fixture
    def on_duckdb(demo):
        """Let the commands find the demo of DuckDB."""
        demo.let_go()
        with mock.patch.dict(os.environ, {"CRM_HYGIENE_DUCKDB": str(demo.path)}):
            yield ["--target", "duckdb"]

    def test_lists_are_the_same_files(postgres, on_duckdb, tmp_path):
        for name, target in (("one", on_duckdb), ("other", ON_POSTGRES)):
            assert export.main(["--out", str(tmp_path / name), *target]) == 0
        files = sorted(
            path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.csv")
        )
        assert len(files) > 7
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
            cursor.execute(
                f"select count(*), count(distinct (invocation_id, test_id)) from {TABLE}"
            )
            n_rows, n_different = cursor.fetchone()
        assert n_rows == n_different > 1000
