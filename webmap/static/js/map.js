// The map page: choices to figures to map, table, card and address, always the same figures.
import { Choropleth, STATUS, fillOf, furniture, installPatterns, legend } from "../maps/choropleth.js";
import { AreaCard } from "./card.js";
import { RequestError, json, once, script } from "./data.js";
import { query, readState, writeState } from "./state.js";
import { AreaTable } from "./table.js";
import { Timeline } from "./timeline.js";

const page = JSON.parse(document.getElementById("page").textContent);
const { texts, defaults } = page;
const locale = document.documentElement.lang;
const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
const signed = new Intl.NumberFormat(locale, { maximumFractionDigits: 2, signDisplay: "exceptZero" });
const $ = (id) => document.getElementById(id);
const form = $("controls");
const frame = document.querySelector(".map-frame");
const map = window.map_geopora;
const state = { ...page.state, area: readState(defaults).area ?? "" };
const layers = new Map();
let shown = null;
let pending = null;
let figures = null;

installPatterns();
furniture(map, texts.north);
map.zoomControl.getContainer().querySelectorAll("a").forEach((link, at) => {
  link.title = at ? texts.zoom_out : texts.zoom_in;
  link.setAttribute("aria-label", link.title);
});
const [west, south, east, north] = page.bounds;
const fit = () => map.fitBounds([[south, west], [north, east]], { paddingTopLeft: [8, 8], paddingBottomRight: [8, 8], animate: false });
fit();

const hiddenText = () => `${texts.hidden} (${figures.hidden_label})`;
const isChange = () => state.show === "change";
const show = (value) => (isChange() ? signed : number).format(value);
const valueText = (cell) => (cell.status === "published" ? show(cell.value) : cell.status === "hidden" ? figures.hidden_label : texts[cell.status]);
const spoken = (cell) => (cell.status === "published" ? `${show(cell.value)} ${figures.unit}` : cell.status === "hidden" ? hiddenText() : texts[cell.status]);
const range = ({ low, high }) => (low === high ? show(low) : `${show(low)} – ${show(high)}`);

const table = new AreaTable($("table"), $("search"), { onSelect: select, format: valueText, locale });
const card = new AreaCard($("area-card"), { texts, number, onClose: () => close() });
const timeline = new Timeline({
  slider: $("month"), play: $("play"), output: $("month-name"), months: page.months, texts,
  onMonth: (key) => { state.period = key; return update(); },
});

async function areas(level) {
  const address = page.areas_url.replace("LEVEL", level);
  const layer = `geo_json_${level}`;
  const [info] = await Promise.all([
    once(address, (url) => json(url)),
    window[layer] || once(page.script_url.replace("LEVEL", level), (url) => script(url, layer)),
  ]);
  if (!layers.has(level)) {
    layers.set(level, {
      info,
      choropleth: new Choropleth(map, window[layer], {
        onSelect: select, describe: (cell) => `${cell.name}: ${cell.text}`,
      }),
    });
  }
  return layers.get(level);
}

// What the page itself brought along is shown without asking; then, and later, the app is asked.
let brought = page.figures;

function problem(text, again) {
  $("problem").hidden = !text;
  $("problem-text").textContent = text;
  $("retry").hidden = !again;
}

// A choice that cannot be shown also ends what is on its way: its answer would wipe the reason.
function refuse(text) {
  pending?.abort();
  frame.classList.remove("is-loading");
  problem(text);
}

async function update() {
  pending?.abort();
  const control = (pending = new AbortController());
  frame.classList.add("is-loading");
  writeState(state, defaults);
  fillForm();
  try {
    const [level, found] = await Promise.all([
      areas(state.level),
      brought ?? json(`${page.figures_url}?${query(state, null, ["area"])}`, control.signal),
    ]);
    if (control.signal.aborted) return;
    paint(level, found);
    surround(level.choropleth);
    problem(brought ? page.problem : "");
    if (brought) setTimeout(sheetCode, 1500);
    brought = null;
    document.querySelectorAll("#save-picture, #print, #play").forEach((button) => { button.disabled = false; });
  } catch (error) {
    if (error.name === "AbortError") return;
    timeline.stop();
    if (!(error instanceof RequestError)) throw error;
    const refused = error.status >= 400 && error.status < 500;
    problem(refused ? error.message : error.status ? texts.failed : texts.offline, !refused);
  } finally {
    if (pending === control) frame.classList.remove("is-loading");
  }
}

// Villages are many: the borders and names of their districts come after the figures.
async function surround(choropleth) {
  if (state.level !== "village" || choropleth.around || !form.querySelector('[name="level"][value="district"]')) return;
  try {
    const { info, choropleth: districts } = await areas("district");
    const names = info.codes.map((code, at) => ({ code, name: info.names[at], point: info.points[at] }));
    if (!choropleth.around) choropleth.surround(districts.layer, names);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
  }
}

function paint({ info, choropleth }, found) {
  figures = found;
  const cells = new Map(info.codes.map((code, at) => {
    const cell = {
      code, name: info.names[at], parent: info.parents[at], point: info.points[at],
      value: found.values[at], status: STATUS[found.statuses[at]], cls: found.cls[at],
    };
    cell.text = spoken(cell);
    return [code, cell];
  }));
  if (shown && shown !== choropleth) shown.hide();
  shown = choropleth;
  choropleth.show(cells, found);
  legend($("legend"), found, { ...texts, hidden: hiddenText() }, range);
  $("legend-unit").textContent = found.unit;
  $("elsewhere").hidden = !found.elsewhere;
  $("elsewhere").textContent = found.elsewhere ? `${texts.elsewhere}: ${show(found.elsewhere)}` : "";
  $("subtitle").textContent = found.subtitle;
  $("empty").hidden = [...cells.values()].some((cell) => cell.status === "published" || cell.status === "hidden");
  $("hint").hidden = Boolean(state.area) || !$("empty").hidden;
  const additive = !["density", "rate"].includes(state.show);
  table.show(cells, { valueHead: found.unit_short, sum: (total) => (additive ? show(total) : "–") });
  timeline.show(state.period);
  if (state.area && cells.has(state.area)) openArea(state.area);
  else { state.area = ""; card.clear(); choropleth.mark(null); table.mark(null); }
}

// Who closes the card goes on from where it was opened: the map, or the row of the table.
let openedOnMap = false;

function close() {
  const [code, onMap] = [state.area, openedOnMap];
  select("");
  if (onMap) shown.focus(code);
  else table.focus(code);
}

function select(code) {
  openedOnMap = map.getContainer().contains(document.activeElement);
  state.area = state.area === code ? "" : code;
  writeState(state, defaults);
  if (state.area) openArea(state.area);
  else { card.clear(); shown.mark(null); table.mark(null); }
  $("hint").hidden = Boolean(state.area);
}

async function openArea(code) {
  const cell = shown.cells.get(code);
  shown.mark(code);
  table.mark(code);
  card.show(cell, cell.parent, null);
  const address = `${page.area_url.replace("CODE", encodeURIComponent(code))}?${query(state, null, ["area"])}`;
  try {
    const found = await json(address);
    if (state.area === code) card.show(cell, cell.parent, found);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    if (state.area === code) card.show(cell, cell.parent, null, error.status ? texts.failed : texts.offline);
  }
}

function fillForm() {
  const free = !form.elements.period.querySelector(`option[value="${CSS.escape(state.period)}"]`);
  for (const name of ["level", "measure", "show", "permit", "activity", "status", "agency", "compare", "scheme", "classes", "breaks"]) {
    if (form.elements[name] && form.elements[name].value !== (state[name] ?? "")) form.elements[name].value = state[name] ?? "";
  }
  form.elements.period.value = free ? "free" : state.period;
  $("free-range").hidden = !free;
  if (free && state.period.includes("_")) [form.elements.from.value, form.elements.to.value] = state.period.split("_");
  $("compare-field").hidden = !isChange();
  $("breaks-field").hidden = state.scheme !== "own";
  const active = ["permit", "activity", "status", "agency"].filter((name) => state[name]).length;
  $("filter-count").hidden = !active;
  $("filter-count").textContent = active;
  if ($("download")) $("download").href = `${page.download_url}?${query(state, null, ["area", "show", "scheme", "classes", "breaks", "compare"])}`;
}

form.addEventListener("change", (event) => {
  const { name, value } = event.target;
  timeline.stop();
  if (name === "period" && value === "free") {
    $("free-range").hidden = false;
    [form.elements.from.value, form.elements.to.value] = page.span;
    form.elements.from.focus();
    return;
  }
  if (name === "from" || name === "to") {
    const { from, to } = form.elements;
    if (!from.value || !to.value) return;
    if (from.value > to.value) { refuse(texts.range_order); return; }
    state.period = `${from.value}_${to.value}`;
  } else state[name] = value;
  if (name === "scheme" && value === "own" && !state.breaks) { fillForm(); form.elements.breaks.focus(); return; }
  if (name === "level") state.area = "";
  update();
});
$("retry").addEventListener("click", () => update());
$("area-card").addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", (event) => {
  event.preventDefault();
  const { level, period } = state;
  for (const key of Object.keys(state)) state[key] = "";
  Object.assign(state, defaults, { level, period });
  update();
});

// The sheet is drawn when it is saved or printed; its code is there before Ctrl+P is pressed.
let sheets = null;
const sheetCode = async () => (sheets ??= await import("./picture.js"));

function sheet() {
  const apart = ["zero", figures.hidden_label && "hidden", "no_data"].filter(Boolean).map((status) => ({
    cell: { status, cls: -1 }, text: status === "hidden" ? hiddenText() : texts[status],
  }));
  const classes = figures.classes.map((one, cls) => ({ cell: { status: "published", cls }, text: range(one) })).reverse();
  const made = new Date().toLocaleDateString(locale, { dateStyle: "long" });
  const elsewhere = $("elsewhere").hidden ? "" : ` ${$("elsewhere").textContent}.`;
  return sheets.drawSheet({
    choropleth: shown, data: figures, fillOf, legendRows: [...classes, ...apart],
    texts: {
      title: document.querySelector("h1").textContent, subtitle: figures.subtitle, legend: $("legend-title").textContent,
      unit: figures.unit, notes: [`${page.source_note} ${texts.made.replace("DATE", made)}${elsewhere}`, texts.picture_note],
    },
  });
}

$("save-picture").addEventListener("click", async () => {
  const { save, toPng } = await sheetCode();
  save(await toPng(sheet()), `peta-${state.level}-${state.period}.png`);
});
$("print").addEventListener("click", async () => {
  await sheetCode();
  window.print();
});
window.addEventListener("beforeprint", () => {
  if (!sheets || !figures) return;
  $("print-sheet").replaceChildren(sheet());
  document.documentElement.classList.add("has-sheet");
});
window.addEventListener("afterprint", () => {
  $("print-sheet").replaceChildren();
  document.documentElement.classList.remove("has-sheet");
});
let resized;
const refit = () => {
  if (!map.getContainer().clientWidth) return; // on paper the map itself is not there
  map.invalidateSize({ animate: false });
  fit();
};
new ResizeObserver(() => { clearTimeout(resized); resized = setTimeout(refit, 120); })
  .observe(map.getContainer());

update();
