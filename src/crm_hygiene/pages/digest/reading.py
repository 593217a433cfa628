"""What the marts say to one team of one span of time."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from urllib.parse import quote

import duckdb

from crm_hygiene.marts import ACTOR_IDS, is_url_template, personal_columns
from crm_hygiene.pages.digest.reviews import NOBODY, TEAMS, Review
from crm_hygiene.pages.digest.words import amount_text, instant_text
from crm_hygiene.pages.names import MASKS_NOTHING, MASKS_PEOPLE, Names
from crm_hygiene.settings import read_settings
from crm_hygiene.warehouse import columns_of, rows

HIDDEN = "(hidden)"
RANKS = {"ok": 0, "watch": 1, "alert": 2}
SERIES_KEY = ("crm", "object_type", "segment")


@dataclass(frozen=True)
class Point:
    """A signal or metric on one day."""

    day: date
    numerator: Decimal | None
    denominator: int | None
    value: Decimal | None
    status: str
    limits: str
    # What the value would have to move by to go from the target to an alert.
    span: Decimal
    sign: int = 1
    unit: str = "rate"

    @property
    def rank(self) -> int | None:
        """Return how bad the status is; None where nothing could be judged."""
        return RANKS.get(self.status)


@dataclass(frozen=True)
class Record:
    """A record to look at."""

    record_key: str
    record_id: str
    name: str | None
    team: str | None
    owner: str | None
    amount: str | None = None
    at: str | None = None
    when: str | None = None
    note: str | None = None
    url: str | None = None


class Reading:
    """What one team may read in the marts, of one span of time."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        review: Review,
        team: str = "all",
        masks: str = MASKS_PEOPLE,
    ):
        """Read the last build."""
        self.connection = connection
        self.review = review
        self.team = team
        self.shows_personal_data = masks == MASKS_NOTHING
        self.names = Names(connection, masks)
        # The marts that keep history may also hold later days than as_of of the last build.
        self.settings = read_settings(connection)
        self.as_of = self.settings.as_of
        self.since = review.before(self.as_of)
        self.points: dict[tuple[str, datetime], dict[tuple, Point]] = {}

    def read(self, mart: str, where: str = "true", values: Iterable = ()) -> list[dict]:
        """Return rows of a mart, with personal data hidden unless it was asked for."""
        found = rows(self.connection, f"select * from marts.{mart} where {where}", list(values))
        if not self.shows_personal_data:
            for row in found:
                for column in personal_columns().get(mart, ()):
                    value = row.get(column)
                    if value is not None and (column not in ACTOR_IDS or "@" in value):
                        row[column] = HIDDEN
        return found

    @functools.cached_property
    def registers(self) -> dict[tuple[str, str], dict]:
        """Return each signal, archetype, metric and SLA of the policy by kind and id."""
        found = {
            (row["kind"], row["rule_id"]): row
            for row in rows(self.connection, "select * from policy.rules")
        }
        for kind, seed, key in (
            ("metric", "health_metrics", "metric"),
            ("sla", "hygiene_slas", "sla_id"),
        ):
            for row in rows(self.connection, f"select * from policy.{seed}"):
                found[kind, row[key]] = row
        return found

    @property
    def period_signals(self) -> list[str]:
        """Return the signals that are rated as a business period ends."""
        return [
            key for (_, key), rule in self.registers.items() if rule.get("rated_each") == "period"
        ]

    def register(self, kind: str, key: str) -> dict:
        """Return what the policy says of a rule; the marts may be older than the policy."""
        return self.registers.get((kind, key)) or {"name": key, "owner_team": NOBODY}

    def is_told_of(self, kind: str, key: str) -> bool:
        """Return whether the review is about a signal or archetype."""
        steps = set((self.register(kind, key).get("suspected_step") or "").split())
        return not self.review.steps or bool(self.review.steps & steps)

    def advice(self, rule: dict) -> list[str]:
        """Return what to look for and to do."""
        said = {"Look for": rule.get("look_for"), "To mend it": rule.get("remedy")}
        return [f"{what}: {text}" for what, text in said.items() if text]

    def concerns(self, owner_team: str | None) -> bool:
        """Return whether what belongs to a team is news for this one."""
        return self.team in ("all", owner_team if owner_team in TEAMS else NOBODY)

    def mine(self, found: Iterable[dict], owner_team: str | None = None) -> list[dict]:
        """Return the rows of records that this team is told of."""
        owns_the_rule = owner_team is not None and self.concerns(owner_team)
        return [row for row in found if owns_the_rule or self.concerns(row["team"])]

    def part_of(self, row: dict) -> str | None:
        """Return the part of a report that a row is of, a stage or source by its label."""
        report, part = row["report"], row.get("part")
        field = "stage" if report.startswith("pipeline_") else "source"
        return self.names.label(row["crm"], "opportunity", field, part) if part else part

    def named(self, crm: str, user_id: str | None) -> str | None:
        """Return the name of a user with the id behind it; the id where there is no name."""
        name = self.names.users.get((crm, user_id)) if user_id else None
        return f"{name} ({user_id})" if name and name != user_id else user_id

    @functools.cached_property
    def url_templates(self) -> dict[tuple[str, str], str]:
        """Return where a record is found in its CRM, for the objects of which that is told."""
        if not columns_of(self.connection, "policy.record_urls"):
            return {}
        return {
            (row["crm"], row["object_type"]): row["url_template"]
            for row in rows(self.connection, "select * from policy.record_urls")
            if is_url_template(row["url_template"])
        }

    def record(
        self, row: dict, at: datetime | None = None, word: str = "", note: str | None = None
    ) -> Record:
        """Return the record of a row, with the instant that matters and a word for it."""
        template = self.url_templates.get((row["crm"], row["object_type"]))
        amount = row.get("amount", row.get("value_at_stake"))
        owner = row.get("owner_id")
        return Record(
            record_key=row["record_key"],
            record_id=row["record_id"],
            name=self.names.records([row["record_key"]]).get(row["record_key"]),
            team=row.get("team"),
            owner=self.named(row["crm"], owner),
            amount=None if amount is None else amount_text(amount),
            at=f"{at.isoformat()}Z" if at else None,
            when=f"{word} {instant_text(at)}".strip() if at else None,
            note=self.names.spoken(note, row["crm"], row["object_type"]),
            url=template and template.replace("{record_id}", quote(row["record_id"], safe="")),
        )

    def signals_at(self, instant: datetime) -> dict[tuple, Point]:
        """Return the signals as of an instant, by this build's rows of that day.

        Of a signal that is rated as a business period ends, the last row whose day was over.
        """
        if ("signal", instant) in self.points:
            return self.points["signal", instant]
        business_day = (
            instant.replace(tzinfo=UTC).astimezone(self.settings.business_timezone).date()
        )
        found = self.read(
            "process_signals_daily",
            "as_of = ? and signal_date <= case when list_contains(?, signal) then ? else ? end "
            "qualify row_number() over (partition by crm, signal, object_type, segment "
            "order by signal_date desc) = 1",
            (self.as_of, self.period_signals, business_day - timedelta(days=1), instant.date()),
        )
        self.points["signal", instant] = {
            ("signal", row["signal"], *(row[name] for name in SERIES_KEY)): Point(
                row["signal_date"],
                row["numerator"],
                row["denominator"],
                row["rate"],
                row["status"],
                "; ".join(
                    f"{what} {amount_text(row[column], 'rate')}"
                    for what, column in (
                        ("usually", "baseline_rate"),
                        ("watch above", "watch_at"),
                        ("alert above", "alert_at"),
                    )
                    if row[column] is not None
                ),
                Decimal(1),
            )
            for row in found
            if self.is_told_of("signal", row["signal"])
        }
        return self.points["signal", instant]

    def last_day_of(self, mart: str, instant: datetime) -> list[dict]:
        """Return the rows of a mart of health metrics on its last day up to an instant."""
        last = f"(select max(metric_date) from marts.{mart} where metric_date <= ?)"
        return self.read(mart, f"metric_date = {last}", (instant.date(),))

    def keeps_metrics(self, instant: datetime) -> bool:
        """Return whether a day of health metrics up to an instant is kept, not rebuilt."""
        return bool(self.last_day_of("data_health_daily", instant))

    def metrics_at(self, instant: datetime) -> dict[tuple, Point]:
        """Return the health metrics on a day, or on the last day before it that is kept.

        Where none is kept yet, those that the histories tell of an earlier day.
        """
        if not self.review.has_metrics:
            return {}
        if ("metric", instant) in self.points:
            return self.points["metric", instant]
        found = self.last_day_of("data_health_daily", instant)
        if not found and columns_of(self.connection, "marts.data_health_rebuilt"):
            found = self.last_day_of("data_health_rebuilt", instant)
        points = self.points["metric", instant] = {}
        for row in found:
            is_higher_better = row["direction"] == "higher_is_better"
            points["metric", row["metric"], *(row[name] for name in SERIES_KEY)] = Point(
                row["metric_date"],
                row["numerator"],
                row["denominator"],
                row["value"],
                row["status"],
                f"target {amount_text(row['target'], row['unit'])}; alert "
                f"{'below' if is_higher_better else 'above'} "
                f"{amount_text(row['alert_at'], row['unit'])}",
                abs(row["alert_at"] - row["target"]) or Decimal(1),
                -1 if is_higher_better else 1,
                row["unit"],
            )
        return points

    def compared(self, since: datetime | None = None) -> list[tuple[tuple, Point, Point | None]]:
        """Return the signals and metrics of all teams with how they were, in a fixed order."""
        now = self.signals_at(self.as_of)
        earlier = self.metrics_at(self.since)
        was = self.signals_at(since or self.since) | earlier
        if earlier and self.keeps_metrics(self.since):
            now = now | self.metrics_at(self.as_of)
        else:
            # What no history tells is no news on the first day.
            now = now | {k: v for k, v in self.metrics_at(self.as_of).items() if k in earlier}
        return [
            (key, now[key], was.get(key))
            # `all` before the segments, those without one last.
            for key in sorted(now, key=lambda k: (k[:4], k[4] != "all", k[4] is None, k[4] or ""))
        ]
