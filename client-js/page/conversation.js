import { backoffMs, pause } from './client/connection.js';
import { Lastword, LastwordError, newStreamId } from './client/lastword.js';
import { textDelta } from './client/openai.js';
import { TurnView } from './turn.js';

/** @import { Answer } from './client/answer.js' */
/** @import { StreamStatus, Turn } from './client/lastword.js' */
/** @import { Reader } from './markdown/reader.js' */

/** So many streams are told of: where there are fewer, one that is missing was deleted. */
const TOLD_MAX = 50;

/**
 * @typedef {object} Listener
 * @property {() => void} changed turns came, ended or went
 * @property {() => void} grown an answer got longer on the page
 * @property {(reachable: boolean) => void} reached whether the gateway could be asked
 */

/** @typedef {{ turn: TurnView, giveUp: AbortController, asked: boolean, stop: boolean }} Sending */

/** Why a conversation has no text of an answer whose events can be read. */
const TEXT_IN_EVENTS = new Set(['response_too_large', 'not_assembled']);

/** One conversation on the page: follows it, reads what is running in it, and takes part. */
export class ConversationView {
  /** @type {TurnView[]} */
  turns = [];
  #client;
  #reader;
  #listener;
  #list;
  #leave = new AbortController();
  /** The turn that is on its way to the gateway, and how to give that up. @type {Sending | null} */
  #sending = null;

  /**
   * @param {Lastword} client
   * @param {Reader} reader
   * @param {string} key
   * @param {HTMLElement} list where the turns go
   * @param {Listener} listener
   */
  constructor(client, reader, key, list, listener) {
    this.#client = client;
    this.#reader = reader;
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
    for await (const streams of this.#client.changes(this.key, { signal, onError })) {
      for (let attempt = 1; !signal.aborted; attempt++) {
        try {
          await this.#catchUp(streams);
          break;
        } catch (error) {
          if (signal.aborted) return;
          if (!(error instanceof LastwordError)) throw error;
          onError();
          await pause(backoffMs(attempt, -1), signal).catch(() => {}); // it is closed: the loop sees that
        }
      }
      if (!signal.aborted) this.#listener.reached(true);
    }
  }

  /** Leaves; what is running goes on. */
  close() {
    this.#leave.abort();
    for (const turn of this.turns) turn.close();
    this.#list.replaceChildren();
  }

  /**
   * Says something. Returns once the answer has begun.
   *
   * @param {string} input
   * @param {Promise<string>} model
   * @throws {LastwordError} if it could not be said
   * @throws {DOMException} `AbortError` if it was stopped before it could be
   */
  async send(input, model) {
    const messages = this.#messages();
    const turn = this.#add(newStreamId(), input);
    const sending = { turn, giveUp: new AbortController(), asked: false, stop: false };
    this.#sending = sending;
    turn.tell('sending…');
    const signal = AbortSignal.any([sending.giveUp.signal, this.#leave.signal]);
    try {
      const named = await orAbort(model, signal);
      sending.asked = true;
      const answer = await this.#client.start('/v1/chat/completions', {
        body: { model: named, messages: [...messages, { role: 'user', content: input }], stream: true },
        conversation: this.key,
        stream: turn.stream,
        ...this.#reading(turn, signal),
      });
      turn.known = true;
      turn.tell('writing…');
      void this.#read(turn, answer);
    } catch (error) {
      this.#remove(turn);
      throw error;
    } finally {
      this.#sending = null;
    }
    if (sending.stop) await this.stop();
  }

  /** Stops what is running; the partial is kept. That it stopped shows when the stream itself says so. */
  async stop() {
    for (const turn of this.turns.filter(({ outcome }) => outcome === null)) {
      turn.tell('stopping…');
      await this.#client.stop(turn.stream).catch((error) => {
        if (this.#sending?.turn === turn) stopSending(this.#sending, error);
        else turn.tell(`not stopped – ${error.message}`);
      });
    }
  }

  /** Deletes a turn, for everyone. @param {string} stream @throws {LastwordError} */
  async delete(stream) {
    await this.#client.deleteStream(stream);
    const turn = this.#turn(stream);
    if (turn) this.#remove(turn);
  }

  /** Brings labels up to date after the network came or went. */
  refresh() {
    for (const turn of this.turns) turn.refresh();
  }

  /** Brings the page to what the gateway says, which knows of other tabs, too. @param {StreamStatus[]} streams the newest first */
  async #catchUp(streams) {
    const { signal } = this.#leave;
    if (streams.length < TOLD_MAX) {
      const there = new Set(streams.map(({ id }) => id));
      for (const turn of this.turns.filter(({ known, stream }) => known && !there.has(stream))) this.#remove(turn);
    }
    if (streams.some((stream) => this.#isNews(stream))) {
      const { turns } = await this.#client.conversation(this.key, { signal });
      for (const said of turns) this.#show(said);
      this.#order(turns.map(({ stream }) => stream));
    }
    this.#listener.changed();
  }

  /** Whether the page lacks what the gateway has. @param {StreamStatus} stream */
  #isNews({ id, outcome }) {
    const turn = this.#turn(id);
    if (!turn) return true;
    turn.known = true;
    return !turn.reading && turn !== this.#sending?.turn && turn.outcome === null && (outcome !== null || turn.text === '');
  }

  /** @param {Turn} said */
  #show(said) {
    const turn = this.#turn(said.stream) ?? this.#add(said.stream, said.input);
    turn.known = true;
    if (turn.outcome !== null || turn.reading || turn === this.#sending?.turn) return;
    turn.grow(said.text);
    const byEvents = said.outcome === null || TEXT_IN_EVENTS.has(said.unreadable ?? '');
    if (said.outcome !== null && !byEvents) void turn.settle(said.outcome, said.reason, said.unreadable).then(this.#listener.changed);
    else void this.#read(turn, this.#client.resume(said.stream, this.#reading(turn, this.#leave.signal)));
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
      await turn.settle('completed', null);
    } catch (error) {
      if (this.#leave.signal.aborted) return;
      if (!(error instanceof LastwordError)) throw error;
      if (error.outcome !== null) await turn.settle(error.outcome, error.code);
      else turn.tell(`not connected – ${error.message}`);
    } finally {
      turn.reading = false;
      this.#listener.changed();
    }
  }

  /** @param {TurnView} turn @param {AbortSignal} signal */
  #reading(turn, signal) {
    const onReconnect = (/** @type {number} */ attempt) => {
      if (attempt === 0) turn.tell('writing…');
      else if (attempt > 1) turn.tell('reconnecting…');
    };
    return { signal, patienceMs: Infinity, onReconnect };
  }

  /** @param {string} stream */
  #turn(stream) {
    return this.turns.find((turn) => turn.stream === stream);
  }

  /** @param {string} stream @param {string | null} input */
  #add(stream, input) {
    const turn = new TurnView(stream, input, this.#reader, this.#listener.grown);
    this.turns.push(turn);
    this.#list.append(turn.element);
    this.#listener.changed();
    return turn;
  }

  /** @param {TurnView} turn */
  #remove(turn) {
    turn.close();
    turn.element.remove();
    this.turns = this.turns.filter((other) => other !== turn);
    this.#listener.changed();
  }

  /** Two tabs may have spoken at once: the gateway's order counts. @param {string[]} streams */
  #order(streams) {
    const place = (/** @type {TurnView} */ { stream }) => {
      const at = streams.indexOf(stream);
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

/**
 * Stops a turn that the gateway does not know yet: as soon as it has begun, where that may be, and at once where not.
 *
 * @param {Sending} sending
 * @param {unknown} error why it could not be stopped as others are
 */
function stopSending(sending, error) {
  const coming = sending.asked && error instanceof LastwordError && error.problem === 'not_found';
  if (coming) sending.stop = true;
  else sending.giveUp.abort();
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal} signal
 * @returns {Promise<T>}
 */
function orAbort(promise, signal) {
  return Promise.race([promise, new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))]);
}
