"""docs/teams.md and docs/signatures.md: how the steps of the daily work go, and fail."""

from crm_hygiene.docs.words import (
    WRITTEN,
    health_target,
    link,
    listed,
    needed,
    seed,
    table,
    threshold_table,
)

STEPS = {
    "handoff": "Handoff",
    "stage_change": "Stage change",
    "incentive": "Incentive",
    "sla": "SLA",
    "integration": "Integration",
}


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


def kind_of_item(row: dict[str, str]) -> str:
    """Return how an item of a handoff is looked at."""
    of_account = " of the account" if row["asked_of"] == "account" else ""
    return f"`{row['kind']}` {row['field']}".strip() + of_account


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
    lines += [
        "## What a handoff needs",
        "",
        "What makes a handoff complete; edited in `seeds/policy/handoff_checklist.csv`.",
        "",
        *table(
            ("handoff", "object", "item", "kind", "within days", "reason"),
            (
                (row["handoff"], row["object_type"], row["in_words"], kind_of_item(row),
                 row["within_days"], row["reason"])
                for row in seed("handoff_checklist")
            ),
        ),
    ]  # fmt: skip
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
