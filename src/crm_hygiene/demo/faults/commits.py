"""What is committed and what is not, beside the usual business, from a random stream of its own."""

from datetime import datetime
from random import Random

from crm_hygiene.demo.faults.plot import HOUR, Plot
from crm_hygiene.demo.world import DAY, SECOND


class CommitFaults(Plot):
    """Deals of one March whose close dates move as it ends."""

    def __init__(self, crm):
        """Begin without accounts: each deal makes its own."""
        self.crm = crm
        self.path = crm.path
        self.next_start = datetime(2026, 1, 6, 10, 15)

    def plant(self):
        """Plant them, and leave the CRM's own random stream as it was."""
        kept, self.crm.rng = self.crm.rng, Random(f"fennmark {self.crm.name} commits")
        self.commits()
        self.crm.rng = kept

    def has_room(self, stays, at):
        """Whether no week fills up where these stays end with an instant."""
        ends = []
        for stage, stay in reversed([*zip(self.path, stays, strict=False)]):
            ends.append((stage, at))
            at -= stay * DAY
        return self.crm.has_room("opportunity", ends, None)

    def committed(self, stays, changes, moved, expected, detail):
        """A lost deal that was given categories at instants, and whose close date moved once."""
        crm = self.crm
        at = datetime(2026, 4, 2, 15)
        while not self.has_room(stays, at):
            at += DAY
        account = crm.account(at - 400 * DAY)
        deal = self.deal(*stays, anchor=at, account=account)
        deal.changes = [c for c in deal.changes if c.field != "forecast_category" or c.at == at]
        for instant, category in changes:
            deal.change(instant, "forecast_category", category, deal.by)
        deal.change(moved, "close_date", "2026-06-19", deal.by)
        self.signal("commit_close_date_churn", deal, expected, moved, detail)
        self.signal("late_edit", deal, True, moved, "close_date")
        return deal

    def commits(self):
        """By category, by stage where there is none, and the near misses of both."""
        _, middle, commit, *_ = self.crm.forecasts
        march, proposal, signing = datetime(2026, 3, 1, 9), (7, 14, 14, 21), (7, 14, 14, 14, 21)
        moved = march + 28 * DAY
        told = [(march, middle)]
        self.committed(proposal, told, moved, False, "a proposal that nobody committed")
        told += [(march + 20 * DAY, commit)]
        self.committed(proposal, told, moved, True, "a proposal that its seller committed")
        told += [(moved - SECOND, middle)]
        self.committed(signing, told, moved, False, "no longer committed for a second")
        told[-1] = (moved, middle)
        self.committed(signing, told, moved, True, "moved and given up in one save")
        deal = self.committed(signing, [], moved, True, "no category, past the commit milestone")
        deal.initial["forecast_category"] = ""
        deal = self.committed(proposal, [], moved + HOUR, False, "no category, a proposal")
        deal.initial["forecast_category"] = ""
