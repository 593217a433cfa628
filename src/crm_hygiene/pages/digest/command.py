"""Tell what changed in the CRM's data: a daily digest, a weekly and a monthly review.

    crm-hygiene digest [--team all] [--review daily] [--format text] [--out FOLDER]

It reads the marts of the last build. With --out it writes digest.txt, .html (the body of an e-mail)
and .json to the folder, and of --team all also digest_<team>.* for each team; of a review the files
are named weekly and monthly instead.
"""

import os
import sys
from pathlib import Path

from crm_hygiene.cli import command_parser
from crm_hygiene.pages.digest.formats import FORMATS, write
from crm_hygiene.pages.digest.reviews import REVIEWS, TEAMS
from crm_hygiene.pages.digest.telling import Digest
from crm_hygiene.pages.names import add_masks
from crm_hygiene.warehouse import WarehouseError, open_warehouse, place_of


def main(arguments: list[str] | None = None) -> int:
    """Print or write the digest; return the exit code."""
    parser = command_parser("digest", __doc__)
    parser.add_argument("--team", choices=("all", *TEAMS), default="all")
    parser.add_argument("--review", choices=REVIEWS, default="daily")
    parser.add_argument("--format", choices=FORMATS, help="text where it is printed, else all")
    parser.add_argument("--out", type=Path, help="the folder to write to; else it is printed")
    add_masks(parser)
    parser.add_argument("--target", default=os.environ.get("CRM_HYGIENE_TARGET", "duckdb"))
    given = parser.parse_args(arguments)
    teams = ("all", *TEAMS) if given.out and given.team == "all" else (given.team,)
    try:
        with open_warehouse(place_of(given.target)) as connection:
            digests = [
                Digest(connection, REVIEWS[given.review], team, given.masks).tell()
                for team in teams
            ]
        if given.out:
            write(given.out, digests, [given.format] if given.format else FORMATS)
        else:
            print(FORMATS[given.format or "text"][0](digests[0]), end="")
    except WarehouseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
