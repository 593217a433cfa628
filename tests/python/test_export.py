"""`make export` writes the lists for people and bulk tools, and no formula for a spreadsheet."""

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT, Warehouse

from crm_hygiene import export

HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\ttab first",
    "\rreturn first",
    "\nline feed first",
    " =1",
    "\u00a0=1",
    "\ufeff=1",
    "\x00=1",
    '"=1',
    "'=1",
    " ' \"-1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff201",
    "x,=1",
    "x;=cmd|' /C calc'!A1",
    "x|@1",
    "x\t-1",
    'x\n"+1',
    'a "quoted" text',
    "commas, and\r\nlines",
    "日本 \U0001f600 é",
    "''",
    "",
]
PLAIN = ["no activity for 27 months (limit 12); no open deal", "2026-03-31", "a-b", "x, y; z", "1"]


@pytest.fixture
def lists(tmp_path) -> Warehouse:
    """A warehouse with one record per text in a list of leads, and with reviews."""
    made = Warehouse(tmp_path / "crm.duckdb")
    columns = {
        "record_key": "varchar",
        "crm": "varchar",
        "object_type": "varchar",
        "record_id": "varchar",
        "segment": "varchar",
        "is_sample": "boolean",
        "value_at_stake": "decimal(28, 6)",
        "last_activity_at": "timestamp",
    }
    texts = [*HOSTILE, *PLAIN, None]
    leads = [
        (f"open:lead:{n:02}", "open", "lead", f"{n:02}", text, n == 0, -n, "2026-03-31 12:00:00")
        for n, text in enumerate(texts)
    ]
    for name in export.LISTS:
        made.land("marts", name, columns, leads[::-1] if name == "delete_candidates" else [])
    columns = dict.fromkeys(
        ("crm", "object_type", "record_id", "field", "change_date", "machine", "restore_value"),
        "varchar",
    )
    reverts = [
        ("open", "lead", "01", "status", "2026-03-31", "flow", "New"),
        ("open", "lead", "01", "owner_id", "2026-03-31", "flow", "=ann"),
        ("open", "lead", "00", "status", "2026-03-31", "flow", None),
    ]
    made.land("marts", export.REVERTS, columns, reverts)
    columns = dict.fromkeys(("crm", "object_type", "record_id", "channel", "kind"), "varchar")
    breaches = [
        ("open", "lead", "01", "phone", "not_flagged"),
        ("open", "lead", "01", "email", "not_flagged"),
        ("open", "lead", "01", "email", "contacted"),
    ]
    made.land("marts", export.BREACHES, columns, breaches)
    columns = dict.fromkeys(("crm", "object_type", "record_id", "cleared_for"), "varchar")
    reviews = [
        ("salesforce", "contact", "003B", "delete"),
        ("salesforce", "contact", "003A", "delete"),
        ("salesforce", "contact", "003C", "archive"),
        ("salesforce", "contact", "003D", None),
        ("salesforce", "activity", "00TA", "archive"),
        ("salesforce", "activity", "00UA", "archive"),
        ("hubspot", "contact", "17", "anonymize"),
        ("hubspot", "activity", "18", "archive"),
        ("open", "lead", "=1", "delete"),
    ]
    made.land("marts", "candidate_reviews", columns, reviews)
    return made


@pytest.fixture
def run(monkeypatch, capsys):
    """Return a function that exports: exit code, what it printed, what it complained of."""

    def run_export(warehouse: Warehouse, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setenv("CRM_HYGIENE_DUCKDB", str(warehouse.path))
        monkeypatch.delenv("CRM_HYGIENE_TARGET", raising=False)
        code = export.main(list(arguments))
        return code, *capsys.readouterr()

    return run_export


def read(path: Path) -> list[list[str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


def contents(folder: Path) -> dict[str, bytes]:
    """Return what lies in a folder."""
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def test_csv_holds_no_formula_and_parquet_every_text_as_it_is(lists, run, tmp_path):
    out = tmp_path / "out"
    code, _, complaint = run(lists, "--out", str(out))
    assert (code, complaint) == (0, "")
    header, *rows = read(out / "delete_candidates.csv")
    assert header[:3] == ["record_id", "crm", "object_type"]
    place = header.index("segment")
    texts = [row[place] for row in rows]
    assert len(texts) == len(HOSTILE) + len(PLAIN) + 1
    for text in texts:
        # Whatever a spreadsheet takes for a cell: it may cut at any of these.
        for separator in (None, ",", ";", "|", "\t", "\r", "\n"):
            for part in text.split(separator) if separator else [text]:
                bare = part.strip(' "\x00\t\r\n\u00a0\u200b\ufeff')
                assert not bare.startswith(tuple("=+-@＝＋－＠")), repr(text)
        assert not text.startswith(("\t", "\r", "\n"))
    found = duckdb.sql(
        f"select segment from '{out}/delete_candidates.parquet' order by record_id"
    ).fetchall()
    assert [text for (text,) in found] == [*HOSTILE, *PLAIN, None]


def test_only_what_is_dangerous_is_changed():
    assert [export.harmless(text) for text in PLAIN] == PLAIN
    assert export.harmless('a "quoted" text') == 'a "quoted" text'
    assert export.harmless("=1") == "'=1"
    assert export.harmless(' "=1') == "' \"=1"
    assert export.harmless("x; =1") == "x; '=1"


def test_csv_is_plain_rfc_4180(lists, run, tmp_path):
    run(lists, "--out", str(tmp_path / "out"))
    text = (tmp_path / "out" / "delete_candidates.csv").read_bytes().decode("utf-8")
    assert text.startswith("record_id,crm,object_type,")
    assert '"a ""quoted"" text"' in text
    assert text.endswith("\r\n")
    _, first, second, *_ = read(tmp_path / "out" / "delete_candidates.csv")
    tail = ["true", "0.000000", "2026-03-31 12:00:00"]
    assert first == ["00", "open", "lead", "open:lead:00", "'=1+1", *tail]
    # A number is no text: no spreadsheet calculates with its sign.
    assert second[-3:] == ["false", "-1.000000", "2026-03-31 12:00:00"]


def test_the_same_marts_give_the_same_files(lists, run, tmp_path):
    run(lists, "--out", str(tmp_path / "one"))
    run(lists, "--out", str(tmp_path / "two"))
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    rows = read(tmp_path / "one" / "delete_candidates.csv")[1:]
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)


def test_approved_has_the_cleared_ids_alone_under_the_name_that_bulk_tools_know(
    lists, run, tmp_path
):
    out = tmp_path / "out"
    run(lists, "--out", str(out))
    found = {path.stem: read(path) for path in (out / "approved").iterdir()}
    assert found == {
        "salesforce_contact_delete": [["Id"], ["003A"], ["003B"]],
        "salesforce_contact_archive": [["Id"], ["003C"]],
        "salesforce_task_archive": [["Id"], ["00TA"]],
        "salesforce_event_archive": [["Id"], ["00UA"]],
        "hubspot_contact_anonymize": [["hs_object_id"], ["17"]],
        "hubspot_activity_archive": [["hs_object_id"], ["18"]],
        "open_lead_delete": [["lead_id"], ["'=1"]],
    }


def test_what_is_no_longer_approved_does_not_stay_behind(lists, run, tmp_path):
    out = tmp_path / "out"
    run(lists, "--out", str(out))
    (out / "approved" / "notes.csv").write_text("mine")
    lists.sql("update marts.candidate_reviews set cleared_for = null where crm <> 'hubspot'")
    run(lists, "--out", str(out))
    assert sorted(path.name for path in (out / "approved").iterdir()) == [
        "hubspot_activity_archive.csv",
        "hubspot_contact_anonymize.csv",
        "notes.csv",
    ]


def test_what_to_put_back_is_exported_by_record_and_field(lists, run, tmp_path):
    out = tmp_path / "out"
    run(lists, "--out", str(out))
    assert [(row[0], row[3], row[6]) for row in read(out / "revert_list.csv")[1:]] == [
        ("00", "status", ""),
        ("01", "owner_id", "'=ann"),
        ("01", "status", "New"),
    ]


def test_breaches_of_the_register_are_exported_ids_first(lists, run, tmp_path):
    out = tmp_path / "out"
    run(lists, "--out", str(out))
    assert [(row[0], *row[3:]) for row in read(out / "suppression_breaches.csv")] == [
        ("record_id", "channel", "kind"),
        ("01", "email", "contacted"),
        ("01", "email", "not_flagged"),
        ("01", "phone", "not_flagged"),
    ]


def test_the_demo_is_exported_whole(copy, run, tmp_path):
    out = tmp_path / "out"
    code, printed, complaint = run(copy, "--out", str(out))
    assert (code, complaint) == (0, "")
    n_decisions = copy.sql("select count(*) from marts.lifecycle_decisions")
    n_rows = sum(len(read(out / f"{name}.csv")) - 1 for name in export.LISTS)
    assert [(n_rows,)] == n_decisions
    for name in (*export.LISTS, export.REVERTS):
        [(n_listed,)] = copy.sql(f"select count(*) from marts.{name}")
        assert f"{n_listed:10,}  {name}\n" in printed
        found = duckdb.sql(f"select count(*) from '{out}/{name}.parquet'").fetchall()
        assert found == [(n_listed,)]
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


def test_marts_that_are_not_built_are_told_so(lists, run, tmp_path):
    out = tmp_path / "out"
    run(lists, "--out", str(out))
    before = contents(out)
    missing = Warehouse(tmp_path / "missing.duckdb")
    answer = (1, "", "The marts are not built yet; run make build first.\n")
    assert run(missing, "--out", str(out)) == answer
    lists.sql("drop table marts.quarantine_queue")
    answer = (1, "", "The lists are not built yet; run make build first.\n")
    assert run(lists, "--out", str(out)) == answer
    # What was there stands, and nothing half-written beside it.
    assert contents(out) == before
    assert not missing.path.exists()


def test_what_else_goes_wrong_is_one_line(lists, run, tmp_path):
    code, _, complaint = run(lists, "--target", "snowflake")
    assert code == 1 and "DuckDB and PostgreSQL only" in complaint and complaint.count("\n") == 1
    broken = Warehouse(tmp_path / "broken.duckdb")
    broken.path.write_text("no database")
    code, _, complaint = run(broken, "--out", str(tmp_path / "out"))
    assert code == 1 and "cannot be opened" in complaint and complaint.count("\n") == 1
    (tmp_path / "file").touch()
    code, _, complaint = run(lists, "--out", str(tmp_path / "file"))
    assert code == 1 and "cannot be written to" in complaint and complaint.count("\n") == 1


def test_a_warehouse_in_use_is_told_so(lists, run, tmp_path):
    script = (
        f"import duckdb; held = duckdb.connect({str(lists.path)!r}); print(1, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        other.stdout.readline()
        code, _, complaint = run(lists, "--out", str(tmp_path / "out"))
        other.communicate(b"\n")
    assert (code, complaint) == (1, "Another process has the warehouse open; try again later.\n")


def test_make_export_runs_the_script(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for stamp in ("installed", "crm_hygiene"):
        (tmp_path / ".venv" / stamp).touch()
    command = tmp_path / ".venv" / "bin" / "crm-hygiene"
    command.write_text('#!/bin/sh\necho "$@" >> "$0.calls"\n')
    command.chmod(0o755)
    subprocess.run(["make", "export", "ARGS=--out lists"], cwd=tmp_path, check=True)
    calls = (command.parent / "crm-hygiene.calls").read_text().splitlines()
    assert calls[-1] == "export --out lists"
