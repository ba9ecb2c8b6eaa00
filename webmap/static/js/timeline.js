// Months one after the other: a slider, and a button that plays them.
const PAUSE = 1400;

export class Timeline {
  constructor({ slider, play, output, months, texts, onMonth }) {
    Object.assign(this, { slider, play, output, months, texts, onMonth });
    slider.max = Math.max(months.length - 1, 0);
    slider.addEventListener("input", () => { this.stop(); this.go(Number(slider.value)); });
    play.addEventListener("click", () => (this.timer ? this.stop() : this.start()));
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.stop(); });
  }

  // Called when the period was chosen elsewhere.
  show(period) {
    const at = this.months.findIndex((month) => month.key === period);
    if (at >= 0) this.slider.value = at;
    const month = this.months[Number(this.slider.value)];
    this.output.textContent = at >= 0 ? month.label : this.texts.no_month;
    this.slider.setAttribute("aria-valuetext", at >= 0 ? month.label : this.texts.no_month);
  }

  async go(at) {
    const month = this.months[at];
    if (!month) return;
    this.slider.value = at;
    this.output.textContent = month.label;
    await this.onMonth(month.key);
  }

  async start() {
    this.play.setAttribute("aria-pressed", "true");
    this.play.textContent = this.texts.pause;
    const last = this.months.length - 1;
    const from = Number(this.slider.value) >= last ? -1 : Number(this.slider.value);
    this.timer = setTimeout(() => this.step(from + 1), 0);
  }

  async step(at) {
    await this.go(at);
    if (!this.timer) return;
    if (at >= this.months.length - 1) this.stop();
    else this.timer = setTimeout(() => this.step(at + 1), PAUSE);
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = null;
    this.play.setAttribute("aria-pressed", "false");
    this.play.textContent = this.texts.play;
  }
}
