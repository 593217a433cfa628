"""docs/fields.md: who answers for a field, what depends on it, and what guards it."""

from crm_hygiene.docs.words import WRITTEN, seed, table


def fields_page() -> str:
    """Return docs/fields.md."""
    lines = [
        "# Fields",
        "",
        WRITTEN,
        "",
        "The key fields (seed `key_fields`): who answers for each, what is decided by it, and",
        "which values it may have. Who really writes it is in the marts `key_field_writers` and",
        "`field_writers`.",
        "",
    ]
    for row in seed("key_fields"):
        lines += [
            f"## {row['object_type']}.{row['field']}",
            "",
            *table(
                ("what", "says"),
                (
                    ("owner", row["owner_role"]),
                    ("decides", row["decision"]),
                    ("allowed values", row["allowed_values"]),
                    ("written", row["write_rule"]),
                    ("allowed writers", writers(row["object_type"], row["field"])),
                    ("guardrails", guardrails(row["object_type"], row["field"])),
                ),
            ),
            "",
        ]
    lines += [
        "## Guardrails",
        "",
        "What is meant to keep fields clean (seed `field_guardrails`). The mart `guardrail_status`",
        "says of each and each CRM whether it `holds`, is `broken` (how often, with the newest",
        "example) or `not_landed`.",
        "",
        *table(
            ("object", "field", "guardrail", "owner", "meant to"),
            (
                (row["object_type"], row["field"], row["guardrail"], row["owner_role"],
                 row["meant_to"])
                for row in seed("field_guardrails")
            ),
        ),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def writers(object_type: str, field: str) -> str:
    """Return who may write a field, as field_dictionary says."""
    found = []
    for row in seed("field_dictionary"):
        if row["field"] == field and row["object_type"] in ("*", object_type):
            named = [row[name] for name in ("team", "channel") if row[name] != "*"]
            who = f"{row['actor_kind']} ({', '.join(named)})" if named else row["actor_kind"]
            if who not in found:
                found.append(who)
    if "nobody" in found:
        return "nobody after creation"
    return ", ".join(found) or "not governed"


def guardrails(object_type: str, field: str) -> str:
    """Return the guardrails of a field."""
    found = [
        row["guardrail"]
        for row in seed("field_guardrails")
        if row["object_type"] == object_type and row["field"] == field
    ]
    return ", ".join(found) or "none"
