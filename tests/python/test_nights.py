"""The nightly job on the demo, as a scheduler runs it: published, refused, killed, read meanwhile.

By default it is published once. CRM_HYGIENE_NIGHTS=30 (`make nights`) kills it at thirty moments,
too, and has three nights read all the time. Small nights are killed and read in test_publishing.py.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT, built_demo

from crm_hygiene.compare import OF_THE_RUN, compare_open
from crm_hygiene.nightly import tables
from crm_hygiene.warehouse import candidate_of

N_KILLS = int(os.environ.get("CRM_HYGIENE_NIGHTS", "0"))
N_READ_NIGHTS = 3
OWN = ("target", "logs", "reports", "exports", "warehouse", ".git")
SCHEMAS = ("staging", "intermediate", "marts", "policy")
# Marts that tell the instant of their run.
DATED = ("process_signals_daily", "data_health_daily", "data_health_grades", "team_figures")


class Job:
    """The job in a copy of the project that shares its files and has places of its own to write."""

    def __init__(self, folder: Path):
        self.folder = folder
        for each in ROOT.iterdir():
            if each.name not in OWN:
                (folder / each.name).symlink_to(each)
        (folder / "warehouse").mkdir()
        self.published = folder / "warehouse" / "crm_hygiene.duckdb"
        self.marts = folder / "warehouse" / "crm_hygiene.marts"

    def start(self, *arguments: str, command: str = "nightly") -> subprocess.Popen:
        env = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CRM_HYGIENE_", "DBT_"))
        }
        env |= {"CRM_HYGIENE_PROJECT": str(self.folder), "PYTHONPATH": str(ROOT / "src")}
        return subprocess.Popen(
            [sys.executable, "-m", "crm_hygiene", command, *arguments],
            cwd=self.folder, env=env | {"DBT_PROFILES_DIR": "profiles"}, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def run(self, *arguments: str, command: str = "nightly") -> tuple[int, str]:
        job = self.start(*arguments, command=command)
        told, _ = job.communicate()
        return job.returncode, told

    def hashes(self) -> dict[str, int]:
        """Return a hash of each published mart."""
        with duckdb.connect(str(self.published), read_only=True) as connection:
            names = connection.execute(
                "select table_name from information_schema.tables where table_schema = 'marts'"
            ).fetchall()
            return {
                name: connection.execute(
                    f"select bit_xor(hash(mart)) + count(*) from marts.{name} as mart"
                ).fetchone()
                for (name,) in names
            }

    def log(self) -> list[dict]:
        file = self.folder / "warehouse" / "crm_hygiene.nightly" / "runs.jsonl"
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def differing(before: Path, after: Path) -> tuple[int, int]:
    """Return how many tables of two builds differ, but for the last bits of doubles, of how many.

    What dbt alone builds: it does not know of the nightly's own runs.
    """
    ignored = OF_THE_RUN | {"test_failures", "test_runs", "this_run"}
    ignored |= {"int_runs__failures", "int_runs__results"}
    with (
        duckdb.connect(str(before), read_only=True) as first,
        duckdb.connect(str(after), read_only=True) as second,
    ):
        return compare_open(first, second, SCHEMAS, ignored, tolerance=1e-9)


@pytest.fixture(scope="module")
def job(tmp_path_factory) -> Job:
    """The job, its first night published."""
    job = Job(tmp_path_factory.mktemp("project"))
    code, told = job.run()
    assert code == 0, told
    return job


def test_a_first_night_publishes_marts_parquet_pages_and_lists(job):
    # A second build of the demo gives the rows of the first.
    differ, compared = differing(built_demo(), job.published)
    assert differ == 0 and compared > 400
    manifest = tables.read(job.marts)
    for name, (_, told) in zip(
        sorted(job.hashes()), sorted(manifest["tables"].items()), strict=True
    ):
        assert (job.marts / told["file"]).name == f"marts.{name}.parquet"
    for page in ("reports/dashboard.html", "reports/digest.html", "exports/keep_list.csv"):
        assert (job.folder / page).is_file()
    [line] = job.log()
    assert (line["status"], line["exit_code"], line["run"]) == ("published", 0, manifest["run"])
    assert line["as_of"].startswith("2026-09-30") and line["rows"] > 1000
    assert not candidate_of(job.published).parent.exists()


if N_KILLS:

    @pytest.mark.parametrize(
        ("variables", "said"),
        [
            ("business_timezone: Mars/Olympus", "'Mars/Olympus', which is no time zone"),
            ("as_of: '2062-09-30'", "the clock says .*: is the year right"),
        ],
    )
    def test_a_night_that_cannot_be_meant_is_refused_before_anything_is_built(job, variables, said):
        before = job.hashes()
        code, told = job.run("--vars", f"{{{variables}}}")
        assert code == 1
        [sentence] = [line for line in told.splitlines() if line.startswith("FAILED: ")]
        assert re.search(said, sentence), told
        assert "Nothing was published" in sentence and "Traceback" not in told
        assert job.hashes() == before
        assert job.log()[-1]["status"] == "failed"

    def test_a_night_killed_at_random_leaves_the_marts_and_the_next_ends_as_ever(job):
        chance = random.Random(13)
        begun = time.monotonic()
        assert job.run()[0] == 0
        lasts = time.monotonic() - begun
        before = job.hashes()
        for kill in range(N_KILLS):
            night = job.start()
            time.sleep(lasts * (kill + chance.random()) / N_KILLS)
            os.killpg(night.pid, signal.SIGKILL)
            night.communicate()
            now = job.hashes()
            # The runs themselves are news where it was killed after it was published.
            differing = {name for name in before if before[name] != now[name]}
            assert differing <= {"test_runs", "test_failures"}, (kill, differing)
            before = now
        code, told = job.run()
        assert code == 0, told
        assert differing(built_demo(), job.published)[0] == 0
        assert "killed" in {line["status"] for line in job.log()}

    @pytest.mark.parametrize("night", range(N_READ_NIGHTS))
    def test_readers_during_a_night_see_marts_of_one_run(job, night):
        """Ten reads a second, by connection and by parquet, and a connection that is held open."""
        with duckdb.connect(str(job.published), read_only=True) as held:
            first = held.execute("select value from marts.run_settings where setting = 'as_of'")
            assert first.fetchone()
            running = job.start("--vars", f"{{as_of: '2026-10-0{night + 1}'}}")
            script = (
                "import sys; sys.path.insert(0, sys.argv[1]); from test_nights import read; read()"
            )
            place = [
                str(Path(__file__).parent),
                str(job.published),
                str(job.marts),
                str(running.pid),
            ]
            reader = subprocess.run(
                [sys.executable, "-c", script, *place], capture_output=True, text=True
            )
            told, _ = running.communicate()
        assert running.returncode == 0, told
        assert reader.returncode == 0, reader.stderr
        assert int(reader.stdout) > 100


def read() -> None:
    """Read what is published, ten times a second until the job ends; print how often."""
    published, marts, job = Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    count = 0
    while Path(f"/proc/{job}").exists() and " Z " not in Path(f"/proc/{job}/stat").read_text():
        with duckdb.connect(str(published), read_only=True) as connection:
            check("marts.{}", connection)
        manifest = tables.read(marts)["tables"]
        with duckdb.connect() as connection:
            for name in ("run_settings", *DATED):
                file = marts / manifest[f"marts.{name}"]["file"]
                connection.execute(f"create view {name} as from read_parquet('{file}')")
            check("{}", connection)
        count += 1
        time.sleep(0.1)
    print(count)


def check(name: str, connection: duckdb.DuckDBPyConnection) -> None:
    """Fail where marts are of different runs."""
    of = "select max(cast(as_of as timestamp)) as as_of from {}"
    each = " union all ".join(of.format(name.format(mart)) for mart in DATED)
    settings = "select cast(value as timestamp) from {} where setting = 'as_of'"
    each = f"{each} union all {settings.format(name.format('run_settings'))}"
    found = {row for (row,) in connection.execute(each).fetchall()}
    assert len(found) == 1, found
