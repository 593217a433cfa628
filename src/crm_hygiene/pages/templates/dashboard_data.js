// What the page knows: the tables of the data block, the filters, and how values are read and told.
"use strict";

const NONE = ""; // the filter value for records without a segment, an owner or a team
const FILTERS = ["crm", "segment", "owner", "team"];

let meta = {};
let registry = {};
const tables = {};

class Table {
  constructor(name, raw) {
    this.name = name;
    this.source = raw.source;
    this.total = raw.n_total;
    this.shown = raw.n_shown;
    this.order = raw.order;
    this.columns = raw.columns;
    this.byName = new Map(raw.columns.map((column) => [column.name, column]));
    this.packed = raw.data || {};
    this.values = {};
  }

  has(column) {
    return column in this.packed;
  }

  column(name) {
    if (!(name in this.values)) {
      const packed = this.packed[name] || [];
      this.values[name] = Array.isArray(packed)
        ? packed
        : packed.i.map((place) => (place < 0 ? null : packed.d[place]));
    }
    return this.values[name];
  }

  value(row, column) {
    const value = this.column(column)[row];
    return value === undefined ? null : value;
  }

  rows(accept = () => true) {
    const found = [];
    for (let row = 0; row < this.shown; row += 1) if (accept(row)) found.push(row);
    return found;
  }

  objects(accept) {
    const names = Object.keys(this.packed);
    return this.rows(accept).map((row) =>
      Object.fromEntries(names.map((name) => [name, this.value(row, name)])),
    );
  }
}

const NO_TABLE = { source: "", n_total: 0, n_shown: 0, order: "", columns: [], data: {} };

function tableOf(name) {
  if (!tables[name]) tables[name] = new Table(name, NO_TABLE);
  return tables[name];
}

async function readData() {
  const binary = atob(document.getElementById("data").textContent.trim());
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const payload = JSON.parse(await new Response(stream).text());
  meta = payload.meta;
  registry = payload.registry;
  for (const [name, raw] of Object.entries(payload.tables)) tables[name] = new Table(name, raw);
}

// --- Filters ---

// Which column of a table each filter reads. The `team` of team_figure_records is the team that
// looks at the figure.
function filterColumn(table, filter) {
  const looked = table.name === "team_figure_records" ? "owner_team" : "team";
  const column = { owner: "owner_id", team: looked }[filter] || filter;
  return table.has(column) ? column : null;
}

const filters = { crm: null, segment: null, owner: null, team: null };

function activeFilters() {
  return FILTERS.filter((filter) => filters[filter] !== null);
}

function passes(table, row, names = FILTERS) {
  return names.every((filter) => {
    if (filters[filter] === null) return true;
    const column = filterColumn(table, filter);
    return !column || (table.value(row, column) ?? NONE) === filters[filter];
  });
}

// A figure has a row for each segment and one for all of them.
function isOfSegment(table, row) {
  const segment = table.value(row, "segment");
  return filters.segment === null ? segment === "all" : (segment ?? NONE) === filters.segment;
}

function notSplitBy(applied) {
  const missing = activeFilters().filter((filter) => !applied.includes(filter));
  return missing.length ? `Not split by ${inWords(missing)}: the filter does not apply here.` : "";
}

// --- Combining ---

const WORST_FIRST = [
  "alert", "stop", "missed", "breach", "fail", "below_target", "drifted", "shift", "watch", "ok", "met", "pass",
  "measured", "insufficient_data", "no_cases", "no_changes", "not_landed",
];
const UNJUDGED = new Set(["insufficient_data", "no_cases", "not_landed"]);

function severity(status) {
  const place = WORST_FIRST.indexOf(status);
  return place < 0 ? WORST_FIRST.length : place;
}

function worst(statuses) {
  return [...statuses].sort((a, b) => severity(a) - severity(b))[0] ?? null;
}

function sum(values) {
  const known = values.filter((value) => value !== null && value !== undefined);
  return known.length ? known.reduce((total, value) => total + value, 0) : null;
}

// One part keeps the mart's own value; several are the sum of numerators by that of denominators.
function combine(parts, valueName) {
  const numerator = sum(parts.map((part) => part.numerator));
  const denominator = sum(parts.map((part) => part.denominator));
  const value = parts.length === 1 ? parts[0][valueName] : denominator ? numerator / denominator : null;
  return {
    numerator,
    denominator,
    value,
    status: worst(parts.map((part) => part.status)),
    unjudged: parts.filter((part) => UNJUDGED.has(part.status)).length,
  };
}

// --- Telling ---

const LOCALE = "en-GB";
const percent = new Intl.NumberFormat(LOCALE, { style: "percent", maximumFractionDigits: 1 });
const decimal = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 2 });
const oneDecimal = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 });
const dayFormat = new Intl.DateTimeFormat(LOCALE, {
  day: "numeric", month: "short", year: "numeric", timeZone: "UTC",
});
const instantFormat = new Intl.DateTimeFormat(LOCALE, {
  day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
  timeZone: "UTC",
});

// No prototype: a value called "constructor" is a word like others.
const NAMES = {
  __proto__: null,
  crm: "CRM", hubspot: "HubSpot", salesforce: "Salesforce",
  sdr: "SDR", ae: "AE", cs: "CS", revops: "RevOps", sla: "SLA", insufficient_data: "Too few records",
  re_engage: "Re-engage", not_landed: "Not landed", ok: "OK",
};

function words(id) {
  if (id === null || id === undefined) return "none";
  if (NAMES[id]) return NAMES[id];
  if (!/^[a-z][a-z0-9_]*$/.test(id)) return String(id);
  const text = id.replaceAll("_", " ");
  return text[0].toUpperCase() + text.slice(1);
}

function crmName(crm) {
  return crm === "open" ? "Open landing" : words(crm);
}

function inWords(list) {
  return list.length < 2 ? list.join("") : `${list.slice(0, -1).join(", ")} and ${list.at(-1)}`;
}

function plural(n, noun) {
  return `${decimal.format(n)} ${noun}${n === 1 ? "" : "s"}`;
}

// Stays of minutes read in minutes.
function tellDays(value) {
  const size = Math.abs(value);
  if (size === 0 || size >= 1) return `${oneDecimal.format(value)} days`;
  if (size >= 1 / 24) return `${oneDecimal.format(value * 24)} h`;
  return size >= 1 / 1440 ? `${oneDecimal.format(value * 1440)} min` : `${oneDecimal.format(value * 86400)} s`;
}

function tell(value, kind) {
  if (value === null || value === undefined) return "–";
  if (kind === "share" || kind === "rate") return percent.format(value);
  if (kind === "days") return tellDays(value);
  if (kind === "hours") return `${oneDecimal.format(value)} h`;
  if (kind === "number") return decimal.format(value);
  if (kind === "boolean") return value ? "Yes" : "No";
  if (kind === "date") return dayFormat.format(new Date(`${value}T00:00:00Z`));
  if (kind === "instant") return instantFormat.format(new Date(value));
  return String(value);
}

const NO_CHANGE = "No change";

function tellChange(change, unit) {
  if (change === null) return null;
  const size = oneDecimal.format(Math.abs(change) * (unit === "days" ? 1 : 100));
  if (size === oneDecimal.format(0)) return NO_CHANGE;
  return `${change > 0 ? "+" : "−"}${size} ${unit === "days" ? "days" : "points"}`;
}

// Own names only: what a CRM holds may be called "constructor".
function named(map, ...keys) {
  let found = map;
  for (const key of keys) {
    if (found === null || typeof found !== "object" || !Object.hasOwn(found, key)) return null;
    found = found[key];
  }
  return found;
}

function ownerName(id, crm) {
  if (id === null || id === undefined) return id;
  const crms = crm ? [crm] : Object.keys(meta.users);
  return crms.map((one) => named(meta.users, one, id)).find((name) => name !== null) ?? id;
}

function recordName(key) {
  return key === null || key === undefined ? null : named(meta.records, key);
}

// What people call a value of a picklist, where that is not what records hold.
function labelOf(crm, objectType, field, value) {
  return named(meta.labels, crm, objectType, field, value) ?? value;
}

// Where the rules write a stage: `A: 3 d 0 h`, `entered A, no meeting`, `back from A to B`.
const STAGE_FIRST = /^([^:,]+)(?=: )/;
const STAGE_ENTERED = /^(entered )([^,]+)/;
const STAGE_BEFORE_AND_AFTER = /^((?:back )?from )([^,]+?)( to )([^,]+)/;

function spoken(text, crm, objectType) {
  const label = (stage) => labelOf(crm, objectType, "stage", stage);
  if (STAGE_ENTERED.test(text)) return text.replace(STAGE_ENTERED, (_, start, stage) => start + label(stage));
  if (STAGE_BEFORE_AND_AFTER.test(text)) {
    return text.replace(STAGE_BEFORE_AND_AFTER, (_, start, before, to, after) => start + label(before) + to + label(after));
  }
  return text.replace(STAGE_FIRST, (stage) => label(stage));
}

function ruleOf(key) {
  const rule = registry[key] || { name: words(key.split(":")[1]) };
  return { ...rule, name: rule.name[0].toUpperCase() + rule.name.slice(1) };
}

function dayBefore(date, days) {
  return new Date(Date.parse(`${date}T00:00:00Z`) - days * 86400000).toISOString().slice(0, 10);
}

// --- CSV ---

// What a spreadsheet takes for the start of a formula, and what it may skip before that: as in the
// project's other CSV files.
const FORMULA = "[=+\\-@\\uff1d\\uff0b\\uff0d\\uff20]";
const SKIPPED = "[\\s\\x00-\\x1f\\x7f\\x85\\u200b\\ufeff\"']";
const DANGEROUS = new RegExp(`${FORMULA}|[\\t\\r\\n]`, "u");
const STARTS_FORMULA = new RegExp(`^(?:${SKIPPED}*${FORMULA}|[\\t\\r\\n])`, "u");
const STARTS_IN_THE_MIDDLE = new RegExp(
  `([,;|\\t\\r\\n](?:(?![\\t\\r\\n])${SKIPPED})*)(?=${FORMULA})`, "gu",
);

function harmless(text) {
  if (!DANGEROUS.test(text)) return text;
  const start = STARTS_FORMULA.test(text) ? `'${text}` : text;
  return start.replace(STARTS_IN_THE_MIDDLE, "$1'");
}

function csvCell(value) {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? harmless(value) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// What a file tells besides the columns of its mart.
const ALSO_NAMED = [
  { name: "record_name", of: "record_key", value: (table, row) => recordName(table.value(row, "record_key")) },
  {
    name: "owner_name", of: "owner_id",
    value: (table, row) => named(meta.users, table.value(row, "crm"), table.value(row, "owner_id")),
  },
];

function csvOf(table, rows) {
  const names = table.columns.map((column) => column.name).filter((name) => table.has(name));
  const also = ALSO_NAMED.filter((more) => table.has(more.of) && !names.includes(more.name));
  const lines = [[...names, ...also.map((more) => more.name)].join(",")];
  for (const row of rows) {
    const values = [...names.map((name) => table.value(row, name)), ...also.map((more) => more.value(table, row))];
    lines.push(values.map(csvCell).join(","));
  }
  return `${lines.join("\r\n")}\r\n`;
}

function fileName(what) {
  const parts = [what, ...activeFilters().map((filter) => filters[filter] || "none")];
  const safe = parts.map((part) => part.toLowerCase().replace(/[^a-z0-9]+/g, "_").slice(0, 40));
  return `crm_hygiene_${safe.join("_")}_${meta.as_of.slice(0, 10)}.csv`;
}

function recordUrl(crm, objectType, recordId) {
  const found = meta.record_urls.find((url) => url.crm === crm && url.object_type === objectType);
  if (!found || recordId === null || !/^https?:\/\//i.test(found.url_template)) return null;
  return found.url_template.replaceAll("{record_id}", encodeURIComponent(recordId.toWellFormed()));
}
