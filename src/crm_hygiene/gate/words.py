"""Checks in words: what was expected, what was found, and rows at fault without personal data."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from crm_hygiene.gate.checks import plural
from crm_hygiene.gate.landing import Table

SAMPLE_SIZE = 10
# Columns whose values are kept off the page: they hold, or may hold, personal data.
PERSONAL = re.compile(r"e?mail|phone|name|recipient|address|value|_key")


def words(entry: dict[str, Any], kwargs: dict[str, Any], last_rows: int = 0) -> str:
    """What an expectation expects, in words."""
    if entry.get("description"):
        return entry["description"]
    kind, mostly = entry["type"], kwargs.get("mostly", 1)
    share = "" if mostly == 1 else f" in at least {mostly:.0%} of the rows"
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    bounds = " and ".join(
        f"{comparison} {shown(bound)}"
        for comparison, bound in (("at least", low), ("at most", high))
        if bound is not None
    )
    known = {
        "expect_table_columns_to_match_set": f"the columns {listed(kwargs.get('column_set'))}",
        "expect_column_to_exist": "the column to be landed",
        "expect_table_row_count_to_be_between": f"{bounds} rows ({last_rows} at the last run)",
        "expect_column_values_to_not_be_null": f"a value{share}",
        "expect_column_values_to_be_unique": f"no value twice{share}",
        "expect_column_values_to_be_in_set": f"one of {listed(kwargs.get('value_set'))}{share}",
        "expect_column_values_to_be_between": f"{bounds}{share}",
        "expect_column_max_to_be_between": f"the latest to be {bounds}",
        "expect_column_min_to_be_between": f"the earliest to be {bounds}",
    }
    arguments = ", ".join(f"{key}={value}" for key, value in kwargs.items() if key != "column")
    return known.get(kind, f"{kind.replace('expect_', '').replace('_', ' ')} ({arguments})")


def shown(value: Any) -> str:
    """A bound or an observed figure."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return f"{value:g}" if isinstance(value, float) else str(value)


def listed(values: Iterable[Any] | None) -> str:
    """Values with commas between them."""
    return ", ".join(map(str, values or []))


def finding(entry: dict[str, Any], outcome: Any) -> str:
    """What was found, in words and without any landed value."""
    info, result = outcome.exception_info or {}, outcome.result or {}
    if not info.get("raised_exception", False):
        nested = [value for value in info.values() if isinstance(value, dict)]
        info = next((value for value in nested if value.get("raised_exception")), info)
    if info.get("raised_exception"):
        message = str(info.get("exception_message") or "").strip().splitlines()[:1]
        traceback = str(info.get("exception_traceback") or "unknown").strip().splitlines()[-1:]
        return f"an error: {(message or traceback)[0][:200]}"
    if "unexpected_count" in result:
        count, total = result["unexpected_count"], result["element_count"]
        return f"{count} of {plural(total, 'row')} otherwise"
    missing = (result.get("details") or {}).get("mismatched", {}).get("missing")
    if entry["type"] == "expect_table_columns_to_match_set":
        return f"{', '.join(missing)} missing" if missing else "all of them"
    observed = result.get("observed_value")
    if entry["type"] == "unexpected_rows_expectation":
        return plural(observed, "such row")
    if entry["type"] == "expect_table_row_count_to_be_between":
        return plural(observed, "row")
    return "no value at all" if observed is None else shown(observed)


def sample(
    entry: dict[str, Any], rows_at_fault: list[dict[str, Any]], table: Table
) -> list[dict[str, str]]:
    """The keys of some unexpected rows, and the value at fault where it cannot be personal."""
    column = entry["kwargs"].get("column", "")
    harmless = (
        column in ("_unreadable", "_future")
        or table.columns.get(column, "string") != "string"
        or entry["type"] == "expect_column_values_to_be_in_set"
    )
    keys = {key for key in table.key if not PERSONAL.search(key)}
    return [
        {
            name: masked(value, name in keys)
            for name, value in row.items()
            if name in keys or (harmless and name == column and not PERSONAL.search(name))
        }
        for row in rows_at_fault[:SAMPLE_SIZE]
    ]


def masked(value: Any, is_key: bool) -> str:
    """A value as text; of one that looks like an e-mail address or a telephone number only the
    shape is left, since a landing whose columns have slipped holds one where no one expects it."""
    text = "" if value is None else str(value)
    is_text = isinstance(value, str)
    if "@" in text or (is_text and not is_key and len(re.findall(r"[0-9]", text)) >= 7):
        text = re.sub(r"\w", "x", text)
    return text if len(text) <= 60 else text[:59] + "…"


def shape(value: str) -> str:
    """How a value is written, without the value: letters as a, digits as 9."""
    text = re.sub(r"[0-9]", "9", re.sub(r"[^\W\d_]", "a", value))
    return text if len(text) <= 30 else text[:29] + "…"
