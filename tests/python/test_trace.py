"""`make trace` tells a record's story, and says in a sentence why it cannot."""

import json
import re
import shutil
import subprocess
import unicodedata

import pytest
from conftest import ROOT, TARGET, Warehouse, parsed_project
from dbt.cli.main import dbtRunner

from crm_hygiene import trace as trace_record

BURST = "salesforce:opportunity:0065g0000000003AAA"
# Where what becomes of the record is told, at the demo's as_of.
DECIDED = "\n\n2026-09-30 22:00:00  decision  "
# Ends the line, paints the screen red, rings, turns the line around, hides a letter.
HOSTILE = "a\nb\r\x1b[31mc\x07\u202ed\u200be\u2028f 日本 it's | {{ 1 / 0 }} {% raw %} \\' or 1=1"


@pytest.fixture
def trace(demo, monkeypatch, capsys):
    """Return a function that traces: exit code, what it printed, what it complained of."""
    # The project is read once, not for every record.
    parsed_project()

    def run(*arguments: str, warehouse: Warehouse = demo, start=None) -> tuple[int, str, str]:
        monkeypatch.chdir(ROOT)
        monkeypatch.setenv("CRM_HYGIENE_DUCKDB", str(warehouse.path))
        monkeypatch.setenv("CRM_HYGIENE_TARGET", "duckdb")
        monkeypatch.setenv("DBT_PROFILES_DIR", str(ROOT / "profiles"))
        monkeypatch.setenv("DBT_TARGET_PATH", TARGET)
        monkeypatch.setenv("DBT_LOG_PATH", TARGET)
        start = start or (lambda: dbtRunner(parsed_project()))
        monkeypatch.setattr("dbt.cli.main.dbtRunner", start)
        capsys.readouterr()
        code = trace_record.main(list(arguments))
        return code, *capsys.readouterr()

    return run


@pytest.fixture(scope="module")
def hostile(demo, tmp_path_factory):
    """The demo with text in one record that would break a terminal or a query; return its key."""
    copy = Warehouse(tmp_path_factory.mktemp("hostile") / demo.path.name)
    demo.let_go()
    demo.sql("checkpoint")
    shutil.copy(demo.path, copy.path)
    text = "'" + HOSTILE.replace("'", "''") + "'"
    crm, object_type, record_id = BURST.split(":")
    copy.sql(
        f"update intermediate.int_crm__records set record_key = record_key || {text}, "
        f"record_id = record_id || {text} where record_key = '{BURST}'"
    )
    copy.sql(
        f"update staging.stg_crm__told_changes set new_value = {text} || repeat('x', 5000) "
        f"where crm = '{crm}' and object_type = '{object_type}' and record_id = '{record_id}' "
        "and field = 'stage' and change_number = 1"
    )
    return copy, BURST + HOSTILE


def test_the_story_is_aligned_text_and_nothing_else(trace):
    code, printed, complaint = trace(BURST)
    assert (code, complaint) == (0, "")
    title, blank, *lines = printed.partition(DECIDED)[0].rstrip().splitlines()
    assert (title, blank) == (f"{BURST} (times in UTC)", "")
    moments = [line for line in lines if not line.lstrip().startswith("!")]
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  \w+ ", line) for line in moments)
    assert moments[0].endswith("stage: Prospecting")
    details = {line.index("stage: ") for line in moments if "stage: " in line}
    marks = {line.index("!") + 2 for line in lines if line not in moments}
    assert details == marks and len(details) == 1


def test_bad_changes_are_marked_with_what_found_them(trace):
    _, printed, _ = trace(BURST)
    lines = printed.splitlines()
    bad = [n for n, line in enumerate(lines) if "! multi_stage_jump" in line]
    assert len(bad) == 3
    assert lines[bad[0] - 1].startswith("2024-11-03 10:35:00  change  ")
    assert lines[bad[0] - 1].endswith("stage: Qualification -> Value Proposition")
    assert "! multi_stage_jump [first bad change, step " in lines[bad[0]]
    assert printed.count("[first bad change") == 1


def test_json_holds_the_same_moments(trace):
    code, printed, complaint = trace("--json", BURST)
    assert (code, complaint) == (0, "")
    told = json.loads(printed)
    assert list(told) == ["record_key", "moments", "decision"]
    assert told["record_key"] == BURST
    moments = told["moments"]
    assert list(moments[0]) == [
        "happened_at",
        "what",
        "detail",
        "made_by",
        "made_through",
        "marks",
    ]
    assert moments[0]["happened_at"] == "2024-10-27 10:15:00"
    assert any("multi_stage_jump" in (moment["marks"] or "") for moment in moments)


@pytest.mark.parametrize("key", ["0065g0000000003AAA", "salesforce:deal:1", "open:account:", ""])
def test_what_is_no_key_is_told_so(trace, key):
    code, printed, complaint = trace(key)
    assert (code, printed) == (1, "")
    assert complaint.startswith(f"'{key}' is no record: write crm:object_type:record_id with ")
    assert complaint.count("\n") == 1


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("hubspot:lead:0065g0000000003AAA", f"; did you mean {BURST}?"),
        ("salesforce:opportunity:0065G0000000003aaa", f"; did you mean {BURST}?"),
        ("salesforce:opportunity:0065g0000000003", f"; did you mean {BURST}?"),
        ("open:account:' or record_key <> '\\", "."),
        ("open:account:{{ 1 / 0 }}{% raw %}", "."),
    ],
)
def test_an_unknown_record_is_told_with_the_nearest(trace, key, hint):
    code, printed, complaint = trace(key)
    assert (code, printed) == (1, "")
    assert complaint == f"There is no record {key} in the last build{hint}\n"


def test_hostile_text_neither_breaks_the_query_nor_the_terminal(trace, hostile):
    warehouse, key = hostile
    code, printed, complaint = trace(key, warehouse=warehouse)
    assert (code, complaint) == (0, "")
    lines = printed.split("\n")
    assert "multi_stage_jump" in printed and "日本" in printed
    steering = [c for line in lines for c in line if unicodedata.category(c)[0] == "C"]
    assert not steering and "\u2028" not in printed
    assert all(line == "" or line.startswith(("20", "  ", "salesforce:")) for line in lines)
    assert max(len(line) for line in lines) < 500
    code, printed, complaint = trace("--json", key, warehouse=warehouse)
    assert (code, complaint) == (0, "")
    assert printed.isascii()
    assert any(HOSTILE in moment["detail"] for moment in json.loads(printed)["moments"])


# --- What becomes of it ---


@pytest.mark.parametrize("kind", ["keep", "archive", "delete", "quarantine"])
def test_the_decision_is_told_as_the_marts_have_it(trace, demo, kind):
    ((key, decided, state, due, cleared, missing),) = demo.sql(
        "select record_key, decisions, review_state, review_due_at, cleared_for, roles_missing "
        "from marts.lifecycle_decisions as decisions "
        "left join marts.candidate_reviews as reviews using (record_key) "
        f"where decisions.decision = '{kind}' and decisions.object_type <> 'activity' "
        "order by decisions.missing_inputs is null, record_key limit 1"
    )
    verdicts = demo.sql(
        "select rule_id, verdict from marts.lifecycle_rule_verdicts "
        f"where record_key = '{key}' order by precedence"
    )
    code, printed, complaint = trace("--json", key)
    assert (code, complaint) == (0, "")
    told = json.loads(printed)["decision"]
    for column in ("decision", "rule_id", "reason", "blocked_by"):
        assert told[column] == decided[column]
    for column, verdict in (("held", "yes"), ("not_held", "no"), ("not_told", "unknown")):
        rules = [rule for rule, one in verdicts if one == verdict]
        assert told[f"rules_{column}"] == rules
    assert told["rule_id"] in told["rules_held"]
    assert ", ".join(told["missing_inputs"]) == (decided["missing_inputs"] or "")
    assert told["review_state"] == state and told["cleared_for"] == cleared
    assert told["review_due_at"] == (due and str(due))
    assert ", ".join(told["roles_missing"]) == (missing or "")
    assert (kind == "keep") == (state is None)


def test_the_decision_stands_below_the_story(trace, demo):
    _, printed, _ = trace(BURST)
    decision, rule = demo.sql(
        f"select decision, rule_id from marts.lifecycle_decisions where record_key = '{BURST}'"
    )[0]
    head, *lines = printed.partition(DECIDED)[2].splitlines()
    assert head == f"{decision} by {rule}"
    names = [line[2:22].rstrip() for line in lines if line[2] != " "]
    assert names == [
        "because",
        "rules that held",
        "rules that did not",
        "rules not told",
        "blocked by",
        "missing inputs",
        "review",
        "roles missing",
    ]
    assert max(map(len, lines)) <= 100


def test_what_stopped_a_decision_and_its_review_are_told():
    stopped = {
        "decided_at": "t",
        "decision": "quarantine",
        "rule_id": "blocked_by_dependant",
        "reason": "delete by test_or_spam, but a live record depends on it",
        "rules_held": ["test_or_spam", "nothing_applies", "blocked_by_dependant"],
        "rules_not_held": [f"rule_{n}" for n in range(40)],
        "rules_not_told": [],
        "blocked_by": "open:contact:\x1b[31m1",
        "missing_inputs": ["cases", "phone"],
        "review_state": "expired_to_archive",
        "review_due_at": "2026-04-01 12:00:00",
        "roles_missing": ["revops"],
        "cleared_for": "archive",
    }
    head, *lines = trace_record.decision_page(stopped).splitlines()
    assert head == "t  decision  quarantine by blocked_by_dependant"
    assert "  rules not told      none" in lines
    assert "  blocked by          open:contact: [31m1" in lines
    assert "  missing inputs      cases, phone" in lines
    review = "expired_to_archive, until 2026-04-01 12:00:00; may be carried out: archive"
    assert f"  review              {review}" in lines
    assert "  roles missing       revops" in lines
    assert " ".join(lines).count("rule_") == 40


def test_what_is_not_live_any_more_has_no_decision(trace, demo):
    ((gone,),) = demo.sql(
        "select min(record_key) from intermediate.int_crm__records where not is_live"
    )
    code, printed, _ = trace("--json", gone)
    assert code == 0 and json.loads(printed)["decision"] is None


# --- How it is read ---


def never():
    """Take the place of dbt where it is not to be started."""
    raise AssertionError("dbt is started")


def test_dbt_is_started_once_for_all_records(trace, demo):
    trace(BURST)
    for (key,) in demo.sql("select record_key from marts.keep_list limit 3"):
        code, printed, complaint = trace(key, start=never)
        assert (code, complaint) == (0, "") and printed.startswith(key)


def test_what_dbt_compiled_of_something_else_is_not_used(trace, monkeypatch, tmp_path):
    trace(BURST)
    profiles = tmp_path / "profiles"
    shutil.copytree(ROOT / "profiles", profiles)
    with pytest.raises(AssertionError, match="dbt is started"):
        trace(BURST, "--vars", "{business_timezone: Europe/Berlin}", start=never)
    monkeypatch.setattr(trace_record, "COMPILED_FROM", (str(profiles),))
    trace(BURST)
    trace(BURST, start=never)
    (profiles / "profiles.yml").write_text("other")
    with pytest.raises(AssertionError, match="dbt is started"):
        trace(BURST, start=never)


def test_other_engines_tell_the_same_through_dbt(trace, monkeypatch):
    _, printed, _ = trace("--json", BURST)
    monkeypatch.setattr(trace_record, "OnDuckdb", trace_record.ThroughDbt)
    assert trace("--json", BURST) == (0, printed, "")
    _, _, complaint = trace(BURST[:-3])
    assert complaint.endswith(f"did you mean {BURST}?\n")


def test_wide_letters_take_two_columns():
    moment = dict.fromkeys(("made_through", "marks"))
    moments = [
        {**moment, "happened_at": "t", "what": "change", "made_by": name, "detail": "here"}
        for name in ("日本", "e\u0301te", "Anna")
    ]
    lines = trace_record.page("k", moments).splitlines()[2:]
    places = [trace_record.width(line.partition("here")[0]) for line in lines]
    assert places[0] == places[1] == places[2]
    assert trace_record.width("日本") == 4 and trace_record.width("e\u0301te") == 3


def test_a_long_text_is_cut_and_no_mark_is_lost():
    moment = dict.fromkeys(("happened_at", "what", "made_by", "made_through"), "x" * 99)
    moment |= {"detail": "d" * 999, "marks": f"late_edit: {'m' * 999} | stage_regression: back"}
    *_, detail, first, second = trace_record.page("k", [moment]).splitlines()
    assert detail.endswith("d…") and first.endswith("m…")
    assert len(detail) < 600 and len(first) < 600
    assert second.endswith("! stage_regression: back")


def test_marts_that_are_not_built_are_told_so(trace, tmp_path):
    missing, empty = Warehouse(tmp_path / "missing.duckdb"), Warehouse(tmp_path / "empty.duckdb")
    empty.sql("select 1")
    for warehouse in (missing, empty):
        code, printed, complaint = trace(BURST, warehouse=warehouse)
        assert (code, printed) == (1, "")
        assert complaint == "The marts are not built yet; run make build first.\n"
    assert not missing.path.exists()


def test_what_else_goes_wrong_is_one_line(trace):
    code, printed, complaint = trace("--target", "nowhere", BURST)
    assert (code, printed) == (1, "")
    assert re.fullmatch("The story cannot be read: .*nowhere.*\n", complaint)


def test_make_hands_the_record_on_as_it_was_typed(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for stamp in ("installed", "crm_hygiene"):
        (tmp_path / ".venv" / stamp).touch()
    command = tmp_path / ".venv" / "bin" / "crm-hygiene"
    command.write_text('#!/bin/sh\nfor last; do :; done\nprintf "%s" "$last" > "$0.last"\n')
    command.chmod(0o755)
    record = "open:account:a\"b$(shell touch run)`touch run`$x it's; touch run"
    subprocess.run(["make", "trace", f"RECORD={record}"], cwd=tmp_path, check=True)
    assert (command.parent / "crm-hygiene.last").read_text() == record
    assert not (tmp_path / "run").exists()
