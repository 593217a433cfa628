"""One run at a time, and the log of runs."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crm_hygiene.nightly.faults import Stopped


class RunningError(Stopped):
    """Another run is at work."""


def now() -> datetime:
    """Return the time by the clock as UTC without time zone."""
    return datetime.now(UTC).replace(tzinfo=None)


@contextlib.contextmanager
def one_run(folder: Path, run: str) -> Iterator[dict[str, Any]]:
    """Hold the lock of a warehouse; give what a run that was killed had written of itself.

    The system lets go of the lock when a process ends, however it ends. What it wrote stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = read(file)
            raise RunningError(
                f"Another run is at work: process {other.get('pid', 'unknown')}, since "
                f"{other.get('started_at', 'a moment')} UTC. Nothing was done; this one is not "
                "needed, or wait until that has ended."
            ) from None
        killed = read(file)
        file.truncate(0)
        mine = {"run": run, "pid": os.getpid(), "started_at": f"{now():%Y-%m-%d %H:%M:%S}"}
        file.write(json.dumps(mine))
        file.flush()
        try:
            yield killed
        finally:
            file.truncate(0)


def read(file) -> dict[str, Any]:
    """Return what a run wrote of itself into the lock file; nothing where it ended well."""
    file.seek(0)
    try:
        return json.loads(file.read())
    except ValueError:
        return {}


def log(folder: Path, **told: Any) -> None:
    """Add a line to the log of runs, runs.jsonl: one JSON object a run."""
    with (folder / "runs.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(told, default=str) + "\n")
        file.flush()
        os.fsync(file.fileno())
