"""The command `crm-hygiene gate`: check the landing, and say with 1 where the build must stop."""

import os
import sys
from collections.abc import Sequence

import yaml

from crm_hygiene.cli import command_parser
from crm_hygiene.dbt import Dbt
from crm_hygiene.gate.checks import GateError, nearby, plural
from crm_hygiene.gate.validation import validate


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = command_parser("gate", "Checks the landed CRM tables before dbt runs.")
    parser.add_argument("--vars", default="{}", help="dbt variables, as YAML")
    parser.add_argument("--target", default=os.environ.get("CRM_HYGIENE_TARGET", "duckdb"))
    options = parser.parse_args(arguments)
    try:
        result = validate(Dbt(options.target, yaml.safe_load(options.vars)))
    except GateError as error:
        print(f"landing gate: {error}", file=sys.stderr)
        return 1
    print("\n".join(result.summary_lines()))
    if result.ok:
        return 0
    first, *others = result.failed("critical")
    more = f" {plural(len(others), 'more expectation')} failed critically." if others else ""
    print(
        f"landing gate stopped the build: {first.sentence()}{more} Open {nearby(result.page)}.",
        file=sys.stderr,
    )
    return 1
