"""What BI tools rely on: owners, exposures, comments, docs, and metrics that answer like SQL."""

import csv
import json
import re
from pathlib import Path
from types import SimpleNamespace

import conftest
import pytest

ROOT = Path(__file__).resolve().parents[2]
READERS = {
    "dashboard": ("pages/dashboard/*.py", "settings.py"),
    "digest": ("pages/digest/*.py", "settings.py"),
    "failure_review": ("pages/failures/*.py",),
    "exports": ("export.py",),
}


def seed(name: str) -> list[dict[str, str]]:
    with (ROOT / "seeds" / "policy" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def manifest(demo):
    parsed = demo.dbt("parse")
    assert parsed.success, parsed.exception
    return parsed.result


@pytest.fixture(scope="module")
def models(manifest):
    own = [node for node in manifest.nodes.values() if node.resource_type == "model"]
    return {node.name: node for node in own if node.package_name == "crm_hygiene"}


@pytest.fixture(scope="module")
def marts(models):
    return {name: node for name, node in models.items() if node.schema == "marts"}


# --- Owners and exposures ---


def test_marts_are_public_and_nothing_else_is(models, marts):
    assert {name for name, node in models.items() if node.access == "public"} == set(marts)


def test_every_model_has_a_group_and_every_group_a_mart(manifest, models, marts):
    assert all(node.config.group for node in models.values())
    groups = {group.name for group in manifest.groups.values()}
    assert {node.config.group for node in marts.values()} == groups


@pytest.mark.parametrize(("exposure", "modules"), READERS.items())
def test_an_exposure_depends_on_the_marts_that_its_modules_name(manifest, marts, exposure, modules):
    package = ROOT / "src" / "crm_hygiene"
    text = "".join(file.read_text("utf-8") for one in modules for file in package.glob(one))
    named = {name for name in marts if re.search(rf"\b{name}\b", text)}
    assert named
    assert exposed(manifest, exposure) == named


def exposed(manifest, name: str) -> set[str]:
    """Return the models that an exposure depends on."""
    nodes = manifest.exposures[f"exposure.crm_hygiene.{name}"].depends_on.nodes
    return {node.rsplit(".", 1)[1] for node in nodes}


def test_bi_tools_depend_on_what_the_metrics_read(manifest, models):
    read = {model.depends_on_nodes[0] for model in manifest.semantic_models.values()}
    read |= {node.unique_id for node in models.values() if node.time_spine}
    assert exposed(manifest, "bi_tools") == {node.rsplit(".", 1)[1] for node in read}


def test_every_exposure_says_who_owns_it_and_what_it_is(manifest):
    assert set(READERS) | {"bi_tools"} == {one.name for one in manifest.exposures.values()}
    for exposure in manifest.exposures.values():
        assert exposure.owner.name and exposure.maturity and exposure.description, exposure.name


# --- What the warehouse says of itself ---


def test_the_warehouse_holds_the_description_of_every_mart_and_column(demo, marts):
    held = {
        (table, column): comment
        for table, column, comment in demo.sql(
            "select table_name, column_name, comment from duckdb_columns() "
            "where schema_name = 'marts' union all "
            "select table_name, null, comment from duckdb_tables() where schema_name = 'marts' "
            "union all "
            "select view_name, null, comment from duckdb_views() where schema_name = 'marts'"
        )
    }
    told = {(node.name, None): node.description for node in marts.values()}
    told |= {
        (node.name, column.name): column.description
        for node in marts.values()
        for column in node.columns.values()
    }
    assert {key: (held.get(key) or "").strip() for key in told} == {
        key: text.strip() for key, text in told.items()
    }


def test_dbt_docs_build_and_know_every_column_of_every_mart(demo, manifest, marts):
    page = Path(conftest.TARGET) / "static_index.html"
    page.unlink(missing_ok=True)
    done = demo.dbt("docs", "generate", "--static", "--no-compile")
    assert done.success, done.exception
    assert "calendar_days" in page.read_text(encoding="utf-8")
    nodes = json.loads((Path(conftest.TARGET) / "catalog.json").read_text())["nodes"]
    catalogued = {name: set(nodes[node.unique_id]["columns"]) for name, node in marts.items()}
    assert catalogued == {name: set(node.columns) for name, node in marts.items()}


# --- Metrics ---


@pytest.fixture(scope="module")
def ask(demo, manifest):
    """Have MetricFlow write the SQL of a query, and run it; rows by their group, in its order."""
    # Imported here: MetricFlow is slow to load.
    from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
    from metricflow.protocols.sql_client import SqlEngine
    from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
    from metricflow_semantics.model.dbt_manifest_parser import (
        parse_manifest_from_dbt_generated_manifest,
    )
    from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

    written = (Path(conftest.TARGET) / "semantic_manifest.json").read_text()
    engine = MetricFlowEngine(
        SemanticManifestLookup(parse_manifest_from_dbt_generated_manifest(written)),
        SimpleNamespace(
            sql_engine_type=SqlEngine.DUCKDB, sql_plan_renderer=DuckDbSqlPlanRenderer()
        ),
    )

    def explain(**asked) -> str:
        return engine.explain(MetricFlowQueryRequest.create(**asked)).sql_statement.sql

    def answer(metric: str, *groups: str, of=demo) -> dict[tuple, float | None]:
        sql = explain(metric_names=[metric], group_by_names=groups)
        selected = ", ".join([*groups, metric])
        return by_group(of.sql(f"select {selected} from ({sql}) as answer"))

    answer.explain = explain
    return answer


def by_group(rows: list[tuple]) -> dict[tuple, float | None]:
    """Return the last value of each row by the others, a day as its date, to six decimals."""
    found = {}
    for *group, value in rows:
        key = tuple(part.date() if hasattr(part, "date") else part for part in group)
        assert key not in found
        found[key] = None if value is None else round(float(value), 6)
    return found


def known(answer: dict[tuple, float | None]) -> dict[tuple, float]:
    """Return an answer without what is not known, which the marts say in rows and metrics not."""
    return {key: value for key, value in answer.items() if value is not None}


def close(left: dict[tuple, float], right: dict[tuple, float]) -> bool:
    return left.keys() == right.keys() and all(
        abs(left[key] - right[key]) < 0.000002 for key in left
    )


def test_the_metrics_of_the_registers_are_those_of_the_semantic_layer(manifest):
    told = {row["metric"]: (row["name"], row["meaning"]) for row in seed("health_metrics")}
    told |= {
        row["rule_id"]: (row["name"], row["meaning"])
        for row in seed("rules")
        if row["kind"] == "signal"
    }
    filtered = {
        metric.name: (metric.label, metric.description)
        for metric in manifest.metrics.values()
        if metric.type_params.numerator and metric.filter
    }
    assert filtered == told


@pytest.mark.parametrize("metric", [row["metric"] for row in seed("health_metrics")])
def test_a_health_metric_answers_as_its_mart(demo, ask, metric):
    by_object = by_group(
        demo.sql(
            "select crm, object_type, metric_date, value from marts.data_health_daily "
            f"where metric = '{metric}' and segment = 'all'"
        )
    )
    answer = ask(metric, "health__crm", "health__object_type", "metric_time__day")
    assert known(by_object)
    assert close(known(answer), known(by_object))


@pytest.mark.parametrize(
    "signal", [row["rule_id"] for row in seed("rules") if row["kind"] == "signal"]
)
def test_a_signal_answers_as_its_mart(demo, ask, signal):
    for segment, groups in {
        "segment = 'all'": ("process__crm", "process__object_type"),
        "segment is distinct from 'all'": (
            "process__crm",
            "process__object_type",
            "process__segment",
        ),
    }.items():
        columns = ", ".join(group.removeprefix("process__") for group in groups)
        rates = by_group(
            demo.sql(
                f"select {columns}, signal_date, rate from marts.process_signals_daily "
                f"where signal = '{signal}' and {segment}"
            )
        )
        assert close(known(ask(signal, *groups, "metric_time__day")), known(rates))


def test_over_a_month_a_signal_is_that_of_its_last_day(demo, ask):
    rates = by_group(
        demo.sql(
            "with days as (select *, max(signal_date) over (partition by "
            "date_trunc('month', signal_date)) as last_day from marts.process_signals_daily "
            "where signal = 'late_edit' and segment = 'all') "
            "select date_trunc('month', signal_date), sum(numerator) / sum(denominator) "
            "from days where signal_date = last_day group by all"
        )
    )
    assert len(known(rates)) > 2
    assert close(known(ask("late_edit", "metric_time__month")), known(rates))


def test_the_clean_share_answers_as_its_mart(demo, ask):
    by_object = by_group(
        demo.sql(
            "select crm, object_type, clean_share from marts.data_health_grades "
            "where object_type <> 'all'"
        )
    )
    assert close(ask("clean_share", "grade__crm", "grade__object_type"), by_object)
    by_crm = by_group(
        demo.sql("select crm, clean_share from marts.data_health_grades where object_type = 'all'")
    )
    assert close(ask("clean_share", "grade__crm"), by_crm)


@pytest.mark.parametrize(
    ("metric", "group", "query"),
    [
        (
            "n_findings",
            "finding__causing_step",
            "select causing_step, count(*) from marts.dirty_records group by all",
        ),
        (
            "n_dirty_records",
            "metric_time__month",
            "select date_trunc('month', first_bad_at), count(distinct record_key) "
            "from marts.dirty_records group by all",
        ),
        (
            "n_decided_records",
            "record__rule_id",
            "select rule_id, count(*) from marts.lifecycle_decisions group by all",
        ),
        (
            "n_findings",
            "record__decision",
            "select decision, count(*) from marts.dirty_records "
            "left join marts.lifecycle_decisions using (record_key) group by all",
        ),
    ],
)
def test_counts_answer_as_sql(demo, ask, metric, group, query):
    counts = by_group(demo.sql(query))
    assert len(counts) > 1
    assert ask(metric, group) == counts


def test_a_record_of_two_archetypes_is_two_findings_and_one_dirty_record(ask, copy):
    before = {metric: ask(metric)[()] for metric in ("n_findings", "n_dirty_records")}
    copy.sql(
        "insert into marts.dirty_records select * replace ('another' as archetype) "
        "from marts.dirty_records order by record_key limit 1"
    )
    after = {metric: ask(metric, of=copy)[()] for metric in before}
    assert after == before | {"n_findings": before["n_findings"] + 1}


@pytest.mark.parametrize(
    ("saved_query", "query"),
    [
        (
            "health_by_day",
            "select count(*) from marts.data_health_daily where segment is distinct from 'all'",
        ),
        (
            "clean_share_by_day",
            "select count(*) from marts.data_health_grades where object_type <> 'all'",
        ),
        (
            "signals_by_day",
            "select count(*) from marts.process_signals_daily where segment is distinct from 'all'",
        ),
        (
            "dirty_records_by_cause",
            "select count(distinct (crm, archetype, causing_step)) from marts.dirty_records",
        ),
        (
            "decisions_by_rule",
            "select count(distinct (crm, object_type, rule_id)) from marts.lifecycle_decisions",
        ),
    ],
)
def test_a_saved_query_answers(demo, ask, saved_query, query):
    sql = ask.explain(saved_query_name=saved_query)
    n_rows = demo.sql(query)
    assert n_rows != [(0,)]
    assert demo.sql(f"select count(*) from ({sql}) as answer") == n_rows


def test_every_saved_query_is_tested(manifest):
    tested = {"health_by_day", "clean_share_by_day", "signals_by_day"}
    tested |= {"dirty_records_by_cause", "decisions_by_rule"}
    assert {query.name for query in manifest.saved_queries.values()} == tested


# --- The pages on BI tools ---

PAGES = sorted((ROOT / "docs" / "bi").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_links_to_what_there_is(page):
    links = re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
    assert links
    for link in links:
        path, _, heading = link.partition("#")
        target = page.parent / path if path else page
        assert target.is_file(), link
        headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
        assert not heading or heading in {one.lower().replace(" ", "-") for one in headings}, link


def test_the_overview_lists_every_page_and_whether_it_was_tried():
    overview = (ROOT / "docs" / "bi" / "README.md").read_text(encoding="utf-8")
    for page in PAGES:
        if page.name != "README.md":
            row = re.search(rf"^\| \[.+\]\({page.name}\) \| (yes|no)\b", overview, re.MULTILINE)
            assert row, page.name
            tried = re.search(r"^(Tried|Not tried)\b", page.read_text("utf-8"), re.MULTILINE)
            assert (tried[1] == "Tried") == (row[1] == "yes"), page.name
    assert "(bi/README.md)" in (ROOT / "docs" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "query",
    [
        query
        for page in PAGES
        for query in re.findall(r"```sql\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    ],
)
def test_the_sql_of_a_page_answers(demo, query):
    assert demo.sql(query)
