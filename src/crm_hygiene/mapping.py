"""Map one's own CSV or parquet files to the open landing, and land them as views.

    crm-hygiene map FOLDER [--mapping FILE] [--land]

The first run writes FILE (FOLDER/mapping.csv): for each column that the open landing knows, the
file and column that seem to hold it, with five of its values. Mend it by hand: a row with an empty
source is not landed, and a source in single quotes ('opportunity') is the value of every row. With
--land the rows of FILE become views in the schema of the open landing.
"""

import csv
import difflib
import re
import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import yaml

from crm_hygiene.cli import command_parser
from crm_hygiene.mapping_words import (
    COLUMN_WORDS,
    EXPECTED,
    FILE_WORDS,
    ID_WORDS,
    IDLE_WORDS,
    INSTANT_WORDS,
    RECORD_WORDS,
)
from crm_hygiene.project import ROOT
from crm_hygiene.warehouse import first_line, warehouse_path

SOURCES = ROOT / "models" / "staging" / "open" / "_open__sources.yml"
HEADER = ("table", "column", "required", "file", "source", "values")
SCHEMA = "crm_landing"
# How much a name has to say, and how much one says that is known.
ENOUGH, KNOWN = 0.8, 0.9
# How much of a key is filled and unique, and how many columns speak for a table without its name.
NEARLY, MOST = 0.9, 0.6
UNTOLD = "cannot be told"


class Declared(NamedTuple):
    """A column of the open landing."""

    table: str
    column: str
    is_required: bool
    is_key: bool
    is_date: bool


class Row(NamedTuple):
    """A row of the mapping: where a column's values come from; empty where from nowhere."""

    table: str
    column: str
    required: str
    file: str
    source: str
    values: str

    @property
    def is_constant(self) -> bool:
        """Whether the source is a value in single quotes."""
        return len(self.source) > 1 and self.source[0] == self.source[-1] == "'"


# For each file and table the sources that its columns would have.
Found = dict[tuple[Path, str], dict[str, str]]


class MappingError(Exception):
    """The files or the mapping cannot be used; the message says why."""


def plain(name: str) -> str:
    """Return a name as it is compared: lower case, words joined by underscores."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.replace("#", " no "))
    for umlaut, written in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        spaced = spaced.lower().replace(umlaut, written)
    words = re.sub(r"(?<=[a-z])(nummer|nr|liste)\b", r"_\1", spaced.lower())
    return re.sub(r"[^a-z0-9]+", "_", words).strip("_")


def is_id(name: str) -> bool:
    """Return whether a column's name ends like an id's."""
    return plain(name).split("_")[-1] in ID_WORDS.split()


def forms(name: str) -> list[str]:
    """Return a column's name as it is compared, and as this project would write it."""
    *first, last = plain(name).split("_")
    written = "id" if is_id(name) else "at" if first and last in INSTANT_WORDS.split() else last
    return ["_".join([*first, last]), "_".join([*first, written])]


def declared_columns() -> list[Declared]:
    """Return the columns of the open landing that a file can give."""
    tables = yaml.safe_load(SOURCES.read_text(encoding="utf-8"))["sources"][0]["tables"]
    found = []
    for table in tables:
        meta = table["config"]["meta"]
        # Of several that stand in for each other the first is the one to look for.
        needed = {names if isinstance(names, str) else names[0] for names in meta["required"]}
        found += [
            Declared(
                table["name"],
                name := column["name"],
                name in needed,
                meta["key"] == [name],
                column["data_type"] in ("timestamp", "date"),
            )
            for column in table["columns"]
            if not column["name"].startswith("_") and table["name"] != "lifecycle_reviews"
        ]
    return found  # fmt: skip


def likeness(names: Iterable[str], wanted: str, words: Iterable[str]) -> float:
    """Return how much the forms of a name speak for what is wanted, 0 to 1."""
    if wanted in names:
        return 1.0
    if set(words) & set(names):
        return KNOWN
    alike = max(difflib.SequenceMatcher(None, name, wanted).ratio() for name in names)
    return min(alike * 0.95, 0.89)


def sql_name(name: str) -> str:
    """Return a column's name as SQL writes it."""
    return '"{}"'.format(name.replace('"', '""'))


def sql_text(text: str) -> str:
    """Return a text as SQL writes it."""
    return "'{}'".format(text.replace("'", "''"))


def reader(path: Path) -> str:
    """Return the SQL that reads a file, every CSV column as text."""
    quoted = sql_text(str(path))
    if path.suffix.lower() == ".parquet":
        return f"read_parquet({quoted})"
    return f"read_csv({quoted}, all_varchar = true, header = true, quote = '\"', escape = '\"')"


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


def propose(found: Found, files: dict[Path, list[str]], declared: Sequence[Declared]) -> list[Row]:
    """Return a row for each declared column, with its source where a file seems to hold it."""
    chosen, rows = files_of_tables(found, files, declared), []
    for table, column, is_required, _, _ in declared:
        path = chosen.get(table)
        source = found[path, table].get(column, "") if path else ""
        values = five_values(path, source) if path and source in files[path] else ""
        file = path.name if path else ""
        rows.append(Row(table, column, "required" if is_required else "", file, source, values))
    return rows


def files_of_tables(
    found: Found, files: dict[Path, list[str]], declared: Sequence[Declared]
) -> dict[str, Path]:
    """Return the file of each table that has one: by its name, or by its columns."""
    ranked = []
    for (path, table), sources in found.items():
        by_name = name_likeness(path, table)
        share = count(sources, files[path]) / len(files[path])
        needed = {each.column for each in declared if each.table == table and each.is_required}
        # Only a name that is known is enough; any other has to have what the table requires.
        if by_name >= KNOWN or (needed <= set(sources) and (by_name or share >= MOST)):
            ranked.append((-by_name, -share, path, table))
    chosen: dict[str, Path] = {}
    for _, _, path, table in sorted(ranked):
        if table not in chosen and path not in chosen.values():
            chosen[table] = path
    return chosen


def count(sources: dict[str, str], names: Sequence[str]) -> int:
    """Return how many sources are columns of a file, not constants."""
    return sum(source in names for source in sources.values())


def name_likeness(path: Path, table: str) -> float:
    """Return how much a file's name speaks for a table; 0 where not enough."""
    name = plain(path.stem)
    words = [each for each in name.split("_") if each not in IDLE_WORDS.split()]
    words = [each for each in words if not each.isdigit()] or [name]
    known = f"{RECORD_WORDS.get(table, '')} {FILE_WORDS.get(table, '')}".split()
    whole, last = (
        likeness([each, each.removesuffix("s"), re.sub("ies$", "y", each)], table, known)
        for each in ("_".join(words), words[-1])
    )
    return max(score if score >= ENOUGH else 0 for score in (whole, last * 0.89))


def words_of(column: Declared) -> list[str]:
    """Return what other systems call a column."""
    named = {f"{words.split()[0]}_id": table for table, words in RECORD_WORDS.items()}
    named |= {"owner_id": "users", "record_id": "opportunities"}
    records = RECORD_WORDS.get(named.get(column.column, ""), "").split()
    words = COLUMN_WORDS.get(column.column, "").split()
    words += records + [f"{word}_id" for word in records]
    return words + RECORD_WORDS.get(column.table, "").split() * (column.column == "name")


def match(path: Path, files: dict[Path, list[str]], columns: Sequence[Declared]) -> dict[str, str]:
    """Return the source of each column that has one, each source once, the likeliest first."""
    names, scored = files[path], []
    expected = [name for name in names if re.search(EXPECTED, plain(name))]
    others = [name for name in names if name not in expected]
    only = {"close_date": expected, "closed_at": others} if expected else {}
    for place, column in enumerate(column for column in columns if not column.is_key):
        words = words_of(column) + ["close_date"] * (column.column == "closed_at")
        for name in only.get(column.column, names):
            score = likeness(forms(name), column.column, words)
            # Of two names that say the same an id's is likelier to be the id.
            is_other = column.column.endswith("_id") and not is_id(name)
            scored.append((-score, is_other, place, column.column, name))
    found = {each.column: key for each in columns if (key := key_of(path, files, each))}
    for score, _, _, column_name, name in sorted(scored):
        if -score >= ENOUGH and column_name not in found and name not in found.values():
            found[column_name] = name
    # A log of a deal's stages says in no column that it is one.
    is_log = {"record_id", "changed_at", "new_value"} <= set(found)
    if is_log and re.search("stage|phase", plain(found["new_value"])):
        deals = RECORD_WORDS["opportunities"].split()
        if forms(found["record_id"])[1].removesuffix("_id") in deals:
            return {"object_type": "'opportunity'", "field": "'stage'"} | found
    return found


def key_of(path: Path, files: dict[Path, list[str]], column: Declared) -> str:
    """Return the column that holds a table's key: filled, unique, and what other files refer to."""
    words, stem = words_of(column), plain(path.stem).removesuffix("s")
    own = [*words, "id", "lfd_id", f"{stem}_id", f"{stem}s_id"]
    if column.table == "users":
        words += words_of(column._replace(column="owner_id"))
    ranked = []
    for name in files[path] if column.is_key else []:
        score = likeness(forms(name), column.column, own)
        # What is called otherwise is a key where other files refer to it.
        if is_unique(path, name):
            is_referred = any(
                likeness(forms(other), column.column, words) >= ENOUGH
                and refers(file, other, path, name)
                for file in files
                for other in files[file]
                if file != path
            )
            is_called_so = score >= ENOUGH
            if is_referred or (is_called_so and is_id(name)):
                ranked.append((is_called_so and is_referred, is_referred, is_id(name), score, name))
    return max(ranked, default=("",))[-1]


def filled(path: Path, name: str) -> str:
    """Return the SQL of a column's values, NULL where blank."""
    return f"(select nullif(trim({sql_name(name)}::varchar), '') as v from {reader(path)})"


def is_unique(path: Path, name: str) -> bool:
    """Return whether a column is filled and unique, or nearly so."""
    query = f"select count(*), count(v), count(distinct v) from {filled(path, name)}"
    rows, values, different = duckdb.sql(query).fetchall()[0]
    return values >= NEARLY * rows and different >= NEARLY * values


def refers(path: Path, name: str, to_path: Path, to_name: str) -> bool:
    """Return whether a column's values are those of a column of another file, or most of them."""
    known = f"count(distinct v) filter (v in {filled(to_path, to_name)})"
    query = f"select count(distinct v), {known} from {filled(path, name)}"
    values, same = duckdb.sql(query).fetchall()[0]
    return values > 0 and same >= ENOUGH * values


def dates_of(
    rows: Iterable[Row], folder: Path, declared: Sequence[Declared]
) -> dict[tuple[str, str], str]:
    """Return the columns with dates such as 01/02/2024, with the order that their values show."""
    dates = {(column.table, column.column) for column in declared if column.is_date}
    found = {}
    for row in rows:
        if row.source and not row.is_constant and (row.table, row.column) in dates:
            values = duckdb.sql(
                "select distinct split_part(v, '/', 1)::int > 12, split_part(v, '/', 2)::int > 12"
                f" from {filled(folder / row.file, row.source)}"
                " where regexp_matches(v, '^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}')"
            ).fetchall()
            if (False, False) in values:
                is_dmy, is_mdy = (True, False) in values, (False, True) in values
                shown = "dmy" if is_dmy else "mdy"
                found[row.file, row.source] = shown if is_dmy != is_mdy else UNTOLD
    return found


def five_values(path: Path, source: str) -> str:
    """Return five different values of a column, with bars between them."""
    rows = duckdb.sql(
        f"select distinct v from {filled(path, source)} where v is not null order by v limit 5"
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
        if row.is_constant and (not row.file or row.file in by_name):
            continue
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
            names = {row.file for row in columns if row.file}
            if len(names) != 1:
                raise MappingError(f"{table} has to come of one file, not of {len(names)}.")
            chosen = ", ".join(
                f"{sql_text(row.source[1:-1]) if row.is_constant else sql_name(row.source)}"
                f" as {row.column}"
                for row in columns
            )
            source = reader((folder / names.pop()).resolve())
            connection.execute(
                f'create or replace view "{schema}".{table} as select {chosen} from {source}'
            )
    return list(tables)


def report(rows: Sequence[Row], files: dict[Path, list[str]], found: Found) -> None:
    """Print what is proposed, and which files and columns are not used."""
    for row in rows:
        if row.source:
            print(f"{row.table + '.' + row.column:<36} {row.file}: {row.source}   {row.values}")
    used = {(row.file, row.source) for row in rows}
    for file, columns in files.items():
        left = [name for name in columns if (file.name, name) not in used]
        if left == columns:
            tables = [
                (count(found[path, table], left), table) for path, table in found if path == file
            ]
            best = [f"{table} ({n} columns)" for n, table in sorted(tables, reverse=True)[:3] if n]
            print(f"not recognised: {file.name}; it could be {', '.join(best) or 'no table'}")
        if left:
            print(f"not used of {file.name}: {', '.join(left)}")


def warn_of_dates(dates: dict[tuple[str, str], str]) -> str:
    """Print which dates can be read in two ways; return what the variable has to say."""
    if not dates:
        return ""
    for (file, source), shown in dates.items():
        print(f"DATES of {file}: {source} can be read in two ways; the values show: {shown}")
    orders = set(dates.values()) - {UNTOLD}
    order = orders.pop() if len(orders) == 1 else "<dmy or mdy>"
    print(f"Build with the variable landed_formats: {{open: {{dates: {order}}}}} (docs/loaders.md)")
    return f", landed_formats: {{open: {{dates: {order}}}}}"


def run(options: Any) -> int:
    """Propose a mapping, or land by one; return the exit code."""
    declared, files = declared_columns(), files_of(options.folder)
    path = options.mapping or options.folder / "mapping.csv"
    command = ["crm-hygiene", "map", str(options.folder)]
    command += ["--mapping", str(path)] if options.mapping else []
    command += ["--schema", options.schema] if options.schema != SCHEMA else []
    if not options.land:
        if path.exists():
            raise MappingError(f"{path} is there already: land it with --land, or remove it.")
        tables = {
            column.table: [each for each in declared if each.table == column.table]
            for column in declared
        }
        found = {
            (path, table): match(path, files, columns)
            for path in files
            for table, columns in tables.items()
        }
        rows = propose(found, files, declared)
        write_mapping(path, rows)
        report(rows, files, found)
        for name in lacking(rows, declared):
            print(f"REQUIRED and not found: {name}; name its source in {path}")
        warn_of_dates(dates_of(rows, options.folder, declared))
        print(f"Look through {path}, mend it, then: {shlex.join([*command, '--land'])}")
        return 0
    if not path.exists():
        raise MappingError(f"There is no {path}; {shlex.join(command)} proposes one.")
    rows = read_mapping(path, files, declared)
    if not rows:
        raise MappingError(f"{path} names no source.")
    if missing := lacking(rows, declared):
        raise MappingError(f"{path} names no source of {', '.join(missing)}, which are required.")
    tables = land(rows, options.folder, warehouse_path(), options.schema)
    print(f"Landed in {options.schema}: {', '.join(tables)}")
    formats = warn_of_dates(dates_of(rows, options.folder, declared))
    schema = f", open_schema: {options.schema}" if options.schema != SCHEMA else ""
    print(f"Build on it: make build ARGS=\"--vars '{{crm_sources: [open]{schema}{formats}}}'\"")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = command_parser("map", __doc__ or "")
    parser.add_argument("folder", type=Path, help="the folder of the files")
    parser.add_argument("--mapping", type=Path, help="the mapping (default: FOLDER/mapping.csv)")
    parser.add_argument("--land", action="store_true", help="make views by the mapping")
    parser.add_argument("--schema", default=SCHEMA, help="the schema of the open landing")
    try:
        return run(parser.parse_args(arguments))
    except (MappingError, duckdb.Error, OSError) as error:
        print(f"map: {first_line(error)}", file=sys.stderr)
        return 1
