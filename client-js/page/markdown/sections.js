/** @import { Edit, TreeNode } from './tree.js' */

const BLOCKS_MAX = 32;
const SIZE = 12_000;

/** @typedef {[section: number, at: number]} Place */

/**
 * Puts blocks into sections of bounded size: a browser leaves a section alone that is out of sight, and with each block by
 * itself it would have too many to look after. Where a block stands depends only on the blocks before it.
 */
export class Sections {
  /** How many blocks have their place for ever, and where the last one stands. */
  #final = 0;
  /** @type {Place} */
  #last = [0, -1];
  #size = 0;

  /**
   * Changes of a row of blocks, as changes of the sections that they stand in.
   *
   * @param {Edit[]} edits
   * @param {number[]} sizes of the blocks that have no place for ever yet
   * @returns {Edit[]}
   */
  place(edits, sizes) {
    const places = this.#places(sizes);
    return edits.flatMap((edit) => {
      const [block, ...rest] = edit.path;
      if (block === undefined) return rowOf(edit, this.#final, [this.#last, ...places]);
      return [{ ...edit, path: [...(places[block - this.#final] ?? []), ...rest] }];
    });
  }

  /** The first of those blocks have their places for ever. @param {number[]} sizes */
  end(sizes) {
    const places = this.#places(sizes);
    this.#final += sizes.length;
    sizes.forEach((size, i) => {
      const place = places[i] ?? this.#last;
      this.#size = place[0] === this.#last[0] ? this.#size + size : size;
      this.#last = place;
    });
  }

  /** @param {number[]} sizes @returns {Place[]} */
  #places(sizes) {
    let [section, at] = this.#last;
    let size = this.#size;
    return sizes.map((own) => {
      const full = at + 1 >= BLOCKS_MAX || size >= SIZE;
      [section, at, size] = full ? [section + 1, 0, own] : [section, at + 1, size + own];
      return [section, at];
    });
  }
}

/**
 * @param {Edit} edit of the row: keeps blocks, adds others
 * @param {number} final
 * @param {Place[]} places of the last final block and of those after it
 * @returns {Edit[]}
 */
function rowOf({ keep = 0, add = [] }, final, places) {
  const [section, at] = places[keep - final] ?? [0, -1];
  /** @type {TreeNode[][]} */
  const into = [];
  add.forEach((node, i) => (into[(places[keep - final + 1 + i]?.[0] ?? section) - section] ??= []).push(node));
  const [same = [], ...next] = Array.from(into, (nodes) => nodes ?? []);
  const sections = next.map((nodes) => /** @type {TreeNode} */ (['div', { class: 'section' }, nodes]));
  if (at < 0) return [{ path: [], keep: 0, add: [['div', { class: 'section' }, same], ...sections] }];
  return [{ path: [section], keep: at + 1, add: same }, { path: [], keep: section + 1, add: sections }];
}
