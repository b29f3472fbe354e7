import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseEvents } from '../../../e2e/lib/sse.mjs';

const AGAIN_MS = 100;
/** What is said of a connection, and not of the stream: whoever hears it comes back. */
const NOTICES = /^(lastword_)?(save_pending|draining|journal_failed|slow_reader)$/;

/**
 * One who reads an answer and comes back whenever the connection breaks, until the ending, a failure, or that there is
 * nothing more to come. What each connection said is kept apart in `texts`, for each begins at the beginning.
 */
export class Reader {
  #onEnding;
  #connection;
  #left = false;

  texts = [];
  /** What the answer is called, as the head says. */
  stream;
  /** Statuses other than 200, in their order. */
  refusals = [];
  sawEnding = false;
  /** How often it was told that the answer waits, or another thing of its connection. */
  notices = 0;
  failure;

  /** @param {(text: string) => void} onEnding told at the first event that says that the answer is complete */
  constructor(onEnding) {
    this.#onEnding = onEnding;
  }

  get text() {
    return this.texts.at(-1) ?? '';
  }

  get hasLeft() {
    return this.#left;
  }

  leave() {
    this.#left = true;
    this.#connection?.destroy();
  }

  /**
   * @param {() => {url: string, options: object, body?: string}} first
   * @param {() => {url: string, options: object}} again
   */
  async read(first, again) {
    for (let ask = first; !this.#left; ask = again) {
      const status = await this.#once(ask());
      if (this.sawEnding || this.failure || status === 204) return this;
      await sleep(AGAIN_MS);
    }
    return this;
  }

  /** One connection, to its end, however it ends; its status, if there was one. */
  #once({ url, options, body }) {
    return new Promise((resolve) => {
      let status;
      const over = () => resolve(status);
      const request = http.request(url, { agent: false, ...options }, (response) => {
        status = response.statusCode;
        if (status !== 200) this.refusals.push(status);
        else this.#take(response);
        response.on('error', over).on('close', over).resume();
      });
      this.#connection = request;
      request.on('error', over).end(body);
    });
  }

  #take(response) {
    this.stream ??= response.headers['lastword-stream'];
    const at = this.texts.push('') - 1;
    let rest = '';
    response.setEncoding('utf8').on('data', (data) => {
      const whole = (rest + data).lastIndexOf('\n\n') + 2;
      const events = whole < 2 ? [] : parseEvents((rest + data).slice(0, whole));
      rest = whole < 2 ? rest + data : (rest + data).slice(whole);
      for (const event of events) this.#event(event, at);
    });
  }

  #event({ data }, at) {
    if (data === '[DONE]') return this.#ending(at);
    const { choices, error } = JSON.parse(data);
    if (error && NOTICES.test(error.code)) this.notices++;
    else if (error) this.failure ??= error.code;
    const [choice] = choices ?? [];
    this.texts[at] += choice?.delta?.content ?? '';
    if (choice?.finish_reason) this.#ending(at);
    return undefined;
  }

  #ending(at) {
    if (this.sawEnding) return;
    this.sawEnding = true;
    this.#onEnding(this.texts[at]);
  }
}
