"""Random journeys of leads, through the models and through plain Python, compared row by row."""

import csv
import random
from collections import Counter
from datetime import date, datetime, time

import pytest
from conftest import Warehouse
from plain_journey import DAY, HOUR, MINUTE, SECOND, Plain, Policy

MARTS = ("lead_responses", "sla_clocks_all")
WEEK = {day: [(9 * 60, 18 * 60)] for day in range(1, 6)}
# A lunch break, and nights that begin with a weekday's evening.
SPLIT = {day: [(8 * 60, 12 * 60), (13 * 60, 17 * 60 + 30)] for day in range(1, 7)}
NIGHTS = {day: [(0, 6 * 60), (22 * 60, 24 * 60)] for day in range(1, 8)}
TEAMS = {
    "*": ("America/New_York", WEEK),
    "berlin": ("Europe/Berlin", SPLIT),
    "pune": ("Asia/Kolkata", WEEK),
    "nights": ("Europe/London", NIGHTS),
}
USERS = [
    ("ann", "human", "Berlin"), ("bob", None, "Pune"), ("cat", "human", "nights"),
    ("dan", "human", "no hours of its own"), ("eve", "human", None),
    ("bot", "automation", None), ("sync", "integration", "Berlin"), ("line", "queue", "Berlin"),
]  # fmt: skip
OWNERS = ["ann", "bob", "cat", "dan", "eve", "line", "line", "bot", "gone", None]
# The clock is put back in Europe and a week later in New York.
AS_OF = datetime(2026, 11, 6, 15, 30)
HOLIDAYS = frozenset({date(2026, 10, 26), date(2026, 11, 3), date(2026, 10, 31)})
EDGES = [
    datetime(2026, 10, 25, 0, 58), datetime(2026, 10, 25, 1), datetime(2026, 11, 1, 5, 59),
    datetime(2026, 10, 30, 16, 59), datetime(2026, 10, 30, 21, 59), datetime(2026, 10, 26, 8),
    datetime(2026, 11, 2, 13, 59, 59), datetime(2026, 11, 6, 15, 25), datetime(2026, 11, 6, 15, 15),
]  # fmt: skip
GAPS = [
    0 * SECOND, SECOND, 40 * SECOND, 2 * MINUTE, 5 * MINUTE - SECOND, 5 * MINUTE,
    5 * MINUTE + SECOND, 15 * MINUTE, 15 * MINUTE + SECOND, HOUR, 4 * HOUR, 4 * HOUR + SECOND,
    DAY, DAY + SECOND, 72 * HOUR, 72 * HOUR + SECOND, 6 * DAY,
]  # fmt: skip
TABLES = (
    "users", "leads", "contacts", "accounts", "opportunities", "opportunity_contacts",
    "activities", "changes", "sla_clocks",
)  # fmt: skip


class Worlds:
    """Rows of the open landing: a person a world, drawn near every edge."""

    def __init__(self, seed: int, n: int, has_leads: bool = True):
        self.random, self.tables = random.Random(seed), {table: [] for table in TABLES}
        for user, kind, team in USERS:
            self.land("users", user_id=user, kind=kind, team=team, is_active=True)
        for number in range(n):
            (self.lead if has_leads else self.contact_only)(f"{seed}_{number}")

    def land(self, table: str, **row) -> dict:
        self.tables[table].append(row)
        return row

    def pick(self, *choices):
        return self.random.choice(choices)

    def one_in(self, n: int) -> bool:
        return self.random.randrange(n) == 0

    def instant(self) -> datetime:
        start = AS_OF - self.random.randrange(16 * 86400) * SECOND
        if self.one_in(2):
            start = self.pick(*EDGES) + self.pick(-1, 0, 0, 1) * self.pick(SECOND, MINUTE)
        return min(start, AS_OF)

    def after(self, start: datetime) -> datetime:
        gap = self.pick(*GAPS) if self.one_in(2) else self.random.randrange(8 * 86400) * SECOND
        return start + gap

    def chain(self, object_type: str, record_id: str, field: str, start, values: list) -> str:
        """Land changes of a field in turn, a minute or more apart; return the last value."""
        at, old = start, values[0]
        for number, new in enumerate(values[1:]):
            at = self.after(at + 2 * SECOND)
            if at > AS_OF + DAY:
                break
            if new == old:
                continue
            self.land(
                "changes", object_type=object_type, record_id=record_id, field=field,
                changed_at=at, old_value=old, new_value=new, sequence=number,
                change_id=f"{object_type}:{record_id}:{field}:{number}",
            )  # fmt: skip
            old = new
        return old

    def owner(self, object_type: str, record_id: str, start: datetime) -> str | None:
        values = [self.pick(*OWNERS) for _ in range(self.pick(1, 1, 2, 3, 4))]
        return self.chain(object_type, record_id, "owner_id", start, values)

    def activity(self, start: datetime, links: dict) -> None:
        at = self.after(start) if not self.one_in(12) else start - self.pick(SECOND, HOUR, DAY)
        if self.one_in(5):
            at = datetime.combine(at.date(), time())
        kind = self.pick("call", "call", "email", "meeting", "form", "task")
        way = self.pick("outbound", "outbound", "inbound", None)
        self.land(
            "activities", activity_id=f"activity_{len(self.tables['activities'])}",
            occurred_at=at, type=kind, direction=way,
            status="planned" if at > AS_OF
            else self.pick(*["done"] * 8, None, "planned", "no_show", "bounced", "canceled"),
            is_automated=self.pick(False, False, False, False, None, True),
            disposition=self.pick(None, "Connected", "No answer", "Meeting set", "Spoke with them"),
            owner_id=self.pick("ann", "bob", "eve", *OWNERS), **links,
        )  # fmt: skip

    def activities(self, start: datetime, choices: list[dict]) -> None:
        for _ in range(self.pick(0, 1, 1, 2, 4)):
            self.activity(start, self.pick(*choices))

    def clocks(self, object_type: str, record_id: str, start: datetime) -> None:
        if not self.one_in(8):
            return
        for sla in self.pick(["First Touch"], ["reply"], ["first-touch", "assignment"]):
            started = min(self.after(start), AS_OF)
            self.land(
                "sla_clocks", object_type=object_type, record_id=record_id, sla=sla,
                started_at=started, due_at=started + self.pick(MINUTE, HOUR, DAY),
                stopped_at=self.pick(None, started + MINUTE, self.after(started)),
                paused_seconds=self.pick(None, 0, 90),
            )  # fmt: skip

    def record(self, start: datetime) -> dict:
        return {
            "created_at": start,
            "created_channel": self.pick(*[None] * 12, "import", "api"),
            "email": self.pick(None, *["b@firm.example"] * 9, "x+synthetic@firm.example"),
            "deleted_at": self.pick(*[None] * 14, AS_OF - HOUR, AS_OF + HOUR),
            "merged_into_id": None,
        }  # fmt: skip

    def lead(self, name: str) -> None:
        start = self.instant()
        lead = self.land("leads", lead_id=f"lead_{name}", **self.record(start))
        lead["merged_into_id"] = self.pick(*[None] * 20, "elsewhere")
        own = {"lead_id": lead["lead_id"]}
        links = [own, own]
        statuses = [
            self.pick("New", "Working", "New", "Unqualified", "On Hold", "Nurture")
            for _ in range(self.pick(1, 1, 2, 3, 4))
        ]
        if self.one_in(3):
            links += self.convert(lead, name, start)
            statuses[-1] = "Converted"
        lead["status"] = self.chain("lead", lead["lead_id"], "status", start, statuses)
        lead["owner_id"] = self.owner("lead", lead["lead_id"], start)
        self.activities(start, links)
        self.clocks("lead", lead["lead_id"], start)

    def convert(self, lead: dict, name: str, start: datetime) -> list[dict]:
        """Convert a lead to records that may be older than it; return what can name them."""
        at = self.after(start) if not self.one_in(10) else start + 40 * SECOND
        if self.one_in(4):
            # Salesforce tells only the day.
            at = datetime.combine(at.date(), time())
        lead["converted_at"] = at
        born = self.pick(at, at, start - 30 * DAY)
        born = min(born, AS_OF)
        account = self.pick("account_of_many", f"account_{name}")
        contact, deal = f"contact_{name}", f"deal_{name}"
        lead |= {"converted_contact_id": contact, "converted_account_id": account}
        if not any(row["account_id"] == account for row in self.tables["accounts"]):
            self.land("accounts", account_id=account, created_at=AS_OF - 90 * DAY, owner_id="eve")
        self.land(
            "contacts", contact_id=contact, account_id=account, created_at=born,
            owner_id=self.owner("contact", contact, born), lifecycle_stage="customer",
        )  # fmt: skip
        links = [
            {"contact_id": contact}, {"contact_id": contact, "account_id": account},
            {"account_id": account}, {"account_id": account, "contact_id": "somebody_else"},
        ]  # fmt: skip
        if self.one_in(2):
            lead["converted_opportunity_id"] = deal
            self.deal(deal, account, min(at, AS_OF))
            links += [{"opportunity_id": deal}, {"opportunity_id": deal, "contact_id": contact}]
        if self.one_in(2):
            # Salesforce moves the activities: the lead is named by none of them any more.
            return links * 3
        return links

    def deal(self, deal: str, account: str | None, start: datetime) -> None:
        self.land(
            "opportunities", opportunity_id=deal, account_id=account, created_at=start,
            owner_id=self.owner("opportunity", deal, start),
        )  # fmt: skip

    def contact_only(self, name: str) -> None:
        start, contact = self.instant(), f"contact_{name}"
        row = self.land("contacts", contact_id=contact, **self.record(start))
        stages = [
            self.pick("subscriber", "lead", "Lead ", "marketingqualifiedlead", "customer")
            for _ in range(self.pick(1, 1, 2, 3))
        ]
        row["lifecycle_stage"] = self.chain("contact", contact, "lifecycle_stage", start, stages)
        row["owner_id"] = self.owner("contact", contact, start)
        links = [{"contact_id": contact}]
        for number in range(self.pick(0, 0, 1, 2)):
            deal = f"deal_{name}_{number}"
            born = self.pick(self.after(start), start, start - DAY)
            self.deal(deal, None, min(born, AS_OF))
            self.land("opportunity_contacts", opportunity_id=deal, contact_id=contact)
            links.append({"opportunity_id": deal})
        self.activities(start, links)
        self.clocks("contact", contact, start)

    def write(self, folder) -> None:
        folder.mkdir()
        for table, rows in self.tables.items():
            columns = list(dict.fromkeys(column for row in rows for column in row))
            if rows:
                with (folder / f"{table}.csv").open("w", newline="", encoding="utf-8") as file:
                    writer = csv.DictWriter(file, columns)
                    writer.writeheader()
                    writer.writerows(rows)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory) -> Warehouse:
    """A warehouse with the policy seeds, and the hours and holidays of these worlds."""
    warehouse = Warehouse(tmp_path_factory.mktemp("seeded") / "crm.duckdb")
    assert warehouse.dbt("seed", "--select", "policy", variables={"crm_sources": ["open"]}).success

    def clock(minutes: int) -> str:
        return f"{minutes // 60:02}:{minutes % 60:02}"

    hours = [
        f"('{team.title()}', {day}, '{clock(a)}', '{clock(b)}', '{zone}')"
        for team, (zone, week) in TEAMS.items()
        for day, spans in week.items()
        for a, b in spans
    ]
    days = [f"(date '{day}', 'test')" for day in HOLIDAYS]
    warehouse.sql("delete from policy.working_hours")
    warehouse.sql(f"insert into policy.working_hours values {', '.join(hours)}")
    warehouse.sql("delete from policy.holidays")
    warehouse.sql(f"insert into policy.holidays values {', '.join(days)}")
    warehouse.let_go()
    return warehouse


def found(warehouse: Warehouse, mart: str) -> list[dict]:
    columns = [name for name, *_ in warehouse.sql(f"describe marts.{mart}")]
    return [dict(zip(columns, row, strict=True)) for row in warehouse.sql(f"from marts.{mart}")]


def assert_same(told: dict, expected: dict) -> None:
    """Compare rows by key, in what the expected rows tell."""
    assert told.keys() == expected.keys(), (
        list(told.keys() - expected.keys())[:3],
        list(expected.keys() - told.keys())[:3],
    )
    for key, row in expected.items():
        columns = [column for column in row if not column.startswith("_")]
        own = {c: float(v) if "seconds" in c and v is not None else v for c, v in told[key].items()}
        differing = {c: (own[c], row[c]) for c in columns if own[c] != row[c]}
        assert not differing, (key, differing)


def check(seeded: Warehouse, worlds: Worlds, folder, zone: str) -> tuple[dict, dict]:
    """Build the marts of a landing and compare them with plain Python; return what was told."""
    warehouse = seeded.copy(folder)
    worlds.write(folder / "files")
    variables = {
        "crm_sources": ["open"], "open_files": str(folder / "files"), "as_of": str(AS_OF),
        "business_timezone": zone,
    }  # fmt: skip
    ran = warehouse.dbt("run", "--select", *(f"+{mart}" for mart in MARTS), variables=variables)
    errors = [one.message for one in ran.result or [] if one.status == "error"]
    assert ran.success, errors or ran.exception
    policy = Policy(AS_OF, zone, TEAMS, HOLIDAYS)
    responses, clocks = Plain(worlds.tables, policy).told()
    assert_same({row["journey_key"]: row for row in found(warehouse, MARTS[0])}, responses)
    key = ("record_key", "sla", "started_at")
    told = {tuple(row[name] for name in key): row for row in found(warehouse, MARTS[1])}
    assert len(told) == len(found(warehouse, MARTS[1]))
    assert_same(told, clocks)
    return responses, clocks


def test_two_thousand_worlds_with_leads(seeded, tmp_path):
    responses, clocks = check(seeded, Worlds(1, 2000), tmp_path, "America/New_York")
    verdicts = Counter(row["response"] for row in responses.values())
    assert verdicts.keys() == {"in_time", "late", "untouched", "not_due", "day_only", None}
    reasons = Counter(row["left_out_reason"] for row in responses.values())
    assert reasons.keys() == {
        None, "merged", "deleted", "synthetic", "imported", "disqualified", "converted",
    }  # fmt: skip
    states = Counter((row["sla"], row["state"]) for row in clocks.values() if row["is_derived"])
    assert len(states) >= 9 and ("follow_up", "paused") in states, states
    assert min(verdicts.values()) >= 10 and min(reasons.values()) >= 5, (verdicts, reasons)
    assert any(not row["is_derived"] for row in clocks.values())


def test_contacts_are_the_leads_of_a_crm_without_leads(seeded, tmp_path):
    responses, _ = check(seeded, Worlds(2, 300, has_leads=False), tmp_path, "Asia/Kolkata")
    assert 100 < len(responses) < 300


@pytest.mark.parametrize("lacking", ["activities", "changes", "users"])
def test_what_is_not_landed_is_not_judged(seeded, tmp_path, lacking):
    worlds = Worlds(3, 60)
    worlds.tables[lacking] = []
    responses, clocks = check(seeded, worlds, tmp_path, "UTC")
    slas = {row["sla"] for row in clocks.values() if row["is_derived"]}
    if lacking == "activities":
        judged = {r["response"] for r in responses.values() if not r["left_out_reason"]}
        assert (judged, slas) == ({"not_landed"}, {"assignment"})
        assert {row["n_touches"] for row in responses.values()} == {None}
    if lacking == "changes":
        assert slas == {"first_touch"}
        assert {row["seconds_to_owner"] for row in responses.values()} == {None}
