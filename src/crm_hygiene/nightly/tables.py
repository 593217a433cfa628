"""Tables of a warehouse as parquet with a manifest: a folder a run, and a pointer to the last.

FOLDER/manifest.json tells of the run that was published last, and names the files of each table; it
is replaced in one step, and the files of a run never change.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from crm_hygiene.nightly import files
from crm_hygiene.nightly.faults import Stopped
from crm_hygiene.warehouse import columns_of

# Tables that a backup adds to and never takes from, with their keys: nobody who asked to be left
# alone since the backup is forgotten with it.
ADDED_TO = {"marts.suppression_register": "suppression_id"}


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(
    connection: duckdb.DuckDBPyConnection,
    tables: Iterable[str],
    folder: Path,
    run: dict[str, Any],
) -> dict[str, Any]:
    """Write the tables that there are to a new folder of this run; return its manifest.

    A file that holds the same as that of the last run shares its place on the disk.
    """
    folder.mkdir(parents=True, exist_ok=True)
    part, whole = folder / f"{run['run']}.part", folder / run["run"]
    part.mkdir()
    before = read(folder).get("tables", {})
    told = {}
    for table in tables:
        if not columns_of(connection, table):
            continue
        file = part / f"{table}.parquet"
        connection.sql(f"select * from {table}").write_parquet(str(file), compression="zstd")
        told[table] = {
            "file": f"{run['run']}/{file.name}",
            "rows": connection.sql(f"select count(*) from {table}").fetchone()[0],
            "sha256": hash_of(file),
        }
        last = before.get(table, {})
        if last.get("sha256") == told[table]["sha256"] and (folder / last["file"]).is_file():
            file.unlink()
            os.link(folder / last["file"], file)
        files.sync(file)
    manifest = {**run, "tables": told}
    files.write_json(part / "manifest.json", manifest)
    part.replace(whole)
    return manifest


def point_to(folder: Path, manifest: dict[str, Any], n_kept: int) -> None:
    """Let the manifest name this run as the last, and remove older ones."""
    files.write_json(folder / "manifest.json", manifest)
    files.keep_newest(folder, n_kept, manifest["run"])


def forget(folder: Path, run: str) -> None:
    """Remove what was written of a run that was not published."""
    for name in (run, f"{run}.part"):
        shutil.rmtree(folder / name, ignore_errors=True)


def read(folder: Path) -> dict[str, Any]:
    """Return the manifest of a folder; nothing where none was published."""
    try:
        return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        raise Stopped(f"{folder / 'manifest.json'} is damaged; name a run's folder.") from None


def load(connection: duckdb.DuckDBPyConnection, folder: Path, manifest: dict[str, Any]) -> int:
    """Put the tables of a manifest in the place of the warehouse's; return their number of rows."""
    for table, told in manifest["tables"].items():
        file = folder / told["file"]
        if not file.is_file() or hash_of(file) != told["sha256"]:
            raise Stopped(f"The backup {file} is missing or damaged; restore another run.")
        connection.execute(f"create schema if not exists {table.split('.')[0]}")
        since = "from read_parquet($file)"
        if table in ADDED_TO and columns_of(connection, table):
            key = ADDED_TO[table]
            since += f" union all by name from {table} where {key} not in (select {key} {since})"
        connection.execute(f"create or replace table {table} as {since}", {"file": str(file)})
    return sum(told["rows"] for told in manifest["tables"].values())
