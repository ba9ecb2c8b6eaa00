// A small bar chart of months, as SVG with a spoken summary.
const SVG = "http://www.w3.org/2000/svg";

function add(parent, name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}

// points: [{label, value (null where hidden), text, now}]
export function monthChart(points, title) {
  const width = 320;
  const height = 96;
  const floor = height - 14;
  const root = document.createElementNS(SVG, "svg");
  root.setAttribute("viewBox", `0 0 ${width} ${height}`);
  root.setAttribute("class", "chart");
  root.setAttribute("role", "img");
  root.setAttribute("aria-label", `${title}: ${points.map((p) => `${p.label} ${p.text}`).join("; ")}`);
  const most = Math.max(1, ...points.map((p) => p.value ?? 0));
  const step = width / Math.max(points.length, 1);
  points.forEach((point, at) => {
    const tall = point.value === null ? 6 : Math.max((point.value / most) * (floor - 12), point.value ? 2 : 0.75);
    const bar = add(root, "rect", {
      x: at * step + 1, y: floor - tall, width: Math.max(step - 2, 1), height: tall, rx: 1,
      class: point.value === null ? "is-gap" : point.now ? "is-now" : "",
    });
    add(bar, "title", {}, `${point.label}: ${point.text}`);
  });
  if (points.length) {
    add(root, "text", { x: 1, y: height - 3 }, points[0].label);
    add(root, "text", { x: width - 1, y: height - 3, "text-anchor": "end" }, points.at(-1).label);
    add(root, "text", { x: width - 1, y: 9, "text-anchor": "end" }, String(most));
  }
  return root;
}
