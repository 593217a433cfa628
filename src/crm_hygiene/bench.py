"""Measure builds of large CRMs against one window pass over their changes.

    crm-hygiene bench [MILLIONS ...] [--folder DIR] [--memory 4GB]

For each number of million changes it writes a CRM of that size as parquet, then measures, each in a
process of its own and with one thread of DuckDB: one window pass over the changes (row_number, lag
and lead by record) that writes its result, the full build of all models on an empty warehouse, and
the build of the next day. The same signals in pandas are measured at the smallest size, and have to
find as many occurrences. Prints a table; what it wrote is deleted, but for --keep.
"""

import json
import multiprocessing
import os
import resource
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb

from crm_hygiene.cli import command_parser
from crm_hygiene.demo import scale
from crm_hygiene.demo.world import AS_OF
from crm_hygiene.project import ROOT

CHANGES = "opportunity_field_history.parquet"
MILLION = 1_000_000
# What is built to tell the signals from the landed changes.
SIGNALS = ("process_signals_daily", "process_signal_evidence")
WINDOW_PASS = """
    create table passed as
    select *, row_number() over w as place, lag(new_value) over w as value_before,
        lead(created_date) over w as next_date
    from read_parquet('{file}')
    window w as (partition by opportunity_id, field order by created_date, id)
"""


class Cost(NamedTuple):
    """What a step cost; of a build also the processor's seconds of each model."""

    wall: float
    cpu: float
    memory: int
    spilled: int
    models: dict[str, float]


class SpillWatch(threading.Thread):
    """Sees how much lies in the folder of what did not fit into memory, at most."""

    def __init__(self, folder: Path):
        """Watch a folder that need not exist yet."""
        super().__init__(daemon=True)
        self.folder, self.most, self.ended = folder, 0, threading.Event()

    def run(self):
        """Look ten times a second."""
        while not self.ended.wait(0.1):
            size = 0
            for file in self.folder.glob("*"):
                try:
                    # Blocks, since a file that is written in its middle only is hardly there.
                    size += file.stat().st_blocks * 512
                except OSError:
                    continue
            self.most = max(self.most, size)


def window_pass(folder: Path, memory: str) -> dict[str, float]:
    """Pass once over the changes as a window, and write the result."""
    with duckdb.connect(str(folder / "pass.duckdb")) as db:
        db.execute(f"set threads = 1; set memory_limit = '{memory}'")
        db.execute("set enable_progress_bar = false")
        db.execute(f"set temp_directory = '{folder / 'spill'}'")
        db.execute(WINDOW_PASS.format(file=folder / "landing" / CHANGES))
    return {}


def settings(folder: Path, memory: str) -> dict[str, str]:
    """The environment of a build."""
    return {
        "CRM_HYGIENE_DUCKDB": str(folder / "bench.duckdb"),
        "CRM_HYGIENE_MEMORY_LIMIT": memory,
        "CRM_HYGIENE_TEMP": str(folder / "spill"),
        "CRM_HYGIENE_THREADS": "1",
    }


def dbt_command(folder: Path, memory: str, days: int, *arguments: str) -> dict[str, float]:
    """Run dbt on the landing, as it was some days after its end; return the cost of each model."""
    os.environ.update(settings(folder, memory))
    from dbt.cli.main import dbtRunner

    variables = {
        "crm_sources": ["salesforce"],
        "salesforce_files": str(folder / "landing"),
        "as_of": str(AS_OF + timedelta(days=days)),
    }
    begun, cost = {}, {}

    def listen(event) -> None:
        if event.info.name == "NodeStart":
            begun[event.data.node_info.node_name] = time.process_time()
        elif event.info.name == "NodeFinished":
            name = event.data.node_info.node_name
            cost[name] = time.process_time() - begun[name]

    place = ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT / "profiles")]
    place += ["--target", "duckdb", "--target-path", str(folder / "target")]
    place += ["--log-path", str(folder / "target"), "--vars", str(variables)]
    result = dbtRunner(callbacks=[listen]).invoke(["--quiet", *arguments, *place])
    if not result.success:
        failed = [one for one in result.result or () if one.status == "error"]
        raise SystemExit(str(failed[0].message if failed else result.exception))
    return cost


def measured(step, *arguments) -> tuple[float, float, int, dict[str, float]]:
    """Take a step in this process, which is new; return its seconds and the most memory."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    begun = time.monotonic()
    models = step(*arguments)
    wall = time.monotonic() - begun
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    unit = 1 if sys.platform == "darwin" else 1024
    return wall, cpu, after.ru_maxrss * unit, models


def cost_of(folder: Path, step, *arguments) -> Cost:
    """Take a step in a process of its own."""
    watch = SpillWatch(folder / "spill")
    watch.start()
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as worker:
        wall, cpu, memory, models = worker.submit(measured, step, folder, *arguments).result()
    watch.ended.set()
    watch.join()
    return Cost(wall, cpu, memory, watch.most, models)


def signals_in_pandas(folder: Path, memory: str) -> dict[str, float]:
    """Find the occurrences of three signals in pandas; return how many there are of each."""
    import pandas as pd

    with duckdb.connect(str(folder / "bench.duckdb"), read_only=True) as db:
        db.execute("set threads = 1")
        milestones = db.execute(
            "select distinct stage from intermediate.int_crm__stage_map "
            "where object_type = 'opportunity' and is_milestone"
        ).df()["stage"]
        changes = db.execute(
            f"select * from read_parquet('{folder / 'landing' / CHANGES}') "
            "where old_value is distinct from new_value"
        ).df()
    changes = changes.sort_values(["opportunity_id", "field", "created_date", "id"])
    by_field = changes.groupby(["opportunity_id", "field"], sort=False)
    since = changes["created_date"] - by_field["created_date"].shift()
    is_stage = changes["field"] == "StageName"
    reached = changes[is_stage & changes["new_value"].isin(milestones)]
    first = reached.groupby("opportunity_id")["created_date"].min()
    edited = changes[changes["field"].isin(["Amount", "CloseDate"])]
    return {
        "owner_ping_pong": sum((changes["field"] == "Owner") & (since <= pd.Timedelta(days=7))),
        "multi_stage_jump": sum(is_stage & (since <= pd.Timedelta(hours=24))),
        "late_edit": sum(edited["created_date"] > edited["opportunity_id"].map(first)),
    }


def found_by_the_build(folder: Path) -> dict[str, int]:
    """How many occurrences of each signal the models found, and what the signals are built of."""
    with duckdb.connect(str(folder / "bench.duckdb"), read_only=True) as db:
        return dict(
            db.execute(
                "select signal, count(*) from marts.process_signal_evidence group by signal"
            ).fetchall()
        )


def models_of_the_signals(folder: Path) -> set[str]:
    """The models between the landed changes and the signals, both ends included."""
    manifest = json.loads((folder / "target" / "manifest.json").read_text())
    names, waiting = set(), [f"model.crm_hygiene.{name}" for name in SIGNALS]
    while waiting:
        unique_id = waiting.pop()
        if unique_id.startswith("model.") and unique_id not in names:
            names.add(unique_id)
            waiting += manifest["nodes"][unique_id]["depends_on"]["nodes"]
    return {unique_id.split(".")[-1] for unique_id in names}


def print_models(costs: dict[str, float]) -> None:
    """Print the dearest models."""
    dearest = sorted(costs.items(), key=lambda item: -item[1])[:30]
    print("\n".join(f"{seconds:8.1f} s  {name}" for name, seconds in dearest), flush=True)


def row(millions: float, step: str, cost: Cost, unit: Cost) -> str:
    """Return a line of the table."""
    shown = [
        f"{millions:g} million",
        step,
        f"{cost.wall:,.0f}",
        f"{cost.cpu:,.0f}",
        f"{cost.cpu / unit.cpu:.1f}",
        f"{cost.memory / 1e9:.1f}",
        f"{cost.spilled / 1e9:.1f}",
        f"{millions * MILLION / cost.wall:,.0f}",
    ]
    return f"| {' | '.join(shown)} |"


HEAD = """\
| changes | step | seconds | CPU seconds | of a pass | memory GB | spilled GB | changes a second |
| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |"""


def bench(millions: float, folder: Path, memory: str, with_pandas: bool) -> Iterator[str]:
    """Measure everything at one size; give the lines of the table as they are known."""
    shutil.rmtree(folder, ignore_errors=True)
    scale.make(millions * MILLION / (scale.OPPORTUNITIES * scale.CHANGES), folder / "landing")
    unit = cost_of(folder, window_pass, memory)
    yield row(millions, "one window pass", unit, unit)
    cost_of(folder, dbt_command, memory, 0, "seed", "--select", "path:seeds/policy")
    for step, days in (("full build", 0), ("the next day", 1)):
        cost = cost_of(folder, dbt_command, memory, days, "run")
        signals = models_of_the_signals(folder)
        of_signals = sum(cpu for name, cpu in cost.models.items() if name in signals)
        yield row(millions, f"{step} ({of_signals:,.0f} s of CPU for the signals)", cost, unit)
        if days:
            return
        print_models(cost.models)
        if with_pandas:
            found = found_by_the_build(folder)
            cost = cost_of(folder, signals_in_pandas, memory)
            yield row(millions, "three signals in pandas", cost, unit)
            for signal, n_found in cost.models.items():
                if n_found != found.get(signal, 0):
                    raise SystemExit(f"pandas finds {n_found} of {signal}, the build {found}")


def main(arguments: list[str] | None = None) -> int:
    """Measure each size, the smallest first; return the exit code."""
    parser = command_parser("bench", __doc__)
    parser.add_argument("millions", nargs="*", type=float, default=[1, 5, 20])
    parser.add_argument("--folder", type=Path, default=ROOT / "target" / "bench")
    parser.add_argument("--memory", default="4GB", help="DuckDB's memory_limit (4GB)")
    parser.add_argument("--keep", action="store_true", help="keep the last warehouse and landing")
    options = parser.parse_args(arguments)
    sizes = sorted(options.millions)
    lines = [HEAD]
    for millions in sizes:
        for line in bench(millions, options.folder, options.memory, millions == sizes[0]):
            lines.append(line)
            print("\n".join(lines), flush=True)
    if not options.keep:
        shutil.rmtree(options.folder)
    return 0
