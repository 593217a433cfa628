"""docs/lifecycle.md: what is kept, archived, deleted."""

from crm_hygiene.docs.words import WRITTEN, link, listed, seed, table, threshold_table

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
