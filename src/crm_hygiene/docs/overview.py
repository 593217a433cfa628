"""docs/README.md and docs/thresholds.md: all rules, and all limits."""

from crm_hygiene.docs.words import WRITTEN, plain, seed, table

# Where the topic of a threshold is explained that is no rule's name.
EXPLAINED = {
    "grade": "health.md#grades",
    "hygiene": "health.md#hygiene-slas",
    "lifecycle": "lifecycle.md",
    "review_window": "lifecycle.md#review",
    "review_sample": "lifecycle.md#review",
}


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
    scopes_of = {row["threshold_id"]: row["scopes"] for row in seed("threshold_scopes")}
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
        scopes = ", ".join(scopes_of.get(row["threshold_id"], "").split())
        rows.append((name, plain(row["value"]), row["unit"], scopes, row["reason"]))
    lines = [
        "# Thresholds",
        "",
        WRITTEN,
        "",
        "The defaults. To change one, add a row to `seeds/policy/threshold_overrides.csv` and",
        "build again; an upgrade leaves it alone. Where `may differ by` names something, a row may",
        "hold for a CRM, pipeline or segment alone (spelt as landed; `all` is the segment of the",
        "rates over all segments). Of the rows that fit, one with a segment wins over one without,",
        "then one with a pipeline, then one with a CRM; one without any holds for all the others.",
        "",
        *table(("threshold", "value", "unit", "may differ by", "reason"), rows),
    ]
    return "\n".join(lines) + "\n"
