"""Where a build goes and how it is published: what differs between engines.

A build goes into a candidate that no reader sees; publishing puts it into the place of what they
read. On DuckDB the candidate is a copy of the file, and publishing renames it. An engine that has
no candidate yet is built where readers see it.
"""

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from crm_hygiene.dbt import Dbt
from crm_hygiene.nightly import files, tables
from crm_hygiene.nightly.faults import Stopped, in_words
from crm_hygiene.nightly.lock import now
from crm_hygiene.nightly.schemas import PostgresSchemas
from crm_hygiene.project import ROOT
from crm_hygiene.runs import COLUMNS, TABLE
from crm_hygiene.warehouse import (
    candidate_of,
    columns_of,
    first_line,
    let_go_of_the_file,
    warehouse_path,
)

PUBLISHED = "runs.published"
PUBLISHED_COLUMNS = (
    "run varchar, published_at timestamp, as_of timestamp, project_version varchar,"
    " dbt_version varchar"
)
# How many runs stay as parquet: a reader may still read those before the last.
N_MARTS, N_KEPT = 3, 14


class ChangedError(Stopped):
    """The published warehouse was written to while the candidate was built."""


class InPlace:
    """A warehouse that is built where readers see it."""

    def __init__(self, target: str):
        """Take the target, by which its lock and log are named."""
        self.folder = ROOT / "warehouse" / f"{target}.nightly"
        self.where = f"the target {target}"
        self.candidate = None

    def alone(self) -> contextlib.AbstractContextManager:
        """Nothing but the lock file is held."""
        return contextlib.nullcontext()

    def begin(self, dbt: Dbt) -> None:
        """Nothing more is needed once the project is parsed."""

    def clean(self) -> None:
        """Nothing is left over."""

    def take(self, as_of_is_given: bool, is_restored: bool = False) -> None:
        """Nothing is copied."""

    def in_use(self) -> contextlib.AbstractContextManager:
        """Let the commands of this process use the candidate."""
        return contextlib.nullcontext()

    def restore(self, run: str | None) -> int:
        """Refuse: nothing is backed up."""
        raise Stopped(f"Of {self.where} nothing is backed up here: use the backups of its server.")

    def publish(self, run: str, kept: list[str]) -> dict[str, Any]:
        """All is published already."""
        return {}


class DuckDBFile:
    """A DuckDB file: built as a copy of the same name in another folder, published by a rename."""

    def __init__(self, given: Path):
        """Take the file that readers open. What stands beside it bears its name."""
        self.published = given.resolve()
        beside = self.published.parent
        self.folder = beside / f"{given.stem}.nightly"
        self.marts = beside / f"{given.stem}.marts"
        self.kept = beside / f"{given.stem}.kept"
        self.candidate = candidate_of(given)
        self.unpublished_runs = self.folder / "unpublished_runs.parquet"
        self.where = str(given)
        self.seen: tuple = ()
        self.is_damaged = False

    def alone(self) -> contextlib.AbstractContextManager:
        """Nothing but the lock file is held."""
        return contextlib.nullcontext()

    def begin(self, dbt: Dbt) -> None:
        """Nothing more is needed once the project is parsed."""

    def clean(self) -> None:
        """Bring back what a run that was killed in the middle of publishing had moved away."""
        for wal in self.folder.glob("wal_of_*"):
            if wal.name == self.name_of_moved_wal():
                wal.replace(wal_of(self.published))
            else:
                wal.unlink()

    def take(self, as_of_is_given: bool, is_restored: bool = False) -> None:
        """Copy the published file, or begin with a new one; refuse a clock that went back.

        Where what is kept is restored, a damaged file is put aside.
        """
        self.carry_runs_over()
        shutil.rmtree(self.candidate.parent, ignore_errors=True)
        self.candidate.parent.mkdir(parents=True)
        if self.published.exists():
            with shut_out_writers(self.published):
                self.seen = signature(self.published)
                files.copy(self.published, self.candidate)
                if wal_of(self.published).exists():
                    files.copy(wal_of(self.published), wal_of(self.candidate))
                if signature(self.published) != self.seen:
                    raise ChangedError(f"{self.published} was written to while it was copied.")
        try:
            with duckdb.connect(str(self.candidate)) as connection:
                self.know_the_runs(connection)
                if not as_of_is_given:
                    refuse_an_earlier_clock(connection)
        except duckdb.Error as error:
            shutil.rmtree(self.candidate.parent)
            self.candidate.parent.mkdir()
            self.is_damaged = is_restored
            if is_restored:
                return
            cause = in_words(error) or "Move it away and run crm-hygiene restore."
            raise Stopped(
                f"{self.published} cannot be opened ({first_line(error)[:200]}). {cause}"
            ) from None

    def carry_runs_over(self) -> None:
        """Keep what an unpublished candidate recorded of runs, before it goes."""
        if not self.candidate.exists():
            return
        part = self.unpublished_runs.with_suffix(".part")
        # One that was killed or is damaged may not tell.
        with contextlib.suppress(duckdb.Error), duckdb.connect(str(self.candidate)) as connection:
            if columns_of(connection, TABLE):
                connection.sql(f"select * from {TABLE}").write_parquet(str(part))
                files.put(part, self.unpublished_runs)

    def know_the_runs(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Add to the candidate the runs that earlier candidates recorded and nobody published."""
        connection.execute("create schema if not exists runs")
        connection.execute(f"create table if not exists {PUBLISHED} ({PUBLISHED_COLUMNS})")
        if not self.unpublished_runs.exists():
            return
        definition = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        connection.execute(f"create table if not exists {TABLE} ({definition})")
        connection.execute(
            f"insert into {TABLE} by name select * from read_parquet(?) as earlier where"
            f" earlier.invocation_id not in (select invocation_id from {TABLE})",
            [str(self.unpublished_runs)],
        )

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Let the commands of this process use the candidate."""
        before = os.environ.get("CRM_HYGIENE_DUCKDB")
        os.environ["CRM_HYGIENE_DUCKDB"] = str(self.candidate)
        try:
            yield
        finally:
            let_go_of_the_file()
            if before is None:
                del os.environ["CRM_HYGIENE_DUCKDB"]
            else:
                os.environ["CRM_HYGIENE_DUCKDB"] = before

    def restore(self, run: str | None) -> int:
        """Put what was kept of a run, or of the last, into the candidate; return its rows."""
        manifest = tables.read(self.kept / run if run else self.kept)
        if not manifest:
            raise Stopped(
                f"{self.kept} holds no backup of {run or 'any run'}: crm-hygiene restore --list."
            )
        with duckdb.connect(str(self.candidate)) as connection:
            return tables.load(connection, self.kept, manifest)

    def publish(self, run: str, kept: list[str]) -> dict[str, Any]:
        """Put the candidate in the place of the published file, in one step; return its manifest.

        The parquet files are written before, and named by their manifests after it.
        """
        let_go_of_the_file()
        with duckdb.connect(str(self.candidate)) as connection:
            told = sign(connection, run)
            marts = [
                f"marts.{name}"
                for (name,) in connection.execute(
                    "select table_name from information_schema.tables where table_schema = 'marts'"
                    " and table_catalog = current_database() order by table_name"
                ).fetchall()
            ]
            try:
                of_marts = tables.write(connection, marts, self.marts, told)
                of_kept = tables.write(connection, [*kept, TABLE, PUBLISHED], self.kept, told)
            except BaseException:
                self.forget(run)
                raise
            connection.execute("checkpoint")
        if wal_of(self.candidate).exists():
            self.forget(run)
            raise Stopped(f"{self.candidate} is still open in another process: close it there.")
        try:
            self.replace()
        except Stopped:
            self.forget(run)
            raise
        shutil.rmtree(self.candidate.parent, ignore_errors=True)
        try:
            tables.point_to(self.marts, of_marts, N_MARTS)
            tables.point_to(self.kept, of_kept, N_KEPT)
            self.unpublished_runs.unlink(missing_ok=True)
        except OSError as error:
            print(f"The manifests still name the run before: {in_words(error) or error}")
            return {**of_marts, "lacks_manifest": True}
        return of_marts

    def replace(self) -> None:
        """Rename the candidate over the published file, unless somebody has written to that."""
        if not self.published.exists():
            files.put(self.candidate, self.published)
            return
        with shut_out_writers(self.published):
            if signature(self.published) != self.seen:
                raise ChangedError(
                    f"{self.published} was written to by another process (a loader?) while the "
                    "build ran; nothing was published. Run again when it has ended."
                )
            if self.is_damaged:
                aside = self.published.with_name(f"{self.published.name}.damaged")
                aside.unlink(missing_ok=True)
                os.link(self.published, aside)
            # What it holds was copied with the file; beside another file it would be wrong.
            if wal_of(self.published).exists():
                wal_of(self.published).replace(self.folder / self.name_of_moved_wal())
            files.put(self.candidate, self.published)
        for wal in self.folder.glob("wal_of_*"):
            wal.unlink()

    def name_of_moved_wal(self) -> str:
        """Return under which name the WAL of the published file is moved away."""
        known = self.published.stat() if self.published.exists() else None
        return f"wal_of_{known.st_ino}_{known.st_mtime_ns}" if known else "wal_of_none"

    def forget(self, run: str) -> None:
        """Remove the parquet files of a run that was not published."""
        for folder in (self.marts, self.kept):
            tables.forget(folder, run)


Warehouse = InPlace | DuckDBFile | PostgresSchemas


def warehouse_of(target: str, engine: str | None = None) -> Warehouse:
    """Return the warehouse of a target."""
    if target == "duckdb":
        return DuckDBFile(warehouse_path())
    return PostgresSchemas(target) if engine == "postgres" else InPlace(target)


def wal_of(file: Path) -> Path:
    """Return where DuckDB writes what it has not yet put into a file."""
    return file.with_name(f"{file.name}.wal")


def signature(file: Path) -> tuple:
    """Return what changes when a DuckDB file is written to."""
    return tuple(
        (known.st_ino, known.st_size, known.st_mtime_ns)
        for each in (file, wal_of(file))
        if each.exists()
        for known in (each.stat(),)
    )


@contextlib.contextmanager
def shut_out_writers(file: Path) -> Iterator[None]:
    """Hold a file as DuckDB's readers do: readers may come and go, writers have to wait."""
    deadline = time.monotonic() + float(os.environ.get("CRM_HYGIENE_WAIT_SECONDS", "60"))
    with file.open("rb") as held:
        while True:
            try:
                fcntl.lockf(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise Stopped(f"{file}: {who_holds(file)}") from None
            time.sleep(0.2)
        yield


def who_holds(file: Path) -> str:
    """Say which process has a DuckDB file open to write."""
    try:
        duckdb.connect(str(file), read_only=True).close()
    except duckdb.Error as error:
        _, _, told = str(error).partition("Conflicting lock is held in ")
        if told:
            who = told.split(").")[0]
            return (
                f"another process has it open to write: {who}). Let it end, or open the file "
                "read-only there, and run again; nothing was published."
            )
    return "another process had it open to write; run again."


def refuse_an_earlier_clock(connection: duckdb.DuckDBPyConnection) -> None:
    """Stop where the clock says less than when the last run was published."""
    last: datetime | None
    (last,) = connection.execute(f"select max(published_at) from {PUBLISHED}").fetchone()
    if last and last > now():
        raise Stopped(
            f"The clock says {now():%Y-%m-%d %H:%M} UTC, and the last run was published at "
            f"{last:%Y-%m-%d %H:%M}: it went back, or was wrong then. Set it right; where it is "
            "right now, say when to look at the CRM once (--vars 'as_of: ...')."
        )


def sign(connection: duckdb.DuckDBPyConnection, run: str) -> dict[str, Any]:
    """Write into the candidate which run it is of; return what the manifests tell of it."""
    given = {}
    if columns_of(connection, "marts.run_settings"):
        given = dict(
            connection.execute(
                "select setting, value from marts.run_settings "
                "where coalesce(crm, pipeline, segment) is null and kind in ('variable', 'version')"
            ).fetchall()
        )
    told = {
        "run": run,
        "published_at": now().isoformat(" ", "microseconds"),
        "as_of": given.get("as_of"),
        "project_version": given.get("project_version"),
        "dbt_version": given.get("dbt_version"),
    }
    # Those of a clock that was ahead would stop every run to come.
    connection.execute(f"delete from {PUBLISHED} where published_at > ?", [told["published_at"]])
    connection.execute(f"insert into {PUBLISHED} values (?, ?, ?, ?, ?)", [*told.values()])
    return {**told, "duckdb_version": duckdb.__version__}
