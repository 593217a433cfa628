"""The made-up company: people, records, what happened to them, and what that must lead to.

Nothing here knows how a CRM lands its data. A record keeps its values at creation and its changes;
everything else (the value at an instant, the periods, the truth files) follows from those two.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

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


# Shortest and longest dwell in days. Two in five periods last exactly the one, two in five
# exactly the other, so these are the 10th and 90th percentile whatever the rest does.
LEAD_DWELL = {"New": (2, 7), "Working": (5, 15)}
CASE_DWELL = {"New": (1.25, 3), "Working": (2, 7)}
SALES_DWELL = [(7, 21), (7, 21), (7, 28), (7, 28), (7, 28)]


class Crm:
    """One CRM of the company, empty at first."""

    # Filled by the subclasses, with hire() for the people and make_id() for the ids.
    name = ""
    path: list = []  # the five open stages
    won = lost = ""
    ends: dict = {}  # closed stage -> won, lost
    milestones: set = set()
    orders: dict = {}  # stage -> order, of the stages that the map knows
    lead_path = ["New", "Working"]
    case_path: list = []
    case_closed = ""
    sources: list = []
    forecasts: list = []  # early, middle, commit, won, lost
    has_leads = True
    scale = 1.0

    def __init__(self, seed):
        """Hire the people; the records come later."""
        self.rng = Random(seed)
        self.records, self.activities, self.roles = [], [], []
        self.orphans, self.expected = [], []
        self.numbers = Counter()
        self.turns = Counter()
        self.weeks = Counter()
        self.reserved = set()
        self.users, self.queues, self.machines = [], [], {}
        self.hire()

    # People

    def team(self, name, active=True):
        """The people of a team."""
        return [u for u in self.users if u.team == name and u.active == active]

    def pick(self, options):
        """One of the options."""
        return self.rng.choice(options)

    # Records

    def next_id(self, kind):
        """An id that no other object of the kind has."""
        self.numbers[kind] += 1
        return self.make_id(kind, self.numbers[kind])

    def add(self, kind, created, by, initial, **more):
        """A new record."""
        record = Record(self.name, kind, self.next_id(kind), created, by, initial, **more)
        self.records.append(record)
        return record

    def of(self, kind):
        """The records of a kind."""
        return [r for r in self.records if r.kind == kind]

    def act(self, type, at, owner, **more):
        """A new activity."""
        activity = Activity(self.next_id("activity"), type, at, owner, **more)
        self.activities.append(activity)
        return activity

    def expect(self, kind, name, record, expected=True, at=None, detail=""):
        """Note what a fault, or the edge of one, must lead to."""
        if record is not None:
            record.planted = True
        self.expected.append(Expectation(kind, name, record, expected, at, detail))

    def settle(self):
        """Put the changes of every record in order."""
        for record in self.records + self.orphans:
            record.settle()

    # Dwell: how long a record stays in a stage

    def limits(self, kind, stage):
        """Shortest and longest usual dwell of a stage, or None where there is no usual."""
        if kind == "opportunity":
            days = dict(zip(self.path, SALES_DWELL, strict=True)).get(stage)
        elif kind == "lead":
            days = LEAD_DWELL.get(stage)
        else:
            days = dict(zip(self.case_path, CASE_DWELL.values(), strict=True)).get(stage)
        return days and (days[0] * DAY, days[1] * DAY)

    def dwell(self, kind, stage, segment, start, turns, hurry=False):
        """A usual dwell; `turns` counts the draws so that the two limits keep their share."""
        shortest, longest = self.limits(kind, stage)
        turns[kind, stage, segment] += 1
        turn = turns[kind, stage, segment] % 5
        if turn in (1, 4):
            return shortest
        if turn in (2, 0):
            return longest
        tries = []
        for _ in range(8):
            end = start + shortest + (longest - shortest) * self.rng.uniform(0.08, 0.92)
            end = end.replace(hour=self.rng.randint(8, 17), minute=self.rng.randint(0, 59))
            if shortest < end - start < longest and (end.weekday() < 5 or kind == "case"):
                tries.append(end - start)
        # Deals close when the month does.
        late = [t for t in tries if hurry and (start + t).day >= 22]
        return (late or tries or [shortest])[0]

    def has_room(self, kind, ends, segment):
        """Whether these period ends leave no two weeks in a row with enough periods to compare."""
        for stage, end in ends:
            w = week(end)
            if (kind, stage, segment, w) in self.reserved:
                return False
            if self.weeks[kind, stage, w] + 1 >= FEW and any(
                self.weeks[kind, stage, w + d] >= FEW for d in (-1, 1)
            ):
                return False
        return True

    def count_weeks(self, kind, ends):
        """Count the period ends [(stage, at), ...] by week."""
        self.weeks.update((kind, stage, week(end)) for stage, end in ends)

    def some_day(self, first=START, last=AS_OF):
        """A working hour, more often in the busy months."""
        while True:
            at = first + (last - first) * self.rng.random()
            at = at.replace(hour=self.rng.randint(8, 17), second=self.rng.randint(0, 59))
            quiet = {8: 0.55, 12: 0.6, 7: 0.75}.get(at.month, 1)
            if first <= at < last and at.weekday() < 5 and self.rng.random() < quiet:
                return at.replace(microsecond=0)

    def usual_route(self, kind, path, end, segment, span, stops=None, hurry=False):
        """A start and [(stage, entered)] of a record that does nothing odd."""
        for _ in range(400):
            turns = Counter(self.turns)
            start = at = self.some_day(*span)
            route = [(path[0], start)]
            stop = stops(self.rng) if stops else len(path)
            for i in range(stop):
                at = at + self.dwell(kind, path[i], segment, at, turns, hurry and i + 1 == stop)
                route.append((path[i + 1] if i + 1 < stop else end, at))
            ends = [(s, e) for (s, _), (_, e) in zip(route, route[1:], strict=False) if e <= AS_OF]
            if self.has_room(kind, ends, segment):
                self.turns = turns
                self.count_weeks(kind, ends)
                return route
        raise RuntimeError(f"{self.name}: no room left for a {kind}")

    # Deals

    def deal(self, route, account, owner=None, **more):
        """An opportunity that goes the route [(stage, at), ...] as it should.

        Options take the evidence away that a sound deal has: amount, next_step, contact, meetings,
        source, close (a date), reason, forecasts, activity (the last one of an open deal).
        """
        owner = owner or self.pick(self.team("ae"))
        created = route[0][1]
        closing = route[-1][1]
        close = more.get("close") or max(closing, created + 30 * DAY).date()
        if route[-1][0] not in self.ends:
            close = more.get("close") or max(close, (AS_OF + 20 * DAY).date())
        amount = more.get("amount", str(self.rng.randint(8, 240) * 500))
        step = more.get("next_step", "Book discovery call")
        record = self.add(
            "opportunity",
            created,
            owner,
            {
                "stage": route[0][0],
                "owner_id": owner.id,
                "amount": amount,
                "close_date": close.isoformat(),
                "lead_source": more.get("source", self.pick(self.sources)),
                "next_step": step,
                "forecast_category": self.forecasts[0],
            },
            columns={
                "name": f"{account.columns['name']} - {self.pick(PRODUCTS)}",
                "segment": more.get("segment", account.columns["segment"]),
                "type": more.get("type", "New Business"),
                "campaign": self.pick(["", "", *CAMPAIGNS]),
                "reason": None,
            },
            links={"account": account},
        )
        category = self.forecasts[0]
        for i, (stage, at) in enumerate(route[1:], 1):
            record.change(at, "stage", stage, owner)
            wanted = {"won": self.forecasts[3], "lost": self.forecasts[4]}.get(self.ends.get(stage))
            if wanted is None and stage in self.milestones:
                wanted = self.forecasts[2] if stage == self.path[-1] else self.forecasts[1]
            if wanted and wanted != category:
                record.change(at, "forecast_category", wanted, owner)
                category = wanted
            if stage in self.ends:
                reason = more.get("reason", self.pick(REASONS))
                record.columns["reason"] = reason if self.ends[stage] == "lost" else None
            elif fold(step) and i % 2:
                record.change(at + 4 * SECOND, "next_step", NEXT_STEPS[i], owner)
        contact = more.get("contact", "own")
        if contact == "own":
            mine = (c for c in self.of("contact") if c.links.get("account") is account)
            contact = next((c for c in mine if c.created_at <= created and not c.planted), None)
            contact = contact or self.contact(account, created - timedelta(hours=1))
        if contact:
            self.roles.append((record, contact, created))
        if more.get("meetings", True):
            self.meet(record, route, contact)
        is_open = route[-1][0] not in self.ends or route[-1][1] > AS_OF
        if more.get("activity", True) and is_open:
            self.act(
                self.pick(["call", "email"]),
                max(created, AS_OF - DAY * self.rng.uniform(1, 12)).replace(microsecond=0),
                owner,
                opportunity=record,
                contact=contact,
                account=account,
            )
        record.links["contact"] = contact
        return record

    def meet(self, record, route, contact):
        """Meetings so that each stage entered has one within 14 days."""
        last = None
        for _, at in route:
            if at <= AS_OF and (last is None or abs(last - at) > 13 * DAY):
                last = min(at + DAY * self.rng.randint(2, 12), AS_OF - 5 * timedelta(hours=1))
                last = last.replace(hour=self.rng.randint(9, 16), minute=0, second=0)
                if last < at - 13 * DAY or last > AS_OF:
                    last = at
                owner = self.user(record.value("owner_id", last)) or record.by
                links = {"contact": contact, "account": record.links["account"]}
                self.act("meeting", last, owner, opportunity=record, **links)

    def user(self, id):
        """The person with the id."""
        return next((u for u in self.users if u.id == id), None)

    # Companies and people outside

    def account(self, created=None, **columns):
        """A company, a sound one unless the columns say otherwise."""
        number = self.numbers["account"]
        name = coin(number, self.name)
        country = columns.pop("country", None) or self.pick(COUNTRIES)
        owner = columns.pop("owner", None) or self.pick(self.team("ae") + self.team("cs"))
        created = created or self.some_day(START - 300 * DAY, START + 600 * DAY)
        defaults = {
            "name": f"{name} {self.pick(SUFFIXES[country[1]])}",
            "domain": f"{name.lower().replace(' ', '')}.example",
            "phone": phone(country, 10_000 + number * 37 + len(self.name), self.rng),
            "country": country,
            "industry": self.pick(INDUSTRIES),
            "segment": self.pick(SEGMENTS),
            "type": "Prospect",
            "lifecycle": "prospect",
            "strategic": None,
            "hold": None,
        }
        initial = {"owner_id": owner.id}
        return self.add("account", created, owner, initial, columns=defaults | columns)

    def contact(self, account, created=None, **columns):
        """A person at a company, or at none."""
        number = self.numbers["contact"]
        # These factors give no two people of the demo one name; leads have other first names.
        first = FIRST[::2][number % 17]
        last = LAST[(number // 17 + number * 4) % len(LAST)]
        country = columns.pop("country", None)
        country = country or (account.columns["country"] if account else self.pick(COUNTRIES))
        by = columns.pop("owner", None)
        if by is None:
            by = self.user(account.initial["owner_id"]) if account else self.pick(self.team("sdr"))
        domain = account.columns["domain"] if account else f"{last.lower()}{number}.example"
        eu = country[2] in ("EU", "UK")
        initial = {
            "owner_id": by.id,
            "consent_status": columns.pop("consent", "opted_in" if eu else "unknown"),
            "do_not_contact": columns.pop("do_not_contact", "false"),
            "lead_source": columns.pop("source", self.pick(self.sources)),
            "optout": columns.pop("optout", "false"),
            "lifecycle": columns.pop("lifecycle", "lead"),
        }
        defaults = {
            "first": first,
            "last": last,
            "email": f"{first}.{last}.{number}@{domain}".lower(),
            "phone": phone(country, 500_000 + number * 61, self.rng),
            "mobile": None,
            "title": self.pick(TITLES),
            "country": country,
            "basis": "consent" if eu else "legitimate_interest",
            "hold": None,
            "departed_at": None,
            "bounced_at": None,
        }
        created = created or self.some_day(START - 200 * DAY, AS_OF - 20 * DAY)
        links = {"account": account} if account else {}
        columns = defaults | columns
        return self.add("contact", created, by, initial, columns=columns, links=links)

    def lead(self, route, **columns):
        """A lead that went the route."""
        number = self.numbers["lead"]
        first = FIRST[1::2][number % 16]
        last = LAST[(number // 16 * 3 + number * 11) % len(LAST)]
        country = columns.pop("country", None) or self.pick(COUNTRIES)
        owner = columns.pop("owner", None) or self.pick(self.team("sdr"))
        company = f"{coin(number + 180, self.name)} {self.pick(SUFFIXES[country[1]])}"
        initial = {
            "status": route[0][0],
            "owner_id": owner.id,
            "lead_source": columns.pop("source", self.pick(self.sources)),
        }
        defaults = {
            "first": first,
            "last": last,
            "company": company,
            "email": f"{first}.{last}{number}@{company.split()[0]}.example".lower(),
            "phone": phone(country, 700_000 + number * 53, self.rng),
            "country": country,
            "segment": self.pick(SEGMENTS),
            "consent": "opted_in" if country[2] in ("EU", "UK") else "unknown",
            "optout": "false",
            "do_not_contact": "false",
            "hold": None,
            "bounced_at": None,
        }
        record = self.add("lead", route[0][1], owner, initial, columns=defaults | columns)
        for status, at in route[1:]:
            record.change(at, "status", status, owner)
        return record

    def case(self, route, account, contact, due=None, owner=None):
        """A support case that went the route."""
        owner = owner or self.pick(self.team("cs"))
        initial = {"status": route[0][0], "owner_id": owner.id}
        links = {"account": account, "contact": contact}
        record = self.add("case", route[0][1], owner, initial, links=links)
        for status, at in route[1:]:
            record.change(at, "status", status, owner)
        record.clocks = {"close": due} if due else {}
        return record

    def recount_weeks(self):
        """Count the period ends of what is there already, edges and all."""
        self.weeks.clear()
        for record in self.of("opportunity") + self.of("lead") + self.of("case"):
            ends = [(stage, end) for stage, _, end in record.periods(record.stage_field) if end]
            self.count_weeks(record.kind, ends)

    # The unremarkable rest

    def populate(self):
        """The base population: nothing in it shows a fault that the definitions name."""
        rng, n = self.rng, lambda k: round(k * self.scale)
        self.settle()
        self.recount_weeks()
        accounts = []
        for _ in range(n(118)):
            account = self.account()
            if rng.random() < 0.2:  # a leaver still owns it
                leaver = self.pick(self.team("ae", active=False))
                account.initial["owner_id"] = leaver.id
            elif rng.random() < 0.3:
                at = self.some_day(max(account.created_at, START) + DAY, AS_OF - DAY)
                account.change(at, "owner_id", self.pick(self.team("ae")).id, self.ops())
            accounts.append(account)
        for _ in range(n(170)):
            account = self.pick(accounts)
            contact = self.contact(account, self.some_day(account.created_at))
            if rng.random() < 0.12:
                at = self.some_day(max(contact.created_at, START), AS_OF)
                contact.change(at, "owner_id", self.pick(self.team("ae")).id, self.ops())
            if rng.random() < 0.15:
                at = self.some_day(max(contact.created_at, START), AS_OF)
                contact.change(at, "consent_status", "opted_in", contact.by)
            if rng.random() < 0.07:
                contact.columns["bounced_at"] = self.some_day(contact.created_at)
            if rng.random() < 0.3:  # a mailing: no engagement
                at = self.some_day(max(contact.created_at, START), AS_OF)
                self.act("email", at, contact.by, automated=True, contact=contact)
            if rng.random() < 0.55:
                at = self.some_day(max(contact.created_at, START), AS_OF)
                self.act(
                    self.pick(["call", "email"]),
                    at,
                    contact.by,
                    direction=self.pick(["inbound", "outbound"]),
                    contact=contact,
                    account=account,
                )
        for _ in range(n(225)):
            self.usual_deal(self.pick(accounts))
        for _ in range(n(225) if self.has_leads else 0):
            self.usual_lead(accounts)
        for _ in range(n(92)):
            self.usual_case(self.pick(accounts))

    def ops(self):
        """Whoever reassigns records: an operator, a rule, a connected system."""
        machines = [self.machines[k] for k in ("automation", "integration")]
        return self.pick([*self.team("revops"), *machines])

    def usual_deal(self, account):
        """A deal in which nothing goes wrong."""
        rng = self.rng
        span = (max(START, account.created_at), AS_OF - 2 * DAY)
        segment = account.columns["segment"]
        end = self.won if rng.random() < 0.38 else self.lost
        stops = (lambda r: 5) if end == self.won else (lambda r: r.choice([2, 3, 4, 5, 5]))
        route = self.usual_route("opportunity", self.path, end, segment, span, stops, hurry=True)
        shown = [(s, at) for s, at in route if at <= AS_OF]
        closing = route[-1][1].date()
        sdr, ae = self.pick(self.team("sdr")), self.pick(self.team("ae"))
        handed = rng.random() < 0.3
        first_open = next((at for s, at in route if s in self.milestones), route[-1][1])
        pushes, dates = [], [closing]
        for _ in range(rng.choice([0, 0, 0, 1, 1, 2])):
            # A date moves only while it still lies ahead, and before the first milestone.
            at = (route[0][1] + (first_open - route[0][1]) * rng.uniform(0.1, 0.9)).replace(
                microsecond=0
            )
            earlier = dates[0] - rng.randint(7, 21) * DAY
            if earlier > at.date() + 2 * DAY and all(abs(at - p) > DAY for p in pushes):
                pushes.append(at)
                dates.insert(0, earlier)
        if any(at.date() >= dates[0] for at in pushes):
            pushes, dates = [], [closing]
        deal = self.deal(shown, account, sdr if handed else ae, close=dates[0], segment=segment)
        for at, date in zip(sorted(pushes), dates[1:], strict=True):
            if at <= AS_OF:
                deal.change(at, "close_date", date.isoformat(), deal.by)
        if handed and len(shown) > 1:
            deal.change(shown[1][1] + 3 * SECOND, "owner_id", ae.id, self.ops())
        if rng.random() < 0.35:
            at = route[0][1] + (min(first_open, AS_OF) - route[0][1]) * rng.uniform(0.2, 0.8)
            amount = str(rng.randint(8, 240) * 500 + rng.choice([0, 0, 0.5]))
            if at > route[0][1]:
                deal.change(at.replace(microsecond=0), "amount", amount, self.pick([deal.by, ae]))
        if shown[-1][0] == self.won:
            account.columns |= {"type": "Customer", "lifecycle": "customer"}
            if shown[-1][1] < AS_OF - 330 * DAY and rng.random() < 0.5:
                self.renewal(account, shown[-1][1] + 300 * DAY, deal)

    def renewal(self, account, at, sold):
        """A renewal: one stage, then won."""
        at = at.replace(hour=11)
        while not self.has_room("opportunity", [(self.path[3], at + 21 * DAY)], None):
            at += 7 * DAY
        route = [(self.path[3], at), (self.won, at + 21 * DAY)]
        route = [(s, t) for s, t in route if t <= AS_OF]
        if route:
            self.count_weeks(
                "opportunity", [(s, e) for (s, _), (_, e) in zip(route, route[1:], strict=False)]
            )
            amount = sold.value("amount")
            self.deal(route, account, self.pick(self.team("ae")), amount=amount, type="Renewal")

    def usual_lead(self, accounts):
        """A lead that is worked, and perhaps converted."""
        rng = self.rng
        segment = self.pick(SEGMENTS)
        end = rng.choice(["Qualified", "Unqualified", "Unqualified", "Nurture"])
        span = (START, AS_OF - 2 * DAY)
        route = self.usual_route("lead", self.lead_path, end, segment, span)
        shown = [(s, at) for s, at in route if at <= AS_OF]
        lead = self.lead(shown, segment=segment, owner=self.pick(self.team("sdr")))
        if rng.random() < 0.4:
            # A queue takes it in and a rule hands it on.
            lead.initial["owner_id"] = self.pick(self.queues).id
            at = shown[0][1] + timedelta(minutes=rng.randint(2, 90))
            lead.change(min(at, AS_OF), "owner_id", lead.by.id, self.machines["automation"])
        if shown[-1][0] == "Qualified":
            account = self.pick(accounts)
            contact = self.contact(account, shown[-1][1], country=lead.columns["country"])
            lead.columns |= {k: contact.columns[k] for k in ("first", "last", "email", "phone")}
            lead.links |= {"account": account, "contact": contact, "converted_at": shown[-1][1]}
        elif rng.random() < 0.5:
            at = shown[-1][1] - timedelta(hours=20)
            if at > lead.created_at:
                self.act(self.pick(["call", "email"]), at, lead.by, lead=lead)

    def usual_case(self, account):
        """A case that is solved, usually against a clock."""
        span = (max(START, account.created_at), AS_OF - 2 * DAY)
        route = self.usual_route("case", self.case_path, self.case_closed, None, span)
        shown = [(s, at) for s, at in route if at <= AS_OF]
        contacts = [c for c in self.of("contact") if c.links.get("account") is account]
        case = self.case(shown, account, self.pick(contacts) if contacts else None)
        due = case.created_at + timedelta(days=self.rng.choice([2, 4, 5]), minutes=17)
        while any(due - timedelta(minutes=20) <= at <= due for _, at in shown):
            due += timedelta(hours=1)
        if self.rng.random() < 0.75:
            case.clocks = {"close": due}
        return case


def coin(number, crm):
    """A company name that no other number gives and that resembles none of them."""
    number = number * 11 + (3 if crm == "hubspot" else 0)
    n, size = number % (len(HEADS) * len(TAILS)), len(HEADS)
    return f"{HEADS[n % size]}{TAILS[(n // size + n) % len(TAILS)]} {TRADES[number % len(TRADES)]}"


def phone(country, number, rng):
    """The number in one of the ways in which people write it."""
    prefix, trunk = country[3], country[4]
    digits = f"{2_000_000 + number}"
    area = "415" if prefix == "1" else "30"
    return rng.choice(
        [
            f"+{prefix} {area} {digits[:3]} {digits[3:]}",
            f"+{prefix}{area}{digits}",
            f"00{prefix} {area} {digits}"
            if prefix != "1"
            else f"({area}) {digits[:3]}-{digits[3:]}",
            f"{trunk}{area} {digits[:3]}-{digits[3:]}",
        ]
    )


def _words(text):
    return text.split()


HEADS = _words("""
    Arv Bel Cor Dun Elm Fal Gar Hol Ist Jor Kel Lum Mer Nor Ost Pel Quin Rav Sol Tar Ulm Ven Wex Yar
    Zel Brin Crest Drav
""")
TAILS = _words("""
    aldo benne cota dran evik fosse gund hara imir joly kanto lorn meva nisk
""")
TRADES = _words("""
    Systems Foods Marine Optics Textiles Energy Paper Motors Health Freight Garden
""")
# name, code, region, calling code, trunk prefix
COUNTRIES = [
    ("Germany", "DE", "EU", "49", "0"),
    ("France", "FR", "EU", "33", "0"),
    ("Netherlands", "NL", "EU", "31", "0"),
    ("United Kingdom", "GB", "UK", "44", "0"),
    ("United Kingdom", "GB", "UK", "44", "0"),
    ("United States", "US", "US", "1", ""),
    ("United States", "US", "US", "1", "1-"),
    ("United States", "US", "US", "1", ""),
    ("Canada", "CA", "CA", "1", ""),
    ("Australia", "AU", "APAC", "61", "0"),
    ("Japan", "JP", "APAC", "81", "0"),
    ("Brazil", "BR", "LATAM", "55", "0"),
]
SPELLINGS = {
    "Germany": ["Germany", "DE", "Deutschland"],
    "United States": ["United States", "USA", "US", "U.S."],
    "United Kingdom": ["United Kingdom", "UK", "GB"],
}
SUFFIXES = {
    "DE": ["GmbH", "AG"],
    "FR": ["SA", "SARL"],
    "NL": ["BV"],
    "GB": ["Ltd", "plc"],
    "US": ["Inc", "LLC", "Corp."],
    "CA": ["Inc."],
    "AU": ["Pty Ltd"],
    "JP": ["KK"],
    "BR": ["Ltda"],
}
INDUSTRIES = ["Manufacturing", "Retail", "Logistics", "Healthcare", "Energy", "Software"]
SEGMENTS = ["Enterprise", "Mid-Market", "SMB"]
TITLES = ["Head of Operations", "CFO", "Buyer", "IT Manager", "COO", "Plant Manager", "Director"]
PRODUCTS = ["Platform", "Scanner rollout", "Route planner", "Analytics", "Support plan"]
CAMPAIGNS = ["Spring Webinar", "Trade Fair", "Autumn Mailing"]
REASONS = ["Price", "Competitor", "No budget", "No decision", "Missing feature"]
NEXT_STEPS = [
    "Book discovery call",
    "Map the buying team",
    "Show the pilot results",
    "Send the proposal",
    "Agree terms with purchasing",
]
FIRST = _words("""
    Ana Ben Carla Dov Emre Fay Goran Hana Ines Jonas Kofi Lena Mateo Nadia Omar Pia Quentin Rosa
    Samir Tess Umar Vera Wim Xenia Yuki Zoltan Asha Bruno Chloe Dario Elif Fritz Greta
""")
LAST = _words("""
    Abara Bright Castel Dorn Egede Farrow Gruber Hale Iversen Jurado Kwon Lindqvist Marlow Novak
    Okafor Prentiss Quaid Rossi Santos Tanaka Ueda Vogel Whitlock Xu Yilmaz Zeman Archer Bell Corda
    Drummond Esposito Falk Garnier Holm Ito Jansen Kerr Lopes
""")
