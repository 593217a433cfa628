"""The failure review: what failed in the last runs, why, what is at risk, what to try first.

    crm-hygiene failures [--out FILE] [--format text|html] [--target NAME]

Records the last runs of dbt and of the landing gate in the warehouse, writes the review as a page
(reports/failures.html) and prints it (--format html: prints only where the page is). Its first line
names the cause. Works after any run: `make build`, a plain `dbt build`, one that the gate or dbt
itself stopped before anything was built.
"""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from crm_hygiene import runs
from crm_hygiene.cli import command_parser
from crm_hygiene.pages.failures.formats import as_html, as_text
from crm_hygiene.pages.failures.reviewing import Review, review
from crm_hygiene.pages.files import write_page
from crm_hygiene.project import ROOT
from crm_hygiene.warehouse import WarehouseError, place_of


def build(path: Path | str | None = None, out: Path | None = None) -> Review:
    """Record the last runs, write the page, and return the review."""
    out = out or ROOT / "reports" / "failures.html"
    found = review(path)
    write_page(out, as_html(found, out.resolve(), runs.places()[0]))
    return found


def main(arguments: Iterable[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = command_parser("failures", __doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "reports" / "failures.html")
    parser.add_argument("--format", choices=("text", "html"), default="text")
    parser.add_argument("--target", default=os.environ.get("CRM_HYGIENE_TARGET", "duckdb"))
    given = parser.parse_args(arguments)
    try:
        place = None if given.target == "duckdb" else place_of(given.target)
        found = build(place, given.out)
    except (WarehouseError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(as_text(found) if given.format == "text" else given.out)
    return 0
