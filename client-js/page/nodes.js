import { part } from './turn.js';

/** @typedef {{ said: string, nodes: { number: number, alive: boolean }[] }} State */

/** The buttons of a demo with several gateways: one kills that which streams, one starts again what is dead. */
export class Nodes {
  #element;
  #kill;
  #start;
  #say;

  /** @param {HTMLElement} element hidden until there are several @param {(what: string) => void} say tells a person what has become of them */
  constructor(element, say) {
    this.#element = element;
    this.#say = say;
    this.#kill = /** @type {HTMLButtonElement} */ (part(element, '#kill-node'));
    this.#start = /** @type {HTMLButtonElement} */ (part(element, '#start-nodes'));
    this.#kill.addEventListener('click', () => void this.#ask('kill'));
    this.#start.addEventListener('click', () => void this.#ask('start'));
    void this.#look();
  }

  /** Whether there are several is said by who is in front of them, and by nobody else. */
  async #look() {
    const response = await fetch('demo/nodes').catch(() => null);
    const state = response?.status === 200 ? await response.json().catch(() => null) : null;
    if (Array.isArray(state?.nodes)) this.#show(state);
  }

  /** @param {'kill' | 'start'} what */
  async #ask(what) {
    this.#kill.disabled = this.#start.disabled = true;
    try {
      const response = await fetch(`demo/${what}`, { method: 'POST' });
      const state = /** @type {State} */ (await response.json());
      this.#show(state);
      this.#say(state.said);
    } catch {
      this.#say('The demo cannot be reached.');
    } finally {
      this.#kill.disabled = this.#start.disabled = false;
    }
  }

  /** @param {State} state */
  #show({ nodes }) {
    this.#element.hidden = false;
    this.#kill.hidden = !nodes.some(({ alive }) => alive);
    this.#start.hidden = nodes.every(({ alive }) => alive);
  }
}
