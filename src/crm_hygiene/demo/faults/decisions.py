"""Records for every rule of the lifecycle, and its edges."""

from datetime import datetime, timedelta

from crm_hygiene.demo.faults.plot import Plot
from crm_hygiene.demo.world import AS_OF, DAY, SECOND, START, months_ago


class DecisionFaults(Plot):
    """Records for every rule of the lifecycle, and its edges."""

    def compliance_and_revenue(self):
        """Records that law or money holds."""
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
        """Records of customers, and those worth another try."""
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
        """Test records, and those that nobody can reach."""
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
            second = self.lone(0.4, **copy)
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
        """Records that are old enough, or one day too young, for each limit."""
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
        person.hides_creation = True
        self.decide("doubt", person, "quarantine", detail="no owner, no link, nothing dated")
        robot = self.crm.machines["automation"]
        ghost = self.lone(2)
        self.remove(ghost, "_fivetran_deleted")
        note = self.touch(ghost, AS_OF - 500 * DAY, "task", automated=True, by=ghost.by)
        self.decide("activity_of_deleted_record", note, "delete", detail=f"made by {robot.name}")
        note = self.touch(self.accounts[3], months_ago(36), "call")
        self.decide("activity_old", note, "archive")

    # How histories really look
