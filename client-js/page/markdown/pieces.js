/** @import { TreeElement, TreeNode } from './tree.js' */

/** So many nodes are in one piece. */
const NODES = 400;

/**
 * A long list or table in pieces: a browser lays each out as a whole, and a piece that is out of sight not at all. What is
 * in a piece depends only on what stands before it, so that a list that grows changes in its last piece.
 *
 * @param {TreeNode} node
 * @returns {TreeNode[]}
 */
export function inPieces(node) {
  if (typeof node === 'string') return [node];
  const [tag, attributes, children] = node;
  if (tag === 'ul' || tag === 'ol') return listInPieces(tag, attributes, children);
  return attributes?.class === 'table' ? tableInPieces(node) : [node];
}

/** @param {string} tag @param {Record<string, string> | null} attributes @param {TreeNode[]} items @returns {TreeNode[]} */
function listInPieces(tag, attributes, items) {
  let before = 0;
  return grouped(items).map((group, i) => {
    const start = `${Number(attributes?.start ?? 1) + before}`;
    before += group.length;
    if (i === 0) return [tag, attributes, group];
    return [tag, tag === 'ol' ? { class: 'piece', start } : { class: 'piece' }, group];
  });
}

/** @param {TreeElement} node a table in its frame; each piece has its head @returns {TreeNode[]} */
function tableInPieces([tag, attributes, [table]]) {
  const [head, body] = /** @type {TreeElement[]} */ (/** @type {TreeElement} */ (table)[2]);
  return grouped(body?.[2] ?? []).map((rows, i) => {
    /** @type {TreeElement[]} */
    const parts = head ? [head] : [];
    if (body) parts.push([body[0], body[1], rows]);
    return [tag, { ...attributes, class: i === 0 ? 'table' : 'table piece' }, [['table', null, parts]]];
  });
}

/** @param {TreeNode[]} nodes @returns {TreeNode[][]} */
function grouped(nodes) {
  /** @type {TreeNode[][]} */
  const groups = [[]];
  let weight = 0;
  for (const node of nodes) {
    if (weight >= NODES) {
      groups.push([]);
      weight = 0;
    }
    groups.at(-1)?.push(node);
    weight += count([node]);
  }
  return groups;
}

/** How many nodes there are. @param {TreeNode[]} nodes @returns {number} */
export function count(nodes) {
  return nodes.reduce((/** @type {number} */ sum, node) => sum + 1 + (typeof node === 'string' ? 0 : count(node[2])), 0);
}
