// Fetches the parts of the map. Areas and layers never change under their address,
// so the browser keeps them; figures are asked for again and mostly answered with 304.
const waiting = new Map();

// `status` is 0 where nothing answered.
export class RequestError extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

export async function json(url, signal) {
  let answer;
  try {
    answer = await fetch(url, { signal, headers: { Accept: "application/json" } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new RequestError("network");
  }
  if (answer.status === 401) {
    location.reload();
    return new Promise(() => {});
  }
  const body = await answer.json().catch(() => null);
  if (!answer.ok) throw new RequestError(body?.detail || body?.title || String(answer.status), answer.status);
  // Somebody on the way answers in the app's stead: a portal that wants a sign-in of its own.
  if (!body) throw new RequestError("network");
  return body;
}

export function once(url, load) {
  if (!waiting.has(url)) {
    waiting.set(url, load(url).catch((error) => { waiting.delete(url); throw error; }));
  }
  return waiting.get(url);
}

// Loads a script; where it should make `name` and does not, it was not the app that answered.
export function script(url, name = "") {
  return new Promise((resolve, reject) => {
    const node = document.createElement("script");
    node.src = url;
    node.onload = () => (!name || window[name] ? resolve() : reject(new RequestError("network")));
    node.onerror = () => reject(new RequestError("network"));
    document.head.append(node);
  });
}
