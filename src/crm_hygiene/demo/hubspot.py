"""The acquired half, which works in HubSpot, and how Fivetran lands it."""

from datetime import timedelta

from crm_hygiene.demo.hubspot_rows import FIRST_IDS, MACHINES, SYNCED, HubSpotRows, link
from crm_hygiene.demo.world import AS_OF, DAY, User


class HubSpot(HubSpotRows):
    """The acquired half: companies, deals in two pipelines, tickets."""

    name = "hubspot"
    has_leads = False
    scale = 0.62
    path = [
        "appointmentscheduled",
        "qualifiedtobuy",
        "presentationscheduled",
        "decisionmakerboughtin",
        "contractsent",
    ]
    won, lost = "closedwon", "closedlost"
    ends = {won: "won", lost: "lost", "ren_won": "won", "ren_lost": "lost"}
    milestones = {"decisionmakerboughtin", "contractsent"}
    deleted_stage = "legalreview"  # still landed, marked as deleted
    vanished_stage = "procurement_2024"  # gone from the landing but for the history
    orders = {
        "appointmentscheduled": 0,
        "qualifiedtobuy": 1,
        "presentationscheduled": 2,
        "legalreview": 3,
        "decisionmakerboughtin": 4,
        "contractsent": 5,
        "closedwon": 6,
        "closedlost": 7,
    }
    renewals = ["ren_due", "ren_quoted", "ren_won", "ren_lost"]
    case_path, case_closed = ["1", "2"], "4"
    sources = ["ORGANIC_SEARCH", "PAID_SEARCH", "REFERRALS", "DIRECT_TRAFFIC", "OFFLINE"]
    forecasts = ["PIPELINE", "BEST_CASE", "COMMIT", "CLOSED", "OMIT"]

    def hire(self):
        """The people, in teams, and the sources that are nobody."""
        teams = {
            "sales_lead": "Paul Ager",
            "sdr": "Bea Croft|Cy Dale|Di Eden",
            "ae": "Eli Frost|Flo Gray|Gil Hume|Hal Innes|Ida Jory",
            "cs": "Jan Kyle|Kay Loft",
            "revops": "Len Mott",
            "marketing": "Mia Nunn",
        }
        for team, names in teams.items():
            for name in names.split("|"):
                self.employ(name, team)
        for name in ("Ned Ogle", "Ola Perl"):
            self.employ(name, "ae", active=False)
        for user in self.users[1:]:
            user.manager = self.users[0]
        for key, (kind, channel, source, source_id) in MACHINES.items():
            known = source_id if key == "stranger" else key
            machine = User(source_id, known, "", kind, channel, source, source_id)
            self.machines[key] = machine

    def employ(self, name, team, **more):
        """A new owner."""
        source_id = f"userId:{self.next_id('user')}"
        owner = self.next_id("owner")
        user = User(owner, name, team, "human", "ui", "CRM_UI", source_id, **more)
        self.users.append(user)

    def make_id(self, kind, number):
        """A number, as HubSpot counts."""
        return str(FIRST_IDS[kind] + number * 7)

    def renewal(self, account, at, sold):
        """A renewal has a pipeline of its own."""
        at = at.replace(hour=11)
        end = "ren_lost" if self.rng.random() < 0.25 else "ren_won"
        route = [("ren_due", at), ("ren_quoted", at + 14 * DAY), (end, at + 30 * DAY)]
        route = [(stage, entered) for stage, entered in route if entered <= AS_OF]
        if route:
            self.deal(route, account, self.pick(self.team("ae")), amount=sold.value("amount"))

    def usual_case(self, account):
        """A ticket, with a clock of its first answer too."""
        ticket = super().usual_case(account)
        if ticket.clocks:
            ticket.clocks["first_response"] = ticket.created_at + timedelta(hours=8, minutes=17)
        return ticket

    # Landing

    def land(self):
        """{table: [row, ...]}, every value text or None."""
        tables = "company contact deal ticket deal_stage deal_property_history"
        tables += " contact_property_history company_property_history ticket_property_history"
        tables += " merged_deal deal_company"
        self.tables, self.superseded = {name: [] for name in tables.split()}, []
        self._land_people()
        self._land_pipelines()
        merged = {}
        for record in self.records:
            if record.merged_into:
                merged.setdefault(record.merged_into, []).append(record.id)
        for record in self.records:
            others = [*merged.get(record, []), *record.columns.get("vanished", [])]
            {
                "account": self._land_company,
                "contact": self._land_contact,
                "opportunity": self._land_deal,
                "case": self._land_ticket,
            }[record.kind](record, others)
        for record in self.records + self.orphans:
            self._land_history(record)
        self.tables["deal_contact"] = [
            link(deal_id=deal.id, contact_id=contact.id, type_id="3")
            for deal, contact, _ in self.roles
        ]
        # A pair may be linked in several ways.
        again = self.tables["deal_contact"][2]
        self.tables["deal_contact"].append(again | {"type_id": "12", "category": "USER_DEFINED"})
        tickets = self.of("case")
        self.tables["ticket_contact"] = [
            link(ticket_id=t.id, contact_id=t.links["contact"].id, type_id="16")
            for t in tickets
            if t.links["contact"]
        ]
        self.tables["ticket_company"] = [
            link(ticket_id=t.id, company_id=t.links["account"].id, type_id="26")
            for t in tickets
            if t.links["account"]
        ]
        self._land_engagements()
        self._land_emails()
        self._spoil()
        return self.tables

    def _land_people(self):
        names = {
            "sales_lead": "Sales",
            "sdr": "SDR",
            "ae": "Sales",
            "cs": "Customer Success",
            "revops": "RevOps",
            "marketing": "Marketing",
        }
        teams = list(dict.fromkeys(names.values()))
        self.tables["owner"] = [
            {
                "owner_id": u.id,
                "active_user_id": u.source_id.removeprefix("userId:"),
                "email": u.email,
                "first_name": u.name.split()[0],
                "last_name": u.name.split()[1],
                "type": "PERSON",
                "is_active": str(u.active).lower(),
                "_fivetran_synced": SYNCED,
            }
            for u in self.users
        ]
        self.tables["team"] = [
            {"id": str(600 + i), "name": name, "_fivetran_synced": SYNCED}
            for i, name in enumerate(teams)
        ]
        self.tables["owner_team"] = [
            {
                "owner_id": u.id,
                "team_id": str(600 + teams.index(names[u.team])),
                "is_team_primary": "true",
                "_fivetran_synced": SYNCED,
            }
            for u in self.users
        ]

    def _land_pipelines(self):
        pipelines = [("default", "Sales Pipeline", "0"), ("renewals", "Renewals", "1")]
        self.tables["deal_pipeline"] = [
            {
                "pipeline_id": id,
                "label": label,
                "display_order": order,
                "active": "true",
                "_fivetran_deleted": "false",
                "_fivetran_synced": SYNCED,
            }
            for id, label, order in pipelines
        ]
        labels = {
            "appointmentscheduled": "Appointment Scheduled",
            "qualifiedtobuy": "Qualified To Buy",
            "presentationscheduled": "Presentation Scheduled",
            "legalreview": "Legal Review",
            "decisionmakerboughtin": "Decision Maker Bought-In",
            "contractsent": "Contract Sent",
            "closedwon": "Closed Won",
            "closedlost": "Closed Lost",
        }
        # The lost stage of the renewals says is_closed = false; only its probability tells.
        stages = [
            ("default", id, label, order, id == self.won, id in (self.won, self.lost))
            for (id, label), order in zip(labels.items(), self.orders.values(), strict=True)
        ] + [
            ("renewals", id, id[4:].title(), i, id == "ren_won", id == "ren_won")
            for i, id in enumerate(self.renewals)
        ]
        self.tables["deal_pipeline_stage"] = [
            {
                "stage_id": id,
                "pipeline_id": pipeline,
                "label": label,
                "display_order": str(order),
                "probability": "1.0" if won else "0.0" if "lost" in id else "0.4",
                "closed_won": str(won).lower(),
                "is_closed": str(closed).lower(),
                "active": str(id != self.deleted_stage).lower(),
                "_fivetran_deleted": str(id == self.deleted_stage).lower(),
                "_fivetran_synced": SYNCED,
            }
            for pipeline, id, label, order, won, closed in stages
        ]

    def _spoil(self):
        """Landed rows that must be rejected, and one that looks odd and must not."""
        self.rejected = [(table, key, "superseded") for table, key in self.superseded]

        def reject(table, reason, key="id", **values):
            self.tables[table].append(self.tables[table][-1] | values)
            self.rejected.append((table, values.get(key), reason))

        reject(
            "deal",
            "created in 2999",
            "deal_id",
            deal_id="99001",
            property_createdate="2999-01-01T00:00:00Z",
        )
        reject(
            "deal",
            "amount of 300 digits",
            "deal_id",
            deal_id="99002",
            property_createdate=None,
            property_hs_lastmodifieddate=None,
            property_amount="9" * 300,
        )
        reject("contact", "no id", id=None)
        reject(
            "company",
            "no created date",
            id="99003",
            property_createdate=None,
            property_hs_lastmodifieddate=None,
        )
        reject(
            "company",
            "text in a timestamp column",
            id="99004",
            property_createdate="last spring",
        )
        self.tables["company"][-1]["property_hs_merged_object_ids"] = None
        reject(
            "deal_property_history",
            "text in a timestamp column",
            "deal_id",
            deal_id="99005",
            timestamp="not a time",
        )
        reject(
            "deal_stage",
            "entered in 2999",
            "deal_id",
            deal_id="99006",
            date_entered="2999-02-01T00:00:00Z",
        )
        reject(
            "engagement_call",
            "created in 2999",
            "engagement_id",
            engagement_id="99007",
            property_hs_createdate="2999-02-01T00:00:00Z",
        )
        # Long ago is odd but possible.
        old = {"engagement_id": "99008", "property_hs_createdate": "1000-01-01T00:00:00Z"}
        self.tables["engagement_note"].append(
            old
            | {
                "type": "NOTE",
                "_fivetran_deleted": "false",
                "property_hs_timestamp": "1000-01-01T00:00:00Z",
                "property_hubspot_owner_id": self.users[0].id,
                "property_hs_object_source": "CRM_UI",
                "_fivetran_synced": SYNCED,
            }
        )
        # An offset: the same instant in local time.
        row = self.tables["deal"][3]
        local = self.of("opportunity")[3].created_at + timedelta(hours=2)
        row["property_createdate"] = local.strftime("%Y-%m-%dT%H:%M:%S+02:00")
