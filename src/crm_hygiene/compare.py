"""Compare two built warehouses row by row: which tables of one hold rows that the other lacks.

    crm-hygiene compare BEFORE.duckdb AFTER.duckdb [--schema marts] [--ignore TABLE.COLUMN]

Every table and view of the schemas staging, intermediate and marts that both files have is compared
as a bag of rows over the columns that both have; what only one has is named. Rows that stand in one
file alone are counted, and three of them shown. Exit code 0 only where there are none.
"""

import re
import tempfile
from pathlib import Path

import duckdb

from crm_hygiene.cli import command_parser

SCHEMAS = ("staging", "intermediate", "marts")
# When a run was made and by which SQL: these differ between any two builds.
OF_THE_RUN = {
    "lifecycle_decisions.rule_version",
    "lifecycle_decision_log.logged_at",
    "lifecycle_decision_log.log_id",
    "lifecycle_decision_log.rule_version",
}
SHOWN_ROWS = 3


def columns_by_table(connection, schemas) -> dict[str, dict[str, str]]:
    """Return each table as schema.name with its columns and their types."""
    found: dict[str, dict[str, str]] = {}
    for schema, table, column, kind in connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() "
        "where database_name = current_database() and not internal "
        "order by schema_name, table_name, column_index"
    ).fetchall():
        if schema in schemas:
            found.setdefault(f"{schema}.{table}", {})[column] = kind
    return found


def rows_alone(one: str, other: str, columns: dict[str, str], tolerance: float) -> str:
    """Return the query for the rows of a relation that another lacks.

    With a tolerance doubles may differ by that share of them, or by that much below one.
    """
    doubles = [f'"{name}"' for name, kind in columns.items() if kind in ("DOUBLE", "FLOAT")]
    if not tolerance or not doubles:
        return f"select * from {one} except all select * from {other}"
    others = [f'"{name}"' for name in columns if f'"{name}"' not in doubles]
    placed = "(select *, row_number() over (partition by {} order by {}) as place from {}) as {}"
    by, order = ", ".join(others) or "1", ", ".join(doubles)
    same = ["one.place = other.place"]
    same += [f"one.{name} is not distinct from other.{name}" for name in others]
    same += [
        f"(one.{name} is not distinct from other.{name} or "
        f"abs(one.{name} - other.{name}) <= {tolerance} * greatest(1, abs(one.{name})))"
        for name in doubles
    ]
    return (
        f"select one.* exclude (place) from {placed.format(by, order, one, 'one')} "
        f"anti join {placed.format(by, order, other, 'other')} on {' and '.join(same)}"
    )


def sum_of_rows(connection, table: str, columns: dict[str, str]) -> tuple:
    """Return a number that two bags of the same rows share, and of others only by chance."""
    listed = ", ".join(f'"{column}"' for column in columns)
    return connection.execute(
        f"select count(*), sum(cast(hash({listed}) as hugeint)) from {table}"
    ).fetchone()


def rows_in_one_alone(
    before, after, table, columns, folder, tolerance=0.0
) -> tuple[int, int, list[str]]:
    """Return how many rows only the first and only the second file has, and some of them."""
    listed = ", ".join(f'"{column}"' for column in columns)
    for name, connection in (("before", before), ("after", after)):
        connection.execute(f"copy (select {listed} from {table}) to '{folder}/{name}.parquet'")
    with duckdb.connect() as judge:
        counts, shown = [], []
        for one, other in (("before", "after"), ("after", "before")):
            judge.execute(
                f"create or replace temp table {one}_alone as "
                + rows_alone(
                    f"'{folder}/{one}.parquet'", f"'{folder}/{other}.parquet'", columns, tolerance
                )
            )
            counts.append(judge.execute(f"select count(*) from {one}_alone").fetchone()[0])
            found = judge.execute(f"select * from {one}_alone order by all limit {SHOWN_ROWS}")
            names = [column[0] for column in found.description]
            shown += [
                f"  only {one}: " + ", ".join(f"{n}={v}" for n, v in zip(names, row, strict=True))
                for row in found.fetchall()
            ]
    return counts[0], counts[1], shown


def compare(before_file: Path, after_file: Path, schemas=SCHEMAS, ignored=frozenset()) -> int:
    """Print every difference of two files; return how many tables differ."""
    with (
        duckdb.connect(str(before_file), read_only=True) as before,
        duckdb.connect(str(after_file), read_only=True) as after,
    ):
        return compare_open(before, after, schemas, ignored)[0]


def compare_open(
    before, after, schemas=SCHEMAS, ignored=frozenset(), tolerance=0.0
) -> tuple[int, int]:
    """Print every difference of two open warehouses; return how many tables differ, of how many."""
    n_compared = n_rows = n_differing = 0
    with tempfile.TemporaryDirectory() as folder:
        of_before = columns_by_table(before, schemas)
        of_after = columns_by_table(after, schemas)
        for name, one, other in (
            ("before", of_before, of_after),
            ("after", of_after, of_before),
        ):
            if alone := sorted(one.keys() - other.keys()):
                print(f"tables only {name}: {', '.join(alone)}")
        for table in sorted(of_before.keys() & of_after.keys()):
            short = table.split(".")[1]
            if short in ignored:
                continue
            both = {
                column: kind
                for column, kind in of_before[table].items()
                if column in of_after[table] and f"{short}.{column}" not in ignored
            }
            for name, one, other in (
                ("before", of_before[table], of_after[table]),
                ("after", of_after[table], of_before[table]),
            ):
                if alone := [column for column in one if column not in other]:
                    print(f"{table}: columns only {name}: {', '.join(alone)}")
            kinds = [
                f"{column} {of_before[table][column]} -> {of_after[table][column]}"
                for column in both
                if of_before[table][column] != of_after[table][column]
            ]
            of_rows = sum_of_rows(before, table, both)
            only_before, only_after, shown = 0, 0, []
            if of_rows != sum_of_rows(after, table, both):
                only_before, only_after, shown = rows_in_one_alone(
                    before, after, table, both, folder, tolerance
                )
            n_compared += 1
            n_rows += of_rows[0]
            if only_before or only_after or kinds:
                n_differing += 1
                print(f"{table}: {only_before} rows only before, {only_after} only after")
                for line in [f"  type of {kind}" for kind in kinds] + shown:
                    print(re.sub(r"\s+", " ", line)[:400].replace(" only", "  only", 1))
    print(f"{n_differing} of {n_compared} tables differ ({n_rows} rows before).")
    return n_differing, n_compared


def main(arguments: list[str] | None = None) -> int:
    """Compare as the command line says; return the exit code."""
    parser = command_parser("compare", __doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--schema", action="append", choices=SCHEMAS)
    parser.add_argument("--ignore", nargs="*", default=[], metavar="TABLE[.COLUMN]")
    options = parser.parse_args(arguments)
    ignored = OF_THE_RUN | set(options.ignore)
    return int(compare(options.before, options.after, options.schema or SCHEMAS, ignored) > 0)
