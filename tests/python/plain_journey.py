"""The lead's journey in plain Python, told from the rows of an open landing; nothing of the SQL.

Everything is looked for again for every journey: slow, and plain to read.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

UTC = ZoneInfo("UTC")
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=n) for n in (1, 60, 3600, 86400))
MACHINES = {"automation", "integration", "queue"}
NOT_HELD = {"canceled", "cancelled", "no_show", "rescheduled", "bounced"}
BOTH_WAYS = {"email", "call", "chat"}
SPOKEN = {"connected", "spoke with them", "meeting set", "not interested"}
LEAD_STAGES = {"lead", "marketingqualifiedlead", "salesqualifiedlead", "mql", "sal", "sql"}
LOST, WON = {"unqualified"}, {"converted", "qualified"}
OBJECTS = ("account", "contact", "lead", "opportunity")


@dataclass
class Sla:
    """A service level: what starts and stops it, its two limits and what pauses it."""

    name: str
    starts_with: str
    stops_with: str
    in_hours: timedelta
    off_hours: timedelta
    pausing: frozenset = frozenset()


SLAS = [
    Sla("assignment", "entry", "human_owner", 2 * MINUTE, 2 * MINUTE),
    Sla("first_touch", "entry", "touch", 5 * MINUTE, 15 * MINUTE),
    Sla(
        "follow_up", "handoff", "touch", 4 * HOUR, DAY,
        frozenset({"nurture", "nurturing", "recycled", "on hold"}),
    ),
]  # fmt: skip


@dataclass
class Policy:
    """When teams work, and the instant of the look."""

    as_of: datetime
    zone: str = "UTC"
    # Team -> (zone, weekday -> spans of minutes since midnight)
    teams: dict = field(default_factory=dict)
    holidays: frozenset = frozenset()

    def calendar(self, team: str | None) -> str:
        """The team whose hours count."""
        return team.lower() if team and team.lower() in self.teams else "*"

    def spans(self, calendar: str, day: date) -> list[tuple[datetime, datetime]]:
        """The working hours of a day, as UTC instants."""
        zone, week = self.teams[calendar]
        if day in self.holidays:
            return []

        def instant(minutes: int) -> datetime:
            local = datetime.combine(day, time()) + timedelta(minutes=minutes)
            return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)

        return [(instant(a), instant(b)) for a, b in week.get(day.isoweekday(), [])]

    def is_worked(self, calendar: str, at: datetime) -> bool:
        """Whether an instant lies within working hours."""
        days = (at.date() + n * DAY for n in range(-2, 3))
        return any(a <= at < b for day in days for a, b in self.spans(calendar, day))

    def worked(self, calendar: str, start: datetime, end: datetime) -> float:
        """Business seconds between two instants."""
        total, day = timedelta(), start.date() - 2 * DAY
        while day <= end.date() + 2 * DAY:
            for a, b in self.spans(calendar, day):
                total += max(min(b, end) - max(a, start), timedelta())
            day += DAY
        return total.total_seconds()


class Plain:
    """What the marts should hold of a landing."""

    def __init__(self, tables: dict[str, list[dict]], policy: Policy):
        self.policy, self.as_of = policy, policy.as_of
        self.users = {user["user_id"]: user for user in tables["users"]}
        self.tables = tables
        self.changes, self.later_changes = defaultdict(list), defaultdict(list)
        for change in sorted(tables["changes"], key=lambda change: change["changed_at"]):
            key = change["object_type"], change["record_id"], change["field"]
            is_later = change["changed_at"] > self.as_of
            (self.later_changes if is_later else self.changes)[key].append(change)
        # What an activity names, told by itself or by a table of its own.
        self.links = defaultdict(set)
        for link in tables.get("activity_links", []):
            self.links[link["activity_id"]].add((link["object_type"], link["record_id"]))
        self.by_record = defaultdict(list)
        for activity in tables["activities"]:
            links = self.links[activity["activity_id"]]
            if "activity_links" not in tables:
                named = {name: activity.get(f"{name}_id") for name in OBJECTS}
                links |= {(name, one) for name, one in named.items() if one}
            for link in links:
                self.by_record[link].append(activity)
        first = "lead" if tables["leads"] else "contact"
        visible = [a for a in tables["activities"] if a["occurred_at"] <= self.as_of]
        self.tells_touches = any(
            name == first for a in visible for name, _ in self.links[a["activity_id"]]
        )
        self.tells_owners = any(
            (c["object_type"], c["field"]) == (first, "owner_id") for c in tables["changes"]
        )
        self.deals = {deal["opportunity_id"]: deal for deal in tables["opportunities"]}
        self.contacts = {contact["contact_id"]: contact for contact in tables["contacts"]}
        self.landed_clocks = defaultdict(list)
        for clock in tables["sla_clocks"]:
            self.landed_clocks[clock["object_type"], clock["record_id"]].append(clock)

    def kind(self, user_id: str | None) -> str:
        user = self.users.get(user_id)
        return (user and user["kind"]) or "human"

    def team(self, user_id: str | None) -> str | None:
        team = self.users.get(user_id, {}).get("team")
        return team and team.lower()

    def at_as_of(self, object_type: str, record: dict, name: str) -> str | None:
        """What a record without a change by as_of holds: what the first later one starts from."""
        later = self.later_changes[object_type, record[f"{object_type}_id"], name]
        return later[0]["old_value"] if later else record[name]

    def stays(self, object_type: str, record: dict, field_name: str) -> list[tuple]:
        """Value, start and end of each stay of a record with a value of a field, in turn."""
        changes = self.changes[object_type, record[f"{object_type}_id"], field_name]
        values = [
            changes[0]["old_value"] if changes else self.at_as_of(object_type, record, field_name)
        ]
        values += [change["new_value"] for change in changes]
        starts = [record["created_at"], *(change["changed_at"] for change in changes)]
        return list(zip(values, starts, [*starts[1:], None], strict=True))

    def journeys(self):
        """The first record of each journey, and what it was converted to and when."""
        for lead in self.tables["leads"]:
            at = lead.get("converted_at")
            became = None
            if at and at <= self.as_of:
                became = {
                    name: lead.get(f"converted_{name}_id")
                    for name in ("contact", "account", "opportunity")
                }
                if at.time() == time():
                    # A day: at most the history of its status knows more.
                    status, since, _ = self.stays("lead", lead, "status")[-1]
                    known = (status or "").lower() in WON and since != lead["created_at"]
                    at = since if known else None
            yield "lead", lead, became, max(at, lead["created_at"]) if became and at else None
        if self.tables["leads"]:
            return
        for contact in self.tables["contacts"]:
            changes = self.changes["contact", contact["contact_id"], "lifecycle_stage"]
            stages = {self.stays("contact", contact, "lifecycle_stage")[-1][0]}
            stages |= {c[side] for c in changes for side in ("old_value", "new_value")}
            if not {(stage or "").strip().lower() for stage in stages} & LEAD_STAGES:
                continue
            deals = sorted(
                (self.deals[role["opportunity_id"]]["created_at"], role["opportunity_id"])
                for role in self.tables["opportunity_contacts"]
                if role["contact_id"] == contact["contact_id"]
                and role["opportunity_id"] in self.deals
                and contact["created_at"]
                <= self.deals[role["opportunity_id"]]["created_at"]
                <= self.as_of
            )
            if deals:
                yield "contact", contact, {"opportunity": deals[0][1]}, deals[0][0]
            else:
                yield "contact", contact, None, None

    def reason(self, object_type: str, record: dict) -> str | None:
        """Why a journey is in no rate, whatever became of it."""
        known = not record.get("deleted_at") or record["deleted_at"] <= self.as_of
        if record.get("merged_into_id") and known:
            return "merged"
        if record.get("deleted_at") and known:
            return "deleted"
        if "+synthetic@" in (record.get("email") or ""):
            return "synthetic"
        if record.get("created_channel") == "import":
            return "imported"
        return None

    def touches(self, members: list[tuple], entered: datetime) -> list[dict]:
        """The activities of a journey that count, each once, with what they are."""
        people = set(members)
        found = {}
        for member in members:
            for activity in self.by_record[member]:
                links = self.links[activity["activity_id"]]
                others = {link for link in links if link[0] in ("contact", "lead", "opportunity")}
                if others & people or not others:
                    found[activity["activity_id"]] = activity
        told = []
        for activity in found.values():
            at, kind = activity["occurred_at"], activity["type"]
            day_only = activity.get("is_day_only", at.time() == time())
            zone = ZoneInfo(self.policy.zone)
            local = entered.replace(tzinfo=UTC).astimezone(zone).date()
            not_before = at >= entered or (day_only and at.date() >= min(entered.date(), local))
            status = activity.get("status") or "done"
            if at > self.as_of or not not_before or activity.get("is_automated"):
                continue
            if status == "planned" or status in NOT_HELD:
                continue
            way = activity.get("direction")
            person = self.kind(activity.get("owner_id")) not in MACHINES
            spoke = kind == "call" and (activity.get("disposition") or "").lower() in SPOKEN
            told.append(
                {
                    "id": activity["activity_id"],
                    "at": at,
                    "type": kind,
                    "by": activity.get("owner_id"),
                    "day_only": day_only,
                    "touch": person
                    and (kind == "meeting" or way == "outbound" or (not way and kind in BOTH_WAYS)),
                    "two_way": (way == "inbound" and at > entered)
                    or (person and (kind == "meeting" or spoke)),
                }
            )
        return told

    def owners(self, journey: tuple) -> list[tuple]:
        """The people who owned a journey: owner and since when, in turn."""
        object_type, record, became, converted_at = journey
        held = []
        parts = [(object_type, record, record["created_at"], 0)]
        converted_at = converted_at or record["created_at"]
        if became and became.get("contact") in self.contacts:
            parts.append(("contact", self.contacts[became["contact"]], converted_at, 1))
        if became and became.get("opportunity") in self.deals:
            parts.append(("opportunity", self.deals[became["opportunity"]], converted_at, 1))
        for name, part, since, place in parts:
            for number, (owner, start, end) in enumerate(self.stays(name, part, "owner_id")):
                human = owner and self.kind(owner) == "human"
                if human and (end is None or end > since):
                    key = f"{name}:{part[f'{name}_id']}"
                    held.append((max(start, since), place, key, number, owner))
        return [(owner, start) for start, _, _, _, owner in sorted(held)]

    def members(self, journey: tuple) -> list[tuple]:
        object_type, record, became, _ = journey
        named = [(name, one) for name, one in (became or {}).items() if one]
        return [(object_type, record[f"{object_type}_id"]), *named]

    def told(self) -> tuple[dict, dict]:
        """The rows of lead_responses by journey, and of sla_clocks_all by what tells them apart."""
        responses, clocks = {}, {}
        for journey in self.journeys():
            response = self.response(journey)
            responses[response["journey_key"]] = response
            for clock in self.clocks(journey, response):
                clocks[clock["record_key"], clock["sla"], clock["started_at"]] = clock
        for contact in self.tables["contacts"]:
            # A contact that is no lead has clocks all the same.
            key = f"open:contact:{contact['contact_id']}"
            owner = self.stays("contact", contact, "owner_id")[-1][0]
            for landed in self.landed_clocks["contact", contact["contact_id"]]:
                if key not in responses and landed["started_at"] <= self.as_of:
                    clock = self.landed(key, owner, landed)
                    clocks[key, clock["sla"], clock["started_at"]] = clock
        return responses, clocks

    def lapse(self, calendar: str, start: datetime, end: datetime | None) -> tuple:
        if end is None:
            return None, None
        return (end - start).total_seconds(), self.policy.worked(calendar, start, end)

    def response(self, journey: tuple) -> dict:
        """A row of lead_responses, with what the clocks read besides."""
        object_type, record, became, converted_at = journey
        entered = record["created_at"]
        owners = self.owners(journey)
        first_owner, owned_at = owners[0] if owners and self.tells_owners else (None, None)
        current = self.stays(object_type, record, "owner_id")[-1][0]
        team = self.team(first_owner or current)
        calendar = self.policy.calendar(team)
        told = self.touches(self.members(journey), entered) if self.tells_touches else []
        touches = [t for t in told if t["touch"]]
        timed = sorted((t for t in touches if not t["day_only"]), key=lambda t: (t["at"], t["id"]))
        first = timed[0] if timed else None
        days = [t["at"].date() for t in touches if t["day_only"]]
        two_way = min((t["at"] for t in told if t["two_way"] and not t["day_only"]), default=None)
        unknown = bool(days) and (first is None or min(days) < first["at"].date())
        in_hours = self.policy.is_worked(calendar, entered)
        due = entered + (5 * MINUTE if in_hours else 15 * MINUTE)
        stays = self.stays("lead", record, "status") if object_type == "lead" else []
        lost = bool(stays) and (stays[-1][0] or "").lower() in LOST
        lost_at = stays[-1][1] if lost and len(stays) > 1 else None
        closed_at = min((at for at in (lost_at, converted_at) if at), default=None)
        reason = self.reason(object_type, record)
        if reason is None and not touches and self.tells_touches:
            if lost:
                reason = "disqualified"
            elif became and (closed_at is None or closed_at <= due):
                reason = "converted"
        if reason:
            verdict = None
        elif not self.tells_touches:
            verdict = "not_landed"
        elif due >= self.as_of:
            verdict = "not_due"
        elif first and first["at"] <= due:
            verdict = "in_time"
        elif unknown:
            verdict = "day_only"
        else:
            verdict = "late" if first else "untouched"
        soon = [t for t in timed if t["at"] <= entered + 72 * HOUR]
        to_touch = self.lapse(calendar, entered, first["at"] if first and not unknown else None)
        to_owner = self.lapse(calendar, entered, owned_at)
        to_two_way = self.lapse(calendar, entered, two_way)
        before = {owner for owner, since in owners if not first or since <= first["at"]}
        return {
            "journey_key": f"open:{object_type}:{record[f'{object_type}_id']}",
            "entered_at": entered,
            "hours_class": "in_hours" if in_hours else "off_hours",
            "first_owner_id": first_owner,
            "owner_team": team,
            "first_owned_at": owned_at,
            "first_touch_at": first and first["at"],
            "first_touch_type": first and first["type"],
            "first_touch_by": first and first["by"],
            "first_day_only_touch_date": min(days, default=None),
            "first_two_way_at": two_way,
            "seconds_to_owner": to_owner[0],
            "business_seconds_to_owner": to_owner[1],
            "seconds_to_touch": to_touch[0],
            "business_seconds_to_touch": to_touch[1],
            "seconds_to_two_way": to_two_way[0],
            "business_seconds_to_two_way": to_two_way[1],
            "due_at": due,
            "response": verdict,
            "n_touches": len(soon) if self.tells_touches else None,
            "n_calls": sum(t["type"] == "call" for t in soon) if self.tells_touches else None,
            "n_emails": sum(t["type"] == "email" for t in soon) if self.tells_touches else None,
            "n_meetings": sum(t["type"] == "meeting" for t in soon) if self.tells_touches else None,
            "n_day_only_touches": len(days) if self.tells_touches else None,
            "n_owners_before_touch": len(before)
            if self.tells_touches and self.tells_owners
            else None,
            "is_converted": bool(became),
            "converted_at": converted_at,
            "is_disqualified": lost,
            "left_out_reason": reason,
            # Not in the mart.
            "_closed_at": closed_at,
            "_closed_unknown": (lost and lost_at is None) or bool(became and not converted_at),
            "_touches": touches,
            "_current": current,
            "_stays": stays,
        }

    def clocks(self, journey: tuple, response: dict):
        """The rows of sla_clocks_all of a journey, derived and landed."""
        object_type, record, _, _ = journey
        named = set()
        for member in self.members(journey):
            for landed in self.landed_clocks[member]:
                if landed["started_at"] <= self.as_of:
                    named.add(landed["sla"].lower().replace(" ", "_").replace("-", "_"))
                    if member == (object_type, record[f"{object_type}_id"]):
                        yield self.landed(response["journey_key"], response["_current"], landed)
        if response["left_out_reason"] not in (None, "disqualified", "converted"):
            return
        for sla in SLAS:
            if sla.name in named:
                continue
            if not (self.tells_touches if sla.stops_with == "touch" else self.tells_owners):
                continue
            if sla.stops_with == "touch" and response["left_out_reason"] == "disqualified":
                continue
            starts = self.handoffs(object_type, record, response)
            if sla.starts_with == "entry":
                owner = response["first_owner_id"] or response["_current"]
                starts = [(response["entered_at"], owner, None)]
            for start, owner, next_start in starts:
                clock = self.derived(sla, start, owner, next_start, response)
                if clock:
                    yield clock

    def handoffs(self, object_type: str, record: dict, response: dict) -> list[tuple]:
        """When a person gave the first record to another, to whom, and when the next did."""
        stays, found = self.stays(object_type, record, "owner_id"), []
        for (old, _, _), (new, at, _) in zip(stays, stays[1:], strict=False):
            people = all(one in self.users and self.kind(one) == "human" for one in (old, new))
            closed = response["_closed_at"]
            if people and at >= response["entered_at"] and (closed is None or closed > at):
                found.append((at, new))
        return [
            (at, new, found[n + 1][0] if n + 1 < len(found) else None)
            for n, (at, new) in enumerate(found)
        ]

    def derived(self, sla, start, owner, next_start, response) -> dict | None:
        done, unknown = response["first_owned_at"], False
        if sla.stops_with == "touch":
            at = [t["at"] for t in response["_touches"] if not t["day_only"] and t["at"] >= start]
            done = min(at, default=None)
            days = [
                t["at"].date()
                for t in response["_touches"]
                if t["day_only"] and (sla.starts_with == "entry" or t["at"].date() >= start.date())
            ]
            unknown = bool(days) and (done is None or min(days) < done.date())
        if unknown or (response["_closed_unknown"] and done is None):
            return None
        stops = [at for at in (done, response["_closed_at"], next_start) if at]
        stop = min(stops, default=None)
        calendar = self.policy.calendar(self.team(owner))
        in_hours = self.policy.is_worked(calendar, start)
        limit = sla.in_hours if in_hours else sla.off_hours
        end = stop or self.as_of
        paused, reasons, is_paused = timedelta(), set(), False
        for status, begun, ended in response["_stays"]:
            if (status or "").lower() not in sla.pausing:
                continue
            if begun < end and (ended is None or ended > start):
                paused += min(ended or end, end) - max(begun, start)
                reasons.add(status.lower())
                is_paused = is_paused or (ended is None and stop is None)
        due = start + limit + paused
        return {
            "record_key": response["journey_key"],
            "sla": sla.name,
            "started_at": start,
            "due_at": due,
            "stopped_at": stop,
            "paused_seconds": paused.total_seconds(),
            "pause_reasons": ", ".join(sorted(reasons)) or None,
            "calendar_seconds": (end - start).total_seconds(),
            "business_seconds": self.policy.worked(calendar, start, end),
            "state": self.state(stop, due, is_paused),
            "owner_id": owner,
            "is_derived": True,
        }

    def state(self, stop: datetime | None, due: datetime, is_paused: bool) -> str:
        if stop and stop <= due:
            return "met"
        if (stop or self.as_of) > due:
            return "breached"
        return "paused" if is_paused else "running"

    def landed(self, key: str, owner: str | None, clock: dict) -> dict:
        stop = clock.get("stopped_at")
        stop = stop if stop and stop <= self.as_of else None
        end = stop or self.as_of
        calendar = self.policy.calendar(self.team(owner))
        return {
            "record_key": key,
            "sla": clock["sla"],
            "started_at": clock["started_at"],
            "due_at": clock["due_at"],
            "stopped_at": stop,
            "paused_seconds": clock.get("paused_seconds"),
            "pause_reasons": None,
            "calendar_seconds": (end - clock["started_at"]).total_seconds(),
            "business_seconds": self.policy.worked(calendar, clock["started_at"], end),
            "state": self.state(stop, clock["due_at"], False),
            "owner_id": owner,
            "is_derived": False,
        }
