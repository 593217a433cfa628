"""What a landing permits is read out of a register's `needs` as its syntax says."""

from pathlib import Path
from types import SimpleNamespace

import duckdb
import jinja2

MACROS = Path(__file__).resolve().parents[2] / "macros"

NEEDS = [
    ("one", "records"),
    ("either", "history:stage|history:status"),
    ("both", "history:stage & milestones"),
    ("either_and_one", "history:status|history:stage & sla_clocks"),
    ("blanks_do_not_count", " history:stage|  records&milestones "),
    ("a_longer_name_is_another", "history"),
    ("a_wildcard_is_a_letter", "owner_id"),
    ("nothing", None),
]
LANDED = [
    ("open", "opportunity", ["records", "history:stage", "milestones", "ownerXid"]),
    ("open", "lead", ["history:status", "sla_clocks"]),
    ("hubspot", "lead", ["sla_clocks"]),
    ("hubspot", "case", []),
]


def rendered(register: str, id_column: str, inputs: str) -> str:
    """Render the macro as dbt does on DuckDB."""
    texts = [(MACROS / "engine/split_rows.sql").read_text()]
    texts += [(MACROS / "normalise/computable_rules.sql").read_text()]
    call = f"{{{{ computable_rules('{register}', '{id_column}', '{inputs}') }}}}"
    template = jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(
        "\n".join(texts).replace("macro split_rows", "macro dispatched")
        + "{% set split_rows = duckdb__split_rows %}"
        + call
    )
    position = "position({} in {})".format
    return template.render(dbt=SimpleNamespace(position=position))


def test_a_rule_needs_one_input_of_every_group():
    with duckdb.connect() as connection:
        connection.execute("create table register (rule_id text, needs text)")
        connection.executemany("insert into register values (?, ?)", NEEDS)
        connection.execute("create table inputs (crm text, object_type text, input text)")
        for crm, object_type, inputs in LANDED:
            for name in inputs:
                connection.execute("insert into inputs values (?, ?, ?)", [crm, object_type, name])
        found = connection.execute(rendered("register", "rule_id", "inputs")).fetchall()
    assert sorted(found) == [
        ("blanks_do_not_count", "open", "opportunity"),
        ("both", "open", "opportunity"),
        ("either", "open", "lead"),
        ("either", "open", "opportunity"),
        ("either_and_one", "open", "lead"),
        ("one", "open", "opportunity"),
    ]
