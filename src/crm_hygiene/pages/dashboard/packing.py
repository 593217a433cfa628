"""Columns and values as the page holds them: labels, kinds, JSON, repeated values once."""

import re
from collections.abc import Iterable

from crm_hygiene.marts import ACTOR_IDS

# What has nine digits and is no share of anything.
NO_SHARES = {"best_score", "score", "tolerance"}
# Columns of ids whose records and users the page calls by their names.
CALLED_BY_NAME = {
    "record_id": "Record",
    "owner_id": "Owner",
    "proposed_owner_id": "Proposed owner",
    "survivor_record_key": "Survivor",
}
WORDS = {"crm": "CRM", "id": "ID", "sla": "SLA", "url": "URL", "n": "Records"}


def label(column: str) -> str:
    """Return a column's name as the head of a table has it."""
    if column in CALLED_BY_NAME:
        return CALLED_BY_NAME[column]
    words = re.sub("^(n|is|has)_", "", column).split("_")
    words = [WORDS.get(word, word) for word in words]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def kind_of(column: str, data_type: str) -> str:
    """Return how the page is to show a column, of its name and its type in SQL or in a contract."""
    data_type = data_type.lower().replace(" ", "")
    if data_type == "boolean":
        return "boolean"
    if data_type == "date":
        return "date"
    if data_type.startswith("timestamp"):
        return "instant"
    if data_type in ("varchar", "string"):
        return "id" if column.endswith(("_id", "_key")) else "text"
    if data_type == "decimal(9,6)" and column not in NO_SHARES:
        return "share"
    return "number"


def as_json(column: str, data_type: str, show_personal_data: bool) -> str:
    """Return the SQL of a column's values as JSON has them."""
    name = f'"{column}"'
    data_type = data_type.lower()
    if column in ACTOR_IDS and not show_personal_data:
        return f"case when {name} like '%@%' then '(masked)' else {name} end as {name}"
    if data_type.startswith("timestamp"):
        return f"strftime({name}, '%Y-%m-%dT%H:%M:%SZ') as {name}"
    if data_type == "date":
        return f"cast({name} as varchar) as {name}"
    if data_type.startswith("decimal"):
        return f"cast({name} as double) as {name}"
    if data_type in ("double", "float"):
        # JSON has no word for a number that is none.
        return f"case when isfinite({name}) then {name} end as {name}"
    return name


def distinct(values: list | dict[str, list]) -> list[str]:
    """Return the different values of a packed column, sorted."""
    kept = values["d"] if isinstance(values, dict) else set(values) - {None}
    return sorted(kept)


def nested(named: dict[tuple[str, ...], str]) -> dict:
    """Return names by the parts of their keys, a mapping in a mapping."""
    found: dict = {}
    for key, name in named.items():
        place = found
        for part in key[:-1]:
            place = place.setdefault(part, {})
        place[key[-1]] = name
    return found


def is_value(column: str, value: str | None) -> str:
    """Return the condition that a column has a value."""
    if value is None:
        return f"{column} is null"
    quoted = value.replace("'", "''")
    return f"{column} = '{quoted}'"


def packed(values: Iterable[object]) -> list | dict[str, list]:
    """Return a column's values, repeated ones once with the place of each."""
    values = list(values)
    places: dict[object, int] = {}
    for value in values:
        if value is not None:
            places.setdefault(value, len(places))
    if len(places) * 2 >= len(values) or not all(isinstance(value, str) for value in places):
        return values
    return {
        "d": list(places),
        "i": [-1 if value is None else places[value] for value in values],
    }


def fair_shares(sizes: dict[str, int], cap: int) -> dict[str, int]:
    """Return how many rows of each list fit: what short lists leave goes to the long ones."""
    shares = {}
    for n_lists_left, (name, size) in zip(
        range(len(sizes), 0, -1), sorted(sizes.items(), key=lambda item: item[1]), strict=True
    ):
        shares[name] = min(size, cap // n_lists_left)
        cap -= shares[name]
    return shares
