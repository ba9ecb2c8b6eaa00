// The page of a job: how far it is, asked for again and again until it has ended.
const job = document.getElementById("job");
if (job) {
  const bar = document.getElementById("progress");
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const show = ({ done, total }) => {
    if (total) { bar.max = total; bar.value = done; }
    if (!done) return;
    const counted = total ? `${number.format(done)} / ${number.format(total)}` : number.format(done);
    job.textContent = `${counted} ${job.dataset.label}`;
  };
  const look = async () => {
    try {
      const answer = await fetch(job.dataset.state, { headers: { Accept: "application/json" } });
      const now = await answer.json();
      if (now.state !== "running") { location.reload(); return; }
      show(now);
    } catch { /* the line is weak: ask again */ }
    setTimeout(look, 800);
  };
  setTimeout(look, 400);
}
