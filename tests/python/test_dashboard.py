"""The data of the dashboard is what the marts hold, and the page that carries it is safe."""

import base64
import csv
import gzip
import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT, Warehouse

from crm_hygiene.marts import personal_columns
from crm_hygiene.pages import dashboard
from crm_hygiene.pages.dashboard.tables import LISTS
from crm_hygiene.pages.files import TEMPLATES
from crm_hygiene.warehouse import WarehouseError, open_warehouse

# What each table of the page holds before its cap, told without the page's own queries.
ALL_ROWS = {
    "grades": "marts.data_health_grades where metric_date = date '2026-09-30'",
    "grades_history": "marts.data_health_grades",
    "health": "marts.data_health_daily where metric_date = date '2026-09-30'",
    "health_history": "marts.data_health_daily where segment = 'all'",
    "health_rebuilt": "marts.data_health_rebuilt",
    "signals": "marts.process_signals_daily where signal_date = case signal "
    "when 'commit_close_date_churn' then date '2026-08-31' else date '2026-09-30' end",
    "signals_history": "marts.process_signals_daily where signal = 'commit_close_date_churn' "
    "or signal_date >= date '2026-09-02' or dayofweek(signal_date) = 3",
    "evidence": "marts.process_signal_evidence",
    "review_list": "marts.signal_review_list",
    "spread": "marts.signal_spread",
    "cutoff_shifts": "marts.cutoff_shifts",
    "dirty": "marts.dirty_records",
    "findings": "marts.data_health_findings",
    "sla_status": "marts.hygiene_sla_status",
    "sla_breaches": "marts.hygiene_sla_breaches",
    "not_landed": "marts.landing_coverage where not is_landed and needed_by is not null and (not "
    "is_table_landed or (source_column[1] <> '_' and needed_by not like 'the same as %' "
    "and needed_by not like '%copies only'))",
    "landing_rows": "marts.landing_row_counts",
    "inventory": "marts.crm_inventory",
    "duplicates": "marts.duplicate_records",
    "signatures": "marts.failure_signatures",
    "signature_evidence": "marts.failure_signature_evidence",
    "causes": "marts.causing_steps",
    "writers": "marts.field_writers",
    "key_fields": "marts.key_field_writers",
    "attribution": "marts.attribution_coverage",
    "guardrails": "marts.guardrail_status",
    "reassignments": "marts.owner_reassignments",
    "dead_data": "marts.dead_data",
    "stop_the_line": "marts.stop_the_line where is_current",
    "reverts": "marts.revert_list",
    "fix_scores": "marts.fix_scores",
    "dwell": "marts.stage_dwell_percentiles",
    "funnel": "marts.stage_funnel",
    "picklist_values": "marts.picklist_values where verdict <> 'ok'",
    "placeholders": "marts.placeholder_use where n_placeholders > 0",
    "impact": "marts.cleanup_impact",
    "drift": "marts.reporting_drift",
    "team_figures": "marts.team_figures",
    "team_figure_records": "marts.team_figure_records",
}
COUNTED = {
    "dirty_counts": (
        "marts.dirty_records",
        "crm archetype object_type segment team causing_step severity",
        "n_records",
    ),
    "finding_counts": ("marts.data_health_findings", "crm finding object_type segment team", "n"),
    "picklist_counts": (
        "marts.picklist_values",
        "crm object_type field standardise_first verdict",
        "n",
    ),
    "candidate_counts": (
        "marts.lifecycle_decisions",
        "crm object_type decision rule_id segment team",
        "n",
    ),
}
HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!-- <script> -->",
    'it\'s "quoted" \\ `${x}`',
    "lines\u2028and\u2029paragraphs\r\n\ttabs",
    "a\x00null",
    "\u202eright to left",
    "\U0001f600 é 日本 \ufeff\u200b\ufffd",
    "=1+1",
    "{{ 7 * 7 }} {% raw %} ${7}",
    "x" * 2000,
    "__proto__",
    "",
]


class Page(HTMLParser):
    """The parts of a page that a browser runs, applies or loads."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.data = ""
        self.csp = ""
        self.inside: list[str] | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag == "meta" and given.get("http-equiv", "").lower() == "content-security-policy":
            self.csp = given["content"]
        if tag in ("script", "style"):
            self.inside = []
            self.is_data = given.get("id") == "data"

    def handle_data(self, data):
        if self.inside is not None:
            self.inside.append(data)

    def handle_endtag(self, tag):
        if self.inside is None:
            return
        text = "".join(self.inside)
        if self.is_data:
            self.data = text
        else:
            (self.scripts if tag == "script" else self.styles).append(text)
        self.inside = None

    def payload(self) -> dict:
        return json.loads(gzip.decompress(base64.b64decode(self.data)))


def column(table: dict, name: str) -> list:
    """Return the values of a column of the page."""
    values = table["data"][name]
    if isinstance(values, list):
        return values
    return [None if place < 0 else values["d"][place] for place in values["i"]]


def rows_of(table: dict) -> list[dict]:
    """Return the rows of a table of the page."""
    values = {name: column(table, name) for name in table["data"]}
    return [{name: values[name][n] for name in values} for n in range(table["n_shown"])]


def plain(value: object) -> object:
    """Return a value of a mart as the page should have it."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat() if isinstance(value, date) else value


def bag(found: list[dict]) -> Counter:
    """Return rows in a form that is compared whatever their order."""
    return Counter(tuple(sorted((k, repr(v)) for k, v in row.items())) for row in found)


def read_rows(warehouse: Warehouse, query: str) -> list[dict]:
    """Return the rows of a query on a warehouse by the names of their columns."""
    with duckdb.connect(str(warehouse.path), read_only=True) as connection:
        result = connection.execute(query)
        names = [described[0] for described in result.description]
        return [dict(zip(names, map(plain, row), strict=True)) for row in result.fetchall()]


def copy_of(warehouse: Warehouse, folder: Path) -> Warehouse:
    """Return a copy to change."""
    folder.mkdir()
    return warehouse.copy(folder)


def payload_of(warehouse: Warehouse, folder: Path, **options) -> dict:
    """Return what the page of a warehouse holds."""
    out = folder / "dashboard.html"
    dashboard.build(warehouse.path, out, **options)
    return Page(out.read_text("utf-8")).payload()


@pytest.fixture(scope="module")
def small(demo, tmp_path_factory) -> Warehouse:
    """What is read here of the demo, in a file of its own that is quick to copy."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "whole").mkdir()
    whole = demo.copy(folder / "whole")
    # A view names its catalog, and what it reads stays behind.
    whole.sql(
        "create table marts.decided as from marts.lifecycle_decisions; "
        "drop view marts.lifecycle_decisions; "
        "alter table marts.decided rename to lifecycle_decisions; select 1"
    )
    made = Warehouse(folder / "crm.duckdb")
    with duckdb.connect(str(made.path)) as connection:
        connection.execute(f"attach '{whole.path}' as demo (read_only)")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'demo' "
            "and (schema_name in ('marts', 'policy') or schema_name || '.' || table_name in "
            "('intermediate.int_health__record_checks', 'staging.stg_crm__users', "
            "'staging.stg_crm__contacts', 'staging.stg_crm__leads', 'staging.stg_crm__accounts', "
            "'staging.stg_crm__opportunities', 'staging.stg_crm__opportunity_contacts', "
            "'staging.stg_crm__labels', 'demo_salesforce.account'))"
        ).fetchall()
        for schema, name in tables:
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(f"create table {schema}.{name} as from demo.{schema}.{name}")
    whole.path.unlink()
    return made


@pytest.fixture(scope="module")
def page(small, tmp_path_factory) -> Page:
    """The page of the demo with people masked."""
    out = tmp_path_factory.mktemp("page") / "dashboard.html"
    dashboard.build(small.path, out)
    return Page(out.read_text("utf-8"))


@pytest.fixture(scope="module")
def shown(small, tmp_path_factory) -> dict:
    """What the page of the demo holds with personal data."""
    return payload_of(small, tmp_path_factory.mktemp("shown"), masks="nothing")


@pytest.fixture
def run(monkeypatch, capsys):
    """Return a function that runs the script: exit code, what it printed, what it complained of."""

    def run_main(warehouse: Path, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setenv("CRM_HYGIENE_DUCKDB", str(warehouse))
        monkeypatch.delenv("CRM_HYGIENE_TARGET", raising=False)
        code = dashboard.main(list(arguments))
        return code, *capsys.readouterr()

    return run_main


# --- The numbers ---


def test_every_table_is_checked():
    others = {"candidates", "metric_records", "metric_record_counts"}
    assert set(dashboard.TABLES) == {*ALL_ROWS, *COUNTED, *others}


@pytest.mark.parametrize("name", ALL_ROWS)
def test_a_table_holds_the_rows_of_its_mart(small, shown, name):
    table = shown["tables"][name]
    expected = read_rows(small, f"select * from {ALL_ROWS[name]}")
    assert table["n_total"] == table["n_shown"] == len(expected) > 0
    names = [described["name"] for described in table["columns"]]
    assert names[: len(expected[0])] == list(expected[0])
    found = [{key: row[key] for key in expected[0]} for row in rows_of(table)]
    assert bag(found) == bag(expected)


@pytest.mark.parametrize("name", COUNTED)
def test_counts_are_complete(small, shown, name):
    mart, split_by, count = COUNTED[name]
    table, keys = shown["tables"][name], split_by.split()
    assert [*table["data"]] == [*keys, count]
    expected = read_rows(small, f"select {', '.join(keys)} from {mart}")
    found = {tuple(row[key] for key in keys): row[count] for row in rows_of(table)}
    assert found == Counter(tuple(row.values()) for row in expected)
    assert table["n_total"] == table["n_shown"] == len(found)


def test_candidates_are_the_five_lists(small, shown):
    table = shown["tables"]["candidates"]
    decisions = read_rows(small, "select * from marts.lifecycle_decisions where decision <> 'keep'")
    assert table["n_total"] == len(decisions)
    same = ("record_key", "decision", "rule_id", "reason", "owner_id", "team", "value_at_stake")
    found = [{key: row[key] for key in same} for row in rows_of(table)]
    assert bag(found) == bag([{key: row[key] for key in same} for row in decisions])
    assert not [name for name in table["data"] if name.endswith("_hash")]


def test_metrics_that_are_no_findings_have_their_records(small, shown):
    figures = {
        (row["crm"], row["metric"]): row
        for row in read_rows(
            small,
            "select crm, metric, sum(numerator) as numerator, sum(denominator) as denominator "
            "from marts.data_health_daily where segment = 'all' group by all",
        )
    }
    records = rows_of(shown["tables"]["metric_records"])
    listed = Counter((row["crm"], row["metric"]) for row in records)
    counted = Counter()
    for row in rows_of(shown["tables"]["metric_record_counts"]):
        counted[row["crm"], row["metric"]] += row["n"]
    assert listed == counted
    for crm in ("salesforce", "hubspot"):
        for metric in ("contacts_active_90d", "accounts_with_open_opportunity", "consent_coverage"):
            figure = figures[crm, metric]
            assert listed[crm, metric] == figure["denominator"] - figure["numerator"]
        assert listed[crm, "do_not_contact"] == figures[crm, "do_not_contact"]["numerator"]
        stays = [r for r in records if (r["crm"], r["metric"]) == (crm, "time_in_stage")]
        assert len(stays) == figures[crm, "time_in_stage"]["denominator"]
        assert sum(row["days"] for row in stays) == pytest.approx(
            figures[crm, "time_in_stage"]["numerator"]
        )
    assert {row["team"] for row in records} >= {"ae", "sdr"}


def test_the_page_names_the_records_of_every_metric_that_is_no_finding():
    with (ROOT / "seeds" / "policy" / "health_metrics.csv").open(encoding="utf-8") as file:
        metrics = {row["metric"] for row in csv.DictReader(file) if row["is_finding"] == "false"}
    file = TEMPLATES / "dashboard_figures.js"
    titles = re.search(r"const LISTED_RECORDS = {(.*?)};", file.read_text("utf-8"), re.DOTALL)[1]
    titled = set(re.findall(r"(?m)^  (\w+):", titles))
    assert titled == metrics, (
        f"Say in LISTED_RECORDS of {file.name} which records are listed of each metric that is no "
        f"finding; missing: {sorted(metrics - titled)}, no longer one: {sorted(titled - metrics)}."
    )


def test_the_page_reads_the_list_of_every_decision():
    with (ROOT / "seeds" / "policy" / "lifecycle_rules.csv").open(encoding="utf-8") as file:
        decisions = {row["decision"] for row in csv.DictReader(file)} - {"keep"}
    missing = decisions - set(LISTS)
    assert not missing, f"Name the lists of {sorted(missing)} in LISTS of dashboard/tables.py."


def test_a_cap_says_how_many_rows_there_are(small, tmp_path, monkeypatch):
    capped = {name: replace(given, cap=4) for name, given in dashboard.TABLES.items()}
    monkeypatch.setattr("crm_hygiene.pages.dashboard.payload.TABLES", capped)
    tables = payload_of(small, tmp_path)["tables"]
    for name, mart in ALL_ROWS.items():
        [(n_rows,)] = small.sql(f"select count(*) from {mart}")
        assert (tables[name]["n_total"], tables[name]["n_shown"]) == (n_rows, min(4, n_rows)), name
    largest = small.sql("select n_changes from marts.field_writers order by n_changes desc limit 4")
    assert [(n,) for n in column(tables["writers"], "n_changes")] == largest


def test_many_segments_do_not_cut_off_what_is_of_all_of_them(small, tmp_path):
    many = copy_of(small, tmp_path / "many")
    for mart in ("data_health_daily", "process_signals_daily"):
        many.sql(
            f"insert into marts.{mart} select daily.* replace (concat('A', n) as segment) "
            f"from marts.{mart} as daily, range(300) as copies(n) where segment = 'all' "
            f"and as_of::date - {'metric' if 'health' in mart else 'signal'}_date < 3"
        )
    tables = payload_of(many, tmp_path)["tables"]
    before = payload_of(small, tmp_path)["tables"]
    assert tables["signals_history"]["n_total"] > tables["signals_history"]["n_shown"] == 20_000
    for name in ("health", "signals", "signals_history"):
        whole, expected = (
            [row for row in rows_of(page[name]) if row["segment"] == "all"]
            for page in (tables, before)
        )
        assert whole == expected, name
        assert tables[name]["n_total"] > before[name]["n_total"]


def test_a_cap_keeps_the_first_rows_of_each_kind(small, tmp_path, monkeypatch):
    severities = "array_position(['critical', 'high', 'medium', 'low'], severity)"
    firsts = {
        "evidence": ("signal", "occurred_at desc, evidence_id", "evidence_id"),
        "dirty": (
            "archetype",
            f"{severities}, amount desc nulls last, last_bad_at desc, record_key",
            "record_key",
        ),
        "findings": ("finding", f"{severities}, record_key", "record_key"),
        "sla_breaches": ("sla_id", "days_over desc nulls last, record_key", "record_key"),
        "signature_evidence": ("signature", "occurred_at desc, evidence_id", "evidence_id"),
    }
    for name in firsts:
        monkeypatch.setitem(dashboard.TABLES, name, replace(dashboard.TABLES[name], cap=10))
    tables = payload_of(small, tmp_path)["tables"]
    for name, (kind, order, key) in firsts.items():
        found = rows_of(tables[name])
        assert len(found) == 10 < tables[name]["n_total"], name
        sizes = dict(small.sql(f"select {kind}, count(*) from {ALL_ROWS[name]} group by all"))
        shares = Counter(row[kind] for row in found)
        # No kind has less than another one, unless it is shown whole.
        most = max(shares.values())
        assert all(shares[one] >= min(size, most - 1) for one, size in sizes.items()), name
        for one, n_shown in shares.items():
            expected = small.sql(
                f"select {key} from {ALL_ROWS[name]} where {kind} = '{one}' "
                f"order by {order} limit {n_shown}"
            )
            assert [(row[key],) for row in found if row[kind] == one] == expected, (name, one)


def test_each_list_gets_its_fair_share_of_the_cap(small, tmp_path, monkeypatch):
    fewer = replace(dashboard.TABLES["candidates"], cap=82)
    monkeypatch.setitem(dashboard.TABLES, "candidates", fewer)
    table = payload_of(small, tmp_path)["tables"]["candidates"]
    sizes = dict(
        small.sql(
            "select decision, count(*) from marts.lifecycle_decisions "
            "where decision <> 'keep' group by decision"
        )
    )
    assert (table["n_total"], table["n_shown"]) == (sum(sizes.values()), 82)
    shares = Counter(column(table, "decision"))
    # 6 + 7 + 22 fit whole; the two long lists share what is left.
    assert shares == {
        "anonymize": 6, "quarantine": 7, "delete": 22, "archive": 24, "re_engage": 23
    }  # fmt: skip
    for decision, mart in (("archive", "archive_candidates"), ("re_engage", "reengage_candidates")):
        first = small.sql(
            f"select record_key from marts.{mart} order by is_sample desc, "
            f"value_at_stake desc nulls last, record_key limit {shares[decision]}"
        )
        found = [row["record_key"] for row in rows_of(table) if row["decision"] == decision]
        assert found == [key for (key,) in first]


@pytest.mark.parametrize(
    ("sizes", "cap", "shares"),
    [
        ({"a": 5, "b": 100, "c": 100}, 65, {"a": 5, "b": 30, "c": 30}),
        ({"a": 5, "b": 100}, 200, {"a": 5, "b": 100}),
        ({"a": 0, "b": 9}, 4, {"a": 0, "b": 4}),
        ({"a": 9, "b": 9, "c": 9}, 4, {"a": 1, "b": 1, "c": 2}),
        ({}, 4, {}),
    ],
)
def test_fair_shares(sizes, cap, shares):
    assert dashboard.fair_shares(sizes, cap) == shares


def test_the_page_knows_what_it_is_of(small, shown):
    meta = shown["meta"]
    assert meta["as_of"] == "2026-09-30T22:00:00Z"
    assert meta["crms"] == ["hubspot", "salesforce"]
    assert meta["teams"] == ["ae", "cs", "sdr"]
    assert meta["segments"] == ["Enterprise", "Mid-Market", "SMB"]
    assert (meta["window_days"], meta["funnel_days"]) == (28, 365)
    assert (meta["is_demo"], meta["has_records"], meta["has_history"]) == (True, True, True)
    [note] = meta["notes"]
    assert note.startswith("This is the first build.")
    owners = small.sql(
        "select distinct crm, owner_id from marts.lifecycle_decisions "
        "where owner_id is not null order by all"
    )
    assert [(owner["crm"], owner["id"]) for owner in meta["owners"]] == owners
    names = small.sql("select crm, user_id, user_name from staging.stg_crm__users")
    owned = {(crm, name) for crm, one, name in names if (crm, one) in set(owners)}
    assert len(owned) > 10
    assert owned <= {(crm, name) for crm in meta["users"] for name in meta["users"][crm].values()}


def test_what_the_page_shows_is_explained(shown):
    registry, tables = shown["registry"], shown["tables"]
    shown_ids = {f"signal:{one}" for one in column(tables["signals"], "signal")}
    shown_ids |= {f"archetype:{one}" for one in column(tables["dirty"], "archetype")}
    shown_ids |= {f"metric:{one}" for one in column(tables["health"], "metric")}
    shown_ids |= {f"sla:{one}" for one in column(tables["sla_status"], "sla_id")}
    shown_ids |= {f"rule:{one}" for one in column(tables["candidates"], "rule_id")}
    shown_ids |= {f"signature:{one}" for one in column(tables["signatures"], "signature")}
    shown_ids |= {f"team_figure:{one}" for one in column(tables["team_figures"], "figure")}
    assert shown_ids <= set(registry)
    for key, texts in registry.items():
        assert texts["name"] and texts["meaning"], key
    for name, table in tables.items():
        for described in table["columns"]:
            assert described["label"] and described["type"], (name, described)
            if table["source"].startswith("marts.") and name in ALL_ROWS | COUNTED:
                added = {"n", "n_records", "segment", "owner_id", "team"}
                assert described["description"] or described["name"] in added, (name, described)


# --- Personal data ---


def personal_values(small: Warehouse) -> set[str]:
    """Return names and addresses of the people of the demo, long enough to be no other word."""
    found = small.sql(
        "select email from staging.stg_crm__users union "
        "select email from staging.stg_crm__contacts union "
        "select email from staging.stg_crm__leads union "
        "select first_name || ' ' || last_name from staging.stg_crm__contacts union "
        "select first_name || ' ' || last_name from staging.stg_crm__leads"
    )
    return {value for (value,) in found if value and len(value.strip()) > 6}


def test_no_personal_data_stands_in_a_masked_page(small, page, shown):
    payload = page.payload()
    assert payload["meta"]["personal_data"] == "masked"
    values = personal_values(small)
    assert len(values) > 500
    text = json.dumps(payload, ensure_ascii=False)
    assert [value for value in values if value in text] == []
    for name, table in payload["tables"].items():
        personal = personal_columns().get(table["source"].removeprefix("marts."), set())
        masked = {one["name"] for one in table["columns"] if one["is_masked"]}
        # Of the actors the ids are shown, as those of owners are.
        writers = {"changed_by", "writer_1", "writer_2", "writer_3"}
        hidden = personal - writers - {"machine", "top_person_id"}
        assert masked == hidden & {one["name"] for one in table["columns"]}, name
        assert not hidden & set(table["data"]), name
    assert shown["meta"]["personal_data"] == "shown"
    text = json.dumps(shown, ensure_ascii=False)
    assert len([value for value in values if value in text]) > 100
    assert "owner_name" in shown["tables"]["candidates"]["data"]
    assert "old_value" in shown["tables"]["dirty"]["data"]


def test_companies_deals_and_users_are_named_and_stages_are_labelled(small, page, tmp_path):
    meta = page.payload()["meta"]
    kinds = Counter(key.split(":")[1] for key in meta["records"])
    assert set(kinds) == {"account", "opportunity"} and min(kinds.values()) > 50
    known = dict(
        small.sql(
            "select record_key, account_name from staging.stg_crm__accounts union all "
            "select record_key, opportunity_name from staging.stg_crm__opportunities"
        )
    )
    assert meta["records"].items() <= known.items()
    ((name,),) = small.sql(
        "select user_name from staging.stg_crm__users "
        "where crm = 'salesforce' and user_id = '0055g0000000013AAA'"
    )
    assert meta["users"]["salesforce"]["0055g0000000013AAA"] == name
    assert meta["labels"]["hubspot"]["opportunity"]["stage"]["contractsent"] == "Contract Sent"
    assert meta["labels"]["hubspot"]["opportunity"]["pipeline"]["default"] == "Sales Pipeline"

    meta = payload_of(small, tmp_path, masks="all")["meta"]
    assert (meta["personal_data"], meta["records"], meta["users"]) == ("all masked", {}, {})
    assert meta["labels"]["hubspot"]["case"]["stage"]["1"] == "New"


def test_an_id_that_is_an_address_is_masked(small, tmp_path):
    named = copy_of(small, tmp_path / "named")
    named.sql("update marts.field_writers set changed_by = 'ann@example.com' where share < 0.1")
    named.sql("update marts.dirty_records set actor_id = 'ann@example.com' where amount > 0")
    for mart, name in (
        ("stop_the_line", "machine"),
        ("revert_list", "machine"),
        ("signal_spread", "top_person_id"),
        ("key_field_writers", "writer_2"),
    ):
        named.sql(f"update marts.{mart} set {name} = 'ann@example.com'")
    tables = payload_of(named, tmp_path)["tables"]
    assert "ann@example.com" not in json.dumps(tables)
    assert {"(masked)", "appId:2041"} <= set(column(tables["writers"], "changed_by"))
    assert set(column(tables["stop_the_line"], "machine")) == {"(masked)"}
    assert set(column(tables["spread"], "top_person_id")) == {"(masked)"}
    assert set(column(tables["key_fields"], "writer_2")) == {"(masked)"}
    assert "(masked)" in column(tables["dirty"], "actor_id")
    tables = payload_of(named, tmp_path, masks="nothing")["tables"]
    assert set(column(tables["stop_the_line"], "machine")) == {"ann@example.com"}


# --- The page ---


def test_the_policy_allows_what_is_inline_and_nothing_else(page):
    policy = dict(part.strip().split(" ", 1) for part in page.csp.split(";"))
    assert policy["default-src"] == "'none'"
    assert "unsafe" not in page.csp and "*" not in page.csp

    def hashes(texts):
        digests = (hashlib.sha256(text.encode()).digest() for text in texts)
        return {f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests}

    assert len(page.scripts) == 1 + len(dashboard.SCRIPTS)
    assert set(policy["script-src"].split()) == hashes(page.scripts)
    assert len(page.styles) == 1
    assert set(policy["style-src"].split()) == hashes(page.styles)
    # What a hash of a text does not allow.
    assert [a for a in page.attributes if a[1].startswith("on") or a[1] == "style"] == []


def test_the_page_loads_nothing(page):
    loads = [
        (tag, name, value)
        for tag, name, value in page.attributes
        if name in ("src", "srcset", "data", "action", "formaction", "poster", "ping")
        or (name == "href" and not (value or "").startswith("#"))
    ]
    assert [one for one in loads if not (one[2] or "").startswith("data:")] == []
    for text in page.styles:
        assert not re.search(r"@import|url\((?!['\"]?(data:|#))", text)


def test_the_same_marts_give_the_same_bytes(small, run, tmp_path):
    for name in ("one", "two"):
        code, printed, complaint = run(small.path, "--out", str(tmp_path / name / "page.html"))
        assert (code, complaint, printed.count("\n")) == (0, "", 1)
        assert f"{name}/page.html" in printed and "personal data masked" in printed
    one, two = ((tmp_path / name / "page.html").read_bytes() for name in ("one", "two"))
    assert one == two
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["page.html"]


# --- Data of all kinds ---


def test_hostile_values_arrive_as_they_are(small, tmp_path):
    hostile = copy_of(small, tmp_path / "hostile")
    with duckdb.connect(str(hostile.path)) as connection:
        connection.execute("delete from marts.dirty_records where severity is null")
        for n, text in enumerate(HOSTILE):
            connection.execute(
                "insert into marts.dirty_records by name select * replace ("
                "? as record_key, ? as record_id, ? as segment, ? as owner_id, ? as detail, "
                "'critical' as severity, null as amount, null as team) "
                "from marts.dirty_records limit 1",
                [f"hostile:{n:02}", text, text, text, text],
            )
    # The column that shares the cap.
    hostile.sql("update marts.process_signal_evidence set signal = null where kind = 'stuck'")
    hostile.sql("update marts.hygiene_sla_breaches set sla_id = 'it''s'")
    out = tmp_path / "dashboard.html"
    dashboard.build(hostile.path, out, masks="nothing")
    read = out.read_text("utf-8")
    assert "alert(1)" not in read
    tables = Page(read).payload()["tables"]
    found = sorted(
        (row["record_key"], row["record_id"], row["segment"], row["owner_id"], row["detail"])
        for row in rows_of(tables["dirty"])
        if row["record_key"].startswith("hostile:")
    )
    assert found == [(f"hostile:{n:02}", *[text] * 4) for n, text in enumerate(HOSTILE)]
    segments = set(column(tables["dirty_counts"], "segment"))
    assert set(HOSTILE) <= segments
    for name in ("evidence", "sla_breaches"):
        assert tables[name]["n_shown"] == tables[name]["n_total"] > 0
    assert None in column(tables["evidence"], "signal")
    assert set(column(tables["sla_breaches"], "sla_id")) == {"it's"}


def test_columns_of_every_shape_come_back():
    for values in (
        [],
        [None, None],
        ["a", None, "a", "a", "b", "a", "a"],
        ["a", "b"],
        [1, 1, 1, 1, None],
        [True, False, True, True],
        ["", "", "", None],
    ):
        table = {"data": {"x": json.loads(json.dumps(dashboard.packed(values)))}}
        assert column(table, "x") == values
    assert isinstance(dashboard.packed(["a", "a", "a"]), dict)


def test_many_candidates_are_capped_and_the_page_stays_small(small, tmp_path):
    many = copy_of(small, tmp_path / "many")
    many.sql(
        "create or replace table marts.archive_candidates as "
        "select * replace (concat(record_key, ':', n) as record_key, "
        "concat(record_id, n) as record_id, md5(concat(reason, n)) as reason) "
        "from marts.archive_candidates, range(100) as copies(n)"
    )
    out = tmp_path / "dashboard.html"
    made = dashboard.build(many.path, out)
    table = Page(out.read_text("utf-8")).payload()["tables"]["candidates"]
    [(n_total,)] = many.sql(
        "select (select count(*) from marts.archive_candidates) + count(*) "
        "from marts.lifecycle_decisions where decision not in ('archive', 'keep')"
    )
    assert (table["n_total"], table["n_shown"]) == (n_total, 20_000)
    assert Counter(column(table, "decision"))["delete"] == 22
    assert made.n_bytes == out.stat().st_size < 10_000_000
    assert made.n_records > 20_000


def test_links_lead_to_web_pages_alone(small, tmp_path):
    linked = copy_of(small, tmp_path / "linked")
    templates = {
        "account": "https://crm.example.com/a/{record_id}/view",
        "contact": "javascript:alert('{record_id}')",
        "lead": "data:text/html,{record_id}",
        "opportunity": "http://localhost:8080/{record_id}",
        "case": "https://crm.example.com/",
        "activity": " https://crm.example.com/{record_id}",
        "task": "https:///{record_id}",
        "note": "https://[/{record_id}",
        "call": None,
        "meeting": "javascript://crm.example.com/%0aalert('{record_id}')",
        "email": "ftp://crm.example.com/{record_id}",
    }
    columns = dict.fromkeys(("crm", "object_type", "url_template"), "varchar")
    rows = [("hubspot", name, template) for name, template in templates.items()]
    linked.land("policy", "record_urls", columns, rows)
    meta = payload_of(linked, tmp_path)["meta"]
    assert {row["object_type"]: row["url_template"] for row in meta["record_urls"]} == {
        name: templates[name] for name in ("account", "opportunity")
    }
    refused = [note for note in meta["notes"] if "record_urls" in note]
    assert len(refused) == len(templates) - 2
    told = "The link of hubspot contact in the seed record_urls is left out"
    assert [note for note in refused if note.startswith(told)]
    assert "javascript" not in "".join(refused)


# --- Little data, or none ---


def marts_of(warehouse: Warehouse) -> list[str]:
    """Return the tables of the marts."""
    found = warehouse.sql(
        "select table_name from duckdb_tables() where schema_name = 'marts' order by all"
    )
    return [f"marts.{name}" for (name,) in found]


def test_an_empty_crm_is_told_so(small, tmp_path):
    empty = copy_of(small, tmp_path / "empty")
    empty.sql("".join(f"delete from {mart};" for mart in marts_of(empty)))
    empty.sql("delete from intermediate.int_health__record_checks")
    payload = payload_of(empty, tmp_path)
    assert payload["meta"]["notes"] == [
        "The CRM holds no records.",
        "No change of a record is landed: what needs the history cannot be judged.",
        "No earlier day is kept yet, and no history tells one: data health has no trend and no "
        "change to show.",
    ]
    assert {table["n_total"] for table in payload["tables"].values()} == {0}
    assert payload["meta"]["as_of"] is None
    assert payload["meta"]["has_records"] is False
    # The columns are there all the same, so that a page with headings can be drawn.
    assert "record_key" in payload["tables"]["dirty"]["data"]
    assert "decision" in payload["tables"]["candidates"]["data"]


def test_one_record_and_no_history_are_told_so(small, tmp_path):
    single = copy_of(small, tmp_path / "single")
    key = "(select min(record_key) from marts.archive_candidates)"
    for mart in ("lifecycle_decisions", "archive_candidates"):
        single.sql(f"delete from marts.{mart} where record_key <> {key}")
    single.sql("delete from marts.history_quality")
    payload = payload_of(single, tmp_path)
    assert payload["tables"]["candidate_counts"]["n_total"] == 1
    assert column(payload["tables"]["candidate_counts"], "n") == [1]
    assert payload["meta"]["has_records"] is True
    assert payload["meta"]["has_history"] is False
    assert any(
        note.startswith("No change of a record is landed") for note in payload["meta"]["notes"]
    )
    assert "The CRM holds no records." not in payload["meta"]["notes"]


def test_every_mart_may_be_missing(small, tmp_path):
    old = copy_of(small, tmp_path / "old")
    marts = marts_of(old)
    kept = "marts.crm_inventory"
    old.sql("".join(f"drop table {mart} cascade;" for mart in marts if mart != kept))
    old.sql(f"alter table {kept} drop column region")
    payload = payload_of(old, tmp_path)
    sources = {given.source for given in dashboard.TABLES.values()} - {kept}
    named = {note.split(" ")[0] for note in payload["meta"]["notes"] if "make build" in note}
    assert {source for source in sources if source.startswith("marts.")} <= named
    assert kept not in named
    assert payload["tables"]["inventory"]["n_shown"] > 0
    assert "region" not in payload["tables"]["inventory"]["data"]
    assert payload["tables"]["dirty"]["n_total"] == 0
    assert "record_key" in payload["tables"]["dirty"]["data"]
    assert not [note for note in payload["meta"]["notes"] if "holds no records" in note]


def test_a_column_that_an_older_mart_lacks_is_told_of(small, tmp_path):
    old = copy_of(small, tmp_path / "old")
    old.sql("alter table marts.dirty_records drop column severity")
    old.sql("delete from marts.run_settings where setting = 'funnel__days'")
    payload = payload_of(old, tmp_path)
    assert payload["meta"]["funnel_days"] is None
    assert payload["tables"]["dirty"]["n_shown"] == 0
    assert (
        "marts.dirty_records is not built, or by an older version; run make build."
        in (payload["meta"]["notes"])
    )


# --- What goes wrong ---


def test_what_goes_wrong_is_one_sentence(small, run, tmp_path):
    out = tmp_path / "dashboard.html"
    out.write_text("the last one")
    missing = tmp_path / "missing.duckdb"
    unbuilt = Warehouse(tmp_path / "unbuilt.duckdb")
    unbuilt.sql("create table landed (id int)")
    broken = tmp_path / "broken.duckdb"
    broken.write_text("no database")
    for path, arguments, sentence in (
        (missing, [], "The marts are not built yet; run make build first."),
        (unbuilt.path, [], "The marts are not built yet; run make build first."),
        (broken, [], "broken.duckdb cannot be opened: "),
        (small.path, ["--target", "spark"], "on DuckDB and PostgreSQL only"),
        (small.path, ["--out", str(out / "inside.html")], "cannot be written to: "),
    ):
        code, printed, complaint = run(path, "--out", str(out), *arguments)
        assert (code, printed, complaint.count("\n")) == (1, "", 1), complaint
        assert sentence in complaint
    assert out.read_text() == "the last one"
    assert not missing.exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_warehouse_in_use_is_told_so(small, run, tmp_path):
    held = copy_of(small, tmp_path / "held")
    script = f"import duckdb; c = duckdb.connect({str(held.path)!r}); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        other.stdout.readline()
        answer = run(held.path, "--out", str(tmp_path / "dashboard.html"))
        other.communicate(b"\n")
    assert answer == (1, "", "Another process has the warehouse open; try again later.\n")


def test_a_script_that_would_end_early_is_refused(monkeypatch):
    monkeypatch.setattr(
        "crm_hygiene.pages.dashboard.rendering.chart_bundle", lambda: 'text = "</SCRIPT>"'
    )
    with pytest.raises(AssertionError):
        dashboard.page({})


def test_an_opened_warehouse_cannot_be_written_to(small):
    connection = open_warehouse(small.path)
    with pytest.raises(duckdb.Error):
        connection.execute("delete from marts.dirty_records")
    connection.close()
    with pytest.raises(WarehouseError):
        open_warehouse(small.path.with_name("none.duckdb"))
