"""Every decision of the demo equals plain Python's, and the generator's where it planted one."""

import json
from collections import defaultdict
from datetime import datetime, time

import pytest
from plain_lifecycle import (
    DECISIONS,
    PLURAL,
    A,
    Activity,
    C,
    Crm,
    Duplicate,
    K,
    L,
    Lifecycle,
    O,
    Policy,
    Record,
    X,
    role_change,
)
from test_demo import truth
from test_lifecycle_properties import FOUND, assert_same, dangers, plain_rows

CRMS = ["salesforce", "hubspot"]
# Where each CRM lands a table and a field (of the table of that object) that decisions ask for.
TABLES = {
    "salesforce": {
        A: "account", C: "contact", L: "lead", O: "opportunity", K: "case",
        "contact_roles": "opportunity_contact_role", "activities": ["task", "event"],
    },
    "hubspot": {
        A: "company", C: "contact", O: "deal", K: "ticket", "contact_roles": "deal_contact",
        "activities": ["engagement_call", "engagement_email", "engagement_meeting"],
    },
}  # fmt: skip
FIELDS = {
    "salesforce": {
        "legal_hold_c": "legal_hold", "is_strategic_c": "is_strategic",
        "do_not_call": "do_not_contact", "has_opted_out_of_email": "opted_out", "phone": "phone",
        "amount": "amount", "loss_reason_c": "loss_reason",
    },
    "hubspot": {
        "property_legal_hold": "legal_hold", "property_is_strategic": "is_strategic",
        "property_lifecyclestage": "is_customer", "property_type": "is_partner",
        "property_do_not_contact": "do_not_contact", "property_hs_email_optout": "opted_out",
        "property_phone": "phone", "property_amount": "amount",
        "property_closed_lost_reason": "loss_reason",
    },
}  # fmt: skip
IDS = {"company_id": A, "contact_id": C, "deal_id": O, "ticket_id": K, "engagement_id": X}


def rows(sql, table: str, crm: str) -> list[dict]:
    """The rows of a staging table of one CRM."""
    names = [name for name, *_ in sql(f"describe {table}")]
    return [
        dict(zip(names, row, strict=True))
        for row in sql(f"select * from {table} where crm = '{crm}'")
    ]


def midnight(day):
    return day and datetime.combine(day, time())


def staged(sql, crm: str) -> Crm:
    """What plain Python has to know of one CRM, from the staged rows."""
    known = Crm(crm)
    told_now = {row["record_key"]: row for row in rows(sql, "intermediate.int_crm__records", crm)}
    last_change = {
        row["record_key"]: row["started_at"]
        for row in rows(sql, "intermediate.int_history__stage_periods", crm)
        if row["is_current"] and row["period_number"] > 1
    }
    opted_out = dict(
        sql(
            "select 'salesforce:contact:' || id, has_opted_out_of_email"
            " from staging.base_salesforce__contact where landing_status = 'staged' union all "
            "select 'salesforce:lead:' || id, has_opted_out_of_email"
            " from staging.base_salesforce__lead where landing_status = 'staged' union all "
            "select 'hubspot:contact:' || id, property_hs_email_optout"
            " from staging.base_hubspot__contact where landing_status = 'staged'"
        )
    )
    for object_type, table in PLURAL.items():
        for row in rows(sql, f"staging.stg_crm__{table}", crm):
            now = told_now[row["record_key"]]
            record = Record(
                object_type, row[f"{object_type}_id"], row["created_at"], row["is_live"],
                row["is_merged"], region=row.get("region"), owner_id=now["owner_id"],
                legal_hold=row["is_on_legal_hold"], stage_kind=now["stage_kind"],
                closed_by_change_at=last_change.get(row["record_key"]), amount=now["amount"],
                close_date=midnight(now["close_date"]), consent_status=now["consent_status"],
                do_not_contact=now["do_not_contact"], status=now["stage"],
                told_activity_at=midnight(row.get("last_activity_date")),
                email_opt_out=opted_out.get(row["record_key"]),
                has_creation_date=row["has_creation_date"], type=row.get("opportunity_type"),
            )  # fmt: skip
            for name in (
                "contact_id", "email", "phone", "company", "is_customer", "is_partner",
                "is_strategic", "lawful_basis", "departed_at", "closed_at", "loss_reason",
                "is_converted", "is_closed",
            ):  # fmt: skip
                if name in row:
                    setattr(record, name, row[name])
            if object_type != A:
                record.account_id = row.get("account_id")
            if object_type != K:
                record.contact_id = None
            record.name = row.get("account_name") or row.get("opportunity_name")
            record.domain = row.get("domain")
            if object_type in (C, L):
                names = [row["first_name"], row["last_name"]]
                record.name = " ".join(name for name in names if name) or None
            if object_type == L:
                record.converted = {one: row[f"converted_{one}_id"] for one in (A, C, O)}
            known.records.append(record)
    links = defaultdict(set)
    for row in rows(sql, "staging.stg_crm__activity_links", crm):
        links[row["activity_id"]].add((row["object_type"], row["record_id"]))
        known.linked.add(row["object_type"])
    for row in rows(sql, "staging.stg_crm__activities", crm):
        known.activities.append(
            Activity(
                row["activity_id"], row["occurred_at"], row["activity_type"], row["direction"],
                row["status"], row["is_planned"], row["is_automated"], row["is_live"],
                frozenset(links[row["activity_id"]]),
            )
        )  # fmt: skip
    for row in rows(sql, "staging.stg_crm__opportunity_contacts", crm):
        known.roles.add((row["opportunity_id"], row["contact_id"]))
    as_of = sql("select max(as_of) from marts.lifecycle_decisions")[0][0]
    for row in rows(sql, "staging.stg_crm__sla_clocks", crm):
        if row["stopped_at"] is None and row["due_at"] > as_of:
            known.obligations.add((row["object_type"], row["record_id"]))
    for row in rows(sql, "staging.stg_crm__campaign_touches", crm):
        if row["has_responded"]:
            key = (C, row["contact_id"]) if row["contact_id"] else (L, row["lead_id"])
            known.responses.append((key, row["touched_at"]))
    for row in rows(sql, "staging.stg_crm__field_changes", crm):
        if not row["is_calculated"] or row["told_write_path"] == "enrichment":
            known.role_changes += role_change(row, as_of)
    for row in rows(sql, "intermediate.int_identity__clusters", crm):
        _, *survivor = row["survivor_record_key"].split(":", 2)
        known.clusters[row["object_type"], row["record_id"]] = Duplicate(
            tuple(survivor), row["is_survivor"], row["is_deterministic"], row["n_own_values"]
        )
    for row in rows(sql, "intermediate.int_lifecycle__duplicate_deals", crm):
        known.duplicate_deals[row["record_id"]] = row["survivor_record_key"].split(":", 2)[2]
    known.stages_known = bool(
        [
            row
            for row in rows(sql, "intermediate.int_crm__stage_map", crm)
            if row["object_type"] == O and row["kind"]
        ]
    )
    add_landed(known, sql)
    add_unreadable(known, sql)
    return known


def add_landed(known: Crm, sql) -> None:
    """The tables and columns that are landed."""
    counts = rows(sql, "marts.landing_row_counts", known.crm)
    landed = {row["source_table"] for row in counts if row["is_landed"]}
    for name, tables in TABLES[known.crm].items():
        needed = {tables} if isinstance(tables, str) else set(tables)
        if needed <= landed:
            known.tables.add(PLURAL.get(name, name))
    object_types = {
        table: name for name, table in TABLES[known.crm].items() if isinstance(table, str)
    }
    for row in rows(sql, "marts.landing_coverage", known.crm):
        object_type, column = object_types.get(row["source_table"]), row["source_column"]
        if row["is_landed"] and object_type:
            if column in FIELDS[known.crm]:
                known.columns.add((object_type, FIELDS[known.crm][column]))
            if column == "type" and known.crm == "salesforce":
                known.columns |= {(object_type, "is_customer"), (object_type, "is_partner")}


def add_unreadable(known: Crm, sql) -> None:
    """The records that unusable rows name."""
    object_types = defaultdict(set)
    for object_type, record_id in (one.key for one in (*known.records, *known.activities)):
        object_types[record_id].add(object_type)
    named = {TABLES[known.crm][name] for name in (O, K, "contact_roles")}
    for row in rows(sql, "marts.rejected_rows", known.crm):
        table = row["source_table"]
        is_read = table in named or table in ("task", "event") or table.startswith("engagement")
        if not is_read or row["reason"].startswith("superseded"):
            continue
        for name, value in json.loads(row["raw"]).items():
            if known.crm == "hubspot" and name in IDS:
                known.unreadable.add((IDS[name], value))
            elif known.crm == "salesforce" and (name == "id" or name.endswith("_id")):
                known.unreadable |= {(one, value) for one in object_types.get(value, ())}


@pytest.fixture(scope="module")
def lifecycles(demo) -> list[Lifecycle]:
    as_of = demo.sql("select max(as_of) from marts.lifecycle_decisions")[0][0]
    policy = Policy(demo.sql)
    return [Lifecycle(staged(demo.sql, crm), policy, as_of) for crm in CRMS]


def test_every_decision_is_the_one_that_plain_python_takes(demo, lifecycles):
    assert_same(demo.sql(FOUND), [row for one in lifecycles for row in plain_rows(one)])


def test_no_decision_of_the_demo_breaks_a_promise(demo, lifecycles):
    found = demo.sql(FOUND)
    assert [danger for one in lifecycles for danger in dangers(one, found)] == []


def test_what_the_demo_planted_is_decided(demo):
    decided = {
        (crm, object_type, record_id): (decision, rule)
        for crm, object_type, record_id, decision, rule in demo.sql(
            "select crm, object_type, record_id, decision, rule_id from marts.lifecycle_decisions"
        )
    }
    planted = [row for row in truth("planted") if row["kind"] == "decision"]
    assert len(planted) > 80
    wrong = []
    for row in planted:
        found = decided.get((row["crm"], row["object_type"], row["record_id"]))
        expected = (DECISIONS[row["name"]], row["name"])
        if (found == expected) != (row["expected"] == "true"):
            wrong.append((row["name"], row["expected"], row["record_id"], row["detail"], found))
    assert wrong == []
