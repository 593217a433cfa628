"""The landing gate, on small landings in DuckDB files of their own."""

import json
import re
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import duckdb
import pytest
import yaml
from conftest import TARGET, parsed_project

from crm_hygiene.dbt import Dbt
from crm_hygiene.gate import command, files, validation
from crm_hygiene.gate.checks import DERIVED_COLUMNS, GateError, GateResult
from crm_hygiene.gate.expectations import expectations_of, read_expectations
from crm_hygiene.gate.landing import declared_tables

ROOT = Path(__file__).resolve().parents[2]

NOW = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
SYNCED = str(NOW - timedelta(hours=1))
SALESFORCE = {"crm_sources": ["salesforce"]}
OPEN = {"crm_sources": ["open"]}


def opportunities(count: int, **other: str) -> list[dict[str, str | None]]:
    """Good opportunities, every value landed as text; the given columns are the same in all."""
    return [
        {
            "id": f"006{number:015d}",
            "created_date": "2026-01-05T08:00:00.000Z",
            "amount": "1200.50",
            "stage_name": "Proposal",
            "_fivetran_synced": SYNCED,
            **other,
        }
        for number in range(count)
    ]


def stages() -> list[dict[str, str | None]]:
    return [{"id": "01J1", "master_label": "Proposal", "_fivetran_synced": SYNCED}]


class Warehouse:
    """A DuckDB file with landings, and the gate run on it."""

    def __init__(self, folder: Path):
        self.path = folder / "crm.duckdb"
        self.state = folder / "rows.json"
        self.pages = folder / "pages"

    def land(self, schema: str, **tables: list[dict[str, str | None]]) -> "Warehouse":
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(f'create schema if not exists "{schema}"')
            for name, rows in tables.items():
                columns = ", ".join(f'"{column}" varchar' for column in rows[0])
                connection.execute(f'create or replace table "{schema}"."{name}" ({columns})')
                connection.executemany(
                    f'insert into "{schema}"."{name}" values ({", ".join("?" for _ in rows[0])})',
                    [list(row.values()) for row in rows],
                )
        return self

    def execute(self, statement: str) -> None:
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(statement)

    def validate(self, variables: dict | None) -> GateResult:
        dbt = Dbt("duckdb", variables, parsed_project(variables))
        return validation.validate(dbt, self.state, self.pages)


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    built = Warehouse(tmp_path)
    monkeypatch.setenv("CRM_HYGIENE_DUCKDB", str(built.path))
    monkeypatch.setenv("DBT_PROFILES_DIR", "profiles")
    monkeypatch.setenv("DBT_TARGET_PATH", TARGET)
    return built


def failures(result: GateResult) -> set[tuple[str, str, str]]:
    return {
        (check.severity, check.table, check.column) for check in result.checks if check.ok is False
    }


def test_a_good_landing_passes_and_says_what_is_not_landed(warehouse: Warehouse) -> None:
    warehouse.land("salesforce", opportunity=opportunities(20), opportunity_stage=stages())
    result = warehouse.validate(SALESFORCE)
    assert result.ok
    assert failures(result) == set()
    assert len([check for check in result.checks if check.ok]) >= 15
    assert "campaign_member" in result.not_landed["salesforce"]
    assert any(
        "not landed" in line and "campaign_member" in line for line in result.summary_lines()
    )


def test_api_names_are_accepted(warehouse: Warehouse) -> None:
    renamed = {
        "id": "Id", "created_date": "CreatedDate", "amount": "Amount", "stage_name": "StageName"
    }  # fmt: skip
    rows = [
        {renamed.get(column, column): value for column, value in row.items()}
        for row in opportunities(5, amount="-1")
    ]
    warehouse.land("salesforce", Opportunity=rows, OpportunityStage=stages())
    result = warehouse.validate(SALESFORCE)
    assert result.ok
    assert failures(result) == {("warning", "opportunity", "amount")}


def test_a_missing_key_column_stops_the_build_and_is_named(
    warehouse: Warehouse, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{key: row[key] for key in row if key != "id"} for row in opportunities(5)]
    warehouse.land("salesforce", opportunity=rows)
    places = {"memory_file": warehouse.state, "folder": warehouse.pages}
    monkeypatch.setattr(command, "validate", partial(validation.validate, **places))
    monkeypatch.setattr(command, "Dbt", partial(Dbt, manifest=parsed_project()))
    assert command.main(["--vars", "{crm_sources: [salesforce]}"]) == 1
    printed = capsys.readouterr().err
    assert (
        "salesforce.opportunity: expected the columns id, created_date or last_modified_date; "
        "found id missing" in printed
    )
    assert str(warehouse.pages / "index.html") in printed


def test_mostly_missing_ids_stop_the_build_and_a_few_only_warn(warehouse: Warehouse) -> None:
    few = opportunities(9) + [{**opportunities(1)[0], "id": None}]
    warehouse.land("salesforce", opportunity=few, opportunity_stage=stages())
    assert failures(warehouse.validate(SALESFORCE)) == {("warning", "opportunity", "id")}
    most = opportunities(3) + [{**row, "id": " "} for row in opportunities(7)]
    warehouse.land("salesforce", opportunity=most)
    assert ("critical", "opportunity", "id") in failures(warehouse.validate(SALESFORCE))


@pytest.mark.parametrize(("left", "ok"), [(10, True), (9, False), (0, False)])
def test_a_table_that_lost_its_rows_stops_every_run_until_they_are_back(
    warehouse: Warehouse, left: int, ok: bool
) -> None:
    warehouse.land("salesforce", opportunity=opportunities(20), opportunity_stage=stages())
    assert warehouse.validate(SALESFORCE).ok
    warehouse.execute(f"delete from salesforce.opportunity where right(id, 3)::int >= {left}")
    for _ in range(2 if not ok else 1):
        result = warehouse.validate(SALESFORCE)
        assert result.ok is ok
        assert {("critical", "opportunity", "")} & failures(result) == (
            set() if ok else {("critical", "opportunity", "")}
        )
    kept = next(iter(json.loads(warehouse.state.read_text()).values()))
    assert kept["opportunity"]["rows"] == (left if ok else 20)
    warehouse.land("salesforce", opportunity=opportunities(20))
    assert warehouse.validate(SALESFORCE).ok


@pytest.mark.parametrize(("left", "warns"), [(18, False), (17, True)])
def test_losing_more_than_a_tenth_of_the_rows_warns(
    warehouse: Warehouse, left: int, warns: bool
) -> None:
    warehouse.land("salesforce", opportunity=opportunities(20), opportunity_stage=stages())
    assert warehouse.validate(SALESFORCE).ok
    warehouse.execute(f"delete from salesforce.opportunity where right(id, 3)::int >= {left}")
    result = warehouse.validate(SALESFORCE)
    assert result.ok
    assert failures(result) == ({("warning", "opportunity", "")} if warns else set())


def test_keys_and_instants_that_are_gone_are_told_though_the_rows_are_as_many(
    warehouse: Warehouse,
) -> None:
    days = [f"2025-01-{day:02d} 12:00:00" for day in range(1, 21)]
    rows = [row | {"created_date": at} for row, at in zip(opportunities(20), days, strict=True)]
    warehouse.land("salesforce", opportunity=rows, opportunity_stage=stages())
    assert failures(warehouse.validate(SALESFORCE)) == set()
    # Two days of nineteen, a record of twenty: as much as may go.
    later = [row | {"created_date": max(row["created_date"], days[1])} for row in rows]
    later[19]["created_date"] = days[18]
    warehouse.land("salesforce", opportunity=later)
    assert failures(warehouse.validate(SALESFORCE)) == set()
    for few in later[5:]:
        few["created_date"] = min(max(few["created_date"], days[4]), days[10])
    repeated = [*later[5:], *later[5:8], *later[5:7]]
    warehouse.land("salesforce", opportunity=repeated)
    told = {check.type: check for check in warehouse.validate(SALESFORCE).failed("warning")}
    assert "20 at the last run" in told["keys_are_still_landed"].expected
    assert told["keys_are_still_landed"].found == "15 keys"
    oldest = told["oldest_instant_is_still_landed"]
    assert (oldest.column, oldest.found) == ("created_date", "none before 2025-01-06")
    newest = told["newest_instant_is_still_landed"]
    assert newest.sentence() == (
        "salesforce.opportunity, column created_date: expected values up to 2025-01-19 12:00, as at"
        " the last run; found none after 2025-01-11 12:00."
    )
    assert {check.severity for check in told.values()} == {"warning"}
    # What is told once is what the next run compares with.
    again = {check.type for check in warehouse.validate(SALESFORCE).failed("warning")}
    assert not again & {"keys_are_still_landed", "oldest_instant_is_still_landed"}


def test_a_table_or_a_landing_that_is_gone_stops_the_build(warehouse: Warehouse) -> None:
    warehouse.land("salesforce", opportunity=opportunities(5), opportunity_stage=stages())
    assert warehouse.validate(SALESFORCE).ok
    warehouse.execute("drop table salesforce.opportunity")
    result = warehouse.validate(SALESFORCE)
    assert failures(result) == {("critical", "opportunity", "")}
    assert "5 rows of the last run" in result.failed("critical")[0].sentence()
    assert failures(warehouse.validate(OPEN)) == {("critical", "", "")}


def test_dirty_rows_warn_and_do_not_stop_the_build(warehouse: Warehouse) -> None:
    rows = opportunities(20)
    rows[1]["id"] = rows[0]["id"]
    rows[2]["created_date"] = "31/31/2025"
    rows[3]["created_date"] = "2999-01-01 00:00:00"
    rows[4]["stage_name"] = "Propsal"
    rows[5]["amount"] = "-3"
    rows[6]["amount"] = "a lot"
    warehouse.land("salesforce", opportunity=rows, opportunity_stage=stages())
    result = warehouse.validate(SALESFORCE)
    assert result.ok
    assert failures(result) == {
        ("warning", "opportunity", column)
        for column in (
            "_key",
            "created_date or last_modified_date",
            "_unreadable",
            "_future",
            "amount",
            "",
        )
    }
    unreadable = next(check for check in result.failed("warning") if check.column == "_unreadable")
    assert sorted(row["_unreadable"] for row in unreadable.sample) == ["amount", "created_date"]
    assert {"id": rows[2]["id"], "_unreadable": "created_date"} in unreadable.sample
    assert unreadable.found == (
        "2 of 20 rows otherwise: amount (numeric) in 1 row, such as a aaa; created_date (timestamp)"
        " in 1 row, such as 99/99/9999 (docs/loaders.md says which formats are read; the variable"
        " landed_formats says how dates and numbers are written)"
    )
    misspelt = next(check for check in result.failed("warning") if "stage" in check.expected)
    assert misspelt.sample == [{"id": rows[4]["id"]}]


def test_unreadable_dates_in_most_rows_stop_the_build(warehouse: Warehouse) -> None:
    warehouse.land("salesforce", opportunity=opportunities(5, created_date="2025-13-45"))
    named = ("critical", "opportunity", "created_date or last_modified_date")
    assert named in failures(warehouse.validate(SALESFORCE))


@pytest.mark.parametrize(("unreadable", "stops"), [(4, False), (5, True)])
def test_values_that_cannot_be_read_in_more_than_a_fifth_of_the_rows_stop_the_build(
    warehouse: Warehouse, unreadable: int, stops: bool
) -> None:
    rows = opportunities(20)
    for row in rows[:unreadable]:
        row["amount"] = "1,250"
    warehouse.land("salesforce", opportunity=rows, opportunity_stage=stages())
    result = warehouse.validate(SALESFORCE)
    assert result.ok is not stops
    if stops:
        (critical,) = result.failed("critical")
        assert "amount (numeric) in 5 rows, such as 9,999" in critical.sentence()


def test_values_outside_an_enumeration_warn(warehouse: Warehouse) -> None:
    change = {
        "change_id": "c1", "object_type": "oppty", "record_id": "1", "field": "stage",
        "changed_at": SYNCED, "channel": "telepathy",
    }  # fmt: skip
    warehouse.land("crm_landing", changes=[change])
    result = warehouse.validate(OPEN)
    assert result.ok
    assert failures(result) == {
        ("warning", "changes", "channel"),
        ("warning", "changes", "object_type"),
    }
    assert {"change_id": "c1", "channel": "telepathy"} in [
        row for check in result.failed("warning") for row in check.sample
    ]


def test_an_old_landing_warns_and_as_of_makes_it_young(warehouse: Warehouse) -> None:
    rows = opportunities(5, _fivetran_synced="2026-02-01 00:00:00")
    warehouse.land("salesforce", opportunity=rows, opportunity_stage=stages())
    stale = warehouse.validate(SALESFORCE)
    assert stale.ok
    assert failures(stale) == {("warning", "opportunity", "_fivetran_synced")}
    assert failures(warehouse.validate({**SALESFORCE, "as_of": "2026-02-03"})) == set()
    assert failures(warehouse.validate({**SALESFORCE, "as_of": "2026-02-04 00:00:01"})) != set()


def test_the_demo_is_read_until_crm_sources_is_set(warehouse: Warehouse) -> None:
    old = opportunities(5, _fivetran_synced="2026-02-01 00:00:00")
    warehouse.land("demo_salesforce", opportunity=old)
    warehouse.land("demo_salesforce", opportunity_stage=stages())
    result = warehouse.validate(None)
    assert failures(result) == set()
    assert {check.table for check in result.checks} == {"opportunity", "opportunity_stage"}
    assert any("hubspot is not landed yet" in line for line in result.summary_lines())


def test_files_are_read_where_they_lie(warehouse: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "landed").mkdir()
    (tmp_path / "landed" / "users.csv").write_text("user_id,kind\nu1,human\nu2,robot\n")
    result = warehouse.validate({**OPEN, "open_files": str(tmp_path / "landed")})
    assert failures(result) == {("warning", "users", "kind")}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"business_timezone": "Mars/Olympus"}, "'Mars/Olympus', which is no time zone; write a"),
        ({"as_of": "2062-03-31"}, "as_of is '2062-03-31', and the clock says"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_judged(
    warehouse: Warehouse, given: dict, said: str
) -> None:
    warehouse.land("salesforce", opportunity=opportunities(1), opportunity_stage=stages())
    with pytest.raises(GateError, match=said):
        warehouse.validate({**SALESFORCE, **given})
    tomorrow = f"{NOW + timedelta(hours=23):%Y-%m-%d %H:%M:%S}"
    assert warehouse.validate({**SALESFORCE, "as_of": tomorrow}).ok
    assert warehouse.validate({**SALESFORCE, "as_of": "2062-03-31", "future_as_of": True}).ok


@pytest.mark.parametrize(
    "content",
    [
        "user_id,kind\nu1,human\nu2,robot\n".encode("utf-16"),
        b"user_id,kind\r\nu1,human\nu2,robot\r\n",
        "user_id,kind\nü1,human\nu2,robot\n".encode("latin-1"),
    ],
    ids=["utf_16", "mixed_ends_of_lines", "latin_1"],
)
def test_files_of_other_spellings_are_read(
    warehouse: Warehouse, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "landed").mkdir()
    (tmp_path / "landed" / "users.csv").write_bytes(content)
    result = warehouse.validate({**OPEN, "open_files": str(tmp_path / "landed")})
    assert failures(result) == {("warning", "users", "kind")}


ROWS = [f"u{number},human,a note\n" for number in range(300)]
# A quote is opened in line 202 and closed in line 252.
SWALLOWING = ["user_id,kind,name\n", *ROWS[:200], 'u200,human,"a note\n', *ROWS[201:250]]
SWALLOWING += ['u250,human"\n', *ROWS[251:]]


def test_a_quote_that_swallows_rows_is_told_by_file_and_line(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    (tmp_path / "landed").mkdir()
    file = tmp_path / "landed" / "users.csv"
    file.write_text("".join(SWALLOWING))
    result = warehouse.validate({**OPEN, "open_files": str(file.parent)})
    [found] = [check for check in result.failed("warning") if check.type == "quotes_are_closed"]
    assert found.sentence() == (
        "open.users: expected quotes that close in their row; found in "
        f"{file}, line 202 a quote that swallows 49 rows, up to line 252."
    )


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ('a,b,c\n1,"two\nlines, of text",x\n2,y,z\n', []),
        ('a,b,c\n1,"said ""no, never, ever"" then",x\n2,y,z\n', []),
        ('a,b,c\n1,5" pipe,x\n2,y,z\n3,6" pipe,x\n', []),
        ('a,b,c\n1,x,"y\n2,x,y\n3,x,y\n', [(2, 2, 5)]),
        ('a;b;c\r\n1;x;"y\r\n2;x;y\r\n3;x;y"\r\n', [(2, 1, 4)]),
        ("", []),
    ],
)
def test_a_text_of_several_lines_swallows_nothing(
    tmp_path: Path, content: str, found: list[tuple]
) -> None:
    file = tmp_path / "notes.csv"
    file.write_bytes(content.encode())
    assert files.quotes_over_rows(file) == found


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("users.parquet", b"PAR1" + b"x" * 90, "is no whole parquet file: it was cut off"),
        ("users.csv", b"a,b\n1,2\n" + b"z" * 2_000_001, ", line 3 is longer than 2,000,000 bytes"),
        ("users.csv", b"\xfe\xff\x00a\x00\n", "is UTF-16 with the high byte first: save it as"),
    ],
)
def test_a_file_that_cannot_be_read_stops_the_build_with_its_name(
    warehouse: Warehouse, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / "landed").mkdir()
    (tmp_path / "landed" / name).write_bytes(content)
    with pytest.raises(GateError) as stopped:
        warehouse.validate({**OPEN, "open_files": str(tmp_path / "landed")})
    assert str(tmp_path / "landed" / name) in str(stopped.value) and said in str(stopped.value)


@pytest.mark.parametrize("length", [1_999_990, 2_000_001, 5_000_000])
def test_a_line_is_too_long_wherever_it_begins(tmp_path: Path, length: int) -> None:
    for before in (0, 1, 999_999, 1_500_000):
        file = tmp_path / "long.csv"
        file.write_bytes(b"x" * before + b"\n" + b"z" * length + b"\nend\n")
        assert bool(list(files.faults(file))) == (length > files.LONGEST_LINE)


def test_the_page_escapes_asks_nothing_of_any_host_and_holds_no_personal_data(
    warehouse: Warehouse,
) -> None:
    hostile = "<script src=http://evil.example/x.js></script>"
    contacts = [
        {
            "contact_id": key, "created_at": "garbage", "email": "jane@example.com",
            "phone": "+15550100", "last_name": "Doe", "consent_status": status,
        }
        for key, status in (("c1", hostile), ("c1", hostile), ("c3", "jane@example.com"),
            ("c4", "+15550100"))
    ]  # fmt: skip
    warehouse.land("crm_landing", contacts=contacts)
    result = warehouse.validate(OPEN)
    assert ("warning", "contacts", "consent_status") in failures(result)
    page = result.page.read_text()
    assert "&lt;script src=" in page and "<script" not in page
    assert not re.search(
        r"""(src|href|action)\s*=|url\(|@import|<link|<img|<iframe""",
        page.replace("script src=", ""),
    )
    for personal in ("jane", "Doe", "5550100", "garbage"):
        assert personal not in page + "\n".join(result.summary_lines())
    assert "contact_id c3" in page


def test_the_file_is_free_for_duckdb_and_dbt_afterwards(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    from dbt.cli.main import dbtRunner

    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    (project / "models" / "counted.sql").write_text(
        "select count(*) as n from salesforce.opportunity"
    )
    (project / "dbt_project.yml").write_text("name: small\nprofile: small\nmodel-paths: [models]\n")
    output = {"type": "duckdb", "path": str(warehouse.path), "threads": 1}
    (project / "profiles.yml").write_text(
        yaml.safe_dump({"small": {"target": "dev", "outputs": {"dev": output}}})
    )
    command = [
        "--quiet", "run", "--project-dir", str(project), "--profiles-dir", str(project),
    ]  # fmt: skip
    warehouse.land("salesforce", opportunity=opportunities(5), opportunity_stage=stages())
    assert dbtRunner().invoke(command).success
    assert warehouse.validate(SALESFORCE).ok
    with duckdb.connect(str(warehouse.path), config={"threads": 1}) as connection:
        connection.execute("create table written as select 1 as one")
    assert warehouse.validate(SALESFORCE).ok
    assert dbtRunner().invoke(command).success


def test_other_engines_pass_and_it_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--target", "snowflake"]) == 0
    assert "duckdb and postgres only" in capsys.readouterr().out


@pytest.mark.parametrize("crm", ["salesforce", "hubspot", "open", "of_a_crm_without_a_file"])
def test_the_expectations_name_declared_tables_and_columns(crm: str) -> None:
    from great_expectations.expectations.registry import get_expectation_impl

    declared = declared_tables(parsed_project(), crm)
    content = read_expectations(crm)
    assert set(content["tables"]) <= set(declared)
    for name, table in declared.items():
        known = {*table.columns, *table.names("$required"), *DERIVED_COLUMNS}
        for entry in expectations_of(content, name, table):
            implementation = get_expectation_impl(entry["type"])
            assert set(entry["kwargs"]) <= set(implementation.__fields__), entry
            columns = [entry["kwargs"].get("column") or [], entry["kwargs"].get("column_set") or []]
            named = {c for each in columns for c in ([each] if isinstance(each, str) else each)}
            assert named <= known, (name, entry)
            query = entry["kwargs"].get("unexpected_rows_query", "")
            assert set(re.findall(r"\{(\w+)\}", query)) <= {"batch", *declared}, entry


def test_real_incident_logs_pass(warehouse: Warehouse) -> None:
    """Real logs where they lie beside the repository, and else two rows of the same shape."""
    folder = ROOT.parent / "shared" / "data" / "volvo_incidents"
    files = sorted(folder.glob("*.parquet"))
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute("create schema crm_landing")
        connection.execute(
            "create table crm_landing.opportunities as select * from (values"
            " ('1', timestamp '2012-01-01', 'Open'), ('2', timestamp '2012-02-01', 'Open'))"
            " as rows (opportunity_id, created_at, stage)"
        )
        for file in files:
            connection.execute(f"create or replace table crm_landing.{file.stem} as from '{file}'")
    result = warehouse.validate({**OPEN, "as_of": "2012-05-10"})
    assert result.ok
    assert failures(result) == set()
    assert {check.table for check in result.checks} == {"opportunities", *(f.stem for f in files)}
