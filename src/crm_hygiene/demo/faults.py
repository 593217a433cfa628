"""The planted faults, each with the edges at which it must not be found."""

from datetime import date, datetime, timedelta

from .world import AS_OF, DAY, NEXT_STEPS, SECOND, START, months_ago, week

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def plant(crm):
    """Plant every fault in an empty CRM."""
    plot = _Plot(crm)
    for chapter in (
        plot.jumps,
        plot.ping_pong,
        plot.late_edits,
        plot.commit_churn,
        plot.dwell,
        plot.dwell_shift,
        plot.sla_rush,
        plot.close_dates,
        plot.next_steps,
        plot.premature,
        plot.duplicates,
        plot.lead_sources,
        plot.regressions,
        plot.compliance_and_revenue,
        plot.continuity_and_value,
        plot.junk,
        plot.age_and_doubt,
        plot.history,
        plot.gone,
        plot.broken_sync,
    ):
        chapter()


class _Plot:
    """Plants faults in one CRM; deals start a few days apart so that no week fills up."""

    def __init__(self, crm):
        self.crm = crm
        self.is_salesforce = crm.name == "salesforce"
        self.path = crm.path
        self.next_start = datetime(2024, 10, 8, 10, 15)
        self.accounts = [crm.account(START - (40 + i) * DAY) for i in range(12)]
        self.turn = 0

    # Tools

    def account(self):
        self.turn += 1
        return self.accounts[self.turn % len(self.accounts)]

    def route(self, *stays, end="lost", anchor=None, path=None):
        """The stages of `path` for the given stays (days or durations), then the end.

        Without an anchor (the instant of the end) it starts on the next free day.
        """
        stays = [s if isinstance(s, timedelta) else s * DAY for s in stays]
        path = path or self.path
        names = [*path[: len(stays)], getattr(self.crm, end, end)]
        start = anchor - sum(stays, timedelta()) if anchor else self.next_start
        while True:
            route, at = [(names[0], start)], start
            for name, stay in zip(names[1:], stays, strict=True):
                at += stay
                route.append((name, at))
            ends = [(s, e) for (s, _), (_, e) in zip(route, route[1:], strict=False) if e <= AS_OF]
            if anchor or self.crm.has_room("opportunity", ends, None):
                break
            start += DAY * (3 if start.weekday() == 4 else 1)
        if not anchor:
            self.next_start = start + 9 * DAY
            self.next_start += max(0, self.next_start.weekday() - 4) * DAY
        self.crm.count_weeks("opportunity", ends)
        return route

    def deal(self, *stays, end="lost", anchor=None, path=None, account=None, **more):
        route = self.route(*stays, end=end, anchor=anchor, path=path)
        deal = self.crm.deal(route, account or self.account(), **more)
        if end == "won":
            deal.links["account"].columns |= {"type": "Customer", "lifecycle": "customer"}
        return deal

    def open_deal(self, *stays, age=5 * DAY + HOUR, **more):
        """A deal still in the stage after the stays, entered `age` before the as-of instant."""
        stage = self.path[len(stays)]
        return self.deal(*stays, end=stage, anchor=AS_OF - age, **more)

    def entered(self, deal, stage):
        return next(c.at for c in deal.changes if c.field == "stage" and c.new == stage)

    def others(self, deal, n):
        return [u for u in self.crm.team("ae") if u.id != deal.initial["owner_id"]][:n]

    def signal(self, name, record, expected, at, detail=""):
        self.crm.expect("signal", name, record, expected, at, detail)

    def archetype(self, name, record, expected=True, at=None, detail=""):
        self.crm.expect("archetype", name, record, expected, at, detail)

    def decide(self, rule, record, decision, expected=True, detail=""):
        text = f"decision={decision}" + (f"; {detail}" if detail else "")
        self.crm.expect("decision", rule, record, expected, None, text)

    def story(self, name, record, at=None, detail=""):
        self.crm.expect("history", name, record, True, at, detail)

    # Signals

    def jumps(self):
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
        # Out of a queue and back again.
        if self.crm.queues:
            queue = self.crm.queues[2]
            deal = self.deal(14, 14, 14)
            at = deal.created_at + 3 * DAY
            deal.change(at, "owner_id", queue.id, self.crm.machines["automation"])
            deal.change(at + 2 * DAY, "owner_id", deal.by.id, self.crm.team("revops")[0])
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
            deal.change(at, "close_date", far, deal.by)
            if AS_OF - entered > 28 * DAY:
                deal.change(entered + 20 * DAY, "stage", self.crm.lost, deal.by)
                deal.columns["reason"] = "No decision"
                self.crm.count_weeks("opportunity", [(self.path[3], entered + 20 * DAY)])
            self.signal(name, deal, expected, at, detail)
        # Before its milestone, and after it was closed: neither counts.
        deal = self.open_deal(7, age=9 * DAY)
        deal.change(AS_OF - DAY, "close_date", far, deal.by)
        self.signal(name, deal, False, AS_OF - DAY, "not yet past its milestone")
        deal = self.deal(7, 14, 14, 14, anchor=datetime(2026, 5, 20, 11))
        at = datetime(2026, 5, 27, 9)
        deal.change(at, "close_date", (deal_date(deal) + 40 * DAY).isoformat(), deal.by)
        self.signal(name, deal, False, at, "already closed")

    def dwell(self):
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

    def close_dates(self):
        name = "close_date_churn"

        def moved(days, expected, detail, opening=40):
            """Change the date on the given days after creation, to the given days after it."""
            deal = self.deal(14, 21, 21)
            start = deal.created_at
            deal.initial["close_date"] = (start + opening * DAY).date().isoformat()
            for on, to in days:
                value = (start + to * DAY).date().isoformat()
                deal.change(start + on * DAY + HOUR, "close_date", value, deal.by)
            at = start + days[-1][0] * DAY + HOUR
            self.archetype(name, deal, expected, at, detail)

        moved([(3, 50), (9, 60), (20, 70)], True, "pushed later 3 times")
        moved([(3, 50), (9, 60)], False, "pushed later twice")
        moved([(3, 50), (9, 45), (20, 60)], False, "twice later, once sooner")
        moved([(30, 70)], True, "changed after it had passed", opening=25)
        moved([(25, 70)], False, "changed on the day itself", opening=25)
        moved([(30, 20)], True, "set to a day already past")
        moved([(30, 30)], False, "set to the same day")

    def next_steps(self):
        name = "missing_next_step"
        for step in (None, "TBD", "   "):
            deal = self.open_deal(7, 14, next_step=step)
            self.archetype(name, deal, True, detail="blank next step")
        deal = self.open_deal(7, 14, next_step=None, close=date(2026, 9, 20))
        self.archetype(name, deal, True, detail="blank next step, and the close date has passed")
        for age, expected in ((14 * DAY, False), (14 * DAY + SECOND, True)):
            deal = self.quiet_deal()
            self.touch(deal, AS_OF - age)
            self.archetype(name, deal, expected, detail=f"last activity {age} ago")
        deal = self.quiet_deal()
        self.touch(deal, AS_OF - 20 * DAY)
        self.touch(deal, AS_OF + 6 * DAY, planned=True)
        self.archetype(name, deal, False, detail="nothing lately, but a task is planned")

    def quiet_deal(self, **more):
        """An open deal whose only meeting lies just outside the last 14 days."""
        deal = self.open_deal(7, age=20 * DAY, meetings=False, activity=False, **more)
        links = {"opportunity": deal, "account": deal.links["account"]}
        self.crm.act("meeting", AS_OF - 24 * DAY - 8 * HOUR, deal.by, **links)
        return deal

    def touch(self, record, at, type="task", by=None, **more):
        """One activity of the record."""
        return self.crm.act(type, at, by or record.by, **{record.kind: record}, **more)

    def premature(self):
        name = "premature_stage"
        deal = self.deal(7, 14, 14, 14, amount=None, next_step=None, contact=None, meetings=False)
        at = self.entered(deal, self.path[3])
        self.archetype(name, deal, True, at, "no amount, next step, contact or meeting")
        for days, extra, expected in (
            (-14, 0, False),
            (-14, -1, True),
            (14, 0, False),
            (14, 1, True),
        ):
            route = self.route(7, 7, 7, 28)
            deal = self.crm.deal(route, self.account(), meetings=False)
            at = self.entered(deal, self.path[3])
            # The other stages have their meetings; none of those is near this one.
            moment = at + days * DAY + extra * SECOND
            links = {"opportunity": deal, "account": deal.links["account"]}
            self.crm.act("meeting", moment, deal.by, **links)
            if days > 0:
                self.crm.act("meeting", deal.created_at + 30 * MINUTE, deal.by, **links)
            detail = (
                f"meeting {abs(days)} days and {abs(extra)} s {'after' if days > 0 else 'before'}"
            )
            self.archetype(name, deal, expected, at, detail)

    def duplicates(self):
        name, crm = "duplicate_account", self.crm
        us = ("United States", "US", "US", "1", "")
        germany = ("Germany", "DE", "EU", "49", "0")
        first = crm.account(
            START, country=us, name="Halvorsen Freight Inc", domain="halvorsen.example"
        )
        crm.contact(first, START + DAY)
        second = crm.account(
            START + 400 * DAY,
            country=us,
            name="HALVORSEN FREIGHT, Inc.",
            domain="halvorsen.example",
            segment=first.columns["segment"],
            owner=self.others(first, 1)[0],
        )
        self.archetype(name, first, False, detail="survivor: the oldest, with a contact")
        self.archetype(name, second, True, detail=f"same domain as {first.id}")
        kinds = {"country": germany, "domain": None}
        third = crm.account(START, name="Köhler Optik GmbH", phone="+49 30 2345678", **kinds)
        crm.contact(third, START + DAY)
        fourth = crm.account(
            START + 420 * DAY,
            name="Köhler Optik",
            phone="030 2345678",
            segment=third.columns["segment"],
            **kinds,
        )
        self.archetype(name, third, False, detail="survivor: the oldest, with a contact")
        self.archetype(name, fourth, True, detail=f"same name and phone as {third.id}")
        for title in ("Bluebird Bakery", "Oakline Fencing"):
            lone = crm.account(START, country=us, name=title, domain="gmail.com")
            self.archetype(name, lone, False, detail="shares only a free-mail domain")
        gone = crm.account(
            START + 300 * DAY, country=us, name="Halvorsen Freight", domain="halvorsen.example"
        )
        self.remove(gone, "history_mode" if self.is_salesforce else "is_deleted")
        self.archetype(name, gone, False, detail="a deleted duplicate")

    def lead_sources(self):
        name = "lead_source_drift"
        deal = self.deal(14, 14, 14, source=self.crm.sources[2])
        at = deal.created_at + 5 * DAY
        deal.change(at, "lead_source", self.crm.sources[1], self.crm.machines["integration"])
        self.archetype(name, deal, True, at, "changed after creation")
        for source in (None, "Other", "n/a"):
            deal = self.deal(14, 14, 14, source=source)
            self.archetype(name, deal, True, deal.created_at, "blank or other")
        deal = self.deal(14, 14, 14, source=self.crm.sources[2])
        at = deal.created_at + 5 * DAY
        deal.change(at, "lead_source", self.crm.sources[2], deal.by)
        self.archetype(name, deal, False, at, "saved again unchanged")

    def broken_sync(self):
        """An integration overwrites the lead source of six deals in one night."""
        night = datetime(2026, 9, 28, 3)
        for i, days in enumerate((11, 18, 25, 32, 39, 46)):
            stays = 7, 14 if i % 2 else 21
            deal = self.open_deal(*stays, age=days * DAY, source=self.crm.sources[2])
            at = night + i * MINUTE
            deal.change(at, "lead_source", self.crm.sources[1], self.crm.machines["integration"])
            self.archetype("lead_source_drift", deal, True, at, "changed after creation")
            self.story("stop_the_line", deal, at, "one of six in a night")

    def regressions(self):
        name = "stage_regression"
        for times in (1, 2):
            route = self.route(7, 14, 21, 14)
            deal = self.crm.deal(route, self.account())
            at = self.entered(deal, self.path[2]) + DAY + HOUR
            # Back and forth while nothing was proposed yet, always more than a day apart.
            for i in range(times):
                back = at + 5 * i * DAY
                deal.change(back, "stage", self.path[1], deal.by)
                deal.change(back + 3 * DAY, "stage", self.path[2], deal.by)
            self.archetype(name, deal, True, at, f"loop={str(times > 1).lower()}")

    # Decisions

    def lone(self, years=3, **columns):
        """A contact tied to nothing."""
        created = AS_OF - round(years * 365) * DAY - 3 * HOUR
        us = ("United States", "US", "US", "1", "")
        return self.crm.contact(None, created, **{"country": us, **columns})

    def won_before(self, account, at):
        """A deal won at the instant, with what a sound deal has."""
        route = [(self.path[3], at - 20 * DAY), (self.crm.won, at)]
        return self.crm.deal(route, account, contact=None)

    def compliance_and_revenue(self):
        crm = self.crm
        person = self.lone(1, first="Test", last="Test", phone=None, hold="true")
        self.decide("legal_hold", person, "keep", detail="looks like a test record")
        self.decide("legal_hold", crm.account(months_ago(40), hold="true"), "keep")
        deal = self.deal(7, 14, 14, anchor=months_ago(20), account=crm.account(START))
        deal.columns["hold"] = "true"
        self.decide("legal_hold", deal, "keep", detail="closed for more than 18 months")
        person = self.lone(0.3, do_not_contact="true")
        self.touch(person, AS_OF - 50 * DAY)
        self.decide("suppressed_within_retention", person, "keep")
        person = self.lone(0.2, first="Test", last="Test", phone=None, consent="opted_out")
        self.decide("suppressed_within_retention", person, "keep", detail="never deleted")
        person = self.lone(8, consent="opted_out")
        self.decide("suppressed_past_retention", person, "anonymize")
        person = self.lone(8, optout="true")
        self.decide("suppressed_past_retention", person, "anonymize")
        person = self.lone(4)
        start = datetime(2026, 9, 28, 13)
        case = crm.case([(crm.case_path[0], start)], None, person, None)
        self.decide("open_case", person, "keep")
        self.story("open_case", case)
        for years, decision, rule in (
            (4, "archive", "booked_revenue_inactive"),
            (0.5, "keep", "booked_revenue_active"),
        ):
            at = AS_OF.replace(hour=11) - round(years * 365) * DAY
            account = crm.account(at - 90 * DAY, type="Other", lifecycle="other")
            person = crm.contact(account, at - 60 * DAY)
            deal = self.won_before(account, at)
            crm.roles.append((deal, person, at - 20 * DAY))
            if decision == "keep":
                self.touch(account, AS_OF - 20 * DAY)
                self.touch(person, AS_OF - 20 * DAY)
            self.decide(rule, account, decision)
            self.decide(rule, person, decision)

    def continuity_and_value(self):
        crm = self.crm
        old = AS_OF - 1400 * DAY
        customer = crm.account(old, type="Customer", lifecycle="customer")
        self.touch(customer, AS_OF - 30 * DAY)
        self.decide("active_customer", crm.contact(customer, old), "keep")
        account = crm.account(old)
        person = crm.contact(account, old)
        deal = self.open_deal(7, account=account, contact=person, meetings=False, activity=False)
        links = {"opportunity": deal, "account": account}
        crm.act("meeting", AS_OF - 8 * DAY, deal.by, **links)
        self.decide("open_opportunity", person, "keep")
        partner = crm.account(old, type="Partner")
        strategic = crm.account(old, strategic="true")
        for account in (partner, strategic):
            self.decide("partner_or_strategic", account, "keep")
            self.decide("partner_or_strategic", crm.contact(account, old), "keep")
        person = self.lone(2, departed_at=AS_OF - 100 * DAY)
        self.decide("departed", person, "archive")
        for extra, expected in ((timedelta(), True), (SECOND, False)):
            person = self.lone(4)
            self.touch(person, months_ago(12) - extra, "call", direction="inbound")
            detail = f"inbound call 12 months and {extra.seconds} s ago"
            self.decide("engaged", person, "keep", expected, detail)
        for signal, expected, detail in (
            (months_ago(6), True, "signal exactly 6 months ago"),
            (months_ago(6) - SECOND, False, "signal a second older"),
            (datetime(2026, 1, 10, 9), False, "signal before the loss"),
        ):
            # An account of its own: beside booked revenue it would be kept anyway.
            anchor = datetime(2026, 1, 20 + self.turn % 5, 11)
            deal = self.deal(7, 14, 14, 14, anchor=anchor, account=crm.account(START))
            self.touch(deal, signal, "call", direction="inbound")
            self.decide("re_engage_lost_opportunity", deal, "re_engage", expected, detail)
        person = self.lone(4)
        self.touch(person, AS_OF - 900 * DAY, "call")
        self.touch(person, AS_OF - 60 * DAY, "call", direction="inbound")
        self.decide("re_engage_dormant_contact", person, "re_engage")

    def junk(self):
        crm = self.crm
        bare = {"phone": None, "title": None}
        person = self.lone(0.3, first="Test", last="Test", email="test@test.com", **bare)
        self.decide("test_or_spam", person, "delete")
        person = self.lone(0.3, first="asdf", last="asdf", email="asdf@asdf.com", **bare)
        self.decide("test_or_spam", person, "delete")
        person = self.lone(0.3, email="q7x1@mailinator.com", **bare)
        self.decide("disposable_or_invalid_email", person, "delete", detail="disposable")
        person = self.lone(0.3, email="not-an-address", **bare)
        self.decide("disposable_or_invalid_email", person, "delete", detail="invalid")
        person = self.lone(0.3, email="q7x2@mailinator.com", title=None)
        self.decide("disposable_or_invalid_email", person, "delete", False, "but it has a phone")
        for own, expected in ((None, True), ("+1 415 2999111", False)):
            first = self.lone(0.6)
            self.touch(first, AS_OF - 40 * DAY, "call", direction="inbound")
            copy = {k: first.columns[k] for k in ("first", "last", "country")}
            copy |= {"email": first.columns["email"].upper(), "mobile": own, **bare}
            copy |= {"source": first.initial["lead_source"], "owner": first.by}
            second = self.lone(0.1, **copy)
            detail = "a mobile phone of its own" if own else f"survivor {first.id}"
            self.decide("duplicate_no_own_value", second, "delete", expected, detail)
        for extra, expected in ((timedelta(), True), (SECOND, False)):
            route = [(self.path[0], datetime(2026, 6, 9, 10) + 3 * DAY * expected)]
            route.append((crm.lost, route[0][1] + DAY + extra))
            bare_deal = {"amount": None, "meetings": False, "contact": None}
            deal = crm.deal(route, crm.account(START), **bare_deal)
            detail = f"lost a day and {extra.seconds} s after creation"
            self.decide("mistaken_deal", deal, "delete", expected, detail)
        france = ("France", "FR", "EU", "33", "0")
        person = self.lone(0.2, country=france, basis="none", consent="unknown", title="Buyer")
        self.decide("no_lawful_basis", person, "quarantine", detail="no Legal approval")

    def age_and_doubt(self):
        crm = self.crm
        for rule, months, decision, younger in (
            ("contact_inactive", 12, "archive", "keep"),
            ("past_retention", 60, "anonymize", "archive"),
        ):
            for extra, expected in ((timedelta(), True), (SECOND, False)):
                person = self.lone(7)
                self.touch(person, months_ago(months) + extra, "call")
                detail = f"last call {months} months ago less {extra.seconds} s"
                detail += "" if expected else f" (so {younger})"
                self.decide(rule, person, decision, expected, detail)
        if crm.has_leads:
            for at, status, expected in (
                (AS_OF - 180 * DAY, "Unqualified", True),
                (AS_OF - 180 * DAY + SECOND, "Unqualified", False),
                (AS_OF - 400 * DAY, "Nurture", False),
            ):
                lead = crm.lead([(status, at)])
                self.decide("lead_inactive", lead, "archive", expected, f"status {status}")
        for extra, expected in ((timedelta(), True), (SECOND, False)):
            account = crm.account(months_ago(30))
            self.touch(account, months_ago(24) + extra, "call")
            detail = f"last call 24 months ago less {extra.seconds} s"
            self.decide("account_inactive", account, "archive", expected, detail)
        for extra, reason, rule, decision, expected in (
            (timedelta(), "Price", "opportunity_closed", "archive", True),
            (SECOND, "Price", "opportunity_closed", "archive", False),
            (timedelta(), None, "closed_lost_no_reason", "quarantine", True),
        ):
            anchor = months_ago(18) + extra
            deal = self.deal(7, 14, 14, 7, anchor=anchor, reason=reason, account=crm.account(START))
            self.decide(
                rule, deal, decision, expected, f"lost 18 months ago less {extra.seconds} s"
            )
        person = self.lone(0.2, email=None, phone=None, title=None, consent="unknown")
        person.initial["owner_id"] = None
        self.decide("doubt", person, "quarantine", detail="no owner, no link, nothing dated")
        robot = self.crm.machines["automation"]
        ghost = self.lone(2)
        self.remove(ghost, "_fivetran_deleted")
        note = self.touch(ghost, AS_OF - 500 * DAY, "task", automated=True, by=ghost.by)
        self.decide("activity_of_deleted_record", note, "delete", detail=f"made by {robot.name}")
        note = self.touch(self.accounts[3], months_ago(36), "call")
        self.decide("activity_old", note, "archive")

    # How histories really look

    def history(self):
        crm = self.crm
        deal = self.deal(14, 14, 14, next_step=None)
        at = deal.created_at + DAY
        deal.change(at, "next_step", "tbd", deal.by)
        deal.change(at + DAY, "next_step", "Call the buyer", deal.by)
        deal.change(at + 2 * DAY, "next_step", "Call the buyer", deal.by)
        self.story("noop_changes", deal, at, "null to tbd, and A to A; tbd to a step is a change")
        for quirk, name in (("twice", "duplicate_row"), ("replaced", "last_landed_wins")):
            deal = self.deal(14, 14, 14)
            at = deal.created_at + 4 * DAY
            deal.change(at, "next_step", "Ask for references", deal.by, quirk=quirk)
            self.story(name, deal, at)
        deal = self.deal(14, 14, 14, next_step="First")
        at = deal.created_at + 4 * DAY
        deal.change(at, "next_step", "Second", deal.by, quirk=".100")
        deal.change(at, "next_step", "Third", deal.by, quirk=".600")
        self.story("same_second_changes", deal, at, "two edits in one second")
        # Imported with a creation date later than its first change.
        deal = self.deal(14, 14, 14)
        deal.initial["stage"] = self.path[0]
        early = deal.created_at - 2 * HOUR
        first = next(c for c in deal.changes if c.field == "stage")
        first.at = early
        self.story("change_before_creation", deal, early)
        deal = self.deal(14, 14, 14)
        for days, by in ((2, "import"), (5, "integration")):
            value = NEXT_STEPS[days % 5] + " (synced)"
            deal.change(deal.created_at + days * DAY, "next_step", value, crm.machines[by])
        self.story("machine_changes", deal)
        # Changed, and created, after the as-of instant: landed, but not yet visible.
        deal = self.open_deal(7, 14)
        later = AS_OF + 11 * HOUR
        deal.change(later, "stage", self.path[3], deal.by)
        deal.change(later, "amount", "77000", deal.by)
        self.story("changed_after_as_of", deal, later)
        deal = crm.deal([(self.path[0], later)], self.account(), meetings=False, activity=False)
        self.story("created_after_as_of", deal, later)
        ghost = crm.deal(
            [(self.path[0], datetime(2026, 2, 3, 9))],
            self.account(),
            contact=None,
            meetings=False,
            activity=False,
        )
        crm.records.remove(ghost)
        crm.orphans.append(ghost)
        ghost.change(datetime(2026, 2, 9, 9), "next_step", "Whose is this?", ghost.by)
        self.story("orphan_change", ghost, datetime(2026, 2, 9, 9))
        for title in (
            'Acme "Quoted" & Söhne, Ltd',
            "Two\nlines",
            "Emoji 🚀 Labs",
            "MÃ¼ller GmbH",
            "O'Neil",
        ):
            account = crm.account(START)
            account.columns["name"] = title
            self.story("odd_name", account)
        us = ("United States", "US", "US", "1", "")
        contact = crm.contact(None, START, country=us)
        contact.change(datetime(2026, 6, 2, 8), "optout", "true", contact.by)
        self.story("opted_out", contact, datetime(2026, 6, 2, 8))
        (self.salesforce_history if self.is_salesforce else self.hubspot_history)()

    def salesforce_history(self):
        crm = self.crm
        deal = self.deal(14, 14, 14)
        for days, logged in ((3, True), (6, False), (9, True)):
            at = deal.created_at + days * DAY
            deal.change(at, "next_step", f"Plan {days}", deal.by, logged=logged)
        self.story("chain_break", deal, at, "the change before it is missing")
        for _ in range(3):
            path = [self.path[0], crm.renamed_stage, self.path[3]]
            deal = self.deal(7, 14, 14, path=path, anchor=datetime(2025, 1, 10 + self.turn % 9, 11))
            self.story("renamed_stage", deal, None, f"{crm.renamed_stage} is not in the stage map")
        for days in (0, 40):
            anchor = datetime(2025, 9, 9, 10) + days * DAY
            deal = self.deal(14, 14, 14, anchor=anchor)
            deal.quirks.add("no_creation_row")
            self.story("no_creation_row", deal)
        deal = self.deal(14, 14, 14, anchor=datetime(2024, 8, 6, 10))
        self.story("field_history_expired", deal, None, "only the stage history tells its changes")
        deal = self.deal(14, 14, 14)
        at = deal.created_at + 8 * DAY
        deal.initial["Loss_Reason__c"] = None
        deal.change(at, "Loss_Reason__c", "Price", deal.by)
        self.story("other_field", deal, at, "kept as landed")
        contact = crm.contact(self.accounts[2], START)
        contact.change(datetime(2026, 4, 2, 8), "do_not_contact", "true", contact.by)
        self.story("do_not_contact_change", contact, datetime(2026, 4, 2, 8))

    def hubspot_history(self):
        crm = self.crm
        for path, name in (
            ([self.path[0], self.path[1], crm.deleted_stage], "deleted_stage"),
            ([self.path[0], crm.vanished_stage, self.path[2]], "vanished_stage"),
        ):
            for _ in range(2):
                self.story(name, self.deal(14, 14, 14, path=path))
        for lag, detail in ((60, "the value at creation"), (61, "changes from null")):
            deal = self.deal(14, 14, 14)
            deal.columns["first_told_after"] = lag
            if lag > 60:
                self.tell_late(deal, lag)
            self.story("first_value_later", deal, deal.created_at + lag * SECOND, detail)
        deal = self.deal(14, 14, 14)
        for days, by in (
            (3, "other"),
            (6, "stranger"),
            (8, "api"),
            (10, "salesforce"),
            (12, "workflow"),
        ):
            at = deal.created_at + days * DAY
            deal.change(at, "next_step", f"Step {days}", crm.machines[by])
        self.story("sources", deal, None, "an unknown source, a user who owns nothing, machines")
        contact = crm.contact(self.accounts[2], START)
        contact.change(datetime(2026, 4, 2, 8), "lifecycle", "opportunity", contact.by)
        self.story("lifecycle_change", contact, datetime(2026, 4, 2, 8))

    def tell_late(self, deal, lag):
        """What is told more than a minute after creation is a change from nothing."""
        at = deal.created_at + lag * SECOND
        for name in ("owner_id", "amount", "close_date", "next_step", "forecast_category"):
            value = deal.initial[name]
            deal.initial[name] = None
            deal.change(at, name, value, deal.by)

    # Deleted and merged

    def remove(self, record, how, into=None):
        record.fate = "merged" if into else "deleted"
        record.gone_how, record.merged_into = how, into
        record.gone_at = max(record.created_at, START) + 30 * DAY
        record.planted = True

    def gone(self):
        crm = self.crm
        ways = ("is_deleted", "_fivetran_deleted", "history_mode")
        for how in ways if self.is_salesforce else ways[:2]:
            account = crm.account(START)
            self.remove(account, how)
            self.story("deleted", account, account.gone_at, how)
        for how in ("is_deleted", "_fivetran_deleted"):
            if self.is_salesforce or how == "_fivetran_deleted":
                person = self.lone(1)
                self.remove(person, how)
                self.story("deleted", person, person.gone_at, how)
            deal = self.deal(14, 14, 14)
            self.remove(deal, how)
            deal.gone_at = deal.changes[-1].at + 20 * DAY
            self.story("deleted", deal, deal.gone_at, how)
        keeper, loser = crm.account(START), crm.account(START + DAY)
        # Only the survivor's list tells that a company was merged away.
        self.remove(loser, "is_deleted" if self.is_salesforce else "", keeper)
        self.story("merged", loser, loser.gone_at)
        keeper, loser = self.lone(1), self.lone(1)
        self.remove(loser, "is_deleted" if self.is_salesforce else "_fivetran_deleted", keeper)
        self.story("merged", loser, loser.gone_at)
        if self.is_salesforce:
            when = datetime(2025, 12, 2, 10)
            keeper, loser = (crm.lead([("Unqualified", when + i * DAY)]) for i in (0, 1))
            loser.columns |= {"email": keeper.columns["email"]}
            self.remove(loser, "is_deleted", keeper)
            self.story("merged", loser, loser.gone_at)
            # Two leads that are one person: no fault but a duplicate.
            copy = crm.lead([("Unqualified", when + 9 * DAY)])
            copy.columns |= {k: keeper.columns[k] for k in ("first", "last", "email", "company")}
            self.story("duplicate_lead", copy, copy.created_at, f"of {keeper.id}")
        else:
            keeper.columns["vanished"] = ["45100007"]
            keeper, loser = self.deal(14, 14, 14), self.deal(14, 14, 14)
            self.remove(loser, "is_deleted", keeper)
            loser.gone_at = loser.changes[-1].at + 20 * DAY
            self.story("merged", loser, loser.gone_at)


def deal_date(deal):
    """The close date at creation."""
    return datetime.fromisoformat(deal.initial["close_date"]).date()
