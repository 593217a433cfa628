"""What is decided where much is not landed: sensibly little, and the lacking inputs named."""

from collections import Counter
from datetime import datetime

import pytest
from conftest import SHARED_DATA, Warehouse
from plain_lifecycle import DAY, PLURAL, A, O, Policy, before
from test_lifecycle_properties import (
    AS_OF,
    COLUMNS,
    FOUND,
    MODELS,
    SELECTED,
    STAGES,
    Models,
    assert_same,
    dangers,
    judged,
    plain,
    plain_rows,
)

VOLVO = SHARED_DATA / "volvo_incidents"


def rows(table: str, *told: dict) -> list[dict]:
    """Rows of a table; of what is not told every column is None."""
    return [dict.fromkeys(COLUMNS[table]) | row for row in told]


def without(table: str, *columns: str, told: list[dict]) -> list[dict]:
    """Rows of a table that lands only some columns."""
    return [{name: row[name] for name in columns} for row in rows(table, *told)]


def accounts_and_deals() -> dict:
    """A CRM as small sales teams export it: accounts and deals, and nothing about people."""
    deals, accounts = [], []
    for number in range(60):
        account_id = f"a{number}"
        age = before(AS_OF, ((6, 17, 18, 30, 60)[number % 5], "months"))
        accounts.append({"account_id": account_id, "created_at": age - DAY, "name": f"F{number}"})
        if number % 4:
            stage = ("won", "lost", "new")[number % 3]
            deals.append(
                {
                    "opportunity_id": f"o{number}", "account_id": account_id, "created_at": age,
                    "stage": stage, "close_date": age + 9 * DAY if stage != "new" else None,
                    "amount": number % 2 * 100, "owner_id": "ann",
                }
            )  # fmt: skip
    return {
        "accounts": without("accounts", "account_id", "created_at", "name", told=accounts),
        "opportunities": without(
            "opportunities", "opportunity_id", "account_id", "created_at", "stage", "close_date",
            "amount", "owner_id", told=deals,
        ),
        "stages": [{"object_type": O, "stage": one, "kind": kind} for one, kind in STAGES.items()],
    }  # fmt: skip


def nothing_told() -> dict:
    """Every table with rows that tell an id and an instant and nothing else."""
    tables = {name: [] for name in COLUMNS}
    days = range(1, 4000, 50)
    for object_type, table in PLURAL.items():
        told = ({f"{object_type}_id": str(day), "created_at": AS_OF - day * DAY} for day in days)
        tables[table] = rows(table, *told)
    told = ({"activity_id": str(day), "occurred_at": AS_OF - day * DAY} for day in days)
    return tables | {"activities": rows("activities", *told)}


EMPTY = {name: [] for name in COLUMNS}
OLD = {"created_at": datetime(2015, 1, 1)}
# Landings of every table, with what may be decided.
LANDINGS = {
    "no record": (EMPTY, set()),
    "one record": (EMPTY | {"leads": rows("leads", {"lead_id": "1"} | OLD)}, {"keep"}),
    "nothing told": (nothing_told(), {"keep", "archive", "quarantine"}),
}


@pytest.mark.parametrize("name", LANDINGS)
def test_little_or_nothing_landed(name):
    judged("as shipped")  # dbt runs once for all
    tables, decisions = LANDINGS[name]
    warehouse = MODELS.again(tables)
    lifecycle = plain(tables, Policy(warehouse.sql))
    found = warehouse.sql(FOUND)
    assert_same(found, plain_rows(lifecycle))
    assert dangers(lifecycle, found) == []
    assert {row[1] for row in found} == decisions


def test_accounts_and_deals_alone(tmp_path):
    tables = accounts_and_deals()
    warehouse = Models(tmp_path).run(tables)
    lifecycle = plain(tables, Policy(warehouse.sql))
    found = warehouse.sql(FOUND)
    assert_same(found, plain_rows(lifecycle))
    assert dangers(lifecycle, found) == []
    decisions = Counter(row[1] for row in found)
    assert decisions.keys() == {"keep", "archive", "quarantine"}
    assert min(decisions["keep"], decisions["archive"]) > 5
    assert {row[0].split(":")[1]: row[5] for row in found} == {
        A: "activities, cases, contacts, is_customer, is_partner, is_strategic, legal_hold",
        O: "activities, contact_roles, contacts, legal_hold, loss_reason",
    }


if VOLVO.is_dir():

    def test_a_real_log_without_most_tables_is_decided(tmp_path):
        warehouse = Warehouse(tmp_path / "crm.duckdb")
        variables = {"crm_sources": ["open"], "open_files": str(VOLVO), "as_of": "2012-05-10"}
        assert warehouse.dbt("seed", "--select", "policy", variables=variables).success
        Models.make_clusters(warehouse, {})
        assert warehouse.dbt("run", *SELECTED, variables=variables).success
        decided = dict(
            warehouse.sql("select decision, count(*) from marts.lifecycle_decisions group by all")
        )
        live = warehouse.sql("select count(*) from intermediate.int_crm__records where is_live")
        assert sum(decided.values()) == live[0][0] > 7000
        assert decided.keys() <= {"keep", "archive", "quarantine"}
        told = warehouse.sql("select distinct missing_inputs from marts.lifecycle_decisions")
        assert told == [("activities, amount, contact_roles, contacts, legal_hold, loss_reason",)]
