"""The review for a terminal and as a page."""

import json
import os
import re
from pathlib import Path

from markupsafe import Markup

from crm_hygiene.pages.failures.causes import Cause, sentence
from crm_hygiene.pages.failures.reviewing import Review
from crm_hygiene.pages.files import TEMPLATES, environment, hash_source
from crm_hygiene.pages.words import counted, minute

SHOWN_RUNS = 14


def facts(cause: Cause) -> list[tuple[str, str]]:
    """Return what a person should know of a cause, as labels and texts."""
    first = cause.first
    since = f"{minute(first['failing_since'])}, {counted(first['n_runs'], 'run')}"
    rows = f"{first['n_failing_rows']:,}" if first["n_failing_rows"] else None
    if rows and first["n_failing_rows_before"] is not None:
        rows += f", {first['n_failing_rows_before']:,} in the run before"
    found = [
        ("Protects", first["protects"]),
        ("Tested", first["object_tested"]),
        ("Failing since", since),
        ("Failing rows", rows),
        ("Skipped for it", counted(cause.n_skipped, "step") if cause.n_skipped else None),
        ("Marts at risk", first["marts_at_risk"]),
        ("Figures at risk", first["figures_at_risk"]),
        ("Owner", first["owner_team"]),
    ]
    return [(label, text) for label, text in found if text]


def shortened(text: str, length: int = 160) -> str:
    """Return a text that is not too long to read in a terminal, at a comma where it has one."""
    if len(text) <= length:
        return text
    kept = text[:length].rpartition(", ")[0]
    # A list of names, or prose.
    if kept and not re.search(r"[.:] ", text):
        return f"{kept} and {text[len(kept) :].count(', ')} more"
    return f"{text[: length - 1]}…"


def as_text(found: Review) -> str:
    """Return the review for a terminal."""
    lines = [found.first_line]
    for number, cause in enumerate(found.causes, 1):
        line = f"{number}. {'WARNING ' if cause.is_warning else ''}{cause.sentence}"
        if cause.is_old_warning:
            lines.append(f"{line} (since {minute(cause.first['failing_since'])})")
            continue
        lines += ["", line]
        lines.append(f"   First try: {cause.first['first_step']}")
        lines.append(f"   Run again: {cause.first['rerun_command']}")
        lines += [f"   {label}: {shortened(text)}" for label, text in facts(cause)]
        for row in sample(cause.first):
            values = ", ".join(f"{name} {value}" for name, value in row.items())
            lines.append(f"   e.g. {shortened(values)}")
        for other in cause.failures[1:6]:
            lines.append(f"   also: {sentence(other)}")
        if cause.failures[6:]:
            lines.append(f"   and {len(cause.failures) - 6} more failures of the same cause")
    lines += ["", *found.notes] if found.notes else []
    # What a landed value or a message brings along must not steer the terminal.
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", " ", "\n".join(lines))


def sample(failure: dict) -> list[dict]:
    """Return the sample of failing rows."""
    return json.loads(failure["sample_rows"] or "[]")


def as_html(found: Review, out: Path, target: Path) -> str:
    """Return the review as a page that asks nothing of any host and runs no script."""
    styles = "".join(
        (TEMPLATES / name).read_text("utf-8") for name in ("style.css", "failures.css")
    )
    checks = target / "landing_checks" / "index.html"
    template = environment().overlay(keep_trailing_newline=False).get_template("failures.html")
    return template.render(
        review=found,
        facts=facts,
        sample=sample,
        sentence=sentence,
        runs=found.history[:SHOWN_RUNS],
        data_docs=os.path.relpath(checks, out.parent) if checks.exists() else None,
        styles=Markup(styles),
        csp=f"default-src 'none'; style-src {hash_source(styles)}; img-src data:; base-uri 'none';"
        " form-action 'none'",
    )
