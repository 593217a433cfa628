"""What the clean-up does to the reports, and how closed periods have drifted."""

from collections import defaultdict
from decimal import Decimal

import pytest
from conftest import Warehouse

DEMO_RUN = "2026-09-30 22:00:00"
NEXT_RUN = "2026-10-02 22:00:00"
THIS_QUARTER = "2026-Q3"
BY_PERIOD = ("month", "quarter", "year")
BY_QUARTER = ("quarter", "year", "all")
NOW = ("this quarter", "all")
IMPACT = ["int_reporting__deals", "int_reporting__contracts_and_invoices"]
IMPACT += ["int_reporting__totals", "int_reporting__values", "cleanup_impact"]
FROZEN = ["reporting_snapshots", "reporting_snapshot_records"]
DRIFT = [*FROZEN, "reporting_drift_records", "reporting_drift"]
WITHIN_TOLERANCE = "cleanup_moves_no_report_beyond_its_tolerance"
NOT_LINKED = "nothing_linked_to_booked_revenue_is_deleted"


@pytest.fixture(scope="module")
def deletes(demo):
    """The record keys that are to be deleted."""
    found = demo.sql("select record_key from marts.lifecycle_decisions where decision = 'delete'")
    return {key for (key,) in found}


@pytest.fixture(scope="module")
def deals(demo, deletes):
    """The live deals as dictionaries; `goes` is whether a delete takes the deal along."""
    columns = ("crm", "kind", "stage", "close_date", "created_at", "source", "campaign")
    columns += ("currency", "amount")
    rows = demo.sql("""
        select records.record_key, records.account_id, records.crm, records.stage_kind,
            records.stage, records.close_date, records.created_at, records.lead_source,
            deals.campaign, deals.currency, records.amount
        from intermediate.int_crm__records as records
        inner join staging.stg_crm__opportunities as deals using (record_key)
        where records.is_live
    """)
    return [
        dict(zip(columns, row[2:], strict=True))
        | {"goes": row[0] in deletes or f"{row[2]}:account:{row[1]}" in deletes}
        for row in rows
    ]


def periods_of(deal: dict, grains: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the grain and name of each period that a deal belongs to."""
    day = deal["close_date"]
    names = {
        "all": "all",
        "month": f"{day:%Y-%m}" if day else "none",
        "quarter": f"{day.year}-Q{(day.month + 2) // 3}" if day else "none",
        "year": f"FY{day.year}" if day else "none",
    }
    names["this quarter"] = names["quarter"]
    is_now = names["quarter"] == THIS_QUARTER
    grains = [grain for grain in grains if grain != "this quarter" or is_now]
    return [(grain.removeprefix("this "), names[grain]) for grain in grains]


def expected_of_deals(deals: list[dict]) -> dict[tuple, Decimal]:
    """Return the value of every report of deals by crm, report, period, part and currency."""
    sums, counts = defaultdict(Decimal), defaultdict(int)

    def add(deal, report, grains, parts, currency, value):
        for grain, period in periods_of(deal, grains):
            for part in parts:
                key = (deal["crm"], report, grain, period, part, currency)
                sums[key] += value
                counts[key] += 1

    for deal in deals:
        amount, currency = deal["amount"] or Decimal(0), deal["currency"] or "none"
        for by in ("source", "campaign"):
            parts = ("all", deal[by] or "none")
            add(deal, f"deals_by_{by}", ("all",), parts, None, 1)
            if deal["kind"] == "won":
                add(deal, f"revenue_by_{by}", BY_QUARTER, parts, currency, amount)
        if deal["kind"] == "won":
            add(deal, "booked_revenue", BY_PERIOD, ("all",), currency, amount)
            add(deal, "booked_deals", BY_PERIOD, ("all",), None, 1)
        if deal["kind"] == "won" and deal["close_date"]:
            days = (deal["close_date"] - deal["created_at"].date()).days
            add(deal, "sales_cycle_days", BY_QUARTER, ("all",), None, days)
        if deal["kind"] in ("won", "lost"):
            is_won = int(deal["kind"] == "won")
            add(deal, "win_rate", BY_QUARTER, ("all",), None, is_won)
        else:
            parts = ("all", deal["stage"])
            add(deal, "pipeline_amount", NOW, parts, currency, amount)
            add(deal, "pipeline_deals", NOW, parts, None, 1)
    for key in sums:
        if key[1] in ("win_rate", "sales_cycle_days"):
            sums[key] /= counts[key]
    return {key: round(Decimal(value), 6) for key, value in sums.items()}


def test_every_report_of_deals_equals_a_plain_sum_of_the_records(demo, deals):
    before = expected_of_deals(deals)
    after = expected_of_deals([deal for deal in deals if not deal["goes"]])
    found = demo.sql("""
        select crm, report, period_grain, period, part, currency, value_before, value_after
        from marts.cleanup_impact
        where report not in ('leads_by_source', 'touches_by_campaign', 'responses_by_campaign')
    """)
    is_rate = ("win_rate", "sales_cycle_days")
    expected = {
        (*key, value, after.get(key, None if key[1] in is_rate else Decimal(0)))
        for key, value in before.items()
    }
    assert len(expected) > 100
    assert set(found) == expected


def test_leads_and_touches_equal_a_plain_count_of_the_records(demo, deletes):
    before, after = defaultdict(int), defaultdict(int)

    def add(crm, report, part, goes):
        for name in ("all", part or "none"):
            before[crm, report, name] += 1
            after[crm, report, name] += not goes

    leads = demo.sql("""
        select crm, record_key, lead_source from intermediate.int_crm__records
        where object_type = 'lead' and is_live
    """)
    for crm, key, source in leads:
        add(crm, "leads_by_source", source, key in deletes)
    touches = demo.sql("""
        select crm, campaign_id, has_responded, lead_id, contact_id
        from staging.stg_crm__campaign_touches
    """)
    dead = demo.sql("select record_key from intermediate.int_crm__records where not is_live")
    dead = {key for (key,) in dead}
    for crm, campaign, has_responded, lead, contact in touches:
        members = [f"{crm}:lead:{lead}", f"{crm}:contact:{contact}"]
        if (members[1] if contact else members[0]) in dead:
            continue
        goes = bool(deletes & set(members))
        add(crm, "touches_by_campaign", campaign, goes)
        if has_responded:
            add(crm, "responses_by_campaign", campaign, goes)
    found = demo.sql("""
        select crm, report, part, value_before, value_after from marts.cleanup_impact
        where report in ('leads_by_source', 'touches_by_campaign', 'responses_by_campaign')
    """)
    assert before
    assert set(found) == {(*key, value, after[key]) for key, value in before.items()}


def test_no_booked_figure_of_the_demo_moves(demo):
    moved = demo.sql("""
        select report, period, n_records_moved from marts.cleanup_impact
        where tolerance = 0 and (variance <> 0 or n_records_moved > 0)
    """)
    assert not moved


def breaches(warehouse: Warehouse) -> dict[str, list[tuple]]:
    """Build the impact anew with its tests; return the rows of each that fails."""
    tests = (WITHIN_TOLERANCE, NOT_LINKED)
    # In a build the test that fails first keeps the models behind it from being built.
    assert warehouse.dbt("run", "--select", *IMPACT).success
    results = warehouse.dbt("test", "--select", *tests).result.results
    status = {one.node.name: one.status for one in results if one.node.name in tests}
    assert set(status) == set(tests)
    assert set(status.values()) <= {"pass", "fail"}
    return {
        test: warehouse.sql(f"select * from test_failures.{test}")
        for test in tests
        if status[test] == "fail"
    }


def decide_to_delete(warehouse: Warehouse, condition: str) -> list[str]:
    """Turn the decision on the records of a condition into delete; return their keys."""
    changed = warehouse.sql(f"""
        update intermediate.int_lifecycle__decisions set decision = 'delete', rule_id = 'planted'
        where {condition} returning record_key
    """)
    return sorted(key for (key,) in changed)


WON_DEAL = """(
    select min(record_key) from intermediate.int_crm__records
    where object_type = 'opportunity' and stage_kind = 'won' and is_live and amount > 0
)"""
ACCOUNT_OF_WON_DEAL = """(
    select min(deals.crm || ':account:' || deals.account_id)
    from intermediate.int_crm__records as deals
    inner join marts.lifecycle_decisions as decisions
        on decisions.record_key = deals.crm || ':account:' || deals.account_id
    where deals.object_type = 'opportunity' and deals.stage_kind = 'won' and deals.is_live
        and deals.amount > 0
        and deals.record_key not in (
            select record_key from marts.lifecycle_decisions where decision = 'delete'
        )
)"""
CONTACT_OF_WON_DEAL = """(
    select min(decisions.record_key)
    from staging.stg_crm__opportunity_contacts as roles
    inner join intermediate.int_crm__records as deals
        on roles.crm = deals.crm and roles.opportunity_id = deals.record_id
    inner join marts.lifecycle_decisions as decisions
        on decisions.record_key = roles.crm || ':contact:' || roles.contact_id
    where deals.object_type = 'opportunity' and deals.stage_kind = 'won'
)"""
JUNK_LEAD = """(
    select min(decisions.record_key)
    from marts.lifecycle_decisions as decisions
    inner join staging.stg_crm__leads as leads using (record_key)
    where decisions.decision <> 'delete' and not leads.is_converted
        and leads.lead_id not in (
            select lead_id from staging.stg_crm__campaign_touches where lead_id is not null
        )
)"""


def test_a_wrong_delete_fails_the_build_and_is_named(copy):
    (deal,) = decide_to_delete(copy, f"record_key = {WON_DEAL}")
    (account,) = decide_to_delete(copy, f"record_key = {ACCOUNT_OF_WON_DEAL}")
    (contact,) = decide_to_delete(copy, f"record_key = {CONTACT_OF_WON_DEAL}")
    leads = decide_to_delete(copy, "object_type = 'lead'")
    rows = breaches(copy)
    linked = {row[0] for row in rows[NOT_LINKED]}
    assert {deal, account, contact} <= linked
    assert linked - {deal, account, contact} <= set(leads)
    reports = {row[1] for row in rows[WITHIN_TOLERANCE]}
    booked = {"booked_revenue", "booked_deals", "revenue_by_source", "revenue_by_campaign"}
    assert reports >= booked | {"sales_cycle_days", "leads_by_source"}
    named = {
        key for row in rows[WITHIN_TOLERANCE] if row[1] in booked for key in row[-1].split(", ")
    }
    assert named == {deal, account}


def test_one_junk_lead_more_fails_no_build(copy):
    decide_to_delete(copy, f"record_key = {JUNK_LEAD}")
    assert not breaches(copy)


# --- Snapshots and drift ---


def test_what_is_over_is_frozen_and_the_first_run_sees_no_drift(demo):
    assert demo.sql("select distinct status from marts.reporting_drift") == [("same",)]
    frozen = demo.sql("""
        select crm, report, period_grain, period, part, currency, value
        from marts.reporting_snapshots where n_records > 0
    """)
    reported = demo.sql(f"""
        select crm, report, period_grain, period, part, currency, value_before
        from marts.cleanup_impact
        where period_start + case period_grain
            when 'month' then interval 1 month when 'quarter' then interval 3 month
            else interval 1 year
        end <= timestamp '{DEMO_RUN}'
    """)
    assert {row[2] for row in frozen} == set(BY_PERIOD)
    assert set(frozen) == set(reported)
    # The deals that were frozen with them add up to them.
    of_deals = demo.sql("""
        select crm, 'booked_revenue', period_grain, period, 'all', coalesce(currency, 'none'),
            sum(amount)
        from marts.reporting_snapshot_records where stage_kind = 'won' group by all
    """)
    assert set(of_deals) == {row for row in frozen if row[1] == "booked_revenue"}
    assert not demo.sql("select * from marts.reporting_drift_records")


def snapshots(warehouse: Warehouse) -> list[tuple]:
    """Return the frozen rows in an order of their own."""
    return sorted(warehouse.sql("select * from marts.reporting_snapshots"), key=str)


def run(warehouse: Warehouse, models: list[str], as_of: str, *flags: str) -> None:
    """Run models at an as_of."""
    result = warehouse.dbt("run", "--select", *models, *flags, variables={"as_of": as_of})
    assert result.success, result.exception


def test_a_deal_changed_in_a_closed_month_is_seen_and_named(copy):
    frozen = snapshots(copy)
    ((key, record_sk, crm, month, amount),) = copy.sql(f"""
        select record_key, record_sk, crm, strftime(close_date, '%Y-%m'), amount
        from intermediate.int_crm__records
        where object_type = 'opportunity' and stage_kind = 'won' and is_live and amount > 0
            and close_date < date_trunc('month', timestamp '{DEMO_RUN}')
        order by close_date desc, record_key limit 1
    """)
    copy.sql(f"""
        update intermediate.int_crm__records set amount = amount + 1000
        where record_sk = {record_sk};
        insert into staging.stg_crm__told_changes by name
        select * replace (
            timestamp '2026-10-01 12:00:00' as changed_at, 'amount' as field,
            'effective' as change_class, '{amount}' as old_value
        )
        from staging.stg_crm__told_changes where record_sk = {record_sk} limit 1;
        select 1
    """)
    run(copy, ["stg_crm__field_changes", *IMPACT, *DRIFT], NEXT_RUN)
    drifted = copy.sql("""
        select crm, report, period, drift, records
        from marts.reporting_drift where status = 'drifted'
    """)
    assert drifted == [(crm, "booked_revenue", month, Decimal(1000), key)]
    # September and its quarter have ended since.
    now = snapshots(copy)
    assert set(frozen) < set(now)
    assert {row[3] for row in set(now) - set(frozen)} == {"2026-09", "2026-Q3"}
    # A full refresh would lose them.
    run(copy, ["reporting_snapshots"], NEXT_RUN, "--full-refresh")
    assert snapshots(copy) == now


def test_drift_names_the_deals_that_no_history_tells_of(copy):
    """A deal that is gone, one of another source and one that came, of a year that is over."""
    keys = copy.sql("""
        select record_key from intermediate.int_crm__records
        where object_type = 'opportunity' and stage_kind = 'won' and is_live and amount > 0
            and crm = 'salesforce' and year(close_date) = 2025
        order by record_key limit 3
    """)
    (gone,), (renamed,), (came,) = keys
    ((before,),) = copy.sql(f"""
        select amount from intermediate.int_crm__records where record_key = '{came}'
    """)
    # What was not frozen with the year has come since.
    copy.sql(f"""
        update marts.reporting_snapshots set value = value - {before}
        where period = 'FY2025' and crm = 'salesforce' and report = 'booked_revenue';
        delete from marts.reporting_snapshot_records where record_key = '{came}';
        update intermediate.int_crm__records set is_live = false where record_key = '{gone}';
        update intermediate.int_crm__records set lead_source = 'Elsewhere'
        where record_key = '{renamed}';
        select 1
    """)
    run(copy, [*IMPACT, *DRIFT], DEMO_RUN)
    drift = copy.sql("""
        select report, part, drift, n_records_changed, records from marts.reporting_drift
        where status = 'drifted' and crm = 'salesforce' and period = 'FY2025'
    """)
    found = {(report, part): (n, records) for report, part, _, n, records in drift}
    booked = ", ".join(sorted([gone, came]))
    assert found["booked_revenue", "all"] == (2, booked)
    assert found["revenue_by_source", "Elsewhere"] == (1, renamed)
    told = copy.sql("""
        select what, record_key, coalesce(current_value, 0) - coalesce(frozen_value, 0)
        from marts.reporting_drift_records
        where report = 'booked_revenue' and period = 'FY2025' and crm = 'salesforce'
    """)
    assert {row[:2] for row in told} == {("left", gone), ("came", came)}
    ((total,),) = [row[2:3] for row in drift if row[:2] == ("booked_revenue", "all")]
    assert sum(row[2] for row in told) == total
    # A full refresh keeps what was frozen.
    n_frozen = copy.sql("select count(*) from marts.reporting_snapshot_records")
    run(copy, ["reporting_snapshot_records"], DEMO_RUN, "--full-refresh")
    assert copy.sql("select count(*) from marts.reporting_snapshot_records") == n_frozen
