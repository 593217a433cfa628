"""What the last build was given: its variables, target and versions, as it recorded them.

Whoever reads the marts takes them from here: the command line of another run may say otherwise.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import duckdb

from crm_hygiene.warehouse import WarehouseError, rows


@dataclass(frozen=True)
class Settings:
    """What a build was given; `as_of` is UTC without time zone."""

    crms: tuple[str, ...]
    is_demo: bool
    as_of: datetime
    business_timezone: ZoneInfo
    project_version: str
    # Those in force, by id, where no scope has one of its own.
    thresholds: dict[str, float]


def read_settings(connection: duckdb.DuckDBPyConnection) -> Settings:
    """Return what the build of this warehouse was given."""
    found = rows(
        connection,
        "select setting, kind, value from marts.run_settings "
        "where coalesce(crm, pipeline, segment) is null",
    )
    given = {row["setting"]: row["value"] for row in found}
    if not given:
        raise WarehouseError("The marts hold no rows yet; run make build first.")
    return Settings(
        crms=tuple(given["crm_sources"].split(", ")),
        is_demo=given["is_demo"] == "true",
        as_of=datetime.fromisoformat(given["as_of"]),
        business_timezone=ZoneInfo(given["business_timezone"]),
        project_version=given["project_version"],
        thresholds={
            row["setting"]: float(row["value"]) for row in found if row["kind"] == "threshold"
        },
    )


def after_business_days(
    connection: duckdb.DuckDBPyConnection, settings: Settings, n_days: int
) -> datetime:
    """Return the instant so many business days after as_of, at the same local time of day (UTC)."""
    zone = settings.business_timezone
    local = settings.as_of.replace(tzinfo=UTC).astimezone(zone)
    (found,) = rows(
        connection,
        "select min(later.calendar_day) as due_day from intermediate.int_calendar__days as today "
        "join intermediate.int_calendar__days as later "
        "on later.is_business_day and later.n_business_days = today.n_business_days + ? "
        "where today.calendar_day = ?",
        (n_days, local.date()),
    )
    if not found["due_day"]:
        raise WarehouseError(f"The calendar does not reach {n_days} days after {local.date()}.")
    due = datetime.combine(found["due_day"], local.time(), zone)
    return due.astimezone(UTC).replace(tzinfo=None)
