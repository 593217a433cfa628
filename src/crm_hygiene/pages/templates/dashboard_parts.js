// What the views are made of: elements, statuses, charts, tables and the record explorer.
// Data only ever becomes text: no function here takes markup.
"use strict";

const PAGE_SIZE = 50;
const SVG = "http://www.w3.org/2000/svg";

function add(parent, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) parent.append(child);
  }
  return parent;
}

function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
  }
  return add(element, children);
}

function svg(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

let lastId = 0;
function newId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

// Text from the CRM may be written from right to left.
function bdi(text) {
  return el("bdi", {}, text);
}

// --- Status: a word, a shape and a colour ---

const SHAPES = {
  good: "M8 1.2a6.8 6.8 0 1 1 0 13.6A6.8 6.8 0 0 1 8 1.2Zm-1 9.6 4.6-5-1.3-1.2L7 8.2 5.6 6.8 4.4 8Z",
  watch: "M8 1.4 15.4 14.4H.6ZM7.1 6v4.3h1.8V6Zm0 5.3v1.8h1.8v-1.8Z",
  bad: "M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5Zm2 3v5.4h2V3.8Zm0 6.6v2h2v-2Z",
  none: "M8 1.2a6.8 6.8 0 1 1 0 13.6A6.8 6.8 0 0 1 8 1.2ZM4.4 7.1v1.8h7.2V7.1Z",
};
const TONES = {
  __proto__: null,
  alert: "bad", stop: "bad", missed: "bad", breach: "bad", drifted: "bad", critical: "bad",
  not_allowed: "bad", immutable_changed: "bad", overdue: "bad", watch: "watch", high: "watch",
  below_target: "watch", unknown_writer: "watch", ok: "good", met: "good", same: "good",
  allowed: "good", cleared: "good", fail: "bad", pass: "good", shift: "watch", isolated: "watch",
  systemic: "watch", machine: "watch", broken: "bad", holds: "good",
};

function statusMark(value) {
  const tone = TONES[value] || "none";
  const icon = svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true", class: "icon" });
  icon.append(svg("path", { d: SHAPES[tone], "fill-rule": "evenodd" }));
  return el("span", { class: `status ${tone}` }, icon, words(value));
}

// --- Charts ---

// A small line beside a figure; the figure's panel has the same days as chart and table.
function sparkline(points, label) {
  const known = points.filter((point) => point.value !== null);
  if (known.length < 2) return el("span", { class: "quiet" }, "–");
  const [width, height] = [112, 28];
  const times = known.map((point) => Date.parse(point.date));
  const top = Math.max(...known.map((point) => point.value)) || 1;
  const span = times.at(-1) - times[0] || 1;
  const places = known.map((point, i) => [
    (2 + ((times[i] - times[0]) / span) * (width - 6)).toFixed(1),
    (height - 3 - (point.value / top) * (height - 6)).toFixed(1),
  ]);
  const [x, y] = places.at(-1);
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, class: "spark", role: "img", "aria-label": label },
    svg("polyline", { points: places.map((place) => place.join(",")).join(" ") }),
    svg("circle", { cx: x, cy: y, r: 2.4 }),
  );
}

const INK = "var(--ink-soft)";
const CHART_CONFIG = {
  background: "transparent",
  font: "system-ui, sans-serif",
  view: { stroke: null },
  axis: {
    labelColor: INK, titleColor: INK, gridColor: "var(--line)", domainColor: "var(--line-strong)",
    tickColor: "var(--line-strong)", labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500,
    labelLimit: 190,
  },
  legend: {
    labelColor: "var(--ink)", labelFontSize: 12, orient: "top",
    title: null, symbolType: "square", symbolSize: 140, columns: 3,
  },
  text: { fontSize: 12, fill: "var(--ink)" },
};

const toDraw = new Map();
const onScreen = new IntersectionObserver(
  (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => draw(entry.target)),
  { rootMargin: "300px" },
);

async function draw(place) {
  const spec = toDraw.get(place);
  if (!spec) return;
  toDraw.delete(place);
  onScreen.unobserve(place);
  const axis = { ...CHART_CONFIG.axis, labelLimit: place.clientWidth < 500 ? 140 : 300 };
  try {
    await drawChart(
      place, { width: "container", autosize: { type: "fit-x", contains: "padding" }, config: { ...CHART_CONFIG, axis }, ...spec },
      { mode: "vega-lite", ast: true, actions: false, renderer: "svg", defaultStyle: false, tooltip: false },
    );
    place.querySelector("svg").setAttribute("aria-hidden", "true");
  } catch (error) {
    console.error(error);
    place.textContent = "The chart cannot be drawn; its table is below.";
  }
}

function drawAll() {
  return Promise.all([...toDraw.keys()].map(draw));
}

// A chart is drawn when it comes near the screen, and has its data as a table below.
function chart({ title, summary, spec, table }) {
  const place = el("div", { class: "plot" });
  toDraw.set(place, spec);
  onScreen.observe(place);
  return el(
    "figure", { class: "chart" },
    el("figcaption", {}, el("strong", {}, title), summary && el("span", { class: "quiet" }, summary)),
    el("div", { role: "img", "aria-label": `${title}. ${summary}` }, place),
    el("details", {}, el("summary", {}, "Show as a table"), table),
  );
}

// --- Tables ---

// columns: {label, cell(item), kind?, wide?: hidden on a phone}
function simpleTable(caption, columns, items, { hideCaption = true, empty = "Nothing to show." } = {}) {
  if (!items.length) return el("p", { class: "empty" }, empty);
  const isNumber = (column) => ["number", "share", "days"].includes(column.kind);
  const classes = (column) => [isNumber(column) && "num", column.wide && "wide"].filter(Boolean).join(" ") || null;
  return el(
    "div", { class: "scroll", role: "region", tabindex: "0", "aria-label": `${caption} (table)` },
    el(
      "table", {},
      el("caption", { class: hideCaption ? "hidden" : null }, caption),
      el("thead", {}, el("tr", {}, columns.map((column) =>
        el("th", { scope: "col", class: classes(column) }, column.label)))),
      el("tbody", {}, items.map((item) =>
        el("tr", {}, columns.map((column, i) => {
          const content = column.cell(item);
          return el(i ? "td" : "th", { class: classes(column), scope: i ? null : "row" },
            typeof content === "string" ? bdi(content) : content);
        })))),
    ),
  );
}

function tableCell(table, row, column) {
  const value = table.value(row, column.name);
  if (value === null) return el("span", { class: "quiet" }, "–");
  if (["status", "severity", "verdict", "window_status"].includes(column.name)) return statusMark(value);
  const [crm, objectType] = [table.value(row, "crm"), table.value(row, "object_type")];
  if (column.name === "record_id") return withId(recordName(table.value(row, "record_key")), value);
  if (RECORD_KEYS.has(column.name)) return withId(recordName(value), value);
  if (USER_IDS.has(column.name)) return withId(ownerName(value, crm), value);
  if (LABELLED[column.name]) return withId(labelOf(crm, objectType, LABELLED[column.name], value), value);
  if (VALUES.has(column.name) && table.has("field")) return withId(valueName(crm, objectType, table.value(row, "field"), value), value);
  if (column.name === "part") return withId(partName(table, row, crm, value), value);
  if (column.name === "detail") return bdi(spoken(value, crm, objectType));
  if (table.has("unit") && UNITED.has(column.name)) {
    const unit = table.value(row, "unit");
    return tell(value, ["rate", "share", "days"].includes(unit) ? unit : "number");
  }
  if (column.type === "number" && /^p\d+_days$/.test(column.name)) return tell(value, "days");
  if (WORDED.has(column.name)) return bdi(facetName(column.name, value));
  return bdi(tell(value, column.type));
}

// A name with the id behind it; the id alone where there is no name.
function withId(name, id) {
  return name === null || name === id ? bdi(id) : el("span", { class: "named" }, bdi(name), " ", el("small", { class: "id" }, bdi(id)));
}

const RECORD_KEYS = new Set(["record_key", "survivor_record_key"]);
const USER_IDS = new Set([
  "owner_id", "proposed_owner_id", "actor_id", "changed_by", "machine", "top_person_id", "writer_1", "writer_2", "writer_3",
]);
const LABELLED = { __proto__: null, stage: "stage", pipeline: "pipeline" };

// What a field of the same row holds or held.
const VALUES = new Set(["value", "use_instead", "restore_value", "bad_value", "current_value"]);

function valueName(crm, objectType, field, value) {
  return labelOf(crm, objectType, field === "lead_source" ? "source" : field, value);
}

// The parts of a report: of a pipeline its stages, else sources and the like. Those of what records
// are told apart by: owners, sources and segments.
function partName(table, row, crm, part) {
  const [dimension, report] = [table.value(row, "dimension"), table.value(row, "report")];
  if (dimension === "owner") return ownerName(part, crm);
  if (dimension === "lead_source") return labelOf(crm, table.value(row, "object_type"), "source", part);
  const field = /^pipeline/.test(report) ? "stage" : /source$/.test(report) ? "source" : null;
  return field ? labelOf(crm, "opportunity", field, part) : part;
}

// Columns whose unit stands in the column of that name.
const UNITED = new Set(["value", "target", "alert_at", "value_before", "value_after", "variance"]);
const WORDED = new Set([
  "crm", "object_type", "archetype", "signal", "metric", "finding", "causing_step", "actor_kind",
  "channel", "write_path", "confidence", "decision", "review_state", "team", "owner_team", "actor_team", "kind",
  "step", "signature", "signature_window", "rule_id", "trend", "field", "report", "sla_id",
  "dimension", "proposed_from", "proposed_team", "fault",
]);

const NAMED_BY = {
  finding: ["metric", "archetype"], archetype: ["archetype"], signal: ["signal"], metric: ["metric"],
  rule_id: ["rule"], sla_id: ["sla"], signature: ["signature"], figure: ["team_figure"],
};

function registered(table, row) {
  for (const [column, kinds] of Object.entries(NAMED_BY)) {
    const value = table.value(row, column);
    const found = value && kinds.map((kind) => registry[`${kind}:${value}`]).find(Boolean);
    if (found) return found;
  }
  return null;
}

function facts(pairs) {
  return el("dl", { class: "facts" }, pairs
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

// Everything that the page holds of one record: who, when, through what, from what to what, and why.
function whatHappened(table, row) {
  const rule = registered(table, row);
  const masked = table.columns.filter((column) => column.is_masked).map((column) => column.label);
  const crm = table.value(row, "crm");
  const url = recordUrl(crm, table.value(row, "object_type"), table.value(row, "record_id"));
  return el(
    "div", { class: "what" },
    url && el("p", {}, el("a", { href: url, rel: "noopener noreferrer", target: "_blank" },
      `Open in ${crmName(crm)}`)),
    facts(table.columns
      .filter((column) => table.has(column.name) && table.value(row, column.name) !== null)
      .map((column) => [column.label, tableCell(table, row, column)])),
    rule && facts([
      ["Rule", rule.name], ["What it means", rule.meaning], ["Why it matters", rule.why],
      ["How to mend it", rule.remedy], ["What to look for", rule.look_for],
    ]),
    masked.length > 0 && el("p", { class: "quiet" }, `Masked as personal data: ${inWords(masked)}.`),
  );
}

// Search, sort, pages, download and the story of each row. `shown` names the columns of the table;
// opening a row tells the others. Global filters apply where the table has their column.
function explorer({ title, what, table, accept, shown, facets = [], empty = "There are none.", period }) {
  const columns = shown.map((name) => table.byName.get(name)).filter((column) => column && table.has(column.name));
  const base = table.rows((row) => accept(row) && passes(table, row));
  if (!base.length) {
    const isFiltered = table.rows(accept).length > 0;
    return el("section", { class: "explorer" }, el("h3", {}, title),
      el("p", { class: "empty" }, isFiltered ? "None for this choice of filters." : empty),
      heldNote(table));
  }
  const searched = table.columns.map((column) => column.name).filter((name) => table.has(name));
  const state = { words: "", sort: null, down: false, page: 0, facets: {}, isOfPeriod: Boolean(period) };
  let texts = null;

  // Records, owners and stages are found by what the page calls them.
  const textOf = (row) => {
    texts ??= new Map();
    if (!texts.has(row)) {
      const parts = searched.map((name) => table.value(row, name)).filter((value) => value !== null);
      const [crm, objectType] = [table.value(row, "crm"), table.value(row, "object_type")];
      parts.push(
        ownerName(table.value(row, "owner_id"), crm), recordName(table.value(row, "record_key")),
        labelOf(crm, objectType, "stage", table.value(row, "stage")), spoken(table.value(row, "detail") ?? "", crm, objectType),
      );
      texts.set(row, parts.join("\n").toLowerCase());
    }
    return texts.get(row);
  };
  const found = () => {
    const wanted = state.words.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = base.filter((row) =>
      (!state.isOfPeriod || period.accept(row)) &&
      Object.entries(state.facets).every(([name, value]) => (table.value(row, name) ?? NONE) === value) &&
      wanted.every((word) => textOf(row).includes(word)));
    if (state.sort) {
      const values = table.column(state.sort);
      const direction = state.down ? -1 : 1;
      rows.sort((a, b) => {
        const [x, y] = [values[a], values[b]];
        if (x === null || y === null) return (x === null) - (y === null);
        return direction * (typeof x === "string" ? x.localeCompare(y, LOCALE, { numeric: true }) : x - y);
      });
    }
    return rows;
  };

  const count = el("p", { class: "count", role: "status" });
  const head = el("tr", {});
  const body = el("tbody", {});
  const pager = el("div", { class: "pager" });
  const region = el("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": `${title} (table)` },
    el("table", {}, el("caption", { class: "hidden" }, title), el("thead", {}, head), body));

  // A phone shows what tells records apart; a row's story has the rest.
  const classOf = (column) =>
    [["number", "share"].includes(column.type) && "num", ["crm", "object_type"].includes(column.name) && "wide"]
      .filter(Boolean).join(" ") || null;
  const rowOf = (row) => {
    const id = newId("what");
    const story = el("tr", { id, hidden: true });
    const first = columns[0];
    const opener = el("button", {
      type: "button", class: "row-button", "aria-expanded": "false", "aria-controls": id,
      onclick: () => {
        const isOpen = opener.getAttribute("aria-expanded") === "true";
        opener.setAttribute("aria-expanded", String(!isOpen));
        story.hidden = isOpen;
        if (!isOpen && !story.firstChild) {
          story.append(el("td", { colspan: columns.length }, whatHappened(table, row)));
        }
      },
    }, tableCell(table, row, first));
    return [
      el("tr", {}, columns.map((column, i) => i
        ? el("td", { class: classOf(column) },
          el("div", { class: "clamp" }, tableCell(table, row, column)))
        : el("th", { scope: "row" }, opener))),
      story,
    ];
  };

  let rows = [];
  const show = () => {
    rows = found();
    const n_pages = Math.max(1, Math.ceil(rows.length / PAGE_SIZE));
    state.page = Math.min(state.page, n_pages - 1);
    const start = state.page * PAGE_SIZE;
    const page = rows.slice(start, start + PAGE_SIZE);
    const records = new Set(rows.map((row) => table.value(row, "record_key")));
    const distinct = table.has("record_key") && records.size < rows.length ? `, ${plural(records.size, "record")}` : "";
    count.textContent = `${decimal.format(rows.length)} of ${plural(base.length, "row")}${distinct}.`;
    head.replaceChildren(...columns.map((column) => {
      const isSorted = state.sort === column.name;
      return el("th", {
        scope: "col", "aria-sort": isSorted ? (state.down ? "descending" : "ascending") : null,
        class: classOf(column),
      }, el("button", {
        type: "button", class: "sort", title: column.description || null,
        onclick: () => {
          state.down = isSorted ? !state.down : ["number", "share", "instant", "date"].includes(column.type);
          state.sort = column.name;
          state.page = 0;
          show();
          head.querySelectorAll("button")[columns.indexOf(column)].focus();
        },
      }, column.type === "instant" ? `${column.label} (UTC)` : column.label,
      el("span", { "aria-hidden": "true", class: "arrow" }, isSorted ? (state.down ? "↓" : "↑") : "↕")));
    }));
    body.replaceChildren(...(page.length ? page.flatMap(rowOf)
      : [el("tr", {}, el("td", { colspan: columns.length, class: "empty" }, "No row matches."))]));
    const turn = (label, step, isPossible) => el("button", {
      type: "button", disabled: !isPossible,
      onclick: () => {
        state.page += step;
        show();
        region.scrollTop = 0;
        (pager.querySelector(`[data-step="${step}"]:not(:disabled)`) || region).focus();
      },
      "data-step": step,
    }, label);
    pager.replaceChildren(...(n_pages === 1 ? [] : [
      turn("Previous", -1, state.page > 0),
      el("span", {}, `Page ${state.page + 1} of ${n_pages}`),
      turn("Next", 1, state.page < n_pages - 1),
    ]));
  };

  const search = el("input", {
    type: "search", placeholder: "Any word, name or id",
    oninput: () => { state.words = search.value; state.page = 0; show(); },
  });
  const chooser = (name) => {
    const values = [...new Set(base.map((row) => table.value(row, name) ?? NONE))].sort();
    if (values.length < 2) return null;
    const select = el("select", {
      onchange: () => {
        if (select.selectedIndex) state.facets[name] = values[select.selectedIndex - 1];
        else delete state.facets[name];
        state.page = 0;
        show();
      },
    }, el("option", {}, "All"), values.map((value) => el("option", {}, facetName(name, value))));
    return el("label", {}, el("span", {}, table.byName.get(name).label), select);
  };
  const download = el("button", {
    type: "button", class: "download",
    onclick: () => save(fileName(what), csvOf(table, rows)),
  }, "Download CSV");
  const inPeriod = el("input", {
    type: "checkbox", checked: true,
    onchange: () => { state.isOfPeriod = inPeriod.checked; state.page = 0; show(); },
  });
  show();
  return el(
    "section", { class: "explorer" },
    el("h3", {}, title),
    el("div", { class: "tools" }, el("label", { class: "grow" }, el("span", {}, "Search"), search),
      facets.filter((name) => table.has(name)).map(chooser),
      period && el("label", { class: "check" }, inPeriod, period.label), download),
    notSplitNote(table), heldNote(table),
    count, region, pager,
  );
}

function facetName(name, value) {
  if (value === NONE) return "(none)";
  if (typeof value === "boolean") return tell(value, "boolean");
  if (name === "crm") return crmName(value);
  const kinds = NAMED_BY[name] || [];
  const known = kinds.map((kind) => registry[`${kind}:${value}`]).find(Boolean);
  return known ? known.name : words(value);
}

// A capped table is never shown as if it were whole.
function heldNote(table) {
  if (table.shown >= table.total) return null;
  return el("p", { class: "quiet" },
    `The page holds ${decimal.format(table.shown)} of ${plural(table.total, "row")} of ${table.source}: ${table.order}.`);
}

function notSplitNote(table) {
  const text = notSplitBy(FILTERS.filter((filter) => filterColumn(table, filter)));
  return text ? el("p", { class: "quiet" }, text) : null;
}

function save(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
