// One row of the review queue on the map: candidates stand out, a click or a name chooses.
import { Choropleth, furniture, installPatterns } from "../maps/choropleth.js";
import { json, once, script } from "./data.js";

const page = JSON.parse(document.getElementById("page").textContent);
const { texts } = page;
const map = window.map_geopora;
const code = document.getElementById("code");
const chosen = document.getElementById("chosen");
const search = document.getElementById("area-search");
const names = new Map();
const byLabel = new Map();
const layers = new Map();
let shown = null;

installPatterns();
furniture(map, texts.north);
map.zoomControl.getContainer().querySelectorAll("a").forEach((link, at) => {
  link.title = at ? texts.zoom_out : texts.zoom_in;
  link.setAttribute("aria-label", link.title);
});
const [west, south, east, north] = page.bounds;
map.fitBounds([[south, west], [north, east]], { animate: false });

async function show(level) {
  const [info] = await Promise.all([
    once(page.areas_url.replace("LEVEL", level), (url) => json(url)),
    window[`geo_json_${level}`] || once(page.script_url.replace("LEVEL", level), script),
  ]);
  if (!layers.has(level)) {
    layers.set(level, new Choropleth(map, window[`geo_json_${level}`], {
      onSelect: choose, describe: (cell) => [cell.name, cell.text].filter(Boolean).join(", "),
    }));
  }
  shown?.hide();
  shown = layers.get(level);
  const cells = new Map(info.codes.map((one, at) => {
    const candidate = page.candidates.includes(one) || page.candidates.some((c) => c.startsWith(`${one}.`));
    return [one, {
      code: one, name: info.names[at], point: info.points[at], text: candidate ? texts.candidate : info.parents[at],
      status: candidate ? "published" : "zero", cls: candidate ? 0 : -1,
    }];
  }));
  shown.show(cells, { classes: [{ colour: "#fdb863" }] });
  shown.mark(code.value);
  if (page.point) {
    const at = L.circleMarker(page.point, { radius: 7, color: "#fff", weight: 2, fillColor: "#b3261e", fillOpacity: 1, interactive: false });
    at.addTo(map);
  }
}

function choose(one) {
  code.value = one;
  chosen.textContent = `${texts.chosen}: ${names.get(one) ?? one}`;
  document.getElementById("place").disabled = false;
  shown.mark(one);
  for (const radio of document.querySelectorAll('input[name="candidate"]')) radio.checked = radio.value === one;
}

async function fillNames() {
  const list = document.getElementById("area-names");
  for (const level of ["regency", "district", "village"]) {
    if (!document.querySelector(`input[name="map-level"][value="${level}"]`)) continue;
    const info = await once(page.areas_url.replace("LEVEL", level), (url) => json(url));
    info.codes.forEach((one, at) => {
      const label = [info.names[at], info.parents[at]].filter(Boolean).join(", ");
      names.set(one, label);
      byLabel.set(label.toLocaleLowerCase(), one);
      const option = document.createElement("option");
      option.value = label;
      list.append(option);
    });
  }
}

for (const radio of document.querySelectorAll('input[name="map-level"]')) {
  radio.addEventListener("change", () => show(radio.value));
}
for (const radio of document.querySelectorAll('input[name="candidate"]')) {
  radio.addEventListener("change", async () => {
    const level = { 1: "regency", 2: "district", 3: "village" }[radio.value.split(".").length - 1];
    const control = document.querySelector(`input[name="map-level"][value="${level}"]`);
    if (control && !control.checked) { control.checked = true; await show(level); }
    choose(radio.value);
    const area = shown.byCode.get(radio.value);
    if (area) map.fitBounds(area.getBounds().pad(1.2), { animate: false });
  });
}
search.addEventListener("change", () => {
  const found = byLabel.get(search.value.trim().toLocaleLowerCase());
  if (found) choose(found);
});
fillNames();
await show("district");
