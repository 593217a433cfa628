"""Faults that are planted beside the usual business, each chapter from a random stream of its own,
so that a further one moves no record of another."""

from datetime import datetime, timedelta
from itertools import product
from random import Random

from crm_hygiene.demo.faults.plot import HOUR, MINUTE, Plot
from crm_hygiene.demo.world import AS_OF, DAY, SECOND, START

US = ("United States", "US", "US", "1", "")
BIRTH = 60 * MINUTE  # from a routing to the duplicate that it made


class LateFaults(Plot):
    """What came after the usual business."""

    def __init__(self, crm):
        """Begin without records."""
        self.crm = crm
        self.is_salesforce = crm.name == "salesforce"
        self.path = crm.path
        self.turn = 0

    def chapters(self):
        """The chapters in their order; a new one comes last."""
        return (
            self.born_duplicates,
            self.mass_duplicates,
            self.customers,
            self.owner_changes,
            self.overwritten,
            self.queues,
            self.lead_moves,
            self.deals_without_evidence,
            self.raised_amounts,
            self.parked,
            self.before_the_cutoff,
            self.clocks,
            self.padding,
            self.padding_of_peers,
            self.source_mix,
            self.write_paths,
        )

    def plant(self):
        """Plant every chapter, and leave the CRM's own random stream as it was."""
        kept = self.crm.rng
        for chapter in self.chapters():
            self.crm.rng = Random(f"fennmark {self.crm.name} {chapter.__name__}")
            chapter()
        self.crm.rng = kept

    def signature(self, name, record, expected, at, detail=""):
        """Expect a case of a failure signature that shows it, or one that does not."""
        self.crm.expect("signature", name, record, expected, at, detail)

    def roomy_deal(self, *stays, end="lost", anchors, **more):
        """A deal that fills up no week: stays given as None, and the anchor, are taken as fits."""
        limits = [self.crm.limits("opportunity", stage) for stage in self.path]
        usual = [[low, high, low + (high - low) / 2] for low, high in limits]
        tries = [usual[i] if s is None else [s] for i, s in enumerate(stays)]
        for anchor, some in product(anchors, product(*tries)):
            some = [s if isinstance(s, timedelta) else s * DAY for s in some]
            ends = [
                (stage, anchor - sum(some[i + 1 :], timedelta()))
                for i, stage in enumerate(self.path[: len(some)])
            ]
            if self.crm.has_room("opportunity", ends, None):
                return self.deal(*some, end=end, anchor=anchor, **more)
        raise RuntimeError(f"{self.crm.name}: no room left for a deal")

    def roomy_route(self, kind, starts, *steps):
        """The stages [(stage, after so long), ...] from the first start that fills up no week."""
        for start in starts:
            route = [(stage, start + after) for stage, after in steps]
            ends = [(s, at) for (s, _), (_, at) in zip(route, route[1:], strict=False)]
            if self.crm.has_room(kind, ends, None):
                self.crm.count_weeks(kind, ends)
                return route
        raise RuntimeError(f"{self.crm.name}: no room left for a {kind}")

    def twin(self, kind, name, created, by=None, of=None):
        """An account, contact or lead, or another one that is the same company or person."""
        crm = self.crm
        if kind == "account":
            more = {"segment": of.columns["segment"]} if of else {}
            record = crm.account(created, country=US, name=name, domain=None, **more)
        elif kind == "contact":
            record = crm.contact(None, created, country=US)
        else:
            record = crm.lead([("Working", created)], country=US)
        if of and kind != "account":
            same = ("first", "last", "email", "company")
            record.columns |= {k: of.columns[k] for k in same if k in of.columns}
        record.by = by or record.by
        record.planted = True
        return record

    def born_duplicates(self):
        """Duplicates that came right after another record of theirs was routed, or too late."""
        name, crm = "born_duplicate_after_routing", self.crm
        people = crm.team("ae")
        titles = iter(("Norrland Timber", "Quarrybank Stone"))
        kinds = ["account", "contact", *(["lead"] if crm.has_leads else [])]
        for k, kind in enumerate(kinds):
            for late in (0, 1):
                title = next(titles) if kind == "account" else None
                routed = datetime(2026, 9, 15 + k, 10 + 4 * late, 20)
                first = self.twin(kind, title, AS_OF - (200 + 10 * k + late) * DAY)
                taker = next(u for u in people if u.id != first.initial["owner_id"])
                first.change(routed, "owner_id", taker.id, crm.team("revops")[0])
                self.touch(first, AS_OF - 100 * DAY, "call", direction="inbound")
                maker = taker if late else crm.machines["integration"]
                born = routed + BIRTH + late * SECOND
                second = self.twin(kind, title, born, maker, first)
                detail = f"{60 * MINUTE + late * SECOND} after {first.id} was routed"
                self.signature(name, second, not late, born, detail)
                if kind == "account":
                    step = "handoff" if late else "integration"
                    self.made("duplicate_account", second, born, maker, step)

    def mass_duplicates(self):
        """An import makes six accounts anew in one night."""
        titles = "Abbots Mill|Brindle Works|Colne Foundry|Dunmore Glass|Eskdale Wool|Furness Rope"
        night = datetime(2026, 9, 27, 2)
        importer = self.crm.machines["import"]
        for i, title in enumerate(titles.split("|")):
            first = self.twin("account", title, START + i * DAY)
            self.crm.contact(first, START + (i + 1) * DAY).planted = True
            second = self.twin("account", title, night + i * MINUTE, importer, first)
            self.made("duplicate_account", second, second.created_at, importer, "integration")

    def made(self, name, record, at, by, step):
        """Expect a record to be dirty from its creation on, by its maker."""
        self.archetype(name, record, True, at, f"by={by.id}; causing_step={step}")

    def customers(self):
        """A few accounts, which the deals and cases below share."""
        self.accounts = [self.crm.account(START - (60 + i) * DAY) for i in range(6)]
        for account in self.accounts:
            account.planted = True

    def owner_changes(self):
        """Owners who pass a record on within a week, or a second later."""
        name, crm = "owner_thrash", self.crm
        for late in (0, 1):
            person = self.twin("contact", None, AS_OF - 180 * DAY)
            first, second = self.others(person, 2)
            at = datetime(2026, 9, 4 + late, 10, 5)
            person.change(at, "owner_id", first.id, crm.team("revops")[0])
            person.change(at + 7 * DAY + late * SECOND, "owner_id", second.id, first)
            detail = f"given on {7 * DAY + late * SECOND} later"
            self.signature(name, person, not late, at, detail)

    def overwritten(self):
        """Lead sources that are overwritten within an hour of a handoff, or a second later."""
        crm = self.crm
        for late in (0, 1):
            person = self.twin("contact", None, AS_OF - 170 * DAY)
            person.initial["lead_source"] = crm.sources[1]
            (taker,) = self.others(person, 1)
            at = datetime(2026, 9, 16, 9 + 3 * late, 40)
            lost = at + 60 * MINUTE + late * SECOND
            person.change(at, "owner_id", taker.id, crm.team("revops")[0])
            person.change(lost, "lead_source", crm.sources[0], taker)
            detail = f"lead source overwritten {lost - at} later"
            self.signature("overwritten_after_handoff", person, not late, at, detail)
            self.signature("source_to_credited", person, False, lost, "away from a credited one")

    def queues(self):
        """Leads that wait in a queue for two days, or a second more."""
        if not self.crm.queues:
            return
        taker = self.crm.team("sdr")[0]
        for late in (0, 1):
            lead = self.twin("lead", None, datetime(2026, 9, 21 + late, 9, 15), taker)
            lead.initial["owner_id"] = self.crm.queues[0].id
            taken = lead.created_at + 2 * DAY + late * SECOND
            lead.change(taken, "owner_id", taker.id, self.crm.machines["automation"])
            detail = f"{taken - lead.created_at} in a queue"
            self.signature("long_in_queue", lead, bool(late), lead.created_at, detail)

    def lead_moves(self):
        """Leads that go back, or past a stage, and one that does neither."""
        if not self.crm.has_leads:
            return
        starts = days_before(22, 16)
        names, days = ("New", "Working") * 2, (0, 3, 8, 11)
        steps = [(s, d * DAY) for s, d in zip(names, days, strict=True)]
        lead = self.crm.lead(self.roomy_route("lead", starts, *steps), country=US)
        moved, back = (lead.created_at + d * DAY for d in (3, 8))
        self.signature("regression", lead, True, back, "from Working to New")
        self.signature("regression", lead, False, moved, "from New to Working")
        self.signature("skipped_stage", lead, False, moved, "to the next stage")
        self.archetype("stage_regression", lead, True, back, "loop=false")
        steps = (("New", timedelta()), ("Nurture", 4 * DAY))
        lead = self.crm.lead(self.roomy_route("lead", starts, *steps), country=US)
        self.signature("skipped_stage", lead, True, lead.created_at + 4 * DAY, "past Working")

    def deals_without_evidence(self):
        """Deals that came to a proposal without a meeting, or with one just in time."""
        for met in (False, True):
            deal = self.roomy_deal(
                None, None, None, end=self.path[3], anchors=days_before(26, 16), meetings=False
            )
            entered = self.entered(deal, self.path[3])
            if met:
                links = {"opportunity": deal, "account": deal.links["account"]}
                self.crm.act("meeting", entered + 14 * DAY, deal.by, **links)
            detail = "a meeting exactly 14 days after" if met else "no meeting"
            self.signature("stage_without_evidence", deal, not met, entered, detail)
            self.archetype("premature_stage", deal, not met, entered, detail)

    def raised_amounts(self):
        """Deals won a week after their amount was raised, or a second more."""
        for late in (0, 1):
            deal = self.roomy_deal(
                *[None] * 5, end="won", anchors=days_before(26, 2), amount="20000"
            )
            won = self.entered(deal, self.crm.won)
            raised = won - 7 * DAY - late * SECOND
            deal.change(raised, "amount", "25000", deal.by)
            detail = f"raised {won - raised} before"
            self.signature("amount_raised_before_win", deal, not late, won, detail)

    def parked(self):
        """Deals beside their win that do not close within 30 days, or just do."""
        last, name = self.path[-1], "inflation_near_win"
        deal = self.roomy_deal(*[None] * 4, end=last, anchors=days_before(56, 32))
        at = self.entered(deal, last) + 30 * DAY
        self.signature(name, deal, True, at, "not closed within 30 days")
        deal = self.roomy_deal(*[None] * 4, 30, anchors=days_before(26, 2))
        lost = self.entered(deal, self.crm.lost)
        self.signature(name, deal, False, lost, "closed after exactly 30 days")

    def before_the_cutoff(self):
        """Deals moved on and edited when the last three days of August begin, or just before."""
        cutoff, over = datetime(2026, 8, 29), datetime(2026, 9, 1)
        for early in (0, 1):
            moved = cutoff - early * SECOND
            tries = [(None, None, s) for s in range(8, 28)]
            deal = self.first_with_room(tries, moved)
            detail = f"{over - moved} before the end of August"
            self.signature("milestone_gaming", deal, not early, moved, detail)
            edited = moved + (1 - 2 * early) * MINUTE
            deal.change(edited, "amount", "31500", deal.by)
            detail = f"{over - edited} before the end of August"
            self.signature("period_end_edits", deal, not early, edited, detail)

    def first_with_room(self, tries, moved):
        """A deal that came into its third stage at the instant."""
        for *before, stay in tries:
            try:
                return self.roomy_deal(*before, stay, anchors=[moved + stay * DAY])
            except RuntimeError:
                continue
        raise RuntimeError(f"{self.crm.name}: no room left at {moved}")

    def clocks(self):
        """Cases edited before their clock is due, and cases closed after they were given on."""
        (first, second), closing = self.crm.case_path, self.crm.case_closed
        human, other = self.crm.team("cs")[:2]
        for late in (0, 1):
            steps = ((first, timedelta()), (second, 30 * HOUR), (closing, 78 * HOUR))
            route = self.roomy_route("case", days_before(24, 4), *steps)
            created, closed = route[0][1], route[-1][1]
            case = self.crm.case(route, self.account(), None, created + 10 * DAY, human)
            given = closed - 15 * MINUTE - late * SECOND
            case.change(given, "owner_id", other.id, human)
            detail = f"given on {closed - given} before it was closed"
            self.signature("handoff_stops_clock", case, not late, closed, detail)
            steps = ((first, timedelta()), (second, 30 * HOUR), (closing, 198 * HOUR))
            route = self.roomy_route("case", days_before(24, 10), *steps)
            due = route[0][1] + 80 * HOUR
            case = self.crm.case(route, self.account(), None, due, human)
            edited = due - 15 * MINUTE - late * SECOND
            case.change(edited, "owner_id", other.id, human)
            self.signature("rush", case, not late, due, f"edited {due - edited} before")

    def padding(self):
        """Twenty tasks in a day, or nineteen."""
        for n, by in zip((20, 19), self.crm.team("cs")[:2], strict=True):
            account = self.twin("account", f"Ledbury Kilns {n}", START)
            for i in range(n):
                at = datetime(2026, 9, 36 - n, 8) + 20 * i * MINUTE
                task = self.touch(account, at, by=by)
                self.signature("activity_padding", task, n == 20, at, f"one of {n} in a day")

    def padding_of_peers(self):
        """Many tasks for each meeting of a seller, and as many as a meeting's worth of others."""
        sellers = self.crm.team("ae")
        for n, by, detail in (
            (30, sellers[0], "many for each meeting"),
            (19, sellers[1], "not three times as many as the others"),
        ):
            account = self.twin("account", f"Wharram Slate {n}", START)
            for i in range(n):
                at = datetime(2026, 9, 8 + i // 5, 9, 10) + 35 * (i % 5) * MINUTE
                task = self.touch(account, at, by=by)
                self.signature("padding_against_peers", task, n == 30, at, detail)

    def source_mix(self):
        """A week in which most people come from one source, and one with the mix as before."""
        shifts = self.is_salesforce
        for i in range(24):
            source = self.crm.sources[(0, 2, 3, 4)[i % 4]]
            self.newcomer(datetime(2026, 7, 24, 9) + i * 54 * HOUR, source)
        for i in range(24):
            mix = (0,) * 22 + (2, 3) if shifts else (0,) * 9 + (2,) * 5 + (3,) * 5 + (4,) * 5
            at = datetime(2026, 9, 17, 8) + i * 5 * HOUR
            person = self.newcomer(at, self.crm.sources[mix[i]])
            if mix[i] == 0:
                detail = "22 of 24 in a week" if shifts else "9 of 24 in a week"
                self.signature("source_mix_shift", person, shifts, at, detail)

    def newcomer(self, at, source):
        """Somebody new from a source."""
        person = self.crm.contact(None, at, country=US, source=source)
        person.planted = True
        return person

    def write_paths(self):
        """Scores that marketing's tool writes, and ranks that were bought, early in quiet lives."""
        lived = [
            person
            for person in self.crm.of("contact")
            if any(c.at > person.created_at + 60 * DAY for c in person.changes)
        ]
        marketing, data = self.crm.machines["marketing_sync"], self.crm.machines["enrichment"]
        for i, person in enumerate(lived[:12]):
            at = person.created_at.replace(hour=3, minute=i, second=0)
            for days, score in ((5, "20"), (12, "65")):
                person.change(at + days * DAY, "lead_score", score, marketing)
            person.change(at + 9 * DAY, "seniority", self.crm.pick(["Director", "Manager"]), data)


def days_before(first, last):
    """The same hour of the days before the as-of instant, from the first to the last."""
    return [AS_OF - d * DAY - 11 * HOUR for d in range(first, last - 1, -1)]
