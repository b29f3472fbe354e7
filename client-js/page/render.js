import { parseBlocks } from './markdown.js';

/** @import { MarkdownNode } from './markdown.js' */

/**
 * Shows a text that grows, as Markdown. Blocks that have not changed keep their nodes, so that a selection in them
 * stays, and a long answer costs no more per token than its last block.
 */
export class MarkdownView {
  /** @type {string[]} */
  #sources = [];

  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
  }

  /** @param {string} text */
  show(text) {
    const blocks = parseBlocks(text);
    let same = 0;
    while (same < blocks.length && blocks[same]?.source === this.#sources[same]) same++;
    while (this.element.childNodes.length > same) this.element.lastChild?.remove();
    this.element.append(...blocks.slice(same).map(({ block }) => build(block)));
    this.#sources = blocks.map(({ source }) => source);
  }
}

/** @param {MarkdownNode} node @returns {Node} */
function build(node) {
  if (typeof node === 'string') return document.createTextNode(node);
  const element = document.createElement(node.tag);
  if (element instanceof HTMLAnchorElement && node.href !== undefined) {
    element.href = node.href;
    element.target = '_blank';
    element.rel = 'noopener noreferrer';
  }
  if (element instanceof HTMLOListElement && node.start !== undefined) element.start = node.start;
  if (element instanceof HTMLPreElement) {
    element.tabIndex = 0; // scrolls sideways by keyboard, too
    if (node.language) element.dataset.language = node.language;
  }
  element.append(...node.children.map(build));
  return element;
}
