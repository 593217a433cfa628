"""Data health on the demo: counted anew in plain Python from the staging tables, day by day."""

import datetime as dt
from collections import Counter, defaultdict
from decimal import Decimal
from functools import cached_property
from statistics import median

import pytest
from conftest import Warehouse

from crm_hygiene import docs

REQUIRED = defaultdict(list)
for row in docs.seed("required_fields"):
    REQUIRED[row["object_type"]].append((row["field"], row["asked_from"]))
METRICS = {row["metric"]: row for row in docs.seed("health_metrics")}
NOT_HELD = {"canceled", "cancelled", "no_show", "rescheduled", "bounced"}
PLACEHOLDERS = {row["placeholder"] for row in docs.seed("blank_placeholders")} | {"null", ""}
# The staging column of a required field where it has another name.
COLUMNS = {
    ("account", "name"): "account_name",
    ("opportunity", "name"): "opportunity_name",
    ("opportunity", "type"): "opportunity_type",
}
EITHER = {
    "email_or_phone": ("email", "phone"),
    "account_or_contact": ("account_id", "contact_id"),
}


def rows(warehouse: Warehouse, relation: str) -> list[dict]:
    """The rows of a relation, column -> value."""
    columns = [name for name, *_ in warehouse.sql(f"describe {relation}")]
    return [dict(zip(columns, row, strict=True)) for row in warehouse.sql(f"from {relation}")]


def is_blank(value) -> bool:
    return value is None or str(value).strip().lower() in PLACEHOLDERS


class Crm:
    """The records of the warehouse as they were at as_of, read from the staging tables."""

    def __init__(self, warehouse: Warehouse, as_of: dt.datetime):
        self.as_of = as_of
        self.changes = defaultdict(list)
        self.told_from: dict[tuple, dt.datetime] = {}
        for change in rows(warehouse, "staging.stg_crm__told_changes"):
            field = (change["crm"], change["object_type"], change["field"])
            first = self.told_from.get(field, change["changed_at"])
            self.told_from[field] = min(first, change["changed_at"])
            if change["change_class"] == "effective" and not change["is_orphan"]:
                key = (change["crm"], change["object_type"], change["record_id"], change["field"])
                self.changes[key].append(change)
        self.active_users = {
            (user["crm"], user["user_id"])
            for user in rows(warehouse, "staging.stg_crm__users")
            if user["is_active"]
        }
        self.kinds = {
            (
                stage["crm"],
                stage["pipeline"] if stage["crm"] == "hubspot" else None,
                stage["stage"],
            ): stage["kind"]
            for stage in rows(warehouse, "staging.stg_crm__stages")
            if stage["object_type"] == "opportunity"
        }
        self.places, self.first_milestones = {}, {}
        for stage in rows(warehouse, "staging.stg_crm__stages"):
            if stage["object_type"] == "opportunity":
                pipeline = stage["pipeline"] if stage["crm"] == "hubspot" else None
                place = stage["stage_order"]
                self.places[stage["crm"], pipeline, stage["stage"]] = place
                if stage["is_milestone"]:
                    first = self.first_milestones.get((stage["crm"], pipeline), place)
                    self.first_milestones[stage["crm"], pipeline] = min(first, place)
        self.duplicates = {
            cluster["record_key"]
            for cluster in rows(warehouse, "intermediate.int_identity__clusters")
            if not cluster["is_survivor"]
        }
        done = {
            (activity["crm"], activity["activity_id"]): activity
            for activity in rows(warehouse, "staging.stg_crm__activities")
            if activity["is_live"]
            and not activity["is_planned"]
            and activity["status"] not in NOT_HELD
        }
        self.touched = defaultdict(list)
        for link in rows(warehouse, "staging.stg_crm__activity_links"):
            activity = done.get((link["crm"], link["activity_id"]))
            if activity is None or activity["occurred_at"] > as_of:
                continue
            # What a machine mails is no activity of a person.
            is_mail = activity["activity_type"] == "email" and activity["direction"] != "inbound"
            if is_mail and activity["is_automated"]:
                continue
            key = (link["crm"], link["object_type"], link["record_id"])
            self.touched[key].append(activity["occurred_at"])
        self.records = defaultdict(list)
        self.filled = set()
        # Where nobody ever bounced, bounces are not landed.
        self.bouncing = set()
        segments = {}
        for object_type in ("account", "contact", "lead", "opportunity", "case"):
            relation = {"opportunity": "opportunities"}.get(object_type, f"{object_type}s")
            for record in rows(warehouse, f"staging.stg_crm__{relation}"):
                record["id"] = record[f"{object_type}_id"]
                for field in ("stage", "status", "owner_id", "amount", "close_date", "lead_source"):
                    self.set_as_of(record, object_type, field)
                for field in ("next_step", "consent_status", "do_not_contact", "loss_reason"):
                    self.set_as_of(record, object_type, field)
                if object_type == "account":
                    segments[record["crm"], record["id"]] = record["segment"]
                elif object_type in ("contact", "case"):
                    record["segment"] = segments.get((record["crm"], record["account_id"]))
                self.filled |= {
                    (record["crm"], object_type, field)
                    for field, _ in REQUIRED[object_type]
                    if not self.lacks(record, object_type, field)
                }
                if self.was_there(record):
                    self.records[object_type].append(record)
                    if record.get("is_hard_bounced"):
                        self.bouncing.add(record["crm"])

    def was_there(self, record: dict) -> bool:
        """Whether a record was made by then, and is live or was deleted later."""
        is_gone = not record["is_live"] and (
            record["deleted_at"] is None or record["deleted_at"] <= self.as_of
        )
        return not is_gone and record["created_at"] <= self.as_of

    def set_as_of(self, record: dict, object_type: str, field: str) -> None:
        """Give the record the value that the field's history tells, where it has one."""
        changes = self.changes.get((record["crm"], object_type, record["id"], field), [])
        changes.sort(key=lambda change: change["change_number"])
        seen = [change for change in changes if change["changed_at"] <= self.as_of]
        if field == "close_date" and changes:
            told = seen[-1]["new_value"] if seen else changes[0]["old_value"]
            record[field] = dt.date.fromisoformat(told[:10]) if told else None
        elif changes:
            record[field] = seen[-1]["new_value"] if seen else changes[0]["old_value"]

    def kind(self, deal: dict) -> str | None:
        return self.kinds.get((deal["crm"], deal["pipeline"], deal["stage"]))

    def days_in_stage(self, deal: dict) -> Decimal:
        changes = self.changes.get((deal["crm"], "opportunity", deal["id"], "stage"), [])
        seen = [c["changed_at"] for c in changes if c["changed_at"] <= self.as_of]
        stay = self.as_of - max(seen, default=deal["created_at"])
        microseconds = stay // dt.timedelta(microseconds=1)
        return round(Decimal(microseconds) / (86400 * 10**6), 6)

    def lacks(self, record: dict, object_type: str, field: str) -> bool:
        if field in EITHER:
            return all(self.lacks(record, object_type, one) for one in EITHER[field])
        return is_blank(record[COLUMNS.get((object_type, field), field)])

    def is_asked(self, record: dict, object_type: str, field: str, asked_from: str) -> bool:
        """Whether a field is landed at all, and the record is where it can be known."""
        if (record["crm"], object_type, field) not in self.filled:
            return False
        if asked_from == "always":
            return True
        kind = self.kind(record)
        if asked_from != "milestone":
            return kind in (("won", "lost") if asked_from == "closed" else (asked_from,))
        place = self.places.get((record["crm"], record["pipeline"], record["stage"]))
        first = self.first_milestones.get((record["crm"], record["pipeline"]))
        return kind == "won" or (kind == "open" and first is not None and place >= first)

    @cached_property
    def worked_accounts(self) -> set[tuple]:
        """The accounts that an open deal names."""
        return {
            (deal["crm"], deal["account_id"])
            for deal in self.records["opportunity"]
            if self.kind(deal) == "open"
        }

    def missing(self, object_type: str, record: dict) -> list[str]:
        return sorted(
            field
            for field, asked_from in REQUIRED[object_type]
            if self.is_asked(record, object_type, field, asked_from)
            and self.lacks(record, object_type, field)
        )

    def verdicts(self, object_type: str, record: dict) -> dict:
        """The verdict of each metric that applies to the record."""
        crm = record["crm"]
        found = {
            "missing_required_fields": bool(self.missing(object_type, record)),
        }
        is_owned = (crm, record["owner_id"]) in self.active_users
        if object_type in ("account", "contact", "lead"):
            found["duplicate_rate"] = record["record_key"] in self.duplicates
            found["owned_by_inactive_user"] = not is_owned
        # What was merged since had deals and activities that are the survivor's today.
        if object_type == "account" and not record["is_merged"]:
            found["accounts_with_open_opportunity"] = (crm, record["id"]) in self.worked_accounts
        if object_type == "contact" and not record["is_merged"]:
            touched = self.touched.get((crm, "contact", record["id"]), [])
            start = self.as_of - dt.timedelta(days=90)
            found["contacts_active_90d"] = any(instant > start for instant in touched)
        if object_type in ("contact", "lead"):
            found["consent_coverage"] = record["consent_status"] in (
                "opted_in",
                "opted_out",
                "unsubscribed",
            )
            found["do_not_contact"] = str(record["do_not_contact"]).lower() == "true"
            if crm in self.bouncing and not is_blank(record["email"]):
                found["hard_bounced"] = bool(record["is_hard_bounced"])
        if object_type == "opportunity" and self.kind(record) == "open":
            found["owned_by_inactive_user"] = not is_owned
            found["past_close_no_next_step"] = is_blank(record["next_step"]) and (
                record["close_date"] is not None and record["close_date"] < self.as_of.date()
            )
            found["time_in_stage"] = self.days_in_stage(record)
        if object_type == "opportunity" and self.kind(record) == "lost":
            found["closed_lost_no_reason"] = is_blank(record["loss_reason"])
        return found


def counted(crm: Crm) -> dict[tuple, list]:
    """The verdicts by CRM, metric, object type and segment."""
    found = defaultdict(list)
    for object_type, records in crm.records.items():
        for record in records:
            for metric, verdict in crm.verdicts(object_type, record).items():
                for segment in (record["segment"], "all"):
                    found[record["crm"], metric, object_type, segment].append(verdict)
    return found


def compare_day(warehouse: Warehouse, crm: Crm) -> None:
    """Fail where the day of the CRM's as_of is not what plain Python counts."""
    expected = {}
    for key, verdicts in counted(crm).items():
        middle = median(verdicts) if key[1] == "time_in_stage" else None
        expected[key] = (sum(map(Decimal, verdicts)), len(verdicts), middle)
    found = {
        (row["crm"], row["metric"], row["object_type"], row["segment"]): (
            row["numerator"],
            row["denominator"],
            row["median_value"],
        )
        for row in rows(warehouse, "marts.data_health_daily")
        if row["as_of"] == crm.as_of and row["status"] != "not_landed"
    }
    assert found.keys() == expected.keys()
    for key, (numerator, denominator, middle) in expected.items():
        assert found[key][1] == denominator, key
        # Each record's days are rounded to a millionth.
        tolerance = denominator * Decimal("0.000001") if key[1] == "time_in_stage" else 0
        assert abs(found[key][0] - numerator) <= tolerance, key
        assert (middle is None) == (found[key][2] is None), key
        assert middle is None or abs(found[key][2] - middle) < Decimal("0.00001"), key


@pytest.fixture(scope="module")
def crm(demo):
    """The demo as of its own as_of."""
    [(as_of,)] = demo.sql("select distinct as_of from marts.data_health_daily")
    return Crm(demo, as_of)


def test_every_metric_is_counted_right(demo, crm):
    found = {key[1] for key in counted(crm)}
    assert found == set(METRICS), "a metric that the demo says nothing of"
    compare_day(demo, crm)


def test_every_finding_is_listed_and_graded(demo, crm):
    dirty = {(row["record_key"], row["archetype"]) for row in rows(demo, "marts.dirty_records")}
    expected, live = set(), defaultdict(set)
    for object_type, records in crm.records.items():
        for record in records:
            live[record["crm"], object_type].add(record["record_key"])
            live[record["crm"], "all"].add(record["record_key"])
            expected |= {
                (record["record_key"], metric)
                for metric, verdict in crm.verdicts(object_type, record).items()
                if METRICS[metric]["is_finding"] == "true" and verdict
            }
    expected |= {(key, archetype) for key, archetype in dirty if key in set().union(*live.values())}
    listed = rows(demo, "marts.data_health_findings")
    assert {(row["record_key"], row["finding"]) for row in listed} == expected
    faulty = {key for key, _ in expected}
    grades = rows(demo, "marts.data_health_grades")
    assert {
        (row["crm"], row["object_type"]): (row["n_live_records"], row["n_without_finding"])
        for row in grades
    } == {key: (len(keys), len(keys - faulty)) for key, keys in live.items()}


def test_missing_required_fields_are_named(demo, crm):
    listed = {
        row["record_key"]: row["detail"]
        for row in rows(demo, "marts.data_health_findings")
        if row["finding"] == "missing_required_fields"
    }
    assert listed == {
        record["record_key"]: ", ".join(missing)
        for object_type, records in crm.records.items()
        for record in records
        if (missing := crm.missing(object_type, record))
    }


def test_an_inactive_owners_records_go_to_the_manager_else_the_accounts_owner(demo):
    """Told from the staging tables; the policy names no queue by default."""
    users = {(u["crm"], u["user_id"]): u for u in rows(demo, "staging.stg_crm__users")}
    records = {r["record_key"]: r for r in rows(demo, "intermediate.int_crm__records")}
    accounts = {
        (r["crm"], r["record_id"]): r["owner_id"]
        for r in records.values()
        if r["object_type"] == "account" and r["is_live"]
    }

    def works(crm, user):
        return user is not None and users.get((crm, user), {"is_active": False})["is_active"]

    def proposed(record):
        crm = record["crm"]
        manager = users.get((crm, record["owner_id"]), {}).get("manager_id")
        if works(crm, manager):
            return manager, "manager"
        colleague = accounts.get((crm, record["account_id"]))
        return (colleague, "account_owner") if works(crm, colleague) else (None, "none")

    listed = {
        row["record_key"]: (row["proposed_owner_id"], row["proposed_from"])
        for row in rows(demo, "marts.owner_reassignments")
    }
    details = {row["record_key"]: row["detail"] for row in rows(demo, "marts.owner_reassignments")}
    shown = {
        row["record_key"]: row["detail"]
        for row in rows(demo, "marts.data_health_findings")
        if row["finding"] == "owned_by_inactive_user"
    }
    assert {source for _, source in listed.values()} == {"manager", "account_owner", "none"}
    assert {records[key]["object_type"] for key in listed} >= {"account", "contact"}
    assert listed == {key: proposed(records[key]) for key in listed}
    # No case of the demo has an inactive owner.
    assert shown == details


def test_dead_data_is_what_the_inventory_counts_ranked(demo):
    told = rows(demo, "marts.dead_data")
    judged = [row for row in told if row["status"] == "measured"]
    assert {row["dimension"] for row in judged} == {"all", "owner", "segment", "lead_source"}
    counts = ("n_records", "n_stale_12m", "n_stale_24m")
    inventory = defaultdict(Counter)
    for row in rows(demo, "marts.crm_inventory"):
        inventory[row["crm"], row["object_type"]].update({count: row[count] for count in counts})
    found = defaultdict(Counter)
    for row in judged:
        key = (row["crm"], row["object_type"], row["dimension"])
        found[key].update({count: row[count] for count in counts})
    assert all(total == inventory[key[:2]] for key, total in found.items())
    for row in judged:
        peers = [one for one in judged if (one["crm"], one["dimension"]) == key_of(row)]
        place = 1 + sum(one["n_stale_12m"] > row["n_stale_12m"] for one in peers)
        assert row["stale_rank"] == (place if row["n_stale_12m"] else None)
    # No activity of the demo names a case.
    assert {row["object_type"] for row in told if row["status"] == "not_landed"} == {"case"}


def key_of(row):
    """The list in which a row of dead_data has its place."""
    return row["crm"], row["dimension"]


def test_histories_tell_a_day_as_it_was_measured(copy, crm):
    """Looked at as of the build itself, the histories tell what the build measured."""
    copy.sql(
        "create or replace table intermediate.int_health__rebuilt_days as select "
        f"date '{crm.as_of.date()}' as metric_date, timestamp '{crm.as_of}' as seen_at"
    )
    variables = {"as_of": crm.as_of.isoformat()}
    models = ["int_health__rebuilt_touches", "int_health__rebuilt_values"]
    result = copy.dbt("run", "--select", *models, variables=variables)
    assert result.success, result.exception
    columns = "crm, metric, object_type, numerator, denominator, status"
    rebuilt = set(copy.sql(f"select {columns} from intermediate.int_health__rebuilt_values"))
    assert {row[1] for row in rebuilt} == {
        "past_close_no_next_step",
        "closed_lost_no_reason",
        "time_in_stage",
        "consent_coverage",
        "do_not_contact",
        "contacts_active_90d",
        "accounts_with_open_opportunity",
    }
    measured = copy.sql(f"select {columns} from marts.data_health_daily where segment = 'all'")
    assert rebuilt <= set(measured)


# What tells a metric of an earlier day: whose history, and of which fields. Activities have dates
# of their own; what else the metrics read (owners' log-ins, addresses, duplicates) has no history.
TOLD_BY = {
    "past_close_no_next_step": ("opportunity", ["stage", "close_date", "next_step"]),
    "closed_lost_no_reason": ("opportunity", ["stage", "loss_reason"]),
    "time_in_stage": ("opportunity", ["stage"]),
    "accounts_with_open_opportunity": ("opportunity", ["stage"]),
    "consent_coverage": (None, ["consent_status"]),
    "do_not_contact": (None, ["do_not_contact"]),
}


def is_told(then: Crm, crm: str, metric: str, object_type: str) -> bool:
    """Whether the histories reach back to the day, for a metric of an object."""
    if metric == "contacts_active_90d":
        window = dt.timedelta(days=90)
        touched = [
            instants for key, instants in then.touched.items() if key[:2] == (crm, "contact")
        ]
        return any(
            then.as_of - 2 * window < instant <= then.as_of - window
            for instants in touched
            for instant in instants
        )
    if metric not in TOLD_BY:
        return False
    teller, fields = TOLD_BY[metric]
    keys = [(crm, teller or object_type, field) for field in fields]
    return all(then.told_from.get(key, dt.datetime.max) <= then.as_of for key in keys)


def test_earlier_days_are_as_the_histories_tell(demo):
    """Every rebuilt figure of every earlier day is counted anew; no other metric has one."""
    landed = {
        (row["crm"], row["metric"], row["object_type"])
        for row in rows(demo, "marts.data_health_daily")
        if row["status"] != "not_landed"
    }
    found = defaultdict(dict)
    for row in rows(demo, "marts.data_health_rebuilt"):
        key = (row["crm"], row["metric"], row["object_type"])
        found[row["metric_date"]][key] = (row["numerator"], row["denominator"])
        assert row["is_rebuilt"] and row["segment"] == "all"
    days = rows(demo, "intermediate.int_health__rebuilt_days")
    assert len(days) == 20 and any(found.values())
    for day in days:
        then = Crm(demo, day["seen_at"])
        expected = defaultdict(list)
        for (crm, metric, object_type, segment), verdicts in counted(then).items():
            is_whole = segment == "all" and (crm, metric, object_type) in landed
            if is_whole and is_told(then, crm, metric, object_type):
                expected[crm, metric, object_type] = verdicts
        assert found[day["metric_date"]].keys() == expected.keys(), day
        for key, verdicts in expected.items():
            numerator, denominator = found[day["metric_date"]][key]
            assert denominator == len(verdicts), (day, key)
            assert abs(numerator - sum(map(Decimal, verdicts))) <= Decimal("0.001"), (day, key)


def test_a_past_day_stands_beside_the_others(copy, crm):
    """A run at an earlier as_of adds its day, right for that day, and leaves the other alone."""
    before = sorted(copy.sql("from marts.data_health_daily"), key=repr)
    earlier = crm.as_of - dt.timedelta(days=40)
    variables = {"as_of": earlier.isoformat()}
    result = copy.dbt("run", "--select", "+data_health_daily", variables=variables)
    assert result.success, result.exception
    days = copy.sql("select distinct as_of from marts.data_health_daily order by as_of")
    assert days == [(earlier,), (crm.as_of,)]
    later = f"from marts.data_health_daily where as_of = timestamp '{crm.as_of}'"
    assert sorted(copy.sql(later), key=repr) == before
    compare_day(copy, Crm(copy, earlier))
