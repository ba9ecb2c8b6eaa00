// The table beside the map: the same figures, sortable, searchable, in step with the map.
export class AreaTable {
  constructor(table, search, { onSelect, format, locale }) {
    Object.assign(this, { table, onSelect, format });
    this.order = { key: "value", down: true };
    this.collator = new Intl.Collator(locale, { numeric: true });
    this.search = search;
    search.addEventListener("input", () => this.filter());
    for (const button of table.tHead.querySelectorAll("button[data-sort]")) {
      button.addEventListener("click", () => this.sortBy(button.dataset.sort));
    }
  }

  sortBy(key) {
    this.order = { key, down: this.order.key === key ? !this.order.down : key === "value" };
    this.draw();
  }

  show(cells, { valueHead, sum }) {
    this.cells = [...cells.values()];
    this.table.querySelector("#value-head").textContent = valueHead;
    this.sum = sum;
    this.draw();
  }

  compare(a, b) {
    if (this.order.key === "name") {
      return (this.order.down ? -1 : 1) * this.collator.compare(a.name, b.name);
    }
    const rank = { published: 2, zero: 2, hidden: 1, no_data: 0 };
    const side = this.order.down ? -1 : 1;
    return rank[b.status] - rank[a.status]
      || side * ((a.value ?? 0) - (b.value ?? 0))
      || this.collator.compare(a.name, b.name);
  }

  draw() {
    for (const head of this.table.tHead.querySelectorAll("th")) {
      const here = head.querySelector("button").dataset.sort === this.order.key;
      head.setAttribute("aria-sort", here ? (this.order.down ? "descending" : "ascending") : "none");
    }
    const rows = document.createDocumentFragment();
    for (const cell of this.cells.sort((a, b) => this.compare(a, b))) rows.append(this.row(cell));
    this.table.tBodies[0].replaceChildren(rows);
    this.filter();
    this.mark(this.selected);
  }

  row(cell) {
    const row = document.createElement("tr");
    row.dataset.code = cell.code;
    const head = document.createElement("th");
    head.scope = "row";
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = cell.name;
    if (cell.parent) {
      const parent = document.createElement("small");
      parent.textContent = cell.parent;
      button.append(parent);
    }
    button.addEventListener("click", () => this.onSelect(cell.code));
    head.append(button);
    const value = document.createElement("td");
    value.className = cell.status === "published" ? "number" : "number muted";
    value.textContent = this.format(cell);
    row.append(head, value);
    return row;
  }

  // The sum is that of the rows that are shown; before the first figures there is nothing to sum.
  filter() {
    if (!this.cells) return;
    const wanted = this.search.value.trim().toLocaleLowerCase();
    let total = 0;
    [...this.table.tBodies[0].rows].forEach((row, at) => {
      row.hidden = wanted !== "" && !row.cells[0].textContent.toLocaleLowerCase().includes(wanted);
      if (!row.hidden) total += this.cells[at].value ?? 0;
    });
    this.table.querySelector("#sum").textContent = this.sum(total);
  }

  focus(code) {
    this.table.tBodies[0].querySelector(`tr[data-code="${CSS.escape(code)}"]:not([hidden]) button`)?.focus();
  }

  mark(code) {
    this.selected = code;
    const before = this.table.querySelector("tr.is-selected");
    before?.classList.remove("is-selected");
    before?.querySelector("button").removeAttribute("aria-current");
    if (!code) return;
    const row = this.table.tBodies[0].querySelector(`tr[data-code="${CSS.escape(code)}"]`);
    row?.classList.add("is-selected");
    row?.querySelector("button").setAttribute("aria-current", "true");
    const box = this.table.closest(".table-scroll");
    if (row && box) box.scrollTop = row.offsetTop - box.clientHeight / 2;
  }
}
