"""How Fivetran lands each object of Salesforce: a row of strings a record, change or activity."""

from datetime import datetime, timedelta

from crm_hygiene.demo.business import Business
from crm_hygiene.demo.names import CAMPAIGNS, SPELLINGS
from crm_hygiene.demo.world import AS_OF, DAY, SECOND, months_ago

SYNCED = "2026-10-02 05:00:00"
KEPT_FROM = months_ago(24)  # field history is gone after two years, stage history never
NEXT_STEP_TRACKED_FROM = datetime(2025, 1, 15)
STAGE_TRACKED_FROM = datetime(2025, 2, 1)
SNAPSHOT_FIELDS = ("stage", "amount", "close_date", "forecast_category")
API_FIELDS = {
    "stage": "StageName",
    "status": "Status",
    "owner_id": "Owner",
    "amount": "Amount",
    "close_date": "CloseDate",
    "lead_source": "LeadSource",
    "next_step": "NextStep",
    "forecast_category": "ForecastCategoryName",
    "consent_status": "Consent_Status__c",
    "do_not_contact": "DoNotCall",
    "optout": "HasOptedOutOfEmail",
}
PREFIXES = {
    "account": "001",
    "contact": "003",
    "lead": "00Q",
    "opportunity": "006",
    "case": "500",
    "user": "005",
    "queue": "00G",
    "activity": "00T",
    "change": "017",
    "snapshot": "008",
    "role": "00K",
    "member": "00v",
    "campaign": "701",
    "stage": "01J",
}


def salesforce_id(kind, number):
    """An 18-character id; the last three encode the upper-case letters of the other fifteen."""
    short = f"{PREFIXES[kind]}5g00{number:08d}"
    tail = ""
    for block in (short[:5], short[5:10], short[10:]):
        bits = sum(1 << i for i, c in enumerate(block) if c.isupper())
        tail += "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits]
    return short + tail


def _text(at):
    return at.strftime("%Y-%m-%d %H:%M:%S") if at else None


class SalesforceRows(Business):
    """Salesforce's records as rows of its tables."""

    def _stamps(self, record):
        """The columns that every object has."""
        last = max([record.created_at, *(c.at for c in record.changes)])
        last = max(last, record.gone_at or last)
        by = record.changes[-1].by if record.changes else record.by
        merged = record.merged_into
        return {
            "is_deleted": str(record.fate != "live" and record.gone_how == "is_deleted").lower(),
            "master_record_id": merged.id if merged else None,
            "created_date": None if record.hides_creation else _text(record.created_at),
            "created_by_id": record.by.id,
            "last_modified_date": _text(last),
            "last_modified_by_id": by.id,
            "system_modstamp": _text(last),
            "_fivetran_synced": SYNCED,
        }

    def _country(self, record):
        name, code = record.columns["country"][:2]
        # Some people pick a code from the list, others write what they like.
        n, spellings = int(record.id[-6:-3]), SPELLINGS.get(name, [name])
        return (None, code) if n % 3 == 0 else (spellings[n % len(spellings)], None)

    def _land_account(self, record):
        country, code = self._country(record)
        columns, domain = record.columns, record.columns["domain"]
        shape = ["https://www.{}/", "{}", "http://{}", "www.{}"][int(record.id[-5:-3]) % 4]
        base = {
            "id": record.id,
            "name": columns["name"],
            "type": columns["type"],
            "website": shape.format(domain) if domain else None,
            "phone": columns["phone"],
            "industry": columns["industry"],
            "billing_country": country,
            "billing_country_code": code,
            "segment_c": columns["segment"],
            "lifecycle_stage_c": columns["lifecycle"],
            "is_strategic_c": columns["strategic"],
            "legal_hold_c": columns["hold"] or "false",
            "_fivetran_deleted": str(record.gone_how == "_fivetran_deleted").lower(),
        }
        # History Mode: a version for each owner, intervals closed, the open end a far date.
        stamps = self._stamps(record)
        starts = [record.created_at, *(c.at for c in record.changes if c.field == "owner_id")]
        for i, start in enumerate(starts):
            last = i + 1 == len(starts)
            end = "9999-12-31 23:59:59" if int(record.id[-4]) % 2 else "2050-01-01 00:00:00"
            if not last:
                end = _text(starts[i + 1] - SECOND)
            gone = last and record.gone_how == "history_mode"
            if gone:
                end = _text(record.gone_at)
            self.tables["account"].append(
                base
                | stamps
                | {
                    "owner_id": record.value("owner_id", start),
                    "last_modified_date": _text(start)
                    if not last
                    else stamps["last_modified_date"],
                    "system_modstamp": _text(start) if not last else stamps["system_modstamp"],
                    "_fivetran_start": _text(start),
                    "_fivetran_end": end,
                    "_fivetran_active": str(last and not gone).lower(),
                }
            )

    def _land_contact(self, record):
        country, code = self._country(record)
        columns, bounced = record.columns, record.columns["bounced_at"]
        account = record.links.get("account")
        self.tables["contact"].append(
            {
                "id": record.id,
                "account_id": account.id if account else None,
                "first_name": columns["first"],
                "last_name": columns["last"],
                "email": columns["email"],
                "phone": columns["phone"],
                "mobile_phone": columns["mobile"],
                "title": columns["title"],
                "owner_id": record.value("owner_id"),
                "mailing_country": country,
                "mailing_country_code": code,
                "lead_source": record.value("lead_source"),
                "lifecycle_stage_c": record.value("lifecycle"),
                "consent_status_c": record.value("consent_status"),
                "lawful_basis_c": columns["basis"],
                "legal_hold_c": columns["hold"] or "false",
                "departed_date_c": _text(columns["departed_at"]),
                "has_opted_out_of_email": record.value("optout"),
                "do_not_call": record.value("do_not_contact"),
                "is_email_bounced": str(bounced is not None).lower(),
                "email_bounced_date": _text(bounced),
                "_fivetran_deleted": str(record.gone_how == "_fivetran_deleted").lower(),
            }
            | self._stamps(record)
        )

    def _land_lead(self, record):
        country, code = self._country(record)
        columns, links = record.columns, record.links
        converted = links.get("converted_at")
        deal = links.get("opportunity")
        self.tables["lead"].append(
            {
                "id": record.id,
                "first_name": columns["first"],
                "last_name": columns["last"],
                "company": columns["company"],
                "email": columns["email"],
                "phone": columns["phone"],
                "country": country,
                "country_code": code,
                "status": record.value("status"),
                "lead_source": record.value("lead_source"),
                "owner_id": record.value("owner_id"),
                "segment_c": columns["segment"],
                "consent_status_c": columns["consent"],
                "legal_hold_c": columns["hold"] or "false",
                "is_converted": str(converted is not None).lower(),
                "converted_date": converted.date().isoformat() if converted else None,
                "converted_account_id": links["account"].id if converted else None,
                "converted_contact_id": links["contact"].id if converted else None,
                "converted_opportunity_id": deal.id if deal else None,
                "has_opted_out_of_email": columns["optout"],
                "do_not_call": columns["do_not_contact"],
                "email_bounced_date": _text(columns["bounced_at"]),
            }
            | self._stamps(record)
        )

    def _land_opportunity(self, record):
        columns, stage = record.columns, record.value("stage")
        changed = [c.at for c in record.changes if c.field == "stage" and c.effective]
        campaign = columns["campaign"]
        self.tables["opportunity"].append(
            {
                "id": record.id,
                "account_id": record.links["account"].id,
                "name": columns["name"],
                "stage_name": stage,
                "amount": record.value("amount"),
                "close_date": record.value("close_date"),
                "type": columns["type"],
                "next_step": record.value("next_step"),
                "lead_source": record.value("lead_source"),
                "campaign_id": salesforce_id("campaign", 1 + CAMPAIGNS.index(campaign))
                if campaign
                else None,
                "forecast_category_name": record.value("forecast_category"),
                "loss_reason_c": columns["reason"],
                "segment_c": columns["segment"],
                "legal_hold_c": columns.get("hold") or "false",
                "owner_id": record.value("owner_id"),
                "is_closed": str(stage in (self.won, self.lost)).lower(),
                "is_won": str(stage == self.won).lower(),
                "last_stage_change_date": _text(max(changed)) if changed else None,
                "_fivetran_deleted": str(record.gone_how == "_fivetran_deleted").lower(),
            }
            | {k: v for k, v in self._stamps(record).items() if k != "master_record_id"}
        )

    def _land_case(self, record):
        status = record.value("status")
        closed = [c.at for c in record.changes if c.field == "status" and c.new == "Closed"]
        contact, due = record.links["contact"], record.clocks.get("close")
        self.tables["case"].append(
            {
                "id": record.id,
                "account_id": record.links["account"].id if record.links["account"] else None,
                "contact_id": contact.id if contact else None,
                "status": status,
                "is_closed": str(status == "Closed").lower(),
                "closed_date": _text(closed[-1]) if closed and status == "Closed" else None,
                "owner_id": record.value("owner_id"),
                "sla_start_date": _text(record.created_at) if due else None,
                "sla_exit_date": _text(due),
                "is_stopped": "false",
                "legal_hold_c": record.columns.get("hold") or "false",
            }
            | self._stamps(record)
        )

    # Histories

    def _history_row(self, record, at, field, old, new, by, number=None):
        kind = record.kind
        number = number or self._next_number()
        return {
            "id": salesforce_id("change", number),
            f"{kind}_id": record.id,
            "field": field,
            "old_value": old,
            "new_value": new,
            "created_by_id": by.id,
            "created_date": _text(at),
            "_fivetran_synced": SYNCED,
        }

    def _next_number(self):
        self.numbers["change"] += 1
        return self.numbers["change"]

    def _names(self, id):
        return next((u.name for u in [*self.users, *self.queues] if u.id == id), id)

    def _land_changes(self, record):
        """Field history: kept 24 months, owners told twice, first values not at all."""
        table = "opportunity_field_history" if record.kind == "opportunity" else ""
        rows = self.tables[table or f"{record.kind}_history"]

        def add(*values):
            rows.append(self._history_row(record, *values))

        if record.kind in ("opportunity", "lead") and record not in self.orphans:
            add(record.created_at, "created", None, None, record.by)
        for change in record.changes:
            if change.at < KEPT_FROM or not change.logged or change.quirk == "stages_only":
                continue
            name = API_FIELDS.get(change.field, change.field)
            old, new = change.old, change.new
            if name == "Owner":
                names = self._names(old), self._names(new)
                add(change.at, "Owner", *names, change.by)
                if change.by.kind == "automation":
                    add(change.at, "ownerAssignment", None, None, change.by)
            if name == "Amount":  # a double becomes text
                old, new = (v if v is None or "." in v else v + ".0" for v in (old, new))
            add(change.at, name, old, new, change.by)
            if change.quirk == "twice":  # landed again, byte for byte
                rows.append(dict(rows[-1]))
            if change.quirk == "replaced":  # an earlier landing of the same row said otherwise
                earlier = {"new_value": "A wrong first landing", "_fivetran_synced": _text(AS_OF)}
                rows.append(rows[-1] | earlier)
                self.superseded.append((table or f"{record.kind}_history", rows[-1]["id"]))
        if converted := record.links.get("converted_at"):
            add(converted, "leadConverted", None, None, record.by)

    def _land_snapshots(self, record):
        """The stage history: the values after each save of stage, amount, date or forecast."""
        saves = {} if "no_creation_row" in record.quirks else {record.created_at: record.by}
        for change in record.changes:
            if change.field in SNAPSHOT_FIELDS:
                saves.setdefault(change.at, change.by)
        for at, by in sorted(saves.items(), key=lambda save: save[0]):
            self.numbers["snapshot"] += 1
            self.tables["opportunity_history"].append(
                {
                    "id": salesforce_id("snapshot", self.numbers["snapshot"]),
                    "opportunity_id": record.id,
                    "created_by_id": by.id,
                    "created_date": _text(at),
                    "is_deleted": "false",
                    "stage_name": record.value("stage", at),
                    "amount": record.value("amount", at),
                    "close_date": record.value("close_date", at),
                    "forecast_category_name": record.value("forecast_category", at),
                    "_fivetran_synced": SYNCED,
                }
            )

    # Activities

    def _land_activities(self):
        self.tables["task"], self.tables["event"] = [], []
        for a in self.activities:
            who, what = a.contact or a.lead, a.opportunity or (a.account if not a.contact else None)
            # A case or a lead's account has no place here; what a person did hangs on the person.
            row = {
                "id": a.id,
                "who_id": who.id if who else None,
                "what_id": what.id if what else None,
                "account_id": a.account.id if a.account else None,
                "owner_id": a.owner.id,
                "is_deleted": str(a.deleted).lower(),
                "created_by_id": (self.machines["automation"] if a.automated else a.owner).id,
                "_fivetran_synced": SYNCED,
            }
            created = min(a.at, AS_OF - DAY) if a.planned else a.at
            if a.type == "meeting":
                self.tables["event"].append(
                    row
                    | {
                        "id": "00U" + a.id[3:],
                        "start_date_time": _text(a.at),
                        "activity_date": a.at.date().isoformat(),
                        "created_date": _text(min(created, a.at - timedelta(hours=30))),
                    }
                )
                continue
            self.tables["task"].append(
                row
                | {
                    "status": "Not Started" if a.planned else "Completed",
                    "is_closed": str(not a.planned).lower(),
                    "activity_date": a.at.date().isoformat(),
                    "completed_date_time": None if a.planned else _text(a.at),
                    "type": a.type.title(),
                    "task_subtype": a.type.title() if a.type in ("call", "email") else "Task",
                    "call_type": a.direction.title() if a.type == "call" else None,
                    "created_date": _text(created),
                }
            )

    def _land_members(self):
        rows = self.tables["campaign_member"] = []
        people = [r for r in self.records if r.kind in ("contact", "lead") and not r.planted]
        for i, person in enumerate(people[::9], 1):
            at = max(person.created_at, AS_OF - 400 * DAY) + timedelta(days=i % 5, hours=2)
            if at > AS_OF:
                continue
            responded = i % 4 == 0
            rows.append(
                {
                    "id": salesforce_id("member", i),
                    "campaign_id": salesforce_id("campaign", 1 + i % len(CAMPAIGNS)),
                    "lead_id": person.id if person.kind == "lead" else None,
                    "contact_id": person.id if person.kind == "contact" else None,
                    "status": "Responded" if responded else "Sent",
                    "has_responded": str(responded).lower(),
                    "first_responded_date": _text(at + DAY) if responded else None,
                    "is_deleted": "false",
                    "created_date": _text(at),
                    "_fivetran_synced": SYNCED,
                }
            )

    # Rows that cannot be used
