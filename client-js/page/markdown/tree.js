/**
 * What a text becomes on the page, as data: a worker makes it, the page builds it (build.js). A node is a text, or an
 * element as its tag, its attributes and its children.
 *
 * @typedef {[tag: string, attributes: Record<string, string> | null, children: TreeNode[]]} TreeElement
 * @typedef {string | TreeElement} TreeNode
 */

/**
 * A change of a growing tree. Trees grow at their right edge, so each change is one there.
 *
 * @typedef {object} Edit
 * @property {number[]} path which child of which child …, from the root, it is about
 * @property {number} [keep] that element keeps so many of its children
 * @property {TreeNode[]} [add] and gets these after them
 * @property {string} [text] that text gets this at its end
 */

/**
 * The changes that make one row of siblings another.
 *
 * @param {TreeNode[]} before
 * @param {TreeNode[]} after
 * @param {number[]} path of their parent
 * @param {number} [first] place of the first of them among the parent's children
 * @returns {Edit[]}
 */
export function difference(before, after, path, first = 0) {
  let same = 0;
  while (same < before.length && same < after.length && equal(before[same], after[same])) same++;
  const edits = grown(before[same], after[same], [...path, first + same]);
  if (edits) {
    if (before.length > same + 1) edits.unshift({ path, keep: first + same + 1, add: [] });
    same += 1;
  }
  const rest = after.slice(same);
  if (rest.length > 0 || (!edits && before.length > same)) return [...(edits ?? []), { path, keep: first + same, add: rest }];
  return edits ?? [];
}

/**
 * The changes that make one node another; null when it is better replaced.
 *
 * @param {TreeNode | undefined} before
 * @param {TreeNode | undefined} after
 * @param {number[]} path
 * @returns {Edit[] | null}
 */
function grown(before, after, path) {
  if (before === undefined || after === undefined) return null;
  if (typeof before === 'string' || typeof after === 'string') {
    const longer = typeof before === 'string' && typeof after === 'string' && after.startsWith(before);
    return longer ? [{ path, text: after.slice(before.length) }] : null;
  }
  if (before[0] !== after[0] || !sameAttributes(before[1], after[1])) return null;
  return difference(before[2], after[2], path);
}

/** @param {TreeNode | undefined} a @param {TreeNode | undefined} b @returns {boolean} */
function equal(a, b) {
  if (a === b) return true;
  if (!Array.isArray(a) || !Array.isArray(b)) return false;
  if (a[0] !== b[0] || a[2].length !== b[2].length || !sameAttributes(a[1], b[1])) return false;
  return a[2].every((child, i) => equal(child, b[2][i]));
}

/** @param {Record<string, string> | null} a @param {Record<string, string> | null} b */
function sameAttributes(a, b) {
  if (a === b) return true;
  const names = Object.keys(a ?? {});
  return names.length === Object.keys(b ?? {}).length && names.every((name) => a?.[name] === b?.[name]);
}
