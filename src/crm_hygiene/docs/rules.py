"""docs/rules.md: the signals and the archetypes."""

from crm_hygiene.docs.words import (
    WRITTEN,
    link,
    listed,
    needs_text,
    per_cent,
    seed,
    table,
    threshold_table,
    threshold_values,
)

SIGNALS = "Signals: traits of the process"
ARCHETYPES = "Archetypes: what makes a record dirty"


def model_path(rule: dict[str, str], rules: list[dict[str, str]]) -> str:
    """Return the model of a rule: an archetype that is a signal too has the signal's."""
    rule_id = rule["rule_id"]
    if rule_id in {row["rule_id"] for row in rules if row["kind"] == "signal"}:
        return f"models/intermediate/signals/{rule_id}/int_signals__{rule_id}.sql"
    return f"models/intermediate/archetypes/int_archetypes__{rule_id}.sql"


def exposure_path(signal: str) -> str:
    """Return the model that says what a signal is counted out of."""
    return f"models/intermediate/signals/{signal}/int_signals__{signal}_exposure.sql"


def limits_text(rule: dict[str, str]) -> str:
    """Return a signal's limits, and when it is rated, in words."""
    values = threshold_values()
    watch, alert = (per_cent(values[f"{rule['rule_id']}__{limit}"]) for limit in ("watch", "alert"))
    usual = " more than usual" if rule["limit_kind"] == "over_baseline" else ""
    return f"watch above {watch}{usual}, alert above {alert}{usual}; rated " + (
        "as each business period ends" if rule["rated_each"] == "period" else "each day"
    )


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
    stages = stage_table() if rule["rule_id"] == "premature_stage" else []
    return lines + stages + threshold_table(f"{rule['rule_id']}__")


def stage_table() -> list[str]:
    """Return the lines of a table of what the stages ask for, in words and as it is judged."""
    evidence, asked = seed("stage_evidence"), []
    for stage in seed("stage_criteria"):
        judged = ", ".join(
            row["requirement"].replace("_", " ")
            for row in evidence
            if (row["crm"], row["stage"]) == (stage["crm"], stage["stage"])
        )
        crm, name = stage["crm"], stage["stage"]
        where = "every CRM" if crm == "*" else crm
        what = "every milestone" if name == "*milestone*" else f"`{name}`"
        asked.append((where, what, stage["entry"], stage["exit"], judged or "as every milestone"))
    return [
        "What a stage asks for (seeds `stage_criteria`, and `stage_evidence` for what is judged):",
        "",
        *table(("CRM", "stage", "to enter it", "to leave it", "judged"), asked),
        "",
    ]


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
        "(much); detectability 5 is easily told, risk is that of the fix. A rule needs inputs of",
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
