"""Who asked to be left alone is remembered: by a keyed hash, whatever happens to the record, the
warehouse or its backup. Held against hmac and plain Python.
"""

import hashlib
import hmac
import random

import duckdb
import pytest

from crm_hygiene import secret
from crm_hygiene.nightly import tables

MODELS = ("int_lifecycle__identifiers", "suppression_register", "suppression_breaches")
SECRET = "kept where the register is kept"
N_PEOPLE = 60
NEXT_NIGHT = "2026-10-01 22:00:00"
OPTED_OUT = ("opted_out", "unsubscribed")


def keyed(text: str, key: str = SECRET) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def run(warehouse, *options: str, **variables):
    result = warehouse.dbt("run", *options, "--select", *MODELS, variables=variables)
    assert result.success, result.exception
    return result


def as_reached(email: str) -> str:
    """Return an address as it reaches somebody: without a tag."""
    name, domain = email.split("@")
    return f"{name.split('+')[0]}@{domain}"


@pytest.mark.parametrize("key", ["k", "ключ", "x" * 64, "x" * 65, "x" * 500])
@pytest.mark.parametrize("text", ["jo@acme.test", "jörg@acme.test", "", "+442079460018"])
def test_the_hash_is_the_hmac_of_rfc_2104(key, text):
    inner, outer = secret.pads(key).values()
    made = hashlib.sha256(outer + hashlib.sha256(inner + text.encode()).digest()).hexdigest()
    assert made == keyed(text, key)


def test_the_register_of_the_demo_holds_whom_plain_python_finds(demo):
    people = demo.sql(
        "select email_normalised, consent_status, do_not_contact, is_hard_bounced from ("
        " select record_key, email_normalised from staging.stg_crm__contacts union all"
        " select record_key, email_normalised from staging.stg_crm__leads)"
        " join intermediate.int_crm__records using (record_key)"
        " where email_normalised like '%@%.%'"
    )
    expected = set()
    for email, consent, do_not_contact, is_bounced in people:
        name = email.split("@")[0].split("+")[0]
        reason = (
            "do_not_contact"
            if do_not_contact
            else "opted_out"
            if consent in OPTED_OUT
            else "hard_bounced"
            if is_bounced
            else None
        )
        if reason and name not in {"none", "test", "na", "noemail", "unknown"}:
            digest = hashlib.sha256(as_reached(email).encode()).hexdigest()
            expected.add((digest, "none", reason))
    found = demo.sql(
        "select identifier_hash, hash_key, reason from marts.suppression_register"
        " where channel = 'email'"
    )
    assert len(found) > 20 and set(found) == expected


def test_the_demo_shows_every_kind_of_breach_but_a_new_consent(demo):
    found = demo.sql(
        "select crm, channel, kind, reason, count(*) from marts.suppression_breaches"
        " group by all order by all"
    )
    assert found == [
        ("hubspot", "email", "contacted", "opted_out", 1),
        ("hubspot", "email", "not_flagged", "opted_out", 2),
        ("hubspot", "phone", "not_flagged", "do_not_contact", 1),
        ("salesforce", "email", "contacted", "hard_bounced", 1),
        ("salesforce", "email", "contacted", "opted_out", 1),
        ("salesforce", "email", "not_flagged", "opted_out", 1),
    ]


def import_people(warehouse, people: list[tuple]) -> None:
    """Add contacts: key, address, phone, country, whether it must not be contacted, consent."""
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute(
            "create or replace temp table people (record_key varchar, email varchar, phone varchar,"
            " country varchar, flag boolean, consent varchar)"
        )
        connection.executemany("insert into people values (?, ?, ?, ?, ?, ?)", people)
        connection.execute(
            "insert into staging.stg_crm__contacts by name select contacts.* replace ("
            " people.record_key as record_key, people.record_key as contact_id, 'hubspot' as crm,"
            " people.email as email_normalised, people.phone as phone, people.country as country,"
            " null as mobile_phone, null as hard_bounced_at, true as is_live)"
            " from people, (from staging.stg_crm__contacts limit 1) as contacts"
        )
        connection.execute(
            "insert into intermediate.int_crm__records by name select records.* replace ("
            " people.record_key as record_key, people.record_key as record_id, 'hubspot' as crm,"
            " 'contact' as object_type, people.flag as do_not_contact, true as is_live,"
            " people.consent as consent_status, false as is_hard_bounced) from people,"
            " (from intermediate.int_crm__records where object_type = 'contact' limit 1) as records"
        )


def written_again(chance: random.Random, number: int) -> tuple:
    """Return another way to write a person's address and number; one of them may be another's."""
    tag = chance.choice(["", "+news", "+", "+a+b"])
    local = f"20 {7000 + number // 10_000} {number % 10_000:04d}"
    phone, country = chance.choice(
        [
            (f"+44 {local}", None),
            (f"0044{local.replace(' ', '-')}", "France"),
            (f"0{local}", "United Kingdom"),
            (f"+44 (0) {local} ext. 7", None),
        ]
    )
    kept = chance.choice(["both", "email", "phone"])
    email = f"person{number}{tag}@people.test" if kept != "phone" else f"new{number}@people.test"
    return email, phone if kept != "email" else None, country, kept


def test_who_was_anonymised_and_deleted_is_named_when_imported_again(copy, monkeypatch):
    chance = random.Random(14)
    monkeypatch.setenv(secret.VARIABLE, SECRET)
    suppressed = {number: chance.random() < 0.5 for number in range(N_PEOPLE)}
    import_people(
        copy,
        [
            (f"old{n}", f"person{n}@people.test", f"+4420{7000 + n // 10_000}{n % 10_000:04d}",
             None, flag, "unknown")
            for n, flag in suppressed.items()
        ],
    )  # fmt: skip
    ran = run(copy)
    assert not [one for one in ran.result if SECRET in one.node.compiled_code]
    register = set(copy.sql("from marts.suppression_register"))
    assert {row[3] for row in register} == {"none", keyed("which key")[:8]}

    # All of them are anonymised, deleted, and nothing of them is landed any more.
    for table in ("staging.stg_crm__contacts", "intermediate.int_crm__records"):
        copy.sql(f"delete from {table} where record_key like 'old%'")
    run(copy, "--full-refresh")
    run(copy, as_of="2025-12-24 12:00:00")
    assert set(copy.sql("from marts.suppression_register")) == register

    people, expected = [], set()
    for number, was_suppressed in suppressed.items():
        email, phone, country, kept = written_again(chance, number)
        is_flagged, consent = chance.random() < 0.2, chance.choice(["unknown", "opted_in"])
        people.append((f"new{number}", email, phone, country, is_flagged, consent))
        if was_suppressed and not is_flagged:
            kind = "says_opted_in" if consent == "opted_in" else "not_flagged"
            expected |= {(f"new{number}", "email", kind)} if kept != "phone" else set()
            expected |= {(f"new{number}", "phone", kind)} if kept != "email" else set()
    import_people(copy, people)
    run(copy, as_of=NEXT_NIGHT)
    found = copy.sql(
        "select record_key, channel, kind from marts.suppression_breaches"
        " where record_key like 'new%'"
    )
    assert len(found) == len(set(found)) and set(found) == expected and len(expected) > 20
    copy.let_go()
    assert SECRET.encode() not in copy.path.read_bytes()


def test_a_restored_backup_forgets_nobody(tmp_path):
    key, place = "suppression_id", "marts.suppression_register"
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        connection.execute(f"create table {place} as select 'a' as {key}, 1 as since")
        connection.execute("create table marts.log as select 1 as entry")
        run_of = {"run": "r1"}
        manifest = tables.write(connection, [place, "marts.log"], tmp_path, run_of)
        folder = tmp_path
        connection.execute(f"insert into {place} values ('b', 2)")
        connection.execute(f"update {place} set since = 3 where {key} = 'a'")
        connection.execute("insert into marts.log values (2)")
        tables.load(connection, folder, manifest)
        assert connection.sql(f"from {place} order by all").fetchall() == [("a", 1), ("b", 2)]
        assert connection.sql("from marts.log").fetchall() == [(1,)]
        connection.execute(f"drop table {place}")
        tables.load(connection, folder, manifest)
        assert connection.sql(f"from {place}").fetchall() == [("a", 1)]
