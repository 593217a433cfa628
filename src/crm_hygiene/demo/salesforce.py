"""The half of the company that works in Salesforce, and how Fivetran lands it."""

from crm_hygiene.demo.salesforce_rows import (
    KEPT_FROM,
    NEXT_STEP_TRACKED_FROM,
    SNAPSHOT_FIELDS,
    STAGE_TRACKED_FROM,
    SYNCED,
    SalesforceRows,
    _text,
    salesforce_id,
)
from crm_hygiene.demo.world import User


class Salesforce(SalesforceRows):
    """The older half: sales development, leads, cases with entitlements."""

    name = "salesforce"
    path = [
        "Prospecting",
        "Qualification",
        "Value Proposition",
        "Proposal/Price Quote",
        "Negotiation/Review",
    ]
    won, lost = "Closed Won", "Closed Lost"
    ends = {won: "won", lost: "lost"}
    milestones = {"Proposal/Price Quote", "Negotiation/Review"}
    orders = {s: i for i, s in enumerate([*path, won, lost], 1)}
    renamed_stage = "Value Prop"  # what Value Proposition was called at first
    case_path, case_closed = ["New", "Working"], "Closed"
    sources = ["Web", "Trade Show", "Referral", "Outbound", "Partner"]
    forecasts = ["Pipeline", "Best Case", "Commit", "Closed", "Omitted"]

    def hire(self):
        """The people, the machines and the queues."""
        boss = self.employ("Marta Quist", "sales_lead")
        for name in ["Ada Berg", "Ivo Cane", "Lea Dorr", "Max Ems", "Nia Foss"]:
            self.employ(name, "sdr", manager=boss)
        for name in [
            "Rob Gale",
            "Sue Hart",
            "Tom Irons",
            "Una Joss",
            "Vic Kern",
            "Wes Lund",
            "Yve Moor",
        ]:
            self.employ(name, "ae", manager=boss)
        for name in ["Zed Nagy", "Kim Oakes", "Lou Pratt"]:
            self.employ(name, "cs")
        for name in ["Ray Quill", "Joy Reeve"]:
            self.employ(name, "revops")
        self.employ("Amy Stahl", "marketing")
        self.employ("Gus Tate", "ae", active=False, manager=boss)
        self.employ("Eva Ulrich", "ae", active=False)
        self.machines = {
            "automation": self.employ("Automated Process", "", kind="automation"),
            "integration": self.employ("Integration User", "", kind="integration"),
            "import": self.employ("Data Loader", "", kind="integration"),
            "marketing_sync": self.employ("Marketing Sync", "", kind="integration"),
            "enrichment": self.employ("Data Enrichment", "", kind="integration"),
        }
        for name in ("EMEA Inbound", "Americas Inbound", "Unassigned Deals"):
            self.queues.append(User(self.next_id("queue"), name, kind="queue"))

    def employ(self, name, team, kind="human", **more):
        """A new user."""
        channel = "" if kind == "human" else kind
        user = User(self.next_id("user"), name, team, kind, channel, **more)
        self.users.append(user)
        return user

    def make_id(self, kind, number):
        """An id of 18 characters."""
        return salesforce_id(kind, number)

    def settle(self):
        """Put the changes in order, and forget those that no history tells."""
        super().settle()
        for record in self.records:
            for change in record.changes:
                by_save = record.kind == "opportunity" and change.field in SNAPSHOT_FIELDS
                if change.at < KEPT_FROM and not by_save:
                    change.logged = False
                # Tracking of these two was switched on later; only stages are told elsewhere too.
                if change.field == "next_step" and change.at < NEXT_STEP_TRACKED_FROM:
                    change.logged = False
                if change.field == "stage" and change.at < STAGE_TRACKED_FROM:
                    change.quirk = change.quirk or "stages_only"

    # Landing

    def land(self):
        """{table: [row, ...]}, every value text or None."""
        self.tables, self.superseded = {}, []
        self._land_people()
        for kind, land in (
            ("account", self._land_account),
            ("contact", self._land_contact),
            ("lead", self._land_lead),
            ("opportunity", self._land_opportunity),
            ("case", self._land_case),
        ):
            self.tables[kind] = []
            for record in self.of(kind):
                land(record)
            self.tables[f"{kind}_history"] = []
        self.tables["opportunity_field_history"] = []
        for record in self.records + self.orphans:
            self._land_changes(record)
            if record.kind == "opportunity" and record not in self.orphans:
                self._land_snapshots(record)
        self._land_activities()
        self._land_members()
        self.tables["opportunity_contact_role"] = [
            {
                "id": salesforce_id("role", i),
                "opportunity_id": deal.id,
                "contact_id": contact.id,
                "role": "Decision Maker" if i % 3 else "Evaluator",
                "is_primary": "true",
                "is_deleted": "false",
                "created_date": _text(at),
                "_fivetran_synced": SYNCED,
            }
            for i, (deal, contact, at) in enumerate(self.roles, 1)
        ]
        self._spoil()
        return self.tables

    def _land_people(self):
        departments = {
            "sdr": "Sales Development",
            "ae": "Sales",
            "sales_lead": "Sales",
            "cs": "Customer Success",
            "revops": "Revenue Operations",
            "marketing": "Marketing",
        }
        self.tables["user"] = [
            {
                "id": u.id,
                "name": u.name,
                "email": u.email,
                "username": u.email,
                "user_type": "AutomatedProcess" if u.kind == "automation" else "Standard",
                "department": departments.get(u.team),
                "title": {"sdr": "SDR", "ae": "Account Executive"}.get(u.team),
                "is_active": str(u.active).lower(),
                "manager_id": u.manager.id if u.manager else None,
                "_fivetran_deleted": "false",
                "_fivetran_synced": SYNCED,
            }
            for u in self.users
        ]
        self.tables["group"] = [
            {
                "id": q.id,
                "name": q.name,
                "type": "Queue",
                "_fivetran_deleted": "false",
                "_fivetran_synced": SYNCED,
            }
            for q in self.queues
        ]
        closed = {self.won: ("true", "true"), self.lost: ("true", "false")}
        self.tables["opportunity_stage"] = [
            {
                "id": salesforce_id("stage", i),
                "api_name": stage,
                "master_label": stage,
                "sort_order": str(i),
                "is_active": "true",
                "is_closed": closed.get(stage, ("false", "false"))[0],
                "is_won": closed.get(stage, ("false", "false"))[1],
                "_fivetran_deleted": "false",
                "_fivetran_synced": SYNCED,
            }
            for stage, i in self.orders.items()
        ]
        statuses = ["New", "Working", "Nurture", "Qualified", "Unqualified"]
        self.tables["lead_status"] = [
            {
                "id": salesforce_id("stage", 100 + i),
                "api_name": status,
                "master_label": status,
                "sort_order": str(i),
                "is_converted": str(status == "Qualified").lower(),
                "_fivetran_deleted": "false",
                "_fivetran_synced": SYNCED,
            }
            for i, status in enumerate(statuses, 1)
        ]

    def _spoil(self):
        """Landed rows that must be rejected, and one that looks odd and must not."""
        self.rejected = [(table, key, "superseded") for table, key in self.superseded]

        def reject(table, reason, key="id", like=-1, **values):
            self.tables[table].append(self.tables[table][like] | values)
            self.rejected.append((table, values.get(key), reason))

        numbers = iter(range(90_000_001, 90_000_100))
        reject(
            "opportunity",
            "amount of 300 digits",
            id=salesforce_id("opportunity", next(numbers)),
            amount="9" * 300,
            created_date=None,
            last_modified_date=None,
        )
        reject(
            "opportunity",
            "text in a date column",
            id=salesforce_id("opportunity", next(numbers)),
            close_date="next Friday",
            created_date="next Friday",
            last_modified_date=None,
        )
        reject("lead", "no id", id=None)
        reject(
            "contact",
            "text in a timestamp column",
            id=salesforce_id("contact", next(numbers)),
            created_date="yesterday",
            last_modified_date="today",
        )
        reject(
            "lead",
            "created in 2999",
            id=salesforce_id("lead", next(numbers)),
            created_date="2999-01-01 00:00:00",
        )
        reject(
            "opportunity_field_history",
            "changed in 2999",
            id=salesforce_id("change", next(numbers)),
            created_date="2999-12-31 23:59:59",
        )
        reject(
            "opportunity_field_history",
            "no record",
            id=salesforce_id("change", next(numbers)),
            opportunity_id=None,
        )
        reject(
            "task",
            "completed in 2999",
            id=salesforce_id("activity", next(numbers)),
            completed_date_time="2999-06-01 12:00:00",
        )
        # Long ago is odd but possible.
        self.tables["task"].append(
            self.tables["task"][0]
            | {
                "id": salesforce_id("activity", next(numbers)),
                "who_id": None,
                "what_id": None,
                "account_id": None,
                "activity_date": "1000-01-01",
                "completed_date_time": "1000-01-01 00:00:00",
                "created_date": "1000-01-01 00:00:00",
            }
        )
        # An offset, as some loaders write it: the same instant.
        for row in self.tables["opportunity"][3:6]:
            row["created_date"] += "+00:00"
        row = self.tables["lead"][4]
        row["created_date"] = row["created_date"].replace(" ", "T") + "Z"
