// The card of one area: its figures, its months, and what they are made of.
import { monthChart } from "./chart.js";

function element(name, text, className) {
  const node = document.createElement(name);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  return node;
}

export class AreaCard {
  constructor(box, { texts, number, onClose }) {
    Object.assign(this, { box, texts, number, onClose });
  }

  valueText(value, status, hidden) {
    if (status === "published") return this.number.format(value);
    return status === "hidden" ? hidden : this.texts[status];
  }

  clear() {
    this.box.hidden = true;
    this.box.replaceChildren();
  }

  show(area, parent, figures, problem = "") {
    this.box.replaceChildren(this.head(area, parent));
    this.box.hidden = false;
    if (problem) this.box.append(element("p", problem));
    if (!figures) return;
    const sums = element("dl", undefined, "sum");
    for (const one of figures.measures) {
      const pair = document.createElement("div");
      pair.append(element("dt", one.label), element("dd", this.valueText(one.value, one.status, figures.hidden_label)));
      sums.append(pair);
    }
    this.box.append(sums);
    const points = figures.months.map((month) => ({
      ...month,
      value: month.status === "hidden" || month.status === "no_data" ? null : month.value,
      text: this.valueText(month.value, month.status, figures.hidden_label),
    }));
    if (points.length > 1) {
      this.box.append(element("h3", figures.months_title), monthChart(points, figures.months_title));
    }
    const details = element("details", undefined, "parts");
    details.append(element("summary", this.texts.parts));
    details.open = this.open;
    details.addEventListener("toggle", () => { this.open = details.open; });
    const groups = element("div", undefined, "part-groups");
    for (const group of figures.groups) {
      if (!group.rows.length) continue;
      const section = document.createElement("section");
      section.append(element("h3", group.title));
      const list = element("ul", undefined, "bars");
      for (const row of group.rows) {
        const item = document.createElement("li");
        item.append(element("span", row.label), element("span", this.valueText(row.value, row.status, figures.hidden_label)));
        list.append(item);
      }
      section.append(list);
      groups.append(section);
    }
    details.append(groups);
    if (groups.childElementCount) this.box.append(details);
  }

  head(area, parent) {
    const head = document.createElement("header");
    const names = document.createElement("div");
    names.append(element("h2", area.name), element("p", [parent, area.code].filter(Boolean).join(" · "), "quiet-text"));
    const close = element("button", "✕", "quiet");
    close.type = "button";
    close.setAttribute("aria-label", this.texts.close);
    close.addEventListener("click", () => this.onClose());
    head.append(names, close);
    return head;
  }
}
