import { apply } from './build.js';
import { paint } from './paint.js';
import { parts } from './parts.js';
import { ReaderGone, Unreadable } from './reader.js';

/** @import { Reader } from './reader.js' */
/** @import { Edit } from './tree.js' */

/** The worker rests so many times as long as it has worked: reading while text arrives is not to fill a processor. */
const REST = 2;

/**
 * Shows a text that grows, as Markdown. It is read in a worker and put on the page in slices, so that no text keeps the
 * page from its reader. What is there already is not touched: a selection in it stays.
 */
export class MarkdownView {
  #reader;
  #element;
  #onShown;
  #id;
  #text = '';
  /** So much of the text is with the reader. */
  #sent = 0;
  /** It could not be read: shown as it is. */
  #plain = false;
  /** @type {Promise<void> | null} */
  #running = null;
  #over = false;

  /**
   * @param {Reader} reader
   * @param {Element} element
   * @param {() => void} onShown told after the page has changed
   */
  constructor(reader, element, onShown) {
    this.#reader = reader;
    this.#element = element;
    this.#onShown = onShown;
    this.#id = reader.newId();
  }

  /**
   * @param {string} text what was shown before, and more
   * @param {boolean} over whether nothing will follow
   * @returns {Promise<void>} once all of it is on the page
   */
  show(text, over) {
    this.#text = text;
    this.#over = over;
    this.#running ??= Promise.resolve().then(() => this.#run());
    return this.#running;
  }

  async #run() {
    while (this.#sent < this.#text.length) {
      try {
        await this.#catchUp();
      } catch (error) {
        if (this.#plain) throw error; // no text can be the reason
        this.#plain = !(error instanceof ReaderGone);
        if (this.#plain && !(error instanceof Unreadable)) console.error(error);
        this.#id = this.#reader.newId();
        this.#sent = 0;
        this.#element.replaceChildren();
      }
    }
    if (this.#over) this.#reader.forget(this.#id);
    this.#running = null;
  }

  async #catchUp() {
    for (let behind = false; behind || this.#sent < this.#text.length; ) {
      const from = this.#sent;
      const more = this.#text.slice(from);
      this.#sent = this.#text.length;
      if (this.#plain) {
        await this.#paint([{ path: [], keep: this.#element.childNodes.length, add: parts(more).map(asPlain) }]);
        continue;
      }
      const reply = await this.#reader.ask(this.#id, from, more);
      await this.#paint(reply.edits);
      behind = reply.behind;
      if (reply.tookMs > 4) await new Promise((resolve) => setTimeout(resolve, REST * reply.tookMs));
    }
  }

  /** @param {Edit[]} edits */
  #paint(edits) {
    return paint(apply(this.#element, edits), this.#onShown);
  }
}

/** @param {import('./tree.js').TreeNode} node @returns {import('./tree.js').TreeNode} */
function asPlain(node) {
  return ['div', { class: 'plain' }, [node]];
}
