"""The made-up company: people, records, what happened to them, and what that must lead to.

Nothing here knows how a CRM lands its data. A record keeps its values at creation and its changes;
everything else (the value at an instant, the periods, the truth files) follows from those two.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

# The instant at which the demo is looked at: two hours before a month and a quarter end, when
# close dates move most.
AS_OF = datetime(2026, 9, 30, 22)
START = datetime(2024, 10, 1)
BLANKS = {
    "",
    *[
        "tbd",
        "n/a",
        "na",
        "none",
        "-",
        "--",
        ".",
        "x",
        "xx",
        "xxx",
        "?",
        "unknown",
        "test",
        "asdf",
        "null",
    ],
}
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
FEW = 5  # periods that a week needs before its median dwell is compared


def months_ago(n, at=AS_OF):
    """The same day and time n calendar months earlier (the day exists in every month used)."""
    month = at.year * 12 + at.month - 1 - n
    return at.replace(year=month // 12, month=month % 12 + 1)


def fold(value):
    """The value, or None where it is blank or a placeholder."""
    return None if value is None or value.strip().lower() in BLANKS else value


def week(at):
    """A running number of the ISO week."""
    return (at.date().toordinal() - 1) // 7


@dataclass(eq=False)
class User:
    """Somebody or something that owns or changes records."""

    id: str
    name: str
    team: str = ""
    kind: str = "human"
    channel: str = ""
    source: str = ""
    source_id: str = ""
    active: bool = True
    manager: "User | None" = None

    @property
    def email(self):
        """The address that the company gave."""
        return self.name.lower().replace(" ", ".") + "@fennmark.example"


@dataclass(eq=False)
class Change:
    """A field set to a value; `logged` is false where no history tells it."""

    at: datetime
    field: str
    new: str | None
    by: User
    logged: bool = True
    old: str | None = None
    quirk: str = ""

    @property
    def effective(self):
        """Whether anything changed once blanks count as nothing."""
        return fold(self.old) != fold(self.new)


@dataclass(eq=False)
class Record:
    """One account, contact, lead, opportunity or case."""

    crm: str
    kind: str
    id: str
    created_at: datetime
    by: User
    initial: dict
    columns: dict = field(default_factory=dict)  # what is landed without a history
    links: dict = field(default_factory=dict)
    changes: list = field(default_factory=list)
    fate: str = "live"
    gone_at: datetime | None = None
    gone_how: str = ""
    merged_into: "Record | None" = None
    hides_creation: bool = False
    quirks: set = field(default_factory=set)
    clocks: dict = field(default_factory=dict)  # name of the SLA -> due
    planted: bool = False

    @property
    def stage_field(self):
        """The field that tells how far the record is."""
        return "stage" if self.kind == "opportunity" else "status"

    def change(self, at, name, new, by, **more):
        """Note that the field was set to a value."""
        self.changes.append(Change(at, name, new, by, **more))

    def settle(self):
        """Put the changes in order and give each the value that it replaced."""
        self.changes.sort(key=lambda c: c.at)
        now = dict(self.initial)
        for change in self.changes:
            change.old = now.get(change.field)
            now[change.field] = change.new

    def value(self, name, at=datetime.max):
        """The last value of a field at an instant, told by a history or not."""
        found = self.initial.get(name)
        for change in self.changes:
            if change.field == name and change.at <= at:
                found = change.new
        return found

    def told(self, name):
        """The effective changes of a field that the landing tells up to the as-of instant."""
        return [
            c
            for c in self.changes
            if c.field == name and c.logged and c.effective and c.at <= AS_OF
        ]

    def periods(self, name):
        """(value, start, end) of each period; the last one is open."""
        changes = self.told(name)
        value = changes[0].old if changes else self.value(name, AS_OF)
        start = min([self.created_at, *(c.at for c in changes[:1])])
        found = []
        for change in changes:
            found.append((value, start, change.at))
            value, start = change.new, change.at
        return [*found, (value, start, None)]


@dataclass(eq=False)
class Activity:
    """A call, e-mail, meeting or task."""

    id: str
    type: str
    at: datetime
    owner: User
    direction: str = "outbound"
    planned: bool = False
    automated: bool = False
    account: Record | None = None
    contact: Record | None = None
    lead: Record | None = None
    opportunity: Record | None = None
    deleted: bool = False


@dataclass
class Expectation:
    """A row of truth/planted.csv."""

    kind: str
    name: str
    record: Record | None
    expected: bool
    at: datetime | None
    detail: str
