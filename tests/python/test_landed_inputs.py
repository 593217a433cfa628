"""Every CRM's sources say which landed tables and columns give what the rules ask of a landing."""

import csv
import re
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


def flags() -> set[str]:
    """List the flags that the policy reads."""
    with (ROOT / "seeds/policy/flag_policy.csv").open() as file:
        return {row["field"] for row in csv.DictReader(file)}


def test_every_crm_gives_what_the_rules_ask_for():
    for crm, tables in declared().items():
        meta = [table["config"]["meta"] for table in tables]
        objects = OBJECTS - LACKING.get(crm, set())
        assert {one["object_type"] for one in meta if "object_type" in one} == objects, crm
        assert {one for each in meta for one in each.get("history_of", [])} == objects, crm
        assert {one for table in tables for one in gives(table)} == TABLES, crm
        columns = [column for table in tables for column in table["columns"]]
        assert {one for column in columns for one in gives(column)} == COLUMNS | flags(), crm


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


def needed() -> list[tuple[str, str, str]]:
    """List what the registers say that a rule needs: register, rule, input."""
    found = []
    for path in sorted((ROOT / "seeds/policy").glob("*.csv")):
        with path.open() as file:
            for row in csv.DictReader(file):
                rule = row.get("rule_id") or next(iter(row.values()))
                for name in re.split(r"[|&]", row.get("needs") or ""):
                    found.append((path.stem, rule, name.strip()))
    return found


def documented_inputs() -> set[str]:
    """Collect the inputs that the documentation of int_crm__inputs lists by name."""
    text = (ROOT / "models/intermediate/crm/_int_crm__docs.md").read_text()
    cells = re.findall(r"^\| (`.*?) \|", text, flags=re.MULTILINE)
    return set(re.findall(r"`([a-z_]+)`", " ".join(cells)))


def test_a_rule_needs_only_inputs_that_there_are():
    fields = set(re.findall(r"'(\w+)':", (ROOT / "macros/normalise/health_fields.sql").read_text()))
    told = {f"table:{name}" for name in TABLES | {"history"}}
    told |= {f"column:{name}" for name in COLUMNS | flags()} | {f"flag:{name}" for name in flags()}
    known = documented_inputs() | fields | told
    for register, rule, name in needed():
        assert name == "" or name in known or re.fullmatch(r"history:\w+", name), (
            f"{rule} needs {name!r} in seeds/policy/{register}.csv, which is no input: name one "
            "of models/intermediate/crm/_int_crm__docs.md, or add it to int_crm__inputs."
        )


def test_the_documentation_lists_every_input():
    text = (ROOT / "models/intermediate/crm/int_crm__inputs.sql").read_text()
    written = set(re.findall(r"'(\w+)' as input", text))
    for listed in re.findall(r"found_inputs\('\w+', \[(.*?)\]", text, flags=re.DOTALL):
        written |= set(re.findall(r"'(\w+)'", listed))
    written |= set(re.findall(r"'(\w+)': '(?:not )?records", text))
    assert "users" in written
    assert "won_stages" in written
    assert "last_activity" in written
    missing = written - documented_inputs()
    assert not missing, f"add to models/intermediate/crm/_int_crm__docs.md: {sorted(missing)}"
