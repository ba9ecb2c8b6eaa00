// What a phone keeps for the road: checks that wait to be sent, in IndexedDB, and the last page
// of hot spots, in the service worker's caches. All of it goes when its owner signs out.
const NAME = "geo_pora";

function asPromise(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function open() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => request.result.createObjectStore("checks", { keyPath: "token" });
  return asPromise(request);
}

async function inStore(mode, work) {
  const database = await open();
  try {
    const transaction = database.transaction("checks", mode);
    const result = await work(transaction.objectStore("checks"));
    if (mode === "readwrite") {
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = transaction.onerror = () => reject(transaction.error);
      });
    }
    return result;
  } finally {
    database.close();
  }
}

export const keep = (check) => inStore("readwrite", (store) => { store.put(check); });
export const drop = (token) => inStore("readwrite", (store) => { store.delete(token); });
export const waiting = () => inStore("readonly", (store) => asPromise(store.getAll()));

let settled = null;

// What was kept for another account is not for this one: its pages go, its checks wait for it.
// Whoever asks on a page waits for the same.
export const belongTo = (account) => (settled ??= settle(account));

async function settle(account) {
  const before = localStorage.getItem("patrol-owner");
  if (before === account) return;
  await wipe({ checks: false });
  localStorage.setItem("patrol-owner", account);
}

// Forget the pages; with `checks` also what waits to be sent.
export async function wipe({ checks }) {
  if (window.caches) {
    for (const name of await caches.keys()) if (name.startsWith("patrol")) await caches.delete(name);
  }
  if (!checks || !window.indexedDB) return;
  await inStore("readwrite", (store) => { store.clear(); });
  if (navigator.serviceWorker) {
    for (const one of await navigator.serviceWorker.getRegistrations()) await one.unregister();
  }
}
