import { MarkdownView } from './markdown/view.js';

/** @import { Outcome } from './client/errors.js' */
/** @import { Reader } from './markdown/reader.js' */

/** What stands below an answer: for each outcome, without and with something of it to keep. */
const LABELS = {
  completed: ['saved', 'saved'],
  cancelled: ['stopped', 'stopped – partial kept'],
  failed: ['failed', 'failed – partial kept'],
  interrupted: ['interrupted', 'interrupted – partial kept'],
};

/** What blocks of text are made of: the caret stands in the innermost. */
const BLOCKS = '.section > *, ul, ol, li, p, blockquote, blockquote > *, pre, code:only-child, .part';

/** One question and its answer on the page. */
export class TurnView {
  /** Whether this page reads its stream right now. */
  reading = false;
  /** Whether the gateway knows of it. */
  known = false;
  /** What the answer says so far. */
  text = '';
  /** @type {Outcome | null} */
  outcome = null;
  #answer;
  #label;
  #markdown;
  #onShown;
  #text;
  /** Where the next word will stand. @type {Element | null} */
  #caret = null;
  #doing = '';

  /**
   * @param {string} stream
   * @param {string | null} input what the person said, null where that is not known
   * @param {Reader} reader
   * @param {() => void} onShown told after the page has changed
   */
  constructor(stream, input, reader, onShown) {
    const template = /** @type {HTMLTemplateElement} */ (document.getElementById('turn'));
    this.element = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
    this.element.dataset.stream = stream;
    this.stream = stream;
    this.input = input;
    const question = part(this.element, '[data-role=user]');
    part(question, '.text').textContent = input;
    question.hidden = input === null;
    this.#answer = part(this.element, '[data-role=assistant]');
    this.#label = part(this.#answer, '.label');
    this.#text = part(this.#answer, '.text');
    this.#onShown = () => {
      this.#putCaret();
      onShown();
    };
    this.#markdown = new MarkdownView(reader, this.#text, this.#onShown);
    this.tell('writing…');
  }

  /** Says what is going on while the answer runs. @param {string} doing */
  tell(doing) {
    this.#doing = doing;
    this.refresh();
  }

  /** Brings the label up to date: what cannot be seen from here is not said. */
  refresh() {
    if (this.outcome === null) this.#label.textContent = navigator.onLine ? this.#doing : 'offline – the answer goes on, and is kept';
    this.#answer.dataset.offline = `${!navigator.onLine}`;
    this.#putCaret();
  }

  #putCaret() {
    let last = this.outcome === null && navigator.onLine ? this.#text.lastElementChild : null;
    // By a class on one element: a rule about last children would have the browser look at all of a long answer.
    while (last?.lastElementChild?.matches(BLOCKS)) last = last.lastElementChild;
    if (last === this.#caret) return;
    this.#caret?.classList.remove('caret');
    last?.classList.add('caret');
    this.#caret = last;
  }

  /** What stands below the answer. */
  get label() {
    return this.#label.textContent ?? '';
  }

  /** Shows the text soon; never less than was shown. @param {string} text */
  grow(text) {
    if (text.length <= this.text.length) return;
    this.text = text;
    this.#markdown.show(text, false);
  }

  /** Nothing more will be shown. */
  close() {
    void this.#markdown.show(this.text, true);
  }

  /**
   * Shows how it ended, for ever: once all of it is on the page.
   *
   * @param {Outcome} outcome
   * @param {string | null} reason a code, for outcomes other than completed
   * @param {string} [unreadable] a code: why there is nothing to show, and never will be
   */
  async settle(outcome, reason, unreadable) {
    this.outcome = outcome;
    await this.#markdown.show(this.text, true);
    this.#label.textContent = unreadable ? 'cannot be read' : (LABELS[outcome][this.text === '' ? 0 : 1] ?? outcome);
    const why = unreadable ?? reason ?? '';
    if (why !== outcome) part(this.#answer, '.why').textContent = why.replaceAll('_', ' ');
    this.#answer.dataset.state = outcome;
    this.#answer.ariaBusy = 'false';
    part(this.#answer, '[data-do=copy]').hidden = this.text === '';
    part(this.#answer, '[data-do=delete]').hidden = false;
    this.#onShown();
  }
}

/** @param {Element} element @param {string} selector */
export function part(element, selector) {
  const found = element.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`the page has no ${selector}`);
  return found;
}
