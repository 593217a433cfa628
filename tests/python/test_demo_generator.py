"""The demo CRM: the committed files are what the generator makes, and hold what they promise."""

import csv
import re
from collections import Counter
from pathlib import Path

import duckdb
import pytest
import yaml

from crm_hygiene.demo import people, scale, truth, write

ROOT = Path(__file__).resolve().parents[2]
MADE = ("seeds/demo/salesforce", "seeds/demo/hubspot", "tests/truth")
SIGNALS = {
    "stage_dwell_anomaly",
    "stage_dwell_shift",
    "multi_stage_jump",
    "owner_ping_pong",
    "late_edit",
    "commit_close_date_churn",
    "sla_rush_update",
}
ARCHETYPES = {
    "premature_stage",
    "multi_stage_jump",
    "close_date_churn",
    "missing_next_step",
    "owner_ping_pong",
    "duplicate_account",
    "lead_source_drift",
    "stage_regression",
    "sla_rush_update",
}
DECISIONS = {"keep", "re_engage", "archive", "anonymize", "delete", "quarantine"}
DECISION_EDGES = {
    "engaged",
    "re_engage_lost_opportunity",
    "disposable_or_invalid_email",
    "duplicate_no_own_value",
    "mistaken_deal",
    "contact_inactive",
    "past_retention",
    "account_inactive",
    "opportunity_closed",
}


def rows(name):
    with (ROOT / "tests/truth" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def files_below(root):
    """{path: bytes} of everything that the generator makes."""
    found = [path for folder in MADE for path in (root / folder).rglob("*.csv")]
    found += [root / "seeds/demo/_demo__seeds.yml", root / "macros/landing/demo_tables.sql"]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


def test_the_committed_files_are_what_the_generator_makes(tmp_path):
    write.make(tmp_path)
    made, kept = files_below(tmp_path), files_below(ROOT)
    assert sorted(made) == sorted(kept)
    assert [name for name in made if made[name] != kept[name]] == []


@pytest.mark.parametrize(
    ("folders", "limit"), [(MADE[:2], 3_000_000), (MADE[2:], 2_000_000)], ids=["seeds", "truth"]
)
def test_size(folders, limit):
    sizes = [p.stat().st_size for folder in folders for p in (ROOT / folder).glob("*.csv")]
    assert 0 < sum(sizes) < limit


def test_tables_seeds_and_property_file_agree():
    text = (ROOT / "macros/landing/demo_tables.sql").read_text()
    seeds = yaml.safe_load((ROOT / "seeds/demo/_demo__seeds.yml").read_text())["seeds"]
    for crm, declared in write.declared_columns().items():
        listed = re.findall(r"'(\w+)'", re.search(rf"'{crm}': \[(.*?)\]", text, re.S)[1])
        files = {p.stem: p for p in (ROOT / "seeds/demo" / crm).glob("*.csv")}
        assert {f"demo_{crm}__{table}" for table in listed} == set(files)
        assert set(listed) <= set(declared)
        own = [seed for seed in seeds if seed["config"]["schema"] == f"demo_{crm}"]
        assert {seed["name"]: seed["config"]["alias"] for seed in own} == {
            f"demo_{crm}__{table}": table for table in listed
        }
        for seed in own:
            with files[seed["name"]].open(encoding="utf-8", newline="") as file:
                assert next(csv.reader(file)) == list(seed["config"]["column_types"])


def test_missing_lists_what_is_declared_and_not_landed():
    expected = set()
    for crm, tables in write.declared_columns().items():
        for table, columns in tables.items():
            path = ROOT / "seeds/demo" / crm / f"demo_{crm}__{table}.csv"
            header = path.open().readline().strip().split(",") if path.exists() else []
            expected |= {(crm, table, c) for c in columns if c not in header}
    assert {(r["crm"], r["table"], r["column"]) for r in rows("missing")} == expected


@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_every_signal_archetype_and_decision_is_planted(crm):
    planted = [r for r in rows("planted") if r["crm"] == crm]
    found = {(r["kind"], r["name"], r["expected"]) for r in planted}
    both = ("true", "false")
    # Whether the two that follow from a signal's evidence have edges is the signal's affair.
    follows = {"multi_stage_jump", "owner_ping_pong", "sla_rush_update", "stage_regression"}
    wanted = {("signal", name, e) for name in SIGNALS for e in both}
    wanted |= {("archetype", name, "true") for name in ARCHETYPES}
    wanted |= {("archetype", name, "false") for name in ARCHETYPES - follows}
    wanted |= {("decision", name, e) for name in DECISION_EDGES for e in both}
    assert wanted <= found
    details = [r["detail"] for r in planted if r["kind"] == "decision" and r["expected"] == "true"]
    assert {re.match(r"decision=(\w+)", d)[1] for d in details} == DECISIONS


def test_planted_records_exist():
    known = {(r["crm"], r["object_type"], r["record_id"]) for r in rows("records")}
    elsewhere = {"orphan_change", "created_after_as_of"}
    for row in rows("planted"):
        key = (row["crm"], row["object_type"], row["record_id"])
        if row["record_id"] and row["object_type"] != "activity" and row["name"] not in elsewhere:
            assert key in known, row


@pytest.mark.parametrize(
    ("periods", "fields"), [("stage", ("stage", "status")), ("owner", ("owner_id",))]
)
def test_periods_are_changes_plus_one(periods, fields):
    def key(row):
        return row["crm"], row["object_type"], row["record_id"]

    changes = Counter(key(r) for r in rows("changes") if r["field"] in fields)
    counted = Counter(key(r) for r in rows(f"{periods}_periods"))
    assert counted
    assert {k: n - 1 for k, n in counted.items()} == {k: changes[k] for k in counted}


def test_truth_has_no_repeated_key():
    keys = Counter((r["crm"], r["object_type"], r["record_id"]) for r in rows("records"))
    assert keys and set(keys.values()) == {1}


def test_a_large_crm_keeps_its_proportions(tmp_path):
    scale.make(0.0001, tmp_path)

    def count(table, distinct="id"):
        query = f"select count(*), count(distinct {distinct}) from '{tmp_path / table}.parquet'"
        return duckdb.sql(query).fetchone()

    deals = round(scale.OPPORTUNITIES * 0.0001)
    assert count("opportunity") == (deals, deals)
    assert count("opportunity_field_history") == (10 * deals, 10 * deals)
    assert count("opportunity_field_history", "opportunity_id") == (10 * deals, deals)
    assert count("task") == (2 * deals, 2 * deals)
    assert count("account") == (deals // 4, deals // 4)
    assert count("contact") == (deals // 2, deals // 2)
    assert count("opportunity_stage") == (7, 7)
    tables = write.declared_columns()["salesforce"]
    written = sorted(path.stem for path in tmp_path.glob("*.parquet"))
    assert "user" in written
    for table in written:
        query = f"describe select * from '{tmp_path / table}.parquet'"
        columns = {row[0] for row in duckdb.sql(query).fetchall()}
        assert columns <= set(tables[table])
        lengths = f"select min(length(id)), max(length(id)) from '{tmp_path / table}.parquet'"
        assert duckdb.sql(lengths).fetchone() == (18, 18)
    chain = f"""
        select count(*) from (
            select old_value, lag(new_value) over (
                partition by opportunity_id order by created_date
            ) as before
            from '{tmp_path / "opportunity_field_history"}.parquet' where field = 'StageName'
        ) where before <> old_value"""
    assert duckdb.sql(chain).fetchone() == (0,)


def test_many_people_have_the_duplicates_and_oddities_they_promise(tmp_path):
    people.make(4000, tmp_path)

    def first(query):
        return duckdb.sql(query.replace("{", f"'{tmp_path}/").replace("}", ".parquet'")).fetchone()

    assert first("select count(*), count(distinct contact_id) from {contacts}") == (4000, 4000)
    assert first("select count(*), count(distinct activity_id) from {activities}") == (12000,) * 2
    duplicates = """
        from {planted_duplicates} as planted
        inner join {contacts} as copies on planted.record_id = copies.contact_id
        inner join {contacts} as originals on planted.duplicate_of = originals.contact_id
    """
    assert first(f"select count(*), count(distinct planted.kind) {duplicates}") == (120, 6)
    same = "lower(copies.email) = originals.email"
    assert first(f"select bool_and({same}) {duplicates} where kind = 'same email'") == (True,)
    for key, many in (("phone", 5), ("street", 5), ("account_id", 10)):
        [shared] = first(f"""
            select max(n) from (
                select count(distinct last_name) as n from {{contacts}}
                where {key} is not null group by {key}
            )
        """)
        assert shared >= many, key
    declared = yaml.safe_load((ROOT / "models/staging/open/_open__sources.yml").read_text())
    columns = {
        table["name"]: {column["name"] for column in table["columns"]}
        for table in declared["sources"][0]["tables"]
    }
    for path in tmp_path.glob("*.parquet"):
        found = {row[0] for row in duckdb.sql(f"describe select * from '{path}'").fetchall()}
        assert path.stem == "planted_duplicates" or found <= columns[path.stem], path


def test_truth_files_are_the_declared_ones():
    assert {p.stem for p in (ROOT / "tests/truth").glob("*.csv")} == set(truth.FILES)
