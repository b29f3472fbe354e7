import { count } from './pieces.js';

/** @import { TreeNode } from './tree.js' */

const PART_LINES = 100;
const PART_CHARS_MAX = 8_000;
const PART_NODES = 300;

/**
 * A text in pieces that a browser lays out one by one: it lays a block out as a whole, and anew whenever that grows.
 *
 * @param {string} text
 * @returns {TreeNode[]}
 */
export function parts(text) {
  if (text.length <= PART_CHARS_MAX) return text === '' ? [] : [text];
  /** @type {TreeNode[]} */
  const pieces = [];
  for (let from = 0; from < text.length; ) {
    const end = endOfPart(text, from);
    pieces.push(['span', { class: 'part' }, [text.slice(from, end)]]);
    from = end;
  }
  return pieces;
}

/**
 * The same for lines with marks in them, where a line ends outside of them.
 *
 * @param {TreeNode[]} nodes
 * @returns {TreeNode[]}
 */
export function partsOf(nodes) {
  /** @type {TreeNode[][]} */
  const groups = [];
  let size = PART_NODES;
  for (const node of nodes) {
    let rest = node;
    const end = typeof node === 'string' ? node.indexOf('\n') + 1 : 0;
    if (size >= PART_NODES && (end > 0 || groups.length === 0)) {
      if (typeof node === 'string' && groups.length > 0) {
        groups.at(-1)?.push(node.slice(0, end));
        rest = node.slice(end);
      }
      groups.push([]);
      size = 0;
    }
    if (rest !== '') groups.at(-1)?.push(rest);
    size += count([node]);
  }
  // A line of so many marks is none that a person reads.
  return groups.flatMap((group) => (count(group) > 5 * PART_NODES ? parts(textOf(group)) : [['span', { class: 'part' }, group]]));
}

/** @param {TreeNode[]} nodes @returns {string} */
function textOf(nodes) {
  return nodes.map((node) => (typeof node === 'string' ? node : textOf(node[2]))).join('');
}

/** @param {string} text @param {number} from */
function endOfPart(text, from) {
  const most = from + PART_CHARS_MAX;
  let end = from;
  for (let lines = 0; lines < PART_LINES; lines++) {
    const next = text.indexOf('\n', end) + 1;
    if (next === 0 || next > most) break;
    end = next;
  }
  if (end > from) return end;
  if (most >= text.length) return text.length;
  // One line that is too long: at a space, and never in the middle of a character.
  const space = text.lastIndexOf(' ', most);
  if (space > from) return space + 1;
  return /[\uD800-\uDBFF]/.test(text[most - 1] ?? '') ? most - 1 : most;
}
