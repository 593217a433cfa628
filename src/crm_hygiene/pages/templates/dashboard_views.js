// The views: which figures, charts and lists each of them shows.
"use strict";

function section(title, lead, ...content) {
  const id = newId("section");
  return el("section", { class: "section", "aria-labelledby": id },
    el("h2", { id }, title), lead && el("p", { class: "lead" }, lead), content);
}

function notSplit(applied) {
  const text = notSplitBy(applied);
  return text && el("p", { class: "quiet" }, text);
}

function idsOf(kind) {
  return Object.keys(registry).filter((key) => key.startsWith(`${kind}:`)).map((key) => key.slice(kind.length + 1));
}

function known(tableName, column, kind) {
  const present = new Set(tableOf(tableName).column(column));
  return idsOf(kind).filter((id) => present.has(id));
}

function stopBanner() {
  const table = tableOf("stop_the_line");
  const stops = table.objects((row) => table.value(row, "status") === "stop" && passes(table, row, ["crm"]));
  if (!stops.length) return null;
  return el("aside", { class: "banner", "aria-label": "Stop the line" },
    el("h2", {}, statusMark("stop"), " the line"),
    el("ul", {}, stops.map((stop) => el("li", {},
      figureLink(`stop:${stop.crm}|${stop.machine ?? ""}|${stop.change_date}`,
        stop.machine ? bdi(ownerName(stop.machine, stop.crm)) : "A machine", ` in ${crmName(stop.crm)}`),
      ` made ${plural(stop.n_bad_changes, "bad change")} on ${tell(stop.change_date, "date")} (${stop.rules.split(", ")
        .map((rule) => ruleOf(`archetype:${rule}`).name).join(", ")}), usual is ${tell(stop.baseline_per_day, "number")} a day.`))));
}

function gradedSince(grade) {
  const table = tableOf("grades_history");
  const days = table.objects((row) =>
    table.value(row, "crm") === grade.crm && table.value(row, "object_type") === grade.object_type).map((row) => row.metric_date).sort();
  return `Graded since ${tell(days[0] ?? grade.metric_date, "date")}`;
}

function gradesSection() {
  const table = tableOf("grades");
  const grades = table.objects((row) => passes(table, row, ["crm"]));
  const totals = grades.filter((grade) => grade.object_type === "all" && grade.n_live_records > 0);
  if (!totals.length) {
    return section("Grade", null, el("p", { class: "empty" },
      filters.crm === null ? "There is no live record, so there is nothing to grade." : `${crmName(filters.crm)} has no live record, so there is nothing to grade.`));
  }
  return section("Grade", "The share of live records without any finding, and the grade that it earns.",
    notSplit(["crm"]),
    el("ul", { class: "cards grades" }, totals.map((grade) => el("li", { class: "card" },
      el("p", { class: `grade grade-${(grade.grade ?? "none").toLowerCase()}`, "aria-hidden": "true" }, grade.grade ?? "–"),
      el("div", {},
        el("h3", {}, figureLink(`grade:${grade.crm}|all`, `${crmName(grade.crm)}: ${gradeText(grade)}`)),
        el("p", {}, el("strong", {}, tell(grade.clean_share, "share")), ` of ${plural(grade.n_live_records, "live record")} without a finding`),
        el("p", { class: "quiet" }, grade.grade === null ? ungradedText(grade) : grade.change_in_a_week === null ? gradedSince(grade) : `${tellChange(grade.change_in_a_week, "rate")} in a week`))))),
    el("details", {}, el("summary", {}, "Grades by object"),
      simpleTable("Grades by object", [
        { label: "Object", cell: (grade) => figureLink(`grade:${grade.crm}|${grade.object_type}`, `${crmName(grade.crm)} ${words(grade.object_type).toLowerCase()}`) },
        { label: "Grade", cell: (grade) => el("strong", {}, grade.grade ?? "–") },
        { label: "Clean", kind: "number", cell: (grade) => tell(grade.clean_share, "share") },
        { label: "Live", kind: "number", cell: (grade) => tell(grade.n_live_records, "number") },
        ...["critical", "high", "medium", "low"].map((level) => (
          { label: `Worst: ${level}`, kind: "number", wide: true, cell: (grade) => tell(grade[`n_worst_${level}`], "number") })),
      ], grades.filter((grade) => grade.object_type !== "all"))));
}

const STEPS = ["handoff", "stage_change", "incentive", "sla", "integration", "unknown"];

function archetypesSection() {
  const counts = new Map();
  for (const part of dirtyCounts()) {
    const key = `${part.archetype}|${part.causing_step}`;
    counts.set(key, (counts.get(key) ?? 0) + part.n_records);
  }
  const total = (archetype) => sum(STEPS.map((step) => counts.get(`${archetype}|${step}`) ?? 0));
  const archetypes = idsOf("archetype").filter(total).sort((a, b) => total(b) - total(a));
  const name = (id) => ruleOf(`archetype:${id}`).name;
  const title = "Dirty records by archetype and causing step";
  if (!archetypes.length) return section(title, null, el("p", { class: "empty" }, "No dirty record for this choice of filters."));
  const all = sum(archetypes.map(total));
  return section(title, "What is dirty, and the step of the process that made it so. A record counts once for each archetype.",
    notSplit(["crm", "segment", "team"]),
    chart({
      title: "Dirty records", summary: `${plural(all, "record")}; most: ${name(archetypes[0])}, ${total(archetypes[0])}.`,
      spec: {
        height: 30 * archetypes.length,
        data: {
          values: [...counts].map(([key, n]) => {
            const [archetype, step] = key.split("|");
            return { archetype: name(archetype), step: words(step), order: STEPS.indexOf(step), n };
          }),
        },
        mark: { type: "bar", stroke: "var(--surface)", strokeWidth: 1.5, height: 20 },
        encoding: {
          y: { field: "archetype", type: "nominal", title: null, sort: archetypes.map(name), axis: { domain: false, ticks: false, labelPadding: 8 } },
          x: { field: "n", type: "quantitative", title: null, axis: { tickCount: 5, format: "~d", tickMinStep: 1 } },
          order: { field: "order" },
          color: { field: "step", type: "nominal", scale: { domain: STEPS.map(words), range: STEPS.map((step) => `url(#fill-${step})`) } },
        },
      },
      table: simpleTable(title, [
        { label: "Archetype", cell: (id) => figureLink(`archetype:${id}`, name(id)) },
        ...STEPS.map((step) => ({
          label: words(step), kind: "number",
          cell: (id) => {
            const n = counts.get(`${id}|${step}`);
            return n ? figureLink(`archetype:${id}|${step}`, String(n)) : el("span", { class: "quiet" }, "0");
          },
        })),
        { label: "Total", kind: "number", cell: (id) => el("strong", {}, tell(total(id), "number")) },
      ], archetypes),
    }));
}

function causesSection(nShown) {
  const table = tableOf("causes");
  const causes = table.objects((row) => passes(table, row, ["crm"])).sort((a, b) => b.n_dirty - a.n_dirty);
  return section("Top causes", "The step, archetype and actor behind the most dirty records; the trend compares the last four weeks with the four before.",
    notSplit(["crm"]),
    simpleTable("Top causes", [
      { label: "Cause", cell: (cause) => figureLink(`cause:${cause.crm}|${cause.cause_rank}`, causeName(cause)) },
      { label: "CRM", wide: true, cell: (cause) => crmName(cause.crm) },
      { label: "By", wide: true, cell: (cause) => [words(cause.actor_kind ?? "unknown"), cause.machine && el("small", {}, bdi(ownerName(cause.machine, cause.crm)))] },
      { label: "Dirty", kind: "number", cell: (cause) => tell(cause.n_dirty, "number") },
      { label: "Share", kind: "number", wide: true, cell: (cause) => tell(cause.share, "share") },
      { label: "Trend", cell: (cause) => ({ __proto__: null, up: "↑ Up", down: "↓ Down", flat: "→ Flat" })[cause.trend] ?? "–" },
    ], causes.slice(0, nShown), { empty: "No dirty record, so there is no cause." }),
    causes.length > nShown && el("p", { class: "quiet" }, `The first ${nShown} of ${causes.length}; `, el("a", { href: hashOf({ view: "revops" }) }, "all of them under RevOps"), "."));
}

function notLanded() {
  const table = tableOf("not_landed");
  return table.objects((row) => meta.crms.includes(table.value(row, "crm")) && passes(table, row, ["crm"]));
}

function notLandedTable() {
  const groups = new Map();
  for (const row of notLanded()) {
    const key = JSON.stringify([row.crm, row.source_table, row.needed_by]);
    if (!groups.has(key)) groups.set(key, { ...row, columns: [] });
    groups.get(key).columns.push(row.source_column);
  }
  return simpleTable("What is not landed", [
    { label: "Needed for", cell: (group) => group.needed_by },
    { label: "CRM", cell: (group) => crmName(group.crm) },
    { label: "Not landed", cell: (group) => group.is_table_landed
      ? `${group.source_table}: ${group.columns.join(", ")}` : `the whole table ${group.source_table}` },
  ], [...groups.values()].sort((a, b) => a.is_table_landed - b.is_table_landed), { empty: "Everything that a figure needs is landed." });
}

function worstFirst(figures) {
  return figures.filter((figure) => figure.parts.length).sort((a, b) => severity(a.status) - severity(b.status));
}

function overview() {
  const missing = notLanded();
  const nTables = new Set(missing.filter((row) => !row.is_table_landed).map((row) => `${row.crm} ${row.source_table}`)).size;
  const nColumns = missing.filter((row) => row.is_table_landed).length;
  return [
    stopBanner(), gradesSection(),
    section("Data health", "Ten metrics; open one for its parts, its days and the records behind it.", notSplit(["crm", "segment"]),
      figureTable("Data-health metrics", worstFirst(known("health", "metric", "metric").map(metricFigure))),
      el("p", { class: "quiet" }, "Values to standardise and words for nothing stand ", el("a", { href: hashOf({ view: "revops" }) }, "under RevOps"), ".")),
    section("Process signals", "How often the process goes wrong: the rate of the last four weeks against its limits and what was usual.", notSplit(["crm", "segment"]),
      figureTable("Process signals", worstFirst(known("signals", "signal", "signal").map(signalFigure)), true)),
    archetypesSection(), causesSection(8),
    section("Not landed", missing.length
      ? `${plural(nTables, "table")} and ${plural(nColumns, "column")} that a figure needs are not landed; such figures say so.`
      : "Everything that a figure needs is landed.",
    missing.length > 0 && el("p", {}, el("a", { href: hashOf({ view: "landing" }) }, "See what is missing and what needs it"))),
  ];
}

function sdr() {
  const ids = ["speed_to_lead", "lead_owner_changes", "sdr_handoff_completeness"];
  return [
    section("How leads are worked", null, cards([
      ...ids.filter(isTeamFigure).map(teamFigure), metricFigure("duplicate_rate"),
      signalFigure("sla_rush_update"), slaFigure("no_stale_lead")]), teamFiguresNote(ids)),
    funnelSection("lead", "From new lead to qualified"),
    section("Duplicates", "Records that another one should survive.", explorer({
      title: "Duplicate records", what: "duplicates", table: tableOf("duplicates"), accept: () => true,
      shown: ["record_id", "object_type", "crm", "matched_by", "n_own_values", "segment", "owner_id", "survivor_record_key"],
      facets: ["object_type", "matched_by"],
    })),
    reviewSection(["sla_rush_update", "owner_ping_pong"]),
  ];
}

function isTeamFigure(id) {
  return tableOf("team_figures").column("figure").includes(id);
}

function teamFiguresNote(ids) {
  const missing = ids.filter((id) => !isTeamFigure(id));
  return missing.length > 0 && el("p", { class: "empty" },
    `${inWords(missing.map((id) => ruleOf(`team_figure:${id}`).name))} cannot be shown: marts.team_figures has no row for ${missing.length === 1 ? "it" : "them"}.`);
}

function reviewSection(signals) {
  const table = tableOf("review_list");
  return section("Records to review", "The records to look at first: of each signal in watch or alert, of those with too few records to judge (n is the denominator), and of time in a stage. Open ones first, then the farthest outside, then the largest amounts.", explorer({
    title: "Review list", what: "review_list", table,
    accept: (row) => signals.includes(table.value(row, "signal")) && (filters.segment !== null || table.value(row, "segment") === "all"),
    shown: ["record_id", "object_type", "crm", "signal", "status", "denominator", "is_open", "stage", "days", "usual_days", "detail", "amount", "last_occurred_at", "owner_id"],
    facets: ["signal", "object_type"], empty: "None of these signals has a record to review.",
  }));
}

// Two stages of one name are told apart by their pipeline.
function namedStages(stages) {
  const nameOf = (stage) => labelOf(stage.crm, stage.object_type, "stage", stage.stage);
  return stages.map((stage) => {
    const isTwice = stages.some((other) => other !== stage && other.crm === stage.crm && nameOf(other) === nameOf(stage));
    const pipeline = isTwice && stage.pipeline !== null ? ` (${labelOf(stage.crm, stage.object_type, "pipeline", stage.pipeline)})` : "";
    return { ...stage, name: `${meta.crms.length > 1 ? `${crmName(stage.crm)}: ` : ""}${nameOf(stage)}${pipeline}` };
  });
}

function dwellSection() {
  const table = tableOf("dwell");
  const stages = table.objects((row) => isOfSegment(table, row) && passes(table, row, ["crm"]) &&
    table.value(row, "object_type") === "opportunity" && table.value(row, "p50_days") !== null);
  const named = namedStages(stages);
  const x = { type: "quantitative", title: "days", axis: { tickCount: 6 } };
  const y = { field: "name", type: "nominal", title: null, sort: null, axis: { domain: false, ticks: false, labelPadding: 8, grid: true } };
  return section("Time in a stage", "How long deals stay in each stage: the middle eight in ten, and the median. Outside of it a stay is unusual.",
    notSplit(["crm", "segment"]),
    named.length > 0 && chart({
      title: "Days in a stage, opportunities", summary: "Bars from the 10th to the 90th percentile, the mark is the median.",
      spec: {
        height: 26 * named.length, data: { values: named },
        layer: [
          { mark: { type: "bar", height: 10, cornerRadius: 5, color: "var(--accent-soft)" }, encoding: { y, x: { ...x, field: "p10_days" }, x2: { field: "p90_days" } } },
          { mark: { type: "tick", thickness: 3, height: 16, opacity: 1, color: "var(--accent)" }, encoding: { y, x: { ...x, field: "p50_days" } } },
        ],
      },
      table: simpleTable("Days in a stage", [
        { label: "Stage", cell: (stage) => stage.name },
        { label: "p10", kind: "number", cell: (stage) => tell(stage.p10_days, "days") },
        { label: "Median", kind: "number", cell: (stage) => tell(stage.p50_days, "days") },
        { label: "p90", kind: "number", cell: (stage) => tell(stage.p90_days, "days") },
        { label: "Stays", kind: "number", cell: (stage) => tell(stage.n_periods, "number") },
      ], named),
    }),
    explorer({
      title: "All stages", what: "stage_dwell", table, accept: (row) => filters.segment !== null || table.value(row, "segment") === "all",
      shown: ["stage", "object_type", "crm", "pipeline", "p10_days", "p50_days", "p90_days", "n_periods", "basis"],
      facets: ["object_type", "basis"],
    }));
}

function ae() {
  return [
    section("How deals move", null, cards([
      signalFigure("stage_dwell_anomaly"), signalFigure("stage_dwell_shift"), archetypeFigure("stage_regression"),
      signalFigure("late_edit"), signalFigure("commit_close_date_churn"), metricFigure("past_close_no_next_step"),
      slaFigure("next_step_on_every_open_deal")])),
    funnelSection("opportunity", "From stage to stage"),
    dwellSection(),
    reviewSection(["stage_dwell_anomaly", "late_edit", "commit_close_date_churn", "multi_stage_jump"]),
  ];
}

function cs() {
  const ids = ["handoff_completeness", "ownership_stability", "clock_pauses"];
  return [
    section("After the win", null, cards([...ids.filter(isTeamFigure).map(teamFigure),
      signalFigure("owner_ping_pong"), signalFigure("sla_rush_update"), slaFigure("no_open_record_with_inactive_owner")]), teamFiguresNote(ids)),
    reviewSection(["owner_ping_pong", "sla_rush_update"]),
  ];
}

function signatureLink(row, where = "") {
  return figureLink(`signature:${row.signature}|${row.crm}|${row.object_type}`, ruleOf(`signature:${row.signature}`).name + where);
}

function revops() {
  const signatures = tableOf("signatures");
  const rows = signatures.objects((row) => passes(signatures, row, ["crm"]))
    .sort((a, b) => severity(a.status) - severity(b.status) || (b.rate ?? -1) - (a.rate ?? -1));
  const fixes = tableOf("fix_scores");
  return [
    stopBanner(),
    section("Who changes what", null, cards([attributionFigure()]), keyFields(),
      explorer({
        title: "Who writes each field", what: "writers", table: tableOf("writers"), accept: () => true,
        shown: RECORD_COLUMNS.writers, facets: ["object_type", "field", "write_path", "verdict"],
      }),
      explorer({
        title: "Attribution by field", what: "attribution", table: tableOf("attribution"), accept: () => true,
        shown: ["field", "object_type", "crm", "coverage", "target", "status", "n_changes", "window_coverage", "window_status", "sample_coverage", "sample_n_changes"], facets: ["object_type", "status"],
      })),
    causesSection(Infinity),
    section("Automation damage", "Dirty records that an integration, automation or import made.", explorer({
      ...recordsOf("dirty", "Damage by machines", (value) =>
        value("causing_step") === "integration" || ["automation", "integration", "import"].includes(value("actor_kind")), ["archetype", "object_type", "actor_kind"]),
      what: "automation_damage",
    })),
    revertsSection(), reassignmentsSection(),
    section("What to mend first", "Impact times frequency, by effort and risk.", notSplit(["crm"]), simpleTable("Fix scores", [
      { label: "Rule", cell: (fix) => figureLink(`${fix.kind}:${fix.rule_id}`, fix.rule) },
      { label: "CRM", cell: (fix) => crmName(fix.crm) },
      { label: "Rank", kind: "number", cell: (fix) => tell(fix.fix_rank, "number") },
      { label: "Score", kind: "number", wide: true, cell: (fix) => tell(fix.score, "number") },
      { label: "Frequency", kind: "number", wide: true, cell: (fix) => tell(fix.frequency, "share") },
      { label: "Severity", wide: true, cell: (fix) => statusMark(fix.severity) },
      { label: "Team", wide: true, cell: (fix) => words(fix.owner_team) },
    ], fixes.objects((row) => passes(fixes, row, ["crm"]) && fixes.value(row, "status") === "measured")
      .sort((a, b) => a.fix_rank - b.fix_rank || (a.crm < b.crm ? -1 : 1)))),
    section("Signatures of a failing step", "Patterns by which a handoff, a stage change, an incentive, an SLA or an integration fails; now, and in the window before.", notSplit(["crm"]),
      folded(rows, (row) => signatureLink(row, ` (${crmName(row.crm)} ${words(row.object_type).toLowerCase()})`), (shown) => simpleTable("Signatures", [
        { label: "Signature", cell: (row) => signatureLink(row) },
        { label: "Step", wide: true, cell: (row) => words(row.step) },
        { label: "CRM", wide: true, cell: (row) => crmName(row.crm) },
        { label: "Object", wide: true, cell: (row) => words(row.object_type) },
        { label: "Now", kind: "number", cell: (row) => tell(row.rate, "share") },
        { label: "Before", kind: "number", wide: true, cell: (row) => tell(row.previous_rate, "share") },
        { label: "Counted", kind: "number", wide: true, cell: (row) => row.denominator === null ? "–" : `${row.numerator} of ${row.denominator}` },
        { label: "Status", cell: (row) => statusMark(row.status) },
      ], shown))),
    spreadSection(), cutoffSection(), guardrailsSection(), picklistSection(), placeholderSection(),
  ];
}

const DECISIONS = ["keep", "re_engage", "archive", "anonymize", "delete", "quarantine"];

function cleanUp() {
  const counts = tableOf("candidate_counts");
  const parts = counts.objects((row) => passes(counts, row));
  const total = (decision) => sum(parts.filter((part) => part.decision === decision).map((part) => part.n)) ?? 0;
  const objects = [...new Set(parts.map((part) => part.object_type))].sort();
  const candidates = tableOf("candidates");
  const rules = (decision) => {
    const found = new Map();
    for (const part of parts) if (part.decision === decision) found.set(part.rule_id, (found.get(part.rule_id) ?? 0) + part.n);
    return [...found].sort((a, b) => b[1] - a[1]);
  };
  return [
    section("Decisions", "Every live record has one: archive broadly, delete narrowly. Nothing is done here; reviewers clear what may be.",
      notSplit(["crm", "segment", "team"]),
      el("ul", { class: "cards small" }, DECISIONS.map((decision) => el("li", { class: "card" },
        el("h3", {}, figureLink(`decision:${decision}`, words(decision))), el("p", { class: "big" }, tell(total(decision), "number"))))),
      el("details", {}, el("summary", {}, "By object and by rule"),
        simpleTable("Decisions by object", [
          { label: "Object", cell: (object) => words(object) },
          ...DECISIONS.map((decision) => ({
            label: words(decision), kind: "number",
            cell: (object) => tell(sum(parts.filter((part) => part.object_type === object && part.decision === decision).map((part) => part.n)) ?? 0, "number"),
          })),
        ], objects),
        simpleTable("Decisions by rule", [
          { label: "Rule", cell: ([decision, rule]) => figureLink(`decision:${decision}|${rule}`, ruleOf(`rule:${rule}`).name) },
          { label: "Decision", cell: ([decision]) => words(decision) },
          { label: "Records", kind: "number", cell: ([, , n]) => tell(n, "number") },
          { label: "Why", wide: true, cell: ([, rule]) => ruleOf(`rule:${rule}`).why ?? "–" },
        ], DECISIONS.flatMap((decision) => rules(decision).map(([rule, n]) => [decision, rule, n]))))),
    section("Candidates", "Records that may be archived, anonymised, deleted or worked again, each with its reason. Records to keep are counted above and not listed.", explorer({
      title: "Candidate lists", what: "candidates", table: candidates, accept: () => true,
      shown: RECORD_COLUMNS.candidates,
      facets: ["decision", "object_type", "rule_id", "review_state", "is_sample"],
    })),
    deadDataSection(),
    section("Reports stay true", "Each report before and after the decisions are carried out.", explorer({
      title: "Impact of the clean-up", what: "cleanup_impact", table: tableOf("impact"), accept: () => true,
      shown: ["report", "crm", "period", "part", "value_before", "value_after", "variance", "tolerance", "status"], facets: ["report", "status"],
    }), explorer({
      title: "Drift of reports", what: "reporting_drift", table: tableOf("drift"), accept: () => true,
      shown: ["report", "crm", "period", "part", "currency", "frozen_value", "current_value", "drift", "status"], facets: ["report", "status"],
    })),
  ];
}

function landing() {
  const unused = [...new Set(tableOf("not_landed").column("crm"))].filter((crm) => !meta.crms.includes(crm));
  return [
    section("Not landed", "What a figure needs and does not get.", notSplit(["crm"]), notLandedTable(),
      unused.length > 0 && el("p", { class: "quiet" }, `Not used here: ${inWords(unused.map(crmName))}.`)),
    section("Row counts", "Landed = staged + rejected + superseded + exact duplicates, for each source table.", explorer({
      title: "Source tables", what: "landing_row_counts", table: tableOf("landing_rows"), accept: () => true,
      shown: ["source_table", "crm", "is_landed", "n_landed", "n_staged", "n_rejected", "n_superseded", "n_duplicates"], facets: ["crm", "is_landed"],
    })),
    section("Inventory", "What the CRM holds, by object, stage of life and region.", explorer({
      title: "Inventory", what: "inventory", table: tableOf("inventory"), accept: () => true,
      shown: ["lifecycle_stage", "object_type", "crm", "region", "n_records", "n_stale_12m", "n_stale_24m", "n_no_owner", "n_inactive_owner", "n_no_lead_source", "n_past_close_date", "n_hard_bounced"], facets: ["object_type", "region"],
    })),
  ];
}

const VIEWS = {
  __proto__: null,
  overview: ["Overview", overview], sdr: ["SDR", sdr], ae: ["AE", ae], cs: ["CS", cs],
  revops: ["RevOps", revops], cleanup: ["Clean-up", cleanUp], landing: ["Landing", landing],
};
