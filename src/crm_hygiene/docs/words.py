"""What the pages share: the seeds, and how their values are written."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from crm_hygiene.project import ROOT

WRITTEN = "<!-- Written by crm-hygiene docs from seeds/policy; edit the seeds. -->"


def seed(name: str) -> list[dict[str, str]]:
    """Return the rows of a policy seed."""
    with (ROOT / "seeds" / "policy" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


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


def needs_text(needs: str) -> str:
    """Return what must be landed, in words: of inputs with | between them one is enough."""
    parts = [part.split("|") for part in needs.replace(" ", "").split("&")]
    return ", and ".join(" or ".join(f"`{one}`" for one in part) for part in parts)


def link(path: str) -> str:
    """Return a link to a model from a page."""
    return f"[{Path(path).stem}](../{path})"


def threshold_values() -> dict[str, str]:
    """Return the default of each threshold."""
    return {row["threshold_id"]: plain(row["value"]) for row in seed("thresholds")}


def threshold_table(*prefixes: str) -> list[str]:
    """Return the lines of a table of the thresholds that start so; none where there are none."""
    rows = [
        (f"`{row['threshold_id']}`", plain(row["value"]), row["unit"], row["reason"])
        for row in seed("thresholds")
        if row["threshold_id"].startswith(prefixes)
    ]
    return [*table(("threshold", "value", "unit", "reason"), rows), ""] if rows else []


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
