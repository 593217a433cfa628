"""What one team hands to another, beside the usual business, from a random stream of its own."""

from datetime import datetime

from crm_hygiene.demo.faults.late import US, LateFaults, days_before
from crm_hygiene.demo.faults.plot import HOUR, MINUTE
from crm_hygiene.demo.world import AS_OF, DAY, SECOND


class HandoffFaults(LateFaults):
    """Records that the SDRs gave to the sellers."""

    def chapters(self):
        """The chapters in their order; a new one comes last."""
        return (self.left_blank, self.left_behind, self.backfilled)

    def left_blank(self):
        """Amounts filled in a week after the handoff, or a second later; people nobody reaches."""
        crm, name = self.crm, "blank_after_handoff"
        self.accounts = []
        giver, taker, planner = crm.team("sdr")[0], crm.team("ae")[0], crm.team("revops")[0]
        for late, owner in enumerate((crm.team("cs")[0], crm.team("ae", active=False)[-1])):
            account = crm.account(datetime(2025, 5, 6, 9), owner=owner)
            account.planted = True
            self.accounts.append(account)
            more = {"account": account, "owner": giver, "amount": None}
            deal = self.roomy_deal(*[None] * 3, 16, anchors=days_before(38, 28), **more)
            given = self.entered(deal, self.path[3]) + DAY
            filled = given + 7 * DAY + late * SECOND
            deal.change(given, "owner_id", taker.id, planner)
            deal.change(filled, "amount", str(24500 + 7000 * late), taker)
            self.signature(name, deal, bool(late), given, f"amount {filled - given} later")
        for n, columns in enumerate(({"phone": None}, {"phone": None, "email": None})):
            person = crm.contact(None, AS_OF - 150 * DAY, country=US, owner=giver, **columns)
            person.planted = True
            self.touch(person, AS_OF - (40 + n) * DAY, "call", direction="inbound")
            given = datetime(2026, 9, 8 + n, 10, 40)
            person.change(given, "owner_id", taker.id, planner)
            detail = "neither e-mail nor phone" if n else "an e-mail and no phone"
            self.signature(name, person, bool(n), given, detail)

    def left_behind(self):
        """People of a seller who has left, at accounts whose owner works and has left as well."""
        crm = self.crm
        gone = crm.team("ae", active=False)[-1]
        for account in self.accounts:
            person = crm.contact(account, datetime(2025, 7, 1, 10), owner=gone)
            person.planted = True
            self.touch(person, AS_OF - 60 * DAY, "call", direction="inbound", by=crm.team("cs")[0])

    def backfilled(self):
        """A deal whose next step machines write night by night, with and without a source."""
        crm, account = self.crm, self.accounts[0]
        (other,) = (d for d in crm.of("opportunity") if d.links["account"] is account)
        deal = self.roomy_deal(*[None] * 3, anchors=days_before(14, 2), account=account)
        flow, sync = (crm.machines[kind] for kind in ("automation", "integration"))
        own, person = {"opportunity": deal}, {"contact": deal.links["contact"]}
        for n, (by, before, links, expected, detail) in enumerate(
            (
                (flow, HOUR, own, False, "exactly an hour after a call"),
                (flow, HOUR + SECOND, own, True, "an hour and a second after a call"),
                (flow, 30 * MINUTE, person, False, "after a call with the account's contact"),
                (flow, 30 * MINUTE, {"opportunity": other}, True, "a call for another deal"),
                (sync, HOUR + SECOND, own, False, "a system that may write the field"),
            ),
            1,
        ):
            at = (self.entered(deal, self.path[2]) + n * DAY).replace(hour=3)
            crm.act("call", at - before, deal.by, account=account, **links)
            deal.change(at, "next_step", f"Follow up {n}", by)
            self.signature("written_without_source", deal, expected, at, detail)
