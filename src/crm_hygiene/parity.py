"""Build the whole project on a PostgreSQL of its own, and compare every mart with DuckDB's.

    crm-hygiene parity [--vars YAML] [--against FILE.duckdb]

The landing is checked and everything is built, with data tests and unit tests; then each mart is
compared row by row with DuckDB's build of the same as_of: of the file given, or one made meanwhile.
Exit code 0 only where all passed and no mart differs, which the last line tells.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import yaml

from crm_hygiene.build import check_landing, explain
from crm_hygiene.cli import command_parser
from crm_hygiene.cluster import ClusterError, cluster
from crm_hygiene.compare import compare
from crm_hygiene.dbt import Dbt
from crm_hygiene.postgres import Copied, connect

# What is of the engine or of the run, not of the landing.
OF_THE_ENGINE = {
    # Of what dbt compiled, and when it was run.
    "lifecycle_decisions.rule_version",
    "lifecycle_decision_log.rule_version",
    "lifecycle_decision_log.log_id",
    "lifecycle_decision_log.logged_at",
}
MARTS = "marts"


class Parity(NamedTuple):
    """How many marts were compared, and how many differ."""

    n_marts: int
    n_differing: int

    @property
    def line(self) -> str:
        """The last line."""
        return f"parity: {self.n_differing} of {self.n_marts} marts differ"


def compare_marts(before: Path, credentials: object, folder: Path) -> Parity:
    """Compare the marts of a DuckDB file with those of PostgreSQL, row by row."""
    copy = folder / "postgres.duckdb"
    with Copied(connect(credentials), copy) as copied:
        copied.fetch([name for name in list(copied.waiting) if name[0] == MARTS])
    ...
