"""Random histories, through the models and through plain Python, compared row by row.

Hypothesis draws the histories one by one, small and full of ties and edges. They are landed
together: one run of dbt judges them all, and percentiles, weeks and rates have something to count.
"""

import json
from collections import Counter
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from unittest import mock

import duckdb
import hypothesis.strategies as st
import pytest
from conftest import Warehouse
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.internal.conjecture.providers import HypothesisProvider
from plain_signals import (
    DAY,
    MICROSECOND,
    Calendar,
    Change,
    Clock,
    Event,
    Landing,
    Policy,
    Record,
    Scoped,
    Signals,
    Stage,
)

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

# --- What is landed ---

KINDS = {"ann": "human", "bob": "human", "eve": None, "line": "queue"}
KINDS |= {"bot": "automation", "link": "integration"}
STAGES = [
    Stage("opportunity", "new", 1, "open"),
    Stage("opportunity", "hold", None, "open"),
    Stage("opportunity", "proposal", 2, "open", True),
    Stage("opportunity", "commit", 3, None, True),
    Stage("opportunity", "won", 4, "won"),
    Stage("opportunity", "lost", 5, "lost"),
    # Pipeline b knows some stages of its own; what it lacks is read from the rows above.
    Stage("opportunity", "new", 2, "open", False, "b"),
    Stage("opportunity", "proposal", 1, "open", False, "b"),
    Stage("opportunity", "signed", 3, "won", True, "b"),
    Stage("lead", "open", 1, "open"),
    Stage("lead", "working", 2, "open", True),
    Stage("lead", "done", 3, "won"),
    Stage("case", "open", 1, "open"),
    Stage("case", "closed", 2, "lost"),
]
STAGE_NAMES = {
    "opportunity": ["new", "proposal"] * 4
    + ["commit"] * 2
    + ["hold", "won", "lost", "signed", "?!"],
    "lead": ["open", "working"] * 2 + ["done", "New"],
    "case": ["open", "closed", "waiting"],
}
VALUES = {
    "owner_id": [*KINDS, "gone"],
    "amount": ["0", "100", "100.5"],
    "lead_source": ["Web", "web", "Other", "Event"],
    "next_step": ["call", "meet"],
    "forecast_category": ["Commit", "COMMIT ", "Forecast", "Best Case", "Pipeline"],
}
BLANKS = [None, "", " \t", "TBD", "n/a"]
FIELDS = {
    "opportunity": ["stage"] * 7 + ["owner_id"] * 3 + ["close_date"] * 3,
    "lead": ["status"] * 6 + ["owner_id"] * 3,
    "case": ["status"] * 4 + ["owner_id"],
    "account": ["owner_id"],
    "contact": ["owner_id", "lead_source"],
}
FIELDS["opportunity"] += ["amount", "lead_source", "next_step"] + ["forecast_category"] * 2
FIELDS["lead"] += ["lead_source", "next_step"]
SEGMENTS = ["smb"] * 4 + ["mid"] * 3 + [None] * 2 + ["ent", ""]
PIPELINES = [None] * 8 + ["b"] * 2 + ["c", ""]
LIMITS = [15 * MINUTE, HOUR, DAY, 7 * DAY]
GAPS = [timedelta()] * 4 + [MICROSECOND, SECOND, 7 * MINUTE, *LIMITS]
GAPS += [limit + MICROSECOND for limit in LIMITS] + [limit + SECOND for limit in LIMITS]


AS_OF = datetime(2026, 4, 1)
# The last day of a month that is not over.
EARLIER = datetime(2026, 2, 28)
N_HISTORIES = 1200


@dataclass(frozen=True)
class Setting:
    """What histories are drawn for, and judged with."""

    seed: int
    as_of: datetime
    policy: Policy = Policy()
    calendar: Calendar = Calendar()
    has_categories: bool = True
    commit_stage: str | None = None


# Values of some pipelines and segments; a row of each kind goes before another, or never holds.
SCOPED = (
    Scoped("jump_within", 7 * DAY, segment="smb"),
    Scoped("jump_within", 15 * MINUTE, pipeline="b"),
    Scoped("jump_within", 7 * DAY, "open", "b"),
    Scoped("jump_within", 2 * HOUR, "open", "b", "mid"),
    Scoped("jump_within", DAY, "hubspot"),
    Scoped("ping_pong_within", 7 * DAY, "open", "b"),
    Scoped("ping_pong_within", HOUR, segment="mid"),
    Scoped("low", Fraction(1, 10), pipeline="b"),
    Scoped("high", Fraction(1, 2), "open", "b"),
    Scoped("high", Fraction(9, 10), pipeline="b"),
    *(
        Scoped((signal, limit), value, crm, None, segment)
        for signal in ("multi_stage_jump", "sla_rush_update", "stage_dwell_anomaly")
        for limit, crm, segment, value in (
            ("watch", "open", None, Fraction(3, 10)),
            ("watch", None, "all", Fraction(1, 100)),
            ("alert", None, "smb", Fraction(0)),
            ("alert", "open", "smb", Fraction(2, 5)),
            ("alert", "hubspot", "all", Fraction(0)),
        )
    ),
)
SETTINGS = {
    "as shipped": Setting(1, AS_OF),
    "other thresholds, quarters in New York": Setting(
        2,
        datetime(2026, 6, 1, 4),  # midnight there: a week and a fiscal quarter end
        Policy(
            window=14 * DAY, days=100, sla_baseline=42 * DAY, minimum_sample=8,
            dwell_baseline=90 * DAY, dwell_minimum=12, low=Fraction(1, 4), high=Fraction(3, 4),
            shift=Fraction(1, 2), shift_minimum=3, jump_changes=3, jump_within=HOUR,
            ping_pong_changes=3, ping_pong_within=DAY, last_days=14, rush=HOUR, pushes=2,
            preceding=HOUR, scoped=SCOPED,
        ),
        Calendar("America/New_York", 3, 3),
        has_categories=False, commit_stage="proposal",
    ),
}  # fmt: skip
# The id and the unit of each threshold of the policy.
THRESHOLDS = {
    "window": ("rate_window_days", DAY),
    "days": ("rate_history_days", 1),
    "sla_baseline": ("rate_baseline_days", DAY),
    "minimum_sample": ("minimum_sample", 1),
    "dwell_baseline": ("dwell_baseline_days", DAY),
    "dwell_minimum": ("dwell_minimum_periods", 1),
    "low": ("stage_dwell_anomaly__low_quantile", 1),
    "high": ("stage_dwell_anomaly__high_quantile", 1),
    "shift": ("stage_dwell_shift__change", 1),
    "shift_minimum": ("stage_dwell_shift__minimum_periods", 1),
    "jump_changes": ("multi_stage_jump__changes", 1),
    "jump_within": ("multi_stage_jump__within_hours", HOUR),
    "ping_pong_changes": ("owner_ping_pong__changes", 1),
    "ping_pong_within": ("owner_ping_pong__within_days", DAY),
    "last_days": ("commit_close_date_churn__last_days", 1),
    "rush": ("sla_rush_update__before_due_minutes", MINUTE),
    "pushes": ("close_date_churn__pushes", 1),
    "preceding": ("preceding_event__minutes", MINUTE),
}


@st.composite
def histories(draw, as_of: datetime):
    """A record with its changes, clocks and events; ids are given later."""

    def pick(*choices):
        return draw(st.sampled_from(choices))

    def one_in(n: int) -> bool:
        return draw(st.integers(1, n)) == n

    def value(name: str, at: datetime) -> str | None:
        if one_in(8):
            return pick(*BLANKS)
        if name == "close_date":
            return str(at.date() + pick(-30, -1, 0, 1, 30) * DAY) if not one_in(20) else "soon"
        return pick(*(STAGE_NAMES[object_type] if name in ("stage", "status") else VALUES[name]))

    object_type = pick(*["opportunity"] * 6, *["lead"] * 3, "case", "account", "contact")
    edges = [as_of, EARLIER, as_of - 28 * DAY, as_of - 180 * DAY, as_of + SECOND]
    # Every other history starts in the same few weeks, so that these have medians.
    hours_ago = st.integers(0, 200 * 24) if one_in(2) else st.integers(30 * 24, 60 * 24)
    times, limit = [as_of - draw(hours_ago) * HOUR], pick(*LIMITS)
    for _ in range(pick(0, 1, 3, 5, 7, 10)):
        if one_in(10):
            times.append(pick(*edges) + pick(-1, 0, 1) * pick(MICROSECOND, SECOND))
        elif one_in(3):
            times.append(times[-1] + draw(st.integers(1, 12 * 24)) * HOUR)
        elif one_in(2):
            times.append(times[-1] + pick(timedelta(), limit, limit + MICROSECOND))
        else:
            times.append(times[-1] + pick(*GAPS))
    created, *times = sorted(times)
    if times and one_in(12):  # a change before the creation, both or none seen earlier
        created = times[0] + pick(SECOND, HOUR)
        if times[0] <= EARLIER < created:
            created = times[0]
    deleted, merged = None, None
    if one_in(6):
        deleted = max(created, pick(*times, *edges) + pick(0, 1) * HOUR)
    if object_type != "opportunity" and one_in(12):
        merged = "survivor"
    names = FIELDS[object_type]
    now = {name: value(name, created) for name in dict.fromkeys(names)}
    landed = dict(now)
    record = Record(
        object_type, "", created,
        stage=landed.get("stage", landed.get("status")), owner_id=landed["owner_id"],
        segment=pick(*SEGMENTS) if object_type in ("opportunity", "lead", "account") else None,
        pipeline=pick(*PIPELINES) if object_type == "opportunity" else None,
        lead_source=landed.get("lead_source"),
        forecast_category=landed.get("forecast_category"), deleted_at=deleted,
        merged_into_id=merged,
    )  # fmt: skip
    changes, favourite = [], pick("owner_id", *names)
    for number, at in enumerate(times):
        name = favourite if one_in(2) else pick(*names)
        change = Change(
            object_type, "", name, at, str(number), pick(None, None, 0, 1),
            now[name] if not one_in(6) else value(name, at), value(name, at),
            pick(None, "gone", *KINDS), pick(None, "ui", "ui", "API", "automation", "integration"),
            pick(None, None, "own", "shared") if one_in(3) else None,
        )  # fmt: skip
        if one_in(10):  # the same id, landed before, with other content
            other = at + pick(-DAY, timedelta(), DAY)
            changes.append(replace(change, changed_at=other, new_value=value(name, at)))
        changes += [change] * pick(1, 1, 1, 1, 1, 2)
        now[name] = change.new_value
    clocks, events = [], []
    for number, at in enumerate(times):
        if one_in(3):
            due = at + pick(*GAPS)
            clocks.append(Clock(object_type, "", str(number), due - pick(HOUR, 3 * DAY), due))
        if one_in(3):
            before = pick(-SECOND, MINUTE, *GAPS)
            correlation = pick(None, None, "own", "shared" if one_in(5) else "other")
            events.append(Event(str(number), at - before, object_type, "", correlation))
    return record, changes, clocks, events


def numbered(drawn: list[tuple]) -> Landing:
    """The drawn histories as one landing, each with ids of its own."""
    landing = Landing(stages=STAGES, kinds=KINDS)
    # Of a record that is not landed: used by nothing.
    for n in range(3):
        landing.changes.append(
            Change("lead", "nobody", "status", EARLIER, f"nobody-{n}", n, str(n))
        )
        landing.clocks.append(Clock("lead", "nobody", str(n), EARLIER, EARLIER + SECOND))
    for number, (record, changes, clocks, events) in enumerate(drawn):
        own = f"{number:05d}"

        def correlated(row, own=own):
            return f"{own}-own" if row.correlation_id == "own" else row.correlation_id

        landing.records.append(replace(record, record_id=own))
        landing.changes += [
            replace(
                row, record_id=own, change_id=f"{own}-{row.change_id}",
                correlation_id=correlated(row),
            )
            for row in changes
        ]  # fmt: skip
        landing.clocks += [replace(row, record_id=own) for row in clocks]
        landing.events += [
            replace(
                row, record_id=own, event_id=f"{own}-{row.event_id}",
                correlation_id=correlated(row),
            )
            for row in events
        ]  # fmt: skip
    return landing


def on_the_limit(as_of: datetime, policy: Policy) -> list[tuple]:
    """Histories on a limit to the microsecond, and figures that floating point may push over it."""

    def opportunity(created_at: datetime, stage: str, *changes: tuple, events=(), clocks=()):
        return (
            Record("opportunity", "", created_at, stage, pipeline="limit", segment="limit"),
            [
                Change("opportunity", "", name, at, str(n), n, old, new)
                for n, (name, at, old, new) in enumerate(changes)
            ],
            clocks,
            events,
        )

    def stay(stage: str, ended_at: datetime, length: timedelta) -> tuple:
        return opportunity(ended_at - length, stage, ("stage", ended_at, stage, "won"))

    drawn = []
    start, created_at = as_of - 10 * DAY, as_of - 60 * DAY
    for over in (timedelta(), MICROSECOND):
        for name, n, within in (
            ("stage", policy.jump_changes, policy.jump_within),
            ("owner_id", policy.ping_pong_changes, policy.ping_pong_within),
        ):
            last = start + within + over
            changes = [(name, start, str(i), str(i + 1)) for i in range(n - 1)]
            changes.append((name, last, str(n - 1), "last"))
            event = Event("0", last - policy.preceding - over, "opportunity", "")
            drawn.append(opportunity(created_at, "s", *changes, events=[event]))
        clock = Clock("opportunity", "", "0", start, start + policy.rush + over)
        drawn.append(opportunity(created_at, "s", ("amount", start, "1", "2"), clocks=[clock]))
    # A close date that is changed as the deal is closed, on the last day of the month.
    last = [
        ("close_date", as_of - DAY, None, "2026-07-01"),
        ("stage", as_of - DAY, "commit", "won"),
    ]
    drawn.append(opportunity(created_at, "commit", *last))
    # The 90th percentile is 604,801 s: seven tenths of the way from the 21st stay to the 22nd.
    drawn += [stay("new", as_of - 3 * DAY, SECOND)] * 21
    drawn += [stay("new", as_of - 3 * DAY, 10 * DAY + SECOND)] * 3
    drawn += [opportunity(as_of - 7 * DAY - SECOND - over, "new") for over in (0 * DAY, SECOND)]
    # The median of a week is 20 % above that of the week before.
    drawn += [stay("commit", as_of - 15 * DAY, 100 * SECOND)] * 5
    drawn += [stay("commit", as_of - 8 * DAY, 120 * SECOND)] * 5
    # 5 of 28 clocks were rushed, after 3 of 21: a quarter more.
    changes, clocks = [], []
    for days, n_clocks, n_rushed in ((1, 28, 5), (31, 21, 3)):
        for n in range(n_clocks):
            due = as_of - days * DAY - n * 2 * HOUR
            clocks.append(Clock("lead", "", str(days), due - DAY, due))
            if n < n_rushed:
                key, at = f"{days}-{n}", due - SECOND
                changes.append(Change("lead", "", "next_step", at, key, None, None, key))
    return [*drawn, (Record("lead", "", created_at, segment="limit"), changes, clocks, [])]


def landing_of(setting: Setting) -> Landing:
    """The same histories in every run: what fails once fails again."""
    drawn = []

    @seed(setting.seed)
    @settings(
        max_examples=N_HISTORIES, database=None, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(histories(setting.as_of))
    def draw(history):
        drawn.append(history)

    # Hypothesis draws constants of the project's files now and then: with any other file that is
    # loaded, other histories.
    with mock.patch.object(HypothesisProvider, "_maybe_draw_constant", return_value=None):
        draw()
    landing = numbered(drawn + on_the_limit(setting.as_of, setting.policy))
    if not setting.has_categories:
        landing.changes = [one for one in landing.changes if one.field != "forecast_category"]
    landing.stages = [replace(s, is_commit=s.stage == setting.commit_stage) for s in STAGES]
    return landing


def write(landing: Landing, folder: Path, backwards: bool) -> None:
    """Write the landing as parquet files of text, their rows forwards or backwards."""
    tables = {
        "opportunities": "opportunity", "leads": "lead", "cases": "case", "accounts": "account",
        "contacts": "contact",
    }  # fmt: skip
    rows = {}
    for table, object_type in tables.items():
        rows[table] = []
        for record in landing.records:
            if record.object_type == object_type:
                row = asdict(record)
                row[f"{object_type}_id"] = row.pop("record_id")
                row["status"] = row["stage"]
                rows[table].append(row)
    rows["changes"] = [
        {**asdict(row), "_loaded_at": datetime(2026, 1, 1) + number * SECOND}
        for number, row in enumerate(landing.changes)
    ]
    rows["sla_clocks"] = [asdict(row) for row in landing.clocks]
    rows["workflow_events"] = [asdict(row) for row in landing.events]
    rows["stages"] = [{**asdict(row), "stage_order": row.order} for row in landing.stages]
    rows["users"] = [{"user_id": user, "kind": kind} for user, kind in landing.kinds.items()]
    for name, table in rows.items():
        if table:
            columns = dict.fromkeys(table[0], "varchar")
            file = folder / f"{name}.json"
            lines = [json.dumps(row, default=str) for row in table]
            file.write_text("\n".join(lines[::-1] if backwards else lines))
            duckdb.sql(
                f"copy (from read_json('{file}', columns = {columns}))"
                f" to '{file.with_suffix('.parquet')}'"
            )


class Models:
    """The models of the signals and archetypes, run again and again in one warehouse."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.warehouse = Warehouse(folder / "crm.duckdb")
        self.n_runs = 0

    def run(self, landing: Landing, setting: Setting, backwards: bool = False) -> Warehouse:
        """Judge a landing; return a copy of the warehouse that later runs leave alone."""
        write(landing, self.folder, backwards)
        variables = {
            "crm_sources": ["open"],
            "open_files": str(self.folder),
            "as_of": str(setting.as_of),
            "business_timezone": setting.calendar.zone,
            "business_period": {1: "month", 3: "quarter"}[setting.calendar.months],
            "fiscal_year_start_month": setting.calendar.first_month,
        }
        if not self.n_runs:
            seeded = self.warehouse.dbt("seed", "--select", "policy", variables=variables)
            assert seeded.success
        overrides = [
            f"('{name}', null, null, null, {float(getattr(setting.policy, key) / unit)})"
            for key, (name, unit) in THRESHOLDS.items()
        ]
        for row in setting.policy.scoped:
            limit = isinstance(row.name, tuple) and ("__".join(row.name), 1)
            name, unit = limit or THRESHOLDS[row.name]
            scope = (f"'{one}'" if one else "null" for one in (row.crm, row.pipeline, row.segment))
            overrides.append(f"('{name}', {', '.join(scope)}, {float(row.value / unit)})")
        self.warehouse.sql("delete from policy.threshold_overrides")
        self.warehouse.sql(
            "insert into policy.threshold_overrides"
            " (threshold_id, crm, pipeline, segment, value) values " + ", ".join(overrides)
        )
        self.warehouse.sql("delete from policy.stage_overrides where crm = 'open'")
        self.warehouse.sql(
            "insert into policy.stage_overrides (crm, object_type, stage, is_commit, comment)"
            f" select 'open', 'opportunity', stage, true, 'test' from (select"
            f" '{setting.commit_stage or ''}' as stage) where stage <> ''"
        )
        selected = ["--select", *[f"+{mart}" for mart in MARTS]]
        # The days of another landing stay otherwise.
        self.warehouse.sql("drop table if exists marts.process_signals_daily")
        ran = self.warehouse.dbt("run", *selected, variables=variables)
        errors = [one.message for one in ran.result or [] if one.status == "error"]
        assert ran.success, errors or ran.exception
        self.n_runs += 1
        copies = self.folder / f"run_{self.n_runs}"
        copies.mkdir()
        return self.warehouse.copy(copies)


# --- The same rows from the warehouse and from plain Python ---


def assert_same(found, expected) -> None:
    """Assert that two lists have the same rows, each as often; show a few that differ."""
    found_rows, expected_rows = Counter(found), Counter(expected)
    surplus, missing = found_rows - expected_rows, expected_rows - found_rows
    told = [f"only in the {side}: {n} rows" for side, n in (
        ("models", surplus.total()), ("plain Python", missing.total())
    )]  # fmt: skip
    for sign, rows in (("+", surplus), ("-", missing)):
        told += [f"{sign} {row}" for row in sorted(map(str, rows))[:5]]
    assert not surplus and not missing, "\n".join(told)


def found_evidence(warehouse: Warehouse) -> list[tuple]:
    return warehouse.sql("""
        select
            signal, object_type,
            case
                when signal = 'stage_dwell_shift'
                    then concat_ws('|', pipeline, stage, segment, week_start)
                else record_id
            end,
            occurred_at, change_id, case when signal <> 'stage_dwell_shift' then kind end
        from marts.process_signal_evidence
    """)


def plain_evidence(signals: Signals) -> list[tuple]:
    return [
        (
            row.signal, row.object_type,
            row.record_id
            if isinstance(row.record_id, str)
            else "|".join(str(part) for part in row.record_id if part is not None),
            row.occurred_at, row.change_id, row.kind,
        )
        for row in signals.evidence
    ]  # fmt: skip


def found_daily(warehouse: Warehouse) -> list[tuple]:
    """The rates, but for the days on which nothing was exposed."""
    return warehouse.sql("""
        select
            signal, object_type, segment, signal_date, numerator, denominator, status,
            case when signal = 'sla_rush_update' then baseline_rate end
        from marts.process_signals_daily
        where (denominator, status) is distinct from (0, 'insufficient_data')
    """)


def plain_daily(signals: Signals) -> list[tuple]:
    return [
        (
            signal, object_type, segment, day,
            row.numerator, row.denominator, row.status,
            row.baseline and as_rate(row.baseline),
        )
        for (signal, object_type, segment, day), row in signals.daily.items()
    ]  # fmt: skip


def as_rate(share: Fraction) -> Decimal:
    return (Decimal(share.numerator) / share.denominator).quantize(Decimal("1e-6"), ROUND_HALF_UP)


def found_percentiles(warehouse: Warehouse) -> list[tuple]:
    return warehouse.sql("""
        select
            object_type, pipeline, stage, segment, n_periods, round(p10_days, 9),
            round(p50_days, 9), round(p90_days, 9), basis
        from marts.stage_dwell_percentiles
    """)


def plain_percentiles(signals: Signals) -> list[tuple]:
    return [
        (*key, n, *map(in_days, shares), basis)
        for key, (n, *shares, basis) in signals.percentiles.items()
    ]


def found_weeks(warehouse: Warehouse) -> list[tuple]:
    return warehouse.sql("""
        select
            object_type, pipeline, stage, segment, week_start, n_periods, round(median_days, 9),
            previous_n_periods, round(previous_median_days, 9), is_shift
        from marts.stage_dwell_weeks
    """)


def plain_weeks(signals: Signals) -> list[tuple]:
    rows = []
    for (*key, segment, week), (n, median) in signals.weeks.items():
        before = signals.weeks.get((*key, segment, week - 7 * DAY))
        n_before, median_before = before or (None, None)
        is_shift = signals.week_pairs.get((*key, segment, week), False)
        rows.append(
            (*key, segment, week, n, in_days(median), n_before, in_days(median_before), is_shift)
        )
    return rows


def in_days(microseconds: Fraction | None) -> float | None:
    return None if microseconds is None else round(float(microseconds / (DAY // MICROSECOND)), 9)


def found_dirty(warehouse: Warehouse) -> list[tuple]:
    return warehouse.sql("""
        select
            object_type, record_id, archetype, first_bad_at, first_bad_change_id,
            preceding_event_id
        from marts.dirty_records
        where archetype not in ('premature_stage', 'missing_next_step', 'duplicate_account')
    """)


def plain_dirty(signals: Signals) -> list[tuple]:
    return [
        (*key, at, change and change.change_id, signals.preceding_event(key[:2], at, change))
        for key, (at, change) in signals.dirty.items()
    ]


# What the comparisons read.
MARTS = [
    "process_signal_evidence", "process_signals_daily", "stage_dwell_percentiles",
    "stage_dwell_weeks", "dirty_records",
]  # fmt: skip
COMPARED = [
    (found_evidence, plain_evidence),
    (found_daily, plain_daily),
    (found_percentiles, plain_percentiles),
    (found_weeks, plain_weeks),
    (found_dirty, plain_dirty),
]


# --- The tests ---


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Models:
    return Models(tmp_path_factory.mktemp("signals"))


@pytest.fixture(scope="module")
def judged(models):
    """A setting's landing, judged by the models and by plain Python."""

    @cache
    def judge(name: str) -> tuple[Warehouse, Signals]:
        setting = SETTINGS[name]
        landing = landing_of(setting)
        signals = Signals(landing, setting.as_of, setting.policy, setting.calendar)
        return models.run(landing, setting), signals

    return judge


def test_a_run_with_a_stranger_more_says_the_same_of_all_others(judged, models):
    """The rows landed in the opposite order, and a record with a segment and stages of its own."""
    warehouse, signals = judged("as shipped")
    stranger = Record("opportunity", "0", AS_OF - 9 * DAY, "s0", "o0", "stranger", "stranger")
    changes = [
        Change("opportunity", "0", name, AS_OF - 8 * DAY, f"{name}-{n}", n, f"{n}", f"{n + 1}")
        for n in range(30)
        for name in ("stage", "owner_id")
    ]
    landing = replace(
        signals.landing,
        records=[stranger, *signals.landing.records],
        changes=[*signals.landing.changes, *changes],
    )
    again = models.run(landing, SETTINGS["as shipped"], backwards=True)
    for mart, is_other in {
        "process_signal_evidence": "segment is distinct from 'stranger'",
        "process_signals_daily": "coalesce(segment, '') not in ('stranger', 'all')",
        "stage_dwell_percentiles": "pipeline is distinct from 'stranger'",
        "stage_dwell_weeks": "pipeline is distinct from 'stranger'",
        "dirty_records": "segment is distinct from 'stranger'",
    }.items():
        query = f"select * from marts.{mart} where {is_other}"
        assert_same(again.sql(query), warehouse.sql(query))
        assert again.sql(f"select count(*) from marts.{mart} where not ({is_other})") != [(0,)]


def test_an_earlier_run_says_what_a_later_one_says_of_then(judged, models):
    later, signals = judged("as shipped")
    earlier = models.run(signals.landing, replace(SETTINGS["as shipped"], as_of=EARLIER))
    # The baseline of as_of judges all dwells.
    is_judged_alone = "signal not in ('stage_dwell_anomaly', 'stage_dwell_shift')"
    query = f"""
        select evidence_id, signal, record_key, occurred_at, change_id, kind, evidence.detail
        from marts.process_signal_evidence as evidence
        inner join intermediate.int_crm__records as records using (record_key)
        where
            {is_judged_alone}
            and occurred_at <= '{EARLIER}' and records.created_at <= '{EARLIER}'
    """
    assert_same(earlier.sql(query), later.sql(query))
    # The month that ended with that day was not yet over.
    query = f"""
        select signal, object_type, segment, signal_date, numerator, denominator, rate, status
        from marts.process_signals_daily
        where
            {is_judged_alone}
            and signal_date between '{signals.days[-1].date()}' and '{EARLIER.date()}'
            and (signal <> 'commit_close_date_churn' or signal_date < '{EARLIER.date()}')
            and denominator > 0
    """
    assert_same(earlier.sql(query), later.sql(query))


def test_every_population_has_a_row_of_every_day(judged):
    warehouse, signals = judged("as shipped")
    rows = warehouse.sql("""
        select signal = 'commit_close_date_churn', list(signal_date order by signal_date)
        from marts.process_signals_daily group by signal, object_type, segment
    """)
    shown = {False: sorted(day.date() for day in signals.days)}
    shown[True] = sorted(signals.last_days_of_periods)
    assert [row for row in rows if row[1] != shown[row[0]]] == []


@pytest.mark.parametrize("name", SETTINGS)
def test_the_histories_hold_every_trap(judged, name):
    _, signals = judged(name)
    landing, histories = signals.landing, signals.histories.values()
    ids = Counter(row.change_id for row in landing.changes)
    pairs = [pair for one in histories for pair in pairwise(one.stage_changes)]
    traps = {
        "ties": sum(one.changed_at == other.changed_at for one, other in pairs),
        "chain breaks": sum(one.new_value != other.old_value for one, other in pairs),
        "landed again": sum(n > 1 for n in ids.values()),
        "no-ops": sum(row.old_value == row.new_value for row in landing.changes),
        "after as_of": sum(row.changed_at > signals.as_of for row in landing.changes),
        "before creation": sum(
            one.changes[0].changed_at < one.record.created_at for one in histories if one.changes
        ),
        "gone": sum(not signals.is_live(one.record) for one in histories),
        "by machines": sum(signals.is_by_machine(row) for row in landing.changes),
    }
    evidence = Counter((row.signal, row.kind) for row in signals.evidence)
    traps |= {f"{signal} {kind or ''}": n for (signal, kind), n in evidence.items()}
    traps |= Counter(archetype for *_, archetype in signals.dirty)
    assert len(histories) > 1000
    assert {trap: n for trap, n in traps.items() if n < 5} == {}


def test_a_world_tells_what_scopes_change(judged):
    name = "other thresholds, quarters in New York"
    _, signals = judged(name)
    setting = SETTINGS[name]
    policy = replace(setting.policy, scoped=())
    without = Signals(signals.landing, setting.as_of, policy, setting.calendar)
    moved = Counter(row.signal for row in set(signals.evidence) ^ set(without.evidence))
    scoped = {"multi_stage_jump", "owner_ping_pong", "stage_dwell_anomaly"}
    assert {signal for signal, n in moved.items() if n >= 5} == scoped
    # Only the limits differ where the numbers do not.
    limits = {
        (key[0], row.status, without.daily[key].status)
        for key, row in signals.daily.items()
        if row[:2] == without.daily[key][:2] and row.status != without.daily[key].status
    }
    limited = {row.name[0] for row in SCOPED if isinstance(row.name, tuple)}
    assert {signal for signal, *_ in limits} == limited


@pytest.mark.parametrize(("found", "plain"), COMPARED)
@pytest.mark.parametrize("name", SETTINGS)
def test_the_models_say_what_plain_python_says(judged, name, found, plain):
    warehouse, signals = judged(name)
    assert_same(found(warehouse), plain(signals))
