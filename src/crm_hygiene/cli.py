"""The command line: `crm-hygiene COMMAND`, the same as `python -m crm_hygiene COMMAND`."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import NamedTuple

PROGRAM = "crm-hygiene"


class Command(NamedTuple):
    """A command: the module whose main() it is, and what it does."""

    module: str
    does: str


COMMANDS = {
    "build": Command(
        "build", "the nightly job: check the landing, build, test, publish, write pages"
    ),
    "nightly": Command("build", "the same"),
    "restore": Command("nightly.restore", "build on a backup of what is kept"),
    "gate": Command("gate.command", "check the landing only"),
    "dashboard": Command("pages.dashboard", "write the data-health dashboard"),
    "digest": Command("pages.digest", "tell what changed since yesterday, last week or month"),
    "failures": Command("pages.failures", "tell what failed in the last run and what to do"),
    "trace": Command("trace", "print the story of one record"),
    "export": Command("export", "write the lists, and the ids that are approved, to exports/"),
    "map": Command("mapping", "map own CSV or parquet files to the open landing, and land them"),
    "docs": Command("docs", "write the pages of docs/ from the seeds"),
    "demo": Command("demo.command", "make the demo CRM, or a large one"),
    "policy-seeds": Command("policy_seeds", "write the policy seeds that packages know"),
    "packages": Command("packages", "get the dbt packages"),
    "check": Command("check", "check what changed: parse, lint, conventions, unit tests"),
    "parity": Command("parity", "build all on a PostgreSQL of its own, compare the marts"),
    "compare": Command("compare", "compare two built warehouses row by row"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(PROGRAM, description="Keep CRM data clean.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        commands.add_parser(name, help=command.does, add_help=False)
    chosen = COMMANDS[parser.parse_args(given[:1]).command]
    # Imported only now: what one command needs is slow to load for another.
    return importlib.import_module(f"crm_hygiene.{chosen.module}").main(given[1:])


def command_parser(name: str, description: str) -> argparse.ArgumentParser:
    """Return the parser of a command, described by the first line of its module."""
    return argparse.ArgumentParser(f"{PROGRAM} {name}", description=description.splitlines()[0])
