import { codeBlock } from './code.js';
import { parse } from './parser.js';
import { count } from './pieces.js';
import { Sections } from './sections.js';
import { difference } from './tree.js';

/** @import { Block, OpenFence } from './parser.js' */
/** @import { Edit, TreeNode } from './tree.js' */

/** So much text is read in one step; less where a little text makes much of a page, as formulas do. */
const STEP_CHARS = 16_384;
const STEP_CHARS_MIN = 1_024;
const STEP_NODES = 3_000;
/** A node is as much work for a browser as so many characters. */
const NODE_CHARS = 16;
/** A longer block is cut in two: what has not ended is read anew with each step, and laid out anew by the browser. */
const BLOCK_CHARS_MAX = 16_384;

/**
 * A Markdown text that grows. Blocks that have ended are never read again: a block has ended once the next one is
 * sure to be one. What stands open at the end is read anew, and of that only the difference is told.
 */
export class GrowingText {
  #text = '';
  /** Up to where the text has been read. */
  #read = 0;
  /** Where the block begins that may still change. */
  #from = 0;
  /** How many nodes stand before it, and its own as they were told. */
  #final = 0;
  /** @type {TreeNode[]} */
  #told = [];
  #sections = new Sections();
  #stepChars = STEP_CHARS;
  /** What the parser has to see before that block, though it was told before: the head of a table that was cut. */
  #head = '';
  /** Where that block is code: up to which line its end was looked for. @type {OpenFence & { seen: number } | null} */
  #fence = null;
  /** The text so far ends with a carriage return: whether that is half of a line end is not known yet. */
  #return = false;

  /** Whether there is more to tell. */
  get behind() {
    return this.#read < this.#text.length;
  }

  /** @param {string} more */
  grow(more) {
    const text = (this.#return ? '\r' : '') + more;
    this.#return = text.endsWith('\r');
    this.#text += (this.#return ? text.slice(0, -1) : text).replace(/\r\n?/g, '\n');
  }

  /** Reads on, by a bounded amount. @returns {Edit[]} what has changed */
  step() {
    const end = Math.min(this.#text.length, this.#read + this.#stepChars);
    return this.#fence ? this.#readCode(this.#fence, end) : this.#readBlocks(end);
  }

  /** @param {number} end @returns {Edit[]} */
  #readBlocks(end) {
    const window = this.#head + this.#text.slice(this.#from, end);
    const blocks = parse(window);
    const last = blocks.at(-1);
    // A last block that is not sure may yet become a part of the one before.
    const ended = Math.max(0, blocks.length - (last?.sure ? 1 : 2));
    if (ended === 0 && !last?.fence) {
      if (window.length >= BLOCK_CHARS_MAX) return this.#cut(window, blocks[0], end);
      if (end < this.#text.length) return this.#readBlocks(Math.min(this.#text.length, this.#from + BLOCK_CHARS_MAX));
    }
    const origin = this.#from - this.#head.length;
    const edits = this.#tell(nodesOf(blocks), nodesOf(blocks.slice(0, ended)).length, end);
    if (ended > 0) this.#goOn(origin + (blocks[ended]?.at ?? window.length), '');
    if (last?.fence) this.#fence = { ...last.fence, body: origin + last.fence.body, seen: origin + last.fence.body };
    return edits;
  }

  /**
   * Ends a block that is too long in the middle, at an item or a row if it has some.
   *
   * @param {string} window
   * @param {Block | undefined} block
   * @param {number} end
   */
  #cut(window, block, end) {
    const places = [block?.cut ?? 0, window.lastIndexOf('\n') + 1, window.lastIndexOf(' ') + 1];
    const least = this.#head.length + 1;
    const at = places.find((place) => place > least) ?? window.length - (/[\uD800-\uDBFF]$/.test(window) ? 1 : 0);
    const head = at === block?.cut ? block.head : '';
    const rest = head + window.slice(at);
    const ended = nodesOf(parse(window.slice(0, at)));
    const edits = this.#tell([...ended, ...nodesOf(parse(rest))], ended.length, end);
    this.#goOn(this.#from - this.#head.length + at, head);
    return edits;
  }

  /** Reads lines of code until one of them ends it. @param {OpenFence & { seen: number }} fence @param {number} end @returns {Edit[]} */
  #readCode(fence, end) {
    for (let next = this.#text.indexOf('\n', fence.seen); next >= 0 && next < end; next = this.#text.indexOf('\n', fence.seen)) {
      if (closes(fence.mark, this.#text.slice(fence.seen, next))) {
        const edits = this.#tell([this.#code(fence, fence.seen)], 1, next + 1);
        this.#goOn(next + 1, '');
        this.#fence = null;
        return edits;
      }
      fence.seen = next + 1;
    }
    // The line that stands open may become the end: then it is not to flicker.
    const line = this.#text.slice(fence.seen, end);
    const held = line.trim() === '' || closes(fence.mark, line);
    return this.#tell([this.#code(fence, held ? fence.seen : end)], 0, end);
  }

  /** @param {OpenFence} fence @param {number} end @returns {TreeNode} */
  #code({ body, indent, info }, end) {
    const lines = this.#text.slice(body, end).replace(/\n$/, '');
    return codeBlock(indent > 0 ? lines.replace(new RegExp(`^ {1,${indent}}`, 'gm'), '') : lines, info);
  }

  /** @param {TreeNode[]} nodes @param {number} ended so many of them are final @param {number} end @returns {Edit[]} */
  #tell(nodes, ended, end) {
    const sizes = nodes.map(sizeOf);
    const edits = this.#sections.place(difference(this.#told, nodes, [], this.#final), sizes);
    this.#sections.end(sizes.slice(0, ended));
    this.#final += ended;
    this.#told = nodes.slice(ended);
    this.#read = end;
    const made = edits.reduce((sum, { add = [] }) => sum + count(add), 0);
    if (made > STEP_NODES) this.#stepChars = Math.max(STEP_CHARS_MIN, this.#stepChars / 2);
    else if (made < STEP_NODES / 4) this.#stepChars = Math.min(STEP_CHARS, this.#stepChars * 2);
    return edits;
  }

  /** @param {number} from @param {string} head */
  #goOn(from, head) {
    this.#from = from;
    this.#head = head;
  }
}

/** @param {Block[]} blocks */
function nodesOf(blocks) {
  return blocks.flatMap(({ nodes }) => nodes);
}

/** How much of a page a block is; it depends on the block alone, not on the pieces that its text came in. @param {TreeNode} node @returns {number} */
function sizeOf(node) {
  return NODE_CHARS * count([node]) + charsOf(node);
}

/** @param {TreeNode} node @returns {number} */
function charsOf(node) {
  return typeof node === 'string' ? node.length : node[2].reduce((/** @type {number} */ sum, child) => sum + charsOf(child), 0);
}

/** Whether a line ends the code that a fence began. @param {string} mark @param {string} line */
function closes(mark, line) {
  const closing = /^ {0,3}(`{3,}|~{3,})[ \t]*$/.exec(line)?.[1];
  return closing !== undefined && closing.startsWith(mark);
}
