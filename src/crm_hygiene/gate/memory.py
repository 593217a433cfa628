"""What each landing held at the last good run: a later one may not hold much less."""

import difflib
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from crm_hygiene.gate.checks import Check
from crm_hygiene.gate.landing import LandedTable, Table, plain

# Names of columns at least this alike may be one column renamed.
ALIKE = 0.6
# The share of the keys, and of the time that they reach back over, that may go from run to run.
LOSS = 0.1
# A record deleted since may have been the newest.
A_DAY = timedelta(days=1)


def read_memory(file: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """What each landing held, by table: its rows and keys, its columns and the day they were seen,
    and the oldest and the newest of each instant."""
    memory = json.loads(file.read_text()) if file.exists() else {}
    return {
        place: {
            # An older file has the number of rows only.
            name: table if isinstance(table, dict) else {"rows": table}
            for name, table in tables.items()
        }
        for place, tables in memory.items()
    }


def write_memory(file: Path, memory: dict[str, dict[str, dict[str, Any]]]) -> None:
    """Write the file whole, or leave what is there."""
    file.parent.mkdir(parents=True, exist_ok=True)
    replacement = file.with_suffix(".new")
    replacement.write_text(json.dumps(memory, indent=2, sort_keys=True) + "\n")
    replacement.replace(file)


def vanished_columns(
    landed: LandedTable, table: Table, last: dict[str, Any]
) -> dict[str, tuple[str, str]]:
    """The declared columns that the last good run saw and that are gone, each with the column that
    may be it under another name (or an empty text) and the day it was seen."""
    known = last.get("columns", [])
    now, before = {plain(c) for c in landed.columns}, {plain(c) for c in known}
    declared = {plain(column) for column in table.columns}
    new = [c for c in landed.columns if plain(c) not in before | declared]
    gone = [c for c in table.columns if plain(c) in before - now]
    found = {}
    for column in gone:
        alike = difflib.get_close_matches(column, new, n=1, cutoff=ALIKE)
        # The only one that is gone and the only one that is new are one, whatever their names.
        found[column] = (alike or (new if len(new) == len(gone) == 1 else [""]))[0], last["seen"]
    return found


def lost_reach(crm: str, name: str, last: dict[str, Any], now: dict[str, Any]) -> list[Check]:
    """The checks of what a table does not reach over any more, though it may have as many rows:
    keys, old instants, the newest ones. Nothing is lost where nothing is remembered."""
    found = []
    keys = last.get("keys", 0)
    if now and now["keys"] < keys * (1 - LOSS):
        what = f"at least {keys * (1 - LOSS):.0f} keys ({keys} at the last run)"
        found.append(("", "keys_are_still_landed", what, f"{now['keys']} keys"))
    for column, (low, high) in now.get("instants", {}).items():
        ends = last.get("instants", {}).get(column)
        if not ends:
            continue
        try:
            start, end, oldest, newest = map(datetime.fromisoformat, (*ends, low, high))
        except ValueError:  # before the first year or after the last that Python knows
            continue
        if oldest > start + (end - start) * LOSS:
            what = f"values from {start:%Y-%m-%d} on, as at the last run"
            instead = f"none before {oldest:%Y-%m-%d}"
            found.append((column, "oldest_instant_is_still_landed", what, instead))
        if newest < end - A_DAY:
            what = f"values up to {end:%Y-%m-%d %H:%M}, as at the last run"
            instead = f"none after {newest:%Y-%m-%d %H:%M}"
            found.append((column, "newest_instant_is_still_landed", what, instead))
    return [
        Check(crm, name, column, "warning", kind, what, instead, False)
        for column, kind, what, instead in found
    ]


def renaming(successor: str) -> str:
    """The hint that a column may only have changed its name."""
    return f"; {successor} is new: renamed?" if successor else ""
