"""The quick check before a commit, of what changed: parse, lint, conventions, unit tests.

    crm-hygiene check [--against main]

Changed is what differs from where this branch left the other one, committed or not. The unit tests
of a changed model, or of one that uses a changed macro, run on a copy of the warehouse in which the
changed models and seeds are made anew, the models without rows; where there is no warehouse, on a
new one with all that they read. The whole is `make test`.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from crm_hygiene.cli import command_parser
from crm_hygiene.dbt import Dbt, DbtError
from crm_hygiene.project import ROOT
from crm_hygiene.warehouse import warehouse_path

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# dbt's artifacts and the copied warehouse of this command.
PLACE = ROOT / "target" / "check"
DEPRECATIONS = ("--warn-error-options", '{"error": ["Deprecations"]}')
CONVENTIONS = ("test_conventions.py", "test_layers.py")
LINTERS = {
    "ruff check": (("check",), (".py",), ("",)),
    "ruff format": (("format", "--check"), (".py",), ("",)),
    "yamllint": (("--strict",), (".yml", ".yaml"), ("",)),
    "sqlfluff": (
        ("lint", "--disable-progress-bar"),
        (".sql",),
        ("models/", "tests/singular/", "analyses/"),
    ),
}


def git(*arguments: str) -> list[str]:
    """Return the lines that git prints; none where it cannot tell."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.splitlines()


def changed_files(other: str) -> list[str]:
    """Return the files that differ from where this branch left the other one."""
    base = (git("merge-base", other, "HEAD") or ["HEAD"])[0]
    differing = git("diff", "--name-only", "--diff-filter=d", base)
    return sorted({*differing, *git("ls-files", "--others", "--exclude-standard")})


def linter_commands(files: Iterable[str]) -> dict[str, list[str]]:
    """Return the commands that lint the files, by name."""
    commands = {}
    for name, (arguments, endings, folders) in LINTERS.items():
        concerned = [f for f in files if f.endswith(endings) and f.startswith(folders)]
        if concerned:
            commands[name] = [program(name.split()[0]), *arguments, *concerned]
    return commands


def program(name: str) -> str:
    """Return a program of the environment that this runs in."""
    return str(Path(sys.executable).with_name(name))


def changed_nodes(manifest: "Manifest", files: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the names of the models and seeds that are in these files, or read a source that is
    declared there, and of the other models whose unit tests or macros are."""
    files = set(files)
    sources = {key for key, one in manifest.sources.items() if one.original_file_path in files}
    macros = {key for key, macro in manifest.macros.items() if macro.original_file_path in files}
    while more := {
        key
        for key, macro in manifest.macros.items()
        if key not in macros and macros.intersection(macro.depends_on.macros)
    }:
        macros |= more
    tested = {
        key
        for test in manifest.unit_tests.values()
        for key in test.depends_on.nodes
        if test.original_file_path in files and key.endswith(f".{test.model}")
    }
    own, others = [], []
    for key, node in manifest.nodes.items():
        if node.resource_type not in ("model", "seed"):
            continue
        if node.original_file_path in files or sources.intersection(node.depends_on_nodes):
            own.append(node.name)
        elif key in tested or macros.intersection(node.depends_on.macros):
            others.append(node.name)
    return sorted(own), sorted(others)


def unit_test(dbt: Dbt, own: list[str], others: list[str]) -> bool:
    """Make what changed without rows, each model after its unit tests; then test the others."""
    empty = ["--empty", "--exclude-resource-type", "test"]
    done = True
    if not (PLACE / warehouse_path().name).exists():
        read = [f"+{name}" for name in (*own, *others)]
        only = ["--exclude-resource-type", "unit_test"]
        done = dbt.run("build", *empty, *only, "--select", *read).success
    if own:
        done = dbt.run("build", *empty, "--select", *own).success and done
    if others:
        selected = [f"{name},test_type:unit" for name in others]
        done = dbt.run("test", "--select", *selected).success and done
    return done


def copy_warehouse() -> None:
    """Take a copy of the warehouse, in which views still find their catalog."""
    PLACE.mkdir(parents=True, exist_ok=True)
    copied = PLACE / warehouse_path().name
    copied.unlink(missing_ok=True)
    if warehouse_path().is_file():
        shutil.copy(warehouse_path(), copied)
    for name in ("DBT_TARGET_PATH", "DBT_LOG_PATH"):
        os.environ[name] = str(PLACE)
    os.environ["CRM_HYGIENE_DUCKDB"] = str(copied)


def main(arguments: list[str] | None = None) -> int:
    """Check what changed; return the exit code."""
    parser = command_parser("check", __doc__)
    parser.add_argument("--against", default="main", help="the branch to compare with")
    files = changed_files(parser.parse_args(arguments).against)
    begun = time.monotonic()
    tests = [str(Path("tests", "python", name)) for name in CONVENTIONS]
    pytest = [sys.executable, "-m", "pytest", "-q", "-n0", "-k", "not linter", *tests]
    env = {**os.environ, "CRM_HYGIENE_TEST_PARSE": str(PLACE / "tests")}
    running = {
        name: subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for name, command in {**linter_commands(files), "conventions": pytest}.items()
    }
    copy_warehouse()
    results = {}
    dbt = Dbt("duckdb")
    try:
        dbt.parse(*DEPRECATIONS, "--no-write-json")
        own, others = changed_nodes(dbt.manifest, files)
        print(f"Changed: {', '.join([*own, *others]) or 'no model'}", flush=True)
        results["unit tests"] = unit_test(dbt, own, others) if own or others else True
    except DbtError as error:
        print(error)
        results["parse"] = False
    for name, process in running.items():
        printed, _ = process.communicate()
        results[name] = process.returncode == 0
        if not results[name]:
            print(f"--- {name}\n{printed}")
    failed = [name for name, passed in results.items() if not passed]
    told = f"FAILED: {', '.join(failed)}" if failed else f"All good: {', '.join(results)}"
    print(f"{told} ({len(files)} files changed, {time.monotonic() - begun:.0f} s)")
    return int(bool(failed))
