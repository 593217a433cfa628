// The figures: where each comes from, how its parts combine, and the records behind it.
"use strict";

// --- Figures ---

const RECORD_COLUMNS = {
  findings: ["record_id", "object_type", "crm", "finding", "severity", "detail", "segment", "owner_id", "team"],
  metric_records: ["record_id", "object_type", "crm", "days", "segment", "owner_id", "team"],
  evidence: ["record_id", "object_type", "crm", "occurred_at", "kind", "detail", "segment", "owner_id", "channel"],
  dirty: ["record_id", "object_type", "crm", "archetype", "severity", "causing_step", "first_bad_at", "amount", "owner_id", "segment"],
  sla_breaches: ["record_id", "object_type", "crm", "days_over", "detail", "amount", "segment", "owner_id", "team"],
  team_figure_records: ["record_id", "object_type", "crm", "is_counted", "hours", "occurred_at", "detail", "segment", "owner_id"],
  signature_evidence: ["record_id", "object_type", "crm", "signature_window", "occurred_at", "detail", "segment", "owner_id", "channel"],
  candidates: ["record_id", "object_type", "crm", "decision", "reason", "review_state", "value_at_stake", "owner_id", "review_due_at"],
  writers: ["changed_by", "crm", "object_type", "field", "actor_kind", "channel", "write_path", "n_changes", "share", "verdict"],
};

function recordsOf(name, title, accept, facets, more = {}) {
  const table = tableOf(name);
  return {
    title, table, shown: RECORD_COLUMNS[name], facets, what: name,
    accept: (row) => accept((column) => table.value(row, column)), ...more,
  };
}

// The days of a figure, each combined as the figure is.
function daysOf(tableName, dateColumn, valueName, accept) {
  const table = tableOf(tableName);
  const days = new Map();
  for (const day of table.objects((row) => accept(row) && passes(table, row, ["crm"]))) {
    if (!days.has(day[dateColumn])) days.set(day[dateColumn], []);
    days.get(day[dateColumn]).push(day);
  }
  return [...days.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([date, parts]) => ({
    date, ...combine(parts, valueName), nParts: parts.length,
  }));
}

// The days before a metric was kept, as the histories tell them: only where they tell every part
// that it has now, since a part more or less would look like a change.
function rebuiltDays(id, parts, kept) {
  const table = tableOf("health_rebuilt");
  const partOf = (row) => `${table.value(row, "crm")}|${table.value(row, "object_type")}`;
  const wanted = new Set(parts.filter((part) => part.denominator > 0).map((part) => `${part.crm}|${part.object_type}`));
  return daysOf("health_rebuilt", "metric_date", "value", (row) => table.value(row, "metric") === id && wanted.has(partOf(row)))
    .filter((day) => day.nParts === wanted.size && !(kept.length && day.date >= kept[0].date))
    .map((day) => ({ ...day, isRebuilt: true }));
}

function changeInAWeek(points) {
  const last = points.at(-1);
  const before = last && points.find((point) => point.date === dayBefore(last.date, 7));
  return last && before && last.value !== null && before.value !== null ? last.value - before.value : null;
}

function same(parts, name) {
  const values = new Set(parts.map((part) => part[name]));
  return values.size === 1 ? parts[0][name] : undefined;
}

function limit(value, isHigherBetter, unit) {
  return value === null || value === undefined ? null : `${isHigherBetter ? "≥" : "≤"} ${tell(value, unit)}`;
}

function withHistory(figure) {
  figure.points ??= [];
  figure.change = changeInAWeek(figure.points);
  return figure;
}

// Of a metric that is no fault of a record the list holds those to work on, not those counted.
const LISTED_RECORDS = {
  contacts_active_90d: "Contacts without an activity in that time",
  accounts_with_open_opportunity: "Accounts without an open opportunity",
  consent_coverage: "Contacts whose consent is not known",
  do_not_contact: "Contacts who must not be contacted",
  time_in_stage: "Open opportunities by days in their stage",
};

function metricFigure(id) {
  const table = tableOf("health");
  const parts = table.objects((row) =>
    table.value(row, "metric") === id && isOfSegment(table, row) && passes(table, row, ["crm"]));
  const past = tableOf("health_history");
  const isFault = tableOf("findings").column("finding").includes(id) ||
    tableOf("finding_counts").column("finding").includes(id);
  const isKept = tableOf("metric_records").column("metric").includes(id);
  const unit = parts[0]?.unit ?? "rate";
  const kept = filters.segment === null
    ? daysOf("health_history", "metric_date", "value", (row) => past.value(row, "metric") === id) : [];
  return withHistory({
    key: `metric:${id}`, register: ruleOf(`metric:${id}`), parts, unit, ...combine(parts, "value"),
    isHigherBetter: parts[0]?.direction === "higher_is_better",
    limits: [["Target", same(parts, "target")], ["Alert beyond", same(parts, "alert_at")]],
    target: limit(same(parts, "target"), parts[0]?.direction === "higher_is_better", unit),
    applied: ["crm", "segment"],
    points: filters.segment === null ? [...rebuiltDays(id, parts, kept), ...kept] : [],
    historyNote: filters.segment === null
      ? "Its trend begins with the first build: no history tells how it was before." : "Earlier days are kept for all segments together.",
    records: isKept
      ? recordsOf("metric_records", LISTED_RECORDS[id] ?? "Records to look at", (value) => value("metric") === id, ["object_type"])
      : recordsOf("findings", "Records with this fault", (value) => value("finding") === id, ["object_type", "severity"],
        isFault ? {} : { empty: "No record has this fault, or the figure is no fault of single records." }),
  });
}

function signalFigure(id) {
  const table = tableOf("signals");
  const isPart = (of) => (row) => of.value(row, "signal") === id && isOfSegment(of, row);
  const parts = table.objects((row) => isPart(table)(row) && passes(table, row, ["crm"]));
  const past = tableOf("signals_history");
  const [watch, alert] = [same(parts, "watch_at"), same(parts, "alert_at")];
  const days = meta.window_days;
  const from = days && new Date(Date.parse(meta.as_of) - days * 86400000).toISOString();
  return withHistory({
    key: `signal:${id}`, register: ruleOf(`signal:${id}`), parts, unit: "share", ...combine(parts, "rate"),
    isHigherBetter: false,
    limits: [["Watch above", watch], ["Alert above", alert]],
    limitsName: "Watch / alert",
    target: watch === undefined ? "by part" : watch === null ? null : `${tell(watch, "share")} / ${tell(alert, "share")}`,
    baseline: parts.length === 1 ? tell(parts[0].baseline_rate, "share") : span(parts.map((part) => part.baseline_rate)),
    applied: ["crm", "segment"],
    points: daysOf("signals_history", "signal_date", "rate", isPart(past)),
    historyNote: "The history of changes is not landed, or has no day yet.",
    more: spreadPart(id),
    records: recordsOf("evidence", "Occurrences", (value) => value("signal") === id, ["object_type", "kind", "channel"],
      // A stuck record counts until it moves, however long ago it got stuck; a period's end has days of its own.
      from && id !== "commit_close_date_churn" ? {
        period: {
          label: `Only the ${days} days of the rate`,
          accept: (row) => {
            const evidence = tableOf("evidence");
            return evidence.value(row, "occurred_at") > from || evidence.value(row, "kind") === "stuck";
          },
        },
      } : {}),
  });
}

function span(values) {
  const known = values.filter((value) => value !== null);
  if (!known.length) return "–";
  const [low, high] = [Math.min(...known), Math.max(...known)].map((value) => tell(value, "share"));
  return low === high ? low : `${low} to ${high}`;
}

function teamFigure(id) {
  const table = tableOf("team_figures");
  const parts = table.objects((row) =>
    table.value(row, "figure") === id && isOfSegment(table, row) && passes(table, row, ["crm"]));
  const unit = parts[0]?.unit === "hours" ? "hours" : "rate";
  const isHigherBetter = parts[0]?.direction === "higher_is_better";
  const hours = same(parts, "median_hours");
  return withHistory({
    key: `team_figure:${id}`, register: ruleOf(`team_figure:${id}`), parts, unit, ...combine(parts, "value"),
    isHigherBetter,
    limits: [["Target", same(parts, "target")], ["Alert beyond", same(parts, "alert_at")]],
    target: limit(same(parts, "target"), isHigherBetter, unit),
    extra: hours ? `Median ${tell(hours, "hours")}` : null,
    applied: ["crm", "segment"],
    historyNote: "This figure is kept for its last day only.",
    records: recordsOf("team_figure_records", "Records that were judged", (value) => value("figure") === id,
      ["is_counted", "object_type"]),
  });
}

function slaFigure(id) {
  const table = tableOf("sla_status");
  const scope = filters.owner !== null ? "owner" : filters.team !== null ? "team" : "all";
  const parts = table.objects((row) => table.value(row, "sla_id") === id &&
    table.value(row, "scope") === scope && passes(table, row, ["crm", "team", "owner"]))
    .map((part) => ({ ...part, numerator: part.n_breaches, denominator: part.n_records }));
  return withHistory({
    key: `sla:${id}`, register: ruleOf(`sla:${id}`), parts, unit: "share", ...combine(parts, "rate"),
    isHigherBetter: false,
    limits: [["Target", same(parts, "target")]],
    target: limit(same(parts, "target"), false, "share"),
    applied: ["crm", "team", "owner"],
    historyNote: "This figure is kept for its last day only.",
    records: recordsOf("sla_breaches", "Records in breach", (value) => value("sla_id") === id, ["object_type", "team"]),
  });
}

function dirtyCounts() {
  const table = tableOf("dirty_counts");
  return table.objects((row) => passes(table, row));
}

function archetypeFigure(id, step) {
  const parts = dirtyCounts().filter((part) =>
    part.archetype === id && (step === undefined || part.causing_step === step));
  return {
    key: step === undefined ? `archetype:${id}` : `archetype:${id}|${step}`,
    register: ruleOf(`archetype:${id}`), parts: [], count: sum(parts.map((part) => part.n_records)) ?? 0,
    noun: step === undefined ? "dirty record" : `dirty record by ${words(step).toLowerCase()}`,
    limits: [], applied: ["crm", "segment", "team"],
    records: recordsOf("dirty", "Dirty records", (value) =>
      value("archetype") === id && (step === undefined || value("causing_step") === step),
    ["object_type", "causing_step", "severity"]),
  };
}

function causeFigure(crm, rank) {
  const cause = tableOf("causes").objects().find((row) => row.crm === crm && String(row.cause_rank) === rank);
  if (!cause) return null;
  // The mart calls machine what wrote: the automation, or the actor where that is a machine.
  const machines = ["automation", "integration", "import"];
  return {
    key: `cause:${crm}|${rank}`,
    register: { ...ruleOf(`archetype:${cause.archetype}`), name: causeName(cause) },
    parts: [], count: cause.n_dirty, noun: "dirty record", limits: [], applied: ["crm"],
    records: recordsOf("dirty", "Dirty records of this cause", (value) => {
      const isMachine = machines.includes(value("actor_kind")) || machines.includes(value("channel"));
      const machine = value("automation_id") ?? (isMachine ? value("actor_id") : null);
      return value("crm") === crm && value("archetype") === cause.archetype &&
        value("causing_step") === cause.causing_step && value("actor_kind") === cause.actor_kind &&
        (cause.machine === undefined || machine === cause.machine);
    }, ["object_type", "severity"]),
  };
}

function causeName(cause) {
  return `${words(cause.causing_step)}: ${ruleOf(`archetype:${cause.archetype}`).name}`;
}

// A grade in words; none where something that would be a finding is not landed.
function gradeText(grade) {
  return grade.grade === null ? "no grade" : `grade ${grade.grade}`;
}

function ungradedText(grade) {
  return `Not landed, so not judged: ${grade.not_judged.split(", ").map((metric) => ruleOf(`metric:${metric}`).name).join(", ")}.`;
}

function gradeFigure(crm, objectType) {
  const grade = tableOf("grades").objects().find((row) => row.crm === crm && row.object_type === objectType);
  if (!grade) return null;
  return {
    key: `grade:${crm}|${objectType}`,
    register: {
      name: `${crmName(crm)}: ${objectType === "all" ? "all objects" : words(objectType).toLowerCase()}, ${gradeText(grade)}`,
      meaning: "The share of live records without any finding, and the grade that it earns." +
        (grade.grade === null ? ` ${ungradedText(grade)}` : ""),
    },
    parts: [], count: grade.n_live_records - grade.n_without_finding,
    noun: "record", countNote: `with a finding, of ${plural(grade.n_live_records, "live record")}`,
    limits: [], applied: ["crm"],
    records: recordsOf("findings", "Findings", (value) =>
      value("crm") === crm && (objectType === "all" || value("object_type") === objectType),
    ["finding", "severity", "object_type"]),
  };
}

function signatureFigure(id, crm, objectType) {
  const table = tableOf("signatures");
  const parts = table.objects((row) => table.value(row, "signature") === id &&
    table.value(row, "crm") === crm && table.value(row, "object_type") === objectType);
  return {
    key: `signature:${id}|${crm}|${objectType}`, register: ruleOf(`signature:${id}`), parts, unit: "share",
    ...combine(parts, "rate"), limits: [["Expected", same(parts, "expected_rate")]], applied: ["crm"],
    extra: parts[0] && `Counted: ${parts[0].numerator_is}. Of: ${parts[0].denominator_is}.`,
    records: recordsOf("signature_evidence", "Evidence", (value) =>
      value("signature") === id && value("crm") === crm && value("object_type") === objectType,
    ["signature_window", "channel"]),
  };
}

function attributionFigure() {
  const table = tableOf("attribution");
  const parts = table.objects((row) => table.value(row, "object_type") === "all" && passes(table, row, ["crm"]))
    .map((part) => ({ ...part, numerator: part.n_with_both, denominator: part.n_changes }));
  const nSample = sum(parts.map((part) => part.sample_n_changes));
  return withHistory({
    key: "attribution:all",
    extra: nSample ? `In the sample to check by hand: ${sum(parts.map((part) => part.sample_n_attributed))} of ${nSample}` : null,
    register: {
      name: "Attribution coverage",
      meaning: "The share of stage and owner changes with a known actor and channel.",
      why: "What nobody can be named for cannot be traced to its cause.",
    },
    parts, unit: "share", ...combine(parts, "coverage"), isHigherBetter: true,
    limits: [["Target", same(parts, "target")]], target: limit(same(parts, "target"), true, "share"),
    applied: ["crm"], historyNote: "This figure is kept for its last day only.",
    records: recordsOf("writers", "Who wrote these fields", (value) => ["stage", "status", "owner_id"].includes(value("field")),
      ["object_type", "field", "write_path", "verdict"]),
  });
}

function stopFigure(crm, machine, date) {
  const stop = tableOf("stop_the_line").objects().find((row) =>
    row.crm === crm && (row.machine ?? NONE) === machine && row.change_date === date);
  if (!stop) return null;
  const rules = stop.rules.split(", ");
  return {
    key: `stop:${crm}|${machine}|${date}`,
    register: {
      name: `Stop the line: ${machine ? ownerName(machine, crm) : "a machine"} in ${crmName(crm)}`,
      meaning: `On ${tell(date, "date")} it made ${stop.n_bad_changes} bad changes of ${stop.n_changes}, on ${plural(stop.n_records, "record")}; usual is ${tell(stop.baseline_per_day, "number")} a day.`,
      remedy: "Pause it, mend what it writes, put the old values back, and only then let it run again.",
    },
    parts: [], count: stop.n_records, noun: "record", limits: [], applied: ["crm"],
    extra: [`For example: ${stop.sample_records}`, revertNote(crm, machine, date)].filter(Boolean).join(". "),
    records: recordsOf("dirty", "Dirty records with these faults from this machine, of any day", (value) =>
      value("crm") === crm && rules.includes(value("archetype")) &&
      [value("automation_id"), value("actor_id")].includes(machine || null), ["archetype", "object_type"]),
  };
}

function decisionFigure(decision, rule) {
  const table = tableOf("candidate_counts");
  const parts = table.objects((row) => passes(table, row) && table.value(row, "decision") === decision &&
    (rule === undefined || table.value(row, "rule_id") === rule));
  const register = rule === undefined ? {} : ruleOf(`rule:${rule}`);
  return {
    key: rule === undefined ? `decision:${decision}` : `decision:${decision}|${rule}`,
    register: { ...register, name: rule === undefined ? words(decision) : `${words(decision)}: ${register.name}` },
    parts: [], count: sum(parts.map((part) => part.n)) ?? 0, noun: "record", limits: [],
    applied: ["crm", "segment", "team"],
    records: recordsOf("candidates", "Candidates", (value) =>
      value("decision") === decision && (rule === undefined || value("rule_id") === rule),
    ["object_type", "rule_id", "review_state", "is_sample"],
    decision === "keep" ? { empty: "Records to keep are counted and not listed here; marts.keep_list holds them." } : {}),
  };
}

const FIGURES = {
  __proto__: null,
  metric: metricFigure, signal: signalFigure, team_figure: teamFigure, sla: slaFigure,
  archetype: archetypeFigure, cause: causeFigure, grade: gradeFigure, signature: signatureFigure,
  attribution: attributionFigure, stop: stopFigure, decision: decisionFigure,
};

function figureOf(key) {
  const place = key.indexOf(":");
  const make = FIGURES[key.slice(0, place)];
  return make ? make(...key.slice(place + 1).split("|")) : null;
}

// --- How a figure is shown ---

function figureLink(key, ...content) {
  return el("a", { href: hashOf({ open: key }), class: "opener", "data-open": key }, content);
}

function valueText(figure) {
  return figure.count !== undefined ? tell(figure.count, "number") : tell(figure.value, figure.unit);
}

function outOf(figure) {
  if (figure.denominator === null || figure.denominator === undefined) return null;
  return figure.unit === "days"
    ? `mean of ${plural(figure.denominator, "record")}`
    : `${tell(figure.numerator, "number")} of ${tell(figure.denominator, "number")}`;
}

function unjudged(figure) {
  return figure.unjudged && figure.unjudged < figure.parts.length
    ? `${figure.unjudged} of ${figure.parts.length} parts not judged` : null;
}

function changeText(figure) {
  const text = tellChange(figure.change ?? null, figure.unit);
  if (text === null) return el("span", { class: "quiet" }, "–");
  if (text === NO_CHANGE) return el("span", { class: "quiet" }, text);
  const isBetter = figure.change > 0 === figure.isHigherBetter;
  return el("span", { class: isBetter ? "better" : "worse" }, `${text} ${isBetter ? "better" : "worse"}`);
}

function trend(figure) {
  return sparkline(figure.points, `${figure.register.name}: trend of ${figure.points.length} days, now ${valueText(figure)}`);
}

const FOLDED_AT_ONCE = 12;

// What is not landed has no figures to compare: one line for all of it, below the others.
function folded(items, linkOf, show) {
  const missing = items.filter((item) => item.status === "not_landed");
  const shown = items.filter((item) => item.status !== "not_landed");
  const links = missing.flatMap((item, i) => [i ? ", " : "", linkOf(item)]);
  return [
    (shown.length > 0 || !missing.length) && show(shown),
    missing.length > 0 && (missing.length <= FOLDED_AT_ONCE
      ? el("p", { class: "quiet folded" }, "Not landed: ", links, ".")
      : el("details", { class: "folded" }, el("summary", {}, `Not landed: ${missing.length} more`), el("p", { class: "quiet" }, links, "."))),
  ];
}

function figureTable(caption, figures, hasBaseline) {
  return folded(figures, (figure) => figureLink(figure.key, figure.register.name), (shown) => simpleTable(caption, [
    { label: "Figure", cell: (figure) => figureLink(figure.key, figure.register.name) },
    { label: "Now", kind: "number", cell: (figure) => el("span", { class: "now" }, valueText(figure)) },
    { label: "Records", kind: "number", wide: true, cell: (figure) => el("span", { class: "quiet" }, outOf(figure) ?? "–") },
    { label: hasBaseline ? "Watch / alert" : "Target", kind: "number", wide: true, cell: (figure) => figure.target ?? "–" },
    ...(hasBaseline ? [{ label: "Usual", kind: "number", wide: true, cell: (figure) => figure.baseline }] : []),
    { label: "Status", cell: (figure) => [statusMark(figure.status ?? "not_landed"), unjudged(figure) && el("small", {}, unjudged(figure))] },
    { label: "Trend", wide: true, cell: trend },
    { label: "In a week", wide: true, cell: changeText },
  ], shown, { empty: "There is no figure for this choice of filters." }));
}

function card(figure) {
  return el("li", { class: "card" },
    el("h3", {}, figureLink(figure.key, figure.register.name)),
    el("p", { class: "big" }, valueText(figure)),
    el("p", { class: "quiet" }, [figure.noun ? `${figure.noun}${figure.count === 1 ? "" : "s"}` : outOf(figure), figure.extra].filter(Boolean).join(" · ") || "Nothing to count"),
    figure.status !== undefined && el("p", {}, statusMark(figure.status ?? "not_landed")),
    figure.target && el("p", { class: "quiet" }, `${figure.limitsName ?? "Target"} ${figure.target}`),
    figure.status !== undefined && unjudged(figure) && el("p", { class: "quiet" }, unjudged(figure)),
    figure.points?.length > 1 && el("p", { class: "trend" }, trend(figure), changeText(figure)),
    notSplitBy(figure.applied) && el("p", { class: "quiet" }, notSplitBy(figure.applied)));
}

function cards(figures) {
  return folded(figures.filter(Boolean), (figure) => figureLink(figure.key, figure.register.name),
    (shown) => shown.length > 0 && el("ul", { class: "cards" }, shown.map(card)));
}

function partInWords(part) {
  const missing = part.missing_inputs ? ` (without ${part.missing_inputs})` : "";
  return `${crmName(part.crm)} ${words(part.object_type).toLowerCase()}${missing}`;
}

function partsTable(figure) {
  if (!figure.parts.length) return null;
  const has = (name) => figure.parts.some((part) => part[name] !== null && part[name] !== undefined);
  return el("section", {}, el("h3", {}, figure.parts.length > 1 ? "The parts" : "The figure"),
    folded(figure.parts, partInWords, (shown) => simpleTable(`${figure.register.name}: parts`, [
      { label: "CRM", cell: (part) => crmName(part.crm) },
      { label: "Object", cell: (part) => words(part.object_type) },
      has("owner_id") && { label: "Owner", cell: (part) => ownerName(part.owner_id, part.crm) ?? "–" },
      { label: "Value", kind: "number", cell: (part) => tell(part.value ?? part.rate ?? part.coverage ?? null, figure.unit) },
      { label: figure.unit === "days" ? "Sum of days" : "Counted", kind: "number", cell: (part) => tell(part.numerator, "number") },
      { label: "Of", kind: "number", cell: (part) => tell(part.denominator, "number") },
      has("median_value") && { label: "Median", kind: "number", cell: (part) => tell(part.median_value, figure.unit) },
      has("median_hours") && { label: "Median hours", kind: "number", cell: (part) => tell(part.median_hours, "number") },
      has("previous_rate") && { label: "Before", kind: "number", cell: (part) => tell(part.previous_rate, "share") },
      has("baseline_rate") && { label: "Usual", kind: "number", cell: (part) => tell(part.baseline_rate, "share") },
      has("watch_at") && { label: "Watch above", kind: "number", cell: (part) => tell(part.watch_at, "share") },
      has("alert_at") && { label: "Alert beyond", kind: "number", cell: (part) => tell(part.alert_at, figure.unit) },
      { label: "Status", cell: (part) => statusMark(part.status) },
      has("missing_inputs") && { label: "Not landed", cell: (part) => part.missing_inputs ?? "–" },
    ].filter(Boolean), shown)));
}

function trendChart(figure) {
  if (!figure.points) return null;
  const known = figure.points.filter((point) => point.value !== null);
  if (known.length < 2) return el("section", {}, el("h3", {}, "Trend"), el("p", { class: "empty" }, figure.historyNote));
  const isShare = figure.unit !== "days" && figure.unit !== "hours";
  const limits = figure.limits.filter(([, value]) => value !== null && value !== undefined)
    .map(([label, value]) => ({ label: `${label} ${tell(value, figure.unit)}`, value }));
  const y = { type: "quantitative", title: null, axis: { format: isShare ? ".1~%" : "~f", tickCount: 5, domain: false }, scale: { zero: true } };
  const last = known.at(-1);
  const rebuilt = known.filter((point) => point.isRebuilt);
  return el("section", {}, el("h3", {}, "Trend"), rebuilt.length > 0 && el("p", { class: "quiet" },
    `Rebuilt from the histories up to ${tell(rebuilt.at(-1).date, "date")}, as far as they tell; measured by the builds since.`), chart({
    title: figure.register.name,
    summary: `${tell(known[0].value, figure.unit)} on ${tell(known[0].date, "date")}, ${tell(last.value, figure.unit)} on ${tell(last.date, "date")}.`,
    spec: {
      height: 220,
      layer: [
        ...(limits.length ? [{
          data: { values: limits }, mark: { type: "rule", strokeWidth: 1.4, strokeDash: [5, 4], color: "var(--ink-soft)" },
          encoding: { y: { ...y, field: "value" } },
        },
        {
          data: { values: limits }, mark: { type: "text", align: "left", dx: 4, dy: -6, fontSize: 12 },
          encoding: { y: { ...y, field: "value" }, x: { value: 0 }, text: { field: "label" } },
        }] : []),
        {
          data: { values: known.map(({ date, value }) => ({ date, value })) },
          mark: { type: "line", strokeWidth: 2, color: "var(--accent)", point: known.length < 40 ? { color: "var(--accent)", filled: true, size: 24 } : false },
          encoding: {
            x: { field: "date", type: "temporal", title: null, axis: { grid: false, format: "%-d %b", tickCount: 6, labelFlush: true } },
            y: { ...y, field: "value" },
          },
        },
      ],
    },
    table: simpleTable(`${figure.register.name}: days`, [
      { label: "Day", cell: (point) => tell(point.date, "date") },
      { label: "Value", kind: "number", cell: (point) => tell(point.value, figure.unit) },
      { label: "Counted", kind: "number", cell: (point) => tell(point.numerator, "number") },
      { label: "Of", kind: "number", cell: (point) => tell(point.denominator, "number") },
      ...(rebuilt.length ? [{ label: "Told by", cell: (point) => point.isRebuilt ? "Histories" : "Build" }] : []),
    ], [...figure.points].reverse()),
  }));
}

// What the panel of a figure holds.
function figurePanel(figure) {
  const { register } = figure;
  const records = explorer(figure.records);
  records.tabIndex = -1;
  return [
    el("p", { class: "panel-now" },
      el("span", { class: "big" }, valueText(figure)),
      el("span", {}, figure.count !== undefined
        ? `${figure.noun}${figure.count === 1 ? "" : "s"} ${figure.countNote ?? ""}` : outOf(figure)),
      figure.status !== undefined && statusMark(figure.status ?? "not_landed"),
      unjudged(figure) && el("span", { class: "quiet" }, unjudged(figure)),
      figure.extra && el("span", { class: "quiet" }, figure.extra)),
    el("p", {}, el("button", { type: "button", onclick: () => records.focus() }, "Go to the records ↓")),
    activeFilters().length > 0 && el("p", { class: "quiet" }, `Filtered: ${tellFilters()}. ${notSplitBy(figure.applied)}`),
    facts([
      ["What it means", register.meaning], ["Why it matters", register.why],
      ["How to mend it", register.remedy], ["What to look for", register.look_for],
      ["Team", register.owner_team && words(register.owner_team)],
      ...figure.limits.map(([label, value]) => [label, value === undefined ? "differs by part" : value === null ? null : tell(value, figure.unit)]),
    ]),
    partsTable(figure), figure.more, trendChart(figure), records,
  ];
}
