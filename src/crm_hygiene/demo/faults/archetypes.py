"""What makes a record dirty, and its edges."""

from datetime import date, datetime

from crm_hygiene.demo.faults.plot import HOUR, MINUTE, Plot
from crm_hygiene.demo.world import AS_OF, DAY, SECOND, START


class ArchetypeFaults(Plot):
    """What makes a record dirty, and its edges."""

    def close_dates(self):
        """Open deals whose close date moves again and again, or is over."""
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
        """Open deals without a next step, or without any activity."""
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

    def premature(self):
        """Deals that came further than what is known of them."""
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
        """Accounts, contacts and leads that stand there twice."""
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
        second.by = crm.machines["integration"]  # an enrichment that finds no match
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
        """Lead sources that somebody overwrote."""
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
            self.crm.expect("signature", "source_to_credited", deal, True, at, "to a credited one")
            self.crm.expect("signature", "written_without_source", deal, True, at, "in a night")

    def regressions(self):
        """Deals that went back, once or in a loop."""
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
