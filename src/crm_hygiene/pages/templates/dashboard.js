// The page: which view and which filters the address asks for, and the panel of an opened figure.
"use strict";

let view = "overview";

function hashOf(changes = {}) {
  const state = { view, ...filters, open: null, ...changes };
  const query = new URLSearchParams();
  for (const filter of FILTERS) if (state[filter] !== null) query.set(filter, state[filter]);
  if (state.open) query.set("open", state.open);
  const text = query.toString();
  return `#${state.view}${text ? `?${text}` : ""}`;
}

function tellFilters() {
  return activeFilters().map((filter) => {
    const value = filters[filter];
    if (value === NONE) return `no ${filter}`;
    return `${words(filter)} ${filter === "owner" ? ownerName(value, filters.crm) : filter === "crm" ? crmName(value) : words(value)}`;
  }).join(", ");
}

// --- The header ---

function header() {
  const crms = inWords(meta.crms.map(crmName)) || "No CRM is landed";
  document.getElementById("as-of").textContent = `As of ${tell(meta.as_of, "instant")} UTC`;
  document.getElementById("facts").replaceChildren(...[
    crms, meta.is_demo && "Demo data",
    { masked: "Personal data masked", shown: "Shows personal data" }[meta.personal_data] ?? "All names masked", `Version ${meta.version}`,
  ].filter(Boolean).map((text) => el("li", {}, text)));
}

function navigation() {
  document.getElementById("views").replaceChildren(...Object.entries(VIEWS).map(([id, [name]]) =>
    el("li", {}, el("a", { href: hashOf({ view: id }), "aria-current": id === view ? "page" : null }, name))));
}

// --- Filters ---

function choices() {
  const counts = tableOf("candidate_counts");
  const hasNone = (name) => counts.column(name).includes(null);
  const owners = meta.owners.filter((owner) =>
    (filters.crm === null || owner.crm === filters.crm) &&
    (filters.team === null || (owner.team ?? NONE) === filters.team));
  const named = [...new Map(owners.map((owner) => [owner.id, ownerName(owner.id, owner.crm)]))]
    .sort(([, a], [, b]) => a.localeCompare(b, LOCALE, { numeric: true }));
  const texts = (list, name) => [...list.map((one) => [one, words(one)]), ...(hasNone(name) ? [[NONE, `No ${name}`]] : [])];
  return {
    crm: meta.crms.map((crm) => [crm, crmName(crm)]),
    segment: texts(meta.segments, "segment"),
    owner: [...named, [NONE, "No owner"]],
    team: texts(meta.teams, "team"),
  };
}

function filterBar() {
  for (const [filter, options] of Object.entries(choices())) {
    const select = document.getElementById(`filter-${filter}`);
    const isKnown = filters[filter] === null || options.some(([value]) => value === filters[filter]);
    const all = isKnown ? options : [...options, [filters[filter], filters[filter]]];
    select.replaceChildren(el("option", {}, "All"), ...all.map(([, text]) => el("option", {}, text)));
    select.selectedIndex = filters[filter] === null ? 0 : 1 + all.findIndex(([value]) => value === filters[filter]);
    select.onchange = () => {
      location.hash = hashOf({ [filter]: select.selectedIndex ? all[select.selectedIndex - 1][0] : null });
    };
  }
  document.getElementById("reset").disabled = activeFilters().length === 0;
  document.getElementById("filtered").textContent = activeFilters().length ? `: ${tellFilters()}` : "";
}

// --- The view ---

function notes() {
  if (!meta.notes.length) return null;
  const isGrave = view === "overview" || !meta.has_records || !meta.has_history;
  return el("details", { class: "notes", open: isGrave },
    el("summary", {}, `${plural(meta.notes.length, "note")} on what this page cannot show`),
    el("ul", {}, meta.notes.map((note) => el("li", {}, bdi(note)))));
}

function showView() {
  const [name, content] = VIEWS[view];
  toDraw.forEach((spec, place) => onScreen.unobserve(place));
  toDraw.clear();
  document.title = `${name} · CRM hygiene`;
  const main = document.getElementById("main");
  main.replaceChildren(el("h1", { tabindex: "-1" }, name));
  add(main, [notes(), content()]);
}

// --- The panel ---

function openPanel(key) {
  const panel = document.getElementById("panel");
  const figure = figureOf(key);
  document.getElementById("panel-title").textContent = figure ? figure.register.name : "No such figure";
  const body = document.getElementById("panel-body");
  body.replaceChildren();
  add(body, [figure ? figurePanel(figure) : el("p", {}, "The address names a figure that this page does not hold.")]);
  if (!panel.open) panel.showModal();
  body.scrollTop = 0;
}

let shown = null;

function route() {
  const [path, query] = location.hash.slice(1).split("?");
  const asked = new URLSearchParams(query || "");
  view = path in VIEWS ? path : "overview";
  for (const filter of FILTERS) filters[filter] = asked.has(filter) ? asked.get(filter) : null;
  const wanted = hashOf();
  if (shown !== wanted) {
    const isOtherView = shown && shown.split("?")[0] !== wanted.split("?")[0];
    shown = wanted;
    navigation();
    filterBar();
    showView();
    if (isOtherView) {
      window.scrollTo(0, 0);
      document.querySelector("#main h1").focus({ preventScroll: true });
    }
  }
  const panel = document.getElementById("panel");
  if (asked.get("open")) openPanel(asked.get("open"));
  else if (panel.open) panel.close();
}

async function start() {
  const main = document.getElementById("main");
  try {
    await readData();
  } catch (error) {
    main.replaceChildren(el("h1", {}, "This page cannot be shown"),
      el("p", {}, `Its data cannot be read: ${error.message}. Make it again, or open it in a newer browser.`));
    throw error;
  }
  header();
  const isWide = matchMedia("(min-width: 701px)");
  const fold = () => { document.querySelector(".filters").open = isWide.matches; };
  isWide.addEventListener("change", fold);
  fold();
  const panel = document.getElementById("panel");
  panel.addEventListener("close", () => {
    const isOpenInAddress = new URLSearchParams(location.hash.split("?")[1]).has("open");
    if (!panel.open && isOpenInAddress) history.replaceState(null, "", hashOf());
  });
  panel.addEventListener("click", (event) => { if (event.target === panel) panel.close(); });
  // The address is the page's state, so the link to the content must not change it.
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    document.querySelector("#main h1").focus();
  });
  document.getElementById("close").addEventListener("click", () => panel.close());
  document.getElementById("reset").addEventListener("click", () => {
    document.getElementById("filter-crm").focus();
    location.hash = hashOf(Object.fromEntries(FILTERS.map((filter) => [filter, null])));
  });
  window.addEventListener("hashchange", route);
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((details) => { details.open = true; });
    drawAll();
    // A modal panel would be cut at the end of the first sheet.
    if (panel.open) {
      panel.close();
      panel.show();
    }
  });
  window.addEventListener("afterprint", () => {
    if (panel.open) {
      panel.close();
      panel.showModal();
    }
  });
  route();
  document.documentElement.dataset.ready = "true";
}

document.addEventListener("DOMContentLoaded", start);
