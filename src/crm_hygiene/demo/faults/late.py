"""Faults that are planted beside the usual business, each chapter from a random stream of its own,
so that a further one moves no record of another."""

from datetime import datetime
from random import Random

from crm_hygiene.demo.faults.plot import MINUTE, Plot
from crm_hygiene.demo.world import AS_OF, DAY, SECOND, START

US = ("United States", "US", "US", "1", "")
BIRTH = 60 * MINUTE  # from a routing to the duplicate that it made


class LateFaults(Plot):
    """What came after the usual business."""

    def __init__(self, crm):
        """Begin without accounts: each chapter makes its own."""
        self.crm = crm
        self.is_salesforce = crm.name == "salesforce"
        self.path = crm.path
        self.turn = 0

    def chapters(self):
        """The chapters in their order; a new one comes last."""
        return (self.born_duplicates, self.mass_duplicates)

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
