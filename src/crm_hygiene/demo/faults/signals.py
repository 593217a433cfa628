"""Faults of the process, and their edges."""

from datetime import date, datetime, timedelta

from crm_hygiene.demo.faults.plot import HOUR, MINUTE, Plot, deal_date
from crm_hygiene.demo.world import AS_OF, DAY, SECOND, START, week


class SignalFaults(Plot):
    """Faults of the process, and their edges."""

    def jumps(self):
        """Records that skip stages, or are just slow enough."""
        name = "multi_stage_jump"
        deal = self.deal(7, 24 * HOUR, 14, 14, 14, end="won")
        at = self.entered(deal, self.path[2])
        self.signal(name, deal, True, at, "exactly 24 hours after the change before")
        deal = self.deal(7, 24 * HOUR + SECOND, 14, 14)
        at = self.entered(deal, self.path[2])
        self.signal(name, deal, False, at, "24 hours and one second after the change before")
        deal = self.deal(7, 20 * MINUTE, 15 * MINUTE, 5 * MINUTE, 21, end="won")
        for stage in self.path[2:]:
            self.signal(name, deal, True, self.entered(deal, stage), "three stages within an hour")
        for days in (9, 16):
            deal = self.open_deal(7, 14, 2 * HOUR, age=days * DAY + 9 * HOUR)
            at = self.entered(deal, self.path[3])
            self.signal(name, deal, True, at, "in the last 28 days")
        if self.crm.has_leads:
            start = datetime(2026, 1, 13, 9, 30)
            lead = self.crm.lead([("New", start), ("Working", start + 3 * DAY)])
            lead.change(start + 3 * DAY + HOUR, "status", "Unqualified", lead.by)
            self.signal(name, lead, True, start + 3 * DAY + HOUR, "a lead")

    def ping_pong(self):
        """Owners who hand a record to and fro, or just not often enough."""
        name = "owner_ping_pong"
        for gap, expected, back in (
            (7 * DAY, True, True),
            (7 * DAY + SECOND, False, True),
            (3 * DAY, True, False),
            (5 * HOUR, True, True),
        ):
            deal = self.deal(14, 14, 14)
            self.toss(deal, deal.created_at + 2 * DAY, gap, expected, back)
        deal = self.open_deal(7, 10, age=15 * DAY)
        self.toss(deal, AS_OF - 12 * DAY, 4 * DAY, True, True)
        # Into a queue and back again; of a deal that had been given away before.
        if self.crm.queues:
            queue = self.crm.queues[2]
            deal = self.deal(14, 14, 14)
            (first,) = self.others(deal, 1)
            at = deal.created_at + 11 * DAY
            deal.change(at - 8 * DAY, "owner_id", first.id, self.crm.team("revops")[0])
            deal.change(at, "owner_id", queue.id, self.crm.machines["automation"])
            deal.change(at + 2 * DAY, "owner_id", first.id, self.crm.team("revops")[0])
            self.signal(name, deal, True, at + 2 * DAY, "is_return=true; through a queue")
            stay = self.open_deal(7, owner=deal.by)
            stay.initial["owner_id"] = queue.id
            self.story("owned_by_queue", stay)
        account = self.accounts[0]
        self.toss(account, datetime(2026, 3, 3, 11), 6 * DAY, True, True)
        contact = self.crm.contact(self.accounts[1], START)
        self.toss(contact, datetime(2025, 11, 4, 15), 6 * DAY, True, False)

    def toss(self, record, at, gap, expected, back):
        """Give the record to another owner, and on (or back) after the gap."""
        first, second = self.others(record, 2)
        owner = self.crm.user(record.initial["owner_id"])
        record.change(at, "owner_id", first.id, self.crm.team("revops")[0])
        record.change(at + gap, "owner_id", (owner if back else second).id, first)
        detail = f"is_return={str(back).lower()}; {gap} after the change before"
        self.signal("owner_ping_pong", record, expected, at + gap, detail)

    def late_edits(self):
        """Edits after the close, within and just outside the days of grace."""
        name = "late_edit"

        def edit(after, field, value, expected=True, detail="", **more):
            deal = self.deal(7, 14, 14, 14, 21, **more)
            at = self.entered(deal, self.path[3]) + after
            value = value(deal, at) if callable(value) else value
            deal.change(at, field, value, deal.by)
            self.signal(name, deal, expected, at, f"{field}; {detail}".rstrip("; "))

        edit(9 * DAY, "amount", "41000")
        edit(10 * DAY, "close_date", lambda d, at: (at + 50 * DAY).date().isoformat())
        edit(11 * DAY, "lead_source", self.crm.sources[0], source=self.crm.sources[2])
        edit(SECOND, "amount", "12345.5", True, "one second after the milestone")
        edit(timedelta(), "amount", "9000", False, "in the same save as the milestone")
        edit(-SECOND, "amount", "8000", False, "one second before the milestone")
        edit(22 * DAY, "next_step", "Chase signature", False, "a field that is not watched")
        route = self.route(7, 14, 14, 14, 21)
        deal = self.crm.deal(route, self.account())
        at = self.entered(deal, self.path[3]) + 5 * DAY
        deal.change(at, "stage", self.path[1], deal.by)
        deal.change(at + 2 * DAY, "stage", self.path[3], deal.by)
        self.signal(name, deal, True, at, "to a lower stage")
        self.archetype("stage_regression", deal, True, at, "loop=false")

    def commit_churn(self):
        """Committed deals whose close date moves near the period's end."""
        name = "commit_close_date_churn"
        month_end = datetime(2026, 9, 1)
        far = "2026-11-20"
        times = (
            (month_end - 7 * DAY - SECOND, False, "a second before the last 7 days of August"),
            (month_end - 7 * DAY + SECOND, True, "a second into the last 7 days of August"),
            (month_end - SECOND, True, "the last second of August"),
            (month_end + SECOND, False, "the second after August"),
            (datetime(2026, 9, 29, 16, 20), True, "two days before the quarter ends"),
            (datetime(2026, 9, 30, 18, 5), True, "on the last day of the quarter"),
        )
        for i, (at, expected, detail) in enumerate(times):
            entered = at - (6 + 2 * i) * DAY
            stays = (7 + i, 7 + 2 * i, 7 + 3 * i)
            deal = self.deal(*stays, end=self.path[3], anchor=entered, close=date(2026, 10, 15))
            deal.change(entered + HOUR, "forecast_category", self.crm.forecasts[2], deal.by)
            deal.change(at, "close_date", far, deal.by)
            if AS_OF - entered > 28 * DAY:
                deal.change(entered + 20 * DAY, "stage", self.crm.lost, deal.by)
                deal.columns["reason"] = "No decision"
                self.crm.count_weeks("opportunity", [(self.path[3], entered + 20 * DAY)])
            self.signal(name, deal, expected, at, detail)
        # Before its milestone, and after it was closed: neither counts.
        deal = self.open_deal(7, age=9 * DAY)
        deal.change(AS_OF - DAY, "close_date", far, deal.by)
        self.signal(name, deal, False, AS_OF - DAY, "not yet committed")
        deal = self.deal(7, 14, 14, 14, anchor=datetime(2026, 5, 20, 11))
        at = datetime(2026, 5, 27, 9)
        deal.change(at, "close_date", (deal_date(deal) + 40 * DAY).isoformat(), deal.by)
        self.signal(name, deal, False, at, "already closed")

    def dwell(self):
        """Stays of just the usual length, and a second longer."""
        name = "stage_dwell_anomaly"
        short, long = self.crm.limits("opportunity", self.path[3])
        for stay, expected, detail in (
            (short - SECOND, True, "too_short"),
            (short, False, "exactly the 10th percentile"),
            (long + SECOND, True, "too_long"),
            (long, False, "exactly the 90th percentile"),
        ):
            deal = self.deal(7, 14, 14, stay, end="won")
            self.signal(name, deal, expected, self.entered(deal, self.crm.won), detail)
        for age, expected in ((long + SECOND, True), (long, False), (93 * DAY, True)):
            deal = self.open_deal(7, 14, 21, age=age)
            self.signal(name, deal, expected, self.entered(deal, self.path[3]) + long, "stuck")

    def dwell_shift(self):
        """Two weeks of one segment and stage, five periods each; nothing else ends there."""
        for stage, segment, monday, first, second, expected in (
            (1, "Enterprise", datetime(2026, 5, 11, 11), 10, 13, True),
            (2, "SMB", datetime(2026, 7, 6, 11), 10, 12, False),
        ):
            short, long = (d // DAY for d in self.crm.limits("opportunity", self.path[stage]))
            for start, middle in ((monday, first), (monday + 7 * DAY, second)):
                for i, stay in enumerate((short, long, middle, short, long)):
                    end = start + i * DAY
                    stays = [(21, 7)[i % 2], 14][:stage] + [stay]
                    after = (7, 28)[i % 2]
                    self.deal(*stays, after, anchor=end + after * DAY, segment=segment)
                self.crm.reserved.add(("opportunity", self.path[stage], segment, week(start)))
            detail = f"{segment}; {self.path[stage]}; median {first} then {second} days"
            at = monday + 14 * DAY - 11 * HOUR  # known when the second week is over
            self.signal("stage_dwell_shift", None, expected, at, detail)

    def sla_rush(self):
        """Updates just before a clock runs out."""
        name = "sla_rush_update"
        human, robot = self.crm.team("cs")[0], self.crm.machines["automation"]
        system = self.crm.machines["integration"]
        cases = (
            (15 * MINUTE, human, True, "exactly 15 minutes before due"),
            (15 * MINUTE + SECOND, human, False, "15 minutes and a second before due"),
            (SECOND, human, True, "one second before due"),
            (timedelta(), human, False, "when due"),
            (5 * MINUTE, robot, False, "by an automation"),
            (5 * MINUTE, system, False, "by an integration"),
            (6 * MINUTE, human, True, "a field like any other"),
        )
        for i, (before, by, expected, detail) in enumerate(cases):
            created = datetime(2026, 7, 7, 9, 40) + 11 * i * DAY
            due = created + 3 * DAY + 2 * HOUR
            first, second = self.crm.case_path
            taken = created + (30 * HOUR, 3 * DAY)[i % 2]
            closed = taken + (2, 7)[i % 2] * DAY
            route = [(first, created), (second, taken), (self.crm.case_closed, closed)]
            case = self.crm.case(route, self.accounts[i], None, due, human)
            if detail.startswith("a field"):
                field = "Priority" if self.is_salesforce else "hs_ticket_priority"
                case.initial[field] = "Medium"
                case.change(due - before, field, "High", by)
            else:
                other = self.crm.team("cs")[1]
                case.change(due - before, "owner_id", other.id, by)
            self.signal(name, case, expected, due - before, detail)

    # Archetypes
