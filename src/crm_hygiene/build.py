"""The nightly job: check the landing, build a candidate, test it, publish it, write the pages.

    crm-hygiene build [--vars YAML] [--target NAME] [--full-refresh]

Readers see the marts of the last run until those of this one replace them in one step. Exit codes:
0 published, 1 failed and nothing was published, 2 used wrongly, 3 another run is at work,
4 published but a page or an export could not be written. The last lines are one plain sentence and
the command that looks closer; the log of runs (README.md, Every night) has a line for each.
"""

import json
import multiprocessing
import os
import shlex
from concurrent.futures import Executor, ProcessPoolExecutor
from typing import Any, NamedTuple

import duckdb
import yaml

from crm_hygiene.cli import command_parser
from crm_hygiene.dbt import Dbt, DbtError
from crm_hygiene.gate import policy
from crm_hygiene.gate.checks import GateError
from crm_hygiene.gate.judging import load_great_expectations
from crm_hygiene.gate.validation import validate
from crm_hygiene.nightly.faults import Stopped, in_words
from crm_hygiene.nightly.lock import RunningError, log, now, one_run
from crm_hygiene.nightly.warehouses import ChangedError, Warehouse, warehouse_of
from crm_hygiene.project import ROOT
from crm_hygiene.warehouse import first_line

PUBLISHED, FAILED, USAGE, RUNNING, WITHOUT_PAGES = range(5)
READ = ("duckdb", "postgres")
DEMO = "path:seeds/demo"
DBT = "DBT_PROFILES_DIR=profiles .venv/bin/dbt"


class Fault(NamedTuple):
    """What failed, and how to look closer."""

    sentence: str
    command: str
    # The failure review could not say it better.
    says_all: bool = False


def fail(sentence: str, command: str, code: int = FAILED) -> int:
    """Print what went wrong and how to look closer; return the exit code."""
    print(f"\nFAILED: {sentence}\nLook closer: {command}", flush=True)
    return code


def explain(result, dbt: Dbt) -> Fault:
    """One sentence on why a dbt run failed, and the command for a closer look."""
    if result.result is None or not hasattr(result.result, "results"):
        if fault := in_words(str(result.exception)):
            return Fault(fault, "README.md, When it fails", says_all=True)
        reason = str(result.exception).strip().splitlines()
        return Fault(
            f"dbt stopped: {' '.join(' '.join(reason[:3]).split())}",
            f"{DBT} parse{vars_option(dbt)}",
        )
    bad = [r for r in result.result.results if r.status in ("error", "fail", "runtime error")]
    if not bad:
        return Fault(f"dbt stopped: {result.exception}", f"{DBT} build{vars_option(dbt)}")
    first = bad[0]
    message = (first.message or "no message").strip().splitlines()[0].rstrip(": ")
    if fault := in_words(first.message or ""):
        return Fault(fault, "README.md, When it fails", says_all=True)
    kind = {"unit_test": "unit test", "test": "test"}.get(first.node.resource_type, "model")
    sentence = (
        f"{len(bad)} step(s) of the build failed, first the {kind} {first.node.name}: {message}"
    )
    return Fault(sentence, f"{DBT} build --select {first.node.name}{vars_option(dbt)}")


def write_failures(target: str) -> str | None:
    """Record the run and write the failure review; return its first line, if that was possible."""
    from crm_hygiene.pages import failures

    try:
        return failures.build(None if target == "duckdb" else target).first_line
    except (failures.WarehouseError, OSError) as error:
        print(f"No failure review: {error}")
        return None


def write_pages(name: str) -> bool:
    """Write the dashboard, the digest and the exports; return whether all were written."""
    from crm_hygiene import export
    from crm_hygiene.pages import dashboard, digest

    target = ["--target", name]
    try:
        codes = [
            dashboard.main(target),
            digest.main(["--out", str(ROOT / "reports"), *target]),
            export.main(target),
        ]
    except (OSError, duckdb.Error) as error:
        print(sentence_of(error))
        return False
    return not any(codes)


def main(arguments: list[str] | None = None, restored: str | None = None) -> int:
    """Run the job; return the exit code. Restored is the backup to build on, if any."""
    parser = command_parser("build", __doc__)
    parser.add_argument("--vars", default="{}", help="dbt variables as YAML, as for dbt itself")
    parser.add_argument("--target", default=os.environ.get("CRM_HYGIENE_TARGET", "duckdb"))
    parser.add_argument("--full-refresh", action="store_true")
    options = parser.parse_args(arguments)
    try:
        given = yaml.safe_load(options.vars) or {}
        assert isinstance(given, dict)
    except (yaml.YAMLError, AssertionError):
        return fail(f"--vars is no YAML mapping: {options.vars}", "make help", USAGE)

    os.chdir(ROOT)
    started_at = now()
    run = f"{started_at:%Y%m%dT%H%M%S}{started_at.microsecond // 1000:03d}Z"
    dbt, fault, told = Dbt(options.target, given), None, {}
    try:
        place = warehouse_of(options.target, dbt.engine_type())
        with one_run(place.folder, run) as killed, place.alone():
            if killed:
                print(
                    f"The run of {killed['started_at']} UTC (process {killed['pid']}) was killed; "
                    "what it left half done is removed.",
                    flush=True,
                )
                write_log(place, **killed, status="killed")
            try:
                place.clean()
                fault, told = night(place, dbt, run, options.full_refresh, restored)
            except (Stopped, OSError, duckdb.Error) as error:
                fault = Fault(sentence_of(error), "README.md, When it fails")
            except KeyboardInterrupt:
                fault = Fault("stopped by hand", "make build")
            code = FAILED if fault else WITHOUT_PAGES if told["lacks_pages"] else PUBLISHED
            tables = told.get("tables", {}).values()
            write_log(
                place,
                run=run,
                status="failed" if fault else "published" if told.get("run") else "built",
                exit_code=code,
                started_at=started_at,
                ended_at=(ended_at := now()),
                seconds=round((ended_at - started_at).total_seconds()),
                target=options.target,
                vars=given,
                cause=fault.sentence if fault else None,
                as_of=told.get("as_of"),
                rows=sum(table["rows"] for table in tables) or None,
            )
    except RunningError as error:
        return fail(str(error), f"the log of runs, {place.folder}/runs.jsonl", RUNNING)
    except (Stopped, OSError, DbtError) as error:
        return fail(sentence_of(error), "README.md, When it fails")
    if fault:
        return fail(
            f"{fault.sentence}{'' if fault.sentence.endswith(('.', '?')) else '.'}", fault.command
        )
    print(
        f"Marts: {place.where}, schema marts. Pages: reports/dashboard.html, reports/digest.html, "
        "reports/failures.html; lists: exports/."
    )
    if is_demo(dbt):
        print(
            "Next: point it at your CRM, as the README says:\n"
            "  make build ARGS=\"--vars '{crm_sources: [salesforce]}'\""
        )
    else:
        print("Next: read marts.rejected_rows and marts.landing_coverage; schedule it nightly.")
    return code


def write_log(place: Warehouse, **told: Any) -> None:
    """Add a line to the log of runs; a full disk has been told of already."""
    try:
        log(place.folder, **told)
    except OSError as error:
        print(f"The log of runs cannot be written to: {sentence_of(error)}", flush=True)


def night(
    place: Warehouse, dbt: Dbt, run: str, refreshes: bool, restored: str | None
) -> tuple[Fault | None, dict[str, Any]]:
    """Build and publish; return what failed, or what was published."""
    for is_last in (False, True):
        try:
            return attempt(place, dbt, run, refreshes, restored)
        except ChangedError as error:
            if is_last:
                raise
            print(f"{error} Again, with what was written.", flush=True)
    raise AssertionError


def attempt(
    place: Warehouse, dbt: Dbt, run: str, refreshes: bool, restored: str | None
) -> tuple[Fault | None, dict[str, Any]]:
    """Build a candidate and publish it where it passed."""
    # Great Expectations loads in a process of its own while dbt parses and lands the demo.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as worker:
        worker.submit(load_great_expectations)
        place.take("as_of" in dbt.variables, is_restored=restored is not None)
        if restored is not None:
            print(f"Restored {place.restore(restored or None):,} rows of what is kept", flush=True)
        # What is parsed names its warehouse, so it is parsed with the one that readers see.
        fault = parse(dbt)
        if not fault:
            place.begin(dbt)
        with place.in_use():
            fault = fault or check_landing(dbt, worker)
    with place.in_use():
        fault = fault or build(dbt, refreshes)
        # Of other engines nothing here reads the marts.
        has_pages = dbt.engine_type() in READ
        cause = write_failures(dbt.target) if has_pages else None
    if fault and fault.says_all:
        cause = None
    if fault:
        left = (
            f" Nothing was published; what was built stays in {place.candidate} until the next run."
            if place.candidate
            else ""
        )
        sentence = (cause or fault.sentence).rstrip(".?")
        return Fault(f"{sentence}.{left}", "make failures" if cause else fault.command), {}
    if place.candidate and dbt.variables.get("future_as_of"):
        print(f"\n{cause}\nA look into the future is not published: it is in {place.candidate}.")
        return None, {"lacks_pages": False}
    told = place.publish(run, kept_tables(dbt))
    print(f"\n{cause or 'All good.'}", flush=True)
    lacks_pages = has_pages and not write_pages(dbt.target)
    return None, {**told, "lacks_pages": lacks_pages or bool(told.get("lacks_manifest"))}


def parse(dbt: Dbt) -> Fault | None:
    """Parse the project and read the policy seeds; return what failed."""
    try:
        faults = policy.faults_of(dbt.manifest)
    except DbtError as error:
        return Fault(f"dbt stopped: {error}", f"{DBT} parse{vars_option(dbt)}")
    if faults:
        return Fault(policy.sentence(faults), "the lines it names", says_all=True)
    return None


def kept_tables(dbt: Dbt) -> list[str]:
    """Return the tables that keep what cannot be computed again."""
    return [
        f"{node.schema}.{node.alias}"
        for node in dbt.manifest.nodes.values()
        if node.resource_type == "model" and node.config.materialized == "incremental"
    ]


def check_landing(dbt: Dbt, worker: Executor) -> Fault | None:
    """Land the demo where it is read, and check what is landed; return what failed."""
    if is_demo(dbt):
        print("No crm_sources configured: landing the demo CRM", flush=True)
        seeded = dbt.run("seed", "--select", DEMO)
        if not seeded.success:
            return explain(seeded, dbt)
    print("Checking the landing", flush=True)
    try:
        checked = validate(dbt, worker=worker)
    except GateError as error:
        cause = in_words(str(error)) or f"the landing could not be checked: {error}"
        return Fault(cause, "README.md, Your CRM")
    print("\n".join(checked.summary_lines()), flush=True)
    if checked.ok:
        return None
    return Fault(
        "the landing failed a critical check; nothing was built, the last build still stands",
        "open target/landing_checks/index.html",
    )


def build(dbt: Dbt, refreshes: bool) -> Fault | None:
    """Run `dbt build`; return what failed.

    Without the unit tests: their rows are written by hand, so no landing changes what they find.
    """
    print("Building (a minute or so)", flush=True)
    refresh = ["--full-refresh"] if refreshes else []
    demo_is_landed = ["--exclude", DEMO] if is_demo(dbt) else []
    options = ["--exclude-resource-type", "unit_test", *demo_is_landed, *refresh]
    built = dbt.run("build", *options)
    return None if built.success else explain(built, dbt)


def is_demo(dbt: Dbt) -> bool:
    """Tell whether the run reads the demo CRM."""
    return any(key.startswith("seed.crm_hygiene.demo_") for key in dbt.manifest.nodes)


def sentence_of(error: Exception) -> str:
    """Return an error in one sentence."""
    return str(error) if isinstance(error, Stopped) else in_words(error) or first_line(error)


def vars_option(dbt: Dbt) -> str:
    """Return the option that gives dbt the variables of this run."""
    return f" --vars {shlex.quote(json.dumps(dbt.variables, default=str))}" if dbt.variables else ""
