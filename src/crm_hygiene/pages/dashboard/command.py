"""Write the data-health dashboard of the last build: one HTML file that needs nothing else.

crm-hygiene dashboard [--out FILE] [--mask-all | --show-personal-data] [--target NAME]
"""

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from crm_hygiene.cli import command_parser
from crm_hygiene.pages.dashboard.payload import SHOWN, Payload
from crm_hygiene.pages.dashboard.rendering import page
from crm_hygiene.pages.files import write_page
from crm_hygiene.pages.names import MASKS_PEOPLE, add_masks
from crm_hygiene.project import ROOT
from crm_hygiene.warehouse import (
    WarehouseError,
    open_warehouse,
    place_of,
    rows,
)


@dataclass(frozen=True)
class Summary:
    """What was written."""

    path: Path
    n_bytes: int
    n_records: int


def build(warehouse: Path | str, out: Path, masks: str = MASKS_PEOPLE) -> Summary:
    """Write the dashboard of a warehouse."""
    with contextlib.closing(open_warehouse(warehouse)) as connection:
        if not rows(connection, "select 1 from duckdb_tables() where schema_name = 'marts'"):
            raise WarehouseError("The marts are not built yet; run make build first.")
        payload = Payload(connection, masks).build()
    text = page(payload)
    write_page(out, text)
    with_records = (t for t in payload["tables"].values() if "record_key" in t["data"])
    return Summary(out, len(text.encode()), sum(t["n_shown"] for t in with_records))


def main(arguments: list[str] | None = None) -> int:
    """Write the dashboard; return the exit code."""
    parser = command_parser("dashboard", __doc__)
    parser.add_argument(
        "--out", type=Path, default=ROOT / "reports" / "dashboard.html", help="the file to write"
    )
    add_masks(parser)
    parser.add_argument("--target", default=os.environ.get("CRM_HYGIENE_TARGET", "duckdb"))
    given = parser.parse_args(arguments)
    try:
        made = build(place_of(given.target), given.out, given.masks)
    except WarehouseError as error:
        print(error, file=sys.stderr)
        return 1
    personal = SHOWN[given.masks]
    print(
        f"Written to {made.path}: {made.n_bytes / 1e6:.1f} MB, {made.n_records:,} rows of records "
        f"behind the figures, personal data {personal}."
    )
    return 0
