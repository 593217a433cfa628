"""Days, amounts and places as people write them."""

from datetime import date, datetime
from decimal import Decimal


def day_text(day: date) -> str:
    """Return a day as people write it."""
    return f"{day.day} {day:%b %Y}"


def instant_text(instant: datetime) -> str:
    """Return an instant as people write it."""
    return f"{day_text(instant)} {instant:%H:%M}"


def amount_text(value: Decimal | None, unit: str = "") -> str:
    """Return a number as people write it; a rate as a share of 100."""
    if value is None:
        return "none"
    if unit in ("rate", "share"):
        return f"{100 * value:.1f} %"
    if unit == "days":
        return days_text(value)
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def days_text(value: Decimal) -> str:
    """Return a number of days as people write it: what lasts minutes in minutes."""
    for unit, per_day in (("days", 1), ("h", 24), ("min", 1440)):
        if value == 0 or abs(value) * per_day >= 1:
            return f"{value * per_day:,.1f} {unit}"
    return f"{value * 86400:,.1f} s"


def share_text(numerator: object, denominator: object, rate: Decimal | None) -> str:
    """Return n of m with the rate."""
    if denominator is None:
        return "not landed"
    return f"{numerator:,} of {denominator:,}" + (
        f" ({amount_text(rate, 'rate')})" if rate is not None else ""
    )


def place_text(*places: str | None) -> str:
    """Return a place in words."""
    return ", ".join(place for place in places if place)


def segment_text(segment: str | None) -> str:
    """Return a segment in words."""
    return {None: "without a segment", "all": "all segments"}.get(segment, segment)
