"""Of a person who is to be anonymised no mart and no export tells more than ids and hashes."""

import hashlib
import re
from pathlib import Path

import duckdb
import pytest
from conftest import Warehouse

from crm_hygiene import export

AS_OF = "2026-06-01 00:00:00"
T, B, AT = "varchar", "boolean", "timestamp"
PEOPLE = {
    "created_at": AT,
    "first_name": T,
    "last_name": T,
    "email": T,
    "phone": T,
    "country": T,
    "street": T,
    "city": T,
    "owner_id": T,
    "consent_status": T,
    "do_not_contact": B,
    "legal_hold": B,
    "updated_at": AT,
}
OLD, NEW = "2019-01-01 00:00:00", "2020-01-01 00:00:00"
HOME = ("+49 30 5550111", "Germany", "Windmill Lane 7", "Criptana")
ZELDA = ("Zeldarina", "Quixoteberg", "Zelda.Quixote@windmill.example", *HOME, "u1", "opted_in")
SANCHO = ("Sanchorius", "Panzabaum", "sancho@donkey.example", None, "Spain", None, None, "u1")
CONTACTS = [
    ("c1", OLD, *ZELDA, False, False, NEW),
    ("c1", OLD, *ZELDA[:2], "maiden.name@windmill.example", *ZELDA[3:], False, False, OLD),
    (None, OLD, *ZELDA, False, False, NEW),
    ("c2", OLD, "Stays", "Here", "stays@kept.example", *HOME, "u1", "opted_in", False, False, NEW),
]
LEADS = [("l1", OLD, *SANCHO, "unknown", True, False, NEW)]
SECRETS = [
    "zeldarina",
    "quixoteberg",
    "zelda.quixote@",
    "maiden.name@",
    "vice windmill inspector",
    "sanchorius",
    "panzabaum",
    "sancho@donkey",
]
ACTIVITIES = [
    ("a1", "2020-05-01 00:00:00", "call", "inbound", "done", False, "c1", None),
    ("a2", "2026-05-01 00:00:00", "call", "inbound", "done", False, "c2", None),
    ("a3", "2020-05-01 00:00:00", "call", "inbound", "done", False, None, "l1"),
]
CHANGES = [
    ("contact", "c1", "email", "2020-01-01 00:00:00", "1", CONTACTS[1][4], CONTACTS[0][4], "u1"),
    ("contact", "c1", "title", "2020-01-01 11:55:00", "2", None, "Vice Windmill Inspector", "u1"),
    ("contact", "c1", "title", "not a date", "3", "Vice Windmill Inspector", None, "u1"),
    ("contact", "c2", "title", "not a date", "5", None, "Boss", "u1"),
    ("contact", "c1", "owner_id", "2020-02-01 00:00:00", "4", "u2", "u1", "u1"),
]


def places(warehouse: Warehouse, schema: str, secrets: list[str]) -> list[str]:
    """Where one of the texts stands in a table of the schema, in any spelling."""
    columns = warehouse.sql(
        "select table_name, column_name from information_schema.columns "
        f"where table_schema = '{schema}' and data_type = 'VARCHAR' order by all"
    )
    found = []
    wanted = "|".join(re.escape(secret.lower()) for secret in secrets).replace("'", "''")
    # Opened once: it takes longer than to read a column.
    with duckdb.connect(str(warehouse.path)) as connection:
        for table, column in columns:
            hits = connection.execute(
                f'select "{column}" from "{schema}"."{table}"'
                f" where regexp_matches(lower(\"{column}\"), '{wanted}') limit 3"
            ).fetchall()
            found += [f"{table}.{column}: {value}" for (value,) in hits]
    return found


def exported(warehouse: Warehouse, folder: Path, monkeypatch) -> str:
    """Every exported CSV as one text, lower case."""
    monkeypatch.setenv("CRM_HYGIENE_DUCKDB", str(warehouse.copy(folder).path))
    assert export.main(["--out", str(folder / "lists")]) == 0
    files = sorted(folder.rglob("*.csv"))
    assert any("anonymize" in file.name for file in files)
    return "\n".join(file.read_text(encoding="utf-8") for file in files).lower()


@pytest.fixture(scope="module")
def forgotten(warehouse) -> Warehouse:
    """A CRM with a contact and a lead to be anonymised, whose data is all over the landing."""
    land = warehouse.land
    schema = "crm_landing"
    land(schema, "contacts", {"contact_id": T} | PEOPLE, CONTACTS)
    land(schema, "leads", {"lead_id": T} | PEOPLE, LEADS)
    kinds = ("type", "direction", "status")
    columns = {"activity_id": T, "occurred_at": AT} | dict.fromkeys(kinds, T)
    columns |= {"is_automated": B, "contact_id": T, "lead_id": T}
    land(schema, "activities", columns, ACTIVITIES)
    columns = {"object_type": T, "record_id": T, "field": T, "changed_at": T, "change_id": T}
    columns |= {"old_value": T, "new_value": T, "changed_by": T}
    land(schema, "changes", columns, CHANGES)
    clock = {"object_type": T, "record_id": T, "sla": T, "started_at": AT, "due_at": AT}
    due = ("2020-01-01 11:00:00", "2020-01-01 12:00:00")
    land(schema, "sla_clocks", clock, [("contact", "c1", "reply", *due)])
    land(schema, "users", {"user_id": T, "kind": T, "is_active": B}, [("u1", "human", True)])
    land(schema, "cases", {"case_id": T, "created_at": AT}, [])
    deal = {"opportunity_id": T, "created_at": AT, "account_id": T, "stage": T}
    land(schema, "opportunities", deal, [("o1", OLD, None, "won")])
    land(schema, "opportunity_contacts", {"opportunity_id": T, "contact_id": T}, [])
    stage = {"object_type": T, "stage": T, "stage_order": "integer", "kind": T}
    land(schema, "stages", stage, [("opportunity", "won", 1, "won")])
    variables = {"crm_sources": ["open"], "as_of": AS_OF}
    warehouse.build("--exclude", "resource_type:unit_test", variables=variables)
    return warehouse


def test_the_person_is_to_be_anonymised_and_a_hash_remains(forgotten):
    rows = forgotten.sql(
        "select record_key, rule_id, email_hash from marts.anonymize_candidates order by all"
    )
    hashes = [hashlib.md5(email.lower().encode()).hexdigest() for email in (ZELDA[2], SANCHO[2])]
    assert rows == [
        ("open:contact:c1", "past_retention", hashes[0]),
        ("open:lead:l1", "suppressed_past_retention", hashes[1]),
    ]


def test_no_mart_and_no_export_tells_of_the_person(forgotten, tmp_path, monkeypatch):
    rushed = forgotten.sql(
        "select field, new_value from marts.process_signal_evidence "
        "where signal = 'sla_rush_update' and record_id = 'c1'"
    )
    assert rushed == [("title", None)], "the planted edit is not there to be hidden"
    assert len(places(forgotten, "staging", SECRETS)) > 10, "nothing is there to be found"
    assert places(forgotten, "marts", SECRETS) == []
    text = exported(forgotten, tmp_path, monkeypatch)
    assert [secret for secret in SECRETS if secret in text] == []


def test_rejected_rows_of_others_are_shown_as_they_were_landed(forgotten):
    rows = forgotten.sql(
        "select source_table, source_key, raw like '%hidden%' from marts.rejected_rows order by all"
    )
    assert rows == [
        ("changes", "5", False),
        ("changes", "c1", True),
        ("contacts", "c1", True),
        ("contacts", None, True),
    ]


def test_the_demo_tells_of_nobody_who_is_to_be_anonymised(demo, tmp_path, monkeypatch):
    people = " union all ".join(
        "select first_name, last_name, email, phone, phone_e164 "
        f"from staging.stg_crm__{objects} where record_key in "
        "(select record_key from marts.lifecycle_decisions where decision = 'anonymize')"
        for objects in ("contacts", "leads")
    )
    secrets = set()
    for first, last, *numbers in demo.sql(people):
        secrets |= {f"{first} {last}", *filter(None, numbers)}
    assert len(secrets) > 20
    # What somebody else has as well (a switchboard, a namesake) is not of that person alone.
    others = people.replace("record_key in", "record_key not in")
    for first, last, *numbers in demo.sql(others):
        secrets -= {f"{first} {last}", *numbers}
    assert len(secrets) >= 10
    assert places(demo, "marts", sorted(secrets)) == []
    text = exported(demo, tmp_path, monkeypatch)
    assert [secret for secret in secrets if secret.lower() in text] == []
