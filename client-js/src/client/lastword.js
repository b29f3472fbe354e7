import { Answer } from './answer.js';
import { begin, newStreamId } from './begin.js';
import { Yielded } from './connection.js';
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
 * @property {string} [unreadable] why there is no text and never will be; left out where there is one
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

/**
 * @typedef {object} FollowOptions
 * @property {AbortSignal} [signal] ends the loop, without an error
 * @property {number} [everyMs] 2,000
 * @property {(error: unknown) => void} [onError] told of each time that asking failed
 */

/** @typedef {Record<string, string>} RequestFields header fields by their names */

/** @typedef {Omit<RequestInit, 'headers'> & { headers?: Record<string, string> }} Request */

/**
 * How event streams are fetched, where a bare `fetch` is not to: {@link sharedFetch} does it for all tabs at once.
 *
 * @callback FetchStream
 * @param {string} url
 * @param {RequestInit} init
 * @param {number} turn how often the connection was given to others since the last event came
 * @returns {Promise<Response>} whose reading fails with {@link Yielded} when the connection is given to others
 */

/** So many streams tell whether a conversation has changed. */
const STREAMS = 50;

/** Reads and steers the answers that stream through one gateway. Holds no state: make as many as you like. */
export class Lastword {
  #base;
  #headers;
  #credentials;
  #fetchStream;

  /**
   * @param {object} [options]
   * @param {string} [options.base] where the gateway is, without a trailing slash; `''` is the page's own origin
   * @param {RequestFields | (() => RequestFields | Promise<RequestFields>)} [options.headers] sent with every request, such as
   *   `Authorization`; a function is asked before each: an answer whose reader's token has expired goes on with the next
   *   one. One that fails is a connection that is lost
   * @param {RequestCredentials} [options.credentials] `include` where the gateway is another origin and knows its owners
   *   by a cookie; by default `same-origin`
   * @param {FetchStream} [options.fetchStream]
   */
  constructor({ base = '', headers = {}, credentials = 'same-origin', fetchStream = (url, init) => fetch(url, init) } = {}) {
    this.#base = base;
    this.#headers = typeof headers === 'function' ? headers : () => headers;
    this.#credentials = credentials;
    this.#fetchStream = fetchStream;
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
    const post = (/** @type {AbortSignal} */ signal, /** @type {number} */ turn) => this.#fetch(url, { ...request, signal }, turn);
    const begun = await begin(stream, post, source, options);
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
   * How the streams of a conversation stand, without what was said.
   *
   * @param {string} key
   * @param {{ limit?: number, signal?: AbortSignal }} [options] `limit`: 1 to 1,000, 50 by default
   * @returns {Promise<StreamStatus[]>} the newest first
   * @throws {LastwordError} `refused`, `connection_lost`
   */
  async streams(key, { limit = STREAMS, ...options } = {}) {
    const { streams } = await this.#json(`/api/streams?conversation=${encodeURIComponent(key)}&limit=${limit}`, options);
    return streams;
  }

  /**
   * Deletes an answer and what it answers, for everyone and for good.
   *
   * @param {string} stream
   * @returns {Promise<boolean>} false if there was none
   * @throws {LastwordError} `refused`, `connection_lost`
   */
  async deleteStream(stream) {
    return this.#delete(`/api/streams/${encodeURIComponent(stream)}`);
  }

  /**
   * Deletes all turns of a conversation, for everyone and for good. Who follows it is told.
   *
   * @param {string} key
   * @returns {Promise<boolean>} false if there was none
   * @throws {LastwordError} `refused`, `connection_lost`
   */
  async deleteConversation(key) {
    const deleted = await this.#delete(`/api/conversations/${encodeURIComponent(key)}`);
    ring(key);
    return deleted;
  }

  /**
   * Tells how the streams of a conversation stand, now and whenever one begins, ends or is deleted, here, in another tab
   * or on another device. It asks every `everyMs` while the page is visible, and at once when a tab of this origin hints
   * at news; what was said is not part of it. That the gateway cannot be reached ends nothing.
   *
   * @param {string} key
   * @param {FollowOptions} [options]
   * @returns {AsyncGenerator<StreamStatus[], void, void>} the newest 50, the newest first
   */
  changes(key, options = {}) {
    return this.#watch(key, options, async (streams) => streams);
  }

  /**
   * Tells what was said in a conversation, now and whenever {@link changes} would tell of something.
   *
   * @param {string} key
   * @param {FollowOptions} [options]
   * @returns {AsyncGenerator<Conversation, void, void>}
   */
  follow(key, options = {}) {
    const { signal } = options;
    return this.#watch(key, options, () => this.conversation(key, signal ? { signal } : {}));
  }

  /**
   * @template T
   * @param {string} key
   * @param {FollowOptions} options
   * @param {(streams: StreamStatus[]) => Promise<T>} read what is told of a change
   * @returns {AsyncGenerator<T, void, void>}
   */
  async *#watch(key, { signal, everyMs = 2000, onError }, read) {
    const bell = new Bell(key, signal);
    let told = '';
    try {
      while (!signal?.aborted) {
        if (bell.visible) {
          try {
            const streams = await this.streams(key, signal ? { signal } : {});
            const stands = JSON.stringify(streams.map(({ id, state, outcome }) => [id, state, outcome]));
            if (stands !== told) yield await read(streams);
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
      read: async (stream, after, signal, turn) => {
        /** @type {Record<string, string>} */
        const headers = { Accept: 'text/event-stream' };
        if (after !== '') headers['Last-Event-ID'] = after;
        const response = await this.#fetch(`/v1/stream/${encodeURIComponent(stream)}`, { headers, signal }, turn);
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
    try {
      return await response.json();
    } catch (cause) {
      if (init.signal?.aborted) throw init.signal.reason;
      throw new LastwordError('connection_lost', 'the answer of the gateway did not come whole', { cause });
    }
  }

  /** @param {string} path */
  async #delete(path) {
    const response = await this.#fetch(path, { method: 'DELETE' });
    if (response.ok) return true;
    const refused = await refusal(response, null);
    if (refused.problem === 'not_found') return false;
    throw refused;
  }

  /**
   * @param {string} path
   * @param {Request} init
   * @param {number} [turn] of an event stream
   */
  async #fetch(path, init, turn) {
    try {
      const headers = { ...(await this.#headers()), ...init.headers };
      const request = { cache: /** @type {const} */ ('no-store'), credentials: this.#credentials, ...init, headers };
      return await (turn === undefined ? fetch(this.#base + path, request) : this.#fetchStream(this.#base + path, request, turn));
    } catch (cause) {
      if (init.signal?.aborted) throw init.signal.reason;
      if (cause instanceof Yielded) throw cause;
      throw new LastwordError('connection_lost', 'the gateway cannot be reached', { cause });
    }
  }
}
