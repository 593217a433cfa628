"""Print the whole story of one record, with what the rules found marked where it happened, and what
becomes of it: the decision, why, how each rule judged, what stopped it, and how far its review is.

    crm-hygiene trace [--json] [--vars YAML] [--target NAME] crm:object_type:record_id

It runs analyses/record_story.sql with record_decision.sql on the marts of the last build. dbt
compiles them; on a DuckDB file that is kept in the target folder until anything that dbt reads
changes, since dbt takes far longer to start than the query to run.
"""

import contextlib
import hashlib
import importlib.metadata
import io
import json
import os
import re
import sys
import textwrap
import unicodedata
from pathlib import Path

from crm_hygiene.cli import command_parser
from crm_hygiene.project import ROOT
from crm_hygiene.warehouse import (
    NotBuiltError,
    WarehouseError,
    let_go_of_the_file,
    open_warehouse,
    rows,
    warehouse_path,
)

CRMS = ("salesforce", "hubspot", "open")
OBJECT_TYPES = ("account", "contact", "lead", "opportunity", "case")
KEY = re.compile(f"({'|'.join(CRMS)}):({'|'.join(OBJECT_TYPES)}):(.+)", re.DOTALL)
# Words by which the engines say that a table is not there.
NO_TABLE = re.compile(r"does not exist|not found|cannot be found|no such table", re.IGNORECASE)
# The longest cell of an aligned column, and the longest detail; JSON has them whole.
LONGEST_CELL = 60
LONGEST_DETAIL = 300
LINE = 100

MOMENT = ("happened_at", "what", "detail", "made_by", "made_through", "marks")
# What a decision tells as a list, separated by commas in the warehouse.
LISTS = ("rules_held", "rules_not_held", "rules_not_told", "missing_inputs", "roles_missing")

NEAR_RECORDS = """
    {%- set given = ID %}
    select record_key
    from {{ ref('int_crm__records') }}
    where
        lower(record_id) = lower({{ text_literal(given) }})
        -- Salesforce shows ids of 15 characters and lands 18.
        or substring(record_id, 1, 15) = {{ text_literal(given) }}
    order by record_key
    limit 5
"""
# What stands in a compiled query for the record: DuckDB is given it with the query.
GIVEN = "$record"
# Between two queries that are compiled at once.
NEXT_QUERY = "\n-- and then --\n"
# What decides how a query is compiled.
COMPILED_FROM = ("dbt_project.yml", "packages.yml", "analyses", "macros", "models")


class TraceError(Exception):
    """Why there is no story, in one sentence."""


def jinja_literal(text: str) -> str:
    """Return a text as a Jinja literal, whatever is in it."""
    return "'" + "".join(f"\\U{ord(character):08x}" for character in text) + "'"


def analysis(name: str, record_key: str) -> str:
    """Return an analysis for one record.

    A variable of dbt's would do, but makes dbt read the whole project again.
    """
    query = (ROOT / "analyses" / f"{name}.sql").read_text(encoding="utf-8")
    head, _, tail = query.partition("{%- set record_key = ")
    return f"{head}{{%- set record_key = {jinja_literal(record_key)} %}}{tail.partition('%}')[2]}"


def story_query(record_key: str) -> str:
    """Return the query for the moments of a record, each with what becomes of the record.

    One query, since dbt may have to be started for it.
    """
    moments, _, order = analysis("record_story", record_key).rpartition("from final\n")
    moments, _, columns = moments.rpartition("\nselect\n")
    decision = analysis("record_decision", record_key)
    return (
        f"{moments.rstrip()},\n\ndecision as (\n{decision})\n\nselect\n{columns.rstrip()},\n"
        f"    decision.*\nfrom final\nleft join decision on true\n{order}"
    )


def near_query(record_id: str) -> str:
    """Return the query for the records that may be meant by an id."""
    return NEAR_RECORDS.replace("ID", jinja_literal(record_id), 1)


def dbt(command: str, query: str, options: list[str]) -> object:
    """Return what a dbt command makes of a query with Jinja in it; dbt says nothing meanwhile."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        from dbt.cli.main import dbtRunner

        # dbt takes longer to write its artifacts than for all the rest.
        quiet = ["--quiet", "--no-write-json", "--log-level", "none", "--log-level-file", "none"]
        result = dbtRunner().invoke([*quiet, command, "--inline", query, *options])
    if not result.success:
        reason = shortened(" ".join(str(result.exception).split()))
        if NO_TABLE.search(reason):
            raise NotBuiltError("The marts are not built yet; run make build first.")
        raise TraceError(f"The story cannot be read: {reason}")
    return result.result.results[0]


class ThroughDbt:
    """A warehouse of any kind: dbt compiles each query and runs it."""

    def __init__(self, options: list[str]):
        """Take the options that dbt is given."""
        self.options = options

    def run(self, query: str) -> list[dict]:
        """Return the rows of a query with Jinja in it."""
        table = dbt("show", query, ["--limit", "-1", *self.options]).agate_table
        return [dict(zip(table.column_names, row, strict=True)) for row in table.rows]

    def moments(self, record_key: str) -> list[dict]:
        """Return the moments of a record, each with what becomes of it."""
        return self.run(story_query(record_key))

    def near(self, record_id: str) -> list[dict]:
        """Return the records that may be meant by an id."""
        return self.run(near_query(record_id))


class OnDuckdb:
    """A DuckDB file: the queries are compiled once, for all records."""

    def __init__(self, options: list[str]):
        """Take the options that dbt is given."""
        self.options = options
        self.kept = Path(os.environ.get("DBT_TARGET_PATH", "target")) / "trace.json"

    def compiled(self) -> list[str]:
        """Return the queries for the moments of a record and for those that are near."""
        made_from = self.fingerprint()
        with contextlib.suppress(OSError, ValueError):
            kept = json.loads(self.kept.read_text(encoding="utf-8"))
            if kept["made_from"] == made_from:
                return kept["queries"]
        both = NEXT_QUERY.join([story_query(GIVEN), near_query(GIVEN)])
        text = dbt("compile", both, self.options).node.compiled_code
        queries = text.replace(f"'{GIVEN}'", GIVEN).split(NEXT_QUERY)
        with contextlib.suppress(OSError):
            self.kept.parent.mkdir(parents=True, exist_ok=True)
            written = self.kept.with_suffix(f".{os.getpid()}")
            written.write_text(json.dumps({"made_from": made_from, "queries": queries}))
            written.replace(self.kept)
        return queries

    def fingerprint(self) -> str:
        """Return a hash of all that decides how the queries are compiled."""
        versions = [importlib.metadata.version(name) for name in ("dbt-core", "dbt-duckdb")]
        # A table is named with its catalog, which is the file's name.
        given = [*self.options, *versions, warehouse_path().stem]
        digest = hashlib.sha256(json.dumps(given).encode())
        places = [ROOT / place for place in COMPILED_FROM]
        places += [ROOT / os.environ["DBT_PROFILES_DIR"], Path(__file__)]
        for place in places:
            files = sorted(place.rglob("*.*")) if place.is_dir() else [place]
            for file in files:
                if file.is_file():
                    digest.update(str(file).encode() + file.read_bytes())
        return digest.hexdigest()

    def run(self, place: int, given: str) -> list[dict]:
        """Return the rows of a compiled query."""
        query = self.compiled()[place]
        let_go_of_the_file()
        with contextlib.closing(open_warehouse()) as connection:
            connection.execute("set timezone = 'UTC'")
            return rows(connection, query, {GIVEN[1:]: given})

    def moments(self, record_key: str) -> list[dict]:
        """Return the moments of a record, each with what becomes of it."""
        return self.run(0, record_key)

    def near(self, record_id: str) -> list[dict]:
        """Return the records that may be meant by an id."""
        return self.run(1, record_id)


def story(record_key: str, warehouse: ThroughDbt | OnDuckdb) -> list[dict]:
    """Return the moments of a record in order; say why where there is no such record."""
    match = KEY.fullmatch(record_key)
    if not match:
        raise TraceError(
            f"'{record_key}' is no record: write crm:object_type:record_id with "
            f"{', '.join(CRMS)} and {', '.join(OBJECT_TYPES)}."
        )
    moments = warehouse.moments(record_key)
    if not moments:
        near = warehouse.near(match[3])
        raise TraceError(
            f"There is no record {record_key} in the last build"
            + (f"; did you mean {' or '.join(row['record_key'] for row in near)}?" if near else ".")
        )
    return moments


def printable(text: object) -> str:
    """Return a text without anything that steers a terminal or turns its lines around."""
    steering = ("C", "Zl", "Zp")
    return "".join(
        " " if unicodedata.category(character).startswith(steering) else character
        for character in ("" if text is None else str(text))
    )


def width(text: str) -> int:
    """Return the columns that a text takes on a terminal."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def shortened(text: str, longest: int = LONGEST_DETAIL) -> str:
    """Return a text that does not fill the screen."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def told(rows: list[dict]) -> tuple[list[dict], dict | None]:
    """Return the moments of a record and what becomes of it; None where it is not live any more."""
    rows = [
        {
            column: instant(value) if column.endswith("_at") else value
            for column, value in row.items()
        }
        for row in rows
    ]
    decision = {column: value for column, value in rows[0].items() if column not in MOMENT}
    for column in LISTS:
        decision[column] = decision[column].split(", ") if decision[column] else []
    moments = [{column: row[column] for column in MOMENT} for row in rows]
    return moments, decision if decision["decision"] else None


def decision_page(decision: dict) -> str:
    """Return what becomes of a record as text, and why."""
    review = "none is needed"
    if decision["review_state"]:
        until = decision["review_due_at"]
        review = decision["review_state"] + (f", until {until}" if until else "")
        if decision["cleared_for"]:
            review += f"; may be carried out: {decision['cleared_for']}"
    parts = {
        "because": decision["reason"],
        "rules that held": decision["rules_held"],
        "rules that did not": decision["rules_not_held"],
        "rules not told": decision["rules_not_told"],
        "blocked by": decision["blocked_by"],
        "missing inputs": decision["missing_inputs"],
        "review": review,
        "roles missing": decision["roles_missing"],
    }
    head = f"{decision['decided_at']}  decision  {decision['decision']} by {decision['rule_id']}"
    lines = [printable(head)]
    wide = max(len(name) for name in parts) + 4
    for name, part in parts.items():
        text = ", ".join(part) if isinstance(part, list) else shortened(printable(part))
        start = f"  {name}".ljust(wide)
        lines += textwrap.wrap(
            printable(text) or "none",
            LINE,
            initial_indent=start,
            subsequent_indent=" " * wide,
            break_on_hyphens=False,
        )
    return "\n".join(lines)


def page(record_key: str, moments: list[dict], decision: dict | None = None) -> str:
    """Return the story as aligned text, what the rules found below the moment in question, and then
    what becomes of the record."""
    columns = ("happened_at", "what", "made_by", "made_through")
    rows = [
        [shortened(printable(moment[column]), LONGEST_CELL) for column in columns]
        for moment in moments
    ]
    widths = [max(width(row[place]) for row in rows) for place in range(len(columns))]
    lines = [f"{printable(record_key)} (times in UTC)", ""]
    for row, moment in zip(rows, moments, strict=True):
        start = "".join(
            cell + " " * (wide - width(cell) + 2) for cell, wide in zip(row, widths, strict=True)
        )
        lines.append((start + shortened(printable(moment["detail"]))).rstrip())
        # Marks stand below the moment, two columns left of its detail.
        for mark in (moment["marks"] or "").split(" | "):
            if mark:
                lines.append(f"{' ' * (sum(widths) + 6)}! {shortened(printable(mark))}")
    if decision:
        lines += ["", decision_page(decision)]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Print the story and the decision; return the exit code."""
    parser = command_parser("trace", __doc__)
    parser.add_argument("record", help="crm:object_type:record_id")
    parser.add_argument("--json", action="store_true", help="print moments and decision as JSON")
    parser.add_argument("--vars", help="dbt variables as YAML, the same as those of the build")
    parser.add_argument("--target", default=os.environ.get("CRM_HYGIENE_TARGET", "duckdb"))
    given = parser.parse_args(arguments)

    os.chdir(ROOT)
    os.environ.setdefault("DBT_PROFILES_DIR", "profiles")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    options = ["--target", given.target] + (["--vars", given.vars] if given.vars else [])
    try:
        if given.target == "duckdb":
            let_go_of_the_file()
            open_warehouse().close()
        warehouse = (OnDuckdb if given.target == "duckdb" else ThroughDbt)(options)
        moments, decision = told(story(given.record, warehouse))
    except (TraceError, WarehouseError) as error:
        print(printable(error), file=sys.stderr)
        return 1
    whole = {"record_key": given.record, "moments": moments, "decision": decision}
    sys.stdout.reconfigure(errors="replace")
    try:
        print(json.dumps(whole, indent=2) if given.json else page(given.record, moments, decision))
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough (`| head`); what is left goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def instant(value: object) -> str | None:
    """Return a timestamp as text."""
    return None if value is None else str(value).replace("T", " ").removesuffix("+00:00")
