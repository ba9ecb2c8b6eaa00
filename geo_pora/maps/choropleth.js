// Paints the areas of a Leaflet layer that folium made, and makes them usable by
// mouse, touch and keyboard. Every text is set with textContent, never as markup.
// Used as it is by the app, and inlined into the map that is one file.

const SVG = "http://www.w3.org/2000/svg";
export const STATUS = { p: "published", h: "hidden", z: "zero", n: "no_data" };
const LOOK = { hidden: "url(#gp-hidden)", zero: "#f7f6f1", no_data: "url(#gp-no-data)" };

function svg(name, attributes, parent) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (parent) parent.append(node);
  return node;
}

// The patterns of "hidden" and "no data": told apart from a colour, also in grey.
export function installPatterns() {
  if (document.getElementById("gp-hidden")) return;
  const root = svg("svg", { width: 0, height: 0, "aria-hidden": "true", class: "gp-patterns" });
  const defs = svg("defs", {}, root);
  const hidden = svg("pattern", {
    id: "gp-hidden", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)",
  }, defs);
  svg("rect", { width: 6, height: 6, fill: "#eceae3" }, hidden);
  svg("rect", { width: 2, height: 6, fill: "#a09c90" }, hidden);
  const none = svg("pattern", { id: "gp-no-data", width: 6, height: 6, patternUnits: "userSpaceOnUse" }, defs);
  svg("rect", { width: 6, height: 6, fill: "#dfe3e6" }, none);
  svg("circle", { cx: 3, cy: 3, r: 0.9, fill: "#8b959c" }, none);
  document.body.append(root);
}

export function fillOf(cell, classes) {
  if (cell.status !== "published") return LOOK[cell.status];
  return cell.cls >= 0 ? classes[cell.cls].colour : LOOK.zero;
}

// One row of a legend or a tooltip: a swatch and a text.
export function swatch(fill, text) {
  const item = document.createElement("li");
  const box = svg("svg", { width: 22, height: 16, "aria-hidden": "true", class: "gp-swatch" }, item);
  svg("rect", { width: 22, height: 16, rx: 3, fill }, box);
  const label = document.createElement("span");
  label.textContent = text;
  item.append(label);
  return item;
}

// The legend: classes from high to low, then zero, hidden and no data, each apart.
export function legend(list, data, texts, label) {
  list.replaceChildren();
  [...data.classes].reverse().forEach((one) => list.append(swatch(one.colour, label(one))));
  for (const status of ["zero", "hidden", "no_data"]) {
    if (status === "hidden" && !data.hidden_label) continue;
    list.append(swatch(LOOK[status], texts[status]));
  }
}

// A scale in kilometres and a north arrow; the map is never turned.
export function furniture(map, northText) {
  L.control.scale({ imperial: false, maxWidth: 140, position: "bottomleft" }).addTo(map);
  const north = L.control({ position: "topright" });
  north.onAdd = () => {
    const box = document.createElement("div");
    box.className = "gp-north";
    const arrow = svg("svg", { viewBox: "0 0 20 30", width: 20, height: 30, role: "img", "aria-label": northText }, box);
    svg("path", { d: "M10 1 L17 22 L10 17 L3 22 Z", class: "gp-north-arrow" }, arrow);
    const letter = svg("text", { x: 10, y: 29.5, "text-anchor": "middle", "font-size": 8, "font-weight": 700 }, arrow);
    letter.textContent = "U";
    return box;
  };
  north.addTo(map);
}

export class Choropleth {
  // cells: Map from code to {name, text, status, cls, point: [lat, lon]}
  constructor(map, layer, { onSelect = () => {}, describe }) {
    Object.assign(this, { map, layer, onSelect, describe });
    this.byCode = new Map();
    this.selected = null;
    this.labels = L.layerGroup();
    layer.eachLayer((area) => this.byCode.set(area.feature.id, area));
    this.tip = document.createElement("div");
    this.tip.className = "gp-tip";
    this.tip.setAttribute("aria-hidden", "true");
    map.getContainer().append(this.tip);
    this.declutter = () => this.placeLabels();
  }

  show(cells, data) {
    this.cells = cells;
    this.data = data;
    if (!this.map.hasLayer(this.layer)) this.layer.addTo(this.map);
    for (const [code, area] of this.byCode) {
      const cell = cells.get(code) || { name: code, status: "no_data", cls: -1, text: "" };
      area.setStyle({
        color: "#5b6770", weight: this.around ? 0.4 : 0.8, opacity: 1, fillOpacity: 1,
        fillColor: fillOf(cell, data.classes),
      });
      this.dress(code, area, cell);
    }
    this.around?.borders.addTo(this.map).bringToFront();
    this.drawLabels();
    this.mark(this.selected);
  }

  // Borders and names of larger areas over these, to find one's way among many.
  surround(layer, names) {
    const borders = L.geoJSON(layer.toGeoJSON(), {
      interactive: false, style: { fill: false, color: "#26323b", weight: 1.2, opacity: 0.9 },
    });
    const bounds = new Map();
    layer.eachLayer((area) => bounds.set(area.feature.id, area.getBounds()));
    this.around = { layer, borders, names: names.map((one) => ({ ...one, bounds: bounds.get(one.code) })) };
    if (this.cells && this.map.hasLayer(this.layer)) this.show(this.cells, this.data);
  }

  // A focusable path with a spoken name; one tab stop, arrow keys go on from there.
  dress(code, area, cell) {
    const path = area.getElement();
    path.setAttribute("role", "button");
    path.setAttribute("aria-label", this.describe(cell));
    path.dataset.code = code;
    path.dataset.status = cell.status;
    path.setAttribute("aria-pressed", String(code === this.selected));
    path.setAttribute("tabindex", code === (this.current ?? this.first()) ? "0" : "-1");
    const show = (event) => this.showTip(code, event);
    if (!area.dressed) {
      area.dressed = true;
      area.on("mousemove", (event) => show(event.originalEvent));
      area.on("mouseout", () => this.hideTip());
      area.on("click", () => this.onSelect(code));
    }
    // Leaflet makes a new path each time the layer is added to the map.
    if (path.dressed) return;
    path.dressed = true;
    path.addEventListener("focus", () => show(null));
    path.addEventListener("blur", () => this.hideTip());
    path.addEventListener("keydown", (event) => this.key(code, event));
  }

  first() {
    return this.byCode.keys().next().value;
  }

  key(code, event) {
    const step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.onSelect(code);
    } else if (step) {
      event.preventDefault();
      event.stopPropagation();
      const next = this.neighbour(code, step);
      if (next) this.focus(next);
    }
  }

  // The nearest area in a direction, seen from this one.
  neighbour(code, [dx, dy]) {
    const centre = (area) => this.map.latLngToLayerPoint(area.getBounds().getCenter());
    const from = centre(this.byCode.get(code));
    let best = null;
    let least = Infinity;
    for (const [other, area] of this.byCode) {
      const to = centre(area);
      const along = (to.x - from.x) * dx + (to.y - from.y) * dy;
      const across = Math.abs((to.x - from.x) * dy) + Math.abs((to.y - from.y) * dx);
      if (other === code || along <= across * 0.5) continue;
      const cost = along + 2 * across;
      if (cost < least) [best, least] = [other, cost];
    }
    return best;
  }

  focus(code) {
    this.byCode.get(this.current ?? this.first())?.getElement().setAttribute("tabindex", "-1");
    this.current = code;
    const path = this.byCode.get(code).getElement();
    path.setAttribute("tabindex", "0");
    path.focus();
  }

  showTip(code, pointer) {
    const cell = this.cells.get(code);
    if (!cell) return;
    this.tip.replaceChildren();
    const name = document.createElement("strong");
    name.textContent = cell.name;
    const text = document.createElement("span");
    text.textContent = cell.text;
    this.tip.append(name, text);
    const box = this.map.getContainer().getBoundingClientRect();
    const at = pointer
      ? { x: pointer.clientX - box.left, y: pointer.clientY - box.top }
      : this.map.latLngToContainerPoint(this.byCode.get(code).getBounds().getCenter());
    this.tip.classList.add("is-shown");
    const width = this.tip.offsetWidth;
    this.tip.style.left = `${Math.min(Math.max(at.x + 14, 4), box.width - width - 4)}px`;
    this.tip.style.top = `${at.y > box.height - 80 ? at.y - this.tip.offsetHeight - 12 : at.y + 14}px`;
  }

  hideTip() {
    this.tip.classList.remove("is-shown");
  }

  mark(code) {
    const before = this.byCode.get(this.selected)?.getElement();
    before?.classList.remove("is-selected");
    before?.setAttribute("aria-pressed", "false");
    this.selected = code && this.byCode.has(code) ? code : null;
    if (!this.selected) return;
    const area = this.byCode.get(code);
    area.getElement().classList.add("is-selected");
    area.getElement().setAttribute("aria-pressed", "true");
    this.around?.borders.bringToFront();
    area.bringToFront();
  }

  drawLabels() {
    this.labels.clearLayers();
    this.labelOf = [];
    for (const { name, point, bounds } of this.around?.names ?? []) this.addLabel(name, point, bounds, true);
    for (const [code, cell] of this.cells) {
      const area = this.byCode.get(code);
      if (cell.point && area) this.addLabel(cell.name, cell.point, area.getBounds(), false);
    }
    this.map.getPane("markerPane").setAttribute("aria-hidden", "true");
    this.labels.addTo(this.map);
    this.map.off("zoomend", this.declutter).on("zoomend", this.declutter);
    this.placeLabels();
  }

  addLabel(name, point, bounds, above) {
    const text = document.createElement("span");
    text.textContent = name;
    const icon = L.divIcon({ className: above ? "gp-label is-above" : "gp-label", html: text, iconSize: [0, 0] });
    const marker = L.marker(point, { icon, interactive: false, keyboard: false });
    this.labels.addLayer(marker);
    this.labelOf.push({ marker, text, bounds, above, length: name.length });
  }

  // Largest areas first; a label that does not fit its area or meets another is left out.
  placeLabels() {
    const boxes = this.labelOf.map((one) => {
      const a = this.map.latLngToLayerPoint(one.bounds.getNorthWest());
      const b = this.map.latLngToLayerPoint(one.bounds.getSouthEast());
      return { ...one, width: b.x - a.x, at: this.map.latLngToLayerPoint(one.marker.getLatLng()) };
    }).sort((a, b) => b.above - a.above || b.width - a.width);
    const taken = [];
    for (const one of boxes) {
      const half = one.length * 3.1 + 3;
      const box = [one.at.x - half, one.at.y - 9, one.at.x + half, one.at.y + 9];
      const fits = one.width > half * 1.5
        && !taken.some((t) => t[0] < box[2] && box[0] < t[2] && t[1] < box[3] && box[1] < t[3]);
      one.text.hidden = !fits;
      if (fits) taken.push(box);
    }
  }

  hide() {
    this.hideTip();
    this.map.off("zoomend", this.declutter);
    this.map.removeLayer(this.layer);
    this.around?.borders.remove();
    this.map.removeLayer(this.labels);
  }
}
