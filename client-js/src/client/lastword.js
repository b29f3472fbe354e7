import { Answer } from './answer.js';
import { begin, newStreamId } from './begin.js';
import { LastwordError, isEventStream, refusal } from './errors.js';
import { Bell, ring } from './follow.js';

export { Answer } from './answer.js';
export { newStreamId } from './begin.js';
export { LastwordError } from './errors.js';

/** @import { ReadOptions } from './answer.js' */
/** @import { Outcome } from './errors.js' */

/**
 * @typedef {'open' | 'complete' | 'saved' | 'released'} State how far a stream has come: still streaming; whole and
 *   durable, but not said yet; saved; over
 */

/**
 * One question and its answer, as the gateway keeps them.
 *
 * @typedef {object} Turn
 * @property {string} stream
 * @property {State} state
 * @property {Outcome | null} outcome null while it runs
 * @property {string | null} reason why, for outcomes other than completed
 * @property {string | null} input what the person said, null where the gateway cannot tell
 * @property {string} text the answer, so far or whole
 * @property {string} created ISO 8601
 * @property {string | null} ended
 * @property {string | null} finishReason
 */

/**
 * @typedef {object} Conversation
 * @property {string} conversation its key
 * @property {Turn[]} turns oldest first, empty for a key that was never used
 * @property {string | null} running id of the stream that is running, if one is
 */

/**
 * @typedef {object} StreamStatus
 * @property {string} id
 * @property {State} state
 * @property {Outcome | null} outcome
 * @property {string | null} reason why, for outcomes other than completed
 * @property {string | null} conversation
 * @property {string | null} firstId null while there is no event
 * @property {string | null} lastId
 * @property {string} url where its events are
 */

/**
 * @typedef {object} StartOptions
 * @property {unknown} [body] sent as JSON; a string is sent as it is
 * @property {Record<string, string>} [headers] added to the client's own
 * @property {string} [conversation] key under which the gateway keeps the turn; 1 to 200 characters of
 *   printable ASCII
 * @property {string} [stream] id of the stream to come, 16 to 64 of `A–Z a–z 0–9 _ -`, never used before; by default
 *   {@link newStreamId}. Who chooses it can stop or resume the answer before it has begun
 */

/** @typedef {Omit<RequestInit, 'headers'> & { headers?: Record<string, string> }} Request */

/** Reads and steers the answers that stream through one gateway. Holds no state: make as many as you like. */
export class Lastword {
  #base;
  #headers;

  /**
   * @param {object} [options]
   * @param {string} [options.base] where the gateway is, without a trailing slash; `''` is the page's own origin
   * @param {Record<string, string>} [options.headers] sent with every request, such as `Authorization`
   */
  constructor({ base = '', headers = {} } = {}) {
    this.#base = base;
    this.#headers = headers;
  }

  /**
   * Posts a request whose answer streams, and reads it to its end: when the connection breaks, the rest comes from the
   * stream's own URL, without a gap or a repeat. The request names the stream that it begins, and a gateway begins a
   * stream once: however often the request is sent, by this client after a broken connection, or by the browser itself,
   * the upstream is asked, and paid, once.
   *
   * @param {string} url of the endpoint behind the gateway, such as `/v1/chat/completions`
   * @param {StartOptions & ReadOptions} options
   * @returns {Promise<Answer>} once the answer has begun; its `stream` names it for {@link resume} and {@link stop}
   * @throws {LastwordError} `refused` or `not_a_stream`, with the HTTP status; `connection_lost` if the gateway was not
   *   heard of for `patienceMs`, or there is none and the request may have arrived
   */
  async start(url, { body, headers = {}, conversation, stream = newStreamId(), ...options }) {
    /** @type {Record<string, string>} */
    const asked = {
      'Content-Type': 'application/json',
      Accept: 'text/event-stream',
      'Lastword-Event-Ids': 'true',
      'Lastword-Stream': stream,
    };
    if (conversation !== undefined) asked['Lastword-Conversation'] = conversation;
    const request = {
      method: 'POST',
      headers: { ...asked, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    };
    const source = this.#source(conversation);
    const begun = await begin(stream, (signal) => this.#fetch(url, { ...request, signal }), source, options);
    if (conversation !== undefined) ring(conversation);
    return new Answer(source, begun.own ? stream : begun.response.headers.get('Lastword-Stream'), '', options, begun);
  }

  /**
   * Reads an answer from its start, or goes on after an event. It has begun elsewhere: before a reload, in another tab.
   *
   * @param {string} stream
   * @param {{ after?: string } & ReadOptions} [options] `after`: an event's id, such as an earlier `lastEventId`
   * @returns {Answer} nothing is asked of the gateway before it is iterated over. A stream that it does not know, or
   *   an id that it cannot honour, throws there: `refused`, with the HTTP status
   */
  resume(stream, { after = '', ...options } = {}) {
    return new Answer(this.#source(), stream, after, options);
  }

  /**
   * Stops an answer for everyone; the partial is kept. Stopping twice is harmless.
   *
   * @param {string} stream
   * @returns {Promise<StreamStatus>} whose `outcome` is the real one: `cancelled`, unless the answer had ended before
   * @throws {LastwordError} `refused` for a stream that the gateway does not know; `connection_lost`
   */
  async stop(stream) {
    return this.#json(`/api/streams/${encodeURIComponent(stream)}/cancel`, { method: 'POST' }, 409);
  }

  /**
   * How a stream stands.
   *
   * @param {string} stream
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<StreamStatus>}
   * @throws {LastwordError} `refused`, `connection_lost`
   */
  async status(stream, options = {}) {
    return this.#json(`/api/streams/${encodeURIComponent(stream)}`, options);
  }

  /**
   * What was said in a conversation, and what is being said.
   *
   * @param {string} key
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Conversation>}
   * @throws {LastwordError} `refused`, `connection_lost`
   */
  async conversation(key, options = {}) {
    return this.#json(`/api/conversations/${encodeURIComponent(key)}`, options);
  }

  /**
   * Tells how a conversation stands, now and whenever a turn begins or ends, here, in another tab or on another device.
   * It asks every `everyMs` while the page is visible, and at once when a tab of this origin hints at news. That the
   * gateway cannot be reached ends nothing.
   *
   * @param {string} key
   * @param {object} [options]
   * @param {AbortSignal} [options.signal] ends the loop, without an error
   * @param {number} [options.everyMs] 2,000
   * @param {(error: unknown) => void} [options.onError] told of each time that asking failed
   * @returns {AsyncGenerator<Conversation, void, void>}
   */
  async *follow(key, { signal, everyMs = 2000, onError } = {}) {
    const bell = new Bell(key, signal);
    let told = '';
    try {
      while (!signal?.aborted) {
        if (bell.visible) {
          try {
            const conversation = await this.conversation(key, signal ? { signal } : {});
            const stands = JSON.stringify(conversation.turns.map((turn) => [turn.stream, turn.state, turn.outcome]));
            if (stands !== told) yield conversation;
            told = stands;
          } catch (error) {
            told = ''; // so that whoever could not go on is told again
            if (!signal?.aborted) onError?.(error);
          }
        }
        await bell.next(everyMs);
      }
    } finally {
      bell.close();
    }
  }

  /** @param {string} [conversation] @returns {import('./answer.js').Source} */
  #source(conversation) {
    return {
      read: async (stream, after, signal) => {
        /** @type {Record<string, string>} */
        const headers = { Accept: 'text/event-stream' };
        if (after !== '') headers['Last-Event-ID'] = after;
        const response = await this.#fetch(`/v1/stream/${encodeURIComponent(stream)}`, { headers, signal });
        if (response.status === 204 || (response.ok && isEventStream(response))) return response;
        throw await refusal(response, stream);
      },
      status: (stream, signal) => this.status(stream, { signal }),
      left: () => conversation !== undefined && ring(conversation),
    };
  }

  /**
   * @param {string} path
   * @param {Request} [init]
   * @param {number} [alsoFine] a status that carries the same JSON as success
   */
  async #json(path, init = {}, alsoFine) {
    const response = await this.#fetch(path, init);
    if (!response.ok && response.status !== alsoFine) throw await refusal(response, null);
    return response.json();
  }

  /** @param {string} path @param {Request} init */
  async #fetch(path, init) {
    try {
      const headers = { ...this.#headers, ...init.headers };
      return await fetch(this.#base + path, { cache: 'no-store', ...init, headers });
    } catch (cause) {
      if (init.signal?.aborted) throw init.signal.reason;
      throw new LastwordError('connection_lost', 'the gateway cannot be reached', { cause });
    }
  }
}
