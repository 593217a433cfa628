"""Random CRMs, through the models and through plain Python, compared record by record.

Hypothesis draws small worlds of a few records each, their dates on the limits and a second or a day
beside them. They are landed together, each next to a twin that lacks one fact: one run of dbt
judges them all.
"""

import json
import random
from collections import Counter, defaultdict
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import hypothesis.strategies as st
import pytest
from conftest import Warehouse
from hypothesis import HealthCheck, Phase, given, seed, settings
from plain_lifecycle import (
    DAY,
    DECISIONS,
    LEVEL,
    PLURAL,
    A,
    C,
    Duplicate,
    K,
    L,
    Lifecycle,
    O,
    Policy,
    X,
    before,
    landed,
)

SECOND = timedelta(seconds=1)
# Counted back from the last day of a month, over a leap day.
AS_OF = datetime(2026, 3, 31, 12, 30)

# --- What is drawn ---

FLAGS = ["is_customer", "is_partner", "is_strategic", "legal_hold"]
COLUMNS = {
    "accounts": [*FLAGS, "name", "domain", "region", "owner_id"],
    "contacts": [
        "account_id", "first_name", "last_name", "email", "phone", "region", "owner_id",
        "consent_status", "lawful_basis", "do_not_contact", "departed_at", "legal_hold",
    ],
    "leads": [
        "first_name", "last_name", "company", "email", "phone", "region", "status", "owner_id",
        "consent_status", "do_not_contact", "converted_at", "converted_contact_id",
        "converted_account_id", "converted_opportunity_id", "legal_hold",
    ],
    "opportunities": [
        "account_id", "stage", "owner_id", "amount", "close_date", "closed_at", "loss_reason",
        "legal_hold", "region", "type", "name",
    ],
    "cases": ["account_id", "contact_id", "is_closed", "closed_at", "owner_id", "legal_hold"],
}  # fmt: skip
for _object_type, _table in PLURAL.items():
    COLUMNS[_table] += [f"{_object_type}_id", "created_at", "deleted_at", "merged_into_id"]
    COLUMNS[_table] += ["updated_at"]
COLUMNS["activities"] = [
    "activity_id", "occurred_at", "type", "direction", "status", "is_automated", "account_id",
    "contact_id", "lead_id", "opportunity_id",
]  # fmt: skip
COLUMNS["opportunity_contacts"] = ["opportunity_id", "contact_id"]
COLUMNS["sla_clocks"] = ["object_type", "record_id", "sla", "started_at", "due_at", "stopped_at"]
COLUMNS["changes"] = [
    "object_type", "record_id", "field", "changed_at", "change_id", "old_value", "new_value",
]  # fmt: skip
COLUMNS["contracts"] = [
    "contract_id", "crm", "account_id", "opportunity_id", "signed_at", "start_date", "end_date",
    "status",
]  # fmt: skip
COLUMNS["invoices"] = ["invoice_id", "crm", "account_id", "opportunity_id", "issued_at", "status"]
COLUMNS["documents"] = [
    "document_id", "crm", "account_id", "contact_id", "opportunity_id", "created_at", "expires_at",
]  # fmt: skip
COLUMNS["stages"] = ["object_type", "stage", "kind"]
# What is not landed: rows of policy, and the duplicate clusters.
COLUMNS["protected_records"] = ["crm", "object_type", "record_id", "protection", "reason"]
COLUMNS["lifecycle_reviews"] = [
    "crm", "object_type", "record_id", "reviewed_at", "decision", "reviewer",
]  # fmt: skip
COLUMNS["clusters"] = [
    "object_type", "record_id", "survivor_id", "is_survivor", "is_deterministic", "n_own_values",
]  # fmt: skip
POLICY = ["protected_records", "lifecycle_reviews"]

STAGES = {"new": "open", "talks": "open", "won": "won", "lost": "lost", "mystery": None}
# What stands in a world, and how often each; "#" is the world.
STAGE_NAMES = ["lost"] * 5 + ["won"] * 2 + ["new", "talks", "mystery", "no such stage", None]
EMAILS = [None, "ada@#.io", "ada@#.io", "bo@#.io", "no address", "eve@0-mail.com", "x@y.test"]
NAMES = [(None, "Lovelace #"), ("Test", "User"), (None, None)]
TITLES = ["Buyer", "CFO", "buyer.", None]
TYPES = ["email", "email", "call", "meeting", "task", "reply", "chat", None]
STATUSES = ["done", "done", "done", None, "planned", "canceled", "no_show", "bounced"]
BASES = ["consent", "none", "none", None]
CONSENTS = ["opted_in", "opted_in", "opted_out", "unsubscribed", "unknown", None]
REGIONS = [None, "EU", "US", "Mars"]


@dataclass(frozen=True)
class Setting:
    """What worlds are drawn for, and judged with; `policy` are seeds that are not as shipped."""

    seed: int
    n_worlds: int
    months: tuple = (6, 12, 18, 24, 36, 60)
    days: tuple = (180,)
    policy: dict = field(default_factory=dict)

    @property
    def told_by_policy(self) -> list[tuple]:
        """The flags of which the policy says that a blank one is not set."""
        return [row for row in self.policy.get("flag_policy", []) if row[2] == "false"]


SETTINGS = {
    "as shipped": Setting(1, 2000),
    "another policy": Setting(
        2, 1100, (1, 3, 7, 13, 25, 30), (30, 90),
        {
            "retention_policy": [
                ("contact", "*", 7, "months", 25, 30), ("contact", "EU", 90, "days", 13, 13),
                ("contact", "us", 13, "months", None, None), ("lead", "*", 30, "days", 13, 25),
                ("lead", "EU", 90, "days", None, 30), ("account", "EU", 7, "months", None, None),
                ("opportunity", "*", 3, "months", None, None),
                ("opportunity", "US", 13, "months", None, None),
                ("activity", "*", 90, "days", None, None),
            ],
            "flag_policy": [
                ("open", "legal_hold", "false", "false"), ("open", "opted_out", "false", "unknown"),
                ("open", "do_not_contact", "false", "unknown"),
                *(("open", name, "unknown", "unknown") for name in FLAGS[:3]),
            ],
            "engagement_types": [
                ("call", "outbound", "inbound"), ("task", "any", "any"), ("reply", "any", None),
                ("meeting", None, "inbound"),
            ],
            "nurture_stages": [("open", "asleep"), ("hubspot", "nurture")],
            "lifecycle_approvals": [
                ("no_lawful_basis_approved", "*", "eu", "Legal", AS_OF),
                ("no_lawful_basis_approved", "open", "US", "Legal", AS_OF + SECOND),
                ("no_lawful_basis_approved", "hubspot", "*", "Legal", datetime(2020, 1, 1)),
            ],
            "threshold_overrides": [
                ("lifecycle__rescue_months", 3), ("lifecycle__signal_months", 1),
                ("lifecycle__engagement_months", 3), ("lifecycle__mistake_hours", 48),
            ],
        },
    ),
}  # fmt: skip


class World:
    """A few records that hang together, and what is landed of them."""

    def __init__(self, rng: random.Random, setting: Setting):
        self.rng, self.setting = rng, setting
        self.tables = defaultdict(list)
        self.edges = [before(AS_OF, (n, "months")) for n in setting.months]
        self.edges += [AS_OF - n * DAY for n in setting.days]
        # Bare worlds hold what can go: few flags, few links, few activities.
        self.is_bare = self.one_in(2)
        self.flagged = rng.choice([0, 0.03, 0.2])
        n_records = {A: (0, 1, 1, 2), C: (1, 1, 2, 3), L: (0, 1, 2), O: (0, 1, 2, 3), K: (0, 0, 1)}
        self.ids = {
            object_type: [f"#{object_type[:2]}{n}" for n in range(rng.choice(counts))]
            for object_type, counts in n_records.items()
        }
        for object_type, ids in self.ids.items():
            for record_id in ids:
                row = dict.fromkeys(COLUMNS[PLURAL[object_type]])
                row |= {f"{object_type}_id": record_id, "created_at": self.created_at()}
                row["owner_id"] = rng.choice(["ann", "gone", None])
                row["legal_hold"] = self.flag()
                row["deleted_at"] = self.gone_at()
                row["merged_into_id"] = self.one_of("#survivor", 30)
                if "region" in row:
                    row["region"] = rng.choice(REGIONS)
                getattr(self, f"draw_{object_type}")(row)
                self.tables[PLURAL[object_type]].append(row)
                self.draw_events(object_type, row, record_id)
        for number in range(rng.choice([0, 0, 1, 2] if self.is_bare else [0, 1, 2, 4, 6])):
            self.draw_activity(f"#ac{number}")
        for _ in range(rng.choice([0, 1, 2])):
            role = {"opportunity_id": self.link(O), "contact_id": self.link(C)}
            if all(role.values()) or self.one_in(4):
                self.tables["opportunity_contacts"].append(role)
        self.draw_clusters()
        self.hide_creations()
        self.draw_papers()
        self.draw_documents()

    def draw_papers(self) -> None:
        """Contracts and invoices, at times of another CRM, unusable, void or over."""
        for table, name in (("contracts", "contract_id"), ("invoices", "invoice_id")):
            if not self.one_in(6):
                continue
            row = dict.fromkeys(COLUMNS[table]) | {name: "#paper", A + "_id": self.link(A)}
            row |= {O + "_id": self.link(O), "crm": self.rng.choice([None, "open", "hubspot"])}
            row["status"] = self.rng.choice([None, "active", " Void", "cancelled"])
            at = self.rng.choice([None, AS_OF - DAY, AS_OF, AS_OF + 30 * SECOND])
            if table == "invoices":
                row["issued_at"] = at
            else:
                today = AS_OF.date()
                row["signed_at"] = at
                row["start_date"] = self.rng.choice([None, today, today + DAY, today - 9 * DAY])
                row["end_date"] = self.rng.choice([None, None, today, today - DAY])
            self.tables[table].append(row)

    def draw_documents(self) -> None:
        """Documents of another CRM, unusable, not known yet, over, or over for long."""
        kept_since = before(AS_OF, (36, "months"))
        for number in range(self.rng.choice([0] * 6 + [1, 2])):
            row = dict.fromkeys(COLUMNS["documents"]) | {"document_id": f"#paper{number}"}
            row |= {f"{kind}_id": self.one_of(self.link(kind), 2) for kind in (A, C, O)}
            row["crm"] = self.rng.choice([None, None, "open", "hubspot"])
            row["created_at"] = self.rng.choice([AS_OF - 2000 * DAY] * 4 + [AS_OF, None])
            if self.one_in(12):
                row["created_at"] = AS_OF + SECOND
            ends = [AS_OF, AS_OF + SECOND, kept_since, kept_since + SECOND, AS_OF - 400 * DAY]
            row["expires_at"] = self.rng.choice([None, *ends])
            self.tables["documents"].append(row)

    def hide_creations(self) -> None:
        """Some records have no creation date, and count from their last modification."""
        changed = {(one["object_type"], one["record_id"]) for one in self.tables["changes"]}
        for object_type, table in PLURAL.items():
            for row in self.tables[table]:
                key = (object_type, row[f"{object_type}_id"])
                if row["created_at"] and key not in changed and self.one_in(4):
                    row |= {"created_at": None, "updated_at": row["created_at"]}

    # --- Values ---

    def one_in(self, n: int) -> bool:
        return self.rng.randrange(n) == 0

    def one_of(self, value, n: int):
        """The value once in n times."""
        return value if self.one_in(n) else None

    def flag(self) -> bool | None:
        share = self.rng.random()
        return True if share < self.flagged else None if share < self.flagged * 1.5 else False

    def link(self, object_type: str) -> str | None:
        """A record of the world, at times one that is not there."""
        if self.one_in(12):
            return "#lost"
        if self.one_in(3) or (self.is_bare and not self.one_in(4)) or not self.ids[object_type]:
            return None
        return self.rng.choice(self.ids[object_type])

    def instant(self) -> datetime:
        share = self.rng.random()
        if share < 0.5:
            return self.rng.choice(self.edges) + self.rng.choice([-DAY, -SECOND, 0 * DAY, SECOND])
        days = 400 if share < 0.7 else 2600
        return AS_OF - self.rng.randrange(days * 24 * 60) * timedelta(minutes=1)

    def created_at(self) -> datetime:
        if self.one_in(40):
            return AS_OF + self.rng.choice([0 * DAY, SECOND])
        return AS_OF - 2900 * DAY if self.one_in(2) else self.instant()

    def gone_at(self) -> datetime | None:
        at = self.rng.choice([self.instant(), AS_OF, AS_OF + SECOND])
        return self.one_of(at, 9)

    def day(self) -> datetime:
        return datetime.combine(self.instant().date(), datetime.min.time())

    # --- Records ---

    def draw_account(self, row: dict) -> None:
        row |= {name: self.flag() for name in FLAGS}
        row["name"] = self.rng.choice(["Firm #", "Firm #", "Test Account", None])

    def draw_person(self, row: dict) -> None:
        row["first_name"], row["last_name"] = self.rng.choice(NAMES)
        row["email"] = self.rng.choice(EMAILS)
        row["phone"] = self.rng.choice([None, "+44207946001"])
        clear = self.is_bare and not self.one_in(4)
        row["consent_status"] = "opted_in" if clear else self.rng.choice(CONSENTS)
        row["do_not_contact"] = False if clear else self.rng.choice([False, False, None, True])

    def draw_contact(self, row: dict) -> None:
        self.draw_person(row)
        row["account_id"] = self.link(A)
        row["lawful_basis"] = self.rng.choice(BASES)
        row["departed_at"] = self.instant() if self.one_in(8) else None

    def draw_lead(self, row: dict) -> None:
        self.draw_person(row)
        row["company"] = self.rng.choice(["Firm #", "asdf", None])
        row["status"] = self.rng.choice(["open", "open", "Nurture", "asleep", None])
        if self.one_in(5):
            row["converted_at"] = self.rng.choice([self.instant(), AS_OF, AS_OF + SECOND])
        for object_type in (A, C, O):
            row[f"converted_{object_type}_id"] = self.link(object_type)

    def draw_opportunity(self, row: dict) -> None:
        row["account_id"] = self.link(A)
        row["stage"] = self.rng.choice(STAGE_NAMES)
        row["amount"] = self.rng.choice([None, 0, 100])
        row["close_date"] = self.day() if not self.one_in(4) else None
        row["closed_at"] = self.instant() if self.one_in(3) else None
        if self.one_in(3):
            mistake = self.rng.choice([1, 2]) * DAY + self.rng.choice([-1, 0, 1]) * SECOND
            row["closed_at"] = row["created_at"] + mistake
        row["loss_reason"] = self.rng.choice([None, "price"])
        row["type"] = self.rng.choice(
            [None, "New", "new"] * 6 + [" Renewal", "up-sell", "renewals"]
        )

    def draw_case(self, row: dict) -> None:
        row["account_id"], row["contact_id"] = self.link(A), self.link(C)
        row["is_closed"] = self.rng.choice([True, True, False, None])
        if row["is_closed"] is not False:
            ends = [None, self.instant(), AS_OF, AS_OF + SECOND]
            row["closed_at"] = self.rng.choice(ends)

    def draw_activity(self, activity_id: str) -> None:
        status, at = self.rng.choice(STATUSES), self.instant()
        if status in ("planned", "canceled") and self.one_in(2):
            at = AS_OF + self.rng.choice([0, 1, 9 * 24 * 3600]) * SECOND
        self.tables["activities"].append(
            {
                "activity_id": activity_id,
                "occurred_at": None if self.one_in(30) else at,
                "type": self.rng.choice(TYPES),
                "direction": self.rng.choice(["inbound", "inbound", "outbound", None]),
                "status": status,
                "is_automated": self.rng.choice([True, True, False, None]),
                **{f"{one}_id": self.link(one) for one in (A, C, L, O)},
            }
        )

    def draw_events(self, object_type: str, row: dict, record_id: str) -> None:
        """Changes, clocks, reviews and protections of a record; at times an unusable row of it."""
        times = sorted(self.instant() for _ in range(self.rng.choice([0, 0, 0, 1, 2])))
        name = {O: "stage", L: "status", C: "consent_status"}.get(object_type)
        values = {"stage": STAGE_NAMES, "status": ["open", "Nurture"], "consent_status": CONSENTS}
        value = self.rng.choice(values[name]) if name else None
        for number, at in enumerate(times):
            if name and at > row["created_at"]:
                old, value = value, self.rng.choice(values[name])
                if object_type == O and number == len(times) - 1:
                    value = row["stage"]
                    at = self.rng.choice([at, row["closed_at"] or at])
                self.tables["changes"].append(
                    {
                        "object_type": object_type, "record_id": record_id, "field": name,
                        "changed_at": at, "change_id": f"{record_id}-{number}", "old_value": old,
                        "new_value": value,
                    }
                )  # fmt: skip
        at = self.instant()
        if object_type == C and self.one_in(4) and at > row["created_at"]:
            old, new = self.rng.sample(TITLES, 2)
            self.tables["changes"].append(
                {
                    "object_type": C, "record_id": record_id, "field": "title", "changed_at": at,
                    "change_id": f"{record_id}-title", "old_value": old, "new_value": new,
                }
            )  # fmt: skip
        if self.one_in(25):
            due = AS_OF + self.rng.choice([-1, 0, 1]) * SECOND
            stopped = self.rng.choice([None, None, AS_OF, AS_OF + SECOND])
            clock = {"object_type": object_type, "record_id": record_id, "sla": "reply"}
            clock |= {"started_at": AS_OF - DAY, "due_at": due, "stopped_at": stopped}
            self.tables["sla_clocks"].append(clock)
        named = {"crm": "open", "object_type": object_type, "record_id": record_id}
        for _ in range(self.rng.choice([0] * 20 + [1, 2])):
            since = before(AS_OF, (self.rng.choice(self.setting.months[:2]), "months"))
            at = since + self.rng.choice([-SECOND, 0 * DAY, AS_OF - since + SECOND])
            decision = self.rng.choice(["rescue", "rescue", "approve"])
            review = named | {"reviewed_at": at, "decision": decision}
            review["reviewer"] = str(len(self.tables["lifecycle_reviews"]))
            self.tables["lifecycle_reviews"].append(review)
        if self.one_in(40):
            protection = self.rng.choice(["legal_hold", "obligation", "strategic"])
            self.tables["protected_records"].append(
                named | {"protection": protection, "reason": "a test"}
            )
        if object_type in (O, K) and self.one_in(40):
            unusable = row | {f"{object_type}_id": f"{record_id}bad", "created_at": None}
            self.tables[PLURAL[object_type]].append(unusable)

    def draw_clusters(self) -> None:
        for object_type in (A, C, L):
            live = [
                row[f"{object_type}_id"]
                for row in self.tables[PLURAL[object_type]]
                if row["created_at"] <= AS_OF and is_live(row)
                and not row.get("converted_at")
            ]  # fmt: skip
            if len(live) < 2 or self.one_in(3):
                continue
            is_deterministic, own = not self.one_in(4), self.rng.choice([0, 0, 0, 1])
            for record_id in live:
                self.tables["clusters"].append(
                    {
                        "object_type": object_type, "record_id": record_id,
                        "survivor_id": live[0], "is_survivor": record_id == live[0],
                        "is_deterministic": is_deterministic,
                        "n_own_values": 0 if record_id == live[0] else own,
                    }
                )  # fmt: skip


def is_live(row: dict) -> bool:
    is_gone = row["deleted_at"] or row["merged_into_id"]
    return not is_gone or (row["deleted_at"] is not None and row["deleted_at"] > AS_OF)


# --- One fact less ---

# Each is blanked in some twin: a twin may be judged more mildly, never more harshly.
BLANKED = {
    "accounts": [*FLAGS, "region"],
    "contacts": ["legal_hold", "consent_status", "lawful_basis", "do_not_contact", "region"],
    "leads": ["legal_hold", "consent_status", "do_not_contact", "region", "status"],
    "opportunities": ["legal_hold", "stage", "close_date", "closed_at", "region"],
    "cases": ["legal_hold", "is_closed", "closed_at"],
    "activities": ["type", "direction", "status", "is_automated"],
    "sla_clocks": ["stopped_at"],
}
# No twin lacks what a blank tells as well as a value: phone, amount, loss_reason, owner_id,
# departed_at, deleted_at, merged_into_id, every link, and converted_at (there is none); the
# direction of what a machine logged (a mass mail); the status of what is planned (unseen then).
# What a twin may become all the same without a fact (that a rule had judged).
ALLOWED = {
    # Nobody is kept for an opt-out or a wish that nobody told.
    "consent_status": {"archive"},
    "do_not_contact": {"archive"},
    # The close date then stands for the close.
    "closed_at": {"archive"},
    # Only a basis that is told to be lacking asks Legal.
    "lawful_basis": {"archive", "anonymize"},
    # Nothing contradicts the consent any more: the contact is judged like any other.
    ("lawful_basis", "contradictory"): {"archive", "anonymize", "delete"},
}
STOPPED = {"cannot_be_told", "input_missing", "blocked_by_dependant"}


def twin(world: dict, setting: Setting, rng: random.Random) -> tuple[dict, tuple] | None:
    """The world with one fact less, and the table and column that it is of."""
    facts = defaultdict(list)
    told = {"consent_status" if row[1] == "opted_out" else row[1] for row in setting.told_by_policy}
    for table, columns in BLANKED.items():
        for number, row in enumerate(world.get(table, [])):
            for name in columns:
                value = row[name]
                # What is ahead is no fact yet.
                is_ahead = isinstance(value, datetime) and value > AS_OF
                is_mass = name == "direction" and row["is_automated"]
                is_known = value not in (None, "unknown", "planned") and name not in told
                if is_known and not is_ahead and not is_mass:
                    facts[table, name].append(number)
    if not facts:
        return None
    table, name = rng.choice(sorted(facts))
    number = rng.choice(facts[table, name])
    rows = [row | {name: None} if n == number else row for n, row in enumerate(world[table])]
    return {**world, table: rows}, (table, name)


@dataclass
class Landing:
    """Worlds as one landing; `twins` tells of each twin's world whose it is and what it lacks."""

    tables: dict
    twins: dict
    n_records: int  # without the twins'


def numbered(world: dict, name: str) -> dict:
    """The rows of a world under its own ids."""

    def named(value):
        return value.replace("#", name) if isinstance(value, str) else value

    return {
        table: [{column: named(value) for column, value in row.items()} for row in rows]
        for table, rows in world.items()
    }


def landing_of(setting: Setting, others: list[dict] = ()) -> Landing:
    """The same worlds in every run: what fails once fails again; and others that are given."""
    drawn = []

    @seed(setting.seed)
    @settings(
        max_examples=setting.n_worlds, database=None, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.randoms(use_true_random=True))
    def draw(rng):
        world = World(rng, setting)
        drawn.append((world.tables, twin(world.tables, setting, rng)))

    draw()
    drawn += [(world, None) for world in others]
    tables, twins = {name: [] for name in COLUMNS}, {}
    n_records = 0
    for number, (world, other) in enumerate(drawn):
        n_records += sum(len(world.get(table, [])) for table in (*PLURAL.values(), "activities"))
        rows = [numbered(world, f"w{number:05d}")]
        if other:
            twins[f"x{number:05d}"] = (f"w{number:05d}", *other[1])
            rows.append(numbered(other[0], f"x{number:05d}"))
        for one in rows:
            for table, added in one.items():
                tables[table] += added
    tables["stages"] = [
        {"object_type": O, "stage": stage, "kind": kind} for stage, kind in STAGES.items()
    ]
    return Landing(tables, twins, n_records)


LOST = {
    "account_id": "#a", "stage": "lost", "amount": 700, "legal_hold": False, "type": "new",
    "created_at": AS_OF - 3600 * DAY, "closed_at": AS_OF - 3500 * DAY,
    "close_date": (AS_OF - 3500 * DAY).date(),
}  # fmt: skip
CALL = {
    "account_id": "#a", "occurred_at": AS_OF - 3000 * DAY, "type": "call", "status": "done",
    "direction": "outbound", "is_automated": False,
}  # fmt: skip
# What chance never draws: deals by their names, and activities logged twice.
PLANTED = [
    {
        table: [dict.fromkeys(COLUMNS[table]) | row for row in rows]
        for table, rows in {
            "accounts": [{"account_id": "#a", "created_at": AS_OF - 3600 * DAY}],
            "opportunities": [
                LOST | {"opportunity_id": "#o", "name": "Test deal", "amount": 1},
                LOST | {"opportunity_id": "#p", "name": "Looms for the mill"},
                LOST | {"opportunity_id": "#q", "name": "Looms for the mill"},
            ],
            "activities": [CALL | {"activity_id": "#x"}, CALL | {"activity_id": "#y"}],
        }.items()
    }
]


# --- The models ---


def load(warehouse: Warehouse, table: str, rows: list[tuple], columns: list[str]) -> None:
    """Put rows in the place of those of a policy seed."""
    warehouse.sql(f"delete from policy.{table}")
    if rows:
        marks = ", ".join("?" for _ in columns)
        with duckdb.connect(str(warehouse.path)) as connection:
            connection.executemany(
                f"insert into policy.{table} ({', '.join(columns)}) values ({marks})", rows
            )


def write(tables: dict, folder: Path) -> None:
    """Write the landed tables as parquet files of text."""
    folder.mkdir(exist_ok=True)
    for name, rows in tables.items():
        if name in (*POLICY, "clusters"):
            continue
        file = folder / f"{name}.json"
        file.write_text("\n".join(json.dumps(row, default=str) for row in rows))
        columns = dict.fromkeys(rows[0] if rows else COLUMNS[name], "varchar")
        duckdb.sql(
            f"copy (from read_json('{file}', columns = {columns}))"
            f" to '{file.with_suffix('.parquet')}'"
        )


def make(connection, node, sql: str) -> None:
    """Make the table or view of a model by some SQL."""
    kind = "view" if node.config.materialized == "view" else "table"
    connection.execute(f"create or replace {kind} {node.relation_name} as {sql}")


class Models:
    """The models of the decisions, run again and again on landings of their own."""

    def __init__(self, folder: Path):
        self.folder, self.n_runs = folder, 0
        self.seeded = Warehouse(folder / "crm.duckdb")

    def run(self, tables: dict, policy: dict | None = None) -> Warehouse:
        """Judge a landing in a warehouse of its own."""
        warehouse, variables = self.prepared(tables, policy or {})
        ran = warehouse.dbt("run", *SELECTED, variables=variables)
        errors = [one.message for one in ran.result or [] if one.status == "error"]
        assert ran.success, errors or ran.exception
        made = (one.node for one in ran.result.results)
        # Copies: all tests of this process share the project, and compile it anew.
        self.nodes = [copy(node) for node in made if node.resource_type == "model"]
        return warehouse

    def again(self, tables: dict, policy: dict | None = None, shuffle=False) -> Warehouse:
        """Judge another landing of the same tables and columns by the same SQL, without dbt."""
        warehouse, variables = self.prepared(tables, policy or {})
        if shuffle:
            self.shuffle(warehouse)
        with duckdb.connect(str(warehouse.path)) as connection:
            connection.execute("set timezone = 'UTC'; create schema crm_landing")
            for file in Path(variables["open_files"]).glob("*.parquet"):
                connection.execute(
                    f"create view crm_landing.{file.stem} as from read_parquet('{file}')"
                )
            for schema in ("staging", "intermediate", "marts"):
                connection.execute(f"create schema if not exists {schema}")
            for node in self.nodes:
                make(connection, node, node.compiled_code)
        return warehouse

    def prepared(self, tables: dict, policy: dict) -> tuple[Warehouse, dict]:
        """A warehouse with a landing and the policy seeds, and dbt's variables for it."""
        self.n_runs += 1
        folder = self.folder / f"run_{self.n_runs}"
        write(tables, folder)
        variables = {"crm_sources": ["open"], "open_files": str(folder), "as_of": str(AS_OF)}
        if not self.seeded.path.exists():
            assert self.seeded.dbt("seed", "--select", "policy", variables=variables).success
            self.seeded.let_go()
            self.seeded.sql("drop schema if exists crm_landing cascade")
            self.seeded.sql("checkpoint")
        warehouse = Warehouse(folder / "crm.duckdb")
        warehouse.path.write_bytes(self.seeded.path.read_bytes())
        for table, rows in policy.items():
            load(warehouse, table, rows, POLICY_COLUMNS[table])
        for table in POLICY:
            rows = [tuple(row.values()) for row in tables.get(table, [])]
            load(warehouse, table, rows, COLUMNS[table])
        self.make_clusters(warehouse, tables)
        return warehouse, variables

    @staticmethod
    def shuffle(warehouse: Warehouse) -> None:
        """The rows of every policy seed in another order."""
        for (table,) in warehouse.sql(
            "select table_name from duckdb_tables() where schema_name = 'policy'"
        ):
            warehouse.sql(
                f"create or replace table policy.{table} as"
                f" select * from policy.{table} order by hash({table})"
            )

    @staticmethod
    def make_clusters(warehouse: Warehouse, tables: dict) -> None:
        """The duplicate clusters as given."""
        keys = sorted(
            (object_type, row[f"{object_type}_id"])
            for object_type, table in PLURAL.items()
            for row in tables.get(table, [])
            if row["created_at"] or row.get("updated_at")
        )
        number = {key: place for place, key in enumerate(keys, 1)}
        rows = []
        for row in tables.get("clusters", []):
            key = (row["object_type"], row["record_id"])
            survivor = (row["object_type"], row["survivor_id"])
            rows.append(
                (
                    number[key], ":".join(("open", *key)), "open", *key, number[survivor],
                    number[survivor], ":".join(("open", *survivor)), row["is_survivor"], "a test",
                    row["is_deterministic"], row["n_own_values"],
                )
            )  # fmt: skip
        columns = {
            "record_sk": "bigint", "record_key": "varchar", "crm": "varchar",
            "object_type": "varchar", "record_id": "varchar", "cluster_sk": "bigint",
            "survivor_record_sk": "bigint", "survivor_record_key": "varchar",
            "is_survivor": "boolean", "matched_by": "varchar", "is_deterministic": "boolean",
            "n_own_values": "bigint",
        }  # fmt: skip
        warehouse.land("intermediate", "int_identity__clusters", columns, rows)


SELECTED = ["--select", "+lifecycle_decisions", "+lifecycle_rule_verdicts", "+rejected_rows"]
SELECTED += ["--exclude", "path:models/intermediate/identity"]
POLICY_COLUMNS = {
    "retention_policy": [
        "object_type", "region", "archive_after", "archive_unit", "anonymize_after_months",
        "suppression_months",
    ],
    "flag_policy": ["crm", "field", "empty_means", "absent_means"],
    "engagement_types": ["activity_type", "direction", "signal_direction"],
    "nurture_stages": ["crm", "stage"],
    "lifecycle_approvals": ["rule_id", "crm", "region", "approved_by", "approved_at"],
    "threshold_overrides": ["threshold_id", "value"],
}  # fmt: skip


# --- The same rows from the warehouse and from plain Python ---

FOUND = """
    with verdicts as (
        select
            record_key,
            string_agg(
                case verdict when 'yes' then '+' when 'no' then '-' else '?' end || rule_id,
                ' ' order by precedence
            ) as verdicts
        from marts.lifecycle_rule_verdicts
        where rule_id not in ('cannot_be_told', 'input_missing', 'blocked_by_dependant')
        group by record_key
    )

    select
        decisions.record_key, decisions.decision, decisions.rule_id, decisions.blocked_by,
        decisions.is_protected, decisions.missing_inputs, verdicts.verdicts
    from marts.lifecycle_decisions as decisions
    left join verdicts using (record_key)
"""


def plain(tables: dict, policy: Policy, duplicate_deals: dict | None = None) -> Lifecycle:
    """What plain Python knows of a landing; which deals are duplicates is given."""
    crm = landed({name: rows for name, rows in tables.items() if name not in POLICY}, AS_OF)
    crm.duplicate_deals |= duplicate_deals or {}
    for row in tables.get("clusters", []):
        crm.clusters[row["object_type"], row["record_id"]] = Duplicate(
            (row["object_type"], row["survivor_id"]), row["is_survivor"], row["is_deterministic"],
            row["n_own_values"],
        )  # fmt: skip
    return Lifecycle(crm, policy, AS_OF)


def plain_rows(lifecycle: Lifecycle) -> list[tuple]:
    crm = lifecycle.crm.crm
    return [
        (
            ":".join((crm, *key)), one.decision, one.rule_id,
            one.blocked_by and ":".join((crm, *one.blocked_by)), one.is_protected,
            one.missing_inputs,
            " ".join(SIGN[verdict] + rule for rule, verdict in one.verdicts.items()),
        )
        for key, one in lifecycle.decide().items()
    ]  # fmt: skip


SIGN = {True: "+", False: "-", None: "?"}
NAMES_OF_ROW = ["decision", "rule_id", "blocked_by", "is_protected", "missing_inputs", "verdicts"]


def differences(found: list[tuple], expected: list[tuple]) -> list[str]:
    """Where two lists of one row per record differ, column by column."""
    rows = {row[0]: row for row in found}
    others = {row[0]: row for row in expected}
    told = [f"{key}: twice" for key, n in Counter(row[0] for row in found).items() if n > 1]
    for key in sorted(rows.keys() | others.keys()):
        one, other = rows.get(key), others.get(key)
        if one is None or other is None:
            told.append(f"{key}: only in {'plain Python' if one is None else 'the models'}")
        elif one != other:
            told += [
                f"{key} {name}: {a} <> {b}"
                for name, a, b in zip(NAMES_OF_ROW, one[1:], other[1:], strict=True)
                if a != b
            ]
    return told


def assert_same(found: list[tuple], expected: list[tuple]) -> None:
    told = differences(found, expected)
    n_names = Counter(line.split(":")[2].split(" ")[-1] for line in told if line.count(":") > 2)
    assert not told, "\n".join([f"{len(told)} differences {dict(n_names)}", *told[:40]])


# --- Safety, from the facts alone ---


def dangers(lifecycle: Lifecycle, found: list[tuple]) -> list[str]:
    """The records whose decision breaks a promise, each with the promise."""
    told = []
    decided = {
        tuple(row[0].split(":", 2)[1:]): row[1:3]
        for row in found
        if row[0].startswith(f"{lifecycle.crm.crm}:")
    }
    for record in (*lifecycle.crm.records, *lifecycle.crm.activities):
        if record.is_live:
            decision, rule = decided.get(record.key, ("none", None))
            told += [
                f"{record.key} {decision} by {rule}: {promise}"
                for promise in broken(lifecycle, record, decision, rule)
            ]
    return told


def broken(lifecycle: Lifecycle, record, decision: str, rule: str | None) -> list[str]:
    """The promises that a decision breaks, each of them by itself."""
    if decision not in LEVEL:
        return ["one decision"]
    level, kind = LEVEL[decision], record.object_type
    if not level:
        return []
    plain = lifecycle
    is_suppressed = kind in (C, L) and plain.suppressed(record) is True
    booked = plain.booked(record) if kind in (A, C, L, O) else False
    # What comes before continuity: an opt-out, and booked revenue that is not active.
    comes_first = is_suppressed or booked is True
    promises = {
        "one rule that holds": getattr(plain, rule)(record) is not True,
        "legal hold": plain.held(record) is not False,
        "rescued": plain.rescued(record) and not is_suppressed,
        "obligation": kind != X and plain.active_obligation(record),
        "document": decision in ("anonymize", "delete") and record.key in plain.documented,
        "open case": kind in (A, C) and plain.open_case(record),
        "booked and active": booked is True and not is_suppressed and plain.active(record) is True,
        "contradictory": plain.is_contradictory(record) and not comes_first,
    }
    if kind in (A, C):
        promises["customer"] = not comes_first and plain.active_customer(record) is not False
        promises["partner"] = not comes_first and plain.partner_or_strategic(record) is not False
    if kind in (A, C, O):
        promises["open deal"] = not comes_first and plain.open_deal(record) is not False
    if kind in (A, C, L, O):
        promises["engaged"] = not comes_first and plain.engaged(record) and rule != "departed"
    if kind == O:
        came_back = plain.re_engage_lost_opportunity(record) is not False
        promises["fresh signal"] = not comes_first and came_back
        promises["loss reason"] = rule == "opportunity_closed" and (
            plain.closed_lost_no_reason(record) is not False
        )
    if kind in (C, L):
        limit = plain.is_reached(record, "suppression")
        promises["suppressed within retention"] = is_suppressed and not limit
    if level > 1:
        missing = plain.missing_inputs(record)
        promises["missing inputs"] = any(plain.is_needed(one, decision, rule) for one in missing)
        promises["booked revenue"] = booked is not False and not is_suppressed
        signs = (
            [] if kind == X else [*plain.done(record), *(at for at, _ in plain.engagements(record))]
        )
        cut = plain.cut(record, "archive")
        promises["active inside its window"] = kind != X and (
            plain.is_planned_for(record) or any(cut is None or at > cut for at in signs)
        )
    if decision == "delete":
        promises["suppressed"] = kind in (C, L) and (
            is_suppressed or plain.is_suppression_unknown(record)
        )
        promises["dependants"] = bool(plain.dependants(record))
        promises["something linked"] = kind in (A, C, L) and not plain.nothing_linked(record)
    return [promise for promise, is_broken in promises.items() if is_broken]


def harsher(landing: Landing, found: list[tuple]) -> list[str]:
    """The records that are judged more harshly for lack of a fact."""
    decided = {row[0]: (*row[1:3], row[-1]) for row in found}
    told = []
    for key, (decision, rule, _) in decided.items():
        crm, object_type, record_id = key.split(":", 2)
        world = record_id[:6]
        if world not in landing.twins:
            continue
        origin, table, name = landing.twins[world]
        known, by, verdicts = decided[f"{crm}:{object_type}:{origin}{record_id[6:]}"]
        allowed = ALLOWED.get((name, by), ALLOWED.get(name, ()))
        if LEVEL[decision] > LEVEL[known] and decision not in allowed:
            # What was asked for was stopped; without the fact nothing asks for as much.
            asked = verdicts[verdicts.index("+") + 1 :].split(" ")[0]
            if by in STOPPED and LEVEL[decision] < LEVEL[DECISIONS[asked]]:
                continue
            told.append(f"{key} {known} by {by} -> {decision} by {rule} without {table}.{name}")
    return told


# --- The tests ---


@dataclass
class Judged:
    """A landing as the models and as plain Python judge it."""

    landing: Landing
    warehouse: Warehouse
    lifecycle: Lifecycle
    found: list[tuple]


FOLDER = TemporaryDirectory(prefix="crm_hygiene_lifecycle_")
MODELS = Models(Path(FOLDER.name))


@cache
def judged(name: str) -> Judged:
    """A setting's landing, judged; dbt runs once for all."""
    setting = SETTINGS[name]
    landing = landing_of(setting, PLANTED)
    if MODELS.n_runs:
        warehouse = MODELS.again(landing.tables, setting.policy)
    else:
        warehouse = MODELS.run(landing.tables, setting.policy)
    duplicate_deals = warehouse.sql(
        "select record_id, survivor_record_key from intermediate.int_lifecycle__duplicate_deals"
    )
    duplicate_deals = {one: key.split(":", 2)[2] for one, key in duplicate_deals}
    lifecycle = plain(landing.tables, Policy(warehouse.sql), duplicate_deals)
    return Judged(landing, warehouse, lifecycle, warehouse.sql(FOUND))


@pytest.mark.parametrize("name", SETTINGS)
def test_the_models_decide_what_plain_python_decides(name):
    one = judged(name)
    assert_same(one.found, plain_rows(one.lifecycle))


def test_the_version_of_the_rules_rests_on_every_policy_that_they_read():
    judged("as shipped")
    judging = [one for one in MODELS.nodes if one.fqn[1:3] == ["intermediate", "lifecycle"]]
    version = next(one for one in judging if one.name == "int_lifecycle__rule_versions")
    read = {seed for one in judging for seed in one.depends_on.nodes if seed.startswith("seed.")}
    # These name records one by one: what they say is a fact of the record.
    read -= {f"seed.crm_hygiene.{seed}" for seed in ("protected_records", "lifecycle_reviews")}
    assert len(read) > 8
    missing = [
        one for one in read if f'"policy"."{one.split(".")[-1]}"' not in version.compiled_code
    ]
    assert not missing


def test_twenty_thousand_random_records_hold_every_rule():
    assert sum(judged(name).landing.n_records for name in SETTINGS) > 20_000
    rules = {row[2] for name in SETTINGS for row in judged(name).found}
    assert rules == DECISIONS.keys() | STOPPED


@pytest.mark.parametrize("name", SETTINGS)
def test_every_live_record_has_one_decision(name):
    counts = judged(name).warehouse.sql("""
        with live as (
            select crm, object_type, record_key from intermediate.int_crm__records where is_live
            union all
            select crm, 'activity', record_key from staging.stg_crm__activities where is_live
        )
        select
            live.object_type, count(*), count(decisions.record_key),
            count(distinct decisions.record_key)
        from live
        full join marts.lifecycle_decisions as decisions using (crm, object_type, record_key)
        group by all
    """)
    assert len(counts) == 6
    assert [row for row in counts if None in row or len(set(row[1:])) != 1] == []


@pytest.mark.parametrize("name", SETTINGS)
def test_no_decision_breaks_a_promise(name):
    one = judged(name)
    told = dangers(one.lifecycle, one.found)
    assert not told, "\n".join([f"{len(told)}", *told[:20]])


@pytest.mark.parametrize("name", SETTINGS)
def test_one_fact_less_never_makes_a_decision_harsher(name):
    one = judged(name)
    assert len(one.landing.twins) > 800
    told = harsher(one.landing, one.found)
    assert not told, "\n".join([f"{len(told)}", *told[:20]])


def test_the_order_of_rows_and_rules_changes_nothing():
    one = judged("as shipped")
    rng = random.Random(3)
    tables = {name: rng.sample(rows, len(rows)) for name, rows in one.landing.tables.items()}
    warehouse = MODELS.again(tables, shuffle=True)
    assert_same(warehouse.sql(FOUND), one.found)
