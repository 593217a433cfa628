"""What every planted fault needs: deals that are timed so that nothing else is found in them."""

from datetime import datetime, timedelta

from crm_hygiene.demo.world import AS_OF, DAY, START

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


class Plot:
    """Plants faults in one CRM; deals start a few days apart so that no week fills up."""

    def __init__(self, crm):
        """Begin with a few old accounts, which the deals share."""
        self.crm = crm
        self.is_salesforce = crm.name == "salesforce"
        self.path = crm.path
        self.next_start = datetime(2024, 10, 8, 10, 15)
        self.accounts = [crm.account(START - (40 + i) * DAY) for i in range(12)]
        self.turn = 0

    # Tools

    def account(self):
        """One of the shared accounts, each in turn."""
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
        """A closed deal with the given stays; one that is won makes a customer."""
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
        """The instant at which a deal came into a stage."""
        return next(c.at for c in deal.changes if c.field == "stage" and c.new == stage)

    def others(self, deal, n):
        """Some sellers who do not own the deal."""
        return [u for u in self.crm.team("ae") if u.id != deal.initial["owner_id"]][:n]

    def signal(self, name, record, expected, at, detail=""):
        """Expect a signal, or none."""
        self.crm.expect("signal", name, record, expected, at, detail)

    def archetype(self, name, record, expected=True, at=None, detail=""):
        """Expect a record to be dirty, or not."""
        self.crm.expect("archetype", name, record, expected, at, detail)

    def decide(self, rule, record, decision, expected=True, detail=""):
        """Expect a decision, or another one."""
        text = f"decision={decision}" + (f"; {detail}" if detail else "")
        self.crm.expect("decision", rule, record, expected, None, text)

    def story(self, name, record, at=None, detail=""):
        """Expect something of a history."""
        self.crm.expect("history", name, record, True, at, detail)

    def quiet_deal(self, **more):
        """An open deal whose only meeting lies just outside the last 14 days."""
        deal = self.open_deal(7, age=20 * DAY, meetings=False, activity=False, **more)
        links = {"opportunity": deal, "account": deal.links["account"]}
        self.crm.act("meeting", AS_OF - 24 * DAY - 8 * HOUR, deal.by, **links)
        return deal

    def touch(self, record, at, type="task", by=None, **more):
        """One activity of the record."""
        return self.crm.act(type, at, by or record.by, **{record.kind: record}, **more)

    def lone(self, years=3, **columns):
        """A contact tied to nothing."""
        created = AS_OF - round(years * 365) * DAY - 3 * HOUR
        us = ("United States", "US", "US", "1", "")
        return self.crm.contact(None, created, **{"country": us, **columns})

    def won_before(self, account, at):
        """A deal won at the instant, with what a sound deal has."""
        route = [(self.path[3], at - 20 * DAY), (self.crm.won, at)]
        return self.crm.deal(route, account, contact=None)


def deal_date(deal):
    """The close date at creation."""
    return datetime.fromisoformat(deal.initial["close_date"]).date()
