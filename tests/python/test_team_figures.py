"""The team figures: counted anew in plain Python, on the demo and on a landing full of edges."""

import csv
import datetime as dt
import random
import re
from collections import defaultdict
from pathlib import Path
from statistics import median

import pytest
from conftest import ROOT, Warehouse
from plain_journey import Plain, Policy

from crm_hygiene import docs

REGISTER = {row["figure"]: row for row in docs.seed("team_figure_register")}
NOT_HELD = {"canceled", "cancelled", "no_show", "rescheduled"}
# Those of the seed working_hours.
HOURS = {"*": ("UTC", {day: [(9 * 60, 18 * 60)] for day in range(1, 6)})}
SECOND, HOUR, DAY = dt.timedelta(seconds=1), dt.timedelta(hours=1), dt.timedelta(days=1)


def test_every_figure_of_the_register_has_its_model_and_a_unit_test():
    folder = ROOT / "models" / "intermediate" / "teams"
    judged = {path.stem.removeprefix("int_teams__") for path in folder.glob("*.sql")}
    helpers = {"populations", "figure_records", "figure_values"}
    helpers |= {"checklist", "handoffs", "checked_handoffs"}
    assert judged - helpers == set(REGISTER)
    unit_tests = "".join(path.read_text() for path in folder.glob("_*unit_tests.yml"))
    for figure, row in REGISTER.items():
        assert f"model: int_teams__{figure}\n" in unit_tests
        assert all(cell.strip() == cell != "" for cell in row.values()), row


def rows(warehouse: Warehouse, relation: str) -> list[dict]:
    """The rows of a relation, column -> value."""
    columns = [name for name, *_ in warehouse.sql(f"describe {relation}")]
    return [dict(zip(columns, row, strict=True)) for row in warehouse.sql(f"from {relation}")]


class Recount:
    """What each figure judges and what it counts, told from the staging tables."""

    def __init__(self, warehouse: Warehouse):
        [[self.as_of]] = warehouse.sql("select max(as_of) from marts.team_figures")
        self.users = {
            (u["crm"], u["user_id"]): u for u in rows(warehouse, "staging.stg_crm__users")
        }
        self.kinds = {
            (s["crm"], s["object_type"], s["stage"]): s["kind"]
            for s in rows(warehouse, "staging.stg_crm__stages")
        }
        self.changes = defaultdict(list)
        for change in rows(warehouse, "staging.stg_crm__field_changes"):
            if not change["is_orphan"]:
                key = (change["record_key"], change["field"])
                self.changes[key].append(change)
        for changes in self.changes.values():
            changes.sort(key=lambda change: change["change_number"])
        self.records = {
            object_type: [
                record | {"id": record[f"{object_type}_id"]}
                for record in rows(warehouse, f"staging.stg_crm__{plural}")
            ]
            for object_type, plural in {
                "account": "accounts",
                "contact": "contacts",
                "lead": "leads",
                "opportunity": "opportunities",
                "case": "cases",
            }.items()
        }
        self.told_owners = dict(
            warehouse.sql("select record_key, owner_id from intermediate.int_crm__records")
        )
        activities = {
            (a["crm"], a["activity_id"]): a for a in rows(warehouse, "staging.stg_crm__activities")
        }
        self.activities = defaultdict(list)
        for link in rows(warehouse, "staging.stg_crm__activity_links"):
            activity = activities.get((link["crm"], link["activity_id"]))
            if activity and activity["is_live"] and activity["is_automated"] is not True:
                key = (link["crm"], link["object_type"], link["record_id"])
                self.activities[key].append(activity)
        self.roles = defaultdict(set)
        for role in rows(warehouse, "staging.stg_crm__opportunity_contacts"):
            self.roles[role["crm"], role["opportunity_id"]].add(role["contact_id"])
        self.clocks = rows(warehouse, "staging.stg_crm__sla_clocks")
        self.told = {
            name: rows(warehouse, f"staging.stg_crm__{plural}")
            for name, plural in {
                "users": "users",
                "activities": "activities",
                "activity_links": "activity_links",
                "opportunity_contacts": "opportunity_contacts",
                "changes": "field_changes",
                "sla_clocks": "sla_clocks",
            }.items()
        }
        for change in self.told["changes"]:
            change["object_type"] = "?" if change["is_orphan"] else change["object_type"]
        self.told["activities"] = [
            activity | {"type": activity["activity_type"]}
            for activity in self.told["activities"]
            if activity["is_live"]
        ]
        self.channels = dict(
            warehouse.sql(
                "select record_key, channel from staging.stg_crm__creations"
                " inner join staging.base_crm__records using (record_sk)"
            )
        )

    def live(self, object_type: str) -> list[dict]:
        return [record for record in self.records[object_type] if record["is_live"]]

    def is_in_window(self, instant: dt.datetime, days: int) -> bool:
        return self.as_of - days * DAY < instant <= self.as_of

    def owner_changes(self, record: dict) -> list[dict]:
        """The changes of owner that give a record away."""
        changes = self.changes[record["record_key"], "owner_id"]
        if record["record_key"].split(":")[1] == "lead":
            # What a merge rewrites is nobody's change.
            merged_at = [
                other["deleted_at"]
                for other in self.records["lead"]
                if other["is_merged"]
                and (other["crm"], other["merged_into_id"]) == (record["crm"], record["id"])
                and other["deleted_at"]
            ]
            changes = [
                change
                for change in changes
                if all(abs(change["changed_at"] - at) > SECOND for at in merged_at)
            ]
            # The way through queues to the first person counts once.
            kinds = [
                self.users.get((record["crm"], change["new_value"]), {}).get("kind")
                for change in changes
            ]
            changes = changes[next((n for n, kind in enumerate(kinds) if kind != "queue"), 0) :]
        if changes and changes[0]["change_number"] == 1 and changes[0]["old_value"] is None:
            changes = changes[1:]
        return changes

    def n_owner_changes(self, record: dict, days: int) -> int:
        changes = self.owner_changes(record)
        return sum(self.is_in_window(change["changed_at"], days) for change in changes)

    def stays(self, record: dict, object_type: str, field: str) -> list[tuple]:
        """Kind, start and end of each stay in a stage; the last one has no end."""
        changes = self.changes[record["record_key"], field]
        values = [changes[0]["old_value"] if changes else record[field]]
        values += [change["new_value"] for change in changes]
        starts = [record["created_at"], *(change["changed_at"] for change in changes)]
        if changes:
            starts[0] = min(starts[:2])
        kinds = [self.kind_of_stage(record["crm"], object_type, value) for value in values]
        return list(zip(kinds, starts, [*starts[1:], None], strict=True))

    def kind_of_stage(self, crm: str, object_type: str, value: str | None) -> str | None:
        """What a stage means; of a lead's status that nothing tells, by the policy."""
        told = self.kinds.get((crm, object_type, value))
        if told or object_type != "lead" or value is None:
            return told
        read = {
            row["kind"]
            for row in docs.seed("lead_status_kinds")
            if re.fullmatch(row["pattern"], value.strip().lower())
        }
        return next((kind for kind in ("lost", "won", "open") if kind in read), None)

    def speed_to_lead(self):
        for crm in sorted({crm for crm, _ in self.users} | {"open"}):
            tables = self.journey_tables(crm)
            records = {
                record["record_key"]: record
                for one in ("lead", "contact")
                for record in tables[one + "s"]
            }
            responses, _ = Plain(tables, Policy(self.as_of, teams=HOURS)).told()
            for told in responses.values():
                record = records[told["journey_key"].replace("open:", f"{crm}:", 1)]
                entered, due = told["entered_at"], told["entered_at"] + DAY
                if not self.is_in_window(entered, 28) or told["is_disqualified"]:
                    continue
                if told["left_out_reason"]:
                    continue
                touched, day = told["first_touch_at"], told["first_day_only_touch_date"]
                that_day = day is not None and day <= entered.date()
                is_in_time = that_day or (touched is not None and touched <= due)
                maybe = day is not None and day <= due.date()
                if is_in_time or (due < self.as_of and not maybe):
                    wait = touched - entered if touched and not that_day else None
                    yield record, None, is_in_time, wait

    def journey_tables(self, crm: str) -> dict[str, list[dict]]:
        """What a CRM's journeys are told by, as rows of the open landing."""
        tables = {
            name: [row for row in told if row["crm"] == crm] for name, told in self.told.items()
        }
        gone = "is_deleted", "is_merged"
        for one in ("lead", "contact"):
            tables[one + "s"] = [
                record
                | {
                    "deleted_at": record["created_at"]
                    if any(record[how] for how in gone)
                    else None,
                    "created_channel": self.channels.get(record["record_key"]),
                }
                for record in self.records[one]
                if record["crm"] == crm
            ]
        for lead in tables["leads"]:
            assert not lead["is_converted"] or lead["converted_at"], lead["record_key"]
        tables["opportunities"] = [r for r in self.records["opportunity"] if r["crm"] == crm]
        return tables

    def lead_owner_changes(self):
        start = self.as_of - 28 * DAY
        for lead in self.live("lead"):
            stays = self.stays(lead, "lead", "status")
            spans, previous = [], "closed"
            for kind, started_at, ended_at in stays:
                state = "closed" if kind in ("won", "lost") else "open"
                if state == "open" and previous == "open":
                    spans[-1][1] = ended_at
                elif state == "open":
                    spans.append([started_at, ended_at])
                previous = state
            if any(end is None or (end > begin and end > start) for begin, end in spans):
                yield lead, None, self.n_owner_changes(lead, 28) >= 2, None

    def won_at(self, deal: dict) -> dt.datetime | None:
        """The instant of the win of a deal that is won; None for one that is not."""
        stays = self.stays(deal, "opportunity", "stage")
        if stays[-1][0] != "won":
            return None
        while len(stays) > 1 and stays[-2][0] == "won":
            stays.pop()
        if len(stays) > 1:
            return stays[-1][1]
        closes = self.changes[deal["record_key"], "close_date"]
        day = deal["close_date"]
        if closes:
            day = closes[-1]["new_value"] and dt.date.fromisoformat(closes[-1]["new_value"][:10])
        told = day and dt.datetime.combine(day, dt.time())
        return deal["closed_at"] or (told if told and told <= self.as_of else None)

    def has_met(self, crm: str, about: list[tuple], start: dt.datetime, days: int) -> bool:
        return any(
            start <= activity["occurred_at"] <= start + days * DAY
            and (
                activity["is_planned"]
                or (
                    activity["activity_type"] in ("meeting", "call")
                    and activity["status"] not in NOT_HELD
                )
            )
            for one in about
            for activity in self.activities[(crm, *one)]
        )

    def colleagues(self) -> dict[tuple, set]:
        found = defaultdict(set)
        for contact in self.records["contact"]:
            found[contact["crm"], contact["account_id"]].add(contact["id"])
        return found

    def sdr_handoff_completeness(self):
        colleagues = self.colleagues()
        for object_type in ("lead", "contact", "opportunity"):
            for record in self.live(object_type):
                crm, id_ = record["crm"], record["id"]
                given = [
                    change["changed_at"]
                    for change in self.owner_changes(record)
                    if self.team(crm, change["old_value"]) == "sdr"
                    and self.team(crm, change["new_value"]) == "ae"
                    and self.is_in_window(change["changed_at"], 90)
                    and change["changed_at"] + 7 * DAY < self.as_of
                ]
                if not given:
                    continue
                start, end = given[-1], given[-1] + 7 * DAY
                field = {"lead": "status", "opportunity": "stage"}.get(object_type)
                stays = self.stays(record, object_type, field) if field else []
                if any(
                    kind in ("lost", "closed") and began <= end and (not ended or ended > start)
                    for kind, began, ended in stays
                ):
                    continue
                about = [(object_type, id_)]
                if object_type == "opportunity":
                    account_id, contacts = record["account_id"], self.roles[crm, id_]
                    about += [("contact", contact) for contact in contacts]
                    if account_id is not None:
                        about.append(("account", account_id))
                        about += [("contact", one) for one in colleagues[crm, account_id]]
                    is_reachable = bool(contacts)
                else:
                    is_reachable = bool(record["email"] or record["phone"])
                if object_type == "lead":
                    about.append(("contact", record["converted_contact_id"]))
                    about.append(("opportunity", record["converted_opportunity_id"]))
                owner = self.users.get((crm, self.told_owners[record["record_key"]]), {})
                has_met = self.has_met(crm, about, start, 7)
                is_complete = owner.get("is_active", False) and is_reachable and has_met
                yield record, None, bool(is_complete), None

    def team(self, crm: str, user_id: str | None) -> str | None:
        user = self.users.get((crm, user_id), {})
        return user.get("team") if user.get("kind") == "human" else None

    def handoff_completeness(self):
        accounts = {(a["crm"], a["id"]): a for a in self.live("account")}
        colleagues = self.colleagues()
        for deal in self.live("opportunity"):
            won_at = self.won_at(deal)
            if not won_at or not self.is_in_window(won_at, 90) or won_at + 14 * DAY >= self.as_of:
                continue
            crm, account_id = deal["crm"], deal["account_id"]
            account = accounts.get((crm, account_id), {})
            owner = self.told_owners.get(account.get("record_key"))
            contacts = self.roles[crm, deal["id"]]
            about = [("opportunity", deal["id"])]
            about += [("contact", contact) for contact in contacts]
            if account_id is not None:
                about.append(("account", account_id))
                about += [("contact", contact) for contact in colleagues[crm, account_id]]
            met = self.has_met(crm, about, won_at, 14)
            has_owner = self.users.get((crm, owner), {}).get("is_active", False)
            yield deal, None, bool(has_owner and contacts and met), None

    def ownership_stability(self):
        buyers = {
            (deal["crm"], deal["account_id"])
            for deal in self.live("opportunity")
            if self.stays(deal, "opportunity", "stage")[-1][0] == "won"
        }
        accounts = self.live("account")
        customers = [a for a in accounts if a["is_customer"] or (a["crm"], a["id"]) in buyers]
        knowing = {account["crm"] for account in customers}
        for account in customers + [a for a in accounts if a["crm"] not in knowing]:
            yield account, None, self.n_owner_changes(account, 90) == 0, None

    def clock_pauses(self):
        cases = {case["record_key"]: case for case in self.live("case")}
        for clock in self.clocks:
            case = cases.get(clock["record_key"])
            if case and self.is_in_window(clock["started_at"], 28):
                pause = dt.timedelta(seconds=clock["paused_seconds"] or 0)
                yield case, clock["sla_clock_key"], bool(pause), pause or None


def check(warehouse: Warehouse) -> None:
    """Compare the two marts with the recount, record by record and figure by figure."""
    recount = Recount(warehouse)
    figures = [
        row
        for row in rows(warehouse, "marts.team_figures")
        if row["as_of"] == recount.as_of and row["segment"] == "all"
    ]
    crms = {row["crm"] for row in figures}
    assert {(row["crm"], row["figure"]) for row in figures} == {
        (crm, figure) for crm in crms for figure in REGISTER
    }
    landed = {(row["crm"], row["figure"]) for row in figures if row["status"] != "not_landed"}
    expected = {
        (figure, record["record_key"], part): (is_counted, round(time / HOUR, 6) if time else time)
        for figure in REGISTER
        for record, part, is_counted, time in getattr(recount, figure)()
        if (record["crm"], figure) in landed
    }
    told = rows(warehouse, "marts.team_figure_records")
    found = {
        (row["figure"], row["record_key"], row["part"]): (
            row["is_counted"],
            row["hours"] if row["hours"] is None else round(float(row["hours"]), 6),
        )
        for row in told
    }
    for key, (is_counted, time) in expected.items():
        hours = 0.0 if time == dt.timedelta() else time
        assert found.get(key) == (is_counted, hours), key
    assert found.keys() == expected.keys()

    for row in figures:
        judged = [r for r in told if (r["crm"], r["figure"]) == (row["crm"], row["figure"])]
        hours = [r["hours"] for r in judged if r["hours"] is not None]
        if row["status"] == "not_landed":
            assert (row["numerator"], row["denominator"], judged) == (None, None, [])
            assert row["missing_inputs"]
        else:
            assert row["denominator"] == len(judged)
            assert row["numerator"] == sum(r["is_counted"] for r in judged)
            assert (row["median_hours"] is None) == (not hours)
        if hours:
            assert float(row["median_hours"]) == pytest.approx(float(median(hours)), abs=1e-5)


def test_the_demo_counted_anew(demo):
    check(demo)
    judged = {figure for [figure] in demo.sql("select figure from marts.team_figure_records")}
    assert set(REGISTER) - judged == {"clock_pauses"}


# --- A landing full of edges ---

AS_OF = dt.datetime(2026, 3, 29, 12)
SELECTED = ("--select", "+team_figures", "+team_figure_records")
SELECTED += ("--exclude", "resource_type:test resource_type:unit_test")
USERS = [
    ("ann", "human", True, "sdr"),
    ("bob", "human", True, "ae"),
    ("left", "human", False, "ae"),
    ("bot", "automation", True, None),
    ("sync", "integration", True, None),
    ("line", "queue", True, "ae"),
]
OWNERS = [user for user, *_ in USERS] + ["not_landed", None]
STAGES = [
    ("opportunity", "new", 1, "open"),
    ("opportunity", "won", 2, "won"),
    ("opportunity", "invoiced", 3, "won"),
    ("opportunity", "lost", 4, "lost"),
    ("lead", "new", 1, "open"),
    ("lead", "working", 2, "open"),
    ("lead", "converted", 3, "won"),
]


class Landing:
    """Rows of the open landing, drawn near every edge that a figure has."""

    def __init__(self, seed: int, n: int):
        self.random = random.Random(seed)
        self.tables = defaultdict(list)
        for user, kind, is_active, team in USERS:
            self.land("users", user_id=user, kind=kind, is_active=is_active, team=team)
        for object_type, stage, order, kind in STAGES:
            self.land("stages", object_type=object_type, stage=stage, stage_order=order, kind=kind)
        for number in range(n):
            self.lead(f"lead_{number}")
            self.account(f"account_{number}")
            self.case(f"case_{number}")

    def land(self, table: str, **row) -> None:
        self.tables[table].append(row)

    def pick(self, *choices):
        return self.random.choice(choices)

    def near(self, instant: dt.datetime, *offsets: dt.timedelta) -> dt.datetime:
        """An instant at, right before or right after one of the offsets, or somewhere between."""
        between = self.random.random() * max(offsets, key=abs)
        offset = self.pick(*offsets, between)
        return (instant + offset + self.pick(-SECOND, 0 * SECOND, 0 * SECOND, SECOND)).replace(
            microsecond=0
        )

    def base(self, created_at: dt.datetime) -> dict:
        return {
            "created_at": min(created_at, AS_OF),
            "segment": self.pick("smb", "mid", None),
            "owner_id": self.pick("ann", "ann", "bob", "bob", *OWNERS),
            "deleted_at": self.pick(*[None] * 9, AS_OF - DAY),
        }

    def change(self, object_type: str, record_id: str, field: str, values: list, instants) -> None:
        """Land a chain of changes; the first value is the one before them."""
        moments = sorted(instant for instant in instants if instant <= AS_OF)
        for number, moment in enumerate(moments):
            old, new = values[number % len(values)], values[(number + 1) % len(values)]
            self.land(
                "changes", object_type=object_type, record_id=record_id, field=field,
                changed_at=moment, sequence=number, old_value=old, new_value=new,
                change_id=f"{record_id}:{field}:{number}",
            )  # fmt: skip

    def owner_changes(self, object_type: str, record_id: str, days: int) -> None:
        owners = self.pick(["ann", "bob"], [None, "ann", "bob"], ["ann", None])
        instants = [
            self.near(AS_OF, -days * DAY, -7 * DAY, -DAY) for _ in range(self.pick(0, 0, 1, 2, 3))
        ]
        self.change(object_type, record_id, "owner_id", owners, instants)
        if object_type != "account":
            for instant in instants[: self.pick(0, 1, 3)]:
                about = {f"{object_type}_id": record_id}
                self.activity(self.near(instant, 0 * DAY, 7 * DAY), **about)

    def activity(self, occurred_at: dt.datetime, **links: str) -> None:
        if occurred_at > AS_OF + DAY:
            occurred_at = AS_OF
        self.land(
            "activities", activity_id=f"activity_{len(self.tables['activities'])}",
            occurred_at=occurred_at,
            type=self.pick("call", "email", "meeting", "task", "form", "letter"),
            direction=self.pick("outbound", "outbound", "inbound", None),
            status="planned" if occurred_at > AS_OF
            else self.pick(*["done"] * 6, None, "planned", "no_show", "bounced"),
            is_automated=self.pick(False, False, False, None, True),
            owner_id=self.pick(*["ann"] * 6, *OWNERS), **links,
        )  # fmt: skip

    def lead(self, lead_id: str) -> None:
        base = self.base(self.near(AS_OF, -28 * DAY, -DAY, -40 * DAY))
        merged = {"merged_into_id": self.pick(*[None] * 9, "lead_0")}
        status = self.pick("new", "converted", "new", "Unqualified")
        self.land("leads", lead_id=lead_id, status=status, **base, **merged)
        for _ in range(self.pick(0, 1, 2, 3)):
            self.activity(self.near(base["created_at"], 0 * DAY, DAY, 3 * DAY), lead_id=lead_id)
        self.owner_changes("lead", lead_id, 28)
        self.reachable(self.tables["leads"][-1])
        instants = [self.near(AS_OF, -28 * DAY) for _ in range(self.pick(0, 1, 2))]
        self.change("lead", lead_id, "status", ["new", "converted", "working"], instants)

    def reachable(self, person: dict) -> None:
        person["email"] = self.pick(f"{len(self.tables['leads'])}@acme.example", None, None)
        person["phone"] = self.pick("+44 20 7946 0000", None)

    def account(self, account_id: str) -> None:
        base = self.base(AS_OF - 400 * DAY)
        is_customer = self.pick(True, False, None)
        self.land("accounts", account_id=account_id, is_customer=is_customer, **base)
        self.owner_changes("account", account_id, 90)
        contact_id = f"contact_of_{account_id}"
        del base["segment"]
        self.land("contacts", contact_id=contact_id, account_id=account_id, **base)
        self.reachable(self.tables["contacts"][-1])
        self.owner_changes("contact", contact_id, 90)
        for number in range(self.pick(1, 2)):
            self.deal(f"deal_{number}_of_{account_id}", account_id, contact_id)

    def deal(self, deal_id: str, account_id: str, contact_id: str) -> None:
        won_at = min(self.near(AS_OF, -90 * DAY, -14 * DAY, -50 * DAY), AS_OF)
        base = self.base(won_at - 30 * DAY)
        stage = self.pick("won", "won", "lost", "new")
        account_id = self.pick(account_id, account_id, account_id, None, "not_landed")
        self.land(
            "opportunities", opportunity_id=deal_id, account_id=account_id, stage=stage,
            closed_at=self.pick(None, won_at), close_date=won_at.date(), **base,
        )  # fmt: skip
        stages = self.pick(["new", "won"], ["new", "won", "invoiced"], ["won", "invoiced"])
        stages += self.pick([], [], ["lost", "won"])
        instants = [won_at + hour * HOUR for hour in range(len(stages) - 1)]
        if self.random.random() < 0.7:
            self.change("opportunity", deal_id, "stage", stages, instants)
        self.owner_changes("opportunity", deal_id, 90)
        if self.random.random() < 0.8:
            self.land("opportunity_contacts", opportunity_id=deal_id, contact_id=contact_id)
        for _ in range(self.pick(0, 1, 3, 5)):
            occurred_at = self.near(won_at, 0 * DAY, 14 * DAY)
            link = self.pick(
                {"opportunity_id": deal_id}, {"account_id": account_id}, {"contact_id": contact_id}
            )
            self.activity(occurred_at, **link)

    def case(self, case_id: str) -> None:
        base = self.base(AS_OF - 60 * DAY)
        del base["segment"]
        self.land("cases", case_id=case_id, account_id=self.pick("account_0", None), **base)
        for sla in ("reply", "close")[: self.pick(0, 1, 2)]:
            started_at = min(self.near(AS_OF, -28 * DAY, -DAY), AS_OF)
            self.land(
                "sla_clocks", object_type="case", record_id=case_id, sla=sla,
                started_at=started_at, due_at=started_at + DAY,
                paused_seconds=self.pick(None, 0, 1, 3600, 5400),
            )  # fmt: skip

    def write(self, folder: Path) -> None:
        """Write a file a table."""
        folder.mkdir(exist_ok=True)
        for table, table_rows in self.tables.items():
            columns = list(dict.fromkeys(column for row in table_rows for column in row))
            with (folder / f"{table}.csv").open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, columns)
                writer.writeheader()
                writer.writerows(table_rows)


def figures_of(warehouse: Warehouse) -> dict[str, tuple]:
    """Status and what is missing, figure by figure."""
    found = warehouse.sql(
        "select figure, status, missing_inputs from marts.team_figures where segment = 'all'"
    )
    return {figure: (status, missing) for figure, status, missing in found}


def built(landing: Landing, folder: Path) -> Warehouse:
    """Build the figures of a landing."""
    landing.write(folder / "files")
    warehouse = Warehouse(folder / "crm.duckdb")
    variables = {"crm_sources": ["open"], "open_files": str(folder / "files"), "as_of": str(AS_OF)}
    warehouse.build(*SELECTED, variables=variables)
    return warehouse


def test_a_landing_full_of_edges_counted_anew(tmp_path):
    warehouse = built(Landing(seed=1, n=500), tmp_path)
    check(warehouse)
    counts = warehouse.sql(
        "select figure, is_counted, count(*) from marts.team_figure_records group by all"
    )
    assert {(figure, verdict) for figure, verdict, _ in counts} == {
        (figure, verdict) for figure in REGISTER for verdict in (True, False)
    }
    assert all(n >= 20 for _, _, n in counts), counts


def test_a_landing_that_lacks_everything_but_records_says_what_is_missing(tmp_path):
    landing = Landing(seed=2, n=3)
    for table in ("activities", "changes", "opportunity_contacts", "users", "stages"):
        del landing.tables[table]
    for clock in landing.tables["sla_clocks"]:
        del clock["paused_seconds"]
    warehouse = built(landing, tmp_path)
    assert figures_of(warehouse) == {
        "speed_to_lead": ("not_landed", "activities of leads"),
        "lead_owner_changes": ("not_landed", "owner history of leads"),
        "handoff_completeness": (
            "not_landed",
            "account owners, activities, contacts of opportunities, won stages",
        ),
        "sdr_handoff_completeness": (
            "not_landed",
            "owner history of leads, contacts or opportunities, teams of users",
        ),
        "ownership_stability": ("not_landed", "owner history of accounts, won stages"),
        "clock_pauses": ("not_landed", "paused seconds"),
    }
    check(warehouse)
