"""Map one's own CSV or parquet files to the open landing, and land them as views.

    crm-hygiene map FOLDER [--mapping FILE] [--land]

The first run writes FILE (FOLDER/mapping.csv): for each column that the open landing knows, the
file and column that seem to hold it, with five of its values. Mend it by hand: a row with an empty
source is not landed. With --land the rows of FILE become views in the schema of the open landing.
"""

import csv
import difflib
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import yaml

from crm_hygiene.cli import command_parser
from crm_hygiene.project import ROOT
from crm_hygiene.warehouse import first_line, warehouse_path

SOURCES = ROOT / "models" / "staging" / "open" / "_open__sources.yml"
HEADER = ("table", "column", "required", "file", "source", "values")
ENOUGH = 0.8
# What other systems call the tables and columns of the open landing.
TABLE_WORDS = {
    "accounts": "account company companies organization organisation org customer client firm",
    "contacts": "contact person people persons",
    "leads": "lead prospect",
    "opportunities": "opportunity deal sales_pipeline pipeline",
    "opportunity_contacts": "contact_role deal_contact opportunity_contact_role",
    "activities": "activity task event engagement interaction call email meeting",
    "cases": "case ticket support",
    "users": "user owner agent employee rep sales_team seller",
    "stages": "stage status_list pipeline_stage",
    "changes": "change history audit log field_history",
    "sla_clocks": "sla clock",
    "workflow_events": "workflow event_log",
}
COLUMN_WORDS = {
    "created_at": "created create_date created_date createdate date_created creation_date add_time"
    " engage_date opened_at opened entered",
    "updated_at": "updated modified modified_at last_modified last_modified_date update_time",
    "deleted_at": "deleted delete_time",
    "account_id": "account company company_id organization organization_id org_id customer"
    " customer_id client_id",
    "contact_id": "contact person person_id",
    "opportunity_id": "opportunity deal deal_id",
    "lead_id": "lead",
    "user_id": "user owner owner_id agent sales_agent employee_id",
    "owner_id": "owner owner_name sales_agent agent rep assigned_to account_owner deal_owner user",
    "name": "title company_name account_name deal_name opportunity_name account organization_name"
    " full_name",
    "domain": "website web url site homepage",
    "phone": "telephone tel mobile phone_number",
    "email": "mail e_mail email_address",
    "street": "address street_address address_line_1",
    "postal_code": "zip zipcode postcode zip_code",
    "country": "country_name office_location nation",
    "industry": "sector branch",
    "first_name": "firstname given_name forename",
    "last_name": "lastname surname family_name",
    "title": "job_title position role",
    "company": "company_name account organization employer",
    "lead_source": "source origin channel utm_source",
    "stage": "deal_stage opportunity_stage phase status sales_stage",
    "status": "state lead_status stage",
    "amount": "value deal_value close_value revenue price total deal_amount",
    "currency": "currency_code",
    "close_date": "closing_date expected_close expected_close_date closed won_date",
    "loss_reason": "lost_reason closed_lost_reason reason",
    "occurred_at": "date happened_at due_date activity_date timestamp time",
    "type": "kind activity_type category",
    "team": "department regional_office group team_name",
    "manager_id": "manager",
    "changed_at": "timestamp date modified_at change_date when",
    "changed_by": "user author modified_by actor",
    "old_value": "old from before previous_value",
    "new_value": "new to after value",
    "field": "property attribute column field_name",
    "record_id": "id object_id entity_id",
    "object_type": "object entity entity_type table",
    "stage_order": "order position sort_order display_order",
}


class Declared(NamedTuple):
    """A column of the open landing."""

    table: str
    column: str
    is_required: bool


class Row(NamedTuple):
    """A row of the mapping: where a column's values come from; empty where from nowhere."""

    table: str
    column: str
    required: str
    file: str
    source: str
    values: str


class MappingError(Exception):
    """The files or the mapping cannot be used; the message says why."""


def plain(name: str) -> str:
    """Return a name as it is compared: lower case, words joined by underscores."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


def declared_columns() -> list[Declared]:
    """Return the columns of the open landing that a file can give."""
    tables = yaml.safe_load(SOURCES.read_text(encoding="utf-8"))["sources"][0]["tables"]
    found = []
    for table in tables:
        required = table["config"]["meta"]["required"]
        # Of several that stand in for each other the first is the one to look for.
        needed = {names if isinstance(names, str) else names[0] for names in required}
        found += [
            Declared(table["name"], column["name"], column["name"] in needed)
            for column in table["columns"]
            if not column["name"].startswith("_") and table["name"] != "lifecycle_reviews"
        ]
    return found


def likeness(name: str, wanted: str, words: str) -> float:
    """Return how much a name speaks for what is wanted, 0 to 1."""
    if name == wanted:
        return 1.0
    if name in words.split():
        return 0.9
    return difflib.SequenceMatcher(None, name, wanted).ratio() * 0.95


def reader(path: Path) -> str:
    """Return the SQL that reads a file, every CSV column as text."""
    quoted = str(path).replace("'", "''")
    if path.suffix.lower() == ".parquet":
        return f"read_parquet('{quoted}')"
    return f"read_csv('{quoted}', all_varchar = true, header = true, quote = '\"', escape = '\"')"


def files_of(folder: Path) -> dict[Path, list[str]]:
    """Return the data files of a folder with their columns."""
    found = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.suffix.lower() in (".csv", ".parquet") and path.name != "mapping.csv":
            try:
                found[path] = duckdb.sql(f"select * from {reader(path)} limit 0").columns
            except duckdb.Error as error:
                raise MappingError(f"{path.name} cannot be read: {first_line(error)}") from None
    if not found:
        raise MappingError(f"There is no CSV or parquet file in {folder}.")
    return found


def propose(files: dict[Path, list[str]], declared: Sequence[Declared]) -> list[Row]:
    """Return a row for each column of each table that a file seems to hold."""
    tables = list(dict.fromkeys(column.table for column in declared))
    rows = []
    for table in tables:
        path = file_of(table, files, tables)
        if path is None:
            continue
        columns = [column for column in declared if column.table == table]
        found = match(path, files[path], columns)
        rows += [
            Row(
                table, column.column, "required" if column.is_required else "", path.name,
                source := found.get(column.column, ""), five_values(path, source),
            )
            for column in columns
        ]  # fmt: skip
    return rows


def file_of(table: str, files: dict[Path, list[str]], tables: Sequence[str]) -> Path | None:
    """Return the file whose name speaks for a table more than for any other."""
    best: tuple[float, Path | None] = (ENOUGH, None)
    for path in files:
        name = plain(path.stem)
        scores = {
            each: max(
                likeness(form, wanted, TABLE_WORDS.get(each, ""))
                for form in (name, name.removesuffix("s"), name.removesuffix("es"))
                for wanted in (each, each.removesuffix("s"))
            )
            for each in tables
        }
        if scores[table] == max(scores.values()) and scores[table] >= best[0]:
            best = (scores[table], path)
    return best[1]


def match(path: Path, names: Iterable[str], columns: Sequence[Declared]) -> dict[str, str]:
    """Return the source of each column that has one, each source once, the likeliest first."""
    own_id = next((column.column for column in columns if column.column.endswith("_id")), "")
    scored = []
    for place, column in enumerate(columns):
        words = COLUMN_WORDS.get(column.column, "")
        if column.column == own_id:
            words += f" id {plain(path.stem)}_id {plain(path.stem).removesuffix('s')}_id"
        for name in names:
            score = likeness(plain(name), column.column, words)
            if score >= ENOUGH:
                scored.append((-score, place, column.column, name))
    found: dict[str, str] = {}
    for _, _, column_name, name in sorted(scored):
        if column_name not in found and name not in found.values():
            found[column_name] = name
    return found


def five_values(path: Path, source: str) -> str:
    """Return five different values of a column, with bars between them."""
    if not source:
        return ""
    quoted = source.replace('"', '""')
    rows = duckdb.sql(
        f'select distinct cast("{quoted}" as varchar) as value from {reader(path)}'
        f' where "{quoted}" is not null order by value limit 5'
    ).fetchall()
    return " | ".join(value[:40] for (value,) in rows)


def write_mapping(path: Path, rows: Iterable[Row]) -> None:
    """Write the mapping."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(rows)


def read_mapping(
    path: Path, files: dict[Path, list[str]], declared: Sequence[Declared]
) -> list[Row]:
    """Return the rows of a mapping that name a source, checked against files and landing."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    if not lines or not set(HEADER) <= set(lines[0]):
        raise MappingError(f"{path} needs the columns {', '.join(HEADER)}.")
    rows = [Row(**{name: line[name] or "" for name in HEADER}) for line in lines]
    known = {(column.table, column.column) for column in declared}
    by_name = {file.name: columns for file, columns in files.items()}
    for number, row in enumerate(rows, start=2):
        if (row.table, row.column) not in known:
            raise MappingError(
                f"{path}, line {number}: the open landing has no {row.table}.{row.column}."
            )
        if row.source and row.source not in by_name.get(row.file, []):
            raise MappingError(
                f"{path}, line {number}: {row.file or 'no file'} has no column {row.source}."
            )
    return [row for row in rows if row.source]


def lacking(rows: Iterable[Row], declared: Sequence[Declared]) -> list[str]:
    """Return the required columns of the mapped tables that have no source."""
    given = {(row.table, row.column) for row in rows if row.source}
    tables = {table for table, _ in given}
    return [
        f"{column.table}.{column.column}"
        for column in declared
        if column.is_required
        and column.table in tables
        and (column.table, column.column) not in given
    ]


def land(rows: Sequence[Row], folder: Path, warehouse: Path, schema: str) -> list[str]:
    """Make a view of each mapped table; return their names."""
    tables: dict[str, list[Row]] = {}
    for row in rows:
        tables.setdefault(row.table, []).append(row)
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(f'create schema if not exists "{schema}"')
        for table, columns in tables.items():
            chosen = ", ".join(
                '"{}" as {}'.format(row.source.replace('"', '""'), row.column) for row in columns
            )
            source = reader((folder / columns[0].file).resolve())
            connection.execute(
                f'create or replace view "{schema}".{table} as select {chosen} from {source}'
            )
    return list(tables)


def run(options: Any) -> int:
    """Propose a mapping, or land by one; return the exit code."""
    declared, files = declared_columns(), files_of(options.folder)
    path = options.mapping or options.folder / "mapping.csv"
    if not options.land:
        if path.exists():
            raise MappingError(f"{path} is there already: land it with --land, or remove it.")
        rows = propose(files, declared)
        if not rows:
            raise MappingError(
                "No file is called like a table of the open landing"
                f" ({', '.join(TABLE_WORDS)}); rename the files, or write {path} by hand."
            )
        write_mapping(path, rows)
        for row in rows:
            if row.source:
                print(f"{row.table + '.' + row.column:<36} {row.file}: {row.source}   {row.values}")
        used = {(row.file, row.source) for row in rows}
        for file, columns in files.items():
            left = [name for name in columns if (file.name, name) not in used]
            if left:
                print(f"not used of {file.name}: {', '.join(left)}")
        for name in lacking(rows, declared):
            print(f"REQUIRED and not found: {name}; name its source in {path}")
        print(f"Look through {path}, mend it, then: crm-hygiene map {options.folder} --land")
        return 0
    if not path.exists():
        raise MappingError(f"There is no {path}; crm-hygiene map {options.folder} proposes one.")
    rows = read_mapping(path, files, declared)
    if missing := lacking(rows, declared):
        raise MappingError(f"{path} names no source of {', '.join(missing)}, which are required.")
    tables = land(rows, options.folder, warehouse_path(), options.schema)
    print(f"Landed in {options.schema}: {', '.join(tables)}")
    print("Build on it: make build ARGS=\"--vars '{crm_sources: [open]}'\"")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = command_parser("map", __doc__ or "")
    parser.add_argument("folder", type=Path, help="the folder of the files")
    parser.add_argument("--mapping", type=Path, help="the mapping (default: FOLDER/mapping.csv)")
    parser.add_argument("--land", action="store_true", help="make views by the mapping")
    parser.add_argument("--schema", default="crm_landing", help="the schema of the open landing")
    try:
        return run(parser.parse_args(arguments))
    except (MappingError, duckdb.Error, OSError) as error:
        print(f"map: {first_line(error)}", file=sys.stderr)
        return 1
