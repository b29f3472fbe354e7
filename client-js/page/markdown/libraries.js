import { treeOf } from './markup.js';

/** @import { TreeNode } from './tree.js' */

const CODE_CHARS_MAX = 20_000;
const FORMULA_CHARS_MAX = 4_000;
const FORMULA_DEPTH_MAX = 160;
/** Names that models give to languages and highlight.js does not know. @type {Record<string, string>} */
const ALIASES = { shellscript: 'bash', 'c#': 'csharp', 'c++': 'cpp', 'f#': 'fsharp', golang: 'go' };

/** @type {typeof import('../vendor/highlight-11.12.0/highlight.min.js').default | undefined} */
let highlighter;
/** @type {Promise<unknown> | undefined} */
let loadingMath;
/** @type {Promise<unknown> | undefined} */
let loadingHighlighter;

/** Loads what a text may need, once: most need neither. @param {string} text */
export async function loadFor(text) {
  if (/\$|\\[([]/.test(text)) loadingMath ??= import('../vendor/katex-0.19.1/katex.min.js');
  if (/```|~~~/.test(text)) {
    loadingHighlighter ??= import('../vendor/highlight-11.12.0/highlight.min.js').then((it) => (highlighter = it.default));
  }
  await Promise.all([loadingMath, loadingHighlighter]);
}

/**
 * A formula as KaTeX sets it, for eyes and for screen readers; as it was written when it is none.
 *
 * @param {string} tex
 * @param {boolean} display in a line of its own
 * @returns {TreeNode[]}
 */
export function formula(tex, display) {
  try {
    if (tex.length > FORMULA_CHARS_MAX) throw new RangeError('the formula is too long');
    const options = { displayMode: display, maxExpand: 500, maxSize: 20, strict: /** @type {const} */ ('ignore'), trust: false };
    return treeOf(self.katex.renderToString(tex, options), FORMULA_DEPTH_MAX);
  } catch {
    return [['code', { class: 'tex' }, [tex]]]; // no TeX, or none that KaTeX knows: its author's words say most
  }
}

/**
 * Code with the classes of highlight.js; null when nothing is known of its language.
 *
 * @param {string} code
 * @param {string} language
 * @returns {TreeNode[] | null}
 */
export function highlighted(code, language) {
  const name = ALIASES[language.toLowerCase()] ?? language;
  if (code.length > CODE_CHARS_MAX || !highlighter?.getLanguage(name)) return null;
  return treeOf(highlighter.highlight(code, { language: name, ignoreIllegals: true }).value);
}
