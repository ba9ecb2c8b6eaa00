// The map as one sheet, to save and to print: title, legend, scale, north, date, source and notes.
// It is an SVG with every look in attributes, so that it is the same in the page, on paper
// and as a PNG, in light and in dark.
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 1600;
const HEIGHT = 1130;
const PAD = 48;
const SIDE = 340;
const INK = "#16222b";
const SOFT = "#4a5862";
const EDGE = "#5b6770";
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif';
const pen = document.createElement("canvas").getContext("2d");

function add(parent, name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}

function widthOf(text, size, weight = 400) {
  pen.font = `${weight} ${size}px ${FONT}`;
  return pen.measureText(text).width;
}

// Text in lines of a width; returns where the next line would begin.
function paragraph(parent, text, { x, y, width, size, weight = 400, fill = INK, line = size * 1.35 }) {
  const lines = [""];
  for (const word of String(text).split(/\s+/)) {
    const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
    if (lines.at(-1) && widthOf(longer, size, weight) > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  for (const one of lines) {
    add(parent, "text", { x, y, "font-size": size, "font-weight": weight, fill }, one);
    y += line;
  }
  return y;
}

function patterns(root) {
  const defs = add(root, "defs", {});
  const hidden = add(defs, "pattern", { id: "sheet-hidden", width: 10, height: 10, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
  add(hidden, "rect", { width: 10, height: 10, fill: "#eceae3" });
  add(hidden, "rect", { width: 3.5, height: 10, fill: "#a09c90" });
  const none = add(defs, "pattern", { id: "sheet-no-data", width: 10, height: 10, patternUnits: "userSpaceOnUse" });
  add(none, "rect", { width: 10, height: 10, fill: "#dfe3e6" });
  add(none, "circle", { cx: 5, cy: 5, r: 1.5, fill: "#8b959c" });
}

// Web Mercator, as on the screen: from latitude and longitude to a place on the sheet.
function projection(bounds, frame) {
  const mercator = ({ lat, lng }) => [(lng * Math.PI) / 180, Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360))];
  const [west, south] = mercator(bounds.getSouthWest());
  const [east, north] = mercator(bounds.getNorthEast());
  const scale = Math.min(frame.width / (east - west), frame.height / (north - south)) * 0.98;
  const left = frame.x + (frame.width - (east - west) * scale) / 2;
  const top = frame.y + (frame.height - (north - south) * scale) / 2;
  const place = (point) => {
    const [x, y] = mercator(point);
    return [left + (x - west) * scale, top + (north - y) * scale];
  };
  const middle = (bounds.getNorth() + bounds.getSouth()) / 2;
  return { place, metresPerUnit: (6378137 * Math.cos((middle * Math.PI) / 180)) / scale };
}

function rings(layer) {
  const flat = (part) => (part.length && part[0].lat !== undefined ? [part] : part.flatMap(flat));
  return flat(layer.getLatLngs());
}

function outline(area, place) {
  return rings(area).map((ring) => `M${ring.map((point) => place(point).map((n) => n.toFixed(1)).join(" ")).join("L")}Z`).join("");
}

function drawAreas(root, choropleth, place, paint) {
  for (const [code, area] of choropleth.byCode) {
    add(root, "path", {
      d: outline(area, place), fill: paint(choropleth.cells.get(code)), "fill-rule": "evenodd", stroke: EDGE,
      "stroke-width": choropleth.around ? 0.6 : 1.2, "stroke-linejoin": "round",
    });
  }
  choropleth.around?.layer.eachLayer((area) => add(root, "path", {
    d: outline(area, place), fill: "none", stroke: INK, "stroke-width": 1.8, "stroke-linejoin": "round",
  }));
}

// Names of the widest areas first; one that is too wide for its area, or meets another, is left out.
function drawNames(root, choropleth, place) {
  const size = 15;
  const across = (bounds) => place(bounds.getNorthEast())[0] - place(bounds.getSouthWest())[0];
  const own = [...choropleth.byCode].map(([code, area]) => ({ cell: choropleth.cells.get(code), width: across(area.getBounds()) }));
  const around = (choropleth.around?.names ?? []).map((cell) => ({ cell, width: across(cell.bounds) }));
  const wide = [around, own].flatMap((names) => names.sort((a, b) => b.width - a.width));
  const taken = [];
  for (const { cell, width } of wide) {
    if (!cell?.point) continue;
    const half = widthOf(cell.name, size, 600) / 2;
    const [x, y] = place({ lat: cell.point[0], lng: cell.point[1] });
    const box = [x - half - 3, y - size, x + half + 3, y + size];
    if (width < half * 1.7 || taken.some((t) => t[0] < box[2] && box[0] < t[2] && t[1] < box[3] && box[1] < t[3])) continue;
    taken.push(box);
    add(root, "text", {
      x, y: y + size / 3, "font-size": size, "font-weight": 600, "text-anchor": "middle", fill: INK,
      stroke: "#fff", "stroke-opacity": 0.85, "stroke-width": 4, "stroke-linejoin": "round", "paint-order": "stroke",
    }, cell.name);
  }
}

function drawLegend(root, { legendRows, texts, paint, x, y }) {
  y = paragraph(root, texts.legend, { x, y, width: SIDE - 32, size: 20, weight: 700 });
  y = paragraph(root, texts.unit, { x, y, width: SIDE - 32, size: 17 }) + 8;
  for (const row of legendRows) {
    add(root, "rect", { x, y: y - 17, width: 34, height: 22, fill: paint(row.cell), stroke: EDGE });
    y = paragraph(root, row.text, { x: x + 46, y, width: SIDE - 80, size: 17 }) + 8;
  }
  y += 16;
  const arrow = [[16, 0], [30, 44], [16, 34], [2, 44]].map(([dx, dy]) => `${x + dx},${y + dy}`);
  add(root, "polygon", { points: arrow.join(" "), fill: INK });
  add(root, "text", { x: x + 16, y: y + 66, "font-size": 18, "font-weight": 700, "text-anchor": "middle", fill: INK }, "U");
}

function drawScale(root, x, y, metresPerUnit) {
  const wanted = metresPerUnit * 220;
  const step = 10 ** Math.floor(Math.log10(wanted));
  const metres = [5, 2, 1].map((n) => n * step).find((n) => n <= wanted);
  add(root, "rect", { x, y, width: metres / metresPerUnit, height: 5, fill: INK });
  add(root, "text", { x, y: y - 8, "font-size": 16, fill: INK }, metres >= 1000 ? `${metres / 1000} km` : `${metres} m`);
}

export function drawSheet({ choropleth, data, fillOf, legendRows, texts }) {
  const root = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "font-family": FONT, role: "img", "aria-label": `${texts.title}: ${texts.subtitle}`,
  })) root.setAttribute(key, value);
  patterns(root);
  add(root, "rect", { width: WIDTH, height: HEIGHT, fill: "#fff" });
  const special = { hidden: "url(#sheet-hidden)", no_data: "url(#sheet-no-data)" };
  const paint = (cell) => (cell ? special[cell.status] ?? fillOf(cell, data.classes) : special.no_data);
  const across = WIDTH - 2 * PAD;
  let top = paragraph(root, texts.title, { x: PAD, y: PAD + 22, width: across, size: 34, weight: 700 });
  top = paragraph(root, texts.subtitle, { x: PAD, y: top - 6, width: across, size: 22, fill: SOFT });
  const frame = { x: PAD, y: top - 10, width: across - SIDE, height: HEIGHT - top - 120 };
  const { place, metresPerUnit } = projection(choropleth.layer.getBounds(), frame);
  drawAreas(root, choropleth, place, paint);
  drawNames(root, choropleth, place);
  drawLegend(root, { legendRows, texts, paint, x: WIDTH - PAD - SIDE + 32, y: top + 20 });
  drawScale(root, PAD, HEIGHT - 104, metresPerUnit);
  let y = HEIGHT - 66;
  for (const note of texts.notes) y = paragraph(root, note, { x: PAD, y, width: across, size: 16, fill: SOFT });
  return root;
}

export async function toPng(sheet) {
  const copy = sheet.cloneNode(true);
  copy.setAttribute("width", WIDTH);
  copy.setAttribute("height", HEIGHT);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH * 1.5;
  canvas.height = HEIGHT * 1.5;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
}

export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
