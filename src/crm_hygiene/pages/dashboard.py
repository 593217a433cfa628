"""Write the data-health dashboard of the last build: one HTML file that needs nothing else.

    crm-hygiene dashboard [--out FILE] [--show-personal-data] [--target NAME]

The page holds the marts' figures and the records behind them, the worst first, as far as each
table's cap goes; it says so where there are more. Columns with personal data are left out unless
asked for. The same marts give the same file, byte for byte.
"""

import base64
import contextlib
import functools
import gzip
import json
import os
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import jinja2
import vl_convert
import yaml

from crm_hygiene.cli import command_parser
from crm_hygiene.marts import ACTOR_IDS, described_marts, is_url_template, personal_columns
from crm_hygiene.pages.files import TEMPLATES, hash_source, write_page
from crm_hygiene.project import ROOT
from crm_hygiene.warehouse import (
    NotBuiltError,
    WarehouseError,
    columns_of,
    open_warehouse,
    require_duckdb,
    rows,
    warehouse_path,
)

SCRIPTS = (
    "dashboard_data.js",
    "dashboard_parts.js",
    "dashboard_figures.js",
    "dashboard_views.js",
    "dashboard.js",
)
# What would end an inline script or style before its time.
ENDS_EARLY = re.compile("</script|</style|<!--", re.IGNORECASE)
READ_TABLE = re.compile(r"\b(?:marts|intermediate|staging|policy)\.\w+")
WORST_FIRST = (
    "case severity when 'critical' then 1 when 'high' then 2 when 'medium' then 3 else 4 end"
)
# A CRM may have thousands of segments: what stands for all of them is never cut off.
WHOLE_FIRST = "segment is distinct from 'all'"
# Each list holds the records of one decision.
LISTS = {
    "delete": "marts.delete_candidates",
    "anonymize": "marts.anonymize_candidates",
    "archive": "marts.archive_candidates",
    "re_engage": "marts.reengage_candidates",
    "quarantine": "marts.quarantine_queue",
}
# What has nine digits and is no share of anything.
NO_SHARES = {"best_score", "score", "tolerance"}
WORDS = {"crm": "CRM", "id": "ID", "sla": "SLA", "url": "URL", "n": "Records"}


@dataclass(frozen=True)
class Table:
    """A table of the page: which rows of which mart, in what order, at most how many."""

    source: str
    order: str = "all"
    in_words: str = "by its key"
    where: str = "true"
    cap: int | None = 5_000
    # Where it is more than the source: what stands in its place in the query.
    relation: str = ""
    # Where one kind of rows must not crowd out another: the column whose values share the cap.
    share_by: str = ""
    # Where rows are only counted: by what, and the name of the count.
    count_by: tuple[str, ...] = ()
    count_as: str = "n"

    def query(self) -> str:
        """Return the select of all its rows, unordered."""
        source = self.relation or f"select * from {self.source} where {self.where}"
        if not self.count_by:
            return source
        keys = ", ".join(self.count_by)
        return f"select {keys}, count(*) as {self.count_as} from ({source}) group by {keys}"


def days_back(column: str, source: str, n_days: int) -> str:
    """Return the condition for the newest day of a mart and so many days before it."""
    return f"{column} >= (select max({column}) from {source}) - {n_days}"


SIGNALS = (
    "select * from marts.process_signals_daily "
    "where as_of = (select max(as_of) from marts.process_signals_daily) qualify {}"
)
SIGNAL = "partition by crm, signal, object_type"

RECORD_CHECKS = "intermediate.int_health__record_checks"
NO_DAYS = "cast(null as decimal(28, 6))"
METRIC_RECORDS = " union all ".join(
    f"select '{metric}' as metric, checks.record_key, checks.crm, checks.object_type, "
    f"checks.record_id, checks.segment, checks.owner_id, owners.team, {days} as days "
    f"from {RECORD_CHECKS} as checks left join staging.stg_crm__users as owners "
    f"on checks.crm = owners.crm and checks.owner_id = owners.user_id where {condition}"
    for metric, condition, days in (
        ("contacts_active_90d", "not contacts_active_90d", NO_DAYS),
        ("accounts_with_open_opportunity", "not accounts_with_open_opportunity", NO_DAYS),
        ("consent_coverage", "not consent_coverage", NO_DAYS),
        ("do_not_contact", "do_not_contact", NO_DAYS),
        ("time_in_stage", "time_in_stage is not null", "time_in_stage"),
    )
)

TABLES = {
    "grades": Table(
        "marts.data_health_grades",
        where=days_back("metric_date", "marts.data_health_grades", 0),
    ),
    "grades_history": Table(
        "marts.data_health_grades",
        order="metric_date desc, crm, object_type",
        in_words="newest first",
        where=days_back("metric_date", "marts.data_health_grades", 180),
    ),
    "health": Table(
        "marts.data_health_daily",
        order=f"{WHOLE_FIRST}, crm, metric, object_type, segment",
        in_words="all segments together first",
        where=days_back("metric_date", "marts.data_health_daily", 0),
    ),
    "health_history": Table(
        "marts.data_health_daily",
        order="metric_date desc, crm, metric, object_type",
        in_words="newest first",
        where="segment = 'all' and " + days_back("metric_date", "marts.data_health_daily", 180),
        cap=20_000,
    ),
    # A signal that is of periods has its newest day before the others.
    "signals": Table(
        "marts.process_signals_daily",
        order=f"{WHOLE_FIRST}, crm, signal, object_type, segment",
        in_words="all segments together first",
        relation=SIGNALS.format(f"signal_date = max(signal_date) over ({SIGNAL})"),
    ),
    # Every day of the last four weeks, then one a week; of what has few days every one.
    "signals_history": Table(
        "marts.process_signals_daily",
        order=f"{WHOLE_FIRST}, signal_date desc, crm, signal, object_type, segment",
        in_words="all segments together first, then newest first",
        relation=SIGNALS.format(
            f"max(signal_date) over ({SIGNAL}) - signal_date <= 28 "
            f"or (max(signal_date) over ({SIGNAL}) - signal_date) % 7 = 0 "
            f"or count(*) over ({SIGNAL}, segment) < 26"
        ),
        cap=20_000,
    ),
    "evidence": Table(
        "marts.process_signal_evidence",
        order="occurred_at desc nulls last, evidence_id",
        in_words="newest first; each signal its share",
        share_by="signal",
    ),
    "review_list": Table("marts.signal_review_list"),
    "dirty": Table(
        "marts.dirty_records",
        order=f"{WORST_FIRST}, amount desc nulls last, last_bad_at desc, record_key, archetype",
        in_words="worst first, then by amount; each archetype its share",
        cap=10_000,
        share_by="archetype",
    ),
    "dirty_counts": Table(
        "marts.dirty_records",
        cap=None,
        count_by=(
            "crm",
            "archetype",
            "object_type",
            "segment",
            "team",
            "causing_step",
            "severity",
        ),
        count_as="n_records",
    ),
    "findings": Table(
        "marts.data_health_findings",
        order=f"{WORST_FIRST}, record_key, finding",
        in_words="worst first; each finding its share",
        cap=10_000,
        share_by="finding",
    ),
    "finding_counts": Table(
        "marts.data_health_findings",
        cap=None,
        count_by=("crm", "finding", "object_type", "segment", "team"),
    ),
    # What is no finding: the records that a metric does not count, or counts though none should be.
    "metric_records": Table(
        RECORD_CHECKS,
        order="metric, days desc nulls last, record_key",
        in_words="longest first; each metric its share",
        cap=10_000,
        relation=METRIC_RECORDS,
        share_by="metric",
    ),
    "metric_record_counts": Table(
        RECORD_CHECKS,
        cap=None,
        relation=METRIC_RECORDS,
        count_by=("crm", "metric", "object_type", "segment", "team"),
    ),
    "sla_status": Table(
        "marts.hygiene_sla_status",
        order="case scope when 'all' then 1 when 'team' then 2 else 3 end, "
        "n_breaches desc nulls last, sla_id, crm, object_type, team nulls first, "
        "owner_id nulls first",
        in_words="everyone, teams, owners, most breaches first",
    ),
    "sla_breaches": Table(
        "marts.hygiene_sla_breaches",
        order="days_over desc nulls last, record_key, sla_id",
        in_words="longest first; each SLA its share",
        share_by="sla_id",
    ),
    "not_landed": Table(
        "marts.landing_coverage",
        where="not is_landed and needed_by is not null",
    ),
    "landing_rows": Table("marts.landing_row_counts"),
    "inventory": Table("marts.crm_inventory"),
    "candidates": Table(
        "marts.archive_candidates",
        order="decision, is_sample desc, value_at_stake desc nulls last, record_key",
        in_words="samples first, then the highest value; each list its share",
        cap=20_000,
        # One list alone has hashes, and the page has no use for them.
        relation=" union all by name ".join(
            f"select '{decision}' as decision, "
            f"columns(lambda name: not ends_with(name, '_hash')) from {mart}"
            for decision, mart in LISTS.items()
        ),
        share_by="decision",
    ),
    "candidate_counts": Table(
        "marts.lifecycle_decisions",
        cap=None,
        count_by=("crm", "object_type", "decision", "rule_id", "segment", "team"),
    ),
    "duplicates": Table(
        "marts.duplicate_records",
        order="record_key",
        in_words="by record",
        relation="select duplicates.*, records.segment, records.owner_id, records.team "
        "from marts.duplicate_records as duplicates "
        "left join marts.lifecycle_decisions as records using (record_key)",
    ),
    "signatures": Table("marts.failure_signatures"),
    "signature_evidence": Table(
        "marts.failure_signature_evidence",
        order="occurred_at desc nulls last, evidence_id",
        in_words="newest first; each signature its share",
        share_by="signature",
    ),
    "causes": Table(
        "marts.causing_steps",
        order="crm, cause_rank, causing_step, archetype, actor_kind, machine",
        in_words="most records first",
    ),
    "writers": Table(
        "marts.field_writers",
        order="n_changes desc, crm, object_type, field, changed_by, actor_kind, channel, "
        "automation_id",
        in_words="most changes first",
    ),
    "attribution": Table("marts.attribution_coverage"),
    "stop_the_line": Table(
        "marts.stop_the_line",
        order="status desc, change_date desc, n_bad_changes desc, crm, machine",
        in_words="stops first, then the newest",
    ),
    "fix_scores": Table(
        "marts.fix_scores", order="crm, kind, fix_rank, rule_id", in_words="by rank"
    ),
    "dwell": Table(
        "marts.stage_dwell_percentiles",
        order=f"{WHOLE_FIRST}, crm, object_type, pipeline, stage, segment",
        in_words="all segments together first",
    ),
    "impact": Table(
        "marts.cleanup_impact",
        order="status, abs(variance) desc nulls last, crm, report, period_grain, period, part, "
        "currency nulls first",
        in_words="breaches first, then the largest variance",
        cap=2_000,
    ),
    "drift": Table(
        "marts.reporting_drift",
        order="status, abs(drift) desc nulls last, crm, report, period_grain, period, "
        "currency nulls first",
        in_words="drifted first, then the largest drift",
        cap=2_000,
    ),
    "team_figures": Table(
        "marts.team_figures",
        order=f"{WHOLE_FIRST}, crm, figure, segment",
        in_words="all segments together first",
        where=days_back("figure_date", "marts.team_figures", 0),
    ),
    "team_figure_records": Table(
        "marts.team_figure_records",
        order="occurred_at desc nulls last, figure, record_key, part",
        in_words="newest first; each figure its share",
        share_by="figure",
    ),
}

# What the ids of the page mean.
REGISTERED = ("name", "meaning", "why", "remedy", "look_for", "owner_team")
REGISTERS = (
    "select kind, rule_id as id, name, meaning, why, remedy, look_for, owner_team "
    "from policy.rules",
    "select 'metric' as kind, metric as id, name, meaning, why, remedy, owner_team "
    "from policy.health_metrics",
    "select 'sla' as kind, sla_id as id, name, meaning, why, remedy, owner_team "
    "from policy.hygiene_slas",
    "select 'rule' as kind, rule_id as id, name, meaning, why, look_for "
    "from policy.lifecycle_rules",
    "select 'team_figure' as kind, figure as id, name, meaning, why, remedy, owner_team "
    "from policy.team_figure_register",
    "select distinct 'signature' as kind, signature as id, "
    "replace(signature, '_', ' ') as name, "
    "'Of ' || denominator_is || ': ' || numerator_is || '.' as meaning "
    "from marts.failure_signatures",
)
OWNERS = """
    select owners.crm, owners.owner_id as id, {} as name, max(owners.team) as team
    from marts.lifecycle_decisions as owners
    left join staging.stg_crm__users as users
        on owners.crm = users.crm and owners.owner_id = users.user_id
    where owners.owner_id is not null
    group by all
    order by all
"""
WINDOW_DAYS = """
    select cast(coalesce(overrides.value, defaults.value) as integer)
    from policy.thresholds as defaults
    left join policy.threshold_overrides as overrides using (threshold_id)
    where threshold_id = 'rate_window_days'
"""
DATED = ("process_signals_daily", "data_health_grades", "lifecycle_decisions")
# A warehouse that has held the demo keeps its tables: it shows the demo while their records do.
DEMO = "demo_salesforce.account"
HAS_DEMO_RECORDS = (
    f"select count(*) > 0 from marts.lifecycle_decisions where record_id in (select id from {DEMO})"
)


@dataclass(frozen=True)
class Summary:
    """What was written."""

    path: Path
    n_bytes: int
    n_records: int


def label(column: str) -> str:
    """Return a column's name as the head of a table has it."""
    words = re.sub("^(n|is|has)_", "", column).split("_")
    words = [WORDS.get(word, word) for word in words]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def kind_of(column: str, data_type: str) -> str:
    """Return how the page is to show a column, of its name and its type in SQL or in a contract."""
    data_type = data_type.lower().replace(" ", "")
    if data_type == "boolean":
        return "boolean"
    if data_type == "date":
        return "date"
    if data_type.startswith("timestamp"):
        return "instant"
    if data_type in ("varchar", "string"):
        return "id" if column.endswith(("_id", "_key")) else "text"
    if data_type == "decimal(9,6)" and column not in NO_SHARES:
        return "share"
    return "number"


def as_json(column: str, data_type: str, show_personal_data: bool) -> str:
    """Return the SQL of a column's values as JSON has them."""
    name = f'"{column}"'
    data_type = data_type.lower()
    if column in ACTOR_IDS and not show_personal_data:
        return f"case when {name} like '%@%' then '(masked)' else {name} end as {name}"
    if data_type.startswith("timestamp"):
        return f"strftime({name}, '%Y-%m-%dT%H:%M:%SZ') as {name}"
    if data_type == "date":
        return f"cast({name} as varchar) as {name}"
    if data_type.startswith("decimal"):
        return f"cast({name} as double) as {name}"
    if data_type in ("double", "float"):
        # JSON has no word for a number that is none.
        return f"case when isfinite({name}) then {name} end as {name}"
    return name


def distinct(values: list | dict[str, list]) -> list[str]:
    """Return the different values of a packed column, sorted."""
    kept = values["d"] if isinstance(values, dict) else set(values) - {None}
    return sorted(kept)


def is_value(column: str, value: str | None) -> str:
    """Return the condition that a column has a value."""
    if value is None:
        return f"{column} is null"
    quoted = value.replace("'", "''")
    return f"{column} = '{quoted}'"


def packed(values: Iterable[object]) -> list | dict[str, list]:
    """Return a column's values, repeated ones once with the place of each."""
    values = list(values)
    places: dict[object, int] = {}
    for value in values:
        if value is not None:
            places.setdefault(value, len(places))
    if len(places) * 2 >= len(values) or not all(isinstance(value, str) for value in places):
        return values
    return {
        "d": list(places),
        "i": [-1 if value is None else places[value] for value in values],
    }


def fair_shares(sizes: dict[str, int], cap: int) -> dict[str, int]:
    """Return how many rows of each list fit: what short lists leave goes to the long ones."""
    shares = {}
    for n_lists_left, (name, size) in zip(
        range(len(sizes), 0, -1), sorted(sizes.items(), key=lambda item: item[1]), strict=True
    ):
        shares[name] = min(size, cap // n_lists_left)
        cap -= shares[name]
    return shares


class Payload:
    """What the page holds, read from the marts of an open warehouse."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, show_personal_data: bool = False):
        """Read from this connection."""
        self.connection = connection
        self.show_personal_data = show_personal_data
        self.not_built: set[str] = set()

    def rows(self, query: str) -> list[dict]:
        """Return a query's rows; none where a table that it reads is not built, or an old one."""
        try:
            return rows(self.connection, query)
        except NotBuiltError:
            read = set(READ_TABLE.findall(query))
            absent = {name for name in read if not columns_of(self.connection, name)}
            self.not_built |= absent or read
            return []

    def one(self, query: str) -> object:
        """Return the only value of a query; None where it has no row."""
        return next((value for row in self.rows(query) for value in row.values()), None)

    def shares(self, given: Table) -> tuple[str, int]:
        """Return the select of each kind's share of the cap, and how many rows there are in all."""
        query, kind = given.query(), given.share_by
        found = self.rows(f"select {kind} as share_of, count(*) as n from ({query}) group by all")
        sizes = {row["share_of"]: row["n"] for row in found}
        selects = [
            f"(select * from ({query}) where {is_value(kind, value)} "
            f"order by {given.order} limit {share})"
            for value, share in fair_shares(sizes, given.cap).items()
        ]
        return " union all ".join(selects) or query, sum(sizes.values())

    def columns(self, source: str, types: dict[str, str]) -> list[dict[str, object]]:
        """Return what the page says of a table's columns."""
        mart = source.removeprefix("marts.")
        known = described_marts().get(mart, {}).get("columns", {})
        personal = personal_columns().get(mart, set())
        return [
            {
                "name": name,
                "label": label(name),
                "type": kind_of(name, data_type),
                "description": known.get(name, {}).get("description", ""),
                "is_personal": name in personal,
                "is_masked": name in personal - ACTOR_IDS and not self.show_personal_data,
            }
            for name, data_type in types.items()
        ]

    def table(self, given: Table) -> dict:
        """Return a table of the page."""
        query, n_total = given.query(), None
        if given.share_by:
            query, n_total = self.shares(given)
        described = self.rows(f"describe {query}")
        types = {row["column_name"]: row["column_type"] for row in described}
        if not types:
            mart = described_marts().get(given.source.removeprefix("marts."), {"columns": {}})
            types = {name: column["data_type"] for name, column in mart["columns"].items()}
        columns = self.columns(given.source, types)
        shown = [column["name"] for column in columns if not column["is_masked"]]
        values: list[tuple] = []
        if described:
            limit = "" if given.cap is None else f"limit {given.cap}"
            ordered = f"select * from ({query}) order by {given.order} {limit}"
            selected = ", ".join(
                as_json(name, types[name], self.show_personal_data) for name in shown
            )
            found = self.rows(f"select {selected} from ({ordered})")
            values = [tuple(row.values()) for row in found]
            if n_total is None:
                n_total = self.one(f"select count(*) from ({query})")
        by_column = zip(*values, strict=True) if values else ([] for _ in shown)
        return {
            "source": given.source,
            "n_total": n_total or 0,
            "n_shown": len(values),
            "cap": given.cap,
            "order": given.in_words,
            "columns": columns,
            "data": {name: packed(v) for name, v in zip(shown, by_column, strict=True)},
        }

    def registry(self) -> dict[str, dict]:
        """Return what each id of a rule, metric or list means."""
        found = {
            f"{row['kind']}:{row['id']}": {key: row.get(key) for key in REGISTERED}
            for query in REGISTERS
            for row in self.rows(query)
        }
        return dict(sorted(found.items()))

    def record_urls(self) -> tuple[list[dict], list[str]]:
        """Return the templates of links into the CRM, and which are left out and why."""
        kept, refused = [], []
        for row in self.rows(
            "select crm, object_type, url_template from policy.record_urls order by all"
        ):
            if is_url_template(row["url_template"]):
                kept.append(row)
            else:
                refused.append(
                    f"The link of {row['crm']} {row['object_type']} in the seed record_urls is "
                    "left out: a template starts with https:// or http:// and holds {record_id}."
                )
        return kept, refused

    def notes(self, has_records: bool, has_history: bool, n_days: int) -> list[str]:
        """Return what a reader has to know of the page as a whole."""
        notes = [
            f"{name} is not built, or by an older version; run make build."
            for name in sorted(self.not_built)
        ]
        if not has_records and "marts.lifecycle_decisions" not in self.not_built:
            notes.append("The CRM holds no records.")
        if not has_history and "marts.history_quality" not in self.not_built:
            notes.append(
                "No change of a record is landed: what needs the history cannot be judged."
            )
        if n_days < 2:
            notes.append(
                "No earlier day is kept yet: data health has no trend and no change to show."
            )
        return notes

    def build(self) -> dict:
        """Return the whole."""
        tables = {name: self.table(given) for name, given in TABLES.items()}
        urls, refused = self.record_urls()
        registry = self.registry()
        has_records = bool(self.one("select count(*) from marts.lifecycle_decisions"))
        has_history = bool(self.one("select sum(n_changes) from marts.history_quality"))
        n_days = self.one("select count(distinct metric_date) from marts.data_health_grades")
        counts = tables["candidate_counts"]["data"]
        name = "users.user_name" if self.show_personal_data else "cast(null as varchar)"
        owners = self.rows(OWNERS.format(name))
        window_days = self.one(WINDOW_DAYS)
        instants = (
            self.one(f"select strftime(max(as_of), '%Y-%m-%dT%H:%M:%SZ') from marts.{mart}")
            for mart in DATED
        )
        project = yaml.safe_load((ROOT / "dbt_project.yml").read_text("utf-8"))
        return {
            "meta": {
                "as_of": max(filter(None, instants), default=None),
                "version": project["version"],
                "is_demo": bool(columns_of(self.connection, DEMO) and self.one(HAS_DEMO_RECORDS)),
                "personal_data": "shown" if self.show_personal_data else "masked",
                "crms": distinct(tables["landing_rows"]["data"].get("crm", []))
                or distinct(counts.get("crm", [])),
                "object_types": distinct(counts.get("object_type", [])),
                "segments": distinct(counts.get("segment", [])),
                "teams": distinct(counts.get("team", [])),
                "owners": owners,
                "window_days": window_days,
                "notes": refused + self.notes(has_records, has_history, n_days or 0),
                "record_urls": urls,
                "has_records": has_records,
                "has_history": has_history,
            },
            "registry": registry,
            "tables": tables,
        }


@functools.cache
def chart_bundle() -> str:
    """Return the chart library as one script; it takes seconds to make and is always the same."""
    # In a function: its names are not to meet those of the page's scripts.
    return f"(() => {{{vl_convert.javascript_bundle('window.drawChart = vegaEmbed;')}}})();"


def encoded(payload: dict) -> str:
    """Return the payload as the page embeds it: no value can end the element that holds it."""
    text = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def page(payload: dict) -> str:
    """Return the page."""
    styles = (TEMPLATES / "style.css").read_text("utf-8")
    scripts = [chart_bundle(), *((TEMPLATES / name).read_text("utf-8") for name in SCRIPTS)]
    assert not any(map(ENDS_EARLY.search, [styles, *scripts]))
    policy = {
        "default-src": "'none'",
        "script-src": " ".join(map(hash_source, scripts)),
        "style-src": hash_source(styles),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template("dashboard.html").render(
        title="CRM hygiene: data health",
        data=encoded(payload),
        styles=styles,
        scripts=scripts,
        csp="; ".join(f"{name} {value}" for name, value in policy.items()),
    )


def build(warehouse: Path, out: Path, show_personal_data: bool = False) -> Summary:
    """Write the dashboard of a warehouse."""
    with contextlib.closing(open_warehouse(warehouse)) as connection:
        if not rows(connection, "select 1 from duckdb_tables() where schema_name = 'marts'"):
            raise WarehouseError("The marts are not built yet; run make build first.")
        payload = Payload(connection, show_personal_data).build()
    text = page(payload)
    write_page(out, text)
    with_records = (t for t in payload["tables"].values() if "record_key" in t["data"])
    return Summary(out, len(text.encode()), sum(t["n_shown"] for t in with_records))


def main(arguments: list[str] | None = None) -> int:
    """Write the dashboard; return the exit code."""
    parser = command_parser("dashboard", __doc__)
    parser.add_argument(
        "--out", type=Path, default=ROOT / "reports" / "dashboard.html", help="the file to write"
    )
    parser.add_argument(
        "--show-personal-data", action="store_true", help="names of owners, values of fields"
    )
    parser.add_argument("--target", default=os.environ.get("CRM_HYGIENE_TARGET", "duckdb"))
    given = parser.parse_args(arguments)
    try:
        require_duckdb(given.target, "make dashboard")
        made = build(warehouse_path(), given.out, given.show_personal_data)
    except WarehouseError as error:
        print(error, file=sys.stderr)
        return 1
    personal = "shown" if given.show_personal_data else "masked"
    print(
        f"Written to {made.path}: {made.n_bytes / 1e6:.1f} MB, {made.n_records:,} rows of records "
        f"behind the figures, personal data {personal}."
    )
    return 0
