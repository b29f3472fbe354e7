import { GrowingText } from './growing.js';
import { loadFor } from './libraries.js';

/** @import { Edit } from './tree.js' */

/**
 * @typedef {object} Request a text has grown; or its next part is wanted, where `more` is empty
 * @property {number} id
 * @property {number} from so much of it was said before
 * @property {string} more
 */

/** @typedef {{ id: number, ended: true }} End nothing more will be asked of this text */

/**
 * @typedef {object} Reply
 * @property {number} id
 * @property {Edit[]} edits
 * @property {boolean} behind whether to ask again for the rest
 * @property {number} tookMs
 */

/** @typedef {{ id: number, error: string, unknown?: boolean }} Failure `unknown`: what was said before was said to another */

/** @type {Map<number, GrowingText>} */
const texts = new Map();

addEventListener('message', async ({ data: request }) => {
  if ('ended' in request) texts.delete(request.id);
  else postMessage(await answer(request).catch((error) => ({ id: request.id, error: `${error}` })));
});

/** @param {Request} request @returns {Promise<Reply | Failure>} */
async function answer({ id, from, more }) {
  const text = texts.get(id) ?? new GrowingText();
  if (from > 0 && !texts.has(id)) return { id, error: 'its beginning is not known here', unknown: true };
  texts.set(id, text);
  await loadFor(more);
  const startedAt = performance.now();
  text.grow(more);
  const edits = text.step();
  return { id, edits, behind: text.behind, tookMs: performance.now() - startedAt };
}
