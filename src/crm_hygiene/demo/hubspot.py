"""The acquired half, which works in HubSpot, and how Fivetran lands it."""

from datetime import UTC, datetime, timedelta

from .world import AS_OF, CAMPAIGNS, DAY, SPELLINGS, Crm, User

SYNCED = "2026-10-02T05:10:00Z"
FIRST_IDS = {
    "account": 8_100_000_000,
    "contact": 45_200_000,
    "opportunity": 17_300_000_000,
    "case": 1_900_400_000,
    "activity": 33_000_000_000,
    "owner": 510_200,
    "user": 7_100_300,
}
TABLES = {"account": "company", "contact": "contact", "opportunity": "deal", "case": "ticket"}
PROPERTIES = {
    "owner_id": "hubspot_owner_id",
    "close_date": "closedate",
    "lead_source": "hs_analytics_source",
    "next_step": "hs_next_step",
    "forecast_category": "hs_manual_forecast_category",
    "status": "hs_pipeline_stage",
    "optout": "hs_email_optout",
    "lifecycle": "lifecyclestage",
}
# Told from creation on; other fields only once they changed.
ALWAYS_TOLD = {"owner_id", "lifecycle", "amount", "close_date", "next_step", "status"}
MACHINES = {
    "automation": ("automation", "automation", "AUTOMATION_PLATFORM", "flowId:88120"),
    "workflow": ("automation", "automation", "WORKFLOWS", "flowId:40417"),
    "integration": ("integration", "integration", "INTEGRATION", "appId:2041"),
    "api": ("integration", "api", "API", "key:erp-sync"),
    "salesforce": ("integration", "integration", "SALESFORCE", "sf-sync"),
    "import": ("import", "import", "IMPORT", "importId:5512"),
    "system": ("system", "", "CALCULATED", "RollupProperties"),
    "other": ("other", "", "NEW_SOURCE_2027", "beta:9"),
    "stranger": ("human", "ui", "CRM_UI", "userId:999999"),
}


def _text(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def epoch_ms(date):
    """A date as HubSpot keeps it in a history: noon UTC in milliseconds."""
    return str(int(datetime.fromisoformat(f"{date}T12:00:00+00:00").timestamp()) * 1000)


class HubSpot(Crm):
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

    def _last_change(self, record):
        instants = [record.created_at, *(c.at for c in record.changes)]
        return _text(max(instants + ([record.gone_at] if record.gone_at else [])))

    def _country(self, record):
        name = record.columns["country"][0]
        spellings = SPELLINGS.get(name, [name])
        return spellings[int(record.id) % len(spellings)]

    def _land_company(self, record, others):
        columns = record.columns
        self.tables["company"].append(
            {
                "id": record.id,
                "is_deleted": str(record.gone_how == "is_deleted").lower(),
                "_fivetran_deleted": str(record.gone_how == "_fivetran_deleted").lower(),
                "property_name": columns["name"],
                "property_domain": columns["domain"],
                "property_phone": columns["phone"],
                "property_country": self._country(record),
                "property_industry": columns["industry"],
                "property_type": columns["type"].upper(),
                "property_lifecyclestage": columns["lifecycle"],
                "property_segment": columns["segment"],
                "property_is_strategic": columns["strategic"],
                "property_legal_hold": columns["hold"],
                "property_hubspot_owner_id": record.value("owner_id"),
                "property_createdate": _text(record.created_at),
                "property_hs_lastmodifieddate": self._last_change(record),
                "property_hs_merged_object_ids": ";".join(others) or None,
                "_fivetran_synced": SYNCED,
            }
        )

    def _land_contact(self, record, others):
        columns, account = record.columns, record.links.get("account")
        bounced = columns["bounced_at"] is not None
        self.tables["contact"].append(
            {
                "id": record.id,
                "_fivetran_deleted": str(record.gone_how == "_fivetran_deleted").lower(),
                "property_email": columns["email"],
                "property_firstname": columns["first"],
                "property_lastname": columns["last"],
                "property_phone": columns["phone"],
                "property_mobilephone": columns["mobile"],
                "property_country": self._country(record),
                "property_jobtitle": columns["title"],
                "property_associatedcompanyid": account.id if account else None,
                "property_lifecyclestage": record.value("lifecycle"),
                "property_hs_analytics_source": record.value("lead_source"),
                "property_hubspot_owner_id": record.value("owner_id"),
                "property_consent_status": record.value("consent_status"),
                "property_hs_legal_basis": columns["basis"],
                "property_hs_email_optout": record.value("optout"),
                "property_do_not_contact": record.value("do_not_contact"),
                "property_hs_email_hard_bounce_reason_enum": "UNKNOWN_USER" if bounced else None,
                "property_departed_date": _text(columns["departed_at"]),
                "property_legal_hold": columns["hold"],
                "property_createdate": _text(record.created_at),
                "property_lastmodifieddate": self._last_change(record),
                "property_hs_merged_object_ids": ";".join(others) or None,
                "_fivetran_synced": SYNCED,
            }
        )

    def _land_deal(self, record, others):
        columns, stage = record.columns, record.value("stage")
        renewal = stage in self.renewals
        closing = record.value("close_date")
        self.tables["deal"].append(
            {
                "deal_id": record.id,
                "is_deleted": str(record.gone_how == "is_deleted").lower(),
                "_fivetran_deleted": str(record.gone_how == "_fivetran_deleted").lower(),
                "deal_pipeline_id": "renewals" if renewal else "default",
                "deal_pipeline_stage_id": stage,
                "owner_id": record.value("owner_id"),
                "property_dealname": columns["name"],
                "property_amount": record.value("amount"),
                "property_closedate": f"{closing}T12:00:00Z" if closing else None,
                "property_createdate": _text(record.created_at),
                "property_hs_lastmodifieddate": self._last_change(record),
                "property_dealtype": "existingbusiness" if renewal else "newbusiness",
                "property_hs_next_step": record.value("next_step"),
                "property_hs_analytics_source": record.value("lead_source"),
                "property_campaign": columns["campaign"] or None,
                "property_hs_manual_forecast_category": record.value("forecast_category"),
                "property_closed_lost_reason": columns["reason"],
                "property_segment": columns["segment"],
                "property_legal_hold": columns.get("hold"),
                "_fivetran_synced": SYNCED,
            }
        )
        account = record.links["account"]
        self.tables["deal_company"].append(
            link(deal_id=record.id, company_id=account.id, type_id="5")
        )
        if int(record.id) % 11 == 0:  # the unlabelled link beside the primary one
            self.tables["deal_company"].append(
                link(deal_id=record.id, company_id=account.id, type_id="341")
            )
        for other in others:
            # The audit may name a pair more than once.
            row = {"deal_id": record.id, "merged_deal_id": other, "_fivetran_synced": SYNCED}
            self.tables["merged_deal"] += [row, dict(row)]

    def _land_ticket(self, record, others):
        status = record.value("status")
        closed = [c.at for c in record.changes if c.field == "status" and c.new == "4"]
        first = record.clocks.get("first_response")
        self.tables["ticket"].append(
            {
                "id": record.id,
                "is_deleted": "false",
                "property_hs_pipeline": "0",
                "property_hs_pipeline_stage": status,
                "property_createdate": _text(record.created_at),
                "property_closed_date": _text(closed[-1]) if closed and status == "4" else None,
                "property_hs_lastmodifieddate": self._last_change(record),
                "property_hubspot_owner_id": record.value("owner_id"),
                "property_first_agent_reply_date": _text(record.created_at + timedelta(hours=3))
                if first and first < AS_OF
                else None,
                "property_hs_time_to_first_response_sla_at": _text(first),
                "property_hs_time_to_close_sla_at": _text(record.clocks.get("close")),
                "property_legal_hold": record.columns.get("hold"),
                "_fivetran_synced": SYNCED,
            }
        )

    # Histories

    def _land_history(self, record):
        """New values only, the first one at creation."""
        table = TABLES[record.kind]
        changed = {c.field for c in record.changes}
        for name, first in record.initial.items():
            if first is None or (name not in ALWAYS_TOLD | changed and name != "stage"):
                continue
            lag = record.columns.get("first_told_after", 0 if name == "stage" else 2)
            at = record.created_at + timedelta(seconds=lag)
            early = [c.at for c in record.changes if c.field == name and c.at <= at]
            if early:
                at = min(early) - timedelta(hours=1)
            self._tell(record, table, name, first, at, record.by)
        for change in record.changes:
            row = self._tell(record, table, change.field, change.new, change.at, change.by, change)
            rows = self._history_of(table, change.field)
            if change.quirk == "twice":
                rows.append(dict(row))
            if change.quirk == "replaced":  # an earlier landing of the same row said otherwise
                other = self.machines["import"]
                earlier = {"source": other.source, "source_id": other.source_id}
                rows.append(row | earlier | {"_fivetran_synced": _text(AS_OF)})
                self.superseded.append((f"{table}_property_history", record.id))
        self._close_stages(record)
        # Recalculated by the system, changed by nobody.
        if int(record.id) % 5 == 0:
            by = self.machines["system"]
            at = record.created_at + timedelta(hours=26)
            stamp = str(int(at.replace(tzinfo=UTC).timestamp() * 1000))
            self._tell(record, table, "hs_lastmodifieddate", stamp, at, by)

    def _history_of(self, table, name):
        return self.tables["deal_stage" if name == "stage" else f"{table}_property_history"]

    def _tell(self, record, table, name, value, at, by, change=None):
        """Land one row of a history."""
        who = {"source": by.source, "source_id": by.source_id, "_fivetran_synced": SYNCED}
        if name == "stage":
            row = {"deal_id": record.id, "value": value, "date_entered": _text(at)}
            row |= {"_fivetran_start": _text(at), "_fivetran_active": "true"}
        else:
            if name == "close_date":
                value = epoch_ms(value)
            moment = "timestamp_instant" if table == "ticket" else "timestamp"
            told = _text(at)
            if change and change.quirk.startswith("."):  # two edits within a second
                told = told.replace("Z", change.quirk + "Z")
            row = {f"{table}_id": record.id, "name": PROPERTIES.get(name, name), "value": value}
            row[moment] = told
        self._history_of(table, name).append(row | who)
        return self._history_of(table, name)[-1]

    def _close_stages(self, record):
        """Only the last stage of a deal is active."""
        rows = [r for r in self.tables["deal_stage"] if r["deal_id"] == record.id]
        for row in rows[:-1]:
            row["_fivetran_active"] = "false"

    # Activities

    def _land_engagements(self):
        links = {"contact": [], "company": [], "deal": []}
        for kind in ("call", "email", "meeting", "task", "note"):
            self.tables[f"engagement_{kind}"] = []
        for a in self.activities:
            created = min(a.at, AS_OF - DAY) if a.planned else a.at
            row = {
                "engagement_id": a.id,
                "type": a.type.upper(),
                "_fivetran_deleted": str(a.deleted).lower(),
                "property_hs_createdate": _text(
                    created - timedelta(hours=(a.type == "meeting") * 30)
                ),
                "property_hs_timestamp": _text(a.at),
                "property_hubspot_owner_id": a.owner.id,
                "property_hs_object_source": "AUTOMATION_PLATFORM" if a.automated else "CRM_UI",
            }
            inbound = a.direction == "inbound"
            if a.type == "call":
                row["property_hs_call_direction"] = "INBOUND" if inbound else "OUTBOUND"
                row["property_hs_call_status"] = "COMPLETED"
            elif a.type == "email":
                row["property_hs_email_direction"] = "INCOMING_EMAIL" if inbound else "EMAIL"
                row["property_hs_email_status"] = "SENT"
            elif a.type == "meeting":
                row["property_hs_meeting_outcome"] = "SCHEDULED" if a.planned else "COMPLETED"
            elif a.type == "task":
                row["property_hs_task_status"] = "NOT_STARTED" if a.planned else "COMPLETED"
                row["property_hs_task_completion_date"] = None if a.planned else _text(a.at)
            self.tables[f"engagement_{a.type}"].append(row | {"_fivetran_synced": SYNCED})
            for name, other, type_id in (
                ("contact", a.contact, "202"),
                ("company", a.account, "185"),
                ("deal", a.opportunity, "213"),
            ):
                if other:
                    row = {"engagement_id": a.id, f"{name}_id": other.id, "type_id": type_id}
                    links[name].append(link(**row))
        for name, rows in links.items():
            self.tables[f"engagement_{name}"] = rows

    def _land_emails(self):
        rows = self.tables["email_event"] = []
        people = [c for c in self.of("contact") if not c.planted]
        for i, person in enumerate(people[::4]):
            sent = max(person.created_at, AS_OF - 300 * DAY) + timedelta(days=i % 7, hours=1)
            if sent > AS_OF - DAY:
                continue
            kinds = ["SENT", "BOUNCE"] if person.columns["bounced_at"] else ["SENT", "OPEN"]
            for n, kind in enumerate(kinds):
                rows.append(
                    {
                        "id": f"e{i:05d}-{n}",
                        "type": kind,
                        "recipient": person.columns["email"],
                        "created": _text(sent + timedelta(minutes=9 * n)),
                        "email_campaign_id": str(9000 + i % len(CAMPAIGNS)),
                        "filtered_event": "false",
                        "_fivetran_synced": SYNCED,
                    }
                )

    # Rows that cannot be used

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
            property_createdate="2026-01-05T09:00:00Z",
            property_amount="9" * 300,
        )
        reject("contact", "no id", id=None)
        reject("company", "no created date", id="99003", property_createdate=None)
        reject(
            "company", "text in a timestamp column", id="99004", property_createdate="last spring"
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


def link(**ids):
    """A row of a link table."""
    return {**ids, "category": "HUBSPOT_DEFINED", "_fivetran_synced": SYNCED}
