// The map that is one file: reads its data block, paints the layer folium made,
// and fills the legend and the table.
const data = JSON.parse(document.getElementById("data").textContent);
const number = new Intl.NumberFormat("id", { maximumFractionDigits: 2 });
const words = data.labels;

const textOf = (value, status) =>
  status === "published" ? `${number.format(value)} ${words.unit}` : words[status];

const cells = new Map(data.codes.map((code, at) => {
  const status = STATUS[data.statuses[at]];
  const value = data.values[at];
  return [code, {
    code, name: data.names[at], value, status, cls: data.cls[at], point: data.points[at],
    text: textOf(value, status),
  }];
}));

installPatterns();
const map = window.map_geopora;
furniture(map, words.north);
const [west, south, east, north] = data.bounds;
const fit = () => map.fitBounds([[south, west], [north, east]], { padding: [8, 8], animate: false });
fit();
const describe = (cell) => `${cell.name}: ${cell.text}`;
const choropleth = new Choropleth(map, window[data.layer], {
  describe,
  onSelect: (code) => {
    choropleth.mark(code);
    const row = document.getElementById(`row-${code}`);
    document.querySelector("tr.is-selected")?.classList.remove("is-selected");
    row?.classList.add("is-selected");
    row?.scrollIntoView({ block: "nearest" });
  },
});
choropleth.show(cells, data);
window.addEventListener("beforeprint", () => { map.invalidateSize(false); fit(); });

const range = ({ low, high }) => (low === high ? number.format(low) : `${number.format(low)}–${number.format(high)}`);
legend(document.getElementById("legend"), data, words, range);
if (data.elsewhere) {
  const line = document.getElementById("elsewhere");
  line.textContent = `Tidak dapat ditempatkan pada tingkat ini: ${number.format(data.elsewhere)}`;
  line.hidden = false;
}
const rows = document.getElementById("rows");
for (const cell of [...cells.values()].sort((a, b) => a.name.localeCompare(b.name, "id"))) {
  const row = rows.insertRow();
  row.id = `row-${cell.code}`;
  const name = document.createElement("th");
  name.scope = "row";
  name.textContent = cell.name;
  row.append(name);
  row.insertCell().textContent = cell.code;
  const value = row.insertCell();
  value.className = "number";
  value.textContent = cell.status === "published" ? number.format(cell.value) : words[cell.status];
}
