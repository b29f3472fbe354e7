import { highlighted } from './libraries.js';
import { parts, partsOf } from './parts.js';

/** @import { TreeNode } from './tree.js' */

/** So much of a code block is in colour; the rest is plain. */
const COLOURED_CHARS_MAX = 16_000;
/** The last beginning that was coloured: while a block grows beyond it, it stays. */
let last = { code: '', language: '', tree: /** @type {TreeNode[]} */ ([]) };

/**
 * A code block: its language, a button to copy it, its lines.
 *
 * @param {string} code
 * @param {string} info the words after the fence
 * @returns {TreeNode}
 */
export function codeBlock(code, info) {
  const language = /^[^\s{]{1,40}/.exec(info.trim())?.[0] ?? '';
  const beginning = code.length <= COLOURED_CHARS_MAX ? code : code.slice(0, code.lastIndexOf('\n', COLOURED_CHARS_MAX) + 1);
  const lines = [...partsOf(coloured(beginning, language)), ...parts(code.slice(beginning.length))];
  return [
    'figure',
    { class: 'code' },
    [
      ['figcaption', null, [['span', null, [language || 'text']], ['button', { class: 'copy', type: 'button' }, ['Copy']]]],
      ['pre', { tabindex: '0' }, [['code', null, lines]]],
    ],
  ];
}

/** @param {string} code @param {string} language @returns {TreeNode[]} */
function coloured(code, language) {
  if (code === '') return [];
  if (code !== last.code || language !== last.language) {
    last = { code, language, tree: highlighted(code, language) ?? parts(code) };
  }
  return last.tree;
}
