"""The reviews that there are, and the teams that they are for."""

import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta

TEAMS = ("sdr", "ae", "cs", "marketing", "revops")
NOBODY = "revops"


@dataclass(frozen=True)
class Review:
    """A span of time, and the workflow steps whose rules it is about (none: all of them)."""

    title: str
    files: str
    days: int | None
    span: str
    steps: frozenset[str] = frozenset()
    has_metrics: bool = True

    def before(self, instant: datetime) -> datetime:
        """Return the instant so long before; without days it is a calendar month."""
        if self.days:
            return instant - timedelta(days=self.days)
        month = instant.month - 1 or 12
        year = instant.year - (month == 12)
        day = min(instant.day, calendar.monthrange(year, month)[1])
        return instant.replace(year=year, month=month, day=day)


REVIEWS = {
    "daily": Review("Daily digest", "digest", 1, "day"),
    "weekly": Review("Weekly process review", "weekly", 7, "week", has_metrics=False),
    "monthly": Review(
        "Monthly incentive and SLA review",
        "monthly",
        None,
        "month",
        frozenset({"incentive", "sla"}),
    ),
}
