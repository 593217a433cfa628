"""Build on a backup of what is kept, and publish that: after a loss, or a night gone wrong.

    crm-hygiene restore [RUN] [--list] [--vars YAML]

The nightly backs up what cannot be computed again: the log of decisions, frozen reports, the days
of the daily marts, the runs. A damaged warehouse file is put aside as NAME.damaged; what was landed
in it has to be landed again before.
"""

import os

from crm_hygiene import build
from crm_hygiene.cli import command_parser
from crm_hygiene.nightly import tables
from crm_hygiene.nightly.warehouses import DuckDBFile, warehouse_of

LAST = ""


def main(arguments: list[str] | None = None) -> int:
    """List the backups, or restore one and build on it; return the exit code."""
    parser = command_parser("restore", __doc__)
    parser.add_argument("run", nargs="?", default=LAST, help="which backup; else the last")
    parser.add_argument("--list", action="store_true", help="list the backups, the newest last")
    given, others = parser.parse_known_args(arguments)
    if not given.list:
        return build.main(others, restored=given.run)
    place = warehouse_of(os.environ.get("CRM_HYGIENE_TARGET", "duckdb"))
    folders = sorted(place.kept.glob("*/")) if isinstance(place, DuckDBFile) else []
    for folder in folders:
        if told := tables.read(folder):
            n_rows = sum(table["rows"] for table in told["tables"].values())
            print(f"{told['run']}  as of {told['as_of']}  {n_rows:12,} rows")
    return 0
