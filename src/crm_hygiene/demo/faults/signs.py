"""Lost deals that somebody came back to, and what only looks so, from an own random stream."""

from datetime import datetime
from random import Random

from crm_hygiene.demo.faults.plot import Plot
from crm_hygiene.demo.world import DAY

STAYS = (7, 14, 14)


class SignFaults(Plot):
    """Deals lost early in 2026 whose buyers are heard of in the months after."""

    def __init__(self, crm):
        """Begin without accounts: each deal makes its own."""
        self.crm = crm
        self.path = crm.path
        self.next_loss = datetime(2026, 1, 13, 11)

    def plant(self):
        """Plant them, and leave the CRM's own random stream as it was."""
        kept, self.crm.rng = self.crm.rng, Random(f"fennmark {self.crm.name} signs")
        self.signs()
        self.crm.rng = kept

    def lost(self, account):
        """A deal lost on the next day on which no week fills up."""
        while not self.has_room(self.next_loss):
            self.next_loss += DAY
        deal = self.deal(*STAYS, anchor=self.next_loss, account=account)
        self.next_loss += 5 * DAY
        return deal

    def has_room(self, at):
        """Whether no week fills up where the stays end with an instant."""
        ends = []
        for stage, stay in reversed([*zip(self.path, STAYS, strict=False)]):
            ends.append((stage, at))
            at -= stay * DAY
        return self.crm.has_room("opportunity", ends, None)

    def signs(self):
        """One of the deal's own, and those of another deal, of the seller and of nobody."""
        crm, rule = self.crm, "re_engage_lost_opportunity"
        heard = datetime(2026, 6, 16, 9, 20)

        def prospect():
            return crm.account(datetime(2025, 3, 3, 9))

        def called(type="call", **links):
            crm.act(type, heard, self.crm.team("sdr")[0], **links)

        account = prospect()
        deal = self.lost(account)
        colleague = crm.contact(account, datetime(2025, 11, 3, 9))
        called(contact=colleague, account=account, direction="inbound")
        self.decide(rule, deal, "re_engage", detail="a colleague of the buyer called")

        account = prospect()
        deal = self.lost(account)
        self.open_deal(7, age=9 * DAY, account=account)
        called(contact=deal.links["contact"], account=account, direction="inbound")
        self.decide(rule, deal, "re_engage", False, "the account has an open deal")

        account = prospect()
        first, second = self.lost(account), self.lost(account)
        called(opportunity=second, account=account, direction="inbound")
        self.decide(rule, first, "re_engage", False, "the call was for the account's other deal")
        self.decide(rule, second, "re_engage", detail="the call was for this deal")

        account = prospect()
        deal = self.lost(account)
        called("meeting", contact=deal.links["contact"], account=account)
        self.decide(rule, deal, "re_engage", False, "a meeting that the seller logged")

        account = prospect()
        deal = self.lost(account)
        called(contact=deal.links["contact"], account=account, direction="outbound")
        self.decide(rule, deal, "re_engage", False, "the seller called")
