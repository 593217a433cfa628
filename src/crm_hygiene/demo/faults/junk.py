"""Junk on live records and between real deals, and junk mail, beside the usual business, from
random streams of its own."""

from datetime import date, datetime

from crm_hygiene.demo.faults.late import US, LateFaults, days_before
from crm_hygiene.demo.world import AS_OF, DAY, SECOND

BARE = {"contact": None, "meetings": False}


class JunkFaults(LateFaults):
    """Deals, accounts and activities that tell of nothing, and what only looks so."""

    def chapters(self):
        """The chapters in their order; a new one comes last."""
        return (
            self.training_deals,
            self.deals_twice,
            self.domains,
            self.noise,
            self.logged_twice,
            self.unwanted_mail,
        )

    def company(self, name, **columns):
        """An account of its own, which its owner called."""
        account = self.crm.account(datetime(2025, 3, 4, 9), country=US, name=name, **columns)
        account.planted = True
        self.touch(account, AS_OF - 30 * DAY, "call")
        return account

    def training_deals(self):
        """Deals made to learn the CRM, and one of that name that somebody worked on."""
        for name, worked in (("Training deal", False), ("Test opportunity 2", False),
                             ("Training deal", True)):  # fmt: skip
            account = self.company(f"Thornby Lathes {name[:4]}{'s' if worked else ''}")
            deal = self.roomy_deal(None, anchors=days_before(300, 130), account=account, **BARE)
            deal.columns["name"] = name
            if worked:
                self.touch(deal, deal.created_at + DAY, "call")
            detail = "with a call" if worked else name
            self.decide("test_deal", deal, "delete", not worked, detail)

    def deals_twice(self):
        """Deals entered twice, and one of the month after."""
        for name, close, is_copy in (
            ("Kiln retrofit", date(2026, 4, 28), True),
            ("Kiln retrofits", date(2026, 5, 1), False),
        ):
            account = self.company(f"Osmotherley Kilns {close.month}")
            anchors = days_before(200, 120)
            more = {"account": account, "amount": "48500"}
            first = self.roomy_deal(None, anchors=anchors, close=date(2026, 4, 2), **more)
            copy = self.roomy_deal(None, anchors=anchors, close=close, **more, **BARE)
            first.columns["name"], copy.columns["name"] = "Kiln retrofit", name
            detail = f"as {first.id}" if is_copy else "closes in the month after"
            self.decide("duplicate_deal", copy, "delete", is_copy, detail)

    def domains(self):
        """Accounts of a domain that is nobody's, and one whose domain only holds the word."""
        for name, domain, is_junk in (
            ("Garsdale Pumps", "test.com", True),
            ("Howgill Pumps", "contest.com", False),
        ):
            account = self.crm.account(AS_OF - 120 * DAY, country=US, name=name, domain=domain)
            self.decide("test_or_spam", account, "delete", is_junk, f"domain {domain}")

    def noise(self):
        """A machine's reminders on a live record, from the limit of age on."""
        person = self.known()
        for late in (0, 1):
            at = AS_OF - 90 * DAY + late * SECOND
            task = self.touch(person, at, automated=True)
            self.decide("system_noise", task, "archive", not late, f"{AS_OF - at} ago")
        task = self.touch(person, AS_OF - 100 * DAY)
        self.decide("system_noise", task, "archive", False, "a person's task")

    def logged_twice(self):
        """A call logged twice, and one a second later."""
        person = self.known()
        at = datetime(2026, 8, 11, 9, 30)
        self.touch(person, at, "call")
        copy = self.touch(person, at, "call")
        self.decide("double_logged_activity", copy, "archive", detail="the same instant")
        later = self.touch(person, at + SECOND, "call")
        self.decide("double_logged_activity", later, "archive", False, "a second later")

    def unwanted_mail(self):
        """A machine mails those who opted out, a second later and at that instant."""
        for late in (1, 0):
            person = self.known()
            opted_out = datetime(2026, 7, 14, 9 + late)
            person.change(opted_out, "optout", "true", person.by)
            mailed = opted_out + late * SECOND
            self.touch(person, mailed, "email", automated=True)
            detail = f"mailed {mailed - opted_out} after it opted out"
            self.crm.expect("outreach", "opted_out", person, bool(late), mailed, detail)

    def known(self):
        """A person who called of late."""
        person = self.crm.contact(None, AS_OF - 400 * DAY, country=US)
        person.planted = True
        self.touch(person, AS_OF - 20 * DAY, "call", direction="inbound")
        return person
