/** So long a button says that it has copied. */
const SAID_MS = 1_500;

/**
 * Copies a text, and says so on the button that was pressed.
 *
 * @param {HTMLElement} button
 * @param {string} text
 */
export async function copy(button, text) {
  const name = (button.dataset.name ??= button.textContent ?? '');
  const copied = await toClipboard(text);
  button.textContent = copied ? 'Copied' : 'Not copied';
  setTimeout(() => (button.textContent = name), SAID_MS);
}

/** @param {string} text */
async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return bySelection(text); // only pages that came safely have a clipboard
  }
}

/** @param {string} text */
function bySelection(text) {
  const area = document.createElement('textarea');
  const before = document.activeElement;
  area.value = text;
  area.className = 'hidden';
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return copied;
}
