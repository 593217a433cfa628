"""The policy seeds before they are loaded: a typo is told by file, line and value, before anything
is built. What their tests in the property files say is judged on the files, as far as a row tells.
"""

import csv
import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_hygiene.project import ROOT

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# Without a row in one of these there is nothing to build by.
NEVER_EMPTY = (
    "health_metrics", "hygiene_slas", "lifecycle_rules", "report_tolerances", "retention_policy",
    "rules", "signature_register", "team_figure_register", "thresholds",
)  # fmt: skip
BOOLEANS = ("true", "false", "t", "f", "1", "0", "yes", "no")


@dataclass
class Seed:
    """A seed: its file, its columns with their types, its tests as name and arguments."""

    name: str
    file: Path
    columns: dict[str, str]
    tests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


def read_seeds(manifest: "Manifest") -> list[Seed]:
    """Return the policy seeds as the property files describe them."""
    seeds = {
        key: Seed(
            node.name,
            ROOT / node.original_file_path,
            {name: str(node.config.column_types.get(name, "")).lower() for name in node.columns},
        )
        for key, node in manifest.nodes.items()
        if node.resource_type == "seed" and node.schema == "policy"
    }
    for node in manifest.nodes.values():
        seed = seeds.get(getattr(node, "attached_node", None))
        if seed and node.test_metadata and not node.config.where:
            seed.tests.append((node.test_metadata.name, node.test_metadata.kwargs))
    return sorted(seeds.values(), key=lambda seed: seed.name)


def faults_of(manifest: "Manifest") -> list[str]:
    """Return what is wrong with the policy seeds, a sentence each."""
    return [fault for seed in read_seeds(manifest) for fault in faults_of_seed(seed)]


def faults_of_seed(seed: Seed) -> list[str]:
    """Return what is wrong with a seed: its header, else the shape of its rows, else its values."""
    where = f"seeds/policy/{seed.file.name}"
    try:
        with seed.file.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            lines = [(reader.line_num, cells) for cells in reader]
    except OSError as error:
        return [f"{where} cannot be read: {error.strerror}."]
    except UnicodeDecodeError:
        return [f"{where} is not UTF-8: save it as CSV UTF-8."]
    except csv.Error as error:
        return [f"{where} is no CSV file ({error}): is a quote left open?"]
    if not lines:
        return [f"{where} is empty: it needs its header, {','.join(seed.columns)}."]
    header = [name.strip().lower() for name in lines[0][1]]
    if faults := list(faults_of_header(header, seed)):
        return [f"{where} {fault}" for fault in faults]
    rows = [(number, cells) for number, cells in lines[1:] if cells]
    if not rows and seed.name in NEVER_EMPTY:
        return [f"{where} has no rows: take those of the project's last version."]
    for number, cells in rows:
        if len(cells) != len(header):
            return [
                f"{where}, line {number} has {len(cells)} cells and the header {len(header)}: put "
                "quotes around a text with a comma, or add what is missing."
            ]
    read = [
        (number, dict(zip(header, (cell.strip() or None for cell in cells), strict=True)))
        for number, cells in rows
    ]
    return [f"{where}, {fault}" for fault in faults_of_rows(read, seed)]


def faults_of_header(header: list[str], seed: Seed) -> Iterator[str]:
    """Yield the columns that are missing, doubled or unknown."""
    unknown = [name for name in header if name not in seed.columns]
    for name in seed.columns:
        if name not in header:
            alike = difflib.get_close_matches(name, unknown, n=1)
            hint = f"; is {alike[0]} meant to be it?" if alike else "."
            unknown = [other for other in unknown if other not in alike]
            yield f"lacks the column {name}{hint}"
        elif header.count(name) > 1:
            yield f"has the column {name} twice."
    for name in unknown:
        yield f"has a column that nothing reads: {name or 'without a name'}."


def faults_of_rows(rows: list[tuple[int, dict]], seed: Seed) -> Iterator[str]:
    """Yield what is wrong with the values, by what the columns are and what tests ask of them."""
    for column, kind in seed.columns.items():
        for number, row in rows:
            if row[column] is not None and not is_readable(row[column], kind):
                yield f"line {number}: {column} is '{row[column]}', which is no {kind}."
    for name, arguments in seed.tests:
        if check := CHECKS.get(name):
            yield from check(rows, arguments)


def is_readable(value: str, kind: str) -> bool:
    """Tell whether a cell can be read as a type."""
    try:
        if kind in ("integer", "bigint"):
            int(value)
        elif kind.startswith(("numeric", "decimal", "double", "float")):
            float(value)
        elif kind == "date":
            date.fromisoformat(value)
        elif kind == "boolean":
            return value.lower() in BOOLEANS
    except ValueError:
        return False
    return True


def empty_cells(rows: list[tuple[int, dict]], arguments: dict) -> Iterator[str]:
    """Yield the cells that must have a value and have none."""
    for column in arguments.get("columns") or [arguments["column_name"]]:
        for number, row in rows:
            if row[column] is None:
                yield f"line {number}: {column} is empty."


def doubled_keys(rows: list[tuple[int, dict]], arguments: dict) -> Iterator[str]:
    """Yield the keys that stand in more than one line."""
    columns = arguments.get("combination_of_columns") or [arguments["column_name"]]
    lines = defaultdict(list)
    for number, row in rows:
        key = tuple(row[column] for column in columns)
        if len(columns) > 1 or key[0] is not None:
            lines[key].append(number)
    for key, numbers in lines.items():
        if len(numbers) > 1:
            told = ", ".join(f"{c} {v}" for c, v in zip(columns, key, strict=True) if v is not None)
            others = ", ".join(map(str, numbers[1:]))
            yield f"line {others}: {told} stands there already (line {numbers[0]})."


def unknown_values(rows: list[tuple[int, dict]], arguments: dict) -> Iterator[str]:
    """Yield the values that are none of those that a column may have."""
    column, values = arguments["column_name"], [str(each) for each in arguments["values"]]
    for number, row in rows:
        if row[column] is not None and row[column] not in values:
            if row[column].lower() in BOOLEANS and {"true", "false"} & {v.lower() for v in values}:
                continue
            yield f"line {number}: {column} is '{row[column]}'; it may be {', '.join(values)}."


def out_of_range(rows: list[tuple[int, dict]], arguments: dict) -> Iterator[str]:
    """Yield the numbers that are too small or too large."""
    column = arguments["column_name"]
    low, high = arguments.get("min_value"), arguments.get("max_value")
    for number, row in rows:
        try:
            value = float(row[column]) if row[column] is not None else None
            bounds = [None if bound is None else float(bound) for bound in (low, high)]
        except ValueError:
            continue
        if value is None:
            continue
        if bounds[0] is not None and value < bounds[0]:
            yield f"line {number}: {column} is {row[column]}; it may not be below {low}."
        elif bounds[1] is not None and value > bounds[1]:
            yield f"line {number}: {column} is {row[column]}; it may not be above {high}."


CHECKS = {
    "not_null": empty_cells,
    "not_null_columns": empty_cells,
    "unique": doubled_keys,
    "unique_combination_of_columns": doubled_keys,
    "accepted_values": unknown_values,
    "accepted_range": out_of_range,
}


def sentence(faults: Iterable[str], n_shown: int = 5) -> str:
    """Return the faults as a text: the first ones, and how many more there are."""
    told = list(faults)
    more = f" And {len(told) - n_shown} more." if len(told) > n_shown else ""
    return " ".join(told[:n_shown]) + more
