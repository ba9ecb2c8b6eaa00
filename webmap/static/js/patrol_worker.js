// Keeps the patrol's page for where there is no network. It keeps the page as the app sent it to
// this account, and the files it is made of; nothing else of the app. Pages come from the network
// where it answers in time; files never change under their address.
const PAGES = "patrol-pages";
const FILES = "patrol-files";
const PATIENCE = 5000;
const HOME = new URL("./", self.location).pathname;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  const { files, page: address } = event.data ?? {};
  if (!address) return;
  const before = files ? keep(files) : Promise.resolve();
  event.waitUntil(before.then(() => keepPage(address)).then(() => event.source?.postMessage("kept")));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && url.pathname === HOME) event.respondWith(page(request));
  else if (isFile(url)) event.respondWith(file(request));
});

function isFile(url) {
  return url.pathname.startsWith("/assets/") || url.pathname.startsWith("/map/layers/") || url.pathname.endsWith("/app.webmanifest");
}

// The files of the page that is open now. What older pages needed goes, and so do they: they
// would open without their looks and their script.
async function keep(files) {
  const cache = await caches.open(FILES);
  const wanted = new Set(files);
  const old = (await cache.keys()).filter((known) => !wanted.has(known.url));
  if (old.length) await caches.delete(PAGES);
  for (const known of old) await cache.delete(known);
  await Promise.all(files.map(async (url) => {
    if (await cache.match(url)) return;
    const answer = await fetch(url, { credentials: "same-origin" });
    if (answer.ok) await cache.put(url, answer);
  }));
}

// The page that is open was loaded before this worker, or was forgotten for a new account.
async function keepPage(address) {
  const request = new Request(address, { headers: { Accept: "text/html" } });
  await remember(request, await fetch(request));
}

async function file(request) {
  const cache = await caches.open(FILES);
  return (await cache.match(request, { ignoreVary: true })) ?? fetch(request);
}

async function page(request) {
  const asked = fetch(request).then((answer) => remember(request, answer));
  const late = new Promise((resolve) => { setTimeout(resolve, PATIENCE); });
  try {
    return (await Promise.race([asked, late])) ?? (await remembered(request)) ?? (await asked);
  } catch {
    return (await remembered(request)) ?? nothing();
  }
}

// Only a page that the app gave to this account is kept; a sign-in page or a refusal means that
// what was kept is not for whoever holds the phone now.
async function remember(request, answer) {
  if (answer.redirected || answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
    await caches.delete(PAGES);
    return answer;
  }
  const hours = Number(answer.headers.get("X-Keep-Hours"));
  if (!answer.ok || !hours) return answer;
  const headers = new Headers(answer.headers);
  headers.set("X-Keep-Until", String(Date.now() + hours * 3600000));
  const kept = new Response(await answer.clone().blob(), { headers });
  const cache = await caches.open(PAGES);
  await cache.put(request.url, kept);
  return answer;
}

async function remembered(request) {
  const cache = await caches.open(PAGES);
  const found = (await cache.match(request.url, { ignoreVary: true }))
    ?? (await cache.match(HOME, { ignoreSearch: true, ignoreVary: true }));
  if (!found) return undefined;
  if (Number(found.headers.get("X-Keep-Until")) > Date.now()) return found;
  await caches.delete(PAGES);
  return undefined;
}

function nothing() {
  const text = "<!DOCTYPE html><html lang=\"id\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
    + "<title>geo_pora</title><h1>Tanpa jaringan</h1><p>Tidak ada daftar titik rawan yang tersimpan, atau sudah terlalu lama. Buka lagi saat ada sinyal.</p>"
    + "<p lang=\"en\">No network, and no list is kept, or it is too old. Open this again where there is a signal.</p></html>";
  const headers = { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": "default-src 'none'" };
  return new Response(text, { status: 503, headers });
}
