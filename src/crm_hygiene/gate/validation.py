"""The gate: judge the landings that a run would read, remember what they held, write it down."""

import json
import re
import uuid
from concurrent.futures import Executor
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crm_hygiene.dbt import Dbt, DbtError
from crm_hygiene.gate import files
from crm_hygiene.gate.checks import Check, GateError, GateResult, nearby
from crm_hygiene.gate.expectations import expectations_of, lacking_columns, read_expectations
from crm_hygiene.gate.judging import ENGINES, judge_landing, warehouse
from crm_hygiene.gate.landing import Landing, Run, read_landings
from crm_hygiene.gate.memory import (
    lost_reach,
    read_memory,
    renaming,
    vanished_columns,
    write_memory,
)
from crm_hygiene.gate.words import SAMPLE_SIZE, words
from crm_hygiene.pages.files import environment
from crm_hygiene.project import ROOT
from crm_hygiene.warehouse import let_go_of_the_file

# Checks of less than there was.
LOSSES = (
    "expect_table_row_count_to_be_between",
    "table_is_still_landed",
    "column_is_still_landed",
)
Memory = dict[str, dict[str, dict[str, Any]]]


def validate(
    dbt: Dbt,
    memory_file: Path | None = None,
    folder: Path | None = None,
    worker: Executor | None = None,
) -> GateResult:
    """Judge the landings of a run; write the page and results.json beside it.

    The row counts and columns go to the memory; those of a table that lost too many rows, or a
    column, stay as they were, so that the next run says so too. A worker judges in a process of
    its own, which may have loaded what it needs meanwhile.
    """
    started_at = datetime.now(UTC).replace(tzinfo=None)
    folder = folder or ROOT / "target" / "landing_checks"
    memory_file = memory_file or ROOT / "warehouse" / "landing_rows.json"
    told = {
        "id": uuid.uuid4().hex,
        "started_at": started_at.isoformat(" "),
        "target": dbt.target,
        "vars": dbt.variables,
    }
    try:
        result = check(dbt, memory_file, worker)
    except (GateError, DbtError) as error:
        write_results(folder, {**told, "error": str(error)}, GateResult())
        raise GateError(str(error)) from None
    write_results(folder, told, result)
    result.page = folder / "index.html"
    page = environment().get_template("landing_checks.html")
    html = page.render(result=result, run_start=started_at, sample_size=SAMPLE_SIZE)
    result.page.write_text(html, encoding="utf-8")
    return result


def write_results(folder: Path, run: dict[str, Any], result: GateResult) -> None:
    """Write the run and its checks as JSON, for the failure review."""
    folder.mkdir(parents=True, exist_ok=True)
    checks = [
        {**asdict(check), "verdict": check.verdict, "sentence": check.sentence()}
        for check in result.checks
    ]
    text = json.dumps({**run, "checks": checks}, default=str, indent=1)
    (folder / "results.json").write_text(text + "\n", encoding="utf-8")


def check(dbt: Dbt, memory_file: Path, worker: Executor | None) -> GateResult:
    """Judge the landings of a run, and remember what they hold."""
    engine_type = dbt.engine_type()
    if engine_type not in ENGINES:
        covered = " and ".join(ENGINES)
        note = f"covers {covered} only, so nothing was checked on {engine_type}"
        return GateResult(notes=[note])
    folders = files.folders(dbt.variables)
    if faults := files.faults_of(folders):
        raise GateError(" ".join(faults))
    run = read_landings(dbt)
    # Of a DuckDB file there is one connection that may write.
    let_go_of_the_file()
    work = (run, dbt.credentials(), dbt.target, read_memory(memory_file))
    result, memory = worker.submit(judge, *work).result() if worker else judge(*work)
    result.checks += files.swallowed_rows(
        {landing.crm: folders[landing.crm] for landing in run.landings if landing.crm in folders}
    )
    if any(check.ok is False and check.type in LOSSES for check in result.checks):
        result.notes.append(
            "where a loss of rows or of a column is right, take the table out of"
            f" {nearby(memory_file)}"
        )
    write_memory(memory_file, memory)
    return result


def judge(run: Run, credentials: Any, target: str, memory: Memory) -> tuple[GateResult, Memory]:
    """Judge the landings of a run; return what was found and what is to be remembered."""
    result = GateResult()
    with warehouse(credentials) as engine:
        for landing in run.landings:
            # The demo is made anew at will, so what it held before says nothing.
            place = f"{target} {landing.place}"
            held = {} if landing.is_demo else memory.setdefault(place, {})
            check_landing(engine, run, landing, held, result)
    return result, memory


def check_landing(
    engine: Any, run: Run, landing: Landing, held: dict[str, dict[str, Any]], result: GateResult
) -> None:
    """Judge one landing; add to the result and to what it last held."""
    crm, declared, landed = landing.crm, landing.declared, landing.landed
    content = read_expectations(crm)
    if not landed:
        if landing.is_demo:
            result.notes.append(f"the demo's {crm} is not landed yet, so not checked")
        else:
            expected = f"tables in {landing.where}, since crm_sources names {crm}"
            result.checks.append(
                Check(crm, "", "", "critical", "landing_has_tables", expected, "none", False)
            )
        return
    for name in declared:
        if name not in landed and held.get(name, {}).get("rows"):
            result.checks.append(
                Check(
                    crm, name, "", "critical", "table_is_still_landed",
                    f"the {held[name]['rows']} rows of the last run", "no such table any more",
                    False,
                )
            )  # fmt: skip
    result.not_landed[crm] = [name for name in declared if name not in landed]
    if landing.is_demo:
        result.notes.append(f"the demo's {crm} does not age: freshness is not judged")
    expected, unjudged = {}, {}
    for name in landed:
        entries = expectations_of(content, name, declared[name])
        if landing.is_demo:
            entries = [entry for entry in entries if "as_of" not in str(entry["kwargs"])]
        lacking = [lacking_columns(entry, name, declared, landed) for entry in entries]
        expected[name] = [e for e, lacks in zip(entries, lacking, strict=True) if not lacks]
        unjudged[name] = [
            Check(
                crm, name, entry["kwargs"].get("column", ""), entry["severity"], entry["type"],
                words(entry, entry["kwargs"]), f"not landed: {', '.join(lacks)}", None,
            )
            for entry, lacks in zip(entries, lacking, strict=True) if lacks
        ]  # fmt: skip
    parameters = {
        name: {
            "last_rows": held.get(name, {}).get("rows", 0),
            "as_of": run.as_of,
            "run_start": run.run_start,
        }
        for name in landed
    }
    judged = judge_landing(engine, landing, expected, parameters)
    for name, (checks, count, reached) in judged.items():
        last = held.get(name, {})
        vanished = vanished_columns(landed[name], declared[name], last)
        result.checks += unjudged[name] + tell_vanished(vanished, crm, name, checks)
        result.checks += lost_reach(crm, name, last, reached)
        if count is not None:
            last = {**last, "rows": count, **reached}
        if count is not None and not vanished:
            last |= {"columns": list(landed[name].columns), "seen": f"{run.run_start:%Y-%m-%d}"}
        if last:
            held[name] = last


def tell_vanished(
    vanished: dict[str, tuple[str, str]], crm: str, name: str, checks: list[Check]
) -> list[Check]:
    """The checks of a table with what is known of the columns that are gone: the required ones are
    told where they fail, any other gets a check of its own."""
    told = set()
    for check in checks:
        if check.ok is False and check.type == "expect_table_columns_to_match_set":
            for column, (successor, seen) in vanished.items():
                if re.search(rf"\b{column}\b", check.found):
                    told.add(column)
                    check.found += f" (it was landed on {seen}{renaming(successor)})"
    return checks + [
        Check(
            crm, name, column, "warning", "column_is_still_landed",
            f"the column, which was landed on {seen}", f"no such column{renaming(successor)}",
            False,
        )
        for column, (successor, seen) in vanished.items() if column not in told
    ]  # fmt: skip
