"""How Fivetran lands each object of HubSpot: a row of strings a record, change or engagement."""

from datetime import UTC, datetime, timedelta

from crm_hygiene.demo.business import Business
from crm_hygiene.demo.names import CAMPAIGNS, SPELLINGS
from crm_hygiene.demo.world import AS_OF, DAY

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
    "marketing_sync": ("system", "", "EMAIL", "campaignId:9001"),
    "enrichment": ("system", "", "DATA_ENRICHMENT", "enrichment"),
    "other": ("other", "", "NEW_SOURCE_2027", "beta:9"),
    "stranger": ("human", "ui", "CRM_UI", "userId:999999"),
}


def _text(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def epoch_ms(date):
    """A date as HubSpot keeps it in a history: noon UTC in milliseconds."""
    return str(int(datetime.fromisoformat(f"{date}T12:00:00+00:00").timestamp()) * 1000)


def link(**ids):
    """A row of a link table."""
    return {**ids, "category": "HUBSPOT_DEFINED", "_fivetran_synced": SYNCED}


class HubSpotRows(Business):
    """HubSpot's records as rows of its tables."""

    def _last_change(self, record):
        instants = [record.created_at, *(c.at for c in record.changes)]
        return _text(max(instants + ([record.gone_at] if record.gone_at else [])))

    def _maker(self, record):
        """The columns that tell by whom or through what a record came about."""
        by = record.by
        person = by.source_id.removeprefix("userId:") if by.kind == "human" else None
        return {
            "property_hs_object_source": by.source,
            "property_hs_object_source_id": by.source_id,
            "property_hs_object_source_user_id": person,
            "property_hs_created_by_user_id": person,
        }

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
                **self._maker(record),
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
                "property_createdate": None if record.hides_creation else _text(record.created_at),
                **self._maker(record),
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
                **self._maker(record),
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
                **self._maker(record),
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
