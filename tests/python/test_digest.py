"""`make digest` tells what changed, to whom it is news, and nothing else."""

import csv
import html
import itertools
import json
import re
import shutil
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import ROOT, Warehouse

from crm_hygiene import marts as built_marts
from crm_hygiene.pages import digest
from crm_hygiene.pages.digest.cleanup import CANDIDATES
from crm_hygiene.pages.digest.words import amount_text
from crm_hygiene.pages.names import Names
from crm_hygiene.warehouse import open_warehouse

# A Thursday before a Friday that is a holiday.
AS_OF = datetime(2026, 7, 2, 5)
TODAY, YESTERDAY = date(2026, 7, 2), date(2026, 7, 1)
SINCE = AS_OF - timedelta(days=1)
SECOND = timedelta(seconds=1)
TYPES = {"string": "varchar", "integer": "bigint"}
POLICIES = (
    "rules",
    "health_metrics",
    "hygiene_slas",
    "holidays",
)
MARTS = (
    "process_signals_daily",
    "cutoff_shifts",
    "signal_review_list",
    "signal_spread",
    "data_health_daily",
    "data_health_grades",
    "data_health_rebuilt",
    "hygiene_sla_status",
    "hygiene_sla_breaches",
    "stop_the_line",
    "failure_signatures",
    "failure_signature_evidence",
    "dirty_records",
    "crm_inventory",
    "lifecycle_decisions",
    "lifecycle_decision_log",
    "candidate_reviews",
    "reporting_drift",
    "cleanup_impact",
    "rejected_rows",
)
HOSTILE = (
    "<script>alert('x')</script> \u202egpj.exe\u202c \x1b[2J\r\nBcc: all@example.com \U0001f600"
)


def land(made: Warehouse, mart: str, *given: dict) -> None:
    """Make a mart as its contract says, with these rows; what is not given is NULL."""
    columns = built_marts.described_marts()[mart]["columns"]
    kinds = {
        name: TYPES.get(column["data_type"], column["data_type"])
        for name, column in columns.items()
    }
    assert not {name for row in given for name in row} - set(kinds)
    made.land("marts", mart, kinds, [tuple(row.get(name) for name in kinds) for row in given])


def give(made: Warehouse, **given: object) -> None:
    """Record that the marts were built with these settings."""
    settings = {
        "crm_sources": "open",
        "is_demo": "false",
        "as_of": AS_OF,
        "business_timezone": "UTC",
        "project_version": "1.0.0",
        "review_list__records": 20,
    } | given
    kinds = {"project_version": "version", "review_list__records": "threshold"}
    land(
        made,
        "run_settings",
        *(
            {"setting": name, "kind": kinds.get(name, "variable"), "value": str(value)}
            for name, value in settings.items()
        ),
    )


@pytest.fixture(scope="module")
def quiet(tmp_path_factory) -> Warehouse:
    """A warehouse with the policy and the marts of a CRM in which nothing happened."""
    made = Warehouse(tmp_path_factory.mktemp("quiet") / "crm.duckdb")
    for name in POLICIES:
        file = ROOT / "seeds" / "policy" / f"{name}.csv"
        made.sql("create schema if not exists policy")
        made.sql(f"create table policy.{name} as from read_csv('{file}', header = true)")
    made.sql("create schema if not exists intermediate")
    made.sql(
        "create table intermediate.int_calendar__days as "
        "select *, cast(count_if(is_business_day) over (order by calendar_day) as int) "
        "as n_business_days from (select cast(day as date) as calendar_day, "
        "isodow(day) < 6 and cast(day as date) not in (select holiday_date from policy.holidays) "
        "as is_business_day from range(date '2026-06-01', date '2026-09-01', interval 1 day) "
        "as series (day))"
    )
    for mart in MARTS:
        land(made, mart)
    give(made)
    land(made, "process_signals_daily", signal(TODAY, 0), signal(YESTERDAY, 0))
    land(made, "crm_inventory", {"crm": "open", "object_type": "opportunity", "n_records": 1})
    return made


@pytest.fixture
def marts(quiet, tmp_path) -> Warehouse:
    """A copy of it to change."""
    return Warehouse(Path(shutil.copy(quiet.path, tmp_path)))


def signal(day: date, n_bad: int | None, n_all: int | None = 100, **values: object) -> dict:
    """Return a row of process_signals_daily, judged as the model does: watch 10 %, alert 15 %."""
    rate = None if not n_all else Decimal(n_bad) / n_all
    status = "insufficient_data" if rate is None or n_all < 20 else "ok"
    if status == "ok" and rate > Decimal("0.1"):
        status = "alert" if rate > Decimal("0.15") else "watch"
    return {
        "crm": "open",
        "signal": "late_edit",
        "object_type": "opportunity",
        "segment": "all",
        "signal_date": day,
        "numerator": n_bad,
        "denominator": n_all,
        "rate": rate,
        "watch_at": Decimal("0.1"),
        "alert_at": Decimal("0.15"),
        "status": status,
        "as_of": AS_OF,
    } | values


def metric(day: date, value: str, status: str, **values: object) -> dict:
    """Return a row of data_health_daily."""
    return {
        "crm": "open",
        "metric": "hard_bounced",
        "object_type": "contact",
        "segment": "all",
        "metric_date": day,
        "numerator": Decimal(value) * 100,
        "denominator": 100,
        "value": Decimal(value),
        "unit": "rate",
        "direction": "lower_is_better",
        "target": Decimal("0.02"),
        "alert_at": Decimal("0.05"),
        "status": status,
        "as_of": AS_OF,
    } | values


def record(number: int, **values: object) -> dict:
    """Return the columns that tell which record a row is of."""
    return {
        "record_key": f"open:opportunity:{number:03}",
        "crm": "open",
        "object_type": "opportunity",
        "record_id": f"{number:03}",
    } | values


def told(made: Warehouse, review: str = "daily", team: str = "all", **options: str) -> dict:
    """Return the digest of a warehouse."""
    with open_warehouse(made.path) as connection:
        return digest.Digest(connection, digest.REVIEWS[review], team, **options).tell()


def items(told_digest: dict, part: str) -> list[dict]:
    """Return the items of a part; none where the digest does not have it."""
    return [item for one in told_digest["parts"] if one["id"] == part for item in one["items"]]


def ids(told_digest: dict, part: str) -> list[str]:
    """Return the ids of the records of a part."""
    return [one["record_id"] for item in items(told_digest, part) for one in item["records"]]


def run(made: Warehouse, monkeypatch, capsys, *arguments: str) -> tuple[int, str, str]:
    """Run the command; return its exit code, what it printed and what it complained of."""
    monkeypatch.setenv("CRM_HYGIENE_DUCKDB", str(made.path))
    monkeypatch.delenv("CRM_HYGIENE_TARGET", raising=False)
    code = digest.main(list(arguments))
    return code, *capsys.readouterr()


def test_a_day_on_which_nothing_happened_is_one_line(marts, monkeypatch, capsys):
    code, printed, complaint = run(marts, monkeypatch, capsys)
    assert (code, complaint) == (0, "")
    assert printed == "Nothing new since 1 Jul 2026 05:00 - Daily digest, 2 Jul 2026\n"
    assert told(marts)["is_quiet"]


@pytest.mark.parametrize(
    ("before", "after", "part"),
    [
        ((10, 100), (16, 100), "new_alerts"),
        ((11, 100), (16, 100), "new_alerts"),
        ((3, 10), (16, 100), "new_alerts"),
        ((0, 0), (16, 100), "new_alerts"),
        ((10, 100), (15, 100), "new_watches"),
        ((16, 100), (11, 100), "eased"),
        ((16, 100), (10, 100), "eased"),
        ((16, 100), (5, 10), "eased"),
        ((16, 100), (0, 0), "eased"),
        ((11, 100), (0, 100), "eased"),
        ((16, 100), (16, 100), None),
        ((11, 100), (15, 100), None),
        ((10, 100), (10, 100), None),
        ((5, 10), (0, 0), None),
        ((0, 0), (5, 100), None),
    ],
)
def test_a_signal_is_news_when_its_status_changes(marts, before, after, part):
    land(marts, "process_signals_daily", signal(YESTERDAY, *before), signal(TODAY, *after))
    found = told(marts)
    assert [one["id"] for one in found["parts"] if one["id"] != "movers"] == (
        [part] if part else []
    )
    if part:
        (item,) = items(found, part)
        assert (item["crm"], item["object_type"], item["team"]) == ("open", "opportunity", "ae")
        assert f"{after[0]} of {after[1]}" in item["facts"][0]
        assert "on 1 Jul 2026" in item["facts"][0]
        assert [line.split(":")[0] for line in item["advice"]] == ["Look for", "To mend it"]


def test_the_first_line_tells_the_worst_first(marts):
    rows = [signal(YESTERDAY, 0), signal(TODAY, 16)]
    rows += [
        signal(day, 0 if day == YESTERDAY else 16, crm="hubspot") for day in (YESTERDAY, TODAY)
    ]
    land(marts, "process_signals_daily", *rows)
    land(marts, "stop_the_line", stopped())
    found = told(marts)
    assert found["subject"] == ("1 stop-the-line row, 2 new alerts - Daily digest, 2 Jul 2026")


def test_segments_of_one_signal_are_one_item_with_all_of_them_first(marts):
    segments = ("all", None, "SMB", "Enterprise")
    land(
        marts,
        "process_signals_daily",
        *(signal(YESTERDAY, 0, segment=one) for one in segments),
        *(signal(TODAY, 16, segment=one) for one in segments),
    )
    (item,) = items(told(marts), "new_alerts")
    places = [fact.split(":")[0] for fact in item["facts"]]
    assert places == ["all segments", "Enterprise", "SMB", "without a segment"]


def test_days_of_another_build_are_not_told_of(marts):
    """An earlier as_of was built after a later one: the later days stay in the mart."""
    late = {"as_of": datetime(2026, 7, 9, 5)}
    land(
        marts,
        "process_signals_daily",
        signal(YESTERDAY, 0),
        signal(TODAY, 0),
        signal(date(2026, 7, 3), 50, **late),
        signal(TODAY, 50, segment="gone", as_of=AS_OF - timedelta(days=1)),
    )
    land(marts, "lifecycle_decisions", record(1) | {"decision": "keep", "as_of": AS_OF})
    land(
        marts,
        "data_health_daily",
        metric(YESTERDAY, "0.01", "ok"),
        metric(TODAY, "0.01", "ok"),
        metric(date(2026, 7, 9), "0.5", "alert"),
    )
    found = told(marts)
    assert (found["as_of"], found["is_quiet"]) == ("2026-07-02T05:00:00Z", True)


@pytest.mark.parametrize(
    ("as_of", "is_news"),
    [
        (datetime(2026, 7, 1, 0), True),
        (datetime(2026, 7, 1, 23), True),
        (datetime(2026, 7, 2, 0), False),
        (datetime(2026, 7, 9, 5), False),
    ],
)
def test_a_signal_of_period_ends_is_news_once(marts, as_of, is_news):
    churn = {"signal": "commit_close_date_churn", "as_of": as_of}
    land(
        marts,
        "process_signals_daily",
        signal(date(2026, 5, 31), 0, **churn),
        signal(date(2026, 6, 30), 16, **churn),
        *(signal(as_of.date() - timedelta(days=n), 0, as_of=as_of) for n in range(10)),
    )
    give(marts, as_of=as_of)
    assert len(items(told(marts), "new_alerts")) == is_news


def test_the_business_clock_of_the_build_says_when_a_period_is_over(marts):
    """In New York the period ends at 04:00 UTC of the day after."""
    churn = {"signal": "commit_close_date_churn"}
    land(
        marts,
        "process_signals_daily",
        signal(TODAY, 0),
        signal(date(2026, 5, 31), 0, **churn),
        signal(date(2026, 6, 30), 16, **churn),
    )
    assert not items(told(marts), "new_alerts")
    give(marts, business_timezone="Etc/GMT+6")
    assert len(items(told(marts), "new_alerts")) == 1


def test_a_metric_without_an_earlier_day_is_said_to_have_none(marts):
    land(marts, "data_health_daily", metric(TODAY, "0.09", "alert"))
    found = told(marts)
    assert found["is_quiet"]
    assert found["notes"] == [
        "Health metrics: no day up to 1 Jul 2026 is kept to compare with; "
        "today 1 in alert, 0 on watch."
    ]


def test_on_the_first_day_metrics_are_compared_with_what_the_histories_tell(marts):
    stay = {"metric": "time_in_stage", "object_type": "opportunity"}
    land(
        marts,
        "data_health_daily",
        metric(TODAY, "0.09", "alert"),
        metric(TODAY, "9", "alert", **stay),
    )
    land(
        marts,
        "data_health_rebuilt",
        metric(date(2026, 5, 31), "0.09", "alert"),
        metric(date(2026, 6, 24), "0.01", "ok"),
    )
    found = told(marts)
    (item,) = items(found, "new_alerts")
    assert item["id"] == "new_alerts:metric:hard_bounced:open:contact"
    assert "was ok on 24 Jun 2026 at 1.0 %" in item["facts"][0]
    assert found["notes"] == [
        "Health metrics: no day up to 1 Jul 2026 is kept to compare with, some are rebuilt from "
        "the histories; today 2 in alert, 0 on watch."
    ]


def test_a_metric_is_compared_with_the_last_day_that_is_kept(marts):
    land(
        marts,
        "data_health_daily",
        metric(date(2026, 6, 20), "0.09", "alert"),
        metric(date(2026, 6, 27), "0.01", "ok"),
        metric(TODAY, "0.09", "alert"),
        metric(TODAY, "0.09", "alert", segment="new"),
    )
    found = told(marts)
    (item,) = items(found, "new_alerts")
    assert item["team"] == "marketing"
    assert "was ok on 27 Jun 2026 at 1.0 %" in item["facts"][0]
    assert "no figure to compare with" in item["facts"][1]
    assert found["notes"] == []


def test_the_worst_movers_are_those_whose_rate_rose_most_in_a_week(marts):
    week_ago = TODAY - timedelta(days=7)
    objects = ("opportunity", "lead", "case")
    rose = [(0, 3), (0, 9), (0, 3), (0, 1), (9, 8), (0, 10), (0, 2), (4, 4)]
    rows = []
    for (crm, object_type), (was, now) in zip(
        itertools.product(("hubspot", "open", "salesforce"), objects), rose, strict=False
    ):
        place = {"crm": crm, "object_type": object_type}
        rows += [signal(week_ago, was, **place), signal(YESTERDAY, now, **place)]
        rows += [signal(TODAY, now, **place)]
    too_few = {"signal": "multi_stage_jump"}
    rows += [signal(week_ago, 0, 10, **too_few), signal(TODAY, 9, 10, **too_few)]
    nobody = {"signal": "owner_ping_pong"}
    rows += [signal(week_ago, 0, 0, **nobody), signal(TODAY, 10, 100, **nobody)]
    flat = {"signal": "stage_dwell_anomaly"}
    rows += [signal(week_ago, 10, 10_000, **flat), signal(TODAY, 14, 10_000, **flat)]
    land(marts, "process_signals_daily", *rows)
    found = [(item["crm"], item["object_type"]) for item in items(told(marts), "movers")]
    assert found == [
        ("open", "case"),
        ("hubspot", "lead"),
        # Two that rose alike stand in the order of their names.
        ("hubspot", "case"),
        ("hubspot", "opportunity"),
        ("salesforce", "opportunity"),
    ]


def test_a_metric_that_should_rise_moves_by_falling(marts):
    up = {"metric": "consent_coverage", "direction": "higher_is_better"}
    up |= {"target": Decimal("0.8"), "alert_at": Decimal("0.5")}
    land(
        marts,
        "data_health_daily",
        metric(YESTERDAY, "0.9", "ok", **up),
        metric(TODAY, "0.85", "ok", **up),
        metric(YESTERDAY, "0.015", "ok"),
        metric(TODAY, "0.010", "ok"),
    )
    (item,) = items(told(marts), "movers")
    assert item["id"] == "movers:metric:consent_coverage:open:contact"
    assert "85 of 100 (85.0 %); was ok on 1 Jul 2026 at 90.0 %" in item["facts"][0]


def stopped(**values: object) -> dict:
    """Return a row of stop_the_line."""
    return {
        "crm": "open",
        "machine": "user-7",
        "change_date": YESTERDAY,
        "n_changes": 9,
        "n_bad_changes": 8,
        "n_records": 7,
        "n_rules": 1,
        "rules": "lead_source_drift",
        "baseline_per_day": Decimal("0.25"),
        "status": "stop",
        "sample_records": "open:lead:a, b, open:lead:c:d, open:opportunity:e",
    } | values


def test_stop_the_line_names_the_damage_and_the_machine_but_no_address(marts):
    land(
        marts,
        "stop_the_line",
        stopped(),
        stopped(crm="hubspot", status="ok"),
        stopped(crm="salesforce", change_date=date(2026, 6, 30)),
    )
    found = told(marts)
    (item,) = items(found, "stop_the_line")
    assert item["crm"] == "open"
    assert "8 of 9 changes were bad, on 7 records (lead_source_drift)" in item["facts"][0]
    assert "0.25 a day" in item["facts"][0]
    assert ids(found, "stop_the_line") == ["a, b", "c:d", "e"]
    assert item["n_records"] == 7
    assert item["title"] == "Damage by user-7"
    marts.sql("update marts.stop_the_line set machine = 'ann@example.com'")
    assert "ann@example.com" not in json.dumps(told(marts))
    (item,) = items(told(marts, masks="nothing"), "stop_the_line")
    assert item["title"] == "Damage by ann@example.com"


def test_stop_the_line_is_news_for_revops_and_the_team_of_the_rule(marts):
    land(marts, "stop_the_line", stopped())
    have = {team for team in digest.TEAMS if items(told(marts, team=team), "stop_the_line")}
    assert have == {"revops", "marketing"}
    assert items(told(marts, "weekly"), "stop_the_line")
    # The lead source is a matter of incentives, the owner is none.
    assert items(told(marts, "monthly"), "stop_the_line")
    land(marts, "stop_the_line", stopped(rules="owner_ping_pong"))
    assert not items(told(marts, "monthly"), "stop_the_line")


def listed(number: int, **values: object) -> dict:
    """Return a row of signal_review_list."""
    return (
        record(number, team="ae", owner_id="u1")
        | {
            "signal": "late_edit",
            "segment": "all",
            "review_rank": number,
            "status": "alert",
            "rate": Decimal("0.2"),
            "numerator": 8,
            "denominator": 40,
            "is_open": True,
            "stage": "Offer",
            "days": Decimal("12.04"),
            "detail": "amount changed",
            "amount": 1000 - number,
            "n_occurrences": 1,
            "last_occurred_at": SINCE,
            "look_for": "The edit.",
        }
        | values
    )


def test_a_signal_that_spikes_has_its_records_to_review(marts):
    rows = [listed(number) for number in range(1, 21)]
    rows += [listed(number, segment="SMB") for number in range(21, 31)]
    few = {"signal": "multi_stage_jump", "segment": "SMB", "status": "watch"}
    new = {"last_occurred_at": SINCE + SECOND}
    rows += [listed(1, **few), listed(2, **few | new)]
    rows += [listed(2, **few | new | {"segment": None}), listed(3, **few | {"segment": None})]
    land(marts, "signal_review_list", *rows)
    many, few = items(told(marts), "review_lists")
    assert [one["record_id"] for one in many["records"]] == [f"{n:03}" for n in range(1, 21)]
    assert many["facts"] == [
        "all segments: alert at 20.0 % of 40",
        "SMB: alert at 20.0 % of 40",
        "To review: the first 20, open ones first, then the farthest outside, then by amount.",
    ]
    assert [one["record_id"] for one in few["records"]] == ["001", "002", "003"]
    assert few["facts"][-1] == "To review: all 3 records there are."
    fact = "amount changed; in Offer for 12.0 days"
    assert [one["note"] for one in few["records"]] == [fact, f"{fact}; new", fact]


def test_records_to_review_stand_as_they_are_ranked_each_with_its_facts(marts):
    dwell = {"signal": "stage_dwell_anomaly", "last_occurred_at": SINCE}
    rows = [
        listed(3, **dwell, review_rank=1, amount=1, days_outside=9, detail="Offer: 99 d"),
        listed(2, **dwell, review_rank=2, amount=None, days=None, stage=None, n_occurrences=2),
        listed(1, **dwell, review_rank=3, usual_days=Decimal(9)),
        listed(4, **dwell, review_rank=4, is_open=False, days=None, stage="Won"),
    ]
    land(marts, "signal_review_list", *rows)
    (item,) = items(told(marts), "review_lists")
    assert [(one["record_id"], one["note"]) for one in item["records"]] == [
        ("003", "Offer: 99 d"),
        ("002", "amount changed; 2 occurrences"),
        ("001", "amount changed; in Offer for 12.0 days (usual is at most 9.0 days)"),
        ("004", "amount changed; now Won"),
    ]


def test_a_list_says_whether_to_coach_or_to_mend_the_process(marts):
    spread = record(1, n_records=8, n_people=4, top_person_records=3, n_by_machine=5)
    verdicts = {
        "late_edit": "isolated",
        "multi_stage_jump": "systemic",
        "owner_ping_pong": "machine",
        "stage_dwell_anomaly": "unclear",
    }
    land(marts, "signal_review_list", *(listed(1, signal=signal) for signal in verdicts))
    known = {"crm": spread["crm"], "object_type": spread["object_type"]} | {
        name: value for name, value in spread.items() if name[:2] in ("n_", "to")
    }
    rows = [known | {"signal": signal, "verdict": one} for signal, one in verdicts.items()]
    land(marts, "signal_spread", *rows)
    assert [item["facts"][1:-1] for item in items(told(marts), "review_lists")] == [
        ["Isolated: 3 of 8 records by one person. Coach; the process may be right."],
        ["Systemic: 4 people, nobody with more than 3 of 8 records. Mend the process."],
        ["By machines: 5 of 8 records. Mend what they write."],
        [],
    ]


def test_what_is_too_small_to_be_judged_is_listed_each_week_not_each_day(marts):
    few = {"status": "insufficient_data", "denominator": 12}
    rows = [listed(1, **few), listed(1, **few, segment="SMB"), listed(2, **few, segment=None)]
    rows += [listed(3, **few, signal="multi_stage_jump", segment="SMB")]
    rows += [listed(4, signal="stage_dwell_anomaly", status="ok")]
    land(marts, "signal_review_list", *rows)
    assert not items(told(marts), "review_lists")
    late, stuck = items(told(marts, "weekly"), "review_lists")
    assert late["facts"] == [
        "all segments: too few to judge at 20.0 % of 12",
        "To review: the only record there is.",
    ]
    assert [one["record_id"] for one in stuck["records"]] == ["004"]
    assert stuck["facts"][0] == "all segments: ok at 20.0 % of 40"


def test_the_weekly_review_is_of_every_step_the_monthly_of_incentives_and_slas(marts):
    spiking = ("late_edit", "owner_ping_pong", "sla_rush_update", "stage_dwell_anomaly")
    land(marts, "signal_review_list", *(listed(1, signal=signal) for signal in spiking))
    land(marts, "process_signals_daily", *(signal(TODAY, 9, signal=one) for one in spiking))
    for part in ("review_lists", "signals"):
        week, month = (items(told(marts, name), part) for name in ("weekly", "monthly"))
        assert len(week) == len(spiking)
        assert [one["id"].split(":")[-3] for one in month] == ["late_edit", "sla_rush_update"]
    assert told(marts, "weekly")["subject"].endswith("Weekly process review, 2 Jul 2026")
    assert told(marts, "monthly")["subject"].endswith(
        "Monthly incentive and SLA review, 2 Jul 2026"
    )


@pytest.mark.parametrize(
    ("longest", "n_listed", "said"),
    [
        (20, 2, "all 2 records there are."),
        (2, 2, "the first 2, open ones first, then the farthest outside, then by amount."),
        (50, 20, "all 20 records there are."),
        (50, 21, "the first 20, open ones first, then the farthest outside, then by amount."),
    ],
)
def test_a_list_that_is_cut_is_not_said_to_be_all(marts, longest, n_listed, said):
    land(marts, "signal_review_list", *(listed(n) for n in range(1, n_listed + 1)))
    give(marts, review_list__records=longest)
    (item,) = items(told(marts), "review_lists")
    assert item["facts"][-1] == f"To review: {said}"


def test_a_team_has_the_records_of_its_own_and_all_of_its_own_rules(marts):
    teams = {1: "ae", 2: "sdr", 3: None, 4: "finance"}
    land(marts, "signal_review_list", *(listed(n, team=team) for n, team in teams.items()))
    assert ids(told(marts), "review_lists") == ["001", "002", "003", "004"]
    assert ids(told(marts, team="ae"), "review_lists") == ["001", "002", "003", "004"]
    assert ids(told(marts, team="sdr"), "review_lists") == ["002"]
    # What is nobody's, or of a team that gets no digest, is RevOps's.
    assert ids(told(marts, team="revops"), "review_lists") == ["003", "004"]
    assert told(marts, team="cs")["is_quiet"]


def test_breaches_are_new_within_the_day_to_the_second(marts):
    instants = {1: SINCE, 2: SINCE + SECOND, 3: AS_OF, 4: AS_OF + SECOND, 5: None}
    land(
        marts,
        "hygiene_sla_breaches",
        *(
            record(n, sla_id="no_stale_lead", team="ae", breached_since=instant, detail="late")
            for n, instant in instants.items()
        ),
    )
    found = told(marts)
    assert sorted(ids(found, "new_breaches")) == ["002", "003"]
    assert found["subject"].startswith("2 new breaches - ")
    assert sorted(ids(told(marts, team="sdr"), "new_breaches")) == ["002", "003"]
    assert sorted(ids(told(marts, "monthly"), "new_breaches")) == ["001", "002", "003"]


def candidate(number: int, **values: object) -> dict:
    """Return a row of candidate_reviews that was found long ago and is due long from now."""
    return (
        record(number)
        | {
            "decision": "delete",
            "rule_id": "test_or_spam",
            "first_candidate_at": datetime(2026, 6, 1),
            "review_due_at": datetime(2026, 8, 1),
            "review_state": "open",
        }
        | values
    )


def decided(number: int, team: str | None = "ae", **values: object) -> dict:
    """Return a row of lifecycle_decisions."""
    return record(number, team=team, owner_id="u1", reason="a test", as_of=AS_OF) | values


def test_reviews_are_due_within_two_business_days(marts):
    # Friday is a holiday, then comes the weekend: the second business day is Tuesday.
    tuesday = datetime(2026, 7, 7, 5)
    due = {1: tuesday, 2: tuesday + SECOND, 3: AS_OF, 4: AS_OF + SECOND, 6: None}
    rows = [candidate(n, review_due_at=instant) for n, instant in due.items()]
    rows += [candidate(5, review_due_at=tuesday, review_state="approved")]
    land(marts, "candidate_reviews", *rows)
    land(marts, "lifecycle_decisions", *(decided(n) for n in range(1, 7)))
    overdue, soon = items(told(marts), "reviews_due")
    assert [one["record_id"] for one in overdue["records"]] == ["003"]
    assert [one["record_id"] for one in soon["records"]] == ["001", "004"]
    assert "1 record, overdue for review" in overdue["facts"][0]
    assert "due for review by 7 Jul 2026 05:00" in soon["facts"][0]


def test_business_days_are_those_of_the_clock_of_the_build(marts):
    """A Friday evening in UTC, Saturday morning there: Monday and Tuesday are the two days."""
    give(marts, as_of=datetime(2026, 7, 10, 22), business_timezone="Etc/GMT-6")
    monday = datetime(2026, 7, 13, 22)
    due = {1: monday, 2: monday + SECOND}
    land(marts, "candidate_reviews", *(candidate(n, review_due_at=at) for n, at in due.items()))
    land(marts, "lifecycle_decisions", *(decided(n) for n in due))
    found = told(marts)
    assert ids(found, "reviews_due") == ["001"]
    (soon,) = items(found, "reviews_due")
    assert "due for review by 13 Jul 2026 22:00" in soon["facts"][0]


def test_new_candidates_are_told_of_with_the_reason_and_how_many_there_are(marts):
    new = {"first_candidate_at": AS_OF, "decision": "archive"}
    rows = [candidate(n, **new) for n in range(1, 8)]
    rows += [
        candidate(8, first_candidate_at=SINCE),
        candidate(9, decision="keep", **{"first_candidate_at": None}),
    ]
    land(marts, "candidate_reviews", *rows)
    land(marts, "lifecycle_decisions", *(decided(n, value_at_stake=n) for n in range(1, 10)))
    log = record(8, decided_at=SINCE, decision="delete", change="new")
    land(marts, "lifecycle_decision_log", log)
    found = told(marts)
    (item,) = items(found, "candidates")
    assert found["subject"].startswith("7 new candidates - ")
    assert [one["record_id"] for one in item["records"]] == ["007", "006", "005", "004", "003"]
    assert (item["n_records"], item["records"][0]["note"]) == (7, "a test")
    assert "and 2 more" in digest.as_text(found)
    assert not found["notes"]
    land(marts, "lifecycle_decision_log", log | {"decided_at": AS_OF})
    assert told(marts)["notes"] == ["First build of these marts: every candidate is new."]


def test_decisions_that_changed_are_told_of_and_no_others(marts):
    log = [
        ("changed", "keep", "archive", AS_OF),
        ("changed", "keep", "archive", SINCE),
        ("changed", "archive", "archive", AS_OF),
        ("new", None, "delete", AS_OF),
        ("facts_changed", "archive", "archive", AS_OF),
        ("gone", "delete", None, AS_OF),
    ]
    land(
        marts,
        "lifecycle_decision_log",
        *(
            record(n, change=change, previous_decision=was, decision=now, decided_at=instant)
            for n, (change, was, now, instant) in enumerate(log)
        ),
    )
    found = told(marts)
    assert [item["title"] for item in items(found, "decisions")] == [
        "Delete before, now gone",
        "Keep before, now archive",
    ]
    assert ids(found, "decisions") == ["005", "000"]


def test_what_does_not_hold_and_what_was_rejected_is_told_to_revops(marts):
    drift = {
        "crm": "open",
        "report": "booked_revenue",
        "period": "2026-05",
        "part": "all",
        "currency": "EUR",
        "frozen_value": 100,
        "current_value": Decimal("90.5"),
        "status": "drifted",
        "records": "open:opportunity:1",
    }
    land(marts, "reporting_drift", drift, drift | {"report": "win_rate", "status": "same"})
    impact = {"crm": "open", "report": "win_rate", "period": "all", "part": "", "unit": "share"}
    impact |= {"value_before": Decimal("0.5"), "value_after": Decimal("0.25"), "status": "breach"}
    land(marts, "cleanup_impact", impact, impact | {"report": "pipeline", "status": "ok"})
    land(marts, "rejected_rows", {"crm": "open", "reason": "missing id", "raw": "{}"})
    found = told(marts, team="revops")
    assert [item["facts"] for item in items(found, "reporting")] == [
        ["2026-05, EUR: 100, now 90.5 (open:opportunity:1)"],
        ["all: 50.0 %, now 25.0 %"],
    ]
    assert found["notes"] == ["1 landed row is rejected; marts.rejected_rows says why."]
    assert told(marts, team="ae")["is_quiet"]


def test_failed_tests_are_counted_where_the_mart_is_built(marts):
    assert told(marts)["is_quiet"]
    found = [("a", "failed"), ("b", "error"), ("c", "warned")]
    marts.land("marts", "test_failures", {"test_id": "varchar", "status": "varchar"}, found)
    found = told(marts)
    (item,) = items(found, "failed_tests")
    assert item["title"] == "2 tests failed"
    assert item["advice"] == ["To do: make failures"]
    assert told(marts, team="ae")["is_quiet"]


def signature(name: str, step: str, **values: object) -> dict:
    """Return a row of failure_signatures."""
    return {
        "crm": "open",
        "step": step,
        "signature": name,
        "object_type": "opportunity",
        "numerator_is": "bad cases",
        "denominator_is": "cases",
        "window_started_at": AS_OF - timedelta(days=28),
        "window_ended_at": AS_OF,
        "numerator": 3,
        "denominator": 10,
        "rate": Decimal("0.3"),
        "previous_numerator": 1,
        "previous_denominator": 10,
        "previous_rate": Decimal("0.1"),
        "status": "measured",
    } | values


def evidence(number: int, days_ago: float, **values: object) -> dict:
    """Return a row of failure_signature_evidence."""
    return (
        record(number, team="ae")
        | {
            "evidence_id": str(number),
            "step": "incentive",
            "signature": "source_to_credited",
            "signature_window": "current",
            "occurred_at": AS_OF - timedelta(days=days_ago),
            "detail": "from a to b",
        }
        | values
    )


def test_the_reviews_tell_of_the_signatures_and_dirty_records_of_their_steps(marts):
    land(
        marts,
        "failure_signatures",
        signature("source_to_credited", "incentive"),
        signature("activity_padding", "incentive", numerator=0, previous_numerator=0),
        signature("inflation_near_win", "incentive", status="not_landed", numerator=None),
        signature("handoff_stops_clock", "sla"),
        signature("owner_thrash", "handoff"),
    )
    land(
        marts,
        "failure_signature_evidence",
        evidence(1, 0),
        evidence(2, 6.9),
        evidence(3, 7),
        evidence(4, 13.9),
        evidence(5, 14),
    )
    dirty = {"team": "ae", "causing_step": "incentive", "first_bad_at": AS_OF}
    week_before = dirty | {"first_bad_at": AS_OF - timedelta(days=7)}
    land(
        marts,
        "dirty_records",
        record(1, archetype="lead_source_drift", **dirty),
        record(2, archetype="lead_source_drift", **week_before),
        record(1, archetype="sla_rush_update", **dirty),
        record(1, archetype="duplicate_account", **dirty),
    )
    week, month = told(marts, "weekly"), told(marts, "monthly")
    stops, thrash, item = items(week, "signatures")
    assert [stops["title"], thrash["title"]] == ["Handoff stops clock", "Owner thrash"]
    assert item["title"] == "Source to credited"
    assert "3 of 10 (30.0 %); as long before: 1 of 10 (10.0 %)" in item["facts"][0]
    assert item["facts"][-1] == "This week 2, the week before 2."
    assert [one["record_id"] for one in item["records"]] == ["001", "002"]
    assert [item["title"] for item in items(month, "signatures")] == [
        "Handoff stops clock",
        "Source to credited",
    ]
    assert {item["id"].split(":")[1]: item["facts"] for item in items(week, "newly_dirty")} == {
        "duplicate_account": ["1 record this week, 0 the week before"],
        "lead_source_drift": ["1 record this week, 1 the week before"],
        "sla_rush_update": ["1 record this week, 0 the week before"],
    }
    assert [item["id"].split(":")[1] for item in items(month, "newly_dirty")] == [
        "lead_source_drift",
        "sla_rush_update",
    ]
    assert not items(told(marts), "signatures")


def test_the_weekly_review_compares_the_last_two_periods_of_commit_churn(marts):
    churn = {"signal": "commit_close_date_churn"}
    land(
        marts,
        "process_signals_daily",
        signal(TODAY, 0),
        signal(date(2026, 4, 30), 9, **churn),
        signal(date(2026, 5, 31), 4, **churn | {"as_of": AS_OF + timedelta(days=9)}),
    )
    late = datetime(2026, 6, 20, 5)
    marts.sql(
        f"update marts.process_signals_daily set as_of = '{late}', "
        "signal_date = least(signal_date, '2026-06-20')"
    )
    give(marts, as_of=late)
    (item,) = items(told(marts, "weekly"), "signals")
    assert item["facts"][0].startswith("all segments on 31 May 2026: ok, 4 of 100 (4.0 %); was ok ")
    assert "on 30 Apr 2026 at 9.0 %" in item["facts"][0]


def test_the_monthly_review_tells_of_slas_grades_and_the_cleanup(marts):
    status = {"sla_id": "no_stale_lead", "crm": "open", "object_type": "lead", "target": 0.05}
    miss = {"n_records": 10, "n_breaches": 2, "rate": 0.2, "status": "missed"}
    land(
        marts,
        "hygiene_sla_status",
        status | miss | {"scope": "owner", "team": "ae", "owner_id": "u1"},
        status | miss | {"scope": "team", "team": "ae"},
        status | miss | {"scope": "all"},
        status | miss | {"scope": "owner", "team": "ae", "owner_id": "u2", "status": "met"},
        status | {"object_type": "case", "scope": "all", "status": "not_landed"},
    )
    grade = {"crm": "open", "object_type": "all", "n_live_records": 10, "as_of": AS_OF}
    land(
        marts,
        "data_health_grades",
        grade | {"metric_date": TODAY, "n_without_finding": 9, "clean_share": 0.9, "grade": "A"},
        grade | {"metric_date": date(2026, 6, 3), "clean_share": 0.1, "grade": "F"},
        grade | {"metric_date": date(2026, 6, 2), "clean_share": 0.7, "grade": "C"},
    )
    land(
        marts,
        "candidate_reviews",
        candidate(1),
        candidate(2, review_state="approved", cleared_for="delete"),
    )
    land(marts, "lifecycle_decisions", decided(1), decided(2))
    gone = record(3, change="gone", previous_decision="delete", decided_at=AS_OF)
    land(marts, "lifecycle_decision_log", gone)
    found = told(marts, "monthly")
    not_landed, missed = items(found, "sla_status")
    assert [fact.split(", in")[0] for fact in missed["facts"]] == [
        "all: missed",
        "team ae: missed",
        "owner u1: missed",
    ]
    assert "all: not landed, in breach not landed" in not_landed["facts"][0]
    (item,) = items(found, "grades")
    assert item["facts"] == [
        "all: A, without a finding 9 of 10 (90.0 %); was C at 70.0 % on 2 Jun 2026"
    ]
    (item,) = items(found, "cleanup")
    assert item["facts"] == [
        "delete: 1 approved, 1 open; 1 may be carried out",
        "1 record to delete is gone since 2 Jun 2026",
    ]
    assert [len(item["facts"]) for item in items(told(marts, "monthly", "ae"), "sla_status")] == [2]


def test_the_monthly_review_tells_what_shifts_around_the_cutoffs(marts):
    row = {
        "crm": "open",
        "object_type": "opportunity",
        "event": "close_date_changed",
        "part": "all",
        "days_to_cutoff": 0,
        "n_events": 2,
        "last_days_per_day": Decimal("0.5"),
        "other_days_per_day": Decimal("0.25"),
        "status": "shift",
    }
    few = row | {"event": "created", "status": "insufficient_data"}
    land(
        marts,
        "cutoff_shifts",
        row,
        row | {"days_to_cutoff": 1},
        row | {"part": "earlier", "status": "ok"},
        row | {"part": "later"},
        few,
        row | {"event": "milestone_reached", "status": "ok"},
        row | {"crm": "hubspot", "status": "not_landed", "n_events": None},
    )
    dates, milestones = items(told(marts, "monthly"), "cutoffs")
    assert dates["facts"] == [
        "all: 0.5 a day in the last days, 0.25 in the rest (shift)",
        "later: 0.5 a day in the last days, 0.25 in the rest (shift)",
    ]
    assert milestones["title"] == "Milestones reached"
    assert milestones["facts"] == ["all: 0.5 a day in the last days, 0.25 in the rest"]
    assert not items(told(marts, "weekly"), "cutoffs")
    assert not items(told(marts, "monthly", "ae"), "cutoffs")


def test_months_before_end_where_the_month_does():
    month = digest.REVIEWS["monthly"]
    assert month.before(datetime(2026, 3, 31, 5)) == datetime(2026, 2, 28, 5)
    assert month.before(datetime(2026, 1, 15)) == datetime(2025, 12, 15)


@pytest.fixture
def busy(marts) -> Warehouse:
    """A warehouse with something in every part, all of it hostile."""
    week_ago = TODAY - timedelta(days=7)
    rows = [
        signal(day, n, segment=HOSTILE) for day, n in ((week_ago, 0), (YESTERDAY, 0), (TODAY, 16))
    ]
    rows += [signal(day, n, signal="owner_ping_pong") for day, n in ((YESTERDAY, 16), (TODAY, 0))]
    land(marts, "process_signals_daily", *rows)
    land(marts, "signal_review_list", listed(1, owner_id=HOSTILE), listed(2, record_id=HOSTILE))
    land(marts, "stop_the_line", stopped(machine=HOSTILE))
    breach = record(3, sla_id="no_stale_lead", team=HOSTILE, breached_since=AS_OF, detail=HOSTILE)
    land(marts, "hygiene_sla_breaches", breach)
    new = candidate(4, first_candidate_at=AS_OF, review_due_at=AS_OF, crm=HOSTILE, rule_id=HOSTILE)
    land(marts, "candidate_reviews", new)
    land(marts, "lifecycle_decisions", decided(4, team="cs", owner_id=None, reason=HOSTILE * 40))
    log = record(4, change="changed", previous_decision="keep", decision="delete", reason=HOSTILE)
    land(marts, "lifecycle_decision_log", log | {"decided_at": AS_OF})
    drift = {"crm": "open", "report": HOSTILE, "period": HOSTILE, "status": "drifted"}
    land(marts, "reporting_drift", drift)
    land(marts, "rejected_rows", {"crm": "open", "reason": HOSTILE, "raw": HOSTILE})
    return marts


def texts_of(page: str) -> str:
    """Return what a reader sees of an HTML page, white space folded."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


@pytest.mark.parametrize("masks", ["people", "nothing"])
def test_hostile_values_stay_texts(busy, masks):
    found = told(busy, masks=masks)
    assert {one["id"] for one in found["parts"]} >= {
        "stop_the_line",
        "new_alerts",
        "eased",
        "reporting",
        "new_breaches",
        "review_lists",
        "movers",
        "reviews_due",
        "decisions",
        "candidates",
    }
    text, page = digest.as_text(found), digest.as_html(found)
    for rendered in (text, page):
        assert not re.search(
            "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", rendered
        )
        assert not [line for line in rendered.splitlines() if line.startswith("Bcc")]
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert max(len(line) for line in text.splitlines()) < 2_000
    assert json.loads(digest.as_json(found)) == found


def test_text_html_and_json_tell_the_same(busy):
    found = told(busy)
    text = " ".join(digest.as_text(found).split())
    page = texts_of(digest.as_html(found))
    said = [found["subject"], *found["notes"]]
    for part in found["parts"]:
        for item in part["items"]:
            said += [item["title"], *item["facts"], *item["advice"]]
            for one in item["records"]:
                said += [
                    one[name] for name in ("record_id", "name", "owner", "amount", "when", "note")
                ]
    for value in said:
        if value is not None:
            shown = " ".join(str(digest.shown(value)).split())
            assert shown in text
            assert shown in page
    for part in found["parts"]:
        assert part["title"].upper() in text
        assert part["title"] in page


def test_html_asks_no_other_host_for_anything(busy):
    page = digest.as_html(told(busy))
    tags = set(re.findall(r"<\s*([a-z0-9]+)", page))
    assert tags <= {
        "html",
        "head",
        "meta",
        "title",
        "body",
        "div",
        "table",
        "tr",
        "td",
        "th",
        "h1",
        "h2",
        "h3",
        "p",
        "span",
        "br",
    }
    assert not re.findall(r"\b(?:src|href|background|action|url)\s*[=(]", texts_of_tags(page))


def texts_of_tags(page: str) -> str:
    """Return the tags of an HTML page without the text between them."""
    return " ".join(re.findall(r"<[^>]*>", page))


def test_records_are_linked_by_http_only(marts):
    columns = dict.fromkeys(("crm", "object_type", "url_template"), "varchar")
    land(marts, "signal_review_list", listed(1, record_id='1"/é'), listed(2, crm="hubspot"))
    links = [("open", "opportunity", "https://crm.example/{record_id}?a=1&b=2")]
    links += [("hubspot", "opportunity", "javascript:alert('{record_id}')")]
    marts.land("policy", "record_urls", columns, links)
    found = told(marts)
    urls = [one["url"] for item in items(found, "review_lists") for one in item["records"]]
    assert urls == [None, "https://crm.example/1%22%2F%C3%A9?a=1&b=2"]
    page = digest.as_html(found)
    assert re.findall(r'href="([^"]*)"', page) == ["https://crm.example/1%22%2F%C3%A9?a=1&amp;b=2"]


@pytest.fixture
def named(marts) -> Warehouse:
    """A deal, a deal called by its contact, one of an account that is a person, and their owner."""
    schema, text, yes_or_no = "staging", "varchar", "boolean"
    key = {"record_key": text, "crm": text}
    marts.land(
        schema,
        "stg_crm__users",
        {"crm": text, "user_id": text, "user_name": text},
        [("open", "u1", "Ann Example"), ("hubspot", "u1", "Somebody Else")],
    )
    marts.land(
        schema,
        "stg_crm__accounts",
        key | {"account_id": text, "account_name": text, "is_person": yes_or_no},
        [
            ("open:account:a1", "open", "a1", "Windmill Ltd", False),
            ("open:account:a2", "open", "a2", "Zelda Quixote", True),
        ],
    )
    deals = [
        (1, "a1", "Windmill - Platform"),
        (2, "a1", "Renewal of SANCHO and Panza"),
        (3, "a2", "Private deal"),
        (4, "a1", "ask zelda@windmill.example"),
        (5, None, "Dulcinea Toboso - Scanner"),
        (6, None, None),
        (7, "a9", "Panza Ltd - Scanner"),
    ]
    marts.land(
        schema,
        "stg_crm__opportunities",
        key | dict.fromkeys(("opportunity_id", "account_id", "opportunity_name"), text),
        [(f"open:opportunity:{n:03}", "open", f"{n:03}", *rest) for n, *rest in deals],
    )
    person = dict.fromkeys(("first_name", "last_name"), text)
    marts.land(
        schema,
        "stg_crm__contacts",
        key | dict.fromkeys(("contact_id", "account_id"), text) | person,
        [
            ("open:contact:c1", "open", "c1", "a1", "Sancho", "Panza"),
            ("open:contact:c2", "open", "c2", None, "Dulcinea", "Toboso"),
        ],
    )
    marts.land(schema, "stg_crm__leads", key | person, [])
    marts.land(
        schema,
        "stg_crm__opportunity_contacts",
        dict.fromkeys(("crm", "opportunity_id", "contact_id"), text),
        [("open", "005", "c2"), ("open", "007", "c1")],
    )
    label = dict.fromkeys(("crm", "object_type", "field", "value", "label"), text)
    marts.land(
        schema, "stg_crm__labels", label, [("open", "opportunity", "stage", "2", "Proposal")]
    )
    land(marts, "signal_review_list", *[listed(n, owner_id="u1") for n in range(1, 8)])
    return marts


def test_deals_and_owners_are_named_and_persons_are_not(named):
    (item,) = items(told(named), "review_lists")
    assert {one["record_id"]: one["name"] for one in item["records"]} == {
        "001": "Windmill - Platform",
        "002": None,
        "003": None,
        "004": None,
        "005": None,
        "006": None,
        "007": "Panza Ltd - Scanner",
    }
    assert {one["owner"] for one in item["records"]} == {"Ann Example (u1)"}
    text, page = digest.as_text(told(named)), digest.as_html(told(named))
    assert "Windmill - Platform (001)" in text and "owner Ann Example (u1)" in text
    assert "      Windmill" in text
    assert "Windmill - Platform" in page and ">001<" in page


def test_the_stage_of_a_record_to_review_is_called_by_its_label(named):
    stay = {"stage": "2", "days": Decimal(9), "usual_days": Decimal("0.5"), "owner_id": "u1"}
    land(named, "signal_review_list", listed(1, **stay))
    (item,) = items(told(named), "review_lists")
    assert "in Proposal for 9.0 days (usual is at most 12.0 h)" in item["records"][0]["note"]


def test_all_names_are_masked_or_shown_where_that_is_asked_for(named):
    masked = json.dumps(told(named, masks="all"))
    assert "Windmill" not in masked and "Ann Example" not in masked
    (item,) = items(told(named, masks="nothing"), "review_lists")
    names = {one["record_id"]: one["name"] for one in item["records"]}
    assert names["005"] == "Dulcinea Toboso - Scanner" and names["006"] is None


@pytest.mark.parametrize(
    ("said", "spoken"),
    [
        ("2: 3 d 0 h, usual is at most 2 d", "Proposal: 3 d 0 h, usual is at most 2 d"),
        ("entered 2, no meeting within 2 days", "entered Proposal, no meeting within 2 days"),
        ("entered 2", "entered Proposal"),
        ("back from 2 to 1, regressions: 2", "back from Proposal to 1, regressions: 2"),
        ("from 1 to 2, past 2 open stages", "from 1 to Proposal, past 2 open stages"),
        ("amount raised from 1 to 2", "amount raised from 1 to 2"),
        ("2 stage changes within 2 min", "2 stage changes within 2 min"),
        (None, None),
    ],
)
def test_a_stage_is_called_by_its_label_where_the_rules_write_one(named, said, spoken):
    with open_warehouse(named.path) as connection:
        names = Names(connection)
        assert names.spoken(said, "open", "opportunity") == spoken
        assert names.spoken(said, "open", "lead") == said


@pytest.mark.parametrize(
    ("days", "text"),
    [("0", "0.0 days"), ("1", "1.0 days"), ("0.5", "12.0 h"), ("0.0125", "18.0 min")]
    + [("0.0001", "8.6 s"), ("-0.5", "-12.0 h"), ("1234.56", "1,234.6 days")],
)
def test_stays_of_minutes_read_in_minutes(days, text):
    assert amount_text(Decimal(days), "days") == text


@pytest.mark.parametrize("review", digest.REVIEWS)
def test_no_personal_data_unless_it_is_asked_for(busy, review):
    for mart in MARTS:
        for column in built_marts.personal_columns()[mart]:
            busy.sql(f"update marts.{mart} set {column} = 'a@secret'")
    assert "a@secret" not in digest.as_json(told(busy, review))
    assert "a@secret" in digest.as_json(told(busy, "daily", masks="nothing"))


def contents(told_digest: dict) -> set[tuple[str, str | None]]:
    """Return what a digest tells of: items, and records of items."""
    found = set()
    for part in told_digest["parts"]:
        for item in part["items"]:
            found.add((item["id"], None))
            found |= {(item["id"], one["record_key"]) for one in item["records"]}
    return found


def test_a_crm_without_records_is_said_to_be_empty(marts):
    land(marts, "crm_inventory")
    assert told(marts)["notes"] == ["The CRM holds no records."]


@pytest.mark.parametrize("review", digest.REVIEWS)
def test_the_teams_are_told_together_what_all_are_told(busy, review):
    everything = contents(told(busy, review))
    assert everything
    assert set().union(*(contents(told(busy, review, team)) for team in digest.TEAMS)) == everything


def test_folder_has_a_file_for_all_and_for_each_team(busy, monkeypatch, capsys, tmp_path):
    out = tmp_path / "reports"
    assert run(busy, monkeypatch, capsys, "--out", str(out)) == (0, "", "")
    stems = ["digest", *(f"digest_{team}" for team in digest.TEAMS)]
    assert sorted(file.name for file in out.iterdir()) == sorted(
        f"{stem}.{suffix}" for stem in stems for suffix in ("txt", "html", "json")
    )
    assert json.loads((out / "digest_cs.json").read_text("utf-8")) == told(busy, team="cs")
    first = {file.name: file.read_bytes() for file in out.iterdir()}
    run(busy, monkeypatch, capsys, "--out", str(out))
    assert {file.name: file.read_bytes() for file in out.iterdir()} == first
    arguments = ["--out", str(out), "--review", "weekly", "--team", "ae", "--format", "json"]
    assert run(busy, monkeypatch, capsys, *arguments)[0] == 0
    assert {file.name for file in out.iterdir()} - set(first) == {"weekly_ae.json"}


def test_what_keeps_it_from_telling_is_one_sentence(marts, monkeypatch, capsys, tmp_path):
    missing = Warehouse(tmp_path / "missing.duckdb")
    assert run(missing, monkeypatch, capsys) == (
        1,
        "",
        "The marts are not built yet; run make build first.\n",
    )
    missing.sql("create schema marts")
    assert run(missing, monkeypatch, capsys)[2] == (
        "The marts are not built yet; run make build first.\n"
    )
    code, _, complaint = run(marts, monkeypatch, capsys, "--target", "postgres")
    assert (code, complaint.count("\n")) == (1, 1)
    (tmp_path / "file").write_text("")
    code, _, complaint = run(marts, monkeypatch, capsys, "--out", str(tmp_path / "file"))
    assert (code, complaint.count("\n")) == (1, 1)
    land(marts, "process_signals_daily")
    land(marts, "run_settings")
    assert run(marts, monkeypatch, capsys) == (
        1,
        "",
        "The marts hold no rows yet; run make build first.\n",
    )


def test_demo_is_told_as_sql_counts_it(copy):
    found = told(copy)
    (as_of,) = copy.sql("select max(as_of) from marts.lifecycle_decisions")[0]
    assert datetime.fromisoformat(found["as_of"]) == as_of.replace(tzinfo=UTC)
    day = f"timestamp '{as_of}' - interval 1 day"
    for part, count in {
        "candidates": f"marts.candidate_reviews where first_candidate_at > {day}",
        "new_breaches": f"marts.hygiene_sla_breaches where breached_since > {day}",
        "review_lists": "(select distinct signal, record_key from marts.signal_review_list "
        "where status in ('watch', 'alert'))",
    }.items():
        (expected,) = copy.sql(f"select count(*) from {count}")[0]
        assert expected
        assert sum(one["count"] for one in found["parts"] if one["id"] == part) == expected
    (rejected,) = copy.sql("select count(*) from marts.rejected_rows")[0]
    assert f"{rejected} landed rows are rejected; marts.rejected_rows says why." in found["notes"]
    weekly = told(copy, "weekly")
    (stops,) = copy.sql(
        "select count(*) from marts.stop_the_line "
        f"where status = 'stop' and change_date >= cast({day} - interval 6 day as date)"
    )[0]
    assert stops == len(items(weekly, "stop_the_line")) > 0


@pytest.mark.parametrize("review", digest.REVIEWS)
def test_demo_is_told_to_its_teams_as_to_all(copy, review):
    everything = contents(told(copy, review))
    shared = set().union(*(contents(told(copy, review, team)) for team in digest.TEAMS))
    # A team has more of its own records than fit into the list of all.
    assert everything <= shared
    assert {item for item, _ in shared} == {item for item, _ in everything}


def test_policy_names_no_team_that_gets_no_digest():
    for seed in ("rules", "health_metrics", "hygiene_slas"):
        with (ROOT / "seeds" / "policy" / f"{seed}.csv").open(encoding="utf-8") as file:
            assert {row["owner_team"] for row in csv.DictReader(file)} <= set(digest.TEAMS)


def test_every_decision_to_be_reviewed_has_a_title():
    with (ROOT / "seeds" / "policy" / "lifecycle_rules.csv").open(encoding="utf-8") as file:
        decisions = {row["decision"] for row in csv.DictReader(file)} - {"keep", "re_engage"}
    missing = decisions - set(CANDIDATES)
    assert not missing, f"Give {sorted(missing)} a title in CANDIDATES of pages/digest/cleanup.py."
