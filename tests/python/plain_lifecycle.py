"""Keep, archive, anonymise or delete in plain Python, one record at a time.

Written from the definitions and sharing nothing with the SQL: where both agree on tens of thousands
of records, both follow the definitions. None is what cannot be told. Duplicate clusters are given.
"""

import re
from calendar import monthrange
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from plain_signals import folded as unless_blank

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
A, C, L, O, K, X = "account", "contact", "lead", "opportunity", "case", "activity"  # noqa: E741
PLURAL = {A: "accounts", C: "contacts", L: "leads", O: "opportunities", K: "cases"}

# precedence, rule, decision, objects
RULES = [
    (10, "legal_hold", "keep", {A, C, L, O, K, X}),
    (20, "open_case", "keep", {A, C, K}),
    (30, "active_obligation", "keep", {A, C, L, O, K}),
    (40, "suppressed_past_retention", "anonymize", {C, L}),
    (50, "suppressed_within_retention", "keep", {C, L}),
    (60, "rescued", "keep", {A, C, L, O, K, X}),
    (70, "booked_revenue_active", "keep", {A, C, L, O}),
    (80, "booked_revenue_inactive", "archive", {A, C, L, O}),
    (90, "active_customer", "keep", {A, C}),
    (100, "open_opportunity", "keep", {A, C, O}),
    (110, "partner_or_strategic", "keep", {A, C}),
    (120, "departed", "archive", {C}),
    (130, "re_engage_lost_opportunity", "re_engage", {O}),
    (140, "re_engage_dormant_contact", "re_engage", {C}),
    (150, "engaged", "keep", {A, C, L, O}),
    (160, "test_or_spam", "delete", {A, C, L}),
    (170, "disposable_or_invalid_email", "delete", {C, L}),
    (180, "duplicate_no_own_value", "delete", {A, C, L}),
    (190, "mistaken_deal", "delete", {O}),
    (192, "test_deal", "delete", {O}),
    (194, "duplicate_deal", "delete", {O}),
    (200, "no_lawful_basis_approved", "delete", {C}),
    (210, "no_lawful_basis", "quarantine", {C}),
    (220, "activity_of_deleted_record", "delete", {X}),
    (222, "double_logged_activity", "archive", {X}),
    (224, "system_noise", "archive", {X}),
    (230, "past_retention", "anonymize", {C, L}),
    (240, "contact_inactive", "archive", {C}),
    (250, "lead_inactive", "archive", {L}),
    (260, "account_inactive", "archive", {A}),
    (270, "closed_lost_no_reason", "quarantine", {O}),
    (280, "opportunity_closed", "archive", {O}),
    (285, "case_closed", "archive", {K}),
    (290, "activity_old", "archive", {X}),
    (300, "contradictory", "quarantine", {C, O}),
    (310, "doubt", "quarantine", {A, C, L, O, K}),
    (320, "nothing_applies", "keep", {A, C, L, O, K, X}),
]
NOT_WHERE_CONTRADICTORY = {rule for place, rule, *_ in RULES if place == 120 or 160 <= place <= 290}
PROTECTIONS = {rule for place, rule, *_ in RULES if place <= 110}
DECISIONS = {rule: decision for _, rule, decision, _ in RULES}
LEVEL = {"keep": 0, "re_engage": 0, "quarantine": 0, "archive": 1, "anonymize": 2, "delete": 3}
EXCLUDED = {"planned", "canceled", "no_show", "bounced", "rescheduled"}
# What a decision needs to be landed, for deletes only and for one rule only.
FOR_DELETES = {"consent", "do_not_contact"}
ONLY_TOLD = {"is_customer", "is_partner", "is_strategic", "loss_reason"}
VOID = {"void", "voided", "cancelled", "canceled", "draft", "deleted"}
FOR_ONE_RULE = {"phone": "disposable_or_invalid_email", "amount": "mistaken_deal"}


# --- What is known ---


@dataclass
class Record:
    """A visible record of any object but activities, as it was at as_of."""

    object_type: str
    record_id: str
    created_at: datetime
    is_live: bool = True
    is_merged: bool = False
    account_id: str | None = None
    contact_id: str | None = None  # of a case
    region: str | None = None
    owner_id: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    company: str | None = None
    domain: str | None = None  # of an account
    legal_hold: bool | None = None
    is_customer: bool | None = None
    is_partner: bool | None = None
    is_strategic: bool | None = None
    do_not_contact: bool | None = None
    consent_status: str | None = None
    email_opt_out: bool | None = None  # the CRM's own flag
    lawful_basis: str | None = None
    departed_at: datetime | None = None
    status: str | None = None  # of a lead
    converted: dict = field(default_factory=dict)  # object type -> id
    is_converted: bool = False
    stage_kind: str | None = None
    closed_by_change_at: datetime | None = None
    closed_at: datetime | None = None  # as landed
    close_date: datetime | None = None
    amount: Decimal | None = None
    loss_reason: str | None = None
    type: str | None = None  # of an opportunity
    is_closed: bool = False  # of a case
    told_activity_at: datetime | None = None  # the CRM's own last-activity date
    has_creation_date: bool = True

    @property
    def key(self) -> tuple[str, str]:
        return self.object_type, self.record_id


@dataclass
class Activity:
    """A visible activity with the records that it links."""

    record_id: str
    occurred_at: datetime
    type: str | None = None
    direction: str | None = None
    status: str | None = None
    is_planned: bool = False
    is_automated: bool | None = None
    is_live: bool = True
    links: frozenset = frozenset()
    object_type: str = X
    region: None = None

    @property
    def key(self) -> tuple[str, str]:
        return X, self.record_id

    @property
    def is_logged_as(self) -> tuple:
        return self.type, self.occurred_at, self.direction or "", self.status or "", self.links

    @property
    def is_machine_mail(self) -> bool:
        return self.type == "email" and self.is_automated is True and self.direction != "inbound"


@dataclass
class Crm:
    """One CRM; `tables` and `columns` are what is landed (a column as object type and field)."""

    crm: str
    records: list[Record] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    roles: set = field(default_factory=set)  # opportunity, contact
    obligations: set = field(default_factory=set)  # keys of records with a running clock
    financial: set = field(default_factory=set)  # keys that an invoice or a contract names
    documents: list = field(default_factory=list)  # key that a document names, its end or None
    responses: list = field(default_factory=list)  # key of a contact or lead, instant
    role_changes: list = field(default_factory=list)  # id of a contact, instant
    unreadable: set = field(default_factory=set)  # keys that rejected rows name
    tables: set = field(default_factory=set)
    # The kinds of records that any activity names.
    linked: set = field(default_factory=set)
    columns: set = field(default_factory=set)
    stages_known: bool = True
    clusters: dict = field(default_factory=dict)  # key -> Duplicate
    duplicate_deals: dict = field(default_factory=dict)  # id -> the id of the one that stands


class Duplicate(NamedTuple):
    survivor: tuple
    is_survivor: bool
    is_deterministic: bool
    n_own_values: int


class Policy:
    """The policy seeds as they lie in a warehouse."""

    def __init__(self, sql):
        self.limits = defaultdict(dict)
        for object_type, region, after, unit, anonymize, suppression in sql(
            "select object_type, region, archive_after, archive_unit, anonymize_after_months,"
            " suppression_months from policy.retention_policy"
        ):
            self.limits[object_type][folded(region)] = {
                "archive": None if after is None else (int(after), unit),
                "anonymize": None if anonymize is None else (int(anonymize), "months"),
                "suppression": None if suppression is None else (int(suppression), "months"),
            }
        self.flags = {
            (crm, name): {True: empty, False: absent}
            for crm, name, empty, absent in sql(
                "select crm, field, empty_means, absent_means from policy.flag_policy"
            )
        }
        self.protected = set(
            sql("select crm, object_type, record_id, protection from policy.protected_records")
        )
        self.junk = [
            (object_type, name, re.compile(pattern))
            for object_type, name, pattern in sql(
                "select object_type, field, pattern from policy.junk_patterns"
            )
        ]
        # What counts as an engagement, and as a fresh signal: type -> direction, or None.
        self.engaging, self.signalling = {}, {"role_change": None}
        for kind, direction, of_signal in sql(
            "select activity_type, direction, signal_direction from policy.engagement_types"
        ):
            self.engaging[kind], self.signalling[kind] = direction, of_signal
        self.status_kinds = [
            (re.compile(pattern), kind)
            for pattern, kind in sql("select pattern, kind from policy.lead_status_kinds")
        ]
        self.nurture = set(sql("select crm, stage from policy.nurture_stages"))
        self.approvals = sql(
            "select rule_id, crm, region, approved_at from policy.lifecycle_approvals"
        )
        types = sql("select pattern from policy.customer_deal_types")
        self.deal_types = [re.compile(pattern) for (pattern,) in types]
        self.disposable = {
            domain for (domain,) in sql("select domain from policy.disposable_mail_domains")
        }
        self.reviews = defaultdict(list)
        for *key, at, decision in sql(
            "select crm, object_type, record_id, reviewed_at, decision"
            " from policy.lifecycle_reviews"
        ):
            self.reviews[tuple(key)].append((at, decision))
        thresholds = dict(sql("select threshold_id, value from policy.thresholds"))
        thresholds |= dict(sql("select threshold_id, value from policy.threshold_overrides"))
        self.rescue_months = int(thresholds["lifecycle__rescue_months"])
        self.signal_months = int(thresholds["lifecycle__signal_months"])
        self.engagement_months = int(thresholds["lifecycle__engagement_months"])
        self.mistake = int(thresholds["lifecycle__mistake_hours"]) * HOUR
        self.recent = int(thresholds["lifecycle__recent_days"]) * DAY
        self.noise = int(thresholds["lifecycle__noise_days"]) * DAY
        self.document_months = int(thresholds["lifecycle__document_months"])


class Decision(NamedTuple):
    """What becomes of a record; `verdicts` of the rules that apply to its object."""

    decision: str
    rule_id: str
    blocked_by: tuple | None
    is_protected: bool
    missing_inputs: str | None
    verdicts: dict


# --- Small helpers ---


def any_of(values) -> bool | None:
    values = list(values)
    return True if True in values else None if None in values else False


def all_of(*values) -> bool | None:
    return False if False in values else None if None in values else True


def not_(value: bool | None) -> bool | None:
    return None if value is None else not value


def before(instant: datetime, length: tuple[int, str]) -> datetime:
    """So many days or calendar months earlier; a day that the month lacks is its last."""
    number, unit = length
    if unit == "days":
        return instant - number * DAY
    months = instant.year * 12 + instant.month - 1 - number
    year, month = divmod(months, 12)
    return instant.replace(
        year=year, month=month + 1, day=min(instant.day, monthrange(year, month + 1)[1])
    )


def folded(text: str | None) -> str:
    return (text or "").strip().lower()


# --- What the open landing tells ---


class Row(dict):
    """A landed row; a column that is not landed is None."""

    def __missing__(self, name: str) -> None:
        return None


def landed(tables: dict[str, list[dict]], as_of: datetime) -> Crm:
    """The CRM that rows of the open landing tell of at as_of; a table is landed if it is named."""
    tables = {table: [Row(row) for row in rows] for table, rows in tables.items()}
    crm = Crm("open", tables=set(tables), columns=_columns(tables))
    crm.tables |= {"contact_roles"} if "opportunity_contacts" in tables else set()
    kinds = {
        row["stage"]: row["kind"] for row in tables.get("stages", []) if row["object_type"] == O
    }
    crm.stages_known = any(kinds.values())
    changes = defaultdict(list)
    for row in sorted(tables.get("changes", []), key=lambda one: one["changed_at"]):
        row |= {name: unless_blank(row[name]) for name in ("old_value", "new_value")}
        if row["old_value"] != row["new_value"]:
            changes[row["object_type"], row["record_id"], row["field"]].append(row)
            crm.role_changes += role_change(row, as_of)
    for object_type, table in PLURAL.items():
        for row in tables.get(table, []):
            has_creation_date = row["created_at"] is not None
            row["created_at"] = row["created_at"] or row["updated_at"]
            if row["created_at"] is None:
                crm.unreadable |= _named(object_type, row)
            elif row["created_at"] <= as_of:
                record = _record(object_type, row, changes, kinds, as_of)
                record.has_creation_date = has_creation_date
                crm.records.append(record)
    for row in tables.get("activities", []):
        if row["occurred_at"] is not None:
            crm.linked |= {kind for kind, _ in _named(X, row)}
        if row["occurred_at"] is None:
            crm.unreadable |= _named(X, row)
        elif row["occurred_at"] <= as_of or row["status"] == "planned":
            is_late = row["occurred_at"] > as_of and row["status"] not in (None, "canceled")
            crm.activities.append(
                Activity(
                    row["activity_id"], row["occurred_at"], row["type"], row["direction"],
                    "planned" if is_late else row["status"],
                    is_late or row["status"] == "planned", row["is_automated"],
                    links=frozenset(_named(X, row) - {(X, row["activity_id"])}),
                )
            )  # fmt: skip
    for row in tables.get("opportunity_contacts", []):
        if row["opportunity_id"] and row["contact_id"]:
            crm.roles.add((row["opportunity_id"], row["contact_id"]))
        else:
            crm.unreadable |= _named("role", row)
    for row in tables.get("sla_clocks", []):
        is_stopped = row["stopped_at"] is not None and row["stopped_at"] <= as_of
        if row["started_at"] <= as_of < row["due_at"] and not is_stopped:
            crm.obligations.add((row["object_type"], row["record_id"]))
    for row in tables.get("contracts", []) + tables.get("invoices", []):
        named = {(name, row[f"{name}_id"]) for name in (A, O) if row[f"{name}_id"]}
        if row["crm"] in (None, "open"):
            crm.financial |= named
            if "contract_id" in row and _is_in_force(row, as_of):
                crm.obligations |= named
    for row in tables.get("documents", []):
        is_usable = None not in (row["document_id"], row["created_at"])
        if row["crm"] in (None, "open") and not (is_usable and row["created_at"] > as_of):
            end = row["expires_at"] if is_usable else None
            named = {(name, row[f"{name}_id"]) for name in (A, C, O) if row[f"{name}_id"]}
            crm.documents += [(key, end) for key in named]
            crm.obligations |= named if end is None or end > as_of else set()
    return crm


def role_change(row: dict, as_of: datetime) -> list[tuple]:
    """The contact and the instant, if the row tells that its title became another."""
    old, new = (
        re.sub(r"\W+", " ", row[name] or "").strip().lower() for name in ("old_value", "new_value")
    )
    is_one = (row["object_type"], row["field"]) == (C, "title") and row["changed_at"] <= as_of
    return [(row["record_id"], row["changed_at"])] if is_one and old and new and old != new else []


def _is_in_force(contract: dict, as_of: datetime) -> bool:
    signed = contract["signed_at"]
    booked = signed.date() if signed else contract["start_date"]
    is_known = (signed is None or signed <= as_of) and booked and booked <= as_of.date()
    is_over = contract["end_date"] and contract["end_date"] < as_of.date()
    return bool(is_known and not is_over and folded(contract["status"]) not in VOID)


def _columns(tables: dict[str, list[dict]]) -> set[tuple]:
    """What is told: of flags and loss reasons a value, of other fields the column."""
    told = set()
    for object_type, table in PLURAL.items():
        for row in tables.get(table, []):
            told |= {
                (object_type, "opted_out" if name == "consent_status" else name)
                for name, value in row.items()
                if value is not None or name in FOR_ONE_RULE
            }
    return told


def _named(object_type: str, row: dict) -> set[tuple]:
    """The keys of the records that a row names."""
    if object_type in (A, C, L):  # rows that no record's decision rests on
        return set()
    names = {A, C, L, O, K, X} & {name.removesuffix("_id") for name in row if name.endswith("_id")}
    return {(name, row[f"{name}_id"]) for name in names if row[f"{name}_id"]}


def _record(object_type: str, row: dict, changes: dict, kinds: dict, as_of: datetime) -> Record:
    record_id = row[f"{object_type}_id"]

    def known(name: str):
        at = row.get(name)
        return at if at and at <= as_of else None

    def now(name: str):
        history = changes[object_type, record_id, name]
        seen = [one for one in history if one["changed_at"] <= as_of]
        return seen[-1]["new_value"] if seen else history[0]["old_value"] if history else row[name]

    gone = row["deleted_at"] or row["merged_into_id"]
    is_gone = gone is not None and (not row["deleted_at"] or row["deleted_at"] <= as_of)
    record = Record(
        object_type, record_id, row["created_at"], not is_gone,
        is_merged=is_gone and row["merged_into_id"] is not None,
        name=row.get("name"),
        closed_at=known("closed_at"),
        departed_at=known("departed_at"),
    )  # fmt: skip
    for name in (
        "account_id", "region", "owner_id", "email", "phone", "company", "domain", "legal_hold",
        "is_customer", "is_partner", "is_strategic", "do_not_contact", "consent_status",
        "lawful_basis", "status", "close_date", "amount", "loss_reason", "type",
    ):  # fmt: skip
        if name in row and (object_type, name) != (A, "account_id"):
            setattr(record, name, now(name))
    if object_type in (C, L):
        names = [row["first_name"], row["last_name"]]
        record.name = " ".join(name for name in names if name) or None
    if object_type == L and known("converted_at"):
        record.is_converted = True
        record.converted = {one: row[f"converted_{one}_id"] for one in (A, C, O)}
    if object_type == O:
        record.stage_kind = kinds.get(now("stage"))
        seen = [one for one in changes[O, record_id, "stage"] if one["changed_at"] <= as_of]
        record.closed_by_change_at = seen[-1]["changed_at"] if seen else None
    if object_type == K:
        record.contact_id = row["contact_id"]
        is_closed = row["is_closed"] if row["is_closed"] is not None else bool(row["closed_at"])
        record.is_closed = is_closed and (not row["closed_at"] or row["closed_at"] <= as_of)
    return record


# --- The rules ---


class Lifecycle:
    """The decisions of one CRM at as_of."""

    def __init__(self, crm: Crm, policy: Policy, as_of: datetime):
        self.crm, self.policy, self.as_of = crm, policy, as_of
        self.records = {record.key: record for record in crm.records}
        self.financial = crm.financial | {
            record.key
            for record in crm.records
            if record.type and any(one.fullmatch(folded(record.type)) for one in policy.deal_types)
        }
        self.object_types = {record.object_type for record in crm.records}
        self.activities = defaultdict(list)
        for activity in crm.activities:
            for link in activity.links:
                self.activities[link].append(activity)
        self.of_account, self.of_contact = defaultdict(list), defaultdict(list)
        self.converted_into = defaultdict(list)
        for record in crm.records:
            if record.account_id:
                self.of_account[record.account_id, record.object_type].append(record)
            if record.contact_id:
                self.of_contact[record.contact_id].append(record)
            for object_type, record_id in record.converted.items():
                if record_id:
                    self.converted_into[object_type, record_id].append(record)
        self.role_opportunities, self.role_contacts = defaultdict(list), defaultdict(list)
        for opportunity_id, contact_id in crm.roles:
            self.role_contacts[opportunity_id].append(contact_id)
            self.role_opportunities[contact_id].append(opportunity_id)
        kept_since = before(self.as_of, (self.policy.document_months, "months"))
        self.documented = {key for key, end in crm.documents if end is None or end > kept_since}
        self.responses, self.role_changes = defaultdict(list), defaultdict(list)
        for key, at in crm.responses:
            self.responses[key].append(at)
        for contact_id, at in crm.role_changes:
            if (C, contact_id) in self.records:
                self.role_changes[contact_id].append(at)
        self.duplicates, self.same_person = defaultdict(list), defaultdict(list)
        for key, duplicate in crm.clusters.items():
            if key[0] in (C, L) and key in self.records:
                self.same_person[duplicate.survivor].append(self.records[key])
            if not duplicate.is_survivor:
                self.duplicates[duplicate.survivor].append(key)
        for one, survivor in crm.duplicate_deals.items():
            self.duplicates[O, survivor].append((O, one))
        self.copies = defaultdict(list)
        for activity in crm.activities:
            if activity.is_live and not activity.is_planned and activity.links:
                self.copies[activity.is_logged_as].append(activity.record_id)
        for method in (
            self.last_sign_at, self.is_planned_for, self.held, self.engagements, self.active,
            self.closed_at, self.booked,
        ):  # fmt: skip
            setattr(self, method.__name__, _once(method))
        self.last_cut = cache(self.last_cut)
        self.with_activities = {
            record.object_type
            for record in crm.records
            if self.done(record) or self.told_activity(record)
        }

    def decide(self) -> dict[tuple, Decision]:
        """The decision of each live record."""
        live = [one for one in (*self.crm.records, *self.crm.activities) if one.is_live]
        return {record.key: self.decision(record) for record in live}

    def decision(self, record) -> Decision:
        verdicts = self.verdicts(record)
        missing = self.missing_inputs(record)
        told = [row for row in RULES if row[1] in verdicts]
        first = next(place for place, row in enumerate(told) if verdicts[row[1]] is True)
        _, rule, decision, _ = told[first]
        dependants = self.dependants(record) if decision == "delete" else []
        if LEVEL[decision] and any(
            verdicts[name] is None and other != decision for _, name, other, _ in told[:first]
        ):
            decision, rule = "quarantine", "cannot_be_told"
        elif LEVEL[decision] and any(self.is_needed(one, decision, rule) for one in missing):
            decision, rule = "quarantine", "input_missing"
        elif dependants and decision == "delete":
            decision, rule = "quarantine", "blocked_by_dependant"
        return Decision(
            decision, rule, min(dependants, default=None),
            any(verdicts.get(name, False) is not False for name in PROTECTIONS),
            ", ".join(sorted(missing)) or None, verdicts,
        )  # fmt: skip

    @staticmethod
    def is_needed(missing: str, decision: str, rule: str) -> bool:
        if missing in FOR_ONE_RULE:
            return FOR_ONE_RULE[missing] == rule
        if missing in ONLY_TOLD:
            return False
        if decision == "archive":
            return missing == "accounts"
        return decision == "delete" or missing not in FOR_DELETES

    def verdicts(self, record) -> dict[str, bool | None]:
        verdicts = {
            rule: getattr(self, rule)(record)
            for _, rule, _, objects in RULES
            if record.object_type in objects
        }
        if self.is_contradictory(record):
            verdicts |= {rule: False for rule in verdicts if rule in NOT_WHERE_CONTRADICTORY}
        return verdicts

    # --- Limits ---

    def region(self, record) -> str:
        """The record's own region; a deal's or case's is else its account's."""
        account = self.records.get((A, record.account_id)) if record.object_type in (O, K) else None
        return folded(record.region) or (folded(account.region) if account else "")

    def limits(self, record, kind: str) -> list:
        rows, region = self.policy.limits.get(record.object_type, {}), self.region(record)
        if not region:
            return [row[kind] for row in rows.values()] if "*" in rows else [None]
        return [rows[name][kind] for name in (region, "*") if name in rows][:1]

    def last_cut(self, limits: tuple, instant: datetime) -> datetime | None:
        """The last instant that is so old, by the longest of the limits; None: there is none."""
        if not limits or None in limits:
            return None
        return min(before(instant, limit) for limit in limits)

    def cut(self, record, kind: str, instant: datetime | None = None) -> datetime | None:
        return self.last_cut(tuple(self.limits(record, kind)), instant or self.as_of)

    def is_reached(self, record, kind: str) -> bool | None:
        """Whether the last sign is as old as a limit."""
        cut = self.cut(record, kind)
        if cut is None or self.last_sign_at(record) > cut or self.is_planned_for(record):
            return False
        # What a document names may be archived at most.
        if kind != "archive" and record.key in self.documented:
            return False
        return None if self.is_a_sign_undated(record) else True

    def is_a_sign_undated(self, record) -> bool:
        """Whether a deal of an account was closed, or may have been, and nobody knows when."""
        return record.object_type == A and any(
            self.may_be_closed(deal) and self.closed_at(deal) is None
            for deal in self.opportunities(record)
        )

    # --- Facts ---

    def flag(self, record, name: str) -> tuple[bool | None, bool]:
        """A flag, and whether it is unknown because nothing tells it."""
        value = getattr(record, name, None)
        if name == "opted_out":
            if record.consent_status in ("opted_out", "unsubscribed") or record.email_opt_out:
                value = True
            elif record.consent_status == "opted_in" or record.email_opt_out is False:
                value = False
        if value is not None:
            return value, False
        is_told = (record.object_type, name) in self.crm.columns
        if self.policy.flags[self.crm.crm, name][is_told] == "false":
            return False, False
        return (None, False) if is_told else (False, True)

    def is_absent(self, object_type: str, name: str) -> bool:
        is_told = (object_type, name) in self.crm.columns
        return not is_told and self.policy.flags[self.crm.crm, name][False] != "false"

    def linked(self, *keys: tuple) -> list[Record | None]:
        """The records that links name, None for one that should be landed and is not."""
        return [
            self.records.get(key)
            for key in keys
            if key[1] and (key in self.records or key[0] in self.object_types)
        ]

    def account(self, record) -> list[Record | None]:
        return self.linked((A, record.account_id))

    def contacts(self, account: Record) -> list[Record]:
        return self.of_account[account.record_id, C]

    def opportunities(self, record) -> list[Record | None]:
        """An account's; those of a contact's roles."""
        if record.object_type == A:
            return self.of_account[record.record_id, O]
        return self.linked(*((O, one) for one in self.role_opportunities[record.record_id]))

    def scope(self, record) -> list[tuple]:
        """The keys whose activities are the record's."""
        if record.object_type != A:
            return [record.key]
        related = [*self.contacts(record), *self.opportunities(record)]
        return [record.key, *(one.key for one in related)]

    def activities_of(self, record) -> list[Activity]:
        return [one for key in self.scope(record) for one in self.activities[key]]

    def is_protected_by_policy(self, record, protection: str) -> bool:
        return (self.crm.crm, *record.key, protection) in self.policy.protected

    def held(self, record) -> bool | None:
        if record.object_type == X:
            sources, own = self.linked(*record.links), False
        else:
            sources = self.linked((A, record.account_id), (C, record.contact_id))
            own = self.flag(record, "legal_hold")[0]
        return any_of(
            [
                own,
                self.is_protected_by_policy(record, "legal_hold"),
                *(one and self.held(one) for one in sources),
            ]
        )

    def suppressed(self, record) -> bool | None:
        return any_of(self.flag(record, name)[0] for name in ("do_not_contact", "opted_out"))

    def is_suppression_unknown(self, record) -> bool:
        flags = [self.flag(record, name) for name in ("do_not_contact", "opted_out")]
        unknown = any(value is None or is_absent for value, is_absent in flags)
        return unknown and all(value is not True for value, _ in flags)

    def is_kind(self, opportunity: Record | None, kind: str) -> bool | None:
        if opportunity is None:
            return None
        if opportunity.stage_kind is None:
            return None if self.crm.stages_known else False
        return opportunity.stage_kind == kind

    def deal_is_booked(self, opportunity: Record | None) -> bool | None:
        is_tied = opportunity is not None and opportunity.key in self.financial
        return True if is_tied else self.is_kind(opportunity, "won")

    def booked(self, record) -> bool | None:
        if record.object_type == L:
            return any_of(
                self.deal_is_booked(one) if not one or one.object_type == O else self.booked(one)
                for one in self.linked(*record.converted.items())
            )
        deals = [record] if record.object_type == O else self.opportunities(record)
        accounts = self.account(record) if record.object_type != A else []
        return any_of(
            [
                record.key in self.financial,
                *(self.deal_is_booked(one) for one in deals),
                *(one and self.booked(one) for one in accounts),
            ]
        )

    def open_deal(self, record) -> bool | None:
        deals = [record] if record.object_type == O else self.opportunities(record)
        return any_of(self.is_kind(one, "open") for one in deals if one is None or one.is_live)

    def may_be_closed(self, opportunity: Record) -> bool:
        return any_of(self.is_kind(opportunity, kind) for kind in ("won", "lost")) is not False

    def closed_at(self, opportunity: Record) -> datetime | None:
        if opportunity.stage_kind not in ("won", "lost"):
            return None
        dated = opportunity.close_date
        at = opportunity.closed_by_change_at or opportunity.closed_at
        at = at or (dated if dated and dated <= self.as_of else None)
        return at and max(at, opportunity.created_at)

    def closed_reached(self, opportunity: Record) -> bool | None:
        """Whether an opportunity that was closed was so as long ago as its limit."""
        cut = self.cut(opportunity, "archive")
        if cut is None or self.is_planned_for(opportunity):
            return False
        closed_at = self.closed_at(opportunity)
        return None if closed_at is None else closed_at <= cut

    def done(self, record) -> list[datetime]:
        return [
            one.occurred_at
            for key in self.scope(record)
            for one in self.activities[key]
            if one.is_live
            and not one.is_planned
            and one.status not in EXCLUDED
            and one.occurred_at <= self.as_of
            # What a machine mails is no activity of a person.
            and not (key[0] in (C, L) and one.is_machine_mail)
        ]

    def told_activity(self, record) -> bool:
        at = record.told_activity_at
        return at is not None and at <= self.as_of

    def is_planned_for(self, record) -> bool:
        return any(
            one.is_live and one.is_planned and one.occurred_at > self.as_of
            for one in self.activities_of(record)
        )

    def last_sign_at(self, record) -> datetime:
        signs = [record.created_at, *self.done(record)]
        signs += [at for at, _ in self.engagements(record)]
        if self.told_activity(record):
            signs.append(record.told_activity_at)
        if record.object_type in (C, L) and record.key in self.crm.clusters:
            known_as = self.same_person[self.crm.clusters[record.key].survivor]
            signs += [one.created_at for one in known_as]
        if record.object_type == A:
            signs += [one.created_at for one in self.contacts(record)]
            for deal in self.opportunities(record):
                signs += [deal.created_at, self.closed_at(deal) or deal.created_at]
        return max(signs)

    def engagements(self, record) -> list[tuple[datetime, bool]]:
        """When somebody engaged, and whether that is certain."""
        verdicts = [(one.occurred_at, self.engages(one)) for one in self.activities_of(record)]
        found = [(at, engages is True) for at, engages in verdicts if engages is not False]
        keys = self.scope(record)
        return found + [
            (at, True) for key in keys for at in self.responses[key] if at <= self.as_of
        ]

    def engages(self, activity: Activity) -> bool | None:
        """Whether an activity was something that the other side did."""
        return self.counts(activity, self.policy.engaging)

    def counts(self, activity: Activity, policy: dict) -> bool | None:
        """Whether an activity is of a type and direction that a policy asks for."""
        if not activity.is_live or activity.is_planned or activity.occurred_at > self.as_of:
            return False
        asked = policy.get(activity.type)
        if activity.type is None:
            fits = None
        elif asked is None or asked == "any":
            fits = asked is not None
        elif activity.direction is None:
            # What a machine sent out is often logged without its direction.
            fits = False if activity.is_automated else None
        else:
            fits = asked == activity.direction
        status = None if activity.status is None else activity.status not in EXCLUDED
        return all_of(fits, status)

    def active(self, record) -> bool | None:
        younger = None
        if record.object_type != O:
            younger = not_(self.is_reached(record, "archive"))
        if record.object_type == A:
            return any_of([younger, self.open_deal(record), self.flag(record, "is_customer")[0]])
        if record.object_type == C:
            of_account = (one and self.active(one) for one in self.account(record))
            return any_of([younger, *of_account, self.open_deal(record)])
        if record.object_type == O:
            is_open = self.is_kind(record, "open")
            younger = self.may_be_closed(record) and not_(self.closed_reached(record))
            # Of an unknown kind: active if it is so both open and closed.
            return (younger or None) if is_open is None else any_of([is_open, younger])
        return younger

    def nothing_linked(self, record) -> bool:
        own = [
            one
            for one in self.activities[record.key]
            if one.is_automated is not True or self.engages(one) is not False
        ]
        if own or self.responses[record.key] or record.is_converted:
            return False
        if record.key in self.documented:
            return False
        if record.object_type == L:
            return True
        if self.converted_into[record.key]:
            return False
        if record.object_type == A:
            return not any(self.of_account[record.record_id, one] for one in (C, O, K))
        return not (
            record.account_id
            or self.role_opportunities[record.record_id]
            or self.of_contact[record.record_id]
        )

    def dependants(self, record) -> list[tuple]:
        """The keys of the live records that depend on a record."""
        if record.object_type not in (A, C, L, O):
            return []
        found = [*self.activities[record.key], *self.converted_into[record.key]]
        if record.object_type == A:
            found += [one for kind in (C, O, K) for one in self.of_account[record.record_id, kind]]
        if record.object_type == C:
            found += [*self.of_contact[record.record_id], *self.opportunities(record)]
        keys = [one.key for one in found if one and one.is_live]
        return keys + self.duplicates[record.key]

    def is_contradictory(self, record) -> bool:
        if record.object_type == O:
            return record.stage_kind == "open" and record.closed_at is not None
        if record.object_type != C:
            return False
        left = self.departed_at(record)
        return (record.lawful_basis == "none" and record.consent_status == "opted_in") or (
            left is not None and any(at > left for at, _ in self.engagements(record))
        )

    def departed_at(self, contact: Record) -> datetime | None:
        at = contact.departed_at
        return at if at and at <= self.as_of else None

    def is_hold_absent(self, record) -> bool:
        """Whether nobody can say if the record, or its account, is on legal hold."""
        kind = record.object_type
        holding = [kind, A] if kind in (C, O) and record.account_id else [kind]
        return any(self.is_absent(one, "legal_hold") for one in holding)

    def missing_inputs(self, record) -> set[str]:
        kind = record.object_type
        missing = {"unreadable rows"} if record.key in self.crm.unreadable and kind != K else set()
        if kind == K:
            return missing
        holding = [one for one in self.linked(*record.links) if one] if kind == X else [record]
        if any(self.is_hold_absent(one) for one in holding):
            missing.add("legal_hold")
        if kind == X:
            if not {A, C, L, O} & self.object_types <= self.crm.linked:
                missing.add("activity links")
            return missing
        if kind in (C, L):
            for name, told in (("opted_out", "consent"), ("do_not_contact", "do_not_contact")):
                value, is_absent = self.flag(record, name)
                if value is None or is_absent:
                    missing.add(told)
        tables = {
            A: ["contacts", "opportunities", "cases", "activities"],
            C: ["cases", "opportunities", "contact_roles", "activities"],
            L: ["activities"],
            O: ["contacts", "contact_roles", "activities"],
        }
        missing |= {table for table in tables[kind] if table not in self.crm.tables}
        if kind in (A, C) and self.name_none(K, kind):
            missing.add("cases")
        if kind == A and self.name_none(O, A):
            missing.add("opportunities")
        if kind == O and A in self.object_types and self.name_none(O, A):
            missing.add("accounts of deals")
        asked = {kind, *({A, C} & self.object_types if kind == O else ())}
        if "activities" in tables[kind] and not asked <= self.crm.linked:
            missing.add("activities")
        if kind in (A, C) and not self.crm.stages_known:
            missing.add("stages")
        if kind == C and self.is_account_untold(record):
            missing.add("accounts")
        if kind == A and C in self.object_types and self.is_account_untold(record):
            missing.add("contacts")
        if kind == O and C in self.object_types and not self.are_accounts_told():
            missing.add("contacts")
        if kind in (A, C) and A in self.object_types:
            flags = ("is_customer", "is_partner", "is_strategic")
            missing |= {flag for flag in flags if self.is_absent(A, flag)}
        for name, objects in (("phone", (C, L)), ("amount", (O,)), ("loss_reason", (O,))):
            if kind in objects and (kind, name) not in self.crm.columns:
                missing.add(name)
        return missing

    def is_account_untold(self, record) -> bool:
        """Whether a contact's account cannot be seen, or nobody's is told."""
        if A not in self.object_types:
            return record.account_id is not None
        return not self.are_accounts_told()

    def name_none(self, object_type: str, kind: str) -> bool:
        """Whether there are such records and none names one of the kind."""
        named = [
            one.account_id if kind == A else one.contact_id
            for one in self.crm.records
            if one.object_type == object_type
        ]
        return bool(named) and not any(named)

    def are_accounts_told(self) -> bool:
        return any(one.account_id for one in self.crm.records if one.object_type == C)

    # --- Rules ---

    def legal_hold(self, record) -> bool | None:
        return self.held(record)

    def open_case(self, record) -> bool:
        if record.object_type == K:
            return not record.is_closed
        cases = list(self.of_contact[record.record_id]) if record.object_type == C else []
        if record.object_type == A:
            cases += self.of_account[record.record_id, K]
            for contact in self.contacts(record):
                cases += self.of_contact[contact.record_id]
        return any(one.is_live and not one.is_closed for one in cases)

    def active_obligation(self, record) -> bool:
        return record.key in self.crm.obligations or self.is_protected_by_policy(
            record, "obligation"
        )

    def suppressed_past_retention(self, record) -> bool:
        return self.suppressed(record) is True and self.is_reached(record, "suppression")

    def suppressed_within_retention(self, record) -> bool:
        return self.suppressed(record) is True and not self.is_reached(record, "suppression")

    def rescued(self, record) -> bool:
        reviews = self.policy.reviews.get((self.crm.crm, *record.key), [])
        seen = [one for one in reviews if one[0] <= self.as_of]
        at, decision = max(seen, default=(None, None))
        since = before(self.as_of, (self.policy.rescue_months, "months"))
        return decision == "rescue" and at >= since

    def booked_revenue_active(self, record) -> bool | None:
        return all_of(self.booked(record), self.active(record))

    def booked_revenue_inactive(self, record) -> bool | None:
        return all_of(self.booked(record), not_(self.active(record)))

    def active_customer(self, record) -> bool | None:
        accounts = [record] if record.object_type == A else self.account(record)
        return any_of(one and self.flag(one, "is_customer")[0] for one in accounts)

    def open_opportunity(self, record) -> bool | None:
        is_open = self.open_deal(record)
        if record.object_type == C and "contact_roles" not in self.crm.tables and not is_open:
            of_account = any_of(one and self.open_deal(one) for one in self.account(record))
            return is_open if of_account is False else None
        return is_open

    def partner_or_strategic(self, record) -> bool | None:
        accounts = [record] if record.object_type == A else self.account(record)
        flags = [
            one and self.flag(one, name)[0]
            for one in accounts
            for name in ("is_partner", "is_strategic")
        ]
        sources = [record, *(one for one in accounts if one)]
        return any_of([*flags, *(self.is_protected_by_policy(one, "strategic") for one in sources)])

    def departed(self, record) -> bool:
        return self.departed_at(record) is not None

    def re_engage_lost_opportunity(self, record) -> bool | None:
        return all_of(self.is_kind(record, "lost"), any_of(v for _, v in self.signals(record)))

    def re_engage_dormant_contact(self, record) -> bool:
        first = min((at for at, verdict in self.signals(record) if verdict), default=None)
        if first is None:
            return False
        earlier = [at for at in self.done(record) if at < first]
        cut = self.cut(record, "archive", first)
        return cut is not None and max([record.created_at, *earlier]) <= cut

    def signals(self, record) -> list[tuple[datetime, bool | None]]:
        """The fresh signals of a deal or contact that belong to no other deal."""
        people = {record.record_id} if record.object_type == C else set()
        keys, has_open = {record.key}, False
        if record.account_id:
            has_open = any_of(map(self.is_open, self.of_account[record.account_id, O]))
        if record.object_type == O:
            people = set(self.role_contacts[record.record_id])
            if record.account_id:
                keys.add((A, record.account_id))
                people |= {one.record_id for one in self.of_account[record.account_id, C]}
        # What is named, when, whether it is a signal, by whom, and of which deals.
        told = {}
        for key in keys | {(C, one) for one in people}:
            for one in self.activities[key]:
                by = {name for kind, name in one.links if kind == C and name in people}
                deals = {link for link in one.links if link[0] == O}
                told[one.record_id] = (
                    one.occurred_at, self.counts(one, self.policy.signalling), by, deals
                )  # fmt: skip
            for number, at in enumerate(self.responses[key] if key[0] == C else ()):
                told[key, number] = (at, at <= self.as_of, {key[1]}, set())
            # That somebody moved does not mean that he got in touch.
            if record.object_type == O and key[0] == C and self.policy.signalling["role_change"]:
                for at in self.role_changes[key[1]]:
                    told[key, at] = (at, True, {key[1]}, set())
        since = before(self.as_of, (self.policy.signal_months, "months"))
        found = []
        for at, verdict, by, deals in told.values():
            if at < since or (deals and record.key not in deals):
                continue
            of_others = [] if deals else [self.is_on_open_deal(one) for one in by]
            verdict = all_of(verdict, not_(any_of([has_open, *of_others])))
            if record.object_type == O:
                verdict = all_of(verdict, self.is_after_loss(record, at))
            found.append((at, verdict))
        return found

    def is_open(self, opportunity: Record) -> bool | None:
        return self.is_kind(opportunity, "open") if opportunity.is_live else False

    def is_on_open_deal(self, contact_id: str) -> bool | None:
        keys = [(O, one) for one in self.role_opportunities[contact_id]]
        return any_of(self.is_open(self.records[key]) for key in keys if key in self.records)

    def is_after_loss(self, opportunity: Record, at: datetime) -> bool | None:
        closed_at = self.closed_at(opportunity)
        if closed_at is None or at <= closed_at:
            return None if closed_at is None else False
        is_exact = opportunity.closed_by_change_at or opportunity.closed_at
        return True if is_exact or at.date() > closed_at.date() else None

    def engaged(self, record) -> bool:
        since = before(self.as_of, (self.policy.engagement_months, "months"))
        return any(at >= since for at, _ in self.engagements(record))

    def test_or_spam(self, record) -> bool:
        return self.nothing_linked(record) and self.is_named_junk(record)

    def is_named_junk(self, record) -> bool:
        texts = {one: getattr(record, one) for one in ("name", "domain", "email", "company")}
        return any(
            object_type in ("*", record.object_type)
            and folded(texts[name])
            and pattern.fullmatch(folded(texts[name])) is not None
            for object_type, name, pattern in self.policy.junk
        )

    def disposable_or_invalid_email(self, record) -> bool:
        email = folded(unless_blank(record.email))
        is_address = re.search(".@.+[.].", email, re.DOTALL) is not None
        is_bad = not is_address or email.split("@")[1] in self.policy.disposable
        has_phone = unless_blank(record.phone) is not None
        return bool(email) and is_bad and not has_phone and self.nothing_linked(record)

    def duplicate_no_own_value(self, record) -> bool:
        duplicate = self.crm.clusters.get(record.key)
        return (
            duplicate is not None
            and not duplicate.is_survivor
            and duplicate.is_deterministic
            and duplicate.n_own_values == 0
            and self.nothing_linked(record)
            and self.last_sign_at(record) < self.as_of - self.policy.recent
        )

    def mistaken_deal(self, record) -> bool | None:
        closed_at, is_soon = self.closed_at(record), None
        is_exact = record.closed_by_change_at or record.closed_at
        if closed_at and is_exact and record.has_creation_date:
            is_soon = closed_at <= record.created_at + self.policy.mistake
        return all_of(
            self.is_kind(record, "lost"),
            is_soon,
            not record.amount,
            self.is_untouched(record),
        )

    def is_untouched(self, deal: Record) -> bool:
        return not (
            self.activities[deal.key]
            or self.role_contacts[deal.record_id]
            or deal.key in self.documented
        )

    def test_deal(self, record) -> bool | None:
        return all_of(
            self.is_named_junk(record), self.is_untouched(record), self.is_kind(record, "lost")
        )

    def duplicate_deal(self, record) -> bool | None:
        last = self.closed_at(record) or record.created_at
        return all_of(
            record.record_id in self.crm.duplicate_deals,
            self.is_untouched(record),
            self.is_kind(record, "lost"),
            last < self.as_of - self.policy.recent,
        )

    def double_logged_activity(self, record) -> bool:
        is_timed = record.occurred_at != record.occurred_at.replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        copies = self.copies.get(record.is_logged_as, [record.record_id])
        return (
            record.type in ("call", "email", "meeting")
            and is_timed
            and not record.is_planned
            and record.record_id != min(copies)
        )

    def system_noise(self, record) -> bool:
        return (
            record.is_automated is True
            and not record.is_planned
            and record.type in ("task", "note")
            and record.occurred_at <= self.as_of - self.policy.noise
        )

    def no_lawful_basis_approved(self, record) -> bool | None:
        is_approved = any(
            rule == "no_lawful_basis_approved"
            and crm in ("*", self.crm.crm)
            and folded(region) in ("*", folded(record.region))
            and at <= self.as_of
            for rule, crm, region, at in self.policy.approvals
        )
        return all_of(self.no_lawful_basis(record), self.nothing_linked(record), is_approved)

    def no_lawful_basis(self, record) -> bool | None:
        return all_of(
            record.lawful_basis == "none",
            record.consent_status != "opted_in",
            *(False if is_certain else None for _, is_certain in self.engagements(record)),
        )

    def activity_of_deleted_record(self, record) -> bool | None:
        linked = [self.records.get(key) for key in record.links]
        if not any(linked):
            return False
        is_gone = [one and not (one.is_live or one.is_merged) for one in linked]
        return all_of(record.is_automated, *is_gone)

    def past_retention(self, record) -> bool:
        kinds = ["anonymize"]
        kinds += ["suppression"] if self.is_suppression_unknown(record) else []
        return self.is_age_told(record) and all(self.is_reached(record, kind) for kind in kinds)

    def is_age_told(self, record) -> bool:
        """Whether anything tells of signs of life of such records."""
        tables = {"activities", "opportunities"} if record.object_type == A else {"activities"}
        return bool(tables & self.crm.tables) or record.object_type in self.with_activities

    def contact_inactive(self, record) -> bool | None:
        return all_of(self.is_age_told(record), self.is_reached(record, "archive"))

    account_inactive = contact_inactive

    def lead_inactive(self, record) -> bool | None:
        status = folded(record.status)
        nurtured = any((crm, status) in self.policy.nurture for crm in ("*", self.crm.crm))
        is_known = record.stage_kind or any(
            pattern.fullmatch(status) for pattern, _ in self.policy.status_kinds
        )
        return all_of(
            self.is_age_told(record) and self.is_reached(record, "archive"),
            False if nurtured else True if is_known else None,
        )

    def closed_lost_no_reason(self, record) -> bool | None:
        return all_of(
            self.is_kind(record, "lost"),
            self.closed_reached(record),
            (O, "loss_reason") in self.crm.columns and unless_blank(record.loss_reason) is None,
        )

    def opportunity_closed(self, record) -> bool | None:
        closed = any_of(self.is_kind(record, kind) for kind in ("won", "lost"))
        return all_of(closed, self.closed_reached(record))

    def case_closed(self, record) -> bool | None:
        cut = self.cut(record, "archive")
        if not record.is_closed or cut is None or self.is_planned_for(record):
            return False
        return None if record.closed_at is None else record.closed_at <= cut

    def activity_old(self, record) -> bool:
        cut = self.cut(record, "archive")
        return cut is not None and record.occurred_at <= cut

    def contradictory(self, record) -> bool:
        return self.is_contradictory(record)

    def doubt(self, record) -> bool:
        if record.owner_id is not None or record.has_creation_date:
            return False
        if record.object_type == K:
            return not (record.account_id or record.contact_id or record.closed_at)
        if record.object_type == O:
            return not (
                record.close_date
                or record.account_id
                or self.role_contacts[record.record_id]
                or self.activities[record.key]
            )
        is_dated = self.done(record) or self.told_activity(record) or self.is_planned_for(record)
        return not is_dated and self.nothing_linked(record)

    def nothing_applies(self, record) -> bool:
        return True


def _once(method):
    """A method of a record that is computed once for each record."""
    known = {}

    def told(record):
        if record.key not in known:
            known[record.key] = method(record)
        return known[record.key]

    return told
