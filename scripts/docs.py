"""Write docs/rules.md and docs/thresholds.md from the seeds.

python scripts/docs.py            writes them
python scripts/docs.py --check    writes nothing; exits with 1 where they are stale
"""

import argparse
import csv
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"

SIGNALS = "Signals: traits of the process"
ARCHETYPES = "Archetypes: what makes a record dirty"
WRITTEN = "<!-- Written by scripts/docs.py from seeds/policy; edit the seeds. -->"


def seed(name: str) -> list[dict[str, str]]:
    """Return the rows of a policy seed."""
    with (ROOT / "seeds" / "policy" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def model_path(rule: dict[str, str], rules: list[dict[str, str]]) -> str:
    """Return the model of a rule: an archetype that is a signal too has the signal's."""
    signals = {row["rule_id"] for row in rules if row["kind"] == "signal"}
    folder = "signals" if rule["rule_id"] in signals else "archetypes"
    return f"models/intermediate/{folder}/int_{folder}__{rule['rule_id']}.sql"


def plain(number: str) -> str:
    """Return a number without trailing zeros."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table."""
    return [f"| {' | '.join(cells)} |" for cells in (columns, ["---"] * len(columns), *rows)]


def rule_section(rule: dict[str, str], rules: list[dict], thresholds: list[dict]) -> list[str]:
    """Return the lines that tell of one rule."""
    path = model_path(rule, rules)
    own = [row for row in thresholds if row["threshold_id"].startswith(f"{rule['rule_id']}__")]
    triage = ("impact", "frequency", "detectability", "effort", "risk")
    lines = [
        f"### {rule['rule_id']}",
        "",
        f"**{rule['name']}.** {rule['meaning']}",
        "",
        f"- **Why it matters:** {rule['why']}",
        f"- **How to mend it:** {rule['remedy']}",
        f"- **What to look for:** {rule['look_for']}",
        f"- **Judges:** {rule['object_types'].replace(' ', ', ')}",
        f"- **Mended by:** {rule['owner_team']}; **suspected step:** "
        + rule["suspected_step"].replace(" ", ", "),
        f"- **Severity:** {rule['severity']}; "
        + ", ".join(f"{measure} {rule[measure]}" for measure in triage),
        f"- **Model:** [{Path(path).stem}](../{path})",
        "",
    ]
    if own:
        rows = (
            (f"`{row['threshold_id']}`", plain(row["value"]), row["unit"], row["reason"])
            for row in own
        )
        lines += [*table(("threshold", "value", "unit", "reason"), rows), ""]
    return lines


def rules_page() -> str:
    """Return docs/rules.md."""
    rules, thresholds = seed("rules"), seed("thresholds")
    lines = [
        "# Rules",
        "",
        WRITTEN,
        "",
        "What the project finds, and what to do about it. Triage figures go from 1 (little) to 5",
        "(much); detectability 5 is hard to see, risk is that of the fix. All thresholds, and how",
        "to change one: [thresholds](thresholds.md).",
        "",
    ]
    for kind, title in (("signal", SIGNALS), ("archetype", ARCHETYPES)):
        lines += [f"## {title}", ""]
        for rule in rules:
            if rule["kind"] == kind:
                lines += rule_section(rule, rules, thresholds)
    return "\n".join(lines).rstrip() + "\n"


def thresholds_page() -> str:
    """Return docs/thresholds.md."""
    rule_ids = {row["rule_id"] for row in seed("rules")}
    rows = []
    for row in seed("thresholds"):
        topic, _, short = row["threshold_id"].partition("__")
        name = f"`{row['threshold_id']}`"
        if topic in rule_ids:
            name = f"[{name}](rules.md#{topic})"
        rows.append((name, plain(row["value"]), row["unit"], row["reason"]))
    lines = [
        "# Thresholds",
        "",
        WRITTEN,
        "",
        "The defaults. To change one, add a row to `seeds/policy/threshold_overrides.csv` and",
        "build again; an upgrade leaves it alone.",
        "",
        *table(("threshold", "value", "unit", "reason"), rows),
    ]
    return "\n".join(lines) + "\n"


def pages() -> dict[str, str]:
    """Return the text of each generated page."""
    return {"rules.md": rules_page(), "thresholds.md": thresholds_page()}


def stale() -> list[str]:
    """Return the pages that are not what the seeds say."""
    return [
        name
        for name, text in pages().items()
        if not (DOCS / name).is_file() or (DOCS / name).read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str] | None = None) -> int:
    """Write the pages, or only check them; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail where stale")
    if parser.parse_args(arguments).check:
        old = stale()
        if old:
            print(f"Stale: {', '.join(f'docs/{name}' for name in old)}; run python scripts/docs.py")
        return 1 if old else 0
    DOCS.mkdir(exist_ok=True)
    for name, text in pages().items():
        (DOCS / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
