"""Readers see the marts of one run, whatever happens to the next: it is killed, it fails, a loader
writes meanwhile, another is at work, somebody holds the file open.

The nights here have a small build of their own (small_nights.py). `make nights` does the same to
the whole job on the demo.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
import small_nights
from conftest import ROOT

from crm_hygiene import build, runs
from crm_hygiene.nightly import files, tables
from crm_hygiene.nightly.faults import Stopped
from crm_hygiene.nightly.lock import RunningError, one_run
from crm_hygiene.nightly.warehouses import PUBLISHED, ChangedError, DuckDBFile, wal_of
from crm_hygiene.warehouse import unpublished_path

N_KILLS = 10
PYTHON = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "CRM_HYGIENE_WAIT_SECONDS": "0"}


@pytest.fixture
def place(tmp_path, monkeypatch) -> DuckDBFile:
    """A warehouse of which the first night is published."""
    monkeypatch.setenv("CRM_HYGIENE_WAIT_SECONDS", "0")
    monkeypatch.setenv("CRM_HYGIENE_DUCKDB", str(tmp_path / "crm.duckdb"))
    small_nights.run(tmp_path / "crm.duckdb", 1)
    return DuckDBFile(tmp_path / "crm.duckdb")


def start(*arguments: object) -> subprocess.Popen:
    """Start Python on a file or a text in a process group of its own."""
    command = [sys.executable, *map(str, arguments)]
    return subprocess.Popen(
        command, env=PYTHON, start_new_session=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def start_nights(place: DuckDBFile, *nights: int) -> subprocess.Popen:
    return start(Path(small_nights.__file__), place.published, *nights)


def sql(file: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(query).fetchall()


def nights_of_file(file: Path) -> set[int]:
    """Return of which nights the marts of the warehouse are, read through one connection."""
    each = " union all ".join(
        f"select night from marts.mart_{number}" for number in range(small_nights.N_MARTS)
    )
    return {night for (night,) in sql(file, f"select distinct night from ({each})")}


def nights_of_parquet(place: DuckDBFile) -> set[int]:
    """Return of which nights the marts are that the manifest names."""
    told = tables.read(place.marts)["tables"]
    names = [
        str(place.marts / told[f"marts.mart_{n}"]["file"]) for n in range(small_nights.N_MARTS)
    ]
    with duckdb.connect() as connection:
        found = connection.execute("select distinct night from read_parquet(?)", [names])
        return {night for (night,) in found.fetchall()}


def hold(file: Path, is_read_only: bool) -> subprocess.Popen:
    """Open a warehouse in another process, until its input ends."""
    script = (
        f"import duckdb; held = duckdb.connect({str(file)!r}, read_only={is_read_only});"
        " held.sql('from duckdb_tables()').fetchall(); print('open', flush=True); input()"
    )
    held = start("-c", script)
    assert held.stdout.readline() == b"open\n"
    return held


# --- Published in one step ---


def test_a_night_is_published_as_a_file_and_as_parquet_with_its_manifest(place):
    small_nights.run(place.published, 2)
    assert nights_of_file(place.published) == nights_of_parquet(place) == {2}
    [(run,)] = sql(place.published, f"select max_by(run, published_at) from {PUBLISHED}")
    manifest = tables.read(place.marts)
    assert run == manifest["run"] == tables.read(place.kept)["run"] == "0002"
    for table, told in manifest["tables"].items():
        file = place.marts / told["file"]
        assert hashlib.sha256(file.read_bytes()).hexdigest() == told["sha256"]
        assert sql(place.published, f"select count(*) from {table}") == [(told["rows"],)]
    assert sorted(each.name for each in place.folder.iterdir()) == ["lock"]
    # What is kept goes on where the last night left it.
    assert sql(place.published, "from marts.kept order by all") == [(1,), (2,)]


def test_only_the_newest_parquet_files_stay_and_equal_ones_share_their_place(place):
    for night in range(2, 8):
        small_nights.run(place.published, night)
    assert sorted(each.name for each in place.marts.glob("*/")) == ["0005", "0006", "0007"]
    file = place.published
    with duckdb.connect(str(file)) as connection:
        before = tables.write(connection, ["marts.mart_0"], place.marts, {"run": "0008"})
        tables.point_to(place.marts, before, 3)
        tables.write(connection, ["marts.mart_0"], place.marts, {"run": "0009"})
    first, second = (place.marts / run / "marts.mart_0.parquet" for run in ("0008", "0009"))
    assert first.samefile(second)


def test_mode_of_the_file_is_kept(place):
    place.published.chmod(0o640)
    small_nights.run(place.published, 2)
    assert place.published.stat().st_mode & 0o777 == 0o640


def test_a_copy_is_the_same_by_the_file_system_or_without_it(tmp_path, monkeypatch):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(os.urandom(3_000_001))
    files.copy(source, target)
    assert target.read_bytes() == source.read_bytes()
    monkeypatch.delattr(os, "copy_file_range")
    files.copy(source, target)
    assert target.read_bytes() == source.read_bytes()


# --- Killed ---


def test_a_night_killed_at_any_moment_leaves_the_marts_and_the_next_ends_as_ever(place):
    begun = time.monotonic()
    assert start_nights(place, 2).wait() == 0
    lasts = time.monotonic() - begun
    last, n_published, n_begun = 2, 0, 0
    for kill in range(1, N_KILLS + 1):
        night = start_nights(place, last + 1)
        time.sleep(lasts * kill / N_KILLS)
        os.killpg(night.pid, signal.SIGKILL)
        night.wait()
        n_begun += place.candidate.exists()
        found = nights_of_file(place.published)
        assert found in ({last}, {last + 1})
        # The pointer follows the file, so it may be of the night before.
        assert nights_of_parquet(place) in ({last}, found)
        n_published += found != {last}
        [last] = found
    assert n_begun
    small_nights.run(place.published, 100)
    assert nights_of_file(place.published) == nights_of_parquet(place) == {100}
    kept = {night for (night,) in sql(place.published, "from marts.kept")}
    assert kept == {*range(1, last + 1), 100}
    assert not list(place.folder.glob("wal_of_*")) and not place.candidate.parent.exists()
    assert not [each for each in place.marts.iterdir() if each.suffix == ".part"]


def test_a_killed_run_is_known_by_the_next(place):
    killed = start("-c", "import sys, small_nights; sys.exit()")
    killed.wait()
    script = (
        "import os, signal; from pathlib import Path; from crm_hygiene.nightly.lock import one_run;"
        f" one = one_run(Path({str(place.folder)!r}), 'first'); one.__enter__();"
        " os.kill(os.getpid(), signal.SIGKILL)"
    )
    process = start("-c", script)
    assert process.wait() == -signal.SIGKILL
    with one_run(place.folder, "second") as killed:
        assert killed["run"] == "first" and killed["pid"] == process.pid
    with one_run(place.folder, "third") as killed:
        assert killed == {}


# --- Readers ---


def test_readers_never_fail_and_see_the_marts_of_one_night(place):
    held = hold(place.published, is_read_only=True)
    reader = (
        "import sys, time; sys.path.insert(0, {folder!r}); from pathlib import Path\n"
        "import test_publishing as t\n"
        "place = t.DuckDBFile(Path({file!r})); seen, n = set(), 0\n"
        "while not Path({end!r}).exists():\n"
        "    of_file, of_parquet = t.nights_of_file(place.published), t.nights_of_parquet(place)\n"
        "    assert len(of_file) == len(of_parquet) == 1, (of_file, of_parquet)\n"
        "    seen |= of_file; n += 1; time.sleep(0.02)\n"
        "print(n, max(seen))\n"
    )
    end = place.folder / "end"
    script = reader.format(
        folder=str(Path(__file__).parent), file=str(place.published), end=str(end)
    )
    reading = [start("-c", script) for _ in range(2)]
    nights = start_nights(place, *range(2, 9))
    assert nights.wait() == 0
    time.sleep(0.5)
    end.touch()
    for process in reading:
        told, _ = process.communicate()
        assert process.returncode == 0
        n_reads, last = map(int, told.split())
        assert n_reads > 3 and last == 8
    held.communicate(b"\n")
    assert held.returncode == 0


def test_what_was_open_before_goes_on_reading_the_old_marts(place):
    with (
        duckdb.connect(str(place.published), read_only=True) as connection,
        place.published.open("rb") as file,
    ):
        content = file.read()
        assert start_nights(place, 2).wait() == 0
        assert connection.execute("select max(night) from marts.mart_0").fetchone() == (1,)
        file.seek(0)
        assert file.read() == content
    assert nights_of_file(place.published) == {2}


# --- Writers ---


def test_a_loader_that_wrote_meanwhile_is_never_overwritten(place):
    place.take(as_of_is_given=True)
    small_nights.build(place.candidate, 2)
    with duckdb.connect(str(place.published)) as loader:
        loader.execute("create table landed as select 17 as id")
    with pytest.raises(ChangedError, match="was written to by another process"):
        place.publish("0002", ["marts.kept"])
    assert nights_of_file(place.published) == nights_of_parquet(place) == {1}
    assert sql(place.published, "from landed") == [(17,)]
    assert [each.name for each in place.marts.glob("*/")] == ["0001"]
    # Again, with what was written.
    small_nights.run(place.published, 2)
    assert nights_of_file(place.published) == {2}
    assert sql(place.published, "from landed") == [(17,)]


def test_a_job_that_was_overtaken_by_a_loader_runs_once_more(place, monkeypatch, capsys):
    tried = []

    def attempt(*_):
        tried.append(1)
        if len(tried) == 1:
            raise ChangedError("Somebody wrote.")
        return None, {"run": "0002"}

    monkeypatch.setattr(build, "attempt", attempt)
    assert build.night(place, None, "0002", False, None) == (None, {"run": "0002"})
    assert "Somebody wrote. Again" in capsys.readouterr().out
    tried[:] = [1, 1]
    monkeypatch.setattr(build, "attempt", lambda *_: (_ for _ in ()).throw(ChangedError("Again.")))
    with pytest.raises(ChangedError):
        build.night(place, None, "0002", False, None)


def test_who_holds_the_file_to_write_is_named_before_anything_is_copied(place):
    held = hold(place.published, is_read_only=False)
    with pytest.raises(Stopped, match=rf"open to write: .*\(PID {held.pid}\)\. Let it end"):
        place.take(as_of_is_given=True)
    held.communicate(b"\n")
    place.take(as_of_is_given=True)
    assert nights_of_file(place.candidate) == {1}
    held = hold(place.published, is_read_only=False)
    with pytest.raises(Stopped, match=f"PID {held.pid}"):
        place.publish("0002", [])
    held.communicate(b"\n")


def test_what_a_loader_left_in_the_wal_is_published_with_the_rest(place):
    script = (
        f"import duckdb, os; c = duckdb.connect({str(place.published)!r});"
        " c.execute('create table landed as select 17 as id'); os._exit(0)"
    )
    assert start("-c", script).wait() == 0
    assert wal_of(place.published).exists()
    small_nights.run(place.published, 2)
    assert not wal_of(place.published).exists()
    assert sql(place.published, "from landed") == [(17,)]
    assert nights_of_file(place.published) == {2}


def test_a_wal_moved_away_by_a_run_that_was_killed_then_comes_back(place):
    moved = place.folder / place.name_of_moved_wal()
    moved.write_bytes(b"what the loader wrote")
    other = place.folder / "wal_of_1_2"
    other.write_bytes(b"of a file that was replaced")
    place.clean()
    assert wal_of(place.published).read_bytes() == b"what the loader wrote"
    assert not moved.exists() and not other.exists()


def test_a_second_run_says_who_is_at_work_and_leaves(place, capsys):
    with one_run(place.folder, "first"):
        with pytest.raises(RunningError, match=f"process {os.getpid()}, since 2"):
            small_nights.run(place.published, 2)
        # The command, too, before it reads anything of the project.
        assert build.main([]) == 3
    told = capsys.readouterr().out
    assert "FAILED: Another run is at work" in told and "Traceback" not in told
    assert nights_of_file(place.published) == {1}
    small_nights.run(place.published, 2)


# --- Runs that were not published ---


def test_the_runs_of_a_candidate_that_was_not_published_are_known_the_next_night(place):
    def result(run: str) -> runs.Result:
        return runs.Result(
            invocation_id=run, tool="dbt", command="dbt build", started_at="2026-01-01",
            is_complete=True, test_id="dbt", kind="run", name="dbt build", status="error",
        )  # fmt: skip

    known = f"select distinct invocation_id from {runs.TABLE} order by all"
    for number in (2, 3):
        place.take(as_of_is_given=True)
        runs.record(place.candidate, [result(f"failed_{number}")], place.folder)
        assert unpublished_path() == place.candidate
    # A run that was killed before it copied anything.
    place.carry_runs_over()
    place.candidate.unlink()
    small_nights.run(place.published, 4)
    assert sql(place.published, known) == [("failed_2",), ("failed_3",)]
    assert unpublished_path() is None
    small_nights.run(place.published, 5)
    assert sql(place.published, known) == [("failed_2",), ("failed_3",)]


def test_recording_what_is_known_writes_nothing(place):
    result = runs.Result(
        invocation_id="one", tool="dbt", command="dbt build", started_at="2026-01-01",
        is_complete=True, test_id="dbt", kind="run", name="dbt build", status="passed",
    )  # fmt: skip
    assert runs.record(place.published, [result], place.folder) == 1
    held = hold(place.published, is_read_only=True)
    assert runs.record(place.published, [result], place.folder) == 0
    held.communicate(b"\n")


# --- The backup of what is kept ---


def test_what_is_kept_is_restored_from_its_backup(place):
    small_nights.run(place.published, 2)
    with duckdb.connect(str(place.published)) as connection:
        connection.execute("delete from marts.kept")
    place.take(as_of_is_given=True)
    assert place.restore(None) == 2 + 2
    assert sql(place.candidate, "from marts.kept order by all") == [(1,), (2,)]
    place.take(as_of_is_given=True)
    place.restore("0001")
    assert sql(place.candidate, "from marts.kept order by all") == [(1,)]
    with pytest.raises(Stopped, match="holds no backup of 0017"):
        place.restore("0017")


def test_a_damaged_backup_is_refused(place):
    file = place.kept / tables.read(place.kept)["tables"]["marts.kept"]["file"]
    file.write_bytes(file.read_bytes()[:-1])
    place.take(as_of_is_given=True)
    with pytest.raises(Stopped, match=r"marts\.kept\.parquet is missing or damaged"):
        place.restore(None)


def test_a_damaged_warehouse_is_put_aside_and_its_history_restored(place):
    damaged = place.published.read_bytes()[:5000]
    place.published.write_bytes(damaged)
    with pytest.raises(Stopped, match="cannot be opened .* damaged: .* crm-hygiene restore"):
        place.take(as_of_is_given=True)
    assert place.published.read_bytes() == damaged
    place.take(as_of_is_given=True, is_restored=True)
    place.restore(None)
    small_nights.build(place.candidate, 2)
    place.publish("0002", ["marts.kept"])
    assert nights_of_file(place.published) == {2}
    assert sql(place.published, "from marts.kept order by all") == [(1,), (2,)]
    assert place.published.with_name("crm.duckdb.damaged").read_bytes() == damaged


def test_the_log_of_runs_is_a_json_line_a_run(place):
    from crm_hygiene.nightly.lock import log

    log(place.folder, run="0001", status="published")
    log(place.folder, run="0002", status="failed", cause="Größe\nzu klein")
    lines = (place.folder / "runs.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["run"] for line in lines] == ["0001", "0002"]


def test_a_clock_that_went_back_is_refused_unless_as_of_is_given(place):
    with duckdb.connect(str(place.published)) as connection:
        connection.execute(f"update {PUBLISHED} set published_at = published_at + interval 5 year")
    with pytest.raises(Stopped, match="it went back, or was wrong then"):
        place.take(as_of_is_given=False)
    place.take(as_of_is_given=True)
    small_nights.build(place.candidate, 2)
    place.publish("0002", [])
    # The night after goes on as ever.
    place.take(as_of_is_given=False)
