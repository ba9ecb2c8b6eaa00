// The import pages: a file dropped on the box, and how far the reading is.
const drop = document.getElementById("drop");
if (drop) {
  const file = document.getElementById("file");
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("is-over"); });
  }
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("is-over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    file.files = event.dataTransfer.files;
    document.getElementById("upload").requestSubmit();
  });
}

const rows = document.getElementById("rows");
if (rows) {
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const look = async () => {
    try {
      const answer = await fetch(rows.dataset.state, { headers: { Accept: "application/json" } });
      const job = await answer.json();
      if (job.state !== "running") { location.reload(); return; }
      rows.textContent = `${number.format(job.rows)} ${rows.dataset.label}`;
    } catch { /* the line is weak: ask again */ }
    setTimeout(look, 800);
  };
  setTimeout(look, 400);
}
