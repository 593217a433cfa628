"""Tell what changed in the CRM's data: a daily digest, a weekly and a monthly review.

    crm-hygiene digest [--team all] [--review daily] [--format text] [--out FOLDER]

It reads the marts of the last build. A rule is news for the team that owns it, a record for the
team of its owner; what belongs to no team is RevOps's. With --out it writes digest.txt, .html (the
body of an e-mail) and .json to the folder, and of --team all also digest_<team>.* for each team;
of a review the files are named weekly and monthly instead.

The JSON has the keys
    subject        one line with the news first
    review, team   as asked for
    as_of, since   the time told of, after since up to as_of (UTC, ISO 8601)
    is_quiet       whether there is nothing to tell
    notes          sentences: what could not be compared, what stands as it stood
    parts          [{id, title, count, items}], none without items; an item is
        {id, title, crm, object_type, team, facts, advice, n_records, records}
        with texts in facts and advice, n_records of them in all and in records those shown, each
        {record_key, record_id, team, owner, amount, at, when, note, url}: at as ISO 8601 in UTC,
        when the same in words; what is not known is null.
"""

import calendar
import functools
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import duckdb
import jinja2
import yaml
from markupsafe import Markup

from crm_hygiene.cli import command_parser
from crm_hygiene.marts import ACTOR_IDS, is_url_template, personal_columns
from crm_hygiene.pages.files import TEMPLATES, write_page
from crm_hygiene.project import ROOT
from crm_hygiene.trace import printable, shortened
from crm_hygiene.warehouse import (
    WarehouseError,
    columns_of,
    open_warehouse,
    require_duckdb,
    rows,
)

TEAMS = ("sdr", "ae", "cs", "marketing", "revops")
NOBODY = "revops"
HIDDEN = "(hidden)"
# A subject is cut by the mail program; nobody reviews more than a score of records in a day.
N_NEWS = 4
N_MOVERS = 5
N_CANDIDATES = 5
N_RECORDS = 10
N_REVIEWED = 20
DUE_WITHIN_BUSINESS_DAYS = 2
CANDIDATES = {
    "delete": "To delete",
    "anonymize": "To anonymise",
    "quarantine": "To be decided by the owner",
    "archive": "To archive",
}
LISTS = (
    "keep_list",
    "reengage_candidates",
    "archive_candidates",
    "anonymize_candidates",
    "delete_candidates",
    "quarantine_queue",
)
PERIOD_SIGNAL = "commit_close_date_churn"
RANKS = {"ok": 0, "watch": 1, "alert": 2}
SERIES_KEY = ("crm", "object_type", "segment")


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
    "weekly": Review(
        "Weekly incentive review", "weekly", 7, "week", frozenset({"incentive"}), has_metrics=False
    ),
    "monthly": Review("Monthly SLA review", "monthly", None, "month", frozenset({"sla"})),
}


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
    team: str | None
    owner: str | None
    amount: str | None = None
    at: str | None = None
    when: str | None = None
    note: str | None = None
    url: str | None = None


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


def counted(number: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


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
    text = f"{value:,.2f}".rstrip("0").rstrip(".") if unit != "days" else f"{value:,.1f} days"
    return "0" if text == "-0" else text


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


class Digest:
    """What one team is told, of one span of time."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        review: Review,
        team: str = "all",
        shows_personal_data: bool = False,
    ):
        """Ask for the digest of the last build."""
        self.connection = connection
        self.review = review
        self.team = team
        self.shows_personal_data = shows_personal_data
        self.as_of = self.last_as_of()
        self.since = review.before(self.as_of)
        self.notes: list[str] = []
        variables = yaml.safe_load((ROOT / "dbt_project.yml").read_text("utf-8"))["vars"]
        self.business_zone = ZoneInfo(variables["business_timezone"])
        self.points: dict[tuple[str, datetime], dict[tuple, Point]] = {}

    def last_as_of(self) -> datetime:
        """Return as_of of the last build; the marts that keep history may also hold later days."""
        for mart in ("lifecycle_decisions", "process_signals_daily"):
            found = rows(self.connection, f"select max(as_of) as as_of from marts.{mart}")
            if found[0]["as_of"]:
                return found[0]["as_of"]
        raise WarehouseError("The marts hold no rows yet; run make build first.")

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

    @functools.cached_property
    def owner_names(self) -> dict[tuple[str, str], str]:
        """Return the owners' names; none unless personal data was asked for."""
        if not self.shows_personal_data:
            return {}
        query = " union ".join(f"select crm, owner_id, owner_name from marts.{x}" for x in LISTS)
        found = rows(self.connection, f"{query} order by all")
        return {(row["crm"], row["owner_id"]): row["owner_name"] for row in found}

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
            team=row.get("team"),
            owner=self.owner_names.get((row["crm"], owner)) or owner,
            amount=None if amount is None else amount_text(amount),
            at=f"{at.isoformat()}Z" if at else None,
            when=f"{word} {instant_text(at)}".strip() if at else None,
            note=note,
            url=template and template.replace("{record_id}", quote(row["record_id"], safe="")),
        )

    def signals_at(self, instant: datetime) -> dict[tuple, Point]:
        """Return the signals as of an instant, by this build's rows of that day.

        Of a signal that is judged as a business period ends, the last row whose day was over.
        """
        if ("signal", instant) in self.points:
            return self.points["signal", instant]
        business_day = instant.replace(tzinfo=UTC).astimezone(self.business_zone).date()
        found = self.read(
            "process_signals_daily",
            "as_of = ? and case when signal = ? then signal_date < ? else signal_date <= ? end "
            "qualify row_number() over (partition by crm, signal, object_type, segment "
            "order by signal_date desc) = 1",
            (self.as_of, PERIOD_SIGNAL, business_day, instant.date()),
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

    def metrics_at(self, instant: datetime) -> dict[tuple, Point]:
        """Return the health metrics on a day, or on the last day before it that is kept."""
        if not self.review.has_metrics:
            return {}
        if ("metric", instant) in self.points:
            return self.points["metric", instant]
        found = self.read(
            "data_health_daily",
            "metric_date = "
            "(select max(metric_date) from marts.data_health_daily where metric_date <= ?)",
            (instant.date(),),
        )
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
        was = self.signals_at(since or self.since) | self.metrics_at(self.since)
        if self.metrics_at(self.since):
            now = now | self.metrics_at(self.as_of)
        return [
            (key, now[key], was.get(key))
            # `all` before the segments, those without one last.
            for key in sorted(now, key=lambda k: (k[:4], k[4] != "all", k[4] is None, k[4] or ""))
        ]

    def series_items(self, part: str, found: list[tuple], n_advice: int = 2) -> list[Item]:
        """Return an item for each of this team's rules, CRM and object, its segments as facts."""
        groups = defaultdict(list)
        for key, now, was in found:
            if not self.concerns(self.register(*key[:2])["owner_team"]):
                continue
            day = "" if now.day == self.as_of.date() else f" on {day_text(now.day)}"
            groups[key[:4]].append(f"{segment_text(key[4])}{day}: {series_text(now, was)}")
        items = []
        for (kind, rule_id, crm, object_type), facts in groups.items():
            rule = self.register(kind, rule_id)
            items.append(
                Item(
                    f"{part}:{kind}:{rule_id}:{crm}:{object_type}",
                    rule["name"],
                    crm,
                    object_type,
                    rule["owner_team"],
                    facts,
                    self.advice(rule)[:n_advice],
                )
            )
        return items

    def tell(self) -> dict:
        """Return the digest, as the JSON has it."""
        parts = []
        for part in PARTS:
            if part.reviews and self.review not in [REVIEWS[name] for name in part.reviews]:
                continue
            items = part.items(self)
            if items:
                count = sum(item.n_records for item in items) if part.of_records else len(items)
                parts.append(
                    {
                        "id": part.id,
                        "title": part.title,
                        "count": count,
                        "items": [asdict(item) for item in items],
                        "news": counted(count, *part.noun) if part.noun else None,
                    }
                )
        if not rows(self.connection, "select 1 from marts.crm_inventory limit 1"):
            self.notes.append("The CRM holds no records.")
        if self.review.has_metrics and not self.metrics_at(self.since):
            self.note_first_metrics()
        if self.concerns(NOBODY):
            self.note_rejected_rows()
        if any(part["id"] == "candidates" for part in parts) and self.is_first_run():
            self.notes.append("First build of these marts: every candidate is new.")
        news = [part.pop("news") for part in parts]
        said = ", ".join([text for text in news if text][:N_NEWS]) or (
            "How things stand" if parts else f"Nothing new since {instant_text(self.since)}"
        )
        whose = "" if self.team == "all" else f" for {self.team}"
        return {
            "subject": f"{said} - {self.review.title}{whose}, {day_text(self.as_of)}",
            "review": next(name for name, one in REVIEWS.items() if one is self.review),
            "team": self.team,
            "as_of": f"{self.as_of.isoformat()}Z",
            "since": f"{self.since.isoformat()}Z",
            "is_quiet": not parts,
            "notes": self.notes,
            "parts": parts,
        }

    def is_first_run(self) -> bool:
        """Return whether nothing was decided before."""
        found = rows(
            self.connection,
            "select count(*) as n from marts.lifecycle_decision_log where decided_at < ?",
            (self.as_of,),
        )
        return not found[0]["n"]

    def note_first_metrics(self) -> None:
        """Say that there is no day to compare the metrics with, and how they are."""
        statuses = Counter(
            point.status
            for key, point in self.metrics_at(self.as_of).items()
            if key[4] == "all" and self.concerns(self.register(*key[:2])["owner_team"])
        )
        if statuses:
            self.notes.append(
                f"Health metrics: no day up to {day_text(self.since)} is kept to compare with; "
                f"today {statuses['alert']} in alert, {statuses['watch']} on watch."
            )

    def note_rejected_rows(self) -> None:
        """Say how many landed rows cannot be used."""
        found = rows(self.connection, "select count(*) as n from marts.rejected_rows")[0]["n"]
        if found:
            self.notes.append(
                f"{counted(found, 'landed row is', 'landed rows are')} rejected; "
                "marts.rejected_rows says why."
            )


def series_text(now: Point, was: Point | None) -> str:
    """Return how a signal or metric is and was."""
    status = {"insufficient_data": "too few to judge", "not_landed": "not landed"}
    figures = (
        f"{amount_text(now.value, 'days')} on average over {now.denominator:,}"
        if now.unit == "days" and now.denominator is not None
        else share_text(
            None if now.numerator is None else int(now.numerator), now.denominator, now.value
        )
    )
    then = "no figure to compare with"
    if was:
        then = f"was {status.get(was.status, was.status)} on {day_text(was.day)}" + (
            f" at {amount_text(was.value, was.unit)}" if was.value is not None else ""
        )
    return f"{status.get(now.status, now.status)}, {figures}; {then}" + (
        f" ({now.limits})" if now.limits else ""
    )


def worsened(digest: Digest, part: str, status: str) -> list[Item]:
    """Return what has a bad status now and had a better one, or none, before."""
    return digest.series_items(
        part,
        [
            (key, now, was)
            for key, now, was in digest.compared()
            if now.status == status and (was is None or was.rank is None or was.rank < now.rank)
        ],
    )


def eased(digest: Digest) -> list[Item]:
    """Return what was worse before, or can no longer be judged."""
    return digest.series_items(
        "eased",
        [
            (key, now, was)
            for key, now, was in digest.compared()
            if was and was.rank and (now.rank is None or now.rank < was.rank)
        ],
    )


def movers(digest: Digest) -> list[Item]:
    """Return what became worse by most: signals in a week or more, metrics since the day before."""
    found = []
    week_ago = min(digest.since, digest.as_of - timedelta(days=7))
    for key, now, was in digest.compared(week_ago):
        if was is None or now.rank is None or was.rank is None:
            continue
        change = (now.value - was.value) * now.sign
        # A change that the figures as shown do not have is none.
        if round(change, 1 if now.unit == "days" else 3) > 0:
            found.append((key[0], -change / now.span, key, now, was))
    shown = []
    for kind in ("signal", "metric"):
        worst = sorted((one for one in found if one[0] == kind), key=lambda one: one[1])
        shown += [one[2:] for one in worst[:N_MOVERS]]
    return digest.series_items("movers", shown, n_advice=1)


def signals(digest: Digest) -> list[Item]:
    """Return the signals of the review that occurred, whatever their status."""
    found = []
    for key, now, was in digest.compared():
        if key[0] == "signal" and key[4] == "all":
            if was == now and key[1] == PERIOD_SIGNAL:
                # No period ended meanwhile: the last one is told of against the one before.
                was = digest.signals_at(datetime.combine(now.day, time())).get(key)
            if now.numerator or (was and was.numerator):
                found.append((key, now, was))
    return digest.series_items("signals", found)


def listed(
    digest: Digest,
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
) -> Item:
    """Return an item about records: the most money first, then the latest."""
    keyed = [(row.get("amount", row.get("value_at_stake")), row) for row in found]
    keyed.sort(key=lambda one: one[1]["record_key"])
    if at:
        keyed.sort(key=lambda one: one[1][at[1]] or datetime.min, reverse=True)
    keyed.sort(key=lambda one: (one[0] is None, -(one[0] or 0)))
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


def stop_the_line(digest: Digest) -> list[Item]:
    """Return the days on which a machine did more damage than it may."""
    items = []
    for row in digest.read(
        "stop_the_line",
        "status = 'stop' and change_date >= ? "
        "order by change_date desc, n_bad_changes desc, crm, sample_records",
        (digest.since.date(),),
    ):
        ids = row["rules"].split(", ")
        known = [(kind, one) for one in ids for kind in ("archetype", "signal")]
        rules = [one for one in known if one in digest.registers]
        if not any(digest.is_told_of(*one) for one in rules or [("signal", "")]):
            continue
        if not any(
            digest.concerns(team)
            for team in [NOBODY, *(digest.register(*one)["owner_team"] for one in rules)]
        ):
            continue
        crm = row["crm"]
        keys = [
            key if key.startswith(f"{crm}:") else f"{crm}:{key}"
            for key in row["sample_records"].split(f", {crm}:")
        ]
        parts = [key.split(":", 2) for key in keys]
        machine = row["machine"]
        if machine == HIDDEN:
            machine = "an automation, integration or import (id hidden)"
        items.append(
            Item(
                f"stop_the_line:{crm}:{row['change_date']}:{keys[0]}:{row['n_bad_changes']}",
                f"Damage by {machine}",
                crm,
                None,
                NOBODY,
                [
                    f"{day_text(row['change_date'])}: {row['n_bad_changes']:,} of "
                    f"{counted(row['n_changes'], 'change')} were bad, on "
                    f"{counted(row['n_records'], 'record')} ({row['rules']}); it usually makes "
                    f"{amount_text(row['baseline_per_day'])} a day"
                ],
                ["To do: stop it, look at a record with make trace RECORD=..., undo the changes."],
                row["n_records"],
                [
                    digest.record(
                        {"record_key": key, "crm": crm, "object_type": one[1], "record_id": one[2]}
                    )
                    for key, one in zip(keys, parts, strict=True)
                ],
            )
        )
    return items


def review_lists(digest: Digest) -> list[Item]:
    """Return the records to review for each signal that is on watch or in alert."""
    items = []
    longest_list = rows(
        digest.connection,
        "select coalesce(try_cast(overrides.value as double), thresholds.value) as n "
        "from policy.thresholds left join policy.threshold_overrides as overrides "
        "using (threshold_id) where threshold_id = 'review_list__records'",
    )[0]["n"]
    found = digest.read("signal_review_list", "true order by segment <> 'all', review_rank")
    for key, all_rows in grouped(found, "signal", "crm", "object_type"):
        rule = digest.register("signal", key[0])
        if not digest.is_told_of("signal", key[0]):
            continue
        segments = list(dict.fromkeys(row["segment"] for row in all_rows))
        # The list of all segments holds the worst of each; segments alone take turns.
        lists = [r for r in all_rows if r["segment"] == "all"] or sorted(
            all_rows, key=lambda r: (r["review_rank"], r["segment"] is None, r["segment"] or "")
        )
        records = {row["record_key"]: row for row in lists}
        chosen = list(records.values())[:N_REVIEWED]
        is_cut = len(records) > N_REVIEWED or lists[-1]["review_rank"] >= longest_list
        mine = digest.mine(chosen, rule["owner_team"])
        if not mine:
            continue
        rates = [
            f"{segment_text(row['segment'])}: {row['status']} at {amount_text(row['rate'], 'rate')}"
            for row in (next(r for r in all_rows if r["segment"] == s) for s in segments)
        ]
        more = (
            f"the first {len(chosen)}, the largest amounts first"
            if is_cut
            else f"all {counted(len(chosen), 'record')} there are"
            if len(chosen) != 1
            else "the only record there is"
        )
        if len(mine) < len(chosen):
            more += f"; {len(mine)} of them yours"
        items.append(
            listed(
                digest,
                "review_lists",
                key,
                mine,
                title=rule["name"],
                facts=[*rates, f"To review: {more}."],
                team=rule["owner_team"],
                advice=[f"Look for: {mine[0]['look_for']}"],
                at=("last", "last_occurred_at"),
                note=lambda row: (
                    counted(row["n_occurrences"], "occurrence")
                    + (", new" if row["last_occurred_at"] > digest.since else "")
                ),
                longest=N_REVIEWED,
            )
        )
    return items


def new_breaches(digest: Digest) -> list[Item]:
    """Return the records that came to be in breach of a hygiene SLA."""
    items = []
    found = digest.read(
        "hygiene_sla_breaches",
        "breached_since > ? and breached_since <= ?",
        (digest.since, digest.as_of),
    )
    for key, all_rows in grouped(found, "sla_id", "crm", "object_type"):
        rule = digest.register("sla", key[0])
        mine = digest.mine(all_rows, rule["owner_team"])
        if mine:
            items.append(
                listed(
                    digest,
                    "new_breaches",
                    key,
                    mine,
                    title=rule["name"],
                    facts=[f"{counted(len(mine), 'record')} newly in breach"],
                    team=rule["owner_team"],
                    advice=digest.advice(rule),
                    at=("since", "breached_since"),
                    note=lambda row: row["detail"],
                )
            )
    return items


def sla_status(digest: Digest) -> list[Item]:
    """Return how the hygiene SLAs are kept, by whom they are missed."""
    items = []
    found = digest.read("hygiene_sla_status")
    for key, all_rows in grouped(found, "sla_id", "crm", "object_type"):
        rule = digest.register("sla", key[0])
        facts = []
        for row in sorted(
            digest.mine([r for r in all_rows if r["scope"] != "all"], rule["owner_team"])
            + [r for r in all_rows if r["scope"] == "all" and digest.concerns(rule["owner_team"])],
            key=lambda r: (
                ("all", "team", "owner").index(r["scope"]),
                -(r["n_breaches"] or 0),
                str(r["team"]),
                str(r["owner_id"]),
            ),
        ):
            if row["scope"] != "all" and row["status"] != "missed":
                continue
            owner = digest.owner_names.get((row["crm"], row["owner_id"])) or row["owner_id"]
            who = {"all": "all", "team": f"team {row['team'] or 'not known'}"}.get(
                row["scope"], f"owner {owner or 'none'}"
            )
            facts.append(
                f"{who}: {row['status'].replace('_', ' ')}, in breach "
                f"{share_text(row['n_breaches'], row['n_records'], row['rate'])}; "
                f"target {amount_text(row['target'], 'rate')} at most"
            )
        if facts:
            items.append(
                Item(
                    ":".join(("sla_status", *key)),
                    rule["name"],
                    key[1],
                    key[2],
                    rule["owner_team"],
                    shorter(facts),
                    digest.advice(rule),
                )
            )
    return items


def shorter(facts: list[str], longest: int = 2 * N_RECORDS) -> list[str]:
    """Return facts that do not fill the page, and how many are left out."""
    left = len(facts) - longest
    return facts if left <= 0 else [*facts[:longest], f"and {left:,} more"]


WITH_DECISION = """
    select reviews.*, decisions.team, decisions.owner_id, decisions.value_at_stake, decisions.reason
    from marts.candidate_reviews as reviews
    left join marts.lifecycle_decisions as decisions using (record_key)
    where
"""


def candidates(digest: Digest) -> list[Item]:
    """Return what is newly to be archived, anonymised, deleted or decided by its owner."""
    query = "reviews.decision <> 'keep' and reviews.first_candidate_at > ?"
    return candidate_items(digest, "candidates", query, (digest.since,), "new")


def reviews_due(digest: Digest) -> list[Item]:
    """Return the reviews that are overdue, and those that will be within two business days."""
    soon = after_business_days(digest, DUE_WITHIN_BUSINESS_DAYS)
    query = "reviews.review_state = 'open' and reviews.review_due_at"
    return candidate_items(
        digest, "overdue", f"{query} <= ?", (digest.as_of,), "overdue for review"
    ) + candidate_items(
        digest,
        "due",
        f"{query} > ? and reviews.review_due_at <= ?",
        (digest.as_of, soon),
        f"due for review by {instant_text(soon)}",
    )


def after_business_days(digest: Digest, n_days: int) -> datetime:
    """Return the instant so many business days after as_of."""
    found = rows(digest.connection, "select holiday_date from policy.holidays")
    holidays = {row["holiday_date"] for row in found}
    instant = digest.as_of
    while n_days:
        instant += timedelta(days=1)
        n_days -= instant.weekday() < 5 and instant.date() not in holidays
    return instant


def candidate_items(digest: Digest, part: str, query: str, values: tuple, what: str) -> list[Item]:
    """Return an item for each decision, CRM and object that a query finds candidates of."""
    found = digest.mine(rows(digest.connection, WITH_DECISION + query, values))
    return [
        listed(
            digest,
            part,
            key,
            mine,
            title=CANDIDATES[key[0]],
            facts=[
                f"{counted(len(mine), 'record')}, {what}: "
                + ", ".join(
                    f"{n:,} by {rule}"
                    for rule, n in sorted(
                        Counter(row["rule_id"] for row in mine).items(),
                        key=lambda one: (-one[1], one[0]),
                    )
                )
            ],
            advice=[
                "To do: decide what becomes of it; without an answer it is archived."
                if key[0] == "quarantine"
                else "To do: rescue what must stay before the review is due, approve the rest."
            ],
            at=("due", "review_due_at"),
            note=lambda row: row["reason"],
            longest=N_CANDIDATES,
        )
        for key, mine in sorted(
            grouped(found, "decision", "crm", "object_type"),
            key=lambda one: list(CANDIDATES).index(one[0][0]),
        )
    ]


def decisions(digest: Digest) -> list[Item]:
    """Return the records of which something else was decided than before, or that are gone."""
    query = """
        select log.*, decisions.team, decisions.owner_id, decisions.value_at_stake
        from marts.lifecycle_decision_log as log
        left join marts.lifecycle_decisions as decisions using (record_key)
        where log.decided_at > ? and log.decided_at <= ?
            and log.decision is distinct from log.previous_decision
            and log.previous_decision is not null
    """
    found = rows(digest.connection, query, (digest.since, digest.as_of))
    return [
        listed(
            digest,
            "decisions",
            key,
            mine,
            title=f"{key[0].capitalize()} before, now {key[1] or 'gone'}",
            facts=[counted(len(mine), "record")],
            advice=["Look for: what happened to the record, by make trace RECORD=..."],
            longest=N_CANDIDATES,
            at=("decided", "decided_at"),
            note=lambda row: row["reason"],
        )
        for key, mine in grouped(
            digest.mine(found), "previous_decision", "decision", "crm", "object_type"
        )
    ]


def reporting(digest: Digest) -> list[Item]:
    """Return the reports of closed periods that changed, or that the clean-up would change."""
    if not digest.concerns(NOBODY):
        return []
    items = []
    for mart, status, before, after, what in (
        ("reporting_drift", "drifted", "frozen_value", "current_value", "A closed period changed"),
        ("cleanup_impact", "breach", "value_before", "value_after", "The clean-up breaks a report"),
    ):
        order = "report, period, currency" + (", part" if mart == "cleanup_impact" else "")
        found = digest.read(mart, f"status = ? order by {order}", (status,))
        for key, all_rows in grouped(found, "crm", "report"):
            facts = [
                place_text(row["period"], row.get("part"), row["currency"])
                + f": {amount_text(row[before], row.get('unit', ''))}, "
                + f"now {amount_text(row[after], row.get('unit', ''))}"
                + (f" ({row['records']})" if row["records"] else "")
                for row in all_rows
            ]
            items.append(
                Item(
                    ":".join((mart, *key)),
                    f"{what}: {key[1]}",
                    key[0],
                    None,
                    NOBODY,
                    shorter(facts, N_RECORDS),
                    ["Look for: who changed these records, and whether the report was sent out."],
                )
            )
    return items


def failed_tests(digest: Digest) -> list[Item]:
    """Return that tests failed (a warning is data); `make failures` tells what they mean."""
    if not digest.concerns(NOBODY) or not columns_of(digest.connection, "marts.test_failures"):
        return []
    query = "select count(*) as n from marts.test_failures where status <> 'warned'"
    found = rows(digest.connection, query)[0]["n"]
    if not found:
        return []
    return [
        Item(
            "failed_tests",
            f"{counted(found, 'test')} failed",
            None,
            None,
            NOBODY,
            ["The figures below may be at risk."],
            ["To do: make failures"],
            found,
        )
    ]


def signatures(digest: Digest) -> list[Item]:
    """Return the traits of the review's workflow step that were found."""
    steps = sorted(digest.review.steps)
    earlier = digest.review.before(digest.since)
    evidence = defaultdict(list)
    for row in digest.read(
        "failure_signature_evidence",
        "list_contains(?, step) and occurred_at <= ? order by all",
        (steps, digest.as_of),
    ):
        evidence[row["crm"], row["signature"], row["object_type"]].append(row)
    items = []
    for row in digest.read(
        "failure_signatures",
        "status = 'measured' and list_contains(?, step) order by signature, crm, object_type",
        (steps,),
    ):
        key = (row["signature"], row["crm"], row["object_type"])
        if not (row["numerator"] or row["previous_numerator"]):
            continue
        cases = evidence[row["crm"], row["signature"], row["object_type"]]
        current = [one for one in cases if one["signature_window"] == "current"]
        shown = [one for one in current if one["occurred_at"] > digest.since] or current
        shown = list({one["record_key"]: one for one in shown}.values())
        mine = digest.mine(shown, NOBODY)
        if not (mine or digest.concerns(NOBODY)):
            continue
        span = f"{instant_text(row['window_started_at'])} to {instant_text(row['window_ended_at'])}"
        previous = share_text(
            row["previous_numerator"], row["previous_denominator"], row["previous_rate"]
        )
        facts = [
            f"{span}: {share_text(row['numerator'], row['denominator'], row['rate'])}; "
            f"as long before: {previous}"
            + (
                f"; {amount_text(row['expected_rate'], 'rate')} if spread evenly"
                if row["expected_rate"] is not None
                else ""
            ),
            f"Counts {row['numerator_is']} of {row['denominator_is']}.",
        ]
        if digest.review.days and row["window_ended_at"] == digest.as_of:
            happened = [
                one[1:]
                for one in {
                    (one["record_key"], one["occurred_at"], one["change_id"], one["related_id"])
                    for one in cases
                }
            ]
            n_now = sum(one[0] > digest.since for one in happened)
            n_before = sum(earlier < one[0] <= digest.since for one in happened)
            facts.append(f"This week {n_now:,}, the week before {n_before:,}.")
        title = row["signature"].replace("_", " ").capitalize()
        items.append(
            listed(
                digest,
                "signatures",
                key,
                mine,
                title=title,
                facts=facts,
                at=("", "occurred_at"),
                note=lambda one: one["detail"],
            )
            if mine
            else Item(":".join(("signatures", *key)), title, key[1], key[2], NOBODY, facts)
        )
    return items


def newly_dirty(digest: Digest) -> list[Item]:
    """Return the records that became dirty, by archetype, against as long before."""
    earlier = digest.review.before(digest.since)
    found = digest.read(
        "dirty_records", "first_bad_at > ? and first_bad_at <= ?", (earlier, digest.as_of)
    )
    items = []
    for key, all_rows in grouped(found, "archetype", "crm", "object_type"):
        rule = digest.register("archetype", key[0])
        mine = digest.mine(all_rows, rule["owner_team"])
        now = [row for row in mine if row["first_bad_at"] > digest.since]
        if now and digest.is_told_of("archetype", key[0]):
            items.append(
                listed(
                    digest,
                    "newly_dirty",
                    key,
                    now,
                    title=rule["name"],
                    facts=[
                        f"{counted(len(now), 'record')} this {digest.review.span}, "
                        f"{len(mine) - len(now):,} the {digest.review.span} before"
                    ],
                    team=rule["owner_team"],
                    advice=digest.advice(rule),
                    at=("since", "first_bad_at"),
                    note=lambda row: f"causing step: {row['causing_step']}",
                )
            )
    return items


def grades(digest: Digest) -> list[Item]:
    """Return the grade of each CRM against the start of the time told of."""
    if not digest.concerns(NOBODY):
        return []
    query = (
        "metric_date = (select max(metric_date) from marts.data_health_grades "
        "where metric_date <= ?) order by crm, object_type <> 'all', object_type"
    )
    then = {
        (row["crm"], row["object_type"]): row
        for row in digest.read("data_health_grades", query, (digest.since.date(),))
    }
    items = []
    found = digest.read("data_health_grades", query, (digest.as_of.date(),))
    for (crm,), all_rows in grouped(found, "crm"):
        facts = []
        for row in all_rows:
            was = then.get((crm, row["object_type"]))
            clean = share_text(row["n_without_finding"], row["n_live_records"], row["clean_share"])
            facts.append(
                f"{row['object_type']}: {row['grade']}, without a finding {clean}; "
                + (
                    f"was {was['grade']} at {amount_text(was['clean_share'], 'rate')} "
                    f"on {day_text(was['metric_date'])}"
                    if was
                    else f"no day up to {day_text(digest.since)} is kept to compare with"
                )
            )
        items.append(Item(f"grades:{crm}", "Data-health grade", crm, None, NOBODY, facts))
    return items


def cleanup(digest: Digest) -> list[Item]:
    """Return how far the clean-up has come."""
    reviews = digest.mine(rows(digest.connection, WITH_DECISION + "true"))
    gone = digest.mine(
        rows(
            digest.connection,
            "select crm, previous_decision as decision, cast(null as varchar) as team "
            "from marts.lifecycle_decision_log where change = 'gone' and decided_at > ? "
            "and decided_at <= ? and previous_decision in ('delete', 'archive', 'quarantine')",
            (digest.since, digest.as_of),
        )
    )
    items = []
    for crm in sorted({row["crm"] for row in reviews + gone}):
        facts = []
        for (decision,), found in grouped([r for r in reviews if r["crm"] == crm], "decision"):
            states = Counter(row["review_state"].replace("_", " ") for row in found)
            told = ", ".join(f"{n:,} {state}" for state, n in sorted(states.items()))
            n_cleared = sum(row["cleared_for"] is not None for row in found)
            facts.append(
                f"{decision}: {told}" + (f"; {n_cleared:,} may be carried out" if n_cleared else "")
            )
        n_gone = Counter(row["decision"] for row in gone if row["crm"] == crm)
        facts += [
            f"{counted(n, 'record')} to {decision} {'is' if n == 1 else 'are'} gone since "
            f"{day_text(digest.since)}"
            for decision, n in sorted(n_gone.items())
        ]
        items.append(Item(f"cleanup:{crm}", "Clean-up", crm, None, NOBODY, facts))
    return items


@dataclass(frozen=True)
class Part:
    """A section: how it is made, and in which reviews it stands (none: in all)."""

    id: str
    title: str
    items: Callable[[Digest], list[Item]]
    noun: tuple[str, ...] = ()
    reviews: tuple[str, ...] = ()
    of_records: bool = False


# In the order in which they are told; the first ones make the subject.
PARTS = (
    Part(
        "failed_tests",
        "Failed tests",
        failed_tests,
        ("failed test",),
        ("daily",),
        of_records=True,
    ),
    Part("stop_the_line", "Stop the line", stop_the_line, ("stop-the-line row",)),
    Part(
        "new_alerts",
        "New alerts",
        lambda digest: worsened(digest, "new_alerts", "alert"),
        ("new alert",),
    ),
    Part(
        "new_watches",
        "Newly on watch",
        lambda digest: worsened(digest, "new_watches", "watch"),
        ("newly on watch", "newly on watch"),
    ),
    Part("eased", "Better, or no longer judged", eased, ("better", "better")),
    Part("reporting", "Reports that do not hold", reporting, ("report", "reports")),
    Part(
        "signals",
        "How the signals stand",
        signals,
        ("signal with cases", "signals with cases"),
        ("weekly", "monthly"),
    ),
    Part(
        "signatures",
        "Signatures of failing steps",
        signatures,
        ("signature found", "signatures found"),
        ("weekly", "monthly"),
    ),
    Part(
        "newly_dirty",
        "Newly dirty",
        newly_dirty,
        ("newly dirty record",),
        ("weekly", "monthly"),
        of_records=True,
    ),
    Part("grades", "Grades", grades, (), ("monthly",)),
    Part("sla_status", "Hygiene SLAs", sla_status, (), ("monthly",)),
    Part(
        "new_breaches",
        "New breaches of hygiene SLAs",
        new_breaches,
        ("new breach", "new breaches"),
        ("daily", "monthly"),
        of_records=True,
    ),
    Part(
        "review_lists",
        "Records to review",
        review_lists,
        ("record to review", "records to review"),
        of_records=True,
    ),
    Part("movers", "Worst movers", movers, ("worst mover",), ("daily", "weekly")),
    Part(
        "reviews_due",
        "Reviews due",
        reviews_due,
        ("review due", "reviews due"),
        ("daily", "monthly"),
        of_records=True,
    ),
    Part(
        "decisions",
        "Decisions that changed",
        decisions,
        ("changed decision",),
        ("daily",),
        of_records=True,
    ),
    Part(
        "candidates",
        "New candidates",
        candidates,
        ("new candidate",),
        ("daily",),
        of_records=True,
    ),
    Part("cleanup", "Clean-up", cleanup, (), ("monthly",)),
)


def shown(value: object) -> object:
    """Return a text without what steers a terminal, turns lines around or fills the screen."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return shortened(printable(value))
    return "" if value is None else value


def as_text(digest: dict) -> str:
    """Return a digest as plain text."""
    return page("digest.txt", digest)


def as_html(digest: dict) -> str:
    """Return a digest as the body of an e-mail."""
    return page("digest.html", digest)


def as_json(digest: dict) -> str:
    """Return a digest as JSON."""
    return json.dumps(digest, ensure_ascii=False, indent=2) + "\n"


FORMATS = {"text": (as_text, "txt"), "html": (as_html, "html"), "json": (as_json, "json")}


def page(template: str, digest: dict) -> str:
    """Return a digest in the form of a template."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=template.endswith(".html"),
        finalize=shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    until, since = (datetime.fromisoformat(digest[name]) for name in ("as_of", "since"))
    return environment.get_template(template).render(
        digest, since_text=instant_text(since), as_of_text=instant_text(until)
    )


def write(out: Path, digests: list[dict], formats: Iterable[str]) -> None:
    """Write each digest in each format to a folder."""
    for digest in digests:
        team = "" if digest["team"] == "all" else f"_{digest['team']}"
        for name in formats:
            render, suffix = FORMATS[name]
            file = out / f"{REVIEWS[digest['review']].files}{team}.{suffix}"
            write_page(file, render(digest))


def main(arguments: list[str] | None = None) -> int:
    """Print or write the digest; return the exit code."""
    parser = command_parser("digest", __doc__)
    parser.add_argument("--team", choices=("all", *TEAMS), default="all")
    parser.add_argument("--review", choices=REVIEWS, default="daily")
    parser.add_argument("--format", choices=FORMATS, help="text where it is printed, else all")
    parser.add_argument("--out", type=Path, help="the folder to write to; else it is printed")
    parser.add_argument("--show-personal-data", action="store_true")
    parser.add_argument("--target", default=os.environ.get("CRM_HYGIENE_TARGET", "duckdb"))
    given = parser.parse_args(arguments)
    teams = ("all", *TEAMS) if given.out and given.team == "all" else (given.team,)
    try:
        require_duckdb(given.target, "make digest")
        with open_warehouse() as connection:
            digests = [
                Digest(connection, REVIEWS[given.review], team, given.show_personal_data).tell()
                for team in teams
            ]
        if given.out:
            write(given.out, digests, [given.format] if given.format else FORMATS)
        else:
            print(FORMATS[given.format or "text"][0](digests[0]), end="")
    except WarehouseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
