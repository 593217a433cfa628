"""The tables of the page: which rows of which mart."""

from dataclasses import dataclass

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
KEYS = "record_key, crm, object_type, record_id, segment, owner_id"
# The records to work on: of a rate of which more is better those that do not count.
METRIC_RECORDS = f"""
    select
        checks.metric, {", ".join(f"checks.{key}" for key in KEYS.split(", "))}, owners.team,
        case when metrics.unit = 'days' then checks.verdict end as days
    from (
        unpivot (
            select {KEYS}, try_cast(columns(* exclude (record_sk, {KEYS})) as decimal(28, 6))
            from {RECORD_CHECKS}
        )
        on columns(* exclude ({KEYS})) into name metric value verdict
    ) as checks
    inner join policy.health_metrics as metrics
        on checks.metric = metrics.metric and not metrics.is_finding
    left join staging.stg_crm__users as owners
        on checks.crm = owners.crm and checks.owner_id = owners.user_id
    where metrics.unit = 'days'
        or checks.verdict = case when metrics.direction = 'higher_is_better' then 0 else 1 end
"""

# Columns that somebody misses: not those that only a copy of a table needs, or that another column
# tells as well. The end of the build counts the same ones.
MISSED = (
    "substring(source_column, 1, 1) <> '_' and needed_by not like 'the same as %' "
    "and needed_by not like '%copies only'"
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
    # Of the time before the first build: twelve months and some.
    "health_rebuilt": Table(
        "marts.data_health_rebuilt",
        order="metric_date desc, crm, metric, object_type",
        in_words="newest first",
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
    "spread": Table("marts.signal_spread", order="crm, signal, object_type"),
    # A series is whole where the cap allows: those that shift first.
    "cutoff_shifts": Table(
        "marts.cutoff_shifts",
        order="part is distinct from 'all', status is distinct from 'shift', crm, object_type, "
        "event, part, days_to_cutoff desc",
        in_words="all parts together first, then those that shift",
    ),
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
        where=f"not is_landed and needed_by is not null and (not is_table_landed or {MISSED})",
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
        "write_path, automation_id",
        in_words="most changes first",
    ),
    "key_fields": Table(
        "marts.key_field_writers",
        order="is_money_field desc, object_type, field, crm",
        in_words="money fields first",
    ),
    "attribution": Table("marts.attribution_coverage"),
    "guardrails": Table(
        "marts.guardrail_status",
        order="status, n_broken desc nulls last, crm, object_type, field, guardrail",
        in_words="broken ones first",
    ),
    "reassignments": Table(
        "marts.owner_reassignments",
        order="proposed_owner_id is null, amount desc nulls last, crm, object_type, record_key",
        in_words="those that somebody could have first, then by amount",
    ),
    "dead_data": Table(
        "marts.dead_data",
        order="array_position(['all', 'owner', 'lead_source', 'segment'], dimension), "
        "n_stale_12m desc nulls last, crm, object_type, part",
        in_words="whole objects, owners, lead sources and segments, most untouched records first",
    ),
    "stop_the_line": Table(
        "marts.stop_the_line",
        order="status desc, change_date desc, n_bad_changes desc, crm, machine",
        in_words="stops first, then the newest",
        where="is_current",
    ),
    "reverts": Table(
        "marts.revert_list",
        order="is_standing desc, change_date desc, amount desc nulls last, crm, machine, "
        "record_key, field",
        in_words="what still stands first, then the newest, then by amount",
    ),
    "fix_scores": Table(
        "marts.fix_scores", order="crm, kind, fix_rank, rule_id", in_words="by rank"
    ),
    "dwell": Table(
        "marts.stage_dwell_percentiles",
        order=f"{WHOLE_FIRST}, crm, object_type, pipeline, stage, segment",
        in_words="all segments together first",
    ),
    "funnel": Table(
        "marts.stage_funnel",
        order=f"{WHOLE_FIRST}, crm, object_type, pipeline, stage_order nulls last, stage, segment",
        in_words="all segments together first",
    ),
    # Fields whose values are in order are only counted.
    "picklist_values": Table(
        "marts.picklist_values",
        where="verdict <> 'ok'",
        order="standardise_first desc, n_records desc, crm, object_type, field, value",
        in_words="what to standardise first, then by records",
    ),
    "picklist_counts": Table(
        "marts.picklist_values",
        cap=None,
        count_by=("crm", "object_type", "field", "standardise_first", "verdict"),
    ),
    "placeholders": Table(
        "marts.placeholder_use",
        where="n_placeholders > 0",
        order="field_share desc, n_placeholders desc, crm, object_type, field, owner_id",
        in_words="the fields with the largest share first",
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
        order="status, abs(drift) desc nulls last, crm, report, period_grain, period, part, "
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
