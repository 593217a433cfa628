"""Thousands of small random histories, through the models and through plain Python.

The Python half follows the written definitions and shares nothing with the SQL. All histories stand
in one landing, so that one run of dbt tests them all.
"""

import json
import random
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
from conftest import Warehouse

AS_OF = datetime(2026, 1, 31, 12)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
N_RECORDS = 4000

PLACEHOLDERS = ["tbd", "n/a", "na", "none", "-", "--", ".", "x", "xx", "xxx", "?", "unknown"]
PLACEHOLDERS += ["test", "asdf", "null"]
WHITE_SPACE = " \t\n\r\v\f\u00a0\u200b\ufeff"
BLANKS = [None, "", " \t", "\u00a0", "TBD", " n/a\t", "Null", "None ", "xxx", "?"]

# stage: order, kind, whether it is a milestone
STAGES = {
    "new": (1, "open", False),
    "proposal": (2, "open", True),
    "commit": (3, None, True),
    "won": (4, "won", False),
    "lost": (5, "lost", False),
}
# user: team, kind
USERS = {
    "ann": ("ae", "human"),
    "bob": ("sdr", "human"),
    "line": (None, "queue"),
    "bot": (None, "automation"),
}

STAGE_FIELD = {"opportunity": "stage", "lead": "status"}
VALUES = {
    # The last two are in no list as they are spelt: white space around a value makes another value.
    "stage": [*STAGES, "renamed", " new "],
    "status": [*STAGES, "renamed", "New"],
    "owner_id": [*USERS, "gone"],
    "amount": ["0", "100", "100.5"],
    "close_date": ["2026-02-01", "2026-02-28"],
    "next_step": ["call", "Call", "x-ray"],
    "Competitor__c": ["Acme", "acme"],
}
FIELDS = {
    "opportunity": [*VALUES, "stage", "stage", "owner_id"],
    "lead": ["status", "status", "status", "owner_id", "Competitor__c"],
}
FIELDS["opportunity"].remove("status")


# --- A random landing: every value as text, and under keys with a leading * what it means ---


def meaning(stage: str | None) -> tuple[int | None, str | None, bool]:
    """Order, kind and milestone of a stage, however it is spelt."""
    return STAGES.get((stage or "").strip().lower(), (None, None, False))


class Landing:
    """The landed rows of many small histories, each with as many traps as fit."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.n_rows = 0
        self.tables = {"opportunities": [], "leads": [], "changes": []}
        for number in range(N_RECORDS):
            self.add_history("lead" if number % 5 == 0 else "opportunity", f"{number:04d}")

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def land(self, table: str, row: dict) -> None:
        self.n_rows += 1
        loaded_at = AS_OF - 30 * DAY + self.n_rows * SECOND
        self.tables[table].append({**row, "_loaded_at": str(loaded_at), "*loaded": self.n_rows})

    def written(self, instant: datetime) -> str:
        """An instant as landings write it: naive, with an offset, or in milliseconds."""
        ahead = f"{instant + timedelta(hours=2):%Y-%m-%dT%H:%M:%S}+02:00"
        milliseconds = (instant - datetime(1970, 1, 1)) // timedelta(milliseconds=1)
        zulu = f"{instant:%Y-%m-%dT%H:%M:%S}.000Z"
        return self.random.choice([str(instant), zulu, ahead, str(milliseconds)])

    def value(self, field: str) -> str | None:
        return self.random.choice(BLANKS if self.chance(0.2) else VALUES[field])

    def add_history(self, object_type: str, record_id: str) -> None:
        age = self.random.choice([9 * DAY, 9 * DAY, 2 * DAY, SECOND, 0 * SECOND, -SECOND])
        created = AS_OF - age
        instants = [at + n * SECOND for at in (created, AS_OF) for n in (-1, 0, 1)]
        instants += [created + self.random.randrange(10**6) * SECOND for _ in range(3)]
        if not self.chance(0.03):  # else its changes are orphans
            self.add_record(object_type, record_id, created)
        last: dict[str, str | None] = {}
        for number in range(self.random.choice([0, 1, 2, 3, 4, 6, 9])):
            field = self.random.choice(FIELDS[object_type])
            changed = self.random.choice(instants)
            has_id = self.chance(0.8)
            change = {
                "object_type": object_type,
                "record_id": record_id,
                "field": field,
                "changed_at": self.written(changed),
                "*changed": changed,
                "change_id": f"{record_id}-{self.random.randrange(10**9)}" if has_id else None,
                # Without an id only the sequence orders the changes of one second.
                "sequence": self.random.choice([None, "0", "1"]) if has_id else str(10 + number),
                "old_value": last.get(field) if self.chance(0.7) else self.value(field),
                "new_value": self.value(field),
                "changed_by": self.random.choice([*USERS, None]),
                "channel": self.random.choice(["ui", "API", "automation", None]),
                "*reason": None,
            }
            last[field] = change["new_value"]
            self.land_change(change)

    def add_record(self, object_type: str, record_id: str, created: datetime) -> None:
        fields = ["owner_id", "stage", "amount", "close_date", "next_step"]
        fields = ["owner_id", "status"] if object_type == "lead" else fields
        record = {
            f"{object_type}_id": record_id,
            "created_at": self.written(created),
            "*created": created,
            **{field: self.random.choice(VALUES[field]) for field in fields},
            "deleted_at": None,
            "*deleted": None,
            "merged_into_id": "survivor" if self.chance(0.05) else None,
            "*reason": None,
        }
        if self.chance(0.2):
            record["*deleted"] = self.random.choice([AS_OF - DAY, AS_OF, AS_OF + SECOND])
            record["deleted_at"] = self.written(record["*deleted"])
        table = {"lead": "leads", "opportunity": "opportunities"}[object_type]
        if self.chance(0.03):
            record |= {"created_at": None, "*reason": "missing created_at"}
        if self.chance(0.05):
            self.land(table, record | {"owner_id": "superseded"})
        self.land(table, record)
        if self.chance(0.05):
            self.land(table, record)

    def land_change(self, change: dict) -> None:
        unusable = {
            "missing changed_at": {"changed_at": None},
            "unparseable changed_at": {"changed_at": "2026-02-30"},
            "changed_at later than the run": {"changed_at": "2999-01-01"},
            "missing record_id": {"record_id": "\u00a0"},
            "missing field": {"field": ""},
            "unknown object_type": {"object_type": "deal"},
        }
        if change["change_id"] and self.chance(0.1):  # the same id, other content, landed before
            self.land(
                "changes", change | {"new_value": self.value(change["field"]), "old_value": "else"}
            )
        self.land("changes", change)
        if self.chance(0.1):
            self.land("changes", change)
        if self.chance(0.05):  # landed after, and of no use: it takes no place
            reason, fault = self.random.choice(list(unusable.items()))
            self.land("changes", change | fault | {"*reason": reason})

    def write(self, folder: Path) -> None:
        """Write every table as a parquet file of text."""
        stages = [
            {
                "object_type": object_type, "stage": stage, "stage_order": str(order), "kind": kind,
                "is_milestone": str(is_milestone),
            }
            for object_type in STAGE_FIELD
            for stage, (order, kind, is_milestone) in STAGES.items()
        ]  # fmt: skip
        users = [
            {"user_id": user, "team": team, "kind": kind} for user, (team, kind) in USERS.items()
        ]
        for name, rows in {**self.tables, "stages": stages, "users": users}.items():
            columns = {column: "varchar" for column in rows[0] if not column.startswith("*")}
            file = folder / f"{name}.json"
            file.write_text(
                "\n".join(json.dumps({column: row[column] for column in columns}) for row in rows)
            )
            duckdb.sql(
                f"copy (from read_json('{file}', columns = {columns}))"
                f" to '{file.with_suffix('.parquet')}'"
            )


# --- The definitions in plain Python ---


def folded(value: str | None) -> str | None:
    """A value, None where it is blank."""
    word = (value or "").strip(WHITE_SPACE).lower()
    return None if word in {"", *PLACEHOLDERS} else value


class Expected:
    """What the definitions make of a landing."""

    def __init__(self, landing: Landing):
        self.records = {}
        for object_type, table in (("opportunity", "opportunities"), ("lead", "leads")):
            for row in self.usable(landing.tables[table]):
                self.records[object_type, row[f"{object_type}_id"]] = row  # the last landed wins
        self.n_told = Counter()
        told = {}
        for row in self.usable(landing.tables["changes"]):
            content = tuple(value for name, value in row.items() if "loaded" not in name)
            told[row["change_id"] or content] = row
            self.n_told[row["object_type"], row["field"], row["*changed"] <= AS_OF] += 1
        self.changes = list(told.values())
        self.histories = defaultdict(list)
        for row in self.changes:
            row = row | {"old": folded(row["old_value"]), "new": folded(row["new_value"])}
            if row["old"] != row["new"]:
                self.histories[row["object_type"], row["record_id"], row["field"]].append(row)
        self.undone, self.steps = [], []
        for key, history in self.histories.items():
            history.sort(key=lambda row: (
                row["*changed"], int(row["sequence"] or -1), row["change_id"] or ""
            ))  # fmt: skip
            if key[:2] in self.records:
                history[:] = self.saves(history)

    def saves(self, history: list[dict]) -> list[dict]:
        """The changes of a field, those of one save as one."""
        saves, previous = [], None
        for row in history:
            goes_on = (
                previous is not None
                and row["sequence"] is None
                and row["changed_by"] is not None
                and row["changed_by"] == previous["changed_by"]
                and row["*changed"] - previous["*changed"] <= SECOND
                and (
                    row["old"] == previous["new"]
                    or (row["old"], row["new"]) == (previous["old"], previous["new"])
                )
            )
            if goes_on:
                self.steps.append(previous)
                saves[-1] = row | {"old": saves[-1]["old"]}
            else:
                saves.append(row)
            previous = row
        self.undone += [row for row in saves if row["old"] == row["new"]]
        return [row for row in saves if row["old"] != row["new"]]

    @staticmethod
    def usable(rows: list[dict]) -> list[dict]:
        return [row for row in rows if row["*reason"] is None]

    def visible(self, *history: str) -> list[dict]:
        return [row for row in self.histories[history] if row["*changed"] <= AS_OF]

    def visible_records(self):
        for (object_type, record_id), row in self.records.items():
            if row["*created"] <= AS_OF:
                yield object_type, record_id, row

    def value(self, record: dict, object_type: str, record_id: str, field: str) -> str | None:
        """The value of a field at as_of."""
        visible = self.visible(object_type, record_id, field)
        every = self.histories[object_type, record_id, field]
        return visible[-1]["new"] if visible else every[0]["old"] if every else record.get(field)

    def periods(self, field_of: dict[str, str]):
        """The periods that each record spent with one value of a field."""
        for object_type, record_id, record in self.visible_records():
            field = field_of[object_type]
            changes = self.visible(object_type, record_id, field)
            starts = [record["*created"], *(row["*changed"] for row in changes)]
            if changes:
                starts[0] = min(starts[0], starts[1])
                values = [changes[0]["old"], *(row["new"] for row in changes)]
            else:
                values = [self.value(record, object_type, record_id, field)]
            started_by = [None, *(row["change_id"] for row in changes)]
            for number, (start, end) in enumerate(pairwise([*starts, None])):
                yield (
                    (object_type, record_id),
                    values[number],
                    {
                        "number": number + 1,
                        "start": start,
                        "end": end,
                        "seconds": int(((end or AS_OF) - start).total_seconds()),
                        "early": number == 0 and start < record["*created"],
                        "started_by": started_by[number],
                        "is_live": self.is_live(record),
                    },
                )

    @staticmethod
    def is_live(record: dict) -> bool:
        is_gone = record["merged_into_id"] or record["*deleted"]
        return not is_gone or (record["*deleted"] or AS_OF) > AS_OF


# --- One run of the models ---


@pytest.fixture(scope="module")
def landing() -> Landing:
    return Landing(seed=20260131)


@pytest.fixture(scope="module")
def expected(landing) -> Expected:
    return Expected(landing)


@pytest.fixture(scope="module")
def warehouse(landing, tmp_path_factory):
    """The models that tell of histories, built from the landing."""
    folder = tmp_path_factory.mktemp("histories")
    landing.write(folder)
    built = Warehouse(folder / "crm.duckdb")
    built.build(
        *["--resource-type", "seed", "--resource-type", "model", "--select"],
        *["+int_history__stage_periods", "+int_history__owner_periods", "+stg_crm__field_changes"],
        *["+history_quality", "+rejected_rows", "+landing_row_counts"],
        variables={"crm_sources": ["open"], "open_files": str(folder), "as_of": str(AS_OF)},
    )
    return built


def assert_same(found: list[tuple], expected: list[tuple]) -> None:
    """Assert that two lists have the same rows, each as often; show a few that differ."""
    found_rows, expected_rows = Counter(found), Counter(expected)
    assert list((found_rows - expected_rows).elements())[:5] == []
    assert list((expected_rows - found_rows).elements())[:5] == []


def test_the_landing_holds_thousands_of_histories_with_every_trap(landing, expected):
    histories = expected.histories.values()
    pairs = [pair for history in histories for pair in pairwise(history)]
    changes = landing.tables["changes"]
    ids = Counter(row["change_id"] for row in expected.usable(changes) if row["change_id"])
    traps = {
        "histories": len(histories),
        "ties": sum(one["*changed"] == other["*changed"] for one, other in pairs),
        "chain breaks": sum(one["new"] != other["old"] for one, other in pairs),
        "no-ops": len(expected.changes)
        - len(expected.steps)
        - sum(len(history) for history in histories),
        "steps of one save": 100 * bool(expected.steps),
        "landed again": sum(n > 1 for n in ids.values()),
        "without an id": sum(row["change_id"] is None for row in changes),
        "rejected": sum(row["*reason"] is not None for row in changes),
        "orphans": sum(key[:2] not in expected.records for key in expected.histories),
        "only later changes": sum(
            history[0]["*changed"] > AS_OF for history in histories if history
        ),
        "created after as_of": sum(row["*created"] > AS_OF for row in expected.records.values()),
        "gone": sum(not expected.is_live(row) for row in expected.records.values()),
    }
    assert traps.pop("histories") > 2000
    assert {trap: n for trap, n in traps.items() if n < 100} == {}


def test_changes(warehouse, expected):
    wanted = []
    for object_type, record_id, field in list(expected.histories):
        record = expected.records.get((object_type, record_id))
        visible = expected.visible(object_type, record_id, field)
        for number, row in enumerate(visible):
            channel = row["channel"] and row["channel"].lower()
            _, kind = USERS.get(row["changed_by"], (None, None))
            wanted.append((
                f"open:{object_type}:{record_id}", field, number + 1, row["*changed"], row["old"],
                row["new"], row["changed_by"],
                kind or (channel if channel == "automation" else None), channel, record is None,
                number > 0 and visible[number - 1]["new"] != row["old"],
                record is not None and row["*changed"] < record["*created"],
            ))  # fmt: skip
    found = warehouse.sql("""
        select
            record_key, field, change_number, changed_at, old_value, new_value, changed_by,
            actor_kind, channel, is_orphan, is_chain_break, is_before_creation
        from staging.stg_crm__field_changes
    """)
    assert_same(found, wanted)


def test_values_at_as_of(warehouse, expected):
    wanted = []
    for object_type, record_id, record in expected.visible_records():
        fields = [STAGE_FIELD[object_type], "owner_id", "amount", "close_date", "next_step"]
        stage, owner, amount, close, step = (
            expected.value(record, object_type, record_id, field) for field in fields
        )
        order, kind, _ = meaning(stage)
        wanted.append((
            f"open:{object_type}:{record_id}", record["*created"], stage, order, kind, owner,
            Decimal(amount) if amount else None, date.fromisoformat(close) if close else None, step,
            expected.is_live(record),
        ))  # fmt: skip
    found = warehouse.sql("""
        select
            record_key, created_at, stage, stage_order, stage_kind, owner_id, amount, close_date,
            next_step, is_live
        from intermediate.int_crm__records
    """)
    assert_same(found, wanted)


def test_stage_periods(warehouse, expected):
    wanted = []
    for (object_type, record_id), stage, period in expected.periods(STAGE_FIELD):
        order, kind, is_milestone = meaning(stage)
        is_terminal = kind in ("won", "lost")
        is_long = period["end"] is None or period["end"] - period["start"] > 60 * SECOND
        if stage is None and period["number"] == 1 and not is_long:
            continue
        wanted.append((
            f"open:{object_type}:{record_id}", period["number"], stage, order, kind, is_milestone,
            period["start"], period["end"], period["end"] is None, period["early"], is_terminal,
            None if is_terminal else period["seconds"], period["is_live"],
        ))  # fmt: skip
    found = warehouse.sql("""
        select
            record_key, period_number, stage, stage_order, stage_kind, is_milestone, started_at,
            ended_at, is_current, starts_before_creation, is_terminal, dwell_seconds, is_live
        from intermediate.int_history__stage_periods
    """)
    assert_same(found, wanted)


def test_owner_periods(warehouse, expected):
    wanted = []
    for (object_type, record_id), owner, period in expected.periods(
        dict.fromkeys(STAGE_FIELD, "owner_id")
    ):
        team, kind = USERS.get(owner, (None, None))
        is_long = period["end"] is None or period["end"] - period["start"] > 60 * SECOND
        if owner is None and period["number"] == 1 and not is_long:
            continue
        wanted.append((
            f"open:{object_type}:{record_id}", period["number"], owner, team, kind, period["start"],
            period["end"], period["end"] is None, period["early"], period["seconds"],
            period["is_live"],
        ))  # fmt: skip
    found = warehouse.sql("""
        select
            record_key, period_number, owner_id, owner_team, owner_kind, started_at, ended_at,
            is_current, starts_before_creation, held_seconds, is_live
        from intermediate.int_history__owner_periods
    """)
    assert_same(found, wanted)


def test_periods_name_the_change_that_started_them(warehouse, expected):
    wanted = [
        (f"open:{object_type}:{record_id}", period["number"], period["started_by"])
        for field_of in (STAGE_FIELD, dict.fromkeys(STAGE_FIELD, "owner_id"))
        for (object_type, record_id), _, period in expected.periods(field_of)
        if period["started_by"]
    ]
    # A change that is landed without an id gets one from its content, which is not promised.
    found = warehouse.sql("""
        select record_key, period_number, started_by_change_id
        from intermediate.int_history__stage_periods where started_by_change_id not like '%:%'
        union all
        select record_key, period_number, started_by_change_id
        from intermediate.int_history__owner_periods where started_by_change_id not like '%:%'
    """)
    assert_same(found, wanted)


def test_history_quality(warehouse, expected):
    wanted = []
    for object_type, field in {key[:2] for key in expected.n_told if key[2]}:
        histories = [
            expected.visible(*key)
            for key in list(expected.histories)
            if (key[0], key[2]) == (object_type, field)
        ]
        changes = [row for history in histories for row in history]
        told = [
            row
            for row in expected.changes
            if (row["object_type"], row["field"]) == (object_type, field)
            and row["*changed"] <= AS_OF
        ]
        steps = [
            row
            for row in expected.steps
            if (row["object_type"], row["field"]) == (object_type, field)
            and row["*changed"] <= AS_OF
        ]
        pairs = [pair for history in histories for pair in pairwise(history)]
        records = [expected.records.get((object_type, row["record_id"])) for row in changes]
        wanted.append((
            object_type, field, sum(bool(history) for history in histories), len(changes),
            len(told) - len(changes) - len(steps),
            expected.n_told[object_type, field, True] - len(told) + len(steps),
            records.count(None), sum(one["new"] != other["old"] for one, other in pairs),
            sum(
                record is not None and row["*changed"] < record["*created"]
                for row, record in zip(changes, records, strict=True)
            ),
            sum(row["changed_by"] is not None for row in changes),
            sum(row["channel"] is not None for row in changes),
            min(row["*changed"] for row in changes), max(row["*changed"] for row in changes),
        ))  # fmt: skip
    found = warehouse.sql("""
        select
            object_type, field, n_records, n_changes, n_no_ops, n_duplicates, n_orphans,
            n_chain_breaks, n_before_creation, cast(round(actor_rate * n_changes) as int),
            cast(round(channel_rate * n_changes) as int), first_changed_at, last_changed_at
        from marts.history_quality
    """)
    assert_same(found, wanted)


def test_no_landed_row_is_lost(warehouse, landing, expected):
    found = warehouse.sql("""
        select source_table, n_landed, n_staged, n_landed - n_rejected - n_duplicates
        from marts.landing_row_counts where source_table in ('opportunities', 'leads', 'changes')
    """)
    n_records = Counter(object_type for object_type, _ in expected.records)
    n_staged = {
        "opportunities": n_records["opportunity"],
        "leads": n_records["lead"],
        "changes": len(expected.changes),
    }
    assert_same(
        found,
        [(table, len(landing.tables[table]), n, n) for table, n in n_staged.items()],
    )


def test_rejected_changes_stand_with_their_reason(warehouse, landing):
    found = warehouse.sql("""
        select source_key, reason from marts.rejected_rows
        where source_table = 'changes' and reason not like 'superseded%'
    """)
    changes = landing.tables["changes"]
    assert_same(found, [(row["change_id"], row["*reason"]) for row in changes if row["*reason"]])
