"""Write the lists of the last build as CSV and parquet, and the ids that may be acted on now.

    crm-hygiene export [--out FOLDER] [--target NAME]

FOLDER gets one CSV and one parquet file per list, and below approved/ one CSV file of ids per CRM,
object and action, for the CRM's bulk tool: what reviewers cleared, and nothing else.
"""

import csv
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from crm_hygiene.cli import command_parser
from crm_hygiene.project import ROOT
from crm_hygiene.warehouse import WarehouseError, first_line, open_warehouse, place_of

LISTS = (
    "keep_list",
    "reengage_candidates",
    "archive_candidates",
    "anonymize_candidates",
    "delete_candidates",
    "quarantine_queue",
)
# What a stopped machine damaged, to be put back: a record may have several fields.
REVERTS = "revert_list"
# Whom nobody may turn to and whose record does not say so: by channel and kind of breach.
BREACHES = "suppression_breaches"
# A record may have several rows in these.
ORDERS = {REVERTS: ", field, change_date, machine", BREACHES: ", channel, kind"}
# The column by which a bulk tool finds a record; the open landing has its own for each object.
ID_COLUMNS = {"salesforce": "Id", "hubspot": "hs_object_id"}
# Salesforce has two objects for what is one here, told apart by the first characters of the id.
SALESFORCE_ACTIVITIES = {"00T": "task", "00U": "event"}
APPROVED = re.compile(r"(?:salesforce|hubspot|open)_[a-z]+_(?:archive|anonymize|delete)\.csv")

# What a spreadsheet takes for the start of a formula, the wide forms of Asian keyboards among it.
FORMULA = "[=+\\-@\uff1d\uff0b\uff0d\uff20]"
# What it may skip before that.
SKIPPED = "[\\s\x00-\x1f\x7f\u200b\ufeff\"']"
DANGEROUS = re.compile(f"{FORMULA}|[\t\r\n]")
STARTS_FORMULA = re.compile(f"{SKIPPED}*{FORMULA}|[\t\r\n]")
# A spreadsheet that separates cells otherwise may start a cell in the middle of a text.
STARTS_IN_THE_MIDDLE = re.compile(f"([,;|\t\r\n](?:(?![\t\r\n]){SKIPPED})*)(?={FORMULA})")


def harmless(text: str) -> str:
    """Return a text in which no spreadsheet finds a formula: it sees a quote first."""
    if not DANGEROUS.search(text):
        return text
    if STARTS_FORMULA.match(text):
        text = f"'{text}"
    return STARTS_IN_THE_MIDDLE.sub(r"\1'", text)


def cell(value: object) -> str:
    """Return a value as the CSV files have it."""
    if isinstance(value, str):
        return harmless(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat(" ") if isinstance(value, datetime) else str(value)


def write_csv(path: Path, header: Iterable[str], rows: Iterable[tuple]) -> int:
    """Write a CSV file after RFC 4180; return its number of rows."""
    n_rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row in rows:
            writer.writerow([cell(value) for value in row])
            n_rows += 1
    return n_rows


def rows_of(relation: duckdb.DuckDBPyRelation) -> Iterator[tuple]:
    """Yield the rows of a relation that need not fit into memory."""
    while rows := relation.fetchmany(10_000):
        yield from rows


def write_lists(connection: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, int]:
    """Write each list as CSV and parquet, ids first; return their numbers of rows."""
    counts = {}
    for name in (*LISTS, *ORDERS):
        query = (
            "select record_id, crm, object_type, * exclude (record_id, crm, object_type) "
            f"from marts.{name} order by crm, object_type, record_id{ORDERS.get(name, '')}"
        )
        connection.sql(query).write_parquet(str(folder / f"{name}.parquet"))
        relation = connection.sql(query)
        counts[name] = write_csv(folder / f"{name}.csv", relation.columns, rows_of(relation))
    return counts


def write_approved(connection: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, int]:
    """Write the ids that reviewers cleared; return the numbers of rows by file."""
    folder.mkdir()
    groups: dict[tuple[str, str, str], list[tuple[str]]] = {}
    cleared = connection.sql(
        "select crm, object_type, cleared_for, record_id from marts.candidate_reviews "
        "where cleared_for is not null order by crm, object_type, cleared_for, record_id"
    )
    for crm, object_type, action, record_id in rows_of(cleared):
        if (crm, object_type) == ("salesforce", "activity"):
            object_type = SALESFORCE_ACTIVITIES.get(record_id[:3], object_type)
        groups.setdefault((crm, object_type, action), []).append((record_id,))
    return {
        f"approved/{crm}_{object_type}_{action}": write_csv(
            folder / f"{crm}_{object_type}_{action}.csv",
            [ID_COLUMNS.get(crm, f"{object_type}_id")],
            ids,
        )
        for (crm, object_type, action), ids in groups.items()
    }


def publish(written: Path, out: Path) -> None:
    """Move what was written into its place; ids that are no longer cleared go first."""
    (out / "approved").mkdir(exist_ok=True)
    for file in (out / "approved").iterdir():
        if APPROVED.fullmatch(file.name):
            file.unlink()
    for file in written.rglob("*.*"):
        file.replace(out / file.relative_to(written))


def export(warehouse: Path | str, out: Path) -> dict[str, int]:
    """Write everything, or nothing where something fails; return the numbers of rows by file."""
    connection = open_warehouse(warehouse)
    written = None
    try:
        out.mkdir(parents=True, exist_ok=True)
        written = Path(tempfile.mkdtemp(prefix=".export_", dir=out))
        counts = write_lists(connection, written)
        counts |= write_approved(connection, written / "approved")
        publish(written, out)
    except duckdb.CatalogException:
        raise WarehouseError("The lists are not built yet; run make build first.") from None
    except duckdb.Error as error:
        raise WarehouseError(f"The lists cannot be read: {first_line(error)}") from None
    except OSError as error:
        raise WarehouseError(f"{out} cannot be written to: {error.strerror}.") from None
    finally:
        connection.close()
        if written:
            shutil.rmtree(written)
    return counts


def main(arguments: list[str] | None = None) -> int:
    """Export; return the exit code."""
    parser = command_parser("export", __doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "exports", help="the folder to write to")
    parser.add_argument("--target", default=os.environ.get("CRM_HYGIENE_TARGET", "duckdb"))
    given = parser.parse_args(arguments)
    try:
        counts = export(place_of(given.target), given.out)
    except WarehouseError as error:
        print(error, file=sys.stderr)
        return 1
    for name, n_rows in counts.items():
        print(f"{n_rows:10,}  {name}")
    print(f"Written to {given.out}. In CSV a ' stands before what a spreadsheet would calculate.")
    return 0
