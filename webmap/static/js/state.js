// What the map shows, in the address of the page: to send, to bookmark, to go back to.
const KEYS = [
  "level", "period", "measure", "show", "compare", "permit", "activity", "status", "agency",
  "scheme", "classes", "breaks", "area",
];

export function readState(defaults) {
  const given = new URLSearchParams(location.search);
  const state = { ...defaults };
  for (const key of KEYS) if (given.has(key)) state[key] = given.get(key);
  return state;
}

export function query(state, defaults, without = []) {
  const found = new URLSearchParams();
  for (const key of KEYS) {
    const value = state[key];
    if (value && !without.includes(key) && (!defaults || value !== defaults[key])) found.set(key, value);
  }
  return found.toString();
}

export function writeState(state, defaults) {
  const text = query(state, defaults);
  history.replaceState(null, "", text ? `?${text}` : location.pathname);
}
