"""Write the demo into the project: seeds, macros and truth."""

import csv
import shutil
import textwrap
from pathlib import Path

import yaml

from crm_hygiene.project import ROOT

from . import faults, truth
from .hubspot import HubSpot
from .salesforce import Salesforce
from .world import AS_OF

MADE_BY = "Made by crm-hygiene demo; change src/crm_hygiene/demo, not this."


def declared_columns():
    """{crm: {table: [column, ...]}} of the source declarations."""
    found = {}
    for crm in ("salesforce", "hubspot"):
        for path in sorted((ROOT / "models/staging" / crm).glob("_*sources.yml")):
            for source in yaml.safe_load(path.read_text())["sources"]:
                for table in source["tables"]:
                    columns = [c["name"] for c in table["columns"]]
                    found.setdefault(crm, {})[table["name"]] = columns
    return found


def write_csv(path, header, rows):
    """Write rows below a header, the same bytes on every system."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_seeds(folder, landed):
    """One CSV a table, and the property file that gives them their schema and text columns."""
    lines = [f"# {MADE_BY}", "version: 2", "", "seeds:"]
    for crm, tables in landed.items():
        for table, rows in sorted(tables.items()):
            name = f"demo_{crm}__{table}"
            header = list(dict.fromkeys(column for row in rows for column in row))
            cells = ([row.get(column) for column in header] for row in rows)
            write_csv(folder / crm / f"{name}.csv", header, cells)
            types = ", ".join(f"{column}:~*text" for column in header)
            block = textwrap.fill(f"{{{types}}}", 92, subsequent_indent=" ")
            lines += [
                f"  - name: {name}",
                f"    description: Demo rows of the {crm} table {table}, every column text.",
                "    config:",
                f"      schema: demo_{crm}",
                f"      alias: {table}",
                "      enabled: \"{{ var('crm_sources', none) is none }}\"",
                "      column_types:",
                textwrap.indent(block, " " * 8).replace("~", " "),
            ]
    text = "\"{{ 'string' if target.type in ('spark', 'databricks', 'bigquery') else 'varchar' }}\""
    yml = "\n".join(lines).replace("*text", f"&text {text}", 1)
    (folder / "_demo__seeds.yml").write_text(yml + "\n")


def write_macros(path, landed):
    """The macros that tell the models which demo tables there are and when to look at them."""
    lists = []
    for crm, tables in landed.items():
        names = textwrap.fill(", ".join(repr(table) for table in sorted(tables)), 92)
        lists += [f"    '{crm}': [", textwrap.indent(names, " " * 8), "    ],"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"""{{# {MADE_BY} #}}

{{# The tables that the demo lands, for each CRM. #}}
{{% macro demo_tables() %}}{{{{ return({{
{chr(10).join(lists)}
}}) }}}}{{% endmacro %}}

{{# The default as_of of the demo, and the instant at which its history ends: two hours before
    a month and a quarter are over, when close dates move most. #}}
{{% macro demo_as_of() %}}{{{{ return('{AS_OF}') }}}}{{% endmacro %}}
"""
    )


def make(root):
    """Write the seeds, the macros and the truth under a project root."""
    root = Path(root)
    crms = [Salesforce("fennmark salesforce"), HubSpot("fennmark hubspot")]
    landed = {}
    for crm in crms:
        faults.plant(crm)
        crm.populate()
        faults.plant_late(crm)
        crm.settle()
        landed[crm.name] = crm.land()
    files = truth.truth(crms, landed, declared_columns())
    for folder in ("seeds/demo/salesforce", "seeds/demo/hubspot", "tests/truth"):
        shutil.rmtree(root / folder, ignore_errors=True)
    write_seeds(root / "seeds/demo", landed)
    write_macros(root / "macros/landing/demo_tables.sql", landed)
    for name, rows in files.items():
        write_csv(root / "tests/truth" / f"{name}.csv", truth.FILES[name].split(), rows)
