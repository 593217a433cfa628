"""The base population of a CRM: business in which nothing goes wrong."""

from datetime import timedelta

from crm_hygiene.demo.crm import Crm
from crm_hygiene.demo.names import SEGMENTS
from crm_hygiene.demo.world import AS_OF, DAY, SECOND, START


class Business(Crm):
    """A CRM with its usual business."""

    def populate(self):
        """The base population: nothing in it shows a fault that the definitions name."""
        rng, n = self.rng, lambda k: round(k * self.scale)
        self.settle()
        self.recount_weeks()
        accounts = []
        for _ in range(n(118)):
            account = self.account()
            if rng.random() < 0.2:  # a leaver still owns it
                leaver = self.pick(self.team("ae", active=False))
                account.initial["owner_id"] = leaver.id
            elif rng.random() < 0.3:
                at = self.some_day(max(account.created_at, START) + DAY, AS_OF - DAY)
                account.change(at, "owner_id", self.pick(self.team("ae")).id, self.ops())
            accounts.append(account)
        for _ in range(n(170)):
            account = self.pick(accounts)
            contact = self.contact(account, self.some_day(account.created_at))
            if rng.random() < 0.12:
                at = self.some_day(max(contact.created_at, START), AS_OF)
                contact.change(at, "owner_id", self.pick(self.team("ae")).id, self.ops())
            if rng.random() < 0.15:
                at = self.some_day(max(contact.created_at, START), AS_OF)
                contact.change(at, "consent_status", "opted_in", contact.by)
            if rng.random() < 0.07:
                contact.columns["bounced_at"] = self.some_day(contact.created_at)
            if rng.random() < 0.3:  # a mailing: no engagement
                at = self.some_day(max(contact.created_at, START), AS_OF)
                self.act("email", at, contact.by, automated=True, contact=contact)
            if rng.random() < 0.55:
                at = self.some_day(max(contact.created_at, START), AS_OF)
                self.act(
                    self.pick(["call", "email"]),
                    at,
                    contact.by,
                    direction=self.pick(["inbound", "outbound"]),
                    contact=contact,
                    account=account,
                )
        for _ in range(n(225)):
            self.usual_deal(self.pick(accounts))
        for _ in range(n(225) if self.has_leads else 0):
            self.usual_lead(accounts)
        for _ in range(n(92)):
            self.usual_case(self.pick(accounts))

    def ops(self):
        """Whoever reassigns records: an operator, a rule, a connected system."""
        machines = [self.machines[k] for k in ("automation", "integration")]
        return self.pick([*self.team("revops"), *machines])

    def usual_deal(self, account):
        """A deal in which nothing goes wrong."""
        rng = self.rng
        span = (max(START, account.created_at), AS_OF - 2 * DAY)
        segment = account.columns["segment"]
        end = self.won if rng.random() < 0.38 else self.lost
        stops = (lambda r: 5) if end == self.won else (lambda r: r.choice([2, 3, 4, 5, 5]))
        route = self.usual_route("opportunity", self.path, end, segment, span, stops, hurry=True)
        shown = [(s, at) for s, at in route if at <= AS_OF]
        closing = route[-1][1].date()
        sdr, ae = self.pick(self.team("sdr")), self.pick(self.team("ae"))
        handed = rng.random() < 0.3
        first_open = next((at for s, at in route if s in self.milestones), route[-1][1])
        pushes, dates = [], [closing]
        for _ in range(rng.choice([0, 0, 0, 1, 1, 2])):
            # A date moves only while it still lies ahead, and before the first milestone.
            at = (route[0][1] + (first_open - route[0][1]) * rng.uniform(0.1, 0.9)).replace(
                microsecond=0
            )
            earlier = dates[0] - rng.randint(7, 21) * DAY
            if earlier > at.date() + 2 * DAY and all(abs(at - p) > DAY for p in pushes):
                pushes.append(at)
                dates.insert(0, earlier)
        if any(at.date() >= dates[0] for at in pushes):
            pushes, dates = [], [closing]
        deal = self.deal(shown, account, sdr if handed else ae, close=dates[0], segment=segment)
        for at, date in zip(sorted(pushes), dates[1:], strict=True):
            if at <= AS_OF:
                deal.change(at, "close_date", date.isoformat(), deal.by)
        if handed and len(shown) > 1:
            deal.change(shown[1][1] + 3 * SECOND, "owner_id", ae.id, self.ops())
        if rng.random() < 0.35:
            at = route[0][1] + (min(first_open, AS_OF) - route[0][1]) * rng.uniform(0.2, 0.8)
            amount = str(rng.randint(8, 240) * 500 + rng.choice([0, 0, 0.5]))
            if at > route[0][1]:
                deal.change(at.replace(microsecond=0), "amount", amount, self.pick([deal.by, ae]))
        if shown[-1][0] == self.won:
            account.columns |= {"type": "Customer", "lifecycle": "customer"}
            if shown[-1][1] < AS_OF - 330 * DAY and rng.random() < 0.5:
                self.renewal(account, shown[-1][1] + 300 * DAY, deal)

    def renewal(self, account, at, sold):
        """A renewal: one stage, then won."""
        at = at.replace(hour=11)
        while not self.has_room("opportunity", [(self.path[3], at + 21 * DAY)], None):
            at += 7 * DAY
        route = [(self.path[3], at), (self.won, at + 21 * DAY)]
        route = [(s, t) for s, t in route if t <= AS_OF]
        if route:
            self.count_weeks(
                "opportunity", [(s, e) for (s, _), (_, e) in zip(route, route[1:], strict=False)]
            )
            amount = sold.value("amount")
            self.deal(route, account, self.pick(self.team("ae")), amount=amount, type="Renewal")

    def usual_lead(self, accounts):
        """A lead that is worked, and perhaps converted."""
        rng = self.rng
        segment = self.pick(SEGMENTS)
        end = rng.choice(["Qualified", "Unqualified", "Unqualified", "Nurture"])
        span = (START, AS_OF - 2 * DAY)
        route = self.usual_route("lead", self.lead_path, end, segment, span)
        shown = [(s, at) for s, at in route if at <= AS_OF]
        lead = self.lead(shown, segment=segment, owner=self.pick(self.team("sdr")))
        if rng.random() < 0.4:
            # A queue takes it in and a rule hands it on.
            lead.initial["owner_id"] = self.pick(self.queues).id
            at = shown[0][1] + timedelta(minutes=rng.randint(2, 90))
            lead.change(min(at, AS_OF), "owner_id", lead.by.id, self.machines["automation"])
        if shown[-1][0] == "Qualified":
            account = self.pick(accounts)
            contact = self.contact(account, shown[-1][1], country=lead.columns["country"])
            lead.columns |= {k: contact.columns[k] for k in ("first", "last", "email", "phone")}
            lead.links |= {"account": account, "contact": contact, "converted_at": shown[-1][1]}
        elif rng.random() < 0.5:
            at = shown[-1][1] - timedelta(hours=20)
            if at > lead.created_at:
                self.act(self.pick(["call", "email"]), at, lead.by, lead=lead)

    def usual_case(self, account):
        """A case that is solved, usually against a clock."""
        span = (max(START, account.created_at), AS_OF - 2 * DAY)
        route = self.usual_route("case", self.case_path, self.case_closed, None, span)
        shown = [(s, at) for s, at in route if at <= AS_OF]
        contacts = [c for c in self.of("contact") if c.links.get("account") is account]
        case = self.case(shown, account, self.pick(contacts) if contacts else None)
        due = case.created_at + timedelta(days=self.rng.choice([2, 4, 5]), minutes=17)
        while any(due - timedelta(minutes=20) <= at <= due for _, at in shown):
            due += timedelta(hours=1)
        if self.rng.random() < 0.75:
            case.clocks = {"close": due}
        return case
