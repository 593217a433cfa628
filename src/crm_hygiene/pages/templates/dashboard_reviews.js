// The sections for reviews: one person or many, what is timed by the cutoff, who writes key fields,
// which guardrails hold, what to put back, who could own what, the funnel, what fields hold, and
// what nobody touches.
"use strict";

// What is shown at once, and the rest below it, folded.
function withRest(shown, rest, restName, show) {
  return [
    shown.length > 0 && show(shown),
    rest.length > 0 && (shown.length > 0
      ? el("details", {}, el("summary", {}, `${restName}: ${rest.length} more`), show(rest))
      : [el("p", { class: "empty" }, `${restName}: all ${rest.length}.`), el("details", {}, el("summary", {}, "Show them"), show(rest))]),
  ];
}

// --- One person or many ---

const SPREAD = {
  __proto__: null,
  isolated: "Coach this person: for the others the process holds.",
  machine: "Mend the automation or import, then what it wrote.",
  systemic: "Mend the process: many people end up there.",
  unclear: "Read the records: neither one person nor many.",
  insufficient_data: "Read the records: too few to tell.",
};

function spreadTable(rows, named) {
  return simpleTable("One person or many", [
    named && { label: "Signal", cell: (row) => figureLink(`signal:${row.signal}`, ruleOf(`signal:${row.signal}`).name) },
    { label: "Object", cell: (row) => `${crmName(row.crm)} ${words(row.object_type).toLowerCase()}` },
    { label: "Verdict", cell: (row) => statusMark(row.verdict) },
    { label: "Records", kind: "number", cell: (row) => tell(row.n_records, "number") },
    { label: "By machines", kind: "number", wide: true, cell: (row) => tell(row.n_by_machine, "number") },
    { label: "People", kind: "number", wide: true, cell: (row) => `${tell(row.n_people, "number")} of ${plural(row.n_owners, "owner")}` },
    { label: "Most are by", wide: true, cell: (row) => row.top_person_id === null ? "–" : [bdi(ownerName(row.top_person_id, row.crm)),
      el("small", {}, `${tell(row.top_person_share, "share")} of these, owns ${tell(row.top_person_owned_share, "share")} of all`)] },
    { label: "What to do", cell: (row) => SPREAD[row.verdict] ?? "–" },
  ].filter(Boolean), rows);
}

function spreadRows(accept) {
  const table = tableOf("spread");
  const order = Object.keys(SPREAD);
  return table.objects((row) => accept(row) && passes(table, row, ["crm"]))
    .sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict) || b.n_records - a.n_records);
}

function spreadSection() {
  const rows = spreadRows(() => true);
  const isJudged = (row) => row.verdict !== "insufficient_data";
  return section("One person or many", "Whether to coach a person or to mend the process: how the records of each signal spread over people.",
    notSplit(["crm"]),
    rows.length ? withRest(rows.filter(isJudged), rows.filter((row) => !isJudged(row)), "Too few records to tell", (shown) => spreadTable(shown, true))
      : el("p", { class: "empty" }, "No signal has a record, so there is nobody to ask."));
}

// In the panel of a signal.
function spreadPart(id) {
  const table = tableOf("spread");
  const rows = spreadRows((row) => table.value(row, "signal") === id);
  return rows.length > 0 && el("section", {}, el("h3", {}, "One person or many"), spreadTable(rows, false));
}

// --- Around the cutoff ---

const CUTOFF = {
  __proto__: null,
  close_date_changed: ["Close date changed", "Ask who moves dates so late, and hold the forecast call a week earlier."],
  lead_source_changed: ["Lead source changed", "Ask who edits sources so late: pay and budgets hang on them."],
  milestone_reached: ["Milestone reached", "Ask for the proof of these milestones before the period is closed."],
  created: ["Created, by lead source", "Look whether records are made late to count for the period."],
};

function cutoffSeries() {
  const table = tableOf("cutoff_shifts");
  const series = new Map();
  for (const row of table.objects((one) => passes(table, one, ["crm"]))) {
    const key = JSON.stringify([row.crm, row.object_type, row.event, row.part]);
    if (!series.has(key)) series.set(key, { ...row, days: [] });
    series.get(key).days.push(row);
  }
  return [...series.values()].sort((a, b) => severity(a.status) - severity(b.status));
}

function cutoffPart({ crm, object_type, event, part }) {
  if (part === "all") return "all";
  const field = { milestone_reached: "stage", created: "source", lead_source_changed: "source" }[event];
  return field ? labelOf(crm, object_type, field, part) : part;
}

function cutoffName(series) {
  const part = cutoffPart(series);
  return `${(CUTOFF[series.event] ?? [words(series.event)])[0]}${part === "all" ? "" : `: ${part}`}`;
}

function aDay(value) {
  return value === null ? "–" : `${tell(value, "number")} a day`;
}

function cutoffTable(rows) {
  return simpleTable("Around the cutoff", [
    { label: "What", cell: (row) => [cutoffName(row), el("small", {}, `${crmName(row.crm)} ${words(row.object_type).toLowerCase()}`)] },
    { label: "Status", cell: (row) => statusMark(row.status) },
    { label: "Last days", kind: "number", cell: (row) => aDay(row.last_days_per_day) },
    { label: "Before", kind: "number", cell: (row) => aDay(row.other_days_per_day) },
    { label: "Times", kind: "number", wide: true, cell: (row) => row.other_days_per_day ? oneDecimal.format(row.last_days_per_day / row.other_days_per_day) : "–" },
    { label: "What to do", wide: true, cell: (row) => row.status === "shift" && CUTOFF[row.event] ? CUTOFF[row.event][1] : "–" },
  ], rows);
}

function cutoffChart(series) {
  const days = [...series.days].sort((a, b) => b.days_to_cutoff - a.days_to_cutoff);
  const where = `${crmName(series.crm)} ${words(series.object_type).toLowerCase()}`;
  return chart({
    title: `${cutoffName(series)}, ${where}`,
    summary: `${aDay(series.last_days_per_day)} in the last days (strong colour), ${aDay(series.other_days_per_day)} before.`,
    spec: {
      height: 150, data: { values: days.map((day) => ({ to: day.days_to_cutoff, n: day.events_per_day, last: day.is_last_days })) },
      mark: { type: "bar" },
      encoding: {
        x: { field: "to", type: "ordinal", sort: "descending", title: "days to the cutoff", axis: { labelAngle: 0, labelOverlap: true, ticks: false } },
        y: { field: "n", type: "quantitative", title: null, axis: { tickCount: 4, domain: false } },
        color: { condition: { test: "datum.last", value: "var(--accent)" }, value: "var(--accent-soft)" },
      },
    },
    table: simpleTable(`${cutoffName(series)}: days`, [
      { label: "Days to the cutoff", kind: "number", cell: (day) => tell(day.days_to_cutoff, "number") },
      { label: "A day", kind: "number", cell: (day) => tell(day.events_per_day, "number") },
      { label: "Events", kind: "number", cell: (day) => tell(day.n_events, "number") },
      { label: "Days", kind: "number", cell: (day) => tell(day.n_days, "number") },
    ], days),
  });
}

const CHARTS_AT_MOST = 4;

function cutoffSection() {
  const table = tableOf("cutoff_shifts");
  const all = cutoffSeries();
  const [nLast] = all.map((series) => series.days.filter((day) => day.is_last_days).length);
  const shifts = all.filter((series) => series.status === "shift");
  // A part that is all of it says nothing more.
  const isWhole = (series) => all.some((one) => one.part === "all" && ["crm", "object_type", "event", "last_days_per_day", "other_days_per_day"]
    .every((name) => one[name] === series[name]));
  const isFirst = (series) => series.part === "all" ? series.status !== "insufficient_data" : series.status === "shift" && !isWhole(series);
  return section("Around the cutoff", `What comes more often in the last ${nLast ? plural(nLast, "day") : "days"} of a period than before: that is timed by what is counted, not by the customer.`,
    notSplit(["crm"]),
    all.length ? folded(all, (series) => `${cutoffName(series)} (${crmName(series.crm)} ${words(series.object_type).toLowerCase()})`, (landed) =>
      withRest(landed.filter(isFirst), landed.filter((series) => !isFirst(series)), "Other parts, and what has too few events", cutoffTable))
      : el("p", { class: "empty" }, "No event around a cutoff is known."),
    shifts.filter((series) => series.part === "all").slice(0, CHARTS_AT_MOST).map(cutoffChart),
    heldNote(table));
}

// --- Who writes key fields ---

function placesOf(row, kind, places, nameOf) {
  const known = places.filter((place) => row[`${kind}_${place}_share`] !== null).map((place) => {
    const value = row[`${kind}_${place}`];
    return el("span", { class: value === null ? "worse" : null }, bdi(value === null ? "not known" : nameOf(value)), ` ${tell(row[`${kind}_${place}_share`], "share")}`);
  });
  return known.length ? known.flatMap((one, i) => [i ? ", " : "", one]) : "–";
}

function keyFields() {
  const table = tableOf("key_fields");
  const name = (row) => words(row.field);
  const rows = table.objects((row) => passes(table, row, ["crm"]))
    .sort((a, b) => severity(a.status) - severity(b.status) || b.is_money_field - a.is_money_field);
  if (!rows.length) return null;
  const nFailed = rows.filter((row) => row.status === "fail").length;
  return el("section", { class: "explorer" }, el("h3", {}, "Key fields: who writes them, and how"),
    el("p", { class: "quiet" }, nFailed
      ? `${plural(nFailed, "key field")} of ${rows.filter((row) => row.status !== "not_landed").length} fail${nFailed === 1 ? "s" : ""}: one of the three first writers or two first write paths is not known. Land who wrote and through what, or name the machine in the seed user_policy, before you decide by the field.`
      : "The three first writers and the two first write paths of each key field are known."),
    folded(rows, (row) => `${name(row)} (${crmName(row.crm)} ${words(row.object_type).toLowerCase()})`, (shown) => simpleTable("Key fields", [
      { label: "Field", cell: (row) => [name(row), el("small", {}, `${crmName(row.crm)} ${words(row.object_type).toLowerCase()}${row.is_money_field ? " · money" : ""}`)] },
      { label: "Status", cell: (row) => statusMark(row.status) },
      { label: "First three writers", cell: (row) => placesOf(row, "writer", [1, 2, 3], (id) => ownerName(id, row.crm)) },
      { label: "First two paths", cell: (row) => placesOf(row, "path", [1, 2], words) },
      { label: "Changes", kind: "number", wide: true, cell: (row) => tell(row.n_changes, "number") },
      { label: "Decides", wide: true, cell: (row) => row.decision },
    ], shown)));
}

// --- Guardrails ---

const GUARDRAILS = { __proto__: null, required: "Is filled", picklist: "Is on the list", immutable: "Nobody changes it", unique: "Is no duplicate" };

function guardrailTable(rows) {
  return simpleTable("Guardrails", [
    { label: "Field", cell: (row) => [row.field === "*" ? "The record as a whole" : words(row.field),
      el("small", {}, `${crmName(row.crm)} ${words(row.object_type).toLowerCase()}`)] },
    { label: "Guardrail", cell: (row) => GUARDRAILS[row.guardrail] ?? words(row.guardrail) },
    { label: "Broken by", kind: "number", cell: (row) => row.n_broken ? plural(row.n_broken, row.counted.replace(/s$/, "")) : "–" },
    { label: "Status", wide: true, cell: (row) => statusMark(row.status) },
    { label: "Last by", wide: true, cell: (row) => row.newest_record_key === null ? "–"
      : [bdi(recordName(row.newest_record_key) ?? row.newest_record_key.split(":").at(-1)), el("small", {}, tell(row.newest_at.slice(0, 10), "date"))] },
    { label: "What it is for", wide: true, cell: (row) => row.meant_to },
    { label: "Owner", wide: true, cell: (row) => words(row.owner_role) },
  ], rows);
}

function guardrailsSection() {
  const table = tableOf("guardrails");
  const rows = table.objects((row) => passes(table, row, ["crm"]));
  const isBroken = (row) => row.status === "broken";
  return section("Guardrails", "Whether what is meant to keep a field clean holds today, and what broke it last. Mend the guardrail in the CRM before the records: they come back.",
    notSplit(["crm"]),
    rows.length ? folded(rows, (row) => `${row.field === "*" ? "the whole record" : words(row.field)}, ${words(row.guardrail).toLowerCase()} (${crmName(row.crm)} ${words(row.object_type).toLowerCase()})`, (landed) =>
      withRest(landed.filter(isBroken), landed.filter((row) => !isBroken(row)), "Guardrails that hold", guardrailTable))
      : el("p", { class: "empty" }, "No guardrail is set in the seed field_guardrails, or no record is there for it."));
}

// --- What to put back ---

function revertsSection() {
  const table = tableOf("reverts");
  const nStanding = table.rows((row) => table.value(row, "is_standing") && passes(table, row)).length;
  return section("What to put back", "The fields that a machine to be stopped damaged. Pause the machine first; then put back what still stands, and leave what somebody has mended since.",
    nStanding > 0 && el("p", {}, el("strong", {}, plural(nStanding, "field")), " still stand".concat(nStanding === 1 ? "s" : "", " as the machine left ", nStanding === 1 ? "it." : "them.")),
    table.shown > 0 && !table.has("restore_value") && el("p", { class: "quiet" }, "The values are masked here: make the page with --show-personal-data, or read marts.revert_list."),
    explorer({
      title: "Fields to put back", what: "revert_list", table, accept: () => true,
      shown: ["record_id", "field", "crm", "is_standing", "restore_value", "bad_value", "current_value", "machine", "change_date", "amount", "owner_id"],
      facets: ["machine", "field", "is_standing"], empty: "No machine is to be stopped, so there is nothing to put back.",
    }));
}

function revertNote(crm, machine, date) {
  const table = tableOf("reverts");
  const rows = table.rows((row) => table.value(row, "crm") === crm && (table.value(row, "machine") ?? NONE) === machine &&
    table.value(row, "change_date") === date && table.value(row, "is_standing"));
  return rows.length ? `${plural(rows.length, "field")} to put back: see RevOps` : null;
}

// --- Who could own what ---

function reassignmentsSection() {
  const table = tableOf("reassignments");
  const rows = table.rows((row) => passes(table, row));
  const nNobody = rows.filter((row) => table.value(row, "proposed_from") === "none").length;
  return section("Records to hand over", "Records whose owner is inactive or no user, and who could have them: the owner's manager, else the owner of their account, else the queue of the policy.",
    nNobody > 0 && el("p", {}, `For ${decimal.format(nNobody)} of ${plural(rows.length, "record")} nobody is found: name a queue for them in the seed reassignment_queues.`),
    explorer({
      title: "Records without an active owner", what: "owner_reassignments", table, accept: () => true,
      shown: ["record_id", "object_type", "crm", "owner_id", "proposed_owner_id", "proposed_from", "fault", "amount", "segment"],
      facets: ["object_type", "proposed_from", "proposed_team", "fault"], empty: "Every record has an active owner, or owners are not landed.",
    }));
}

// --- The funnel ---

function funnelSection(objectType, title) {
  const table = tableOf("funnel");
  const isOfType = (row) => table.value(row, "object_type") === objectType && passes(table, row, ["crm"]);
  const hasAny = (row) => table.value(row, "n_records") > 0 || table.value(row, "n_entered") > 0;
  const stages = namedStages(table.objects((row) => isOfType(row) && hasAny(row) && isOfSegment(table, row)));
  const what = objectType === "lead" ? "lead" : "deal";
  if (!stages.length) {
    return section(title, null, el("p", { class: "empty" }, `No ${what} stands in a stage${activeFilters().length ? " for this choice of filters" : ""}, or none is landed.`));
  }
  const came = stages.filter((stage) => stage.stage_kind === "open" && stage.n_entered > 0);
  const x = { type: "quantitative", title: null, axis: { tickCount: 5, format: "~d", tickMinStep: 1 } };
  const y = { field: "name", type: "nominal", title: null, sort: null, axis: { domain: false, ticks: false, labelPadding: 8 } };
  const columns = [
    { label: "Stage", cell: (stage) => stage.name },
    { label: "Here now", kind: "number", cell: (stage) => tell(stage.n_records, "number") },
    objectType === "opportunity" && { label: "Amount", kind: "number", wide: true, cell: (stage) => stage.amount === null ? "–" : `${tell(stage.amount, "number")}${stage.currency ? ` ${stage.currency}` : ""}` },
    { label: "Came", kind: "number", cell: (stage) => tell(stage.n_entered, "number") },
    { label: "Went on", kind: "number", wide: true, cell: (stage) => tell(stage.n_advanced, "number") },
    { label: "Conversion", kind: "number", cell: (stage) => tell(stage.conversion_rate, "share") },
    { label: "Won", kind: "number", wide: true, cell: (stage) => tell(stage.n_won, "number") },
    { label: "Lost", kind: "number", wide: true, cell: (stage) => tell(stage.n_lost, "number") },
  ].filter(Boolean);
  return section(title, `Who stands in each stage, and what became of those who came there${meta.funnel_days ? ` in the last ${plural(meta.funnel_days, "day")}` : ""}. Look where the conversion falls most: a stage that lets all through asks for nothing, one that lets few through hides a no that came earlier.`,
    notSplit(["crm", "segment"]),
    came.length > 0 ? chart({
      title: `Came, and went on: ${what}s`, summary: "The broad bar is who came into the stage, the narrow one in it who went on from there.",
      spec: {
        height: 26 * came.length, data: { values: came },
        layer: [
          { mark: { type: "bar", height: 16, color: "var(--accent-soft)" }, encoding: { y, x: { ...x, field: "n_entered" } } },
          { mark: { type: "bar", height: 8, color: "var(--accent)" }, encoding: { y, x: { ...x, field: "n_advanced" } } },
        ],
      },
      table: simpleTable(`Stages of ${what}s: chart`, columns.filter((column) => ["Stage", "Came", "Went on", "Conversion"].includes(column.label)), came),
    }) : el("p", { class: "empty" }, "The history of stages is not landed: who came and who went on is not known."),
    simpleTable(`Stages of ${what}s`, columns, stages),
    filters.segment === null && el("details", {}, el("summary", {}, "By segment"), explorer({
      title: "Stages by segment", what: "stage_funnel", table,
      accept: (row) => isOfType(row) && hasAny(row) && table.value(row, "segment") !== "all",
      shown: ["stage", "segment", "crm", "pipeline", "n_records", "n_entered", "n_advanced", "conversion_rate", "n_won", "n_lost"],
      facets: ["segment", "stage_kind"], empty: "No segment is known.",
    })));
}

// --- What fields hold ---

function picklistSection() {
  const counts = tableOf("picklist_counts");
  const fields = new Map();
  for (const part of counts.objects((row) => passes(counts, row, ["crm"]))) {
    const key = JSON.stringify([part.crm, part.object_type, part.field]);
    const field = fields.get(key) ?? { ...part, nValues: 0, nWrong: 0, wrong: [] };
    if (part.verdict !== "blank") field.nValues += part.n;
    if (part.verdict !== "blank" && part.verdict !== "ok") field.nWrong += part.n;
    if (part.verdict !== "ok") field.wrong.push(part.verdict);
    fields.set(key, field);
  }
  const all = [...fields.values()].sort((a, b) => b.standardise_first - a.standardise_first || b.nWrong - a.nWrong || b.nValues - a.nValues);
  const name = (field) => `${words(field.field)} (${crmName(field.crm)} ${words(field.object_type).toLowerCase()})`;
  const wrong = all.filter((field) => field.wrong.length);
  const inOrder = all.filter((field) => !field.wrong.length);
  return section("Values to standardise", "Values of picklists that split what belongs together. Begin with the fields that are marked: routing, segments and consent hang on them. Merge spellings, retire what is off the list, and ask for a reason in place of “Other”.",
    notSplit(["crm"]),
    wrong.length > 0 && simpleTable("Picklist fields", [
      { label: "Field", cell: name },
      { label: "Values", kind: "number", cell: (field) => tell(field.nValues, "number") },
      { label: "To mend", kind: "number", cell: (field) => tell(field.nWrong, "number") },
      { label: "What is wrong", wide: true, cell: (field) => [...new Set(field.wrong)].sort().map((verdict, i) => (i ? words(verdict).toLowerCase() : words(verdict))).join(", ") },
      { label: "First", cell: (field) => field.standardise_first ? "Yes" : "–" },
    ], wrong),
    inOrder.length > 0 && el("details", { class: "folded" }, el("summary", {}, `In order: ${plural(inOrder.length, "field")}`),
      el("p", { class: "quiet" }, `${inOrder.map((field) => `${name(field)}, ${plural(field.nValues, "value")}`).join("; ")}.`)),
    explorer({
      title: "Values", what: "picklist_values", table: tableOf("picklist_values"), accept: () => true,
      shown: ["field", "value", "crm", "object_type", "verdict", "use_instead", "n_records", "share", "standardise_first"],
      facets: ["field", "verdict", "standardise_first"], empty: "Every value of every picklist is in order.",
    }));
}

function placeholderSection() {
  const table = tableOf("placeholders");
  const fields = new Map();
  for (const row of table.objects((one) => passes(table, one))) {
    const key = JSON.stringify([row.crm, row.object_type, row.field]);
    fields.set(key, { ...row, n: (fields.get(key)?.n ?? 0) + row.n_placeholders });
  }
  return section("Words for nothing", "Where people type “tbd” or “n/a” to get past a field, it asks for what they cannot know yet: ask for it from a later stage on, or not at all.",
    fields.size > 0 && [notSplit(["crm", "team", "owner"]), simpleTable("Fields with words for nothing", [
      { label: "Field", cell: (field) => `${words(field.field)} (${crmName(field.crm)} ${words(field.object_type).toLowerCase()})` },
      { label: "Typed", kind: "number", cell: (field) => plural(field.n, "time") },
      { label: "Share of what is filled", kind: "number", cell: (field) => tell(field.field_share, "share") },
    ], [...fields.values()].sort((a, b) => b.field_share - a.field_share))],
    explorer({
      title: "By owner", what: "placeholder_use", table, accept: () => true,
      shown: ["field", "object_type", "crm", "owner_id", "team", "n_placeholders", "n_filled", "share", "field_share"],
      facets: ["field", "object_type", "team"], empty: "Nobody types a word for nothing.",
    }));
}

// --- What nobody touches ---

function deadDataSection() {
  const table = tableOf("dead_data");
  const objectName = (row) => `${crmName(row.crm)} ${words(row.object_type).toLowerCase()}`;
  const rows = table.objects((row) => passes(table, row, ["crm"]));
  const whole = rows.filter((row) => row.dimension === "all" && row.status !== "no_records");
  const isJudged = (row) => whole.some((one) => one.status === "measured" && one.crm === row.crm && one.object_type === row.object_type);
  const parts = rows.filter((row) => row.dimension !== "all" && row.status === "not_landed" && isJudged(row));
  return section("Records that nobody touches", "Where the records are without an activity in a year, and the deals tied to them. Many with one owner or of one source come from one step: mend it, then archive.",
    notSplit(["crm"]),
    whole.length ? folded([...whole, ...parts], (row) => `${objectName(row)}${row.dimension === "all" ? "" : ` by ${words(row.dimension).toLowerCase()}`}`, (shown) => simpleTable("Untouched records by object", [
      { label: "Object", cell: objectName },
      { label: "Records", kind: "number", wide: true, cell: (row) => tell(row.n_records, "number") },
      { label: "12 months", kind: "number", cell: (row) => tell(row.n_stale_12m, "number") },
      { label: "24 months", kind: "number", wide: true, cell: (row) => tell(row.n_stale_24m, "number") },
      { label: "Share", kind: "number", cell: (row) => tell(row.stale_share, "share") },
      { label: "Deals tied to them", kind: "number", wide: true, cell: (row) => row.stale_value === null ? "–" : `${tell(row.stale_value, "number")}${row.currency ? ` ${row.currency}` : ""}` },
    ], shown.sort((a, b) => b.n_stale_12m - a.n_stale_12m)))
      : el("p", { class: "empty" }, "There is no record, so there is none that nobody touches."),
    explorer({
      title: "By owner, segment and lead source", what: "dead_data", table,
      accept: (row) => table.value(row, "dimension") !== "all" && table.value(row, "n_stale_12m") > 0,
      shown: ["part", "dimension", "object_type", "crm", "n_stale_12m", "n_stale_24m", "n_records", "stale_share", "stale_value"],
      facets: ["dimension", "object_type"], empty: "Every record was touched within a year, or activities are not landed.",
    }));
}
