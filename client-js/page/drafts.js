/** What was typed and not yet said, for each conversation of this tab: a reload in the wrong moment loses none of it. */

/** @param {string} key of a conversation */
function nameOf(key) {
  return `lastword.draft.${key}`;
}

/** @param {string} key */
export function draft(key) {
  try {
    return sessionStorage.getItem(nameOf(key)) ?? '';
  } catch {
    return ''; // storage is off
  }
}

/** @param {string} key @param {string} text empty for none */
export function keepDraft(key, text) {
  try {
    if (text === '') sessionStorage.removeItem(nameOf(key));
    else sessionStorage.setItem(nameOf(key), text);
  } catch {
    // Storage is off or full: what is typed lives as long as the page.
  }
}
