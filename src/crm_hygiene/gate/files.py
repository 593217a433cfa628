"""The files of a landing, before DuckDB reads them: what it cannot read, or would read wrongly."""

import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from crm_hygiene.gate.checks import Check
from crm_hygiene.project import ROOT

# What DuckDB takes for the longest line.
LONGEST_LINE = 2_000_000
# A line so long holds a chunk so large without a line break.
CHUNK = LONGEST_LINE // 2
# Quoted cells, the quotes at the start of a cell only; the last one may not be closed.
QUOTED = re.compile(rb'(?:\A|(?<=[,;|\t\r\n]))"((?:[^"]++|"")*+)("?)')
SHOWN_FAULTS = 3


def folders(variables: dict[str, Any]) -> dict[str, Path]:
    """Return the folder of files that each CRM is landed as, where it is."""
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    given = project.get("vars") or {}
    given = {**given, **(given.get("crm_hygiene") or {}), **variables}
    return {
        name.removesuffix("_files"): Path(str(folder))
        for name, folder in given.items()
        if name.endswith("_files") and folder
    }


def files_of(folder: Path) -> list[Path]:
    """Return the files that are read of a folder."""
    if not folder.is_dir():
        return []
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in (".csv", ".parquet"))


@contextmanager
def content_of(file: Path) -> Iterator[mmap.mmap | bytes]:
    """Give what a file holds without reading it into memory."""
    with file.open("rb") as opened:
        if not file.stat().st_size:
            yield b""
            return
        with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            yield mapped


def faults_of(folders: dict[str, Path]) -> list[str]:
    """Return why files cannot be read, a sentence each."""
    found = [fault for folder in folders.values() for f in files_of(folder) for fault in faults(f)]
    more = len(found) - SHOWN_FAULTS
    return [*found[:SHOWN_FAULTS], *([f"And {more} more."] if more > 0 else [])]


def faults(file: Path) -> Iterator[str]:
    """Yield why a file cannot be read."""
    try:
        with content_of(file) as content:
            if file.suffix.lower() == ".parquet":
                if content[:4] != b"PAR1" or content[-4:] != b"PAR1" or len(content) < 12:
                    yield f"{file} is no whole parquet file: it was cut off; land it again."
            elif content[:2] == b"\xfe\xff":
                yield f"{file} is UTF-16 with the high byte first: save it as UTF-8."
            elif number := long_line(content):
                yield (
                    f"{file}, line {number} is longer than {LONGEST_LINE:,} bytes: a line break or "
                    "a closing quote is missing; land the file again."
                )
    except OSError as error:
        yield f"{file} cannot be read: {error.strerror}; give this user the right to."


def long_line(content: mmap.mmap | bytes) -> int:
    """Return the number of the first line that is too long; 0 where none is."""
    for start in range(0, len(content) - CHUNK + 1, CHUNK):
        chunk = content[start : start + CHUNK]
        if b"\n" in chunk or b"\r" in chunk:
            continue
        begin = max(content.rfind(mark, 0, start) for mark in (b"\n", b"\r")) + 1
        ends = [content.find(mark, start) for mark in (b"\n", b"\r")]
        end = min((end for end in ends if end >= 0), default=len(content))
        if end - begin > LONGEST_LINE:
            return lines_before(content, begin) + 1
    return 0


def lines_before(content: mmap.mmap | bytes, place: int) -> int:
    """Return how many lines end before a place."""
    count = 0
    for start in range(0, place, CHUNK):
        chunk = content[start : min(start + CHUNK, place)]
        count += chunk.count(b"\n") or chunk.count(b"\r")
    return count


def swallowed_rows(folders: dict[str, Path]) -> list[Check]:
    """Return a warning for each CSV file in which a quote that is not closed swallows rows."""
    return [
        Check(
            crm, file.stem, "", "warning", "quotes_are_closed", "quotes that close in their row",
            f"in {file}, line {number} a quote that swallows {n_rows} rows, up to line {last}",
            False,
        )
        for crm, folder in folders.items()
        for file in files_of(folder)
        if file.suffix.lower() == ".csv"
        for number, n_rows, last in quotes_over_rows(file)
    ]  # fmt: skip


def quotes_over_rows(file: Path) -> list[tuple[int, int, int]]:
    """Return the quoted cells that hold what looks like rows: the line, the rows, the last line.

    A text of several lines is none: most lines of it have another number of commas than a row.
    """
    found = []
    with content_of(file) as content:
        header = content[: content.find(b"\n") + 1 or len(content)]
        separator = max((b",", b";", b"\t", b"|"), key=header.count)
        n_separators = header.count(separator)
        if not n_separators or content.find(b'"') < 0:
            return []
        for cell in QUOTED.finditer(content):
            inner = cell[1].replace(b"\r\n", b"\n").split(b"\n")[1:]
            if cell[2]:
                inner = inner[:-1]
            rows = sum(line.count(separator) == n_separators for line in inner)
            if rows and rows * 2 > len(inner):
                first = lines_before(content, cell.start()) + 1
                found.append((first, rows, first + cell[1].count(b"\n")))
    return found
