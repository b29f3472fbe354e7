import { MarkdownView } from './render.js';

/** @import { Outcome } from './client/errors.js' */

/** What stands below an answer: for each outcome, without and with something of it to keep. */
const LABELS = {
  completed: ['saved', 'saved'],
  cancelled: ['stopped', 'stopped – partial kept'],
  failed: ['failed', 'failed – partial kept'],
  interrupted: ['interrupted', 'interrupted – partial kept'],
};

/** One question and its answer on the page. */
export class TurnView {
  /** Whether this page reads its stream right now. */
  reading = false;
  /** What the answer says so far. */
  text = '';
  /** @type {Outcome | null} */
  outcome = null;
  #answer;
  #label;
  #markdown;
  #frame = 0;
  #onShown;

  /**
   * @param {string | null} input what the person said, null where that is not known
   * @param {() => void} onShown told after the page has changed
   */
  constructor(input, onShown) {
    const template = /** @type {HTMLTemplateElement} */ (document.getElementById('turn'));
    this.element = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
    this.input = input;
    const question = part(this.element, '[data-role=user]');
    part(question, '.text').textContent = input;
    question.hidden = input === null;
    this.#answer = part(this.element, '[data-role=assistant]');
    this.#label = part(this.#answer, '.label');
    this.#markdown = new MarkdownView(part(this.#answer, '.text'));
    this.#onShown = onShown;
    this.tell('writing…');
  }

  get stream() {
    return this.element.dataset.stream ?? null;
  }

  /** @param {string | null} id */
  set stream(id) {
    if (id !== null) this.element.dataset.stream = id;
  }

  /** Says what is going on while the answer runs. @param {string} label */
  tell(label) {
    if (this.outcome === null) this.#label.textContent = label;
  }

  /** Shows the text soon; never less than was shown. @param {string} text */
  grow(text) {
    if (text.length <= this.text.length) return;
    this.text = text;
    if (this.#frame !== 0) return;
    const show = () => {
      this.#frame = 0;
      this.#markdown.show(this.text);
      this.#onShown();
    };
    // A page that nobody sees gets no frames.
    this.#frame = document.hidden ? setTimeout(show, 200) : requestAnimationFrame(show);
  }

  /**
   * Shows how it ended, for ever.
   *
   * @param {Outcome} outcome
   * @param {string | null} reason a code, for outcomes other than completed
   */
  settle(outcome, reason) {
    this.outcome = outcome;
    this.#label.textContent = LABELS[outcome][this.text === '' ? 0 : 1] ?? outcome;
    if (reason !== outcome) part(this.#answer, '.why').textContent = (reason ?? '').replaceAll('_', ' ');
    this.#answer.dataset.state = outcome;
    this.#answer.ariaBusy = 'false';
    this.#markdown.show(this.text);
    this.#onShown();
  }
}

/** @param {Element} element @param {string} selector */
export function part(element, selector) {
  const found = element.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`the page has no ${selector}`);
  return found;
}
