"""The pieces of news, and the records that each of them shows."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from crm_hygiene.pages.digest.reading import Reading, Record
from crm_hygiene.pages.digest.reviews import NOBODY, TEAMS

N_RECORDS = 10


@dataclass(frozen=True)
class Item:
    """One piece of news."""

    id: str
    title: str
    crm: str | None
    object_type: str | None
    team: str
    facts: list[str]
    advice: list[str] = field(default_factory=list)
    n_records: int = 0
    records: list[Record] = field(default_factory=list)


def listed(
    digest: Reading,
    part: str,
    key: tuple,
    found: list[dict],
    *,
    title: str,
    facts: list[str],
    team: str = NOBODY,
    advice: Iterable[str] = (),
    at: tuple[str, str] | None = None,
    note: Callable[[dict], str | None] = lambda row: None,
    longest: int = N_RECORDS,
    is_ranked: bool = False,
) -> Item:
    """Return an item about records: the most money first, then the latest, or as they stand."""
    keyed = [(row.get("amount", row.get("value_at_stake")), row) for row in found]
    if not is_ranked:
        keyed.sort(key=lambda one: one[1]["record_key"])
        if at:
            keyed.sort(key=lambda one: one[1][at[1]] or datetime.min, reverse=True)
        keyed.sort(key=lambda one: (one[0] is None, -(one[0] or 0)))
    digest.names.records(row["record_key"] for _, row in keyed[:longest])
    crm, object_type = found[0]["crm"], found[0]["object_type"]
    return Item(
        ":".join(str(one) for one in (part, *key)),
        title,
        crm,
        object_type,
        team if team in TEAMS else NOBODY,
        facts,
        list(advice),
        len(found),
        [
            digest.record(row, row[at[1]] if at else None, at[0] if at else "", note(row))
            for _, row in keyed[:longest]
        ],
    )


def grouped(found: Iterable[dict], *columns: str) -> list[tuple[tuple, list[dict]]]:
    """Return rows by the values of columns, in the order of these."""
    groups = defaultdict(list)
    for row in found:
        groups[tuple(row[column] for column in columns)].append(row)
    return sorted(groups.items(), key=lambda one: [str(value) for value in one[0]])


def shorter(facts: list[str], longest: int = 2 * N_RECORDS) -> list[str]:
    """Return facts that do not fill the page, and how many are left out."""
    left = len(facts) - longest
    return facts if left <= 0 else [*facts[:longest], f"and {left:,} more"]
