"""One CRM of the made-up company: its people, and how a record of each kind comes about."""

from collections import Counter
from datetime import timedelta
from random import Random

from crm_hygiene.demo.names import (
    CAMPAIGNS,
    COUNTRIES,
    FIRST,
    INDUSTRIES,
    LAST,
    NEXT_STEPS,
    PRODUCTS,
    REASONS,
    SEGMENTS,
    SUFFIXES,
    TITLES,
    coin,
    phone,
)
from crm_hygiene.demo.world import (
    AS_OF,
    DAY,
    FEW,
    SECOND,
    START,
    Activity,
    Expectation,
    Record,
    fold,
    week,
)

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
