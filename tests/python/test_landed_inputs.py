"""Every CRM's sources say which landed tables and columns give what the rules ask of a landing."""

import csv
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
OBJECTS = {
    "accounts": "account",
    "contacts": "contact",
    "leads": "lead",
    "opportunities": "opportunity",
    "cases": "case",
}
# What a table gives, and the stg_<crm>__ model that reads it.
TABLES = {
    "cases": "cases",
    "contacts": "contacts",
    "opportunities": "opportunities",
    "contact_roles": "opportunity_contacts",
    "activities": "activities",
}
# What a column gives, and the project's column that it becomes; other flags keep their name.
COLUMNS = {
    "active_users": "is_active",
    "amount": "amount",
    "hard_bounces": "hard_bounced_at",
    "legal_hold": "is_on_legal_hold",
    "loss_reason": "loss_reason",
    "next_step": "next_step",
    "opted_out": "consent_status",
    "phone": "phone",
}


def folders() -> dict[str, Path]:
    """Return the folder of each CRM, those of the tests too."""
    places = [*ROOT.glob("models/staging/*"), *ROOT.glob("tests/landings/*/models/staging/*")]
    return {place.name: place for place in places if place.name != "crm"}


def declared() -> dict[str, list[dict]]:
    """Collect each CRM's declared tables."""
    tables = {}
    for place in folders().values():
        for path in place.glob("_*sources.yml"):
            for source in yaml.safe_load(path.read_text())["sources"]:
                tables.setdefault(source["name"], []).extend(source["tables"])
    return tables


def staged(crm: str) -> dict[str, str]:
    """Return the SQL of what a CRM's folder gives."""
    files = folders()[crm].glob(f"stg_{crm}__*.sql")
    return {file.stem.split("__")[1]: file.read_text() for file in files}


def has(column: str, models: dict[str, str]) -> bool:
    """Tell whether any model has a column, and not as a typed NULL."""
    lines = [
        line
        for what, text in models.items()
        if what in OBJECTS or what == "users"
        for line in text.splitlines()
        if re.search(rf"\b{column},?$", line)
    ]
    return any("cast(null as" not in line for line in lines)


def gives(item: dict) -> list[str]:
    """Tell what a table or column gives."""
    return item.get("config", {}).get("meta", {}).get("gives", [])


def flags() -> set[str]:
    """List the flags that the policy reads."""
    with (ROOT / "seeds/policy/flag_policy.csv").open() as file:
        return {row["field"] for row in csv.DictReader(file)}


def test_every_crm_gives_what_the_rules_ask_for():
    columns_of = COLUMNS | {flag: flag for flag in flags() - set(COLUMNS)}
    for crm, tables in declared().items():
        models, meta = staged(crm), [table["config"]["meta"] for table in tables]
        objects = {object_type for what, object_type in OBJECTS.items() if what in models}
        assert {one["object_type"] for one in meta if "object_type" in one} == objects, crm
        assert {one for each in meta for one in each.get("history_of", [])} == (
            objects if "field_changes" in models else set()
        ), crm
        assert {one for table in tables for one in gives(table)} == {
            given for given, what in TABLES.items() if what in models
        }, crm
        columns = [column for table in tables for column in table["columns"]]
        # The channel of a change stands in a history, which is of no object.
        assert {one for column in columns for one in gives(column)} - {"channels"} == {
            given for given, column in columns_of.items() if has(column, models)
        }, crm


def test_a_column_gives_an_input_of_the_object_of_its_table():
    for crm, tables in declared().items():
        for table in tables:
            given = {one for column in table["columns"] for one in gives(column)}
            if given - {"active_users", "channels"}:
                assert table["config"]["meta"].get("object_type") in OBJECTS.values(), (
                    crm,
                    table["name"],
                )


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
    told = {f"table:{name}" for name in [*TABLES, "history"]}
    told |= {f"column:{name}" for name in {*COLUMNS, *flags()}}
    told |= {f"flag:{name}" for name in flags()}
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
