"""Write the pages of docs/ from the seeds.

crm-hygiene docs            writes them
crm-hygiene docs --check    writes nothing; exits with 1 where they are stale
"""

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from crm_hygiene.cli import command_parser
from crm_hygiene.project import ROOT

DOCS = ROOT / "docs"

SIGNALS = "Signals: traits of the process"
ARCHETYPES = "Archetypes: what makes a record dirty"
WRITTEN = "<!-- Written by crm-hygiene docs from seeds/policy; edit the seeds. -->"
CHECKS = "models/intermediate/health/int_health__record_checks.sql"
VERDICTS = "models/intermediate/lifecycle/int_lifecycle__verdicts.sql"
DECISIONS = "models/intermediate/lifecycle/int_lifecycle__deciding_rules.sql"
# What becomes of the verdicts when they are put together: no verdict of their own.
OUTCOMES = ("cannot_be_told", "input_missing", "blocked_by_dependant")
TOPICS = {
    "compliance": "Compliance",
    "financial_truth": "Financial truth",
    "continuity": "Customer continuity",
    "future_value": "Future value",
    "junk": "Junk",
    "age": "Age",
    "doubt": "Doubt",
}
STEPS = {
    "handoff": "Handoff",
    "stage_change": "Stage change",
    "incentive": "Incentive",
    "sla": "SLA",
}
# Where the topic of a threshold is explained that is no rule's name.
EXPLAINED = {
    "grade": "health.md#grades",
    "hygiene": "health.md#hygiene-slas",
    "lifecycle": "lifecycle.md",
    "review_window": "lifecycle.md#review",
    "review_sample": "lifecycle.md#review",
}


def seed(name: str) -> list[dict[str, str]]:
    """Return the rows of a policy seed."""
    with (ROOT / "seeds" / "policy" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def model_path(rule: dict[str, str], rules: list[dict[str, str]]) -> str:
    """Return the model of a rule: an archetype that is a signal too has the signal's."""
    rule_id = rule["rule_id"]
    if rule_id in {row["rule_id"] for row in rules if row["kind"] == "signal"}:
        return f"models/intermediate/signals/{rule_id}/int_signals__{rule_id}.sql"
    return f"models/intermediate/archetypes/int_archetypes__{rule_id}.sql"


def exposure_path(signal: str) -> str:
    """Return the model that says what a signal is counted out of."""
    return f"models/intermediate/signals/{signal}/int_signals__{signal}_exposure.sql"


def plain(number: str) -> str:
    """Return a number without trailing zeros."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def per_cent(share: str) -> str:
    """Return a share as people write it."""
    return f"{100 * float(share):g} %"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table."""
    return [f"| {' | '.join(cells)} |" for cells in (columns, ["---"] * len(columns), *rows)]


def listed(words: str) -> str:
    """Return words that a space separates, with commas."""
    return words.replace(" ", ", ")


def needed(needs: str) -> str:
    """Return in words what must be landed, from a register's column needs."""
    groups = [[f"`{name.strip()}`" for name in group.split("|")] for group in needs.split("&")]
    return "; ".join(f"one of {', '.join(one)}" if one[1:] else one[0] for one in groups)


def link(path: str) -> str:
    """Return a link to a model from a page."""
    return f"[{Path(path).stem}](../{path})"


def threshold_table(*prefixes: str) -> list[str]:
    """Return the lines of a table of the thresholds that start so; none where there are none."""
    rows = [
        (f"`{row['threshold_id']}`", plain(row["value"]), row["unit"], row["reason"])
        for row in seed("thresholds")
        if row["threshold_id"].startswith(prefixes)
    ]
    return [*table(("threshold", "value", "unit", "reason"), rows), ""] if rows else []


def needs_text(needs: str) -> str:
    """Return what must be landed, in words: of inputs with | between them one is enough."""
    parts = [part.split("|") for part in needs.replace(" ", "").split("&")]
    return ", and ".join(" or ".join(f"`{one}`" for one in part) for part in parts)


def limits_text(rule: dict[str, str]) -> str:
    """Return a signal's limits, and when it is rated, in words."""
    values = threshold_values()
    watch, alert = (per_cent(values[f"{rule['rule_id']}__{limit}"]) for limit in ("watch", "alert"))
    usual = " more than usual" if rule["limit_kind"] == "over_baseline" else ""
    return f"watch above {watch}{usual}, alert above {alert}{usual}; rated " + (
        "as each business period ends" if rule["rated_each"] == "period" else "each day"
    )


def threshold_values() -> dict[str, str]:
    """Return the default of each threshold."""
    return {row["threshold_id"]: plain(row["value"]) for row in seed("thresholds")}


def rule_section(rule: dict[str, str], rules: list[dict]) -> list[str]:
    """Return the lines that tell of one rule."""
    path = model_path(rule, rules)
    triage = ("impact", "frequency", "detectability", "effort", "risk")
    out_of = [f"- **Out of:** {rule['out_of']}"]
    if rule["kind"] == "signal":
        out_of[0] += f" ({link(exposure_path(rule['rule_id']))})"
        out_of.append(f"- **Limits:** {limits_text(rule)}")
    lines = [
        f"### {rule['rule_id']}",
        "",
        f"**{rule['name']}.** {rule['meaning']}",
        "",
        f"- **Why it matters:** {rule['why']}",
        f"- **How to mend it:** {rule['remedy']}",
        f"- **What to look for:** {rule['look_for']}",
        f"- **Judges:** {listed(rule['object_types'])}",
        f"- **Counts:** {rule['counts']}",
        *out_of,
        f"- **Needs:** {needs_text(rule['needs'])}",
        f"- **Mended by:** {rule['owner_team']}; **suspected step:** "
        + listed(rule["suspected_step"]),
        f"- **Severity:** {rule['severity']}; "
        + ", ".join(f"{measure} {rule[measure]}" for measure in triage),
        f"- **Model:** {link(path)}",
        "",
    ]
    return lines + threshold_table(f"{rule['rule_id']}__")


def rules_page() -> str:
    """Return docs/rules.md."""
    rules, values = seed("rules"), threshold_values()
    window, usual = (values[f"rate_{name}_days"] for name in ("window", "baseline"))
    lines = [
        "# Rules",
        "",
        WRITTEN,
        "",
        "What the project finds, and what to do about it. Triage figures go from 1 (little) to 5",
        "(much); detectability 5 is hard to see, risk is that of the fix. A rule needs inputs of",
        "`int_crm__inputs`; where they are not landed for an object, it says nothing of it. All",
        "thresholds, and how to change one: [thresholds](thresholds.md).",
        "",
        f"The rate of a day is that of the {window} days up to it, and usual is that of the",
        f"{usual} days before. What is rated as a business period ends is compared with the",
        "periods that ended in as many days before.",
        "",
    ]
    for kind, title in (("signal", SIGNALS), ("archetype", ARCHETYPES)):
        lines += [f"## {title}", ""]
        for rule in rules:
            if rule["kind"] == kind:
                lines += rule_section(rule, rules)
    return "\n".join(lines).rstrip() + "\n"


def health_target(metric: dict[str, str]) -> str:
    """Return what of a metric is ok and what is alert, in words."""
    better, worse = (
        ("or more", "below") if metric["direction"] == "higher_is_better" else ("or less", "above")
    )
    return f"{amount(metric, 'target')} {better}; alert {worse} {amount(metric, 'alert_at')}"


def amount(metric: dict[str, str], column: str) -> str:
    """Return a target as people write it: rates in per cent."""
    value = plain(metric[column])
    return per_cent(value) if metric["unit"] == "rate" else f"{value} days"


def metric_section(metric: dict[str, str]) -> list[str]:
    """Return the lines that tell of one health metric."""
    finding = "a trait of the whole, no fault of a record"
    if metric["is_finding"] == "true":
        finding = f"a record that counts has a finding of severity {metric['severity']}"
    return [
        f"### {metric['metric']}",
        "",
        f"**{metric['name']}.** {metric['meaning']}",
        "",
        f"- **Why it matters:** {metric['why']}",
        f"- **How to mend it:** {metric['remedy']}",
        f"- **Target:** {health_target(metric)} ({metric['target_reason']})",
        f"- **Judges:** {listed(metric['object_types'])}; {finding}",
        f"- **Mended by:** {metric['owner_team']}",
        f"- **Model:** {link(CHECKS)}",
        "",
    ]


def sla_models() -> dict[str, str]:
    """Return the model of each hygiene SLA, as the model that puts them together names it."""
    folder = "models/intermediate/health"
    source = (ROOT / folder / "int_health__sla_verdicts.sql").read_text(encoding="utf-8")
    found = re.findall(r"'(\w+)': '(int_health__sla_\w+)'", source)
    return {sla: f"{folder}/{model}.sql" for sla, model in found}


def sla_section(sla: dict[str, str]) -> list[str]:
    """Return the lines that tell of one hygiene SLA."""
    return [
        f"### {sla['sla_id']}",
        "",
        f"**{sla['name']}.** {sla['meaning']}",
        "",
        f"- **Why it matters:** {sla['why']}",
        f"- **How to mend it:** {sla['remedy']}",
        f"- **Target:** breached by {per_cent(sla['target'])} at most",
        f"- **Judges:** {listed(sla['object_types'])}",
        f"- **Mended by:** {sla['owner_team']}",
        f"- **Model:** {link(sla_models()[sla['sla_id']])}",
        "",
    ]


def health_page() -> str:
    """Return docs/health.md."""
    lines = [
        "# Data health",
        "",
        WRITTEN,
        "",
        "How healthy the CRM is: the metrics of `data_health_daily` with their targets, the grade",
        "that follows (`data_health_grades`), and what every owner owes (`hygiene_sla_status`).",
        "A metric is `ok` at its target or better, `watch` where worse, `alert` where worse than",
        "its alert limit; what is not landed is `not_landed`, never zero. Targets are edited in",
        "`seeds/policy/health_metrics.csv`.",
        "",
        "## Metrics",
        "",
    ]
    for metric in seed("health_metrics"):
        lines += metric_section(metric)
    required = ((r["object_type"], f"`{r['field']}`", r["reason"]) for r in seed("required_fields"))
    lines += [
        "## Required fields",
        "",
        "What missing_required_fields asks for, where it is landed; edited in",
        "`seeds/policy/required_fields.csv`.",
        "",
        *table(("object", "field", "reason"), required),
        "",
        "## Grades",
        "",
        "The share of live records without a finding: neither a metric that is a fault of the",
        "record nor an archetype of [dirty data](rules.md). What is not landed is no finding.",
        "",
        *threshold_table("grade__"),
        "## Hygiene SLAs",
        "",
        "What every owner owes their own records; `hygiene_sla_breaches` lists those in breach.",
        "",
        *threshold_table("hygiene__"),
    ]
    for sla in seed("hygiene_slas"):
        lines += sla_section(sla)
    return "\n".join(lines).rstrip() + "\n"


def lifecycle_section(rule: dict[str, str]) -> list[str]:
    """Return the lines that tell of one lifecycle rule."""
    path = DECISIONS if rule["rule_id"] in OUTCOMES else VERDICTS
    return [
        f"### {rule['rule_id']}",
        "",
        f"**{rule['name']}.** {rule['meaning']}",
        "",
        f"- **Decision:** {rule['decision']}; **precedence:** {rule['precedence']}",
        f"- **Why:** {rule['why']}",
        f"- **What to look for:** {rule['look_for']}",
        f"- **Judges:** {listed(rule['object_types'])}",
        f"- **Model:** {link(path)}",
        "",
    ]


def lifecycle_page() -> str:
    """Return docs/lifecycle.md."""
    rules = seed("lifecycle_rules")
    by_precedence = sorted(rules, key=lambda rule: int(rule["precedence"]))
    order = (
        (rule["precedence"], f"[{rule['rule_id']}](#{rule['rule_id']})", rule["decision"])
        + (listed(rule["object_types"]), rule["name"])
        for rule in by_precedence
    )
    limits = (
        (
            row["object_type"],
            "any other" if row["region"] == "*" else row["region"],
            f"{row['archive_after']} {row['archive_unit']}" if row["archive_after"] else "never",
            *(
                f"{row[column]} months" if row[column] else "never"
                for column in ("anonymize_after_months", "suppression_months")
            ),
            row["reason"],
        )
        for row in seed("retention_policy")
    )
    approvals = (
        (row["decision"], row["rule_id"].replace("*", "any"), row["role"], row["reason"])
        for row in seed("approval_policy")
    )
    lines = [
        "# Keep, archive, delete",
        "",
        WRITTEN,
        "",
        "Every live record gets one decision: that of the first rule, by precedence, that holds.",
        "What cannot be told never makes a decision harsher: where a rule that comes before is",
        "not known to fail, the record goes to quarantine. `lifecycle_decisions` has the decision",
        "with its reason, `lifecycle_rule_verdicts` what every rule says.",
        "",
        "## All rules",
        "",
        *table(("precedence", "rule", "decision", "judges", "name"), order),
        "",
    ]
    for topic, title in TOPICS.items():
        lines += [f"## {title}", ""]
        for rule in by_precedence:
            if rule["topic"] == topic:
                lines += lifecycle_section(rule)
    lines += [
        "## Retention",
        "",
        "How long since the last sign of life; edited in `seeds/policy/retention_policy.csv`.",
        "Where the region is not known, the longest limit of the object counts.",
        "",
        *table(("object", "region", "archive", "anonymise", "suppressed", "reason"), limits),
        "",
        *threshold_table("lifecycle__"),
        "## Review",
        "",
        "Who must approve before anything is carried out; edited in",
        "`seeds/policy/approval_policy.csv`.",
        "",
        *table(("decision", "rule", "role", "reason"), approvals),
        "",
        *threshold_table("review_window__", "review_sample__"),
    ]
    return "\n".join(lines).rstrip() + "\n"


def figure_section(figure: dict[str, str]) -> list[str]:
    """Return the lines that tell of one team figure."""
    path = f"models/intermediate/teams/int_teams__{figure['figure']}.sql"
    return [
        f"### {figure['figure']}",
        "",
        f"**{figure['name']}.** {figure['meaning']}",
        "",
        f"- **Why it matters:** {figure['why']}",
        f"- **How to mend it:** {figure['remedy']}",
        f"- **Target:** {health_target(figure)} ({figure['target_reason']})",
        f"- **Judges:** {figure['object_type']}; **page:** {figure['team']}",
        f"- **Mended by:** {figure['owner_team']}",
        f"- **Model:** {link(path)}",
        "",
        *threshold_table(f"{figure['figure']}__"),
    ]


def teams_page() -> str:
    """Return docs/teams.md."""
    lines = [
        "# Team figures",
        "",
        WRITTEN,
        "",
        "How the daily work of a team goes: `team_figures`, with the records behind each figure in",
        "`team_figure_records`. Targets are edited in `seeds/policy/team_figure_register.csv`.",
        "",
        "## Figures",
        "",
    ]
    for figure in seed("team_figure_register"):
        lines += figure_section(figure)
    return "\n".join(lines).rstrip() + "\n"


def signature_section(signature: dict[str, str]) -> list[str]:
    """Return the lines that tell of one failure signature."""
    path = f"models/intermediate/signatures/int_signatures__{signature['signature']}.sql"
    over = {
        "signature_window": "the days of `signature_window_days` up to as_of",
        "business_period": "the last business period that has ended",
    }
    limits = signature["limits"].split()
    return [
        f"### {signature['signature']}",
        "",
        f"**{signature['name']}.** {signature['meaning']}",
        "",
        f"- **Why it matters:** {signature['why']}",
        f"- **How to mend it:** {signature['remedy']}",
        f"- **Counts:** {signature['counts']}",
        f"- **Out of:** {signature['out_of']}",
        f"- **Over:** {over[signature['measured_over']]}, and the same length before",
        f"- **Judges:** {listed(signature['object_types'])}",
        f"- **Needs landed:** {needed(signature['needs'])}",
        f"- **Model:** {link(path)}",
        "",
        *(threshold_table(*limits) if limits else []),
    ]


def signatures_page() -> str:
    """Return docs/signatures.md."""
    lines = [
        "# Failure signatures",
        "",
        WRITTEN,
        "",
        "By what a failing step of the workflow is known: each the share of cases that show it, in",
        "`failure_signatures`, with the cases in `failure_signature_evidence`. Where what it needs",
        "is not landed it is `not_landed`, never zero. The register is",
        "`seeds/policy/signature_register.csv`.",
        "",
    ]
    register = seed("signature_register")
    for step, title in STEPS.items():
        lines += [f"## {title}", ""]
        for signature in register:
            if signature["step"] == step:
                lines += signature_section(signature)
    return "\n".join(lines).rstrip() + "\n"


def index_page() -> str:
    """Return docs/README.md: every rule of the project on one page."""
    signals = [
        (f"[{row['rule_id']}](rules.md#{row['rule_id']})", row["kind"], row["name"])
        for row in seed("rules")
    ]
    health = [
        (f"[{row['metric']}](health.md#{row['metric']})", "health metric", row["name"])
        for row in seed("health_metrics")
    ]
    slas = [
        (f"[{row['sla_id']}](health.md#{row['sla_id']})", "hygiene SLA", row["name"])
        for row in seed("hygiene_slas")
    ]
    lifecycle = [
        (f"[{row['rule_id']}](lifecycle.md#{row['rule_id']})", "lifecycle rule", row["name"])
        for row in seed("lifecycle_rules")
    ]
    figures = [
        (f"[{row['figure']}](teams.md#{row['figure']})", "team figure", row["name"])
        for row in seed("team_figure_register")
    ]
    signatures = [
        (f"[{row['signature']}](signatures.md#{row['signature']})", "signature", row["name"])
        for row in seed("signature_register")
    ]
    rules = [*signals, *health, *slas, *lifecycle, *figures, *signatures]
    lines = [
        "# Every rule of the project",
        "",
        WRITTEN,
        "",
        "In text order. Each leads to what it means, why it matters, how to mend it and the model",
        "that judges it. All limits: [thresholds](thresholds.md). How to connect a BI tool to what",
        "they find: [BI tools](bi/README.md).",
        "",
        *table(("rule", "kind", "name"), sorted(rules)),
    ]
    return "\n".join(lines) + "\n"


def thresholds_page() -> str:
    """Return docs/thresholds.md."""
    rule_ids = {row["rule_id"] for row in seed("rules")}
    figures = {row["figure"] for row in seed("team_figure_register")}
    limit_of = {
        limit: row["signature"]
        for row in seed("signature_register")
        for limit in row["limits"].split()
    }
    rows = []
    for row in seed("thresholds"):
        topic, _, short = row["threshold_id"].partition("__")
        name = f"`{row['threshold_id']}`"
        place = EXPLAINED.get(topic)
        if topic in rule_ids:
            place = f"rules.md#{topic}"
        elif topic in figures:
            place = f"teams.md#{topic}"
        elif row["threshold_id"] in limit_of:
            place = f"signatures.md#{limit_of[row['threshold_id']]}"
        if place and short:
            name = f"[{name}]({place})"
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
    return {
        "README.md": index_page(),
        "rules.md": rules_page(),
        "health.md": health_page(),
        "lifecycle.md": lifecycle_page(),
        "signatures.md": signatures_page(),
        "teams.md": teams_page(),
        "thresholds.md": thresholds_page(),
    }


def stale() -> list[str]:
    """Return the pages that are not what the seeds say."""
    return [
        name
        for name, text in pages().items()
        if not (DOCS / name).is_file() or (DOCS / name).read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str] | None = None) -> int:
    """Write the pages, or only check them; return the exit code."""
    parser = command_parser("docs", __doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where stale")
    if parser.parse_args(arguments).check:
        old = stale()
        if old:
            print(f"Stale: {', '.join(f'docs/{name}' for name in old)}; run crm-hygiene docs")
        return 1 if old else 0
    DOCS.mkdir(exist_ok=True)
    for name, text in pages().items():
        (DOCS / name).write_text(text, encoding="utf-8")
    return 0
