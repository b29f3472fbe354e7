import { Lastword, LastwordError } from './client/lastword.js';
import { textDelta } from './client/openai.js';
import { TurnView } from './turn.js';

/** @import { Answer } from './client/answer.js' */
/** @import { Conversation } from './client/lastword.js' */

/**
 * @typedef {object} Listener
 * @property {() => void} changed turns came or ended
 * @property {() => void} grown an answer got longer on the page
 * @property {(reachable: boolean) => void} reached whether the gateway could be asked
 */

/** One conversation on the page: follows it, reads what is running in it, and takes part. */
export class ConversationView {
  /** @type {TurnView[]} */
  turns = [];
  #client;
  #listener;
  #list;
  #leave = new AbortController();
  /** What the gateway said last. @type {Conversation | null} */
  #standing = null;
  /** The turn whose stream has no id yet. @type {TurnView | null} */
  #sending = null;
  #stopWanted = false;

  /**
   * @param {Lastword} client
   * @param {string} key
   * @param {HTMLElement} list where the turns go
   * @param {Listener} listener
   */
  constructor(client, key, list, listener) {
    this.#client = client;
    this.key = key;
    this.#list = list;
    this.#listener = listener;
  }

  /** Whether an answer is running. */
  get running() {
    return this.turns.some((turn) => turn.outcome === null);
  }

  /** Follows the conversation until it is closed. */
  async open() {
    const { signal } = this.#leave;
    const onError = () => this.#listener.reached(false);
    for await (const standing of this.#client.follow(this.key, { signal, onError })) {
      if (signal.aborted) return;
      this.#standing = standing;
      this.#listener.reached(true);
      this.#reconcile();
    }
  }

  /** Leaves; what is running goes on. */
  close() {
    this.#leave.abort();
    this.#list.replaceChildren();
  }

  /**
   * Says something. Returns once the answer has begun.
   *
   * @param {string} input
   * @param {string} model
   * @throws {LastwordError} if it could not be said
   */
  async send(input, model) {
    const messages = this.#messages();
    const turn = this.#add(input);
    this.#sending = turn;
    this.#stopWanted = false;
    try {
      const answer = await this.#client.start('/v1/chat/completions', {
        body: { model, messages: [...messages, { role: 'user', content: input }], stream: true },
        conversation: this.key,
        ...this.#reading(turn),
      });
      turn.stream = answer.stream;
      void this.#read(turn, answer);
    } catch (error) {
      turn.element.remove();
      this.turns = this.turns.filter((other) => other !== turn);
      if (!this.#leave.signal.aborted) throw error;
    } finally {
      this.#sending = null;
      this.#reconcile();
    }
    if (this.#stopWanted) await this.stop();
  }

  /** Stops what is running; the partial is kept. That it stopped shows when the stream itself says so. */
  async stop() {
    for (const turn of this.turns.filter(({ outcome }) => outcome === null)) {
      turn.tell('stopping…');
      if (turn.stream === null) this.#stopWanted = true;
      else await this.#client.stop(turn.stream).catch((error) => turn.tell(`not stopped – ${error.message}`));
    }
  }

  /** Brings the page to what the gateway says, which knows of other tabs, too. */
  #reconcile() {
    // While a turn has no id, it cannot be told from one that another tab began.
    if (this.#standing === null || this.#sending !== null || this.#leave.signal.aborted) return;
    for (const said of this.#standing.turns) {
      const turn = this.turns.find(({ stream }) => stream === said.stream) ?? this.#add(said.input);
      turn.stream = said.stream;
      if (turn.outcome !== null || turn.reading) continue;
      turn.grow(said.text);
      if (said.outcome !== null) turn.settle(said.outcome, said.reason);
      else void this.#read(turn, this.#client.resume(said.stream, this.#reading(turn)));
    }
    this.#order(this.#standing.turns.map(({ stream }) => stream));
    this.#listener.changed();
  }

  /** @param {TurnView} turn @param {Answer} answer */
  async #read(turn, answer) {
    turn.reading = true;
    let text = '';
    try {
      for await (const event of answer) {
        text += textDelta(event);
        turn.grow(text);
      }
      turn.settle('completed', null);
    } catch (error) {
      if (this.#leave.signal.aborted) return;
      if (!(error instanceof LastwordError)) throw error;
      if (error.outcome !== null) turn.settle(error.outcome, error.code);
      else turn.tell(`not connected – ${error.message}`);
    } finally {
      turn.reading = false;
      this.#listener.changed();
    }
  }

  /** @param {TurnView} turn */
  #reading(turn) {
    return {
      signal: this.#leave.signal,
      patienceMs: Infinity,
      onReconnect: (/** @type {number} */ attempt) => turn.tell(attempt > 1 ? 'reconnecting…' : 'writing…'),
    };
  }

  /** @param {string | null} input */
  #add(input) {
    const turn = new TurnView(input, this.#listener.grown);
    this.turns.push(turn);
    this.#list.append(turn.element);
    this.#listener.changed();
    return turn;
  }

  /** Two tabs may have spoken at once: the gateway's order counts. @param {string[]} streams */
  #order(streams) {
    const place = (/** @type {TurnView} */ { stream }) => {
      const at = streams.indexOf(stream ?? '');
      return at < 0 ? streams.length : at;
    };
    const ordered = [...this.turns].sort((a, b) => place(a) - place(b));
    if (ordered.every((turn, i) => turn === this.turns[i])) return;
    this.turns = ordered;
    this.#list.append(...ordered.map(({ element }) => element));
  }

  /** What was said so far, as a chat completion takes it. */
  #messages() {
    return this.turns.flatMap(({ input, text }) => [
      ...(input === null ? [] : [{ role: 'user', content: input }]),
      ...(text === '' ? [] : [{ role: 'assistant', content: text }]),
    ]);
  }
}
