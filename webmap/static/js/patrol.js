// The patrol's page: hot spots on the map and in the list, and checks that survive a dead network.
import { Choropleth, furniture, installPatterns, swatch } from "../maps/choropleth.js";
import { belongTo, drop, keep, waiting, wipe } from "./device.js";

const page = JSON.parse(document.getElementById("page").textContent);
const { texts } = page;
const $ = (id) => document.getElementById(id);
const COLOURS = { hot99: "#7f0000", hot95: "#c8321e", hot90: "#fdbb84" };
const ORDER = Object.keys(COLOURS);
const spots = new Map(page.spots.map((spot) => [spot.code, spot]));

function drawMap() {
  const map = window.map_geopora;
  installPatterns();
  furniture(map, texts.north);
  map.zoomControl.getContainer().querySelectorAll("a").forEach((link, at) => {
    link.title = at ? texts.zoom_out : texts.zoom_in;
    link.setAttribute("aria-label", link.title);
  });
  const [west, south, east, north] = page.bounds;
  map.fitBounds([[south, west], [north, east]], { animate: false });
  const choropleth = new Choropleth(map, window.geo_json_district, {
    onSelect: (code) => { if (spots.has(code)) select(code); },
    describe: (cell) => `${cell.name}: ${cell.text}`,
  });
  const cells = new Map(Object.entries(page.names).map(([code, name]) => {
    const spot = spots.get(code);
    const at = spot ? window.geo_json_district.getLayers().find((area) => area.feature.id === code)?.getBounds().getCenter() : null;
    return [code, {
      name, text: spot?.text ?? texts.none, point: at && [at.lat, at.lng],
      status: spot ? "published" : "zero", cls: spot ? ORDER.indexOf(spot.sure) : -1,
    }];
  }));
  choropleth.show(cells, { classes: ORDER.map((name) => ({ colour: COLOURS[name] })) });
  for (const name of ORDER) $("legend").append(swatch(COLOURS[name], page.classes[name]));
  $("legend").append(swatch("#f7f6f1", texts.none));
  return choropleth;
}

function select(code, { scroll = true } = {}) {
  document.querySelectorAll(".spot.is-selected").forEach((card) => card.classList.remove("is-selected"));
  const card = document.querySelector(`.spot[data-code="${code}"]`);
  card.classList.add("is-selected");
  if (scroll) card.focus({ preventScroll: false });
  choropleth?.mark(code);
}

const choropleth = window.map_geopora && window.geo_json_district ? drawMap() : null;
document.querySelectorAll(".spot").forEach((card) => {
  card.addEventListener("focusin", () => select(card.dataset.code, { scroll: false }));
});

// Checks: first into the phone, then to the app; a check has one token all its life.
document.querySelectorAll("form[data-check]").forEach((form) => form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const given = new FormData(form);
  form.dataset.token ??= newToken(); // tapped twice, it is one check
  const check = {
    token: form.dataset.token, owner: page.owner, checked_at: new Date().toISOString(),
    area_code: given.get("area_code"), period: given.get("period"), seen: given.get("seen"),
    outcome: given.get("outcome"), note: given.getAll("note"),
  };
  try {
    await keep(check);
  } catch {
    form.submit(); // a browser that keeps nothing: the app answers with a page
    return;
  }
  form.reset();
  delete form.dataset.token;
  form.closest("details").open = false;
  await list();
  await send();
}));

// Not randomUUID: it is missing where the app is reached without HTTPS.
const newToken = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
const told = (check) => [page.outcomes[check.outcome], ...check.note.map((note) => page.notes[note])].join(", ");

// Show what waits under each hot spot, and what was refused.
async function list() {
  const own = (await waiting()).filter((check) => check.owner === page.owner);
  document.querySelectorAll("[data-waiting]").forEach((place) => place.replaceChildren());
  for (const check of own) {
    const place = document.querySelector(`.spot[data-code="${check.area_code}"] [data-waiting]`);
    const item = document.createElement("li");
    const text = document.createElement("span");
    text.textContent = texts.waiting.replace("WHAT", place ? told(check) : `${page.names[check.area_code] ?? check.area_code}: ${told(check)}`);
    item.append(text);
    if (check.refused) {
      item.className = "is-refused";
      text.textContent = `${told(check)} · ${texts.refused.replace("WHY", check.refused)}`;
      const forget = document.createElement("button");
      forget.className = "plain";
      forget.type = "button";
      forget.textContent = texts.forget;
      forget.addEventListener("click", async () => { await drop(check.token); await list(); });
      item.append(forget);
    }
    (place ?? elsewhere()).append(item);
  }
  return own.filter((check) => !check.refused);
}

// A place for checks of hot spots that this page does not list.
function elsewhere() {
  let place = $("elsewhere");
  if (!place) {
    place = document.createElement("ul");
    place.id = "elsewhere";
    place.className = "spot-waiting";
    place.dataset.waiting = "";
    $("queue").before(place);
  }
  return place;
}

function say(text, signIn = false) {
  $("queue").hidden = !text;
  $("queue-text").textContent = text;
  $("queue-sign-in").hidden = !signIn;
}

// On a weak signal an answer may never come; asking again is harmless.
const PATIENCE = 30000;

// Whether the app answers; a browser's own word for it is not enough on a weak signal.
let reached = navigator.onLine;

async function session() {
  let answer;
  try {
    answer = await fetch("session.json", { headers: { Accept: "application/json" }, cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    reached = true;
  } catch (error) {
    reached = false;
    throw error;
  } finally {
    showLine();
  }
  if (answer.status === 401) return { signedOut: true };
  if (answer.status === 403) return {};
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

let sending = null;
const send = () => (sending ??= sendAll().finally(() => { sending = null; }));

async function sendAll() {
  const own = await list();
  try {
    const known = await session();
    if (!own.length) return;
    // Never as somebody else: what waits belongs to the account it was noted with.
    if (known.owner !== page.owner) {
      say(texts.sign_in.replace("COUNT", own.length), true);
      return;
    }
    say("");
    for (const check of own) await sendOne(check, known.csrf_token);
    keepAgain();
  } catch {
    later();
  } finally {
    await list();
  }
}

async function sendOne(check, csrf) {
  const body = new URLSearchParams();
  for (const name of ["token", "area_code", "period", "seen", "outcome", "checked_at"]) body.set(name, check[name]);
  body.set("sent_at", new Date().toISOString()); // the app sees by it how wrong this clock is
  for (const note of check.note) body.append("note", note);
  const answer = await fetch("checks", { method: "POST", body, headers: { Accept: "application/json", "X-CSRFToken": csrf }, signal: AbortSignal.timeout(PATIENCE) });
  // A session that ended meanwhile, or a busy app, says nothing about the check.
  if (answer.status >= 500 || [401, 403, 408, 429].includes(answer.status)) throw new Error(String(answer.status));
  const said = await answer.json().catch(() => null);
  if (!answer.ok && said?.title) {
    await keep({ ...check, refused: said.detail || said.title });
    return;
  }
  if (!said?.id) throw new Error("somebody else answered");
  await drop(check.token);
  note(check, said);
}

// Say under the hot spot what became of a check.
function note(check, said) {
  const last = document.querySelector(`.spot[data-code="${check.area_code}"] [data-last]`);
  if (last) last.textContent = `${texts.sent} ${told(check)} (${texts.just_now}).`;
  const more = [];
  if (said.gone) more.push(texts.gone);
  for (const other of said.others) more.push(texts.others.replace("WHAT", other));
  if (!more.length) return;
  const line = document.createElement("p");
  line.className = "notice bad";
  line.setAttribute("role", "status");
  line.textContent = `${page.names[check.area_code] ?? check.area_code}: ${more.join(" ")}`;
  (last ?? $("queue")).after(line);
}

// Wait longer each time; a network that comes back is noticed at once.
let pause = 2000;
let timer = 0;
function later() {
  clearTimeout(timer);
  timer = setTimeout(send, pause);
  pause = Math.min(pause * 2, 120000);
}

function showLine() {
  const old = Date.now() - Date.parse(page.made_at) > 10 * 60000;
  $("line").hidden = reached && !old;
  const when = new Date(page.made_at).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  $("line").textContent = texts.offline.replace("WHEN", when);
}

addEventListener("online", () => { pause = 2000; send(); });
addEventListener("offline", () => { reached = false; showLine(); });
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  send();
  forgetInTime();
});

// What is shown goes when what is kept does, where the page stays open too.
async function forgetInTime() {
  const kept = await window.caches?.match(location.href, { ignoreVary: true });
  const until = Number(kept?.headers.get("X-Keep-Until"));
  if (!until) return;
  if (until > Date.now()) {
    clearTimeout(forgetting);
    forgetting = setTimeout(forgetInTime, until - Date.now());
    return;
  }
  await wipe({ checks: false });
  location.reload();
}
let forgetting = 0;

// The page that is kept should know of the checks that were sent.
function keepAgain() {
  navigator.serviceWorker?.controller?.postMessage({ page: location.href });
}

// Other pages of this account may not be on this phone any more; checks of others stay theirs.
async function begin() {
  showLine();
  if (!window.indexedDB) return;
  const old = Date.now() - 7 * 86400000;
  for (const check of await waiting()) if (Date.parse(check.checked_at) < old && check.owner !== page.owner) await drop(check.token);
  await send();
}

async function prepare() {
  if (!navigator.serviceWorker) return;
  await navigator.serviceWorker.register("worker.js");
  const ready = await navigator.serviceWorker.ready;
  const files = performance.getEntriesByType("resource").map((one) => one.name)
    .filter((name) => name.startsWith(location.origin) && /^\/(assets|map\/layers)\//.test(new URL(name).pathname));
  navigator.serviceWorker.addEventListener("message", (event) => {
    if (event.data !== "kept") return;
    document.documentElement.dataset.ready = "offline";
    forgetInTime();
  });
  const manifest = new URL("app.webmanifest", location).href;
  ready.active.postMessage({ files: [...new Set([...files, manifest])], page: location.href });
}

await belongTo(page.owner);
await forgetInTime();
await begin();
await prepare();
