"""The dashboard in a real browser: without a network, under its own policy, by keyboard and eye."""

import base64
import contextlib
import copy
import csv
import gzip
import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from crm_hygiene.pages import dashboard

VIEWS = ["overview", "sdr", "ae", "cs", "revops", "cleanup", "landing"]
BROWSERS = ["chromium", "chromium-browser", "google-chrome"]
# The browser asks for nothing of its own; a container has no sandbox and no GPU.
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOSTILE = [
    "<script>window.broken = true</script>",
    '"><img src=x onerror="window.broken = true">',
    "</script><style>body{display:none}</style>",
    "شركة الاختبار \u202e gnp.exe",
    '👩‍🚀 O\'Brien "& Sons" \\ ` ${window.broken = true}',
    '=HYPERLINK("https://example.com")',
    "+1;-2\t@x",
    "\u2028\u2029\x00\x07",
    "x" * 2_000,
    "__proto__",
    "constructor",
    None,
]


def browser_path() -> str | None:
    """Return the browser of this machine; None for Playwright's own."""
    found = [os.environ.get("CHROMIUM"), *map(shutil.which, BROWSERS)]
    return next((path for path in found if path), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests of this module."""
    with sync_playwright() as playwright:
        path = browser_path()
        if not path and not Path(playwright.chromium.executable_path).exists():
            pytest.fail("No browser: install Debian's chromium, or name one in CHROMIUM.")
        started = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def payload(demo, tmp_path_factory) -> dict:
    """What the demo's page holds."""
    copy = demo.copy(tmp_path_factory.mktemp("copy"))
    with duckdb.connect(str(copy.path), read_only=True) as connection:
        return dashboard.Payload(connection).build()


@pytest.fixture(scope="module")
def file(payload, tmp_path_factory) -> Path:
    """The demo's page."""
    return written(payload, tmp_path_factory.mktemp("page") / "dashboard.html")


def written(payload: dict, path: Path) -> Path:
    """Write a page; return its path."""
    path.write_text(dashboard.page(payload), "utf-8")
    return path


@contextlib.contextmanager
def opened(
    browser: Browser, file: Path, where: str = "overview", width: int = 1440, scheme: str = "light"
) -> Iterator[Page]:
    """Open a page without a network; fail where it asks for anything or complains of anything."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    )
    complaints: list[str] = []
    page = context.new_page()
    page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: complaints.append(asked.url) if is_foreign(asked.url) else 0)
    try:
        page.goto(f"{file.as_uri()}#{where}")
        page.wait_for_selector("html[data-ready]")
        yield page
        assert complaints == []
    finally:
        context.close()


def is_foreign(url: str) -> bool:
    """Tell whether a request leaves the page."""
    return not (url.split("#")[0].endswith(".html") and url.startswith("file:")) and not (
        url.startswith(("data:", "blob:"))
    )


def go(page: Page, where: str) -> None:
    """Follow an address within the page."""
    page.evaluate("where => { location.hash = where; }", where)
    page.wait_for_function("() => shown !== null && location.hash.startsWith('#' + view)")


def counted(page: Page, scope: str = "#panel-body") -> tuple[int, int]:
    """Return the numbers of rows found and of rows in all that a list tells."""
    text = page.locator(f"{scope} .count").first.inner_text()
    found, total = re.match(r"([\d,]+) of ([\d,]+) row", text).groups()
    return int(found.replace(",", "")), int(total.replace(",", ""))


def downloaded(page: Page, scope: str = "#panel-body") -> tuple[str, list[dict[str, str]]]:
    """Return the name and the rows of a list's CSV file."""
    with page.expect_download() as download:
        page.locator(f"{scope} .download").first.click()
    text = Path(download.value.path()).read_bytes().decode("utf-8")
    return download.value.suggested_filename, list(csv.DictReader(io.StringIO(text, newline="")))


def figures(page: Page, caption: str) -> dict[str, list[str]]:
    """Return the cells of a table of figures by the figure's name."""
    cells = page.locator(f'table:has(caption:text-is("{caption}")) tbody tr').evaluate_all(
        "rows => rows.map((row) => [...row.cells].map((cell) => cell.innerText.trim()))"
    )
    return {first: rest for first, *rest in cells}


def violations(page: Page) -> list[str]:
    """Return what axe finds; of long tables it sees the first rows, the others are like them."""
    page.evaluate("() => document.querySelectorAll('tr:nth-child(n + 7)').forEach(r => r.remove())")
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_view_is_accessible_and_fits(browser, file, width, scheme):
    """Axe finds nothing in any view or panel, and no view is wider than the screen."""
    with opened(browser, file, width=width, scheme=scheme) as page:
        for where in [*VIEWS, "overview?open=signal:stage_dwell_anomaly"]:
            go(page, where)
            page.evaluate("() => drawAll()")
            found = violations(page)
            assert found == [], f"{where}: {found}"
            wider = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
            assert wider <= 0, where
        page.locator("#panel .row-button").first.click()
        assert page.locator("#panel .what").first.is_visible()
        assert violations(page) == []


def test_every_chart_is_drawn_and_has_its_table(browser, file):
    """No view has a chart that failed, and each chart has a table and a text."""
    with opened(browser, file) as page:
        for where in ["overview", "ae", "overview?open=signal:late_edit"]:
            go(page, where)
            page.evaluate("() => drawAll()")
            charts = page.locator("figure.chart")
            assert charts.count() >= 1
            for chart in charts.all():
                assert chart.locator("svg.marks").count() == 1
                assert chart.locator("details table tbody tr").count() >= 2
                assert chart.locator("[role=img]").get_attribute("aria-label")


def test_metrics_are_the_marts_figures(browser, file, demo):
    """A metric over all CRMs and objects is the sum of its parts, its status the worst of them."""
    expected = {
        name: (numerator / denominator, worst)
        for name, numerator, denominator, worst in demo.sql(
            "select register.name, cast(sum(numerator) as double), sum(denominator), "
            "min_by(status, case status when 'alert' then 1 when 'watch' then 2 else 3 end) "
            "from marts.data_health_daily inner join policy.health_metrics as register "
            "using (metric) where segment = 'all' and register.unit = 'rate' group by all"
        )
    }
    with opened(browser, file) as page:
        shown = figures(page, "Data-health metrics")
        assert len(expected) == 10
        for name, (value, worst) in expected.items():
            assert float(shown[name][0].rstrip("%")) == pytest.approx(value * 100, abs=0.051)
            assert shown[name][3].split("\n")[0].lower() == worst


def test_a_change_is_told_where_it_can_be_seen(browser, file):
    told = {0.0004: "No change", -0.0004: "No change", 0.0006: "+0.1 points", -0.02: "−2 points"}
    with opened(browser, file) as page:
        assert page.evaluate(
            "all => all.map((one) => tellChange(one, 'rate'))", list(told)
        ) == list(told.values())
        assert page.evaluate("tellChange(-1.06, 'days')") == "−1.1 days"
        assert page.evaluate("tellChange(null, 'rate')") is None


def test_filters_choose_the_marts_rows(browser, file, demo):
    """With one CRM and segment a signal is the mart's own row, to the status."""
    rows = demo.sql(
        "select register.name, object_type, rate, numerator, denominator, status "
        "from marts.process_signals_daily inner join policy.rules as register "
        "on signal = rule_id and kind = 'signal' where crm = 'hubspot' and segment = 'SMB' "
        "and signal = 'late_edit' and signal_date = date '2026-09-30'"
    )
    [(name, _, _, numerator, denominator, status)] = rows
    with opened(browser, file) as page:
        page.locator("#filter-crm").select_option("HubSpot")
        page.locator("#filter-segment").select_option("SMB")
        page.wait_for_function("() => filters.segment === 'SMB'")
        assert "crm=hubspot" in page.url and "segment=SMB" in page.url
        shown = figures(page, "Process signals")[name]
        assert shown[1] == f"{numerator} of {denominator}"
        assert shown[4].lower().startswith({"insufficient_data": "too few"}.get(status, status))
        page.get_by_role("button", name="Clear").click()
        page.wait_for_function("() => filters.segment === null")
        assert "crm=" not in page.url


def test_a_filter_that_a_figure_does_not_have_is_said(browser, file):
    """An owner is chosen: the metrics say that they are not split by owner."""
    with opened(browser, file, "overview?owner=510235") as page:
        assert page.get_by_text("Not split by owner").count() >= 2


@pytest.mark.parametrize(
    ("address", "query"),
    [
        (
            "archetype:lead_source_drift",
            "marts.dirty_records where archetype = 'lead_source_drift'",
        ),
        (
            "archetype:lead_source_drift|integration",
            "marts.dirty_records where archetype = 'lead_source_drift' "
            "and causing_step = 'integration'",
        ),
        (
            "metric:owned_by_inactive_user",
            "marts.data_health_findings where finding = 'owned_by_inactive_user'",
        ),
        ("metric:hard_bounced", "marts.data_health_findings where finding = 'hard_bounced'"),
        (
            "sla:next_step_on_every_open_deal",
            "marts.hygiene_sla_breaches where sla_id = 'next_step_on_every_open_deal'",
        ),
        (
            "signal:multi_stage_jump",
            "marts.process_signal_evidence where signal = 'multi_stage_jump' "
            "and occurred_at > timestamp '2026-09-02 22:00:00'",
        ),
        (
            "signal:commit_close_date_churn",
            "marts.process_signal_evidence where signal = 'commit_close_date_churn'",
        ),
        ("grade:hubspot|all", "marts.data_health_findings where crm = 'hubspot'"),
        (
            "grade:salesforce|account",
            "marts.data_health_findings where crm = 'salesforce' and object_type = 'account'",
        ),
        ("decision:archive", "marts.archive_candidates"),
        ("decision:delete", "marts.delete_candidates"),
        (
            "signature:period_end_edits|hubspot|opportunity",
            "marts.failure_signature_evidence where signature = 'period_end_edits' "
            "and crm = 'hubspot' and object_type = 'opportunity'",
        ),
    ],
)
def test_drill_down_counts_equal_sql(browser, file, demo, address, query):
    """The records behind a figure are those of the mart, with filters and without."""
    with opened(browser, file, f"overview?open={address}") as page:
        [(n_rows,)] = demo.sql(f"select count(*) from {query}")
        assert n_rows > 0
        assert counted(page)[0] == n_rows
        narrower = query if " where " in query else f"{query} where true"
        [(n_rows,)] = demo.sql(
            f"select count(*) from {narrower} and crm = 'hubspot' and team = 'ae'"
        )
        page.keyboard.press("Escape")
        go(page, f"overview?crm=hubspot&team=ae&open={address}")
        found = counted(page)[0] if page.locator("#panel-body .count").count() else 0
        assert found == n_rows


def test_team_figures_equal_sql(browser, file, demo):
    """The figures of SDR and CS are the mart's, and so are the records behind them."""
    rows = demo.sql(
        "select figure, name, sum(numerator), sum(denominator) from marts.team_figures "
        "inner join policy.team_figure_register using (figure) where segment = 'all' group by all"
    )
    assert len(rows) == 6
    of_sdr = ("speed_to_lead", "lead_owner_changes", "sdr_handoff_completeness")
    with opened(browser, file) as page:
        for figure, name, numerator, denominator in rows:
            where = "sdr" if figure in of_sdr else "cs"
            go(page, where)
            card = page.locator(".card", has=page.get_by_role("heading", name=name))
            if denominator is None:
                # What is not landed stands in one line below the cards.
                assert card.count() == 0
                assert name.lower() in page.locator("main .folded").inner_text().lower()
            else:
                told = f"{numerator:,.0f} of {denominator:,.0f}" if denominator else "–"
                assert told in card.inner_text()
            go(page, f"{where}?open=team_figure:{figure}")
            [(n_rows,)] = demo.sql(
                f"select count(*) from marts.team_figure_records where figure = '{figure}'"
            )
            has_list = page.locator("#panel-body .count").count()
            assert (counted(page)[0] if has_list else 0) == n_rows
            page.keyboard.press("Escape")


@pytest.mark.parametrize(
    ("metric", "listed"),
    [
        ("contacts_active_90d", "denominator - numerator"),
        ("accounts_with_open_opportunity", "denominator - numerator"),
        ("consent_coverage", "denominator - numerator"),
        ("do_not_contact", "numerator"),
        ("time_in_stage", "denominator"),
    ],
)
def test_metrics_that_are_no_faults_list_what_to_work_on(browser, file, demo, metric, listed):
    """The list of a metric that is no fault holds the records on its bad side."""
    [(n_rows,)] = demo.sql(
        f"select cast(sum({listed}) as bigint) from marts.data_health_daily "
        f"where metric = '{metric}' and segment = 'all'"
    )
    with opened(browser, file, f"overview?open=metric:{metric}") as page:
        assert counted(page)[0] == n_rows


def part(page: Page, name: str):
    """Return the section of a view with this heading."""
    return page.locator("section.section", has=page.get_by_role("heading", name=name, exact=True))


def lines(section, caption: str) -> list[list[str]]:
    """Return the rows of every table of a section with this caption, one cell a text."""
    return section.locator(f'table:has(caption:text-is("{caption}")) tbody tr').evaluate_all(
        "rows => rows.map((row) => [...row.cells].map((cell) => cell.textContent.trim()))"
    )


def test_a_signal_says_whether_it_is_one_person_or_many(browser, file, demo):
    """The verdicts are the mart's; what is too few to tell is folded; the panel has its own."""
    rows = demo.sql(
        "select register.name, crm, verdict, n_records, signal "
        "from marts.signal_spread inner join policy.rules as register "
        "on signal = rule_id and kind = 'signal'"
    )
    crms = {"hubspot": "HubSpot", "salesforce": "Salesforce"}
    told = {
        (name, crms[crm], verdict.replace("insufficient_data", "too few records"), str(n))
        for name, crm, verdict, n, _ in rows
    }
    with opened(browser, file, "revops") as page:
        section = part(page, "One person or many")
        shown = lines(section, "One person or many")
        assert len(shown) == len(rows)
        assert {(one[0], one[1].split()[0], one[2].lower(), one[3]) for one in shown} == told
        assert all(one[-1] for one in shown)
        judged = [row for row in rows if row[2] != "insufficient_data"]
        assert judged and section.locator("tbody tr:visible").count() == len(judged)
        go(page, f"overview?open=signal:{judged[0][4]}")
        panel = lines(page.locator("#panel-body"), "One person or many")
        assert len(panel) == sum(row[4] == judged[0][4] for row in rows)
        assert any(one[1].lower() == judged[0][2] for one in panel)


def test_what_shifts_around_the_cutoff_is_shown(browser, file, demo):
    """Every landed part is listed once, a shift first and with a chart of its days."""
    rows = demo.sql(
        "select crm, object_type, event, part, max(status), max(last_days_per_day) "
        "from marts.cutoff_shifts group by all"
    )
    landed = [row for row in rows if row[4] != "not_landed"]
    shifts = [row for row in rows if row[4] == "shift" and row[3] == "all"]
    with opened(browser, file, "revops") as page:
        section = part(page, "Around the cutoff")
        shown = lines(section, "Around the cutoff")
        assert len(shown) == len(landed)
        assert sum(one[1] == "Shift" for one in shown) == sum(row[4] == "shift" for row in rows)
        assert shifts and [one[1] for one in shown[: len(shifts)]] == ["Shift"] * len(shifts)
        assert shown[0][2] == f"{float(shifts[0][5]):.2g} a day"
        assert shown[0][0] == "Close date changedSalesforce opportunity"
        assert "Ask who moves dates" in shown[0][5]
        assert section.locator(".folded").inner_text().count("(") == len(rows) - len(landed)
        charts = section.locator("figure.chart")
        assert charts.count() == len(shifts)
        page.evaluate("() => drawAll()")
        assert charts.first.locator("svg.marks").count() == 1
        [(n_days,)] = demo.sql(
            "select count(distinct days_to_cutoff) from marts.cutoff_shifts where part = 'all'"
        )
        assert charts.first.locator("details tbody tr").count() == n_days


def test_key_fields_pass_or_fail_by_their_writers(browser, file, demo):
    """Each key field has its first three writers by name and first two paths, and a verdict."""
    rows = demo.sql(
        "select crm, object_type, field, status, writer_1, writer_1_share, path_1, is_money_field "
        "from marts.key_field_writers"
    )
    names = dict(demo.sql("select user_id, user_name from staging.stg_crm__users"))
    landed = [row for row in rows if row[3] != "not_landed"]
    crms = {"hubspot": "HubSpot", "salesforce": "Salesforce"}
    with opened(browser, file, "revops") as page:
        section = part(page, "Who changes what")
        shown = {one[0]: one[1:] for one in lines(section, "Key fields")}
        assert len(shown) == len(landed) < len(rows)
        for crm, object_type, field, status, writer, share, path, is_money in landed:
            name = f"{field[0].upper()}{field[1:].replace('_', ' ')}{crms[crm]} {object_type}"
            told = shown[name + " · money" * is_money]
            assert told[0].lower() == status
            assert told[1].startswith(names.get(writer, writer))
            assert f"{float(share) * 100:.1f}".removesuffix(".0") + "%" in told[1]
            assert told[2].lower().startswith((path or "not known").replace("_", " "))
        n_failed = sum(row[3] == "fail" for row in rows)
        text = section.inner_text()
        assert f"{n_failed} key fields of {len(landed)} fail" in text
        assert section.locator(".folded").inner_text().count("HubSpot lead") == 2


def test_broken_guardrails_are_shown_with_what_broke_them_last(browser, file, demo):
    """The broken ones first; those that hold and what is not landed are folded."""
    rows = demo.sql(
        "select status, crm, object_type, field, n_broken, cast(year(newest_at) as varchar) "
        "from marts.guardrail_status order by status, n_broken desc nulls last, crm, object_type, "
        "field, guardrail"
    )
    broken = [row for row in rows if row[0] == "broken"]
    n_holding = sum(row[0] == "holds" for row in rows)
    assert 0 < len(broken) < len(broken) + n_holding < len(rows)
    crms = {"hubspot": "HubSpot", "salesforce": "Salesforce"}
    with opened(browser, file, "revops") as page:
        section = part(page, "Guardrails")
        shown = lines(section, "Guardrails")[: len(broken)]
        for told, (_, crm, object_type, field, n_broken, year) in zip(shown, broken, strict=True):
            name = "The record as a whole" if field == "*" else field.capitalize().replace("_", " ")
            assert told[0] == f"{name}{crms[crm]} {object_type}"
            assert (int(told[2].split()[0]), told[3]) == (n_broken, "Broken")
            assert told[4].endswith(year)
        assert {told[2].split()[1].rstrip("s") for told in shown} == {"record", "change"}
        summary = section.locator("details summary").first.inner_text()
        assert summary == f"Guardrails that hold: {n_holding} more"
        assert section.locator(".folded").count() == 1


def test_records_to_hand_over_are_the_marts(browser, file, demo):
    """Each record has who could own it; those without anybody are counted."""
    [(n_rows, n_nobody)] = demo.sql(
        "select count(*), count(*) filter (proposed_from = 'none') from marts.owner_reassignments"
    )
    [(key, owner, proposed)] = demo.sql(
        "select record_id, owner.user_name, proposed.user_name from marts.owner_reassignments "
        "inner join staging.stg_crm__users as owner using (crm) "
        "inner join staging.stg_crm__users as proposed using (crm) "
        "where owner.user_id = owner_id and proposed.user_id = proposed_owner_id "
        "and proposed_from = 'manager' order by record_id limit 1"
    )
    scope = 'section.explorer:has(h3:text-is("Records without an active owner"))'
    with opened(browser, file, "revops") as page:
        assert counted(page, scope) == (n_rows, n_rows)
        text = part(page, "Records to hand over").inner_text()
        assert 0 < n_nobody < n_rows
        assert f"For {n_nobody} of {n_rows} records nobody is found" in text
        page.locator(f"{scope} input[type=search]").fill(key)
        row = page.locator(f"{scope} tbody tr").first.inner_text()
        assert owner in row and proposed in row


def test_where_nobody_touches_records_is_the_marts(browser, file, demo):
    """By object as a whole, and by what records are told apart by; owners have their names."""
    whole = demo.sql(
        "select n_stale_12m, n_stale_24m from marts.dead_data where dimension = 'all' "
        "and status = 'measured' order by n_stale_12m desc"
    )
    [(n_parts,)] = demo.sql(
        "select count(*) from marts.dead_data where dimension <> 'all' and n_stale_12m > 0"
    )
    [(owner, n_stale)] = demo.sql(
        "select user_name, n_stale_12m from marts.dead_data inner join staging.stg_crm__users "
        "using (crm) where user_id = part and dimension = 'owner' order by n_stale_12m desc limit 1"
    )
    scope = 'section.explorer:has(h3:text-is("By owner, segment and lead source"))'
    with opened(browser, file, "cleanup") as page:
        section = part(page, "Records that nobody touches")
        shown = lines(section, "Untouched records by object")
        assert [(int(one[2]), int(one[3])) for one in shown] == whole
        assert section.locator(".folded").inner_text().count("case") == 2
        assert counted(page, scope) == (n_parts, n_parts)
        first = page.locator(f"{scope} tbody tr").first.inner_text()
        assert owner in first and str(n_stale) in first


def test_what_to_put_back_is_listed_and_masked(browser, file, demo, tmp_path):
    """The list is the mart's, a stop names how much of it is its own; values are masked."""
    [(n_rows, n_standing)] = demo.sql(
        "select count(*), count(*) filter (is_standing) from marts.revert_list"
    )
    [(crm, machine, day, n_own)] = demo.sql(
        "select crm, machine, change_date, count(*) from marts.revert_list inner join "
        "marts.stop_the_line using (crm, machine, change_date) where is_standing and is_current "
        "group by all order by all limit 1"
    )
    scope = 'section.explorer:has(h3:text-is("Fields to put back"))'
    with opened(browser, file, "revops") as page:
        section = part(page, "What to put back")
        assert counted(page, scope) == (n_rows, n_rows)
        assert f"{n_standing} fields still stand" in section.inner_text()
        assert "The values are masked here" in section.inner_text()
        name, rows = downloaded(page, scope)
        assert name == "crm_hygiene_revert_list_2026-09-30.csv"
        assert "restore_value" not in rows[0] and len(rows) == n_rows
        go(page, f"revops?open=stop:{crm}|{machine}|{day}")
        assert f"{n_own} fields to put back" in page.locator("#panel-body").inner_text()
    with duckdb.connect(str(demo.path), read_only=True) as connection:
        shown = dashboard.Payload(connection, masks="nothing").build()
    [(label,)] = demo.sql(
        "select distinct label from staging.stg_crm__labels as labels "
        "inner join marts.revert_list as reverts using (crm, object_type) "
        "where crm = 'hubspot' and labels.field = 'source' and value = bad_value"
    )
    with opened(browser, written(shown, tmp_path / "shown.html"), "revops") as page:
        assert "masked" not in part(page, "What to put back").inner_text()
        page.locator(f"{scope} input[type=search]").fill("hubspot")
        row = page.locator(f"{scope} tbody tr").first.inner_text()
        assert label in row and "PAID_SEARCH" in row


@pytest.mark.parametrize(
    ("view", "object_type", "name"),
    [("ae", "opportunity", "From stage to stage"), ("sdr", "lead", "From new lead to qualified")],
)
def test_the_funnel_is_the_marts(browser, file, demo, view, object_type, name):
    """Each stage has who stands there, who came, who went on; a segment has its own."""
    query = (
        "select count(*), sum(n_records), sum(n_entered), sum(n_won) from marts.stage_funnel "
        f"where object_type = '{object_type}' and (n_records > 0 or n_entered > 0) and "
    )
    caption = f"Stages of {'deal' if object_type == 'opportunity' else 'lead'}s"
    came = 3 if object_type == "opportunity" else 2

    def total(rows: list[list[str]], column: int) -> int:
        return sum(int(row[column].replace(",", "").replace("–", "0")) for row in rows)

    with opened(browser, file, view) as page:
        for where, condition in (("", "segment = 'all'"), ("?segment=SMB", "segment = 'SMB'")):
            go(page, f"{view}{where}")
            [(n_rows, n_here, n_came, n_won)] = demo.sql(query + condition)
            rows = lines(part(page, name), caption)
            assert (len(rows), total(rows, 1)) == (n_rows, n_here)
            assert (total(rows, came), total(rows, -2)) == (n_came, n_won)
        go(page, view)
        assert "in the last 365 days" in part(page, name).inner_text()
        part(page, name).locator("summary", has_text="By segment").click()
        [(n_rows, *_)] = demo.sql(query + "segment <> 'all'")
        scope = 'section.explorer:has(h3:text-is("Stages by segment"))'
        assert counted(page, scope) == (n_rows, n_rows)


def test_values_to_standardise_and_words_for_nothing_are_listed(browser, file, demo):
    """What is in order is only counted; what is not is listed, what to begin with first."""
    fields = demo.sql(
        "select count(*) filter (verdict <> 'ok'), bool_or(standardise_first) "
        "from marts.picklist_values group by crm, object_type, field"
    )
    wrong = [is_first for n_wrong, is_first in fields if n_wrong]
    typed = demo.sql(
        "select sum(n_placeholders), max(field_share) from marts.placeholder_use "
        "where n_placeholders > 0 group by crm, object_type, field"
    )
    with opened(browser, file, "revops") as page:
        section = part(page, "Values to standardise")
        firsts = [one[-1] for one in lines(section, "Picklist fields")]
        assert firsts == ["Yes"] * sum(wrong) + ["–"] * (len(wrong) - sum(wrong))
        assert 0 < sum(wrong) < len(wrong) < len(fields)
        folded = section.locator(".folded summary").inner_text()
        assert folded == f"In order: {len(fields) - len(wrong)} fields"
        scope = 'section.explorer:has(h3:text-is("Values"))'
        assert counted(page, scope)[0] == sum(n_wrong for n_wrong, _ in fields)
        shown = lines(part(page, "Words for nothing"), "Fields with words for nothing")
        assert sorted(int(one[1].split()[0]) for one in shown) == sorted(int(n) for n, _ in typed)
        assert shown[0][2] == f"{max(float(share) for _, share in typed) * 100:.1f}%"
        [(n_rows,)] = demo.sql(
            "select count(*) from marts.placeholder_use where n_placeholders > 0"
        )
        scope = 'section.explorer:has(h3:text-is("By owner"))'
        assert counted(page, scope) == (n_rows, n_rows)


def test_reviews_without_a_row_say_so_and_what_is_not_landed_is_folded(browser, payload, tmp_path):
    """No table is drawn of nothing, and a history that is not landed is no zero."""
    names = ["spread", "cutoff_shifts", "key_fields", "reverts", "picklist_values", "guardrails"]
    names += ["reassignments", "dead_data"]
    bare = emptied(payload, *names, "picklist_counts", "placeholders")
    funnel = bare["tables"]["funnel"]
    for name in ("n_entered", "n_advanced", "n_won", "n_lost", "conversion_rate"):
        funnel["data"][name] = [None] * funnel["n_shown"]
    with opened(browser, written(bare, tmp_path / "bare.html"), "revops") as page:
        for name, text in {
            "One person or many": "No signal has a record",
            "Around the cutoff": "No event around a cutoff is known.",
            "What to put back": "No machine is to be stopped",
            "Values to standardise": "Every value of every picklist is in order.",
            "Words for nothing": "Nobody types a word for nothing.",
            "Guardrails": "No guardrail is set",
            "Records to hand over": "Every record has an active owner",
        }.items():
            section = part(page, name)
            assert text in section.inner_text()
            assert section.locator("table").count() == 0
        assert page.get_by_text("Key fields: who writes them").count() == 0
        go(page, "cleanup")
        section = part(page, "Records that nobody touches")
        assert "There is no record, so there is none" in section.inner_text()
        assert section.locator("table").count() == 0
        go(page, "ae")
        section = part(page, "From stage to stage")
        assert "The history of stages is not landed" in section.inner_text()
        assert section.locator("figure.chart").count() == 0
        assert {one[3] for one in lines(section, "Stages of deals")} == {"–"}


def test_every_figure_opens(browser, file):
    """Each link of each view opens a panel of its own with a list of records, or says why not."""
    with opened(browser, file) as page:
        for where in VIEWS:
            go(page, where)
            keys = page.locator("main [data-open]").evaluate_all(
                "links => links.map((link) => link.dataset.open)"
            )
            for key in set(keys):
                page.evaluate("key => openPanel(key)", key)
                title, text = page.evaluate(
                    "() => ['panel-title', 'panel-body'].map("
                    "(id) => document.getElementById(id).textContent)"
                )
                assert title not in ("", "No such figure"), key
                assert page.locator("#panel-body .explorer").count() == 1, key
                assert "undefined" not in text and "NaN" not in text, key
            page.evaluate("() => document.getElementById('panel').close()")


def test_every_cause_opens_its_records(browser, file, demo):
    """Each cause holds as many dirty records as the mart counts for it."""
    with opened(browser, file) as page:
        for crm, rank, n_dirty in demo.sql(
            "select crm, cause_rank, n_dirty from marts.causing_steps order by all"
        ):
            found = page.evaluate(
                "key => { const { records } = figureOf(key); "
                "return records.table.rows(records.accept).length; }",
                f"cause:{crm}|{rank}",
            )
            assert found == n_dirty, (crm, rank)


def test_archetypes_by_step_equal_sql(browser, file, demo):
    """The table behind the chart of archetypes is the mart's."""
    with opened(browser, file) as page:
        page.locator("figure.chart summary").first.click()
        shown = figures(page, "Dirty records by archetype and causing step")
        steps = ["handoff", "stage_change", "incentive", "sla", "integration", "unknown"]
        expected: dict[str, list[int]] = {}
        for name, step, n_records in demo.sql(
            "select name, causing_step, count(*) from marts.dirty_records inner join policy.rules "
            "on archetype = rule_id and kind = 'archetype' group by all"
        ):
            expected.setdefault(name, [0] * 6)[steps.index(step)] = n_records
        assert {
            name: [int(cell) for cell in cells[:6]] for name, cells in shown.items()
        } == expected
        assert all(int(cells[6]) == sum(expected[name]) for name, cells in shown.items())


def test_search_sort_and_pages(browser, file, demo):
    """Candidates can be searched, sorted by any column and turned page by page."""
    scope = 'section.explorer:has(h3:text-is("Candidate lists"))'
    lists = " union all ".join(
        f"select record_id, rule_id, reason, value_at_stake from marts.{name}"
        for name in dashboard_lists()
    )
    with opened(browser, file, "cleanup") as page:
        [(n_rows,)] = demo.sql(f"select count(*) from ({lists})")
        assert counted(page, scope) == (n_rows, n_rows)
        assert page.locator(f"{scope} .row-button").count() == 50
        first = page.locator(f"{scope} .row-button").first.inner_text()
        page.locator(f"{scope} .pager button", has_text="Next").click()
        assert page.locator(f"{scope} .row-button").first.inner_text() != first
        page.locator(f"{scope} input[type=search]").fill("booked REVENUE")
        [(n_found,)] = demo.sql(
            f"select count(*) from ({lists}) "
            "where rule_id || reason like '%booked%' and rule_id || reason like '%revenue%'"
        )
        assert n_found
        assert counted(page, scope) == (n_found, n_rows)
        page.locator(f"{scope} input[type=search]").fill("")
        heading = page.locator(f"{scope} th", has_text="Value at stake")
        heading.locator("button").click()
        assert heading.get_attribute("aria-sort") == "descending"
        top = page.locator(f"{scope} tbody tr").first.inner_text()
        [(largest,)] = demo.sql(f"select max(value_at_stake) from ({lists})")
        assert f"{largest:,.0f}" in top
        heading.locator("button").click()
        assert heading.get_attribute("aria-sort") == "ascending"
        page.locator(f"{scope} label", has_text="Decision").locator("select").select_option(
            "Delete"
        )
        [(n_delete,)] = demo.sql("select count(*) from marts.delete_candidates")
        assert counted(page, scope) == (n_delete, n_rows)


def dashboard_lists() -> list[str]:
    """Return the names of the marts with candidates."""
    return [
        "archive_candidates",
        "anonymize_candidates",
        "delete_candidates",
        "reengage_candidates",
        "quarantine_queue",
    ]


def test_download_is_what_is_shown(browser, file, demo):
    """The file holds the filtered rows, all their columns that are not masked, and says what."""
    where = "overview?crm=salesforce&open=archetype:owner_ping_pong"
    with opened(browser, file, where) as page:
        name, rows = downloaded(page)
        expected = demo.sql(
            "select record_id, first_bad_at from marts.dirty_records "
            "where archetype = 'owner_ping_pong' and crm = 'salesforce'"
        )
        assert name == "crm_hygiene_dirty_salesforce_2026-09-30.csv"
        assert {(row["record_id"], row["first_bad_at"]) for row in rows} == {
            (record, f"{at:%Y-%m-%dT%H:%M:%SZ}") for record, at in expected
        }
        assert "old_value" not in rows[0] and "causing_step" in rows[0]
        page.locator("#panel-body input[type=search]").fill(rows[0]["record_id"])
        assert [row["record_id"] for row in downloaded(page)[1]] == [rows[0]["record_id"]]


def test_a_row_tells_what_happened(browser, file, demo):
    """A row opens who, when, through what, the causing step, and how to mend it."""
    [(record, actor, channel, remedy)] = demo.sql(
        "select record_id, actor_id, channel, remedy from marts.dirty_records "
        "inner join policy.rules on archetype = rule_id and kind = 'archetype' "
        "where archetype = 'multi_stage_jump' and channel is not null order by record_id limit 1"
    )
    with opened(browser, file, "overview?open=archetype:multi_stage_jump") as page:
        page.locator("#panel-body .row-button", has_text=record).click()
        story = page.locator("#panel-body .what").inner_text()
        for told in [actor, channel, "Stage change", remedy, "Masked as personal data"]:
            assert told.lower() in story.lower()


def test_keyboard_reaches_everything(browser, file):
    """Tab passes every control of each view; Enter opens a figure, Escape gives the focus back."""
    with opened(browser, file) as page:
        for where in VIEWS:
            go(page, where)
            page.evaluate("() => { document.activeElement.blur(); window.scrollTo(0, 0); }")
            n_controls = page.evaluate(
                "() => { window.reached = new Set(); document.body.tabIndex = -1; "
                "document.addEventListener('focusin', (event) => reached.add(event.target)); "
                "document.body.focus(); return [...document.querySelectorAll("
                "'a[href], button:not(:disabled), select, input, summary, [tabindex=\"0\"]')]"
                ".filter((one) => one.checkVisibility()).length; }"
            )
            for _ in range(n_controls):
                page.keyboard.press("Tab")
            missed = page.evaluate(
                "() => [...document.querySelectorAll("
                "'a[href], button:not(:disabled), select, input, summary, [tabindex=\"0\"]')]"
                ".filter((one) => one.checkVisibility() && !reached.has(one))"
                ".map((one) => one.outerHTML.slice(0, 120))"
            )
            assert missed == [], where
        go(page, "overview")
        link = page.locator("main .opener").first
        link.focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("#panel[open]")
        assert page.evaluate(
            "() => document.getElementById('panel').contains(document.activeElement)"
        )
        page.keyboard.press("Escape")
        page.wait_for_selector("#panel:not([open])", state="attached")
        assert link.evaluate("one => one === document.activeElement")
        assert "open=" not in page.url


def test_print_shows_the_view_and_no_controls(browser, file):
    """On paper there are no controls, and every list and chart's table is open."""
    with opened(browser, file, "ae") as page:
        page.emulate_media(media="print")
        page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
        assert not page.locator("nav").is_visible()
        assert page.locator(".tools:visible").count() == 0
        assert page.locator("details:not([open])").count() == 0
        assert page.locator("main table:visible").count() >= 3
    with opened(browser, file, "ae?open=signal:late_edit") as page:
        page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
        page.emulate_media(media="print")
        assert not page.locator("main").is_visible()
        panel = page.locator("#panel").bounding_box()
        assert page.evaluate("() => document.body.scrollHeight") + 1 > panel["height"] > 900
        page.emulate_media(media="screen")
        page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
        assert page.locator("#panel:modal").count() == 1
        assert "open=signal" in page.url


def changed(payload: dict, name: str, **columns: list) -> dict:
    """Return a payload with a table of these columns in place of what it held."""
    changed = copy.deepcopy(payload)
    table = changed["tables"][name]
    [n_rows] = {len(values) for values in columns.values()}
    for column in table["columns"]:
        column["is_masked"] = False
        table["data"][column["name"]] = columns.get(column["name"], [None] * n_rows)
    table["n_shown"] = table["n_total"] = n_rows
    return changed


def test_hostile_values_are_text(browser, payload, tmp_path):
    """Markup, quotes, scripts of all directions, long texts and NULLs are shown as they are."""
    n_rows = len(HOSTILE)
    hostile = changed(
        payload,
        "dirty",
        **{
            column["name"]: HOSTILE
            for column in payload["tables"]["dirty"]["columns"]
            if column["type"] in ("text", "id")
        }
        | {
            "crm": ["hubspot"] * n_rows,
            "archetype": ["late"] * n_rows,
            "record_key": [f"k{i}" for i in range(n_rows)],
        },
    )
    hostile["meta"]["segments"] = [text for text in HOSTILE if text]
    hostile["meta"]["notes"] = [text for text in HOSTILE if text]
    hostile["meta"]["owners"] = [
        {"id": text, "name": text, "crm": "hubspot", "team": None} for text in HOSTILE if text
    ]
    hostile["registry"]["archetype:late"] = dict.fromkeys(
        ["name", "meaning", "why", "remedy", "look_for", "owner_team"], HOSTILE[0]
    )
    where = "overview?open=archetype:late"
    with opened(browser, written(hostile, tmp_path / "hostile.html"), where) as page:
        assert counted(page) == (n_rows, n_rows)
        told = page.locator("#panel-body .row-button bdi").evaluate_all(
            "cells => cells.map((cell) => cell.textContent)"
        )
        assert told == [text for text in HOSTILE if text]
        for button in page.locator("#panel-body .row-button").all():
            button.click()
        assert page.locator("#panel-body .what").count() == n_rows
        assert page.evaluate("() => window.broken") is None
        assert page.locator("#panel-body img, #panel-body script, #panel-body style").count() == 0
        assert "x" * 2_000 in page.locator("#panel-body .what").nth(8).inner_text()
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        rows = downloaded(page)[1]
        assert [row["detail"] for row in rows if row["detail"].startswith("'")] == [
            '\'=HYPERLINK("https://example.com")',
            "'+1;'-2\t'@x",
        ]
        assert [row["detail"] for row in rows][:5] == HOSTILE[:5]
        page.locator("#panel-body input[type=search]").fill("<SCRIPT>")
        assert counted(page)[0] == 1
        assert violations(page) == []
    with opened(browser, tmp_path / "hostile.html", width=390) as page:
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        page.locator(".filters summary").click()
        page.locator("#filter-segment").select_option(HOSTILE[0])
        page.wait_for_function("text => filters.segment === text", arg=HOSTILE[0])


def test_links_into_the_crm_are_those_of_the_policy(browser, payload, tmp_path):
    """A template makes a link of the record's id, and only one of the web."""
    linked = changed(
        payload,
        "dirty",
        crm=["hubspot", "salesforce"],
        object_type=["opportunity", "opportunity"],
        record_id=['1/2?"<', "2"],
        record_key=["a", "b"],
        archetype=["late_edit", "late_edit"],
    )
    linked["meta"]["record_urls"] = [
        {
            "crm": "hubspot",
            "object_type": "opportunity",
            "url_template": "https://crm.example.com/d/{record_id}",
        },
        {"crm": "salesforce", "object_type": "opportunity", "url_template": "javascript:x"},
    ]
    where = "overview?open=archetype:late_edit"
    with opened(browser, written(linked, tmp_path / "linked.html"), where) as page:
        for button in page.locator("#panel-body .row-button").all():
            button.click()
        links = page.locator("#panel-body .what a")
        assert [link.get_attribute("href") for link in links.all()] == [
            "https://crm.example.com/d/1%2F2%3F%22%3C"
        ]


def emptied(payload: dict, *names: str) -> dict:
    """Return a payload in which these tables, or all, have no rows."""
    empty = copy.deepcopy(payload)
    for name, table in empty["tables"].items():
        if not names or name in names:
            table["n_shown"] = table["n_total"] = 0
            table["data"] = {column: [] for column in table["data"]}
    return empty


def test_an_empty_crm_is_said(browser, payload, tmp_path):
    """With no row anywhere every view opens, says so, and stays accessible."""
    empty = emptied(payload)
    empty["meta"] |= {
        "crms": [],
        "segments": [],
        "teams": [],
        "owners": [],
        "notes": ["No record is landed."],
        "has_records": False,
        "has_history": False,
    }
    with opened(browser, written(empty, tmp_path / "empty.html")) as page:
        assert page.get_by_text(
            "There is no live record, so there is nothing to grade."
        ).is_visible()
        for where in VIEWS:
            go(page, where)
            assert page.get_by_text("No record is landed.").is_visible()
            assert page.locator("main .section").count() >= 1
            assert "undefined" not in page.locator("main").inner_text()
            assert "NaN" not in page.locator("main").inner_text()
            assert violations(page) == []
        go(page, "overview?open=metric:hard_bounced")
        assert page.locator("#panel-body .empty").count() >= 1


def test_one_record_is_too_few_to_judge(browser, payload, tmp_path):
    """A CRM with one record has a grade, and figures that judge nothing."""
    one = emptied(payload)
    one = changed(
        one,
        "grades",
        crm=["hubspot"],
        object_type=["all"],
        metric_date=["2026-09-30"],
        n_live_records=[1],
        n_without_finding=[1],
        clean_share=[1.0],
        grade=["A"],
    )
    one = changed(
        one,
        "health",
        crm=["hubspot"],
        metric=["hard_bounced"],
        object_type=["contact"],
        segment=["all"],
        metric_date=["2026-09-30"],
        numerator=[0],
        denominator=[1],
        value=[0.0],
        unit=["rate"],
        direction=["lower_is_better"],
        target=[0.02],
        alert_at=[0.05],
        status=["insufficient_data"],
    )
    with opened(browser, written(one, tmp_path / "one.html")) as page:
        assert page.get_by_text("100% of 1 live record without a finding").is_visible()
        shown = figures(page, "Data-health metrics")["Hard bounces"]
        assert shown[1] == "0 of 1"
        assert shown[3] == "Too few records"


def test_no_history_and_missing_marts_are_said(browser, payload, tmp_path):
    """Signals that are not landed have no rate; a mart that is not built is named."""
    bare = emptied(
        payload, "evidence", "signals_history", "dirty", "dirty_counts", "causes", "team_figures"
    )
    signals = bare["tables"]["signals"]
    n_rows = signals["n_shown"]
    for column in ("numerator", "denominator", "rate", "baseline_rate"):
        signals["data"][column] = [None] * n_rows
    signals["data"]["status"] = ["not_landed"] * n_rows
    bare["meta"]["has_history"] = False
    bare["meta"]["notes"] = ["No history of changes is landed."]
    del bare["tables"]["stop_the_line"]
    with opened(browser, written(bare, tmp_path / "bare.html")) as page:
        section = page.locator("section", has=page.get_by_role("heading", name="Process signals"))
        assert section.locator("table").count() == 0
        line = section.locator(".folded").inner_text()
        assert line.startswith("Not landed: ") and "Edited after the milestone" in line
        go(page, "cs")
        assert page.get_by_text("No history of changes is landed.").is_visible()
        assert page.get_by_text("cannot be shown: marts.team_figures").is_visible()
        go(page, "ae?open=signal:late_edit")
        assert page.get_by_text("The history of changes is not landed").is_visible()


def test_a_broken_data_block_is_said(browser, file, tmp_path):
    """A page whose data cannot be read says so instead of staying empty."""
    text = re.sub(r'(id="data">)[^<]+', r"\1H4sIAAAA", file.read_text("utf-8"))
    path = tmp_path / "broken.html"
    path.write_text(text, "utf-8")
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(path.as_uri())
    page.get_by_text("Its data cannot be read").wait_for()
    context.close()


def test_twenty_thousand_candidates(browser, payload, tmp_path):
    """The page stays under 10 MB, says its cap, and tells how long its scripts took."""
    n_rows = 20_000
    given = payload["tables"]["candidates"]
    many = copy.deepcopy(payload)
    table = many["tables"]["candidates"]
    places = [i % given["n_shown"] for i in range(n_rows)]
    for name, values in given["data"].items():
        if isinstance(values, dict):
            table["data"][name] = {"d": values["d"], "i": [values["i"][i] for i in places]}
        else:
            table["data"][name] = [values[i] for i in places]
    table["data"]["record_id"] = [f"0035g{i:010}AAA" for i in range(n_rows)]
    table["data"]["record_key"] = [f"salesforce:contact:0035g{i:010}AAA" for i in range(n_rows)]
    table["n_shown"], table["n_total"] = n_rows, 1_234_567
    path = written(many, tmp_path / "many.html")
    assert path.stat().st_size < 10_000_000
    with opened(browser, path) as page:
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        page.reload()
        page.wait_for_selector("html[data-ready]")
        print("To open:", seconds_of(session))
        go(page, "cleanup")
        print("With the lists:", seconds_of(session))
        assert page.get_by_text("The page holds 20,000 of 1,234,567 rows").is_visible()
        scope = 'section.explorer:has(h3:text-is("Candidate lists"))'
        page.locator(f"{scope} input[type=search]").fill("0035g0000019999AAA")
        assert counted(page, scope) == (1, n_rows)


def seconds_of(session: CDPSession) -> str:
    """Return how long the page's scripts and all its work have taken."""
    metrics = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
    return f"{metrics['ScriptDuration']:.2f} s of scripts, {metrics['TaskDuration']:.2f} s in all"


def test_the_data_block_is_the_payload(file, payload):
    """What the browser decodes is what was built."""
    [block] = re.findall(r'id="data">([^<]+)<', file.read_text("utf-8"))
    assert json.loads(gzip.decompress(base64.b64decode(block))) == payload
