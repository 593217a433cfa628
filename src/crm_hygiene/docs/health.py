"""docs/health.md: the health metrics and the hygiene SLAs."""

import re

from crm_hygiene.docs.words import (
    WRITTEN,
    health_target,
    link,
    listed,
    per_cent,
    seed,
    table,
    threshold_table,
)
from crm_hygiene.project import ROOT

CHECKS = "models/intermediate/health/int_health__record_checks.sql"


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
    required = (
        (row["object_type"], f"`{row['field']}`", row["asked_from"], row["reason"])
        for row in seed("required_fields")
    )
    lines += [
        "## Required fields",
        "",
        "What missing_required_fields asks for, where it is landed; edited in",
        "`seeds/policy/required_fields.csv`.",
        "",
        *table(("object", "field", "asked from", "reason"), required),
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
