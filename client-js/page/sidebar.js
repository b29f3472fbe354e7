import { recent } from './recent.js';
import { part } from './turn.js';

/** The list of conversations that this browser remembers. */
export class Sidebar {
  #list;
  #onDelete;
  #shown = '';

  /**
   * @param {HTMLElement} list
   * @param {(key: string, title: string) => void} onDelete told when a person wants one deleted
   */
  constructor(list, onDelete) {
    this.#list = list;
    this.#onDelete = onDelete;
  }

  /** Brings the list up to date. @param {string | undefined} open key of the open one @returns {string} its title */
  show(open) {
    const known = recent();
    const title = known.find(({ key }) => key === open)?.title ?? 'New chat';
    const shown = JSON.stringify([known, open]);
    if (this.#shown !== shown) this.#list.replaceChildren(...known.map((one) => this.#item(one, one.key === open)));
    this.#shown = shown;
    return title;
  }

  /** @param {import('./recent.js').Recent} conversation @param {boolean} open */
  #item({ key, title }, open) {
    const template = /** @type {HTMLTemplateElement} */ (part(document.body, 'template#conversation'));
    const item = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
    const link = /** @type {HTMLAnchorElement} */ (part(item, 'a'));
    link.href = `#${key}`;
    link.textContent = title;
    link.title = title;
    if (open) link.ariaCurrent = 'page';
    const remove = part(item, 'button');
    remove.ariaLabel = `Delete “${title}”`;
    remove.addEventListener('click', () => this.#onDelete(key, title));
    return item;
  }
}
