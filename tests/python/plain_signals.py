"""The process signals and six archetypes in plain Python, one record and one day at a time.

Written from the definitions, with exact arithmetic, and sharing nothing with the SQL: where both
agree on thousands of histories, both follow the definitions.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
WHITE_SPACE = " \t\n\r\v\f\u00a0\u200b\ufeff"
PLACEHOLDERS = {"tbd", "n/a", "na", "none", "-", "--", ".", "x", "xx", "xxx", "?", "unknown"}
PLACEHOLDERS |= {"test", "asdf", "null", ""}

ALL = "all"
STAGE_FIELD = {"opportunity": "stage", "lead": "status", "case": "status"}
ALL_TYPES = ["account", "contact", *STAGE_FIELD]
OBJECT_TYPES = {
    "stage_dwell_anomaly": list(STAGE_FIELD),
    "stage_dwell_shift": list(STAGE_FIELD),
    "multi_stage_jump": list(STAGE_FIELD),
    "owner_ping_pong": ALL_TYPES,
    "late_edit": list(STAGE_FIELD),
    "commit_close_date_churn": ["opportunity"],
    "sla_rush_update": ALL_TYPES,
}
EDITED_LATE = ("close_date", "amount", "lead_source")
MACHINES = ("automation", "integration")
COMMITTED = {"commit", "forecast", "committed"}


# --- What is landed ---


@dataclass(frozen=True)
class Record:
    """A landed record; `stage` is the status of leads and cases."""

    object_type: str
    record_id: str
    created_at: datetime
    stage: str | None = None
    owner_id: str | None = None
    segment: str | None = None
    pipeline: str | None = None
    lead_source: str | None = None
    forecast_category: str | None = None
    deleted_at: datetime | None = None
    merged_into_id: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.object_type, self.record_id


@dataclass(frozen=True)
class Change:
    """A landed row of the changes; the later in the list, the later it was landed."""

    object_type: str
    record_id: str
    field: str
    changed_at: datetime
    change_id: str
    sequence: int | None = None
    old_value: str | None = None
    new_value: str | None = None
    changed_by: str | None = None
    channel: str | None = None
    correlation_id: str | None = None

    @property
    def order(self) -> tuple:
        """NULL sequences come first."""
        return self.changed_at, self.sequence is not None, self.sequence or 0, self.change_id


@dataclass(frozen=True)
class Stage:
    """What a stage means in one pipeline (None: in every one that does not say)."""

    object_type: str
    stage: str
    order: int | None
    kind: str | None = None
    is_milestone: bool = False
    pipeline: str | None = None
    is_commit: bool = False


@dataclass(frozen=True)
class Clock:
    """An SLA clock."""

    object_type: str
    record_id: str
    sla: str
    started_at: datetime
    due_at: datetime


@dataclass(frozen=True)
class Event:
    """A workflow event."""

    event_id: str
    occurred_at: datetime
    object_type: str
    record_id: str
    correlation_id: str | None = None


@dataclass
class Landing:
    """One CRM as landed; `kinds` tells what each user is."""

    records: list[Record] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    kinds: dict[str, str | None] = field(default_factory=dict)
    crm: str = "open"


@dataclass(frozen=True)
class Scoped:
    """A value of the policy for some records alone: a window, a share, or a signal's limit."""

    name: str | tuple[str, str]
    value: timedelta | Fraction
    crm: str | None = None
    pipeline: str | None = None
    segment: str | None = None

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """The higher, the more it goes before others."""
        return self.segment is not None, self.pipeline is not None, self.crm is not None


@dataclass(frozen=True)
class Policy:
    """The thresholds, as the policy seed ships them."""

    window: timedelta = 28 * DAY
    days: int = 180
    sla_baseline: timedelta = 84 * DAY
    minimum_sample: int = 20
    dwell_baseline: timedelta = 180 * DAY
    dwell_minimum: int = 20
    low: Fraction = Fraction(1, 10)
    high: Fraction = Fraction(9, 10)
    shift: Fraction = Fraction(1, 5)
    shift_minimum: int = 5
    jump_changes: int = 2
    jump_within: timedelta = DAY
    ping_pong_changes: int = 2
    ping_pong_within: timedelta = 7 * DAY
    last_days: int = 7
    rush: timedelta = timedelta(minutes=15)
    one_save: timedelta = timedelta(seconds=1)
    first_value: timedelta = timedelta(seconds=60)
    pushes: int = 3
    preceding: timedelta = timedelta(minutes=15)
    limits: tuple = (
        ("stage_dwell_anomaly", Fraction(25, 100), Fraction(35, 100)),
        ("stage_dwell_shift", Fraction(10, 100), Fraction(20, 100)),
        ("multi_stage_jump", Fraction(2, 100), Fraction(5, 100)),
        ("owner_ping_pong", Fraction(3, 100), Fraction(8, 100)),
        ("late_edit", Fraction(10, 100), Fraction(15, 100)),
        ("commit_close_date_churn", Fraction(10, 100), Fraction(15, 100)),
        ("sla_rush_update", Fraction(10, 100), Fraction(25, 100)),
    )
    scoped: tuple[Scoped, ...] = ()


@dataclass(frozen=True)
class Calendar:
    """The business clock and its periods of so many months."""

    zone: str = "UTC"
    months: int = 1
    first_month: int = 1

    def local(self, instant: datetime) -> datetime:
        return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)

    def midnight(self, day: date) -> datetime:
        """The UTC instant at which a business day starts."""
        local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.zone))
        return local.astimezone(UTC).replace(tzinfo=None)

    def period_end(self, day: date) -> date:
        """The first day after the business period that holds a day."""
        months_in = (day.month - self.first_month) % self.months
        month = day.month - 1 - months_in + self.months
        return date(day.year + month // 12, month % 12 + 1, 1)


# --- What comes out ---


class Evidence(NamedTuple):
    """One occurrence; in place of a record a dwell shift has (pipeline, stage, segment, week)."""

    signal: str
    object_type: str
    record_id: str | tuple
    occurred_at: datetime
    change_id: str | None = None
    kind: str | None = None


class Daily(NamedTuple):
    """One day's rate; numbers are None where the input is not landed."""

    numerator: int | None
    denominator: int | None
    status: str
    baseline: Fraction | None = None


class Period(NamedTuple):
    """A stage period, current where `ended_at` is None."""

    stage: str | None
    started_at: datetime
    ended_at: datetime | None
    started_by: str | None
    ended_by: str | None
    is_terminal: bool
    is_milestone: bool


# --- Small helpers ---


def folded(value: str | None) -> str | None:
    """A value, None where it is blank."""
    return None if (value or "").strip(WHITE_SPACE).lower() in PLACEHOLDERS else value


def happened(times: list[datetime], after: datetime, until: datetime) -> bool:
    """Whether one of the sorted times lies in ]after, until]."""
    place = bisect_right(times, after)
    return place < len(times) and times[place] <= until


def as_date(value: str | None) -> date | None:
    """The date that a value holds."""
    try:
        return date.fromisoformat((value or "")[:10])
    except ValueError:
        return None


def microseconds(length: timedelta) -> int:
    return length // MICROSECOND


def quantile(values: list[int], share: Fraction) -> Fraction:
    """The quantile of sorted values with linear interpolation."""
    rank = share * (len(values) - 1)
    low = int(rank)
    high = min(low + 1, len(values) - 1)
    return values[low] + (rank - low) * (values[high] - values[low])


def with_all(counts: Counter) -> Counter:
    """Counts by object type, segment and day, with those of all segments."""
    totals = Counter()
    for (object_type, _, day), n in counts.items():
        totals[object_type, ALL, day] += n
    return counts + totals


def saves(changes: list[Change], within: timedelta) -> list[Change]:
    """The effective changes of one field in order, those of one save as one."""
    found, previous = [], None
    for change in sorted(changes, key=lambda one: one.order):
        goes_on = (
            previous is not None
            and change.sequence is None
            and change.changed_by is not None
            and change.changed_by == previous.changed_by
            and change.changed_at - previous.changed_at <= within
            and (
                change.old_value == previous.new_value
                or (change.old_value, change.new_value) == (previous.old_value, previous.new_value)
            )
        )
        if goes_on:
            found[-1] = replace(change, old_value=found[-1].old_value)
        else:
            found.append(change)
        previous = change
    return [change for change in found if change.old_value != change.new_value]


class History:
    """A visible record and its effective visible changes."""

    def __init__(
        self,
        record: Record,
        changes: list[Change],
        later: list[Change],
        stage_of,
        first_value: timedelta,
    ):
        self.record = record
        self.changes = sorted(changes, key=lambda change: change.order)
        self._later = later
        self._stage_of = stage_of
        self._first_value = first_value

    def of(self, *fields: str) -> list[Change]:
        """The changes of some fields in order."""
        return [change for change in self.changes if change.field in fields]

    def value(self, name: str, landed: str | None) -> str | None:
        """The value of a field at as_of, before its first visible change the old value of it."""
        if visible := self.of(name):
            return visible[-1].new_value
        later = [change for change in self._later if change.field == name]
        return min(later, key=lambda change: change.order).old_value if later else landed

    @cached_property
    def stage_changes(self) -> list[Change]:
        return self.of(STAGE_FIELD.get(self.record.object_type, "no stage"))

    @cached_property
    def periods(self) -> list[Period]:
        if self.record.object_type not in STAGE_FIELD:
            return []
        changes = self.stage_changes
        starts = [self.record.created_at, *(change.changed_at for change in changes)]
        starts[0] = min(starts[:2])
        first = self.value(STAGE_FIELD[self.record.object_type], self.record.stage)
        stages = [changes[0].old_value if changes else first]
        stages += [change.new_value for change in changes]
        made_by = [None, *(change.change_id for change in changes), None]
        periods = []
        for number, stage in enumerate(stages):
            meaning = self._stage_of(self.record, stage)
            is_terminal = bool(meaning) and meaning.kind in ("won", "lost")
            is_milestone = bool(meaning) and meaning.is_milestone
            place = slice(number, number + 2)
            periods.append(
                Period(stage, *[*starts, None][place], *made_by[place], is_terminal, is_milestone)
            )
        one = periods[0]
        is_short = one.ended_at and one.ended_at - one.started_at <= self._first_value
        return periods[1:] if one.stage is None and is_short else periods


class Signals:
    """Everything that the definitions say of a landing at as_of."""

    def __init__(
        self,
        landing: Landing,
        as_of: datetime,
        policy: Policy = Policy(),  # noqa: B008 (frozen)
        calendar: Calendar = Calendar(),  # noqa: B008 (frozen)
    ):
        self.landing, self.as_of, self.policy, self.calendar = landing, as_of, policy, calendar
        told = {change.change_id: change for change in landing.changes}  # the last landed wins
        fields = defaultdict(list)
        for row in told.values():
            change = replace(row, old_value=folded(row.old_value), new_value=folded(row.new_value))
            if change.old_value != change.new_value:
                fields[change.object_type, change.record_id, change.field].append(change)
        changes, later = defaultdict(list), defaultdict(list)
        for (*key, _), rows in fields.items():
            for change in saves(rows, policy.one_save):
                visible = changes if change.changed_at <= as_of else later
                visible[tuple(key)].append(change)
        self.merged_at = defaultdict(set)
        for record in landing.records:
            if record.merged_into_id and record.deleted_at and record.deleted_at <= as_of:
                self.merged_at[record.object_type, record.merged_into_id].add(record.deleted_at)
        self.histories = {
            record.key: History(
                record, changes[record.key], later[record.key], self.stage_of, policy.first_value
            )
            for record in landing.records
            if record.created_at <= as_of
        }
        self._stages = defaultdict(list)
        self._commit_stages = {}
        for row in landing.stages:
            self._stages[row.object_type, row.stage].append(row)
        self.days = [as_of - days * DAY for days in range(policy.days + 1)]

    def scoped(self, name, value, pipeline: str | None = None, segment: str | None = None):
        """The policy's value for a pipeline and segment of this CRM, else the one of all."""
        rows = [
            row
            for row in self.policy.scoped
            if row.name == name
            and row.crm in (None, self.landing.crm)
            and row.pipeline in (None, pipeline)
            and row.segment in (None, segment)
        ]
        return max(rows, key=lambda row: row.rank).value if rows else value

    def stage_of(self, record: Record, stage: str | None) -> Stage | None:
        """A stage's row of the record's pipeline, else of none, else of any."""
        rows = self._stages.get((record.object_type, stage), [])
        preferred = [row for row in rows if row.pipeline == record.pipeline]
        preferred += [row for row in rows if row.pipeline is None]
        return next(iter(preferred + rows), None)

    def is_live(self, record: Record) -> bool:
        if record.deleted_at:
            return record.deleted_at > self.as_of
        return record.merged_into_id is None

    def open_until(self, record: Record, end: datetime | None) -> datetime:
        """The end of a period, at the latest the record's deletion, far off where there is none.

        What was merged away at an unknown time was open at no time that we know of.
        """
        if not self.is_live(record):
            return min(end or datetime.max, record.deleted_at or datetime.min)
        return end or datetime.max

    def open_spans(self, history: History) -> list[tuple[datetime, datetime]]:
        """When a record was open, [start, end[."""
        record = history.record
        if record.object_type in STAGE_FIELD:
            spans = [
                (one.started_at, one.ended_at) for one in history.periods if not one.is_terminal
            ]
        else:
            spans = [(record.created_at, None)]
        spans = [(start, self.open_until(record, end)) for start, end in spans]
        return [(start, end) for start, end in spans if start < end]

    def is_open_within(self, spans, after: datetime, until: datetime) -> bool:
        """Whether one of the spans holds an instant of ]after, until]."""
        return any(start <= until and end > after for start, end in spans)

    @cached_property
    def has_categories(self) -> bool:
        """Whether the changes of the deals' forecast category are landed."""
        return any(
            change.object_type == "opportunity" and change.field == "forecast_category"
            for change in self.landing.changes
        )

    def commit_stage(self, record: Record, stage: str | None) -> str | None:
        """Whether a stage is the commit stage of its list or later, else its last milestone."""
        key = (record.object_type, record.pipeline, stage)
        if key not in self._commit_stages:
            self._commit_stages[key] = self.find_commit_stage(record, stage)
        return self._commit_stages[key]

    def find_commit_stage(self, record: Record, stage: str | None) -> str | None:
        """As commit_stage; of the record its type and pipeline are read alone."""

        def home(row: Stage) -> str | None:
            return None if row.pipeline in (None, record.pipeline) else row.pipeline

        def is_open(row: Stage) -> bool:
            return row.kind in (None, "open")

        mine = self.stage_of(record, stage)
        if not mine or not is_open(mine):
            return None
        names = {row.stage for row in self.landing.stages if row.object_type == "opportunity"}
        rows = [self.stage_of(record, name) for name in names]
        rows = [row for row in rows if row and home(row) == home(mine) and is_open(row)]
        commits = [row for row in rows if row.is_commit]
        basis = "commit_stage" if commits else "last_milestone"
        orders = [row.order for row in commits or rows if row.is_commit or row.is_milestone]
        orders = [order for order in orders if order is not None]
        if commits and mine.is_commit or not (commits or orders) and mine.is_milestone:
            return basis
        start = (min if commits else max)(orders, default=None)
        return basis if None not in (start, mine.order) and mine.order >= start else None

    def commit_spans(self, history: History) -> list[tuple[datetime, datetime, str]]:
        """When a deal was committed, ]start, end], and by what."""
        record = history.record
        changes = history.of("forecast_category")
        categories = [(record.created_at, history.value("forecast_category", None))]
        if changes:
            categories = [(min(record.created_at, changes[0].changed_at), changes[0].old_value)]
        elif not any(one.field == "forecast_category" for one in history._later):
            categories = [(record.created_at, folded(record.forecast_category))]
        categories += [(change.changed_at, change.new_value) for change in changes]
        stays = [(one.started_at, one.stage) for one in history.periods]
        instants = sorted({at for at, _ in (*categories, *stays)})
        found = []
        for start, end in zip(instants, [*instants[1:], datetime.max], strict=True):
            category = [value for at, value in categories if at <= start][-1:]
            stage = [value for at, value in stays if at <= start][-1:]
            if self.has_categories and category != [None]:
                is_commit = bool(category) and category[0].strip().lower() in COMMITTED
                basis = "forecast_category" if is_commit else None
            else:
                basis = self.commit_stage(record, stage[0]) if stage else None
            if basis:
                found.append((start, end, basis))
        return found

    def first_milestone(self, history: History) -> datetime | None:
        return min((one.started_at for one in history.periods if one.is_milestone), default=None)

    # --- Evidence ---

    def bursts(self, changes: list[Change], n: int, within: timedelta) -> list[Change]:
        """The changes whose (n-1)th previous one is within so long a time."""
        return [
            last
            for first, last in zip(changes, changes[n - 1 :], strict=False)
            if last.changed_at - first.changed_at <= within
        ]

    @cached_property
    def evidence(self) -> list[Evidence]:
        found = [*self.dwell_anomalies(), *self.dwell_shifts()]
        for key, history in self.histories.items():
            changes = {
                "multi_stage_jump": self.jumps(history),
                "owner_ping_pong": self.ping_pongs(history),
                "late_edit": self.late_edits(history),
                "commit_close_date_churn": [one for one, _ in self.commit_churns(history)],
                "sla_rush_update": self.rushes(history),
            }
            returns = self.returns(history)
            bases = {one.change_id: basis for one, basis in self.commit_churns(history)}
            for signal, rows in changes.items():
                for one in rows:
                    kind = one.field if signal == "late_edit" else None
                    if signal == "commit_close_date_churn":
                        kind = bases[one.change_id]
                    if signal == "owner_ping_pong":
                        kind = "return" if one in returns else "onward"
                    found.append(Evidence(signal, *key, one.changed_at, one.change_id, kind))
        return found

    def edits(self, history: History) -> list[Change]:
        """The changes without those that the CRM makes by itself."""
        key, near = history.record.key, self.policy.one_save
        closed_at = [
            one.changed_at
            for one in history.stage_changes
            if key[0] == "opportunity"
            and (meaning := self.stage_of(history.record, one.new_value))
            and meaning.kind in ("won", "lost")
        ]
        moved_at = [one.changed_at for one in history.stage_changes if key[0] == "opportunity"]

        def is_by_crm(change: Change) -> bool:
            if any(abs(change.changed_at - at) <= near for at in self.merged_at[key]):
                return True
            if change.field == "forecast_category":
                return any(abs(change.changed_at - at) <= near for at in moved_at)
            day = as_date(change.new_value)
            today = self.calendar.local(change.changed_at).date()
            return (
                change.field == "close_date"
                and day is not None
                and abs(day - today) <= DAY
                and any(abs(change.changed_at - at) <= near for at in closed_at)
            )

        return [change for change in history.changes if not is_by_crm(change)]

    def owner_changes(self, history: History) -> list[Change]:
        """The owner changes that give the record away."""
        changes = [change for change in self.edits(history) if change.field == "owner_id"]
        kinds = [self.landing.kinds.get(change.new_value) for change in changes]
        first_person = next((n for n, kind in enumerate(kinds) if kind != "queue"), 0)
        every = history.of("owner_id")
        return [
            change
            for change in changes[first_person:]
            if change is not every[0] or change.old_value is not None
        ]

    def jumps(self, history: History) -> list[Change]:
        policy = self.policy
        changes = history.stage_changes
        if changes and changes[0].old_value is None:
            changes = changes[1:]
        place = (history.record.pipeline, history.record.segment)
        within = self.scoped("jump_within", policy.jump_within, *place)
        return self.bursts(changes, policy.jump_changes, within)

    def ping_pongs(self, history: History) -> list[Change]:
        policy = self.policy
        place = (history.record.pipeline, history.record.segment)
        within = self.scoped("ping_pong_within", policy.ping_pong_within, *place)
        return self.bursts(self.owner_changes(history), policy.ping_pong_changes, within)

    def returns(self, history: History) -> list[Change]:
        """The owner changes that go back to the owner before."""
        return [
            change
            for previous, change in pairwise(self.owner_changes(history))
            if change.new_value == previous.old_value
        ]

    def is_regression(self, history: History, change: Change) -> bool:
        old, new = (
            self.stage_of(history.record, stage) for stage in (change.old_value, change.new_value)
        )
        has_orders = old and new and old.order is not None and new.order is not None
        if not has_orders or (new.kind == old.kind and new.kind in ("won", "lost")):
            return False
        return new.order < old.order

    def late_edits(self, history: History) -> list[Change]:
        milestone = self.first_milestone(history)
        stage_field = STAGE_FIELD.get(history.record.object_type)
        edits = [change for change in self.edits(history) if change.field in EDITED_LATE]
        moves = [
            change
            for change in history.changes
            if change.field == stage_field and self.is_regression(history, change)
        ]
        return [
            change for change in (*edits, *moves) if milestone and change.changed_at > milestone
        ]

    def commit_churns(self, history: History) -> list[tuple[Change, str]]:
        """The moves of a committed deal's close date, with what it was committed by."""
        if history.record.object_type != "opportunity":
            return []
        committed, spans = self.commit_spans(history), self.open_spans(history)
        found = []
        for change in self.edits(history):
            if change.field != "close_date":
                continue
            at = change.changed_at
            day = self.calendar.local(at).date()
            is_last_days = self.calendar.period_end(day) - day <= self.policy.last_days * DAY
            is_open = any(start <= at < end for start, end in spans)
            basis = [basis for start, end, basis in committed if start < at <= end]
            if basis and is_last_days and is_open:
                found.append((change, *basis))
        return found

    def is_by_machine(self, change: Change) -> bool:
        kind = self.landing.kinds.get(change.changed_by)
        return (change.channel or "").lower() in MACHINES or kind in MACHINES

    @cached_property
    def clocks(self) -> dict[tuple, list[Clock]]:
        """The visible clocks of each record."""
        found = defaultdict(list)
        for clock in self.landing.clocks:
            if clock.started_at <= self.as_of:
                found[clock.object_type, clock.record_id].append(clock)
        return found

    def rush(self, history: History, clock: Clock) -> list[Change]:
        return [
            change
            for change in self.edits(history)
            if clock.due_at - self.policy.rush <= change.changed_at < clock.due_at
            and not self.is_by_machine(change)
        ]

    def rushes(self, history: History) -> list[Change]:
        """The rushed changes, each once for every clock that it beats."""
        clocks = self.clocks[history.record.key]
        return [change for clock in clocks for change in self.rush(history, clock)]

    # --- Dwell ---

    @cached_property
    def dwells(self) -> dict[tuple, list[tuple[datetime, int]]]:
        """When completed periods ended and how long they were, per stage and segment."""
        found = defaultdict(list)
        for history in self.histories.values():
            record = history.record
            for one in history.periods:
                if one.ended_at and not one.is_terminal:
                    length = microseconds(one.ended_at - one.started_at)
                    stage = (record.object_type, record.pipeline, one.stage)
                    for segment in (record.segment, ALL):
                        found[*stage, segment].append((one.ended_at, length))
        return found

    @cached_property
    def baselines(self) -> dict[tuple, list[int]]:
        """The sorted lengths of the baseline's periods."""
        since = self.as_of - self.policy.dwell_baseline
        found = {
            group: sorted(length for ended_at, length in dwells if ended_at > since)
            for group, dwells in self.dwells.items()
        }
        return {group: lengths for group, lengths in found.items() if lengths}

    def limits(self, record: Record, stage: str | None) -> tuple[Fraction, Fraction] | None:
        """The low and the high quantile that judge a stage's periods."""
        key = (record.object_type, record.pipeline, stage)
        return self._limits.get((*key, record.segment), self._limits.get((*key, ALL)))

    @cached_property
    def _limits(self) -> dict[tuple, tuple[Fraction, Fraction]]:
        found = {}
        for group, lengths in self.baselines.items():
            if len(lengths) >= self.policy.dwell_minimum:
                _, pipeline, *_ = group
                shares = [
                    self.scoped(name, getattr(self.policy, name), pipeline)
                    for name in ("low", "high")
                ]
                found[group] = (quantile(lengths, shares[0]), quantile(lengths, shares[1]))
        return found

    @cached_property
    def percentiles(self) -> dict[tuple, tuple]:
        """Number, p10, p50 and p90 in microseconds, and basis, per stage and segment."""
        found = {}
        for (*stage, segment), lengths in self.baselines.items():
            shares = [quantile(lengths, Fraction(tenths, 10)) for tenths in (1, 5, 9)]
            basis = "stage" if (*stage, ALL) in self._limits else "none"
            if segment != ALL and (*stage, segment) in self._limits:
                basis = "segment"
            found[*stage, segment] = (len(lengths), *shares, basis)
        return found

    def judged(self, record: Record, period: Period) -> str | None:
        """What a completed period is: too_short, too_long, or neither."""
        limits = self.limits(record, period.stage)
        if period.is_terminal or not period.ended_at or not limits:
            return None
        length = microseconds(period.ended_at - period.started_at)
        return "too_short" if length < limits[0] else "too_long" if length > limits[1] else None

    def stuck_after(self, record: Record, period: Period) -> Fraction | None:
        """The length in microseconds beyond which an open period is stuck."""
        limits = self.limits(record, period.stage)
        return None if period.is_terminal or not limits else limits[1]

    def dwell_anomalies(self):
        for key, history in self.histories.items():
            for one in history.periods:
                kind = self.judged(history.record, one)
                if kind:
                    yield Evidence("stage_dwell_anomaly", *key, one.ended_at, one.ended_by, kind)
                limit = self.stuck_after(history.record, one)
                if one.ended_at or limit is None or not self.is_live(history.record):
                    continue
                if microseconds(self.as_of - one.started_at) > limit:
                    stuck_at = one.started_at + timedelta(seconds=limit // 1_000_000)
                    yield Evidence("stage_dwell_anomaly", *key, stuck_at, one.started_by, "stuck")

    @cached_property
    def weeks(self) -> dict[tuple, tuple[int, Fraction]]:
        """Number and median length of the periods that ended in each complete business week."""
        lengths = defaultdict(list)
        for group, dwells in self.dwells.items():
            for ended_at, length in dwells if group[-1] != ALL else []:
                day = self.calendar.local(ended_at).date()
                week = day - day.weekday() * DAY
                if self.calendar.midnight(week + 7 * DAY) <= self.as_of:
                    lengths[*group, week].append(length)
        return {
            week: (len(found), quantile(sorted(found), Fraction(1, 2)))
            for week, found in lengths.items()
        }

    @cached_property
    def week_pairs(self) -> dict[tuple, bool]:
        """Whether the median shifted, for each week that can be compared with the week before."""
        pairs = {}
        for (*group, week), (n, median) in self.weeks.items():
            n_before, before = self.weeks.get((*group, week - 7 * DAY), (0, None))
            if min(n, n_before) >= self.policy.shift_minimum:
                pairs[*group, week] = abs(median - before) > self.policy.shift * before
        return pairs

    def shown_at(self, week: date) -> datetime:
        return self.calendar.midnight(week + 7 * DAY)

    def dwell_shifts(self):
        for (object_type, pipeline, stage, segment, week), is_shift in self.week_pairs.items():
            if is_shift:
                place = (pipeline, stage, segment, week)
                yield Evidence("stage_dwell_shift", object_type, place, self.shown_at(week))

    # --- Daily rates ---

    def input_is_landed(self, signal: str, object_type: str) -> bool:
        told = {row.field for row in self.landing.changes if row.object_type == object_type}
        stage = STAGE_FIELD.get(object_type)
        needed = {"owner_ping_pong": {"owner_id"}, "sla_rush_update": set()}
        needed["commit_close_date_churn"] = {stage, "close_date"}
        is_landed = bool(told) and needed.get(signal, {stage}) <= told
        is_told = signal == "commit_close_date_churn" and self.has_categories
        if signal in ("late_edit", "commit_close_date_churn") and not is_told:
            stages = [row for row in self.landing.stages if row.object_type == object_type]
            is_landed = is_landed and any(row.is_milestone for row in stages)
        if signal == "sla_rush_update":
            clocks = self.landing.clocks
            is_landed = is_landed and any(row.object_type == object_type for row in clocks)
        return is_landed

    def status(
        self,
        signal: str,
        segment: str | None,
        numerator: int,
        denominator: int,
        baseline: Fraction | None = None,
    ) -> str:
        """What a rate says; of a baseline the limits are shares that it may be above it."""
        if denominator < self.policy.minimum_sample:
            return "insufficient_data"
        shipped = next(limits for name, *limits in self.policy.limits if name == signal)
        watch, alert = (
            self.scoped((signal, name), value, segment=segment)
            for name, value in zip(("watch", "alert"), shipped, strict=True)
        )
        if baseline is not None:
            watch, alert = baseline * (1 + watch), baseline * (1 + alert)
        rate = Fraction(numerator, denominator)
        return "alert" if rate > alert else "watch" if rate > watch else "ok"

    @cached_property
    def daily(self) -> dict[tuple, Daily]:
        """The rate by signal, object type, segment and date, where anything was exposed.

        What has no input is told for segment `all` only.
        """
        found = {}
        present = {"opportunity", *(object_type for object_type, _ in self.histories)}
        judged = {
            signal: {name for name in object_types if self.input_is_landed(signal, name)}
            for signal, object_types in OBJECT_TYPES.items()
        }
        counters = {
            "multi_stage_jump": self.count_jumps,
            "owner_ping_pong": self.count_ping_pongs,
            "late_edit": self.count_late_edits,
            "stage_dwell_anomaly": self.count_dwell_anomalies,
            "stage_dwell_shift": self.count_dwell_shifts,
            "commit_close_date_churn": self.count_commit_churns,
        }
        for signal, counter in counters.items():
            hits, exposed = counter()
            for key, denominator in exposed.items():
                if key[0] in judged[signal]:
                    numbers = (hits[key], denominator)
                    found[signal, *key] = Daily(*numbers, self.status(signal, key[1], *numbers))
        for key, row in self.rush_rates().items():
            if key[0] in judged["sla_rush_update"]:
                found["sla_rush_update", *key] = row
        for signal, object_types in OBJECT_TYPES.items():
            days = [day.date() for day in self.days]
            if signal == "commit_close_date_churn":
                days = self.last_days_of_periods
            absent = present & set(object_types) - judged[signal]
            if judged[signal] and signal in ("late_edit", "sla_rush_update"):
                absent = set()  # not every object has clocks or milestones
            for object_type in absent:
                for day in days:
                    found[signal, object_type, ALL, day] = Daily(None, None, "not_landed")
        return found

    def count_records(self, judge) -> tuple[Counter, Counter]:
        """Count what `judge` says of each record: a function of a day to (is hit, is exposed)."""
        hits, exposed = Counter(), Counter()
        for history in self.histories.values():
            verdict = judge(history)
            group = (history.record.object_type, history.record.segment)
            for day in self.days if verdict else []:
                is_hit, is_exposed = verdict(day)
                if is_exposed:
                    exposed[*group, day.date()] += 1
                if is_hit:
                    hits[*group, day.date()] += 1
        return with_all(hits), with_all(exposed)

    def count_changes(self, found, changed) -> tuple[Counter, Counter]:
        """Records with evidence, among those open, or changed, in the window."""

        def judge(history: History):
            spans = self.open_spans(history)
            found_at = [change.changed_at for change in found(history)]
            changed_at = [change.changed_at for change in changed(history)]

            def verdict(day):
                window = (day - self.policy.window, day)
                is_exposed = self.is_open_within(spans, *window) or happened(changed_at, *window)
                return happened(found_at, *window), is_exposed

            return verdict

        return self.count_records(judge)

    def count_jumps(self):
        return self.count_changes(self.jumps, lambda history: history.stage_changes)

    def count_ping_pongs(self):
        return self.count_changes(self.ping_pongs, lambda history: history.of("owner_id"))

    def count_late_edits(self):
        def judge(history: History):
            milestone, spans = self.first_milestone(history), self.open_spans(history)
            edited_at = sorted(change.changed_at for change in self.late_edits(history))

            def verdict(day):
                window = (day - self.policy.window, day)
                is_hit = happened(edited_at, *window)
                return is_hit, milestone <= day and (is_hit or self.is_open_within(spans, *window))

            return milestone and verdict

        return self.count_records(judge)

    def count_dwell_anomalies(self):
        def judge(history: History):
            record = history.record
            periods = [one for one in history.periods if not one.is_terminal]
            ended_at = [one.ended_at for one in periods if one.ended_at]
            odd_at = [one.ended_at for one in periods if self.judged(record, one)]
            spans = [
                (
                    one.started_at,
                    one.ended_at or self.open_until(record, None),
                    self.stuck_after(record, one),
                )
                for one in periods
            ]

            def verdict(day):
                window = (day - self.policy.window, day)
                open_now = [(start, limit) for start, end, limit in spans if start <= day < end]
                is_stuck = any(
                    limit is not None and microseconds(day - start) > limit
                    for start, limit in open_now
                )
                is_hit = is_stuck or happened(odd_at, *window)
                return is_hit, bool(open_now) or happened(ended_at, *window)

            return periods and verdict

        return self.count_records(judge)

    def count_dwell_shifts(self):
        hits, exposed = Counter(), Counter()
        for day in self.days:
            judged, shifted = set(), set()
            for (*group, week), is_shift in self.week_pairs.items():
                if day - self.policy.window < self.shown_at(week) <= day:
                    judged.add(tuple(group))
                    if is_shift:
                        shifted.add(tuple(group))
            for groups, counter in ((judged, exposed), (shifted, hits)):
                for object_type, _, _, segment in groups:
                    counter[object_type, segment, day.date()] += 1
                    counter[object_type, ALL, day.date()] += 1
        return hits, exposed

    @cached_property
    def last_days_of_periods(self) -> list[date]:
        """The last days of the business periods that were over at as_of, of the days shown."""
        calendar = self.calendar
        return [
            day
            for day in (instant.date() for instant in self.days)
            if calendar.period_end(day) == day + DAY and calendar.midnight(day + DAY) <= self.as_of
        ]

    def count_commit_churns(self):
        hits, exposed = Counter(), Counter()
        deals = [
            (
                history.record,
                [change.changed_at for change, _ in self.commit_churns(history)],
                self.open_spans(history),
                self.commit_spans(history),
            )
            for history in self.histories.values()
            if history.record.object_type == "opportunity"
        ]
        for day in self.last_days_of_periods:
            ends_at = self.calendar.midnight(day + DAY)
            starts_at = self.calendar.midnight(day + DAY - self.policy.last_days * DAY)
            for record, changed_at, open_spans, commit_spans in deals:
                is_hit = any(starts_at <= at < ends_at for at in changed_at)
                is_exposed = any(
                    max(since, start) <= min(until, till)
                    and max(since, start) < ends_at
                    and till >= starts_at
                    and until > max(starts_at, since)
                    for start, until in open_spans
                    for since, till, _ in commit_spans
                )
                for segment in (record.segment, ALL):
                    hits[record.object_type, segment, day] += is_hit
                    exposed[record.object_type, segment, day] += is_exposed
        return hits, +exposed

    def rush_rates(self) -> dict[tuple, Daily]:
        due = defaultdict(list)
        for key, history in self.histories.items():
            for clock in self.clocks[key]:
                row = (clock.due_at, bool(self.rush(history, clock)))
                for segment in (history.record.segment, ALL):
                    due[history.record.object_type, segment].append(row)
        found = {}
        for group, clocks in due.items():
            for day in self.days:
                since = day - self.policy.window
                until = since - self.policy.sla_baseline
                now = [rushed for due_at, rushed in clocks if since < due_at <= day]
                before = [rushed for due_at, rushed in clocks if until < due_at <= since]
                if now:
                    baseline = Fraction(sum(before), len(before)) if before else None
                    status = "insufficient_data"
                    if len(before) >= self.policy.minimum_sample:
                        counts = (sum(now), len(now))
                        status = self.status("sla_rush_update", group[1], *counts, baseline)
                    found[*group, day.date()] = Daily(sum(now), len(now), status, baseline)
        return found

    # --- Archetypes ---

    @cached_property
    def dirty(self) -> dict[tuple, tuple[datetime, Change | None]]:
        """When each live record became dirty, and by which change, per archetype."""
        found = {}
        for key, history in self.histories.items():
            if not self.is_live(history.record):
                continue
            if self.has_no_lead_source(history):
                found[*key, "lead_source_drift"] = (history.record.created_at, None)
            bad = {
                "multi_stage_jump": self.jumps(history),
                "owner_ping_pong": self.ping_pongs(history),
                "sla_rush_update": self.rushes(history),
                "stage_regression": self.regressions(history),
                "close_date_churn": self.close_date_churns(history),
                "lead_source_drift": self.lead_source_drifts(history),
            }
            for archetype, changes in bad.items():
                # Of changes of one instant the first by field.
                for one in sorted(changes, key=lambda one: (one.changed_at, one.field, one.order))[
                    :1
                ]:
                    found[*key, archetype] = (one.changed_at, one)
        return found

    def regressions(self, history: History) -> list[Change]:
        return [one for one in history.stage_changes if self.is_regression(history, one)]

    def close_date_churns(self, history: History) -> list[Change]:
        if history.record.object_type != "opportunity":
            return []
        found, pushes = [], 0
        for change in self.edits(history):
            if change.field != "close_date":
                continue
            today = self.calendar.local(change.changed_at).date()
            old, new = as_date(change.old_value), as_date(change.new_value)
            is_push = bool(old and new) and new > old
            pushes += is_push
            is_past = (old and old < today) or (new and new < today)
            if is_past or (is_push and pushes == self.policy.pushes):
                found.append(change)
        return found

    def lead_source_drifts(self, history: History) -> list[Change]:
        if history.record.object_type not in ("opportunity", "lead"):
            return []
        created_at = history.record.created_at
        edits = [one for one in self.edits(history) if one.field == "lead_source"]
        return [one for one in edits if one.changed_at > created_at]

    def has_no_lead_source(self, history: History) -> bool:
        """Whether the lead source says nothing, where the CRM has lead sources."""
        record = history.record
        value = folded(history.value("lead_source", record.lead_source)) or "other"
        is_judged = self.has_lead_sources and record.object_type in ("opportunity", "lead")
        return is_judged and value.lower() == "other"

    @cached_property
    def has_lead_sources(self) -> bool:
        told = any(change.field == "lead_source" for change in self.landing.changes)
        return told or any(record.lead_source for record in self.landing.records)

    def preceding_event(self, key: tuple[str, str], at: datetime, change: Change | None):
        """The id of the event that precedes what made a record dirty, None where none does.

        Of events with the change's correlation id those of the record itself come first; of events
        in one instant the last by id.
        """
        before = [event for event in self.landing.events if event.occurred_at <= at]
        own = [event for event in before if (event.object_type, event.record_id) == key]
        near = [event for event in own if at - event.occurred_at <= self.policy.preceding]
        if change and change.correlation_id:
            correlated = [one for one in before if one.correlation_id == change.correlation_id]
            near = [one for one in correlated if one in own] or correlated or near
        last = max(near, key=lambda event: (event.occurred_at, event.event_id), default=None)
        return last and last.event_id
