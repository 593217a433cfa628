"""Every CRM's sources say which landed tables and columns give what the rules ask of a landing."""

import csv
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
OBJECTS = {"account", "contact", "lead", "opportunity", "case"}
TABLES = {"cases", "contacts", "opportunities", "contact_roles", "activities"}
COLUMNS = {"amount", "loss_reason", "next_step", "phone"}
# HubSpot has no leads of its own.
LACKING = {"hubspot": {"lead"}}


def declared() -> dict[str, list[dict]]:
    """Collect each CRM's declared tables."""
    tables = {}
    for path in (ROOT / "models/staging").glob("*/_*sources.yml"):
        for source in yaml.safe_load(path.read_text())["sources"]:
            tables.setdefault(source["name"], []).extend(source["tables"])
    return tables


def gives(item: dict) -> list[str]:
    """Tell what a table or column gives."""
    return item.get("config", {}).get("meta", {}).get("gives", [])


def test_every_crm_gives_what_the_rules_ask_for():
    with (ROOT / "seeds/policy/flag_policy.csv").open() as file:
        flags = {row["field"] for row in csv.DictReader(file)}
    for crm, tables in declared().items():
        meta = [table["config"]["meta"] for table in tables]
        objects = OBJECTS - LACKING.get(crm, set())
        assert {one["object_type"] for one in meta if "object_type" in one} == objects, crm
        assert {one for each in meta for one in each.get("history_of", [])} == objects, crm
        assert {one for table in tables for one in gives(table)} == TABLES, crm
        columns = [column for table in tables for column in table["columns"]]
        assert {one for column in columns for one in gives(column)} == COLUMNS | flags, crm


def test_a_column_gives_an_input_of_the_object_of_its_table():
    for crm, tables in declared().items():
        for table in tables:
            if any(gives(column) for column in table["columns"]):
                assert table["config"]["meta"].get("object_type") in OBJECTS, (crm, table["name"])


def test_what_a_table_tells_of_a_person_are_columns_of_it():
    for crm, tables in declared().items():
        people = {}
        for table in tables:
            meta = table["config"]["meta"]
            person = meta.get("person", {})
            assert set(person.values()) <= {column["name"] for column in table["columns"]}
            for object_type in [meta.get("object_type"), *meta.get("history_of", [])]:
                people.setdefault(object_type, []).append(bool(person.get("id")))
        for object_type in ("contact", "lead"):
            assert all(people.get(object_type, [])), (
                f"{crm}: person of the tables of {object_type}s"
            )
