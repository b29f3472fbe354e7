/** @import { TreeNode } from './tree.js' */

const TOKEN = /<(\/?)([a-zA-Z][\w:-]*)((?:\s+[\w:-]+="[^"]*")*)\s*(\/?)>|[^<]+|</g;
const ATTRIBUTE = /([\w:-]+)="([^"]*)"/g;
const ENTITY = /&(?:amp|lt|gt|quot|#x27|#39|nbsp);/g;
/** @type {Record<string, string>} */
const CHARACTERS = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#x27;': "'", '&#39;': "'", '&nbsp;': '\u00a0' };

/**
 * The tree that a library's markup says. It is made for the well-formed output of KaTeX and highlight.js, not for HTML
 * from elsewhere: what it does not understand becomes text.
 *
 * @param {string} markup
 * @param {number} [depthMax]
 * @returns {TreeNode[]}
 * @throws {RangeError} if it goes deeper
 */
export function treeOf(markup, depthMax = Infinity) {
  /** @type {TreeNode[]} */
  const roots = [];
  const open = [{ tag: '', children: roots }];
  for (const [token, closing, tag = '', attributes = '', empty] of markup.matchAll(TOKEN)) {
    const siblings = open.at(-1)?.children ?? roots;
    if (tag === '') {
      siblings.push(token.replace(ENTITY, (entity) => CHARACTERS[entity] ?? entity));
    } else if (closing) {
      if (open.length > 1 && open.at(-1)?.tag === tag) open.pop();
    } else {
      /** @type {TreeNode[]} */
      const children = [];
      siblings.push([tag, attributesOf(attributes), children]);
      if (!empty) open.push({ tag, children });
      if (open.length > depthMax) throw new RangeError(`deeper than ${depthMax}`);
    }
  }
  return roots;
}

/** @param {string} text */
function attributesOf(text) {
  const found = [...text.matchAll(ATTRIBUTE)];
  if (found.length === 0) return null;
  return Object.fromEntries(found.map(([, name = '', value = '']) => [name, value.replace(ENTITY, (it) => CHARACTERS[it] ?? it)]));
}
