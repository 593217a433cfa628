"""Histories with gaps, and records that are gone."""

from datetime import datetime

from crm_hygiene.demo.faults.plot import HOUR, Plot
from crm_hygiene.demo.names import NEXT_STEPS
from crm_hygiene.demo.world import AS_OF, DAY, SECOND, START


class HistoryFaults(Plot):
    """Histories with gaps, and records that are gone."""

    def history(self):
        """Changes that are late, double, lost, or by nobody known."""
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
        (other,) = self.others(deal, 1)
        deal.change(at, "next_step", "Third", other, quirk=".600")
        self.story("same_second_changes", deal, at, "edits of two people in one second")
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
        """What only a history of Salesforce tells, or loses."""
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
        """What only a history of HubSpot tells, or loses."""
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
        """Delete a record, or merge it into another."""
        record.fate = "merged" if into else "deleted"
        record.gone_how, record.merged_into = how, into
        record.gone_at = max(record.created_at, START) + 30 * DAY
        record.planted = True

    def gone(self):
        """Records that are deleted or merged, in every way that a landing tells."""
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
