const STORE = 'lastword.conversations';
const CONVERSATIONS_MAX = 50;
const TITLE_CHARS_MAX = 60;

/**
 * A conversation that this browser remembers; what was said in it is with the gateway.
 *
 * @typedef {{ key: string, title: string }} Recent
 */

/** A key that nobody guesses: 128 random bits. */
export function newKey() {
  const bits = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bits)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
}

/** The key that an address names, or null. @param {string} hash */
export function keyIn(hash) {
  return /^#([A-Za-z0-9_-]{8,64})$/.exec(hash)?.[1] ?? null;
}

/** Newest first. @returns {Recent[]} */
export function recent() {
  try {
    const stored = JSON.parse(localStorage.getItem(STORE) ?? '[]');
    if (!Array.isArray(stored)) return [];
    return stored.filter(({ key, title }) => keyIn(`#${key}`) !== null && typeof title === 'string');
  } catch {
    return []; // storage is off or holds something else: the address alone remembers
  }
}

/** Puts a conversation first. @param {string} key @param {string} said its first message */
export function remember(key, said) {
  const line = said.trim().replace(/\s+/g, ' ');
  const title = line.length > TITLE_CHARS_MAX ? `${line.slice(0, TITLE_CHARS_MAX - 1)}…` : line;
  const known = recent().find((one) => one.key === key);
  store([known ?? { key, title }, ...recent().filter((one) => one.key !== key)]);
}

/** @param {string} key */
export function forget(key) {
  store(recent().filter((one) => one.key !== key));
}

/** @param {Recent[]} conversations */
function store(conversations) {
  try {
    localStorage.setItem(STORE, JSON.stringify(conversations.slice(0, CONVERSATIONS_MAX)));
  } catch {
    // Storage is off or full: the list is a convenience.
  }
}
