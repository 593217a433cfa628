"""The failure review: from what runs leave behind to the line that names the cause."""

import hashlib
import json
import re
import shutil
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright
from test_gate import SALESFORCE, Warehouse, opportunities, stages

from crm_hygiene import runs
from crm_hygiene.gate.checks import GateError
from crm_hygiene.pages import failures
from crm_hygiene.pages.files import write_page
from crm_hygiene.runs import of_gate

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = "<script>alert(1)</script> \"'; drop table x; -- \x1b[31m \u202e"
MODEL = "model.crm_hygiene."
TEST = "test.crm_hygiene."


# --- What dbt leaves behind ---


def node(name: str, kind: str = "model", **other) -> dict:
    key = f"{kind}.crm_hygiene.{name}"
    made = {"unique_id": key, "name": name, "alias": name, "resource_type": kind, "schema": "marts"}
    file = f"models/marts/{other.pop('folder', 'signals')}/{name}.sql"
    made |= {"original_file_path": file, "depends_on": {"nodes": []}, "config": {}, **other}
    return made


def not_null(column: str, model: str) -> dict:
    """A not_null test with its failing rows stored."""
    return node(
        f"not_null_{model}_{column}",
        "test",
        schema="test_failures",
        column_name=column,
        attached_node=MODEL + model,
        relation_name="stored",
        test_metadata={"name": "not_null", "kwargs": {"column_name": column}},
        depends_on={"nodes": [MODEL + model]},
    )


class Left:
    """A target folder, a log folder and a warehouse, as runs leave them."""

    def __init__(self, folder: Path):
        self.target, self.logs = folder / "target", folder / "logs"
        self.path = folder / "crm.duckdb"
        self.target.mkdir()
        self.logs.mkdir()

    def dbt(self, nodes: list[dict], results: dict[str, str], run: str = "r1", **other) -> None:
        """Leave the artifacts of a run; results are status by name, a message after a colon."""
        by_name = {each["name"]: each for each in nodes}
        children: dict[str, list[str]] = {each["unique_id"]: [] for each in nodes}
        for each in nodes:
            for parent in each["depends_on"]["nodes"]:
                children.setdefault(parent, []).append(each["unique_id"])
        manifest = {
            "nodes": {each["unique_id"]: each for each in nodes},
            "child_map": children,
            "groups": {"group.g": {"name": "ops", "owner": {"name": "Revenue operations"}}},
        }
        (self.target / "manifest.json").write_text(json.dumps(manifest))
        made = []
        for name, result in results.items():
            status, _, message = result.partition(":")
            made.append(
                {
                    "unique_id": by_name[name]["unique_id"],
                    "status": status,
                    "message": message or None,
                    "failures": other.get("failures", 0) if status in ("fail", "warn") else None,
                }
            )
        artifact = {
            "metadata": {
                "invocation_id": run,
                "generated_at": "2026-11-22T04:30:00Z",
                "invocation_started_at": other.get("at", "2026-11-22T04:09:00Z"),
            },
            "args": {"which": "build", "target": "duckdb", **other.get("args", {})},
            "results": made,
        }
        (self.target / "run_results.json").write_text(json.dumps(artifact))

    def rows(self) -> dict[str, runs.Result]:
        return {row.name: row for row in runs.left_behind(self.target, self.logs)}

    def review(self) -> failures.Review:
        return failures.review(self.path, self.target, self.logs)


@pytest.fixture
def left(tmp_path: Path) -> Left:
    return Left(tmp_path)


SIGNALS = node("signals", config={"group": "ops"}, group="ops")
REVIEW_LIST = node("review_list", folder="lifecycle", depends_on={"nodes": [MODEL + "signals"]})
OWNER_SET = not_null("owner_id", "signals")


def test_a_failed_test_tells_what_it_protects_what_is_at_risk_and_how_to_run_it_again(left):
    left.dbt(
        [SIGNALS, REVIEW_LIST, OWNER_SET],
        {"signals": "success", OWNER_SET["name"]: "fail:Got 3 results", "review_list": "skipped"},
        failures=3,
        args={"vars": {"crm_sources": ["open"], "open_schema": "it's"}},
    )
    row = left.rows()[OWNER_SET["name"]]
    assert (row.status, row.n_failing_rows, row.n_skipped) == ("failed", 3, 1)
    assert row.protects == "owner_id of signals has a value in every row."
    assert row.marts_at_risk == "review_list, signals"
    assert row.figures_at_risk == "clean-up lists, process signals, stage dwell"
    assert row.owner_team == "Revenue operations"
    assert row.first_step.endswith("select * from test_failures.not_null_signals_owner_id")
    assert row.rerun_command == (
        "DBT_PROFILES_DIR=profiles .venv/bin/dbt test --select not_null_signals_owner_id --vars"
        """ '{"crm_sources": ["open"], "open_schema": "it'"'"'s"}'"""
    )
    passed = left.rows()["signals"]
    assert (passed.status, passed.message, passed.protects) == ("passed", None, None)


@pytest.mark.parametrize(
    ("arguments", "is_complete"),
    [
        ({}, True),
        ({"exclude": ["path:seeds/demo"]}, True),
        ({"select": ["signals"]}, False),
        ({"exclude": ["test_type:unit"]}, False),
        ({"which": "test"}, False),
        ({"fail_fast": True}, False),
    ],
)
def test_a_run_is_complete_where_nothing_was_selected(left, arguments, is_complete):
    left.dbt([SIGNALS], {"signals": "success"}, args=arguments)
    assert left.rows()["signals"].is_complete is is_complete


def test_artifacts_of_commands_that_run_nothing_are_no_run(left):
    left.dbt([SIGNALS], {"signals": "success"}, args={"which": "compile"})
    assert left.rows() == {}


def test_a_result_of_a_node_that_the_manifest_does_not_know_is_kept(left):
    left.dbt([SIGNALS], {"signals": "error:Runtime Error in model signals\n  no such table"})
    (left.target / "manifest.json").write_text('{"nodes": {')
    assert left.rows()["signals"].status == "error"
    assert left.review().first_line == "The model signals could not be run: no such table"


def test_addresses_and_numbers_in_messages_are_hidden(left):
    message = (
        "error:Conversion Error: 'Jane.Doe@example.com' +1 555 010 99 88 on 2026-11-22 is no date"
    )
    left.dbt([SIGNALS], {"signals": message})
    assert left.rows()["signals"].message == (
        "Conversion Error: '(hidden)' (hidden) on 2026-11-22 is no date"
    )


LOG = """
============================== {time} | {id} ==============================
\x1b[0m{time} [info ] [MainThread]: Running with dbt=1.12.6
{end}"""
ERROR = """\x1b[0m04:10:00.000001 [error] [MainThread]: Encountered an error:
Compilation Error in model signals (models/signals.sql)
  unexpected '}}'
\x1b[0m04:10:01.000000 [debug] [MainThread]: Command `cli build` failed at 04:10:01 after 2 seconds
"""
DONE = (
    "\x1b[0m04:10:01.000000 [debug] [MainThread]: Command `cli {command}` succeeded at 04:10:01\n"
)


def logged(number: int, end: str) -> str:
    run = f"00000000-0000-0000-0000-00000000000{number}"
    return LOG.format(time=f"04:0{number}:00.000000", id=run, end=end)


def test_a_stop_before_any_result_is_read_from_the_log(left):
    left.dbt([SIGNALS], {"signals": "success"}, run="00000000-0000-0000-0000-000000000001")
    passed = logged(1, DONE.format(command="build"))
    shown = logged(3, DONE.format(command="show"))
    (left.logs / "dbt.log").write_text(passed + logged(2, ERROR) + shown)
    found = left.review()
    assert found.first_line == (
        "dbt stopped before its first step: Compilation Error in model signals"
        " (models/signals.sql): unexpected '}}'"
    )
    (left.logs / "dbt.log").write_text(logged(2, ERROR) + passed)
    assert [row.status for row in left.rows().values()] == ["passed", "passed"]
    # The log of a long run is cut into several files; its last piece has no head.
    (left.logs / "dbt.log").write_text(DONE.format(command="build"))
    assert [row.status for row in left.rows().values()] == ["passed", "passed"]


# --- Causes ---

CONTRACT = """error:Compilation Error in model signals (models/marts/signals/signals.sql)
  This model has an enforced contract that failed.
  Please ensure the name, data_type, and number of columns in your contract match.

  | column_name | definition_type | contract_type | mismatch_reason       |
  | ----------- | --------------- | ------------- | --------------------- |
  | rate        | BIGINT          | VARCHAR       | data type mismatch    |
  | extra       | BIGINT          |               | missing in contract   |
  | lost        |                 | VARCHAR       | missing in definition |

  > in macro assert_columns_equivalent (macros/relations/column/columns_spec_ddl.sql)"""


def test_a_broken_contract_names_the_columns_and_folds_what_was_skipped(left):
    left.dbt(
        [SIGNALS, REVIEW_LIST, OWNER_SET],
        {"signals": CONTRACT, OWNER_SET["name"]: "skipped", "review_list": "skipped"},
    )
    found = left.review()
    assert found.first_line == (
        "The contract of model signals is broken: column rate came as BIGINT, declared is VARCHAR;"
        " column extra came, the contract does not declare it;"
        " column lost is declared, the SQL does not give it."
    )
    assert len(found.causes) == 1
    assert found.causes[0].n_skipped == 2
    assert "models/marts/signals/signals.sql" in found.causes[0].first["first_step"]


def test_a_failed_unit_test_is_told_as_a_change_of_meaning(left):
    unit = node(
        "signals__at_the_limit",
        "unit_test",
        model="signals",
        description="One second over counts.",
        depends_on={"nodes": [MODEL + "signals"]},
    )
    left.dbt([SIGNALS, unit], {unit["name"]: "fail:actual differs", "signals": "skipped"})
    found = left.review()
    assert found.first_line == (
        "Our SQL of signals means something else than the unit test signals__at_the_limit expects."
    )
    assert found.causes[0].first["protects"] == "One second over counts."


def failing(test_id: str, kind: str = "test", status: str = "failed", **other) -> dict:
    at = datetime(2026, 11, 22)
    row = dict.fromkeys(runs.COLUMNS) | {"tool": "dbt", "started_at": at, "n_runs": 1}
    row |= {"failing_since": at, "last_run_at": at, "n_failing_rows_before": None}
    return {**row, "test_id": test_id, "name": test_id, "kind": kind, "status": status, **other}


def order(*rows: dict) -> list[str]:
    return [cause.first["test_id"] for cause in failures.causes_of(list(rows))]


def test_what_explains_the_others_comes_first():
    lost = failing("gone", "landing", "warned", tool="gx", object_tested="sf.deal")
    lost["name"] = failures.LOST_COLUMN
    assert order(failing("t", object_tested="x"), failing("m", "model"), lost) == ["gone", "m", "t"]
    assert order(failing("w", "model", "warned"), failing("t")) == ["t", "w"]
    old = failing("old", "model", n_runs=3)
    assert order(old, failing("new")) == ["new", "old"]
    stale = failing("stale", "model", last_run_at=datetime(2026, 11, 21))
    assert order(stale, failing("of_the_last_run")) == ["of_the_last_run", "stale"]
    stop = failing("a_stop", "run", "error", tool="gx", last_run_at=datetime(2026, 11, 21))
    assert order(stop, failing("of_dbt", "run", "error")) == ["of_dbt", "a_stop"]


def test_failures_of_one_object_are_one_cause():
    rows = [failing(name, object_tested="signals") for name in ("b", "a")]
    rows.append(failing("c", object_tested="other"))
    causes = failures.causes_of(rows)
    assert [[f["test_id"] for f in cause.failures] for cause in causes] == [["a", "b"], ["c"]]


def test_a_warning_is_news_where_it_is_new_or_much_worse():
    def is_news(**other) -> bool:
        return failures.Cause("", [failing("w", status="warned", **other)]).is_news

    assert is_news(n_runs=1)
    assert not is_news(n_runs=2, n_failing_rows=7, n_failing_rows_before=4)
    assert is_news(n_runs=2, n_failing_rows=8, n_failing_rows_before=4)
    assert not is_news(n_runs=2)
    # In the first run everything is new.
    (cause,) = failures.causes_of([failing("w", status="warned")], first_runs={"dbt"})
    assert not cause.is_news


# --- A broken landing: gate and review, as the engineer on call meets them ---


class Landing(Warehouse):
    """A landing that was good at its last run, and the review after the next one."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.pages = folder / "target" / "landing_checks"
        self.target, self.logs = folder / "target", folder / "logs"

    def review(self) -> failures.Review:
        self.validate(SALESFORCE)
        return failures.review(self.path, self.target, self.logs)

    def first_line(self) -> str:
        return self.review().first_line


@pytest.fixture
def landing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Landing:
    monkeypatch.setenv("CRM_HYGIENE_DUCKDB", str(tmp_path / "crm.duckdb"))
    monkeypatch.setenv("DBT_PROFILES_DIR", "profiles")
    landed = Landing(tmp_path)
    landed.land("salesforce", opportunity=opportunities(20), opportunity_stage=stages())
    assert landed.validate(SALESFORCE).ok
    return landed


def today() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d}"


def rename(old: str, new: str) -> str:
    return f'alter table salesforce.opportunity rename column "{old}" to "{new}"'


def test_a_renamed_column_is_named_with_its_new_name_until_it_is_back(landing):
    landing.execute(rename("stage_name", "stage_nm"))
    for _ in range(2):
        assert landing.first_line() == (
            "Column stage_name of salesforce.opportunity is no longer landed (it was on"
            f" {today()}); stage_nm is new: renamed?"
        )
    landing.execute(rename("stage_nm", "StageName"))
    assert landing.first_line().startswith("All ")


def test_a_dropped_column_is_named_without_a_guess_and_another_spelling_is_none(landing):
    landing.execute("alter table salesforce.opportunity drop column amount")
    landing.execute(rename("created_date", "CreatedDate"))
    assert landing.first_line() == (
        f"Column amount of salesforce.opportunity is no longer landed (it was on {today()})."
    )


def test_a_column_that_nobody_reads_may_go(landing):
    landing.execute("alter table salesforce.opportunity add column shoe_size integer")
    assert landing.first_line().startswith("All ")
    landing.execute("alter table salesforce.opportunity drop column shoe_size")
    assert landing.first_line().startswith("All ")


def test_a_renamed_key_is_one_cause_with_all_that_follows_from_it(landing):
    landing.execute(rename("id", "opportunity_identifier"))
    found = landing.review()
    assert found.first_line == (
        "salesforce.opportunity lacks a column that must be there: id missing (it was landed on"
        f" {today()}; opportunity_identifier is new: renamed?)."
    )
    assert len(found.causes) == 1
    assert "crm-hygiene gate --vars" in found.causes[0].first["rerun_command"]


def test_an_emptied_table_is_named(landing):
    landing.execute("delete from salesforce.opportunity")
    assert landing.first_line() == (
        "salesforce.opportunity is empty: it holds 0 rows, expected are at least 10 rows (20 at"
        " the last run)."
    )
    landing.execute("drop table salesforce.opportunity")
    assert landing.first_line() == (
        "salesforce.opportunity is no longer landed; expected were the 20 rows of the last run."
    )


@pytest.mark.parametrize("amount", ["amount", "'7'"])
def test_repeated_keys_are_counted_with_an_example_whatever_else_the_rows_hold(landing, amount):
    landing.review()
    landing.execute(
        f"insert into salesforce.opportunity select * replace ({amount} as amount)"
        " from salesforce.opportunity where right(id, 2)::int < 3"
    )
    landing.execute(
        "insert into salesforce.opportunity select * from salesforce.opportunity limit 1"
    )
    found = landing.review()
    assert re.fullmatch(
        r"7 rows share 3 keys in salesforce\.opportunity, e\.g\. 0060{14}[0-2]\. Nothing failed"
        r" for it\.",
        found.first_line,
    )
    row = json.loads(found.causes[0].first["sample_rows"])[0]
    assert (row["crm"], row["source_table"]) == ("salesforce", "opportunity")
    assert row["id"].startswith("006")


def test_the_state_of_an_older_version_is_read(landing):
    state = json.loads(landing.state.read_text())
    place = next(iter(state))
    landing.state.write_text(json.dumps({place: {"opportunity": 100}}))
    assert landing.first_line().startswith("salesforce.opportunity lost rows: it holds 20 rows")


def test_a_landing_that_cannot_be_checked_is_said(landing):
    with pytest.raises(GateError):
        landing.validate({"crm_sources": "salesforce"})
    found = failures.review(landing.path, landing.target, landing.logs)
    assert found.first_line.startswith("The landing could not be checked: crm_sources is")


# --- The history in the warehouse ---


def test_a_run_is_recorded_once_and_forgotten_after_ninety_days(left):
    for day, run in (("2026-01-01", "old"), ("2026-03-31", "edge"), ("2026-06-29", "new")):
        left.dbt([SIGNALS], {"signals": "success"}, run=run, at=f"{day}T04:00:00Z")
        rows = runs.left_behind(left.target, left.logs)
        assert runs.record(left.path, rows, left.target) == 2
        assert runs.record(left.path, rows, left.target) == 0
    with duckdb.connect(str(left.path)) as connection:
        kept = connection.execute(f"select distinct invocation_id from {runs.TABLE}").fetchall()
    assert sorted(kept) == [("edge",), ("new",)]


def store(left: Left, **tables: tuple[str, list[tuple]]) -> None:
    with duckdb.connect(str(left.path)) as connection:
        for name, (columns, rows) in tables.items():
            schema, _, table = name.partition("__")
            connection.execute(f'create schema if not exists "{schema}"')
            connection.execute(f'create table "{schema}"."{table}" ({columns})')
            marks = ", ".join("?" for _ in columns.split(","))
            connection.executemany(f'insert into "{schema}"."{table}" values ({marks})', rows)


def sample_of(left: Left, test: dict) -> list[dict]:
    left.dbt([SIGNALS, test], {test["name"]: "fail"}, failures=7)
    rows = runs.left_behind(left.target, left.logs)
    runs.record(left.path, rows, left.target)
    return json.loads(next(row for row in rows if row.kind == "test").sample_rows)


def test_a_sample_holds_keys_and_what_was_tested_of_five_rows(left):
    columns = "record_key varchar, owner_id varchar, contact_name varchar, rate double"
    rows = [(f"open:lead:{n}", HOSTILE if n == 0 else None, "Jane Doe", 0.5) for n in range(7)]
    store(left, marts__signals=(columns, rows))
    store(left, test_failures__not_null_signals_owner_id=(columns, rows))
    found = sample_of(left, OWNER_SET)
    assert len(found) == 5
    assert found[0] == {"record_key": "open:lead:0", "owner_id": HOSTILE}


def test_a_sample_hides_personal_values_also_under_the_names_that_dbt_gives(left):
    test = not_null("contact_name", "signals")
    test |= {"test_metadata": {"name": "unique", "kwargs": {"column_name": "contact_name"}}}
    values = "unique_field varchar, n_records bigint"
    store(left, **{f"test_failures__{test['name']}": (values, [("Jane Doe", 2)])})
    assert sample_of(left, test) == [{"unique_field": "(hidden)", "n_records": "2"}]


def test_a_sample_of_repeated_values_tells_the_records_that_have_them(left):
    test = not_null("evidence_id", "signals")
    store(
        left,
        marts__signals=(
            "evidence_id varchar, record_key varchar",
            [("e1", "open:lead:1"), ("e1", "open:lead:2"), ("e2", "open:lead:3")],
        ),
        **{f"test_failures__{test['name']}": ("unique_field varchar", [("e1",)])},
    )
    found = sample_of(left, test)
    assert sorted(row["record_key"] for row in found) == ["open:lead:1", "open:lead:2"]


@pytest.fixture(scope="module")
def built(warehouse):
    """A warehouse in which nothing but the marts of runs was built, twice."""
    for _ in range(2):
        warehouse.build("--select", "path:models/intermediate/runs", "test_failures", "test_runs")
    return warehouse


def test_the_marts_of_runs_build_on_an_empty_warehouse_and_know_the_recorded_columns(built):
    assert built.sql("select count(*) from marts.test_failures") == [(0,)]
    made = built.sql(
        "select column_name, lower(data_type) from duckdb_columns()"
        " where schema_name = 'runs' and table_name = 'results' order by column_index"
    )
    assert dict(made) == runs.COLUMNS


def test_the_review_counts_the_unbroken_row_of_failures(built, left):
    left.path = built.path
    day = datetime(2026, 11, 1, 4)
    for status in ("fail", "success", "fail", "error:Runtime Error\n  no disk", "fail"):
        left.dbt(
            [SIGNALS, OWNER_SET],
            {OWNER_SET["name"]: status.replace("success", "pass"), "signals": "success"},
            run=str(day),
            at=day.isoformat(),
            failures=4,
        )
        found = left.review()
        day += timedelta(days=1)
    assert found.notes == []
    (cause,) = found.causes
    assert cause.first["failing_since"] == datetime(2026, 11, 3, 4)
    assert cause.first["n_runs"] == 3
    assert cause.first["n_failing_rows"] == 4
    assert len(found.history) == 5
    left.dbt([SIGNALS, OWNER_SET], {OWNER_SET["name"]: "pass"}, run="last", at=day.isoformat())
    found = left.review()
    assert found.first_line == "All 1 test passed in the run of 2026-11-06 04:00 UTC (dbt build)."
    assert found.causes == []


# --- A project of its own, broken on purpose ---


def test_a_contract_and_a_file_broken_in_a_real_project_are_named(tmp_path):
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    folder = tmp_path / "models" / "marts" / "signals"
    folder.mkdir(parents=True)
    (folder / "rates.sql").write_text("select 1 as rate")
    (folder / "below.sql").write_text("select * from {{ ref('rates') }}")
    (tmp_path / "dbt_project.yml").write_text("name: small\nprofile: small\n")
    path = tmp_path / "crm.duckdb"
    output = {"type": "duckdb", "path": str(path), "threads": 1}
    (tmp_path / "profiles.yml").write_text(
        yaml.safe_dump({"small": {"target": "duckdb", "outputs": {"duckdb": output}}})
    )

    def first_line(data_type: str) -> str:
        column = {"name": "rate", "data_type": data_type}
        model = {"name": "rates", "config": {"contract": {"enforced": True}}, "columns": [column]}
        (folder / "models.yml").write_text(yaml.safe_dump({"version": 2, "models": [model]}))
        place = ["--project-dir", tmp_path, "--profiles-dir", tmp_path]
        place += ["--log-path", tmp_path / "logs"]
        dbtRunner().invoke(["--quiet", "build", *map(str, place)])
        DuckDBConnectionManager.close_all_connections()
        return failures.review(path, tmp_path / "target", tmp_path / "logs").first_line

    assert first_line("integer").startswith("Nothing is tested yet")
    assert first_line("varchar") == (
        "The contract of model rates is broken: column rate came as INTEGER, declared is VARCHAR."
    )
    (folder / "below.sql").write_text("select * from {{ ref('rats') }}")
    said = first_line("integer")
    assert said.startswith("dbt stopped before its first step: Compilation Error")
    assert "'rats'" in said


# --- The page and the command ---


@pytest.fixture
def hostile_page(left) -> str:
    """The page of a review whose every text is hostile."""
    test = not_null("owner_id", "signals")
    test["description"] = HOSTILE
    left.dbt(
        [SIGNALS, test, REVIEW_LIST],
        {test["name"]: f"fail:{HOSTILE}", "review_list": f"error:{HOSTILE}"},
        failures=2,
        args={"vars": {"open_schema": HOSTILE}},
    )
    columns = "record_key varchar, owner_id varchar"
    store(left, test_failures__not_null_signals_owner_id=(columns, [(HOSTILE, None)]))
    checks = left.target / "landing_checks"
    checks.mkdir()
    (checks / "index.html").write_text("<title>Landing checks</title>")
    out = left.target / "failures.html"
    found = left.review()
    write_page(out, failures.as_html(found, out, left.target))
    terminal = failures.as_text(found)
    assert "drop table" in terminal
    assert "\x1b" not in terminal and "\u202e" not in terminal
    return out.read_text(encoding="utf-8")


def test_the_page_shows_hostile_texts_as_text_and_asks_nothing_of_any_host(hostile_page):
    assert "<script" not in hostile_page
    assert "&lt;script&gt;" in hostile_page
    loaded = re.findall(r"(?:src|href|action)=\"?([^\"> ]*)", hostile_page)
    assert set(loaded) == {"data:,", "landing_checks/index.html"}
    assert not re.search(r"url\(|@import|style=|\son\w+=", hostile_page)
    styles = re.search(r"<style>(.*?)</style>", hostile_page, re.DOTALL)[1]
    hashed = b64encode(hashlib.sha256(styles.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{hashed}';" in hostile_page.replace("&#39;", "'")


def chromium() -> str | None:
    """The browser of this machine; None for Playwright's own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def test_the_page_is_accessible_light_and_dark_wide_and_narrow(hostile_page, tmp_path):
    page_file = tmp_path / "page.html"
    page_file.write_text(hostile_page, encoding="utf-8")
    faults, asked = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        for width, scheme in ((1440, "light"), (390, "dark")):
            # The page's policy would forbid the checker's own script.
            context = browser.new_context(
                viewport={"width": width, "height": 900},
                color_scheme=scheme,
                offline=True,
                bypass_csp=True,
            )
            page = context.new_page()
            page.on("request", lambda request: asked.append(request.url))
            page.goto(page_file.as_uri())
            for summary in page.locator("summary").all():
                summary.click()
            found = Axe().run(page)
            if found.violations_count:
                faults.append(found.generate_report())
            if page.evaluate("document.documentElement.scrollWidth") > width:
                faults.append(f"wider than {width}")
        browser.close()
    assert faults == []
    assert set(asked) == {page_file.as_uri()}


def test_the_command_says_when_nothing_has_run_or_the_target_is_another(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("CRM_HYGIENE_DUCKDB", str(tmp_path / "none" / "crm.duckdb"))
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "target"))
    monkeypatch.setenv("DBT_LOG_PATH", str(tmp_path / "logs"))
    out = tmp_path / "reports" / "failures.html"
    assert failures.main(["--out", str(out)]) == 0
    assert capsys.readouterr().out.startswith("Nothing has run yet: run make build.")
    assert "Nothing has run yet" in out.read_text()
    assert failures.main(["--target", "snowflake", "--out", str(out)]) == 0
    assert "out of reach" in (told := capsys.readouterr().out)
    assert "the target is snowflake" in told


def test_a_warehouse_that_cannot_be_opened_costs_only_the_history(left):
    left.dbt([SIGNALS], {"signals": "error:Runtime Error in model signals\n  no disk"})
    left.path.write_text("no database")
    found = left.review()
    assert found.first_line == "The model signals could not be run: no disk"
    assert "The history of runs is out of reach" in found.notes[0]


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ({"column": "_unreadable", "type": "expect_column_values_to_be_null"}, "landed_formats"),
        ({"column": "_key", "type": "expect_column_values_to_be_unique"}, "nothing is built"),
        ({"column": "", "type": "unexpected_rows_expectation"}, "nothing is built"),
        ({"column": "", "type": "landing_has_tables"}, "crm_sources"),
    ],
)
def test_advice_never_says_that_the_build_went_on_where_it_stopped(check, said):
    advice = of_gate.first_step(check | {"verdict": "critical"})
    assert said in advice
    assert "goes on" not in advice and "meanwhile" not in advice
    if check["type"] != "landing_has_tables":
        assert "nothing is built" not in of_gate.first_step(check | {"verdict": "warning"})
