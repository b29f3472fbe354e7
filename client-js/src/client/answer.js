import { Connection, ConnectionLost, Yielded, backoffMs, pause } from './connection.js';
import { LastwordError, errorIn } from './errors.js';
import { EventTooLargeError, SseParser } from './sse.js';

/** @import { Outcome } from './errors.js' */
/** @import { ServerSentEvent } from './sse.js' */

/**
 * How an answer is read.
 *
 * @typedef {object} ReadOptions
 * @property {AbortSignal} [signal] leaves the answer, which goes on; iterating then throws the signal's reason
 * @property {(event: ServerSentEvent) => boolean} [isTerminal] true for the event after which the reader leaves at
 *   once; by default for the data `[DONE]`. Where no event says so, the gateway is asked for the outcome at the end
 * @property {number} [idleMs] silence after which a connection counts as lost: 45,000, three heartbeats
 * @property {number} [patienceMs] how long to go on trying while nothing is heard: 120,000; `Infinity` never gives up
 * @property {(attempt: number) => void} [onReconnect] told with 1, 2, … before each new try, with 0 when one succeeded
 */

/** @typedef {{ outcome: Outcome | null, reason: string | null, lastId: string | null }} Ending */

/**
 * The connection that an answer begins with.
 *
 * @typedef {object} Begun
 * @property {Connection} connection
 * @property {Response} response
 * @property {boolean} own whether it is to the stream's own URL, where every event of the stream has an id; a relayed
 *   response may come without ids
 */

/**
 * What an answer asks of its gateway.
 *
 * @typedef {object} Source
 * @property {(stream: string, after: string, signal: AbortSignal, turn: number) => Promise<Response>} read the events
 *   after an id: an event stream, or 204 where there are no more; `turn`: how often the connection was given to others
 *   since the last event came
 * @property {(stream: string, signal: AbortSignal) => Promise<Ending>} status how the stream stands
 * @property {() => void} left told when the reader is through, at the end or before
 */

/**
 * One answer being read, over as many connections as it takes. Iterate over it once: each event comes exactly once and
 * in order. The loop ends when the answer is complete *and saved*; any other end throws a {@link LastwordError} after
 * the last event of the partial. Leaving the loop never stops the answer.
 *
 * @implements {AsyncIterable<ServerSentEvent>}
 */
export class Answer {
  /** How it ended; null while it runs, and while that is not known. @type {Outcome | null} */
  outcome = null;
  #source;
  #options;
  /** @type {Begun | undefined} */
  #begun;
  #position;
  #retryMs = -1;
  #attempt = 0;
  /**
   * The stream's URL answered, and nothing new came of it. When a connection breaks, a browser throws away what it has
   * received and not handed out yet: that may be the very event that says why, each time anew.
   */
  #inVain = false;
  /** How often the connection was given to others since the last event came. */
  #turn = 0;
  #heardAt = performance.now();

  /**
   * Made by {@link Lastword}.
   *
   * @param {Source} source
   * @param {string | null} stream
   * @param {string} after
   * @param {ReadOptions} options
   * @param {Begun} [begun]
   */
  constructor(source, stream, after, options, begun) {
    /** Id of the stream; null when the response did not come through a gateway: then it cannot be resumed. */
    this.stream = stream;
    /** Id of the last event handed out: what to resume after. */
    this.lastEventId = after;
    this.#source = source;
    this.#options = options;
    this.#begun = begun;
    this.#position = after === '' ? 0 : positionOf(after);
  }

  /** @returns {AsyncGenerator<ServerSentEvent, void, void>} */
  async *[Symbol.asyncIterator]() {
    const { isTerminal = saysDone } = this.#options;
    try {
      while (this.outcome === null) {
        /** @type {ConnectionLost | null} */
        let lost = null;
        try {
          for await (const event of this.#connect()) {
            const terminal = isTerminal(event);
            if (terminal && this.stream !== null) this.outcome = 'completed';
            yield event;
            if (terminal) return;
          }
        } catch (error) {
          if (!(error instanceof ConnectionLost)) throw error;
          lost = error;
        }
        if (this.outcome === null) {
          if (this.stream === null && !lost) return;
          // Not even a body that ends in good order is a promise: the stream's URL says whether there is more.
          await this.#beforeNextTry(lost);
        }
      }
    } finally {
      this.#source.left();
    }
  }

  /** The new events of one connection: the one that was started with, or the stream's own URL. */
  async *#connect() {
    const begun = this.#begun;
    this.#begun = undefined;
    const { connection, response, own } = begun ?? (await this.#resume());
    if (response.status === 204) return await this.#settle(connection);
    const parser = new SseParser();
    for await (const bytes of connection.chunks(response)) {
      this.#heardAt = performance.now();
      for (const event of this.#parsed(parser, bytes)) {
        this.#retryMs = parser.retryMs;
        if (!this.#isNext(event, own)) continue;
        const failure = await this.#failureIn(event, connection);
        this.#take(event);
        if (failure) {
          this.outcome = failure.outcome;
          throw failure;
        }
        yield event;
      }
    }
  }

  /** @param {SseParser} parser @param {Uint8Array} bytes */
  #parsed(parser, bytes) {
    try {
      return parser.feed(bytes);
    } catch (cause) {
      if (!(cause instanceof EventTooLargeError)) throw cause;
      throw new LastwordError('event_too_large', cause.message, { stream: this.stream, cause });
    }
  }

  /** @returns {Promise<Begun>} */
  async #resume() {
    const stream = /** @type {string} */ (this.stream);
    const connection = new Connection(this.#options);
    connection.heard();
    const response = await connection.over(this.#source.read(stream, this.lastEventId, connection.signal, this.#turn));
    this.#heardAt = performance.now();
    this.#inVain = true;
    if (this.#attempt > 0) this.#options.onReconnect?.(0);
    return { connection, response, own: true };
  }

  /**
   * Whether an event is the next of the answer.
   *
   * @param {ServerSentEvent} event
   * @param {boolean} own it came from the stream's own URL
   */
  #isNext(event, own) {
    const { stream } = this;
    if (stream === null) return true;
    if (event.id === '') {
      // A notice is about this connection and has no id: "come back later". So has a ping.
      const notice = errorIn(event.data, stream);
      if (notice) throw new ConnectionLost(notice.message, { cause: notice });
      return !own && this.lastEventId === '';
    }
    const position = positionOf(event.id);
    if (position > this.#position + 1) {
      const missing = `events after ${this.lastEventId || 'the start'} are missing, the next is ${event.id}`;
      throw new LastwordError('gap', missing, { stream });
    }
    return !(position <= this.#position);
  }

  /**
   * The failure that an event of the answer says, or null. What only looks like one is the answer's last word if the
   * gateway says that it ended there, and else its content.
   *
   * @param {ServerSentEvent} event
   * @param {Connection} connection
   */
  async #failureIn(event, connection) {
    const { stream } = this;
    const error = errorIn(event.data, stream);
    if (error === null || error.outcome !== null || stream === null) return error;
    const { outcome, lastId } = await connection.over(this.#source.status(stream, connection.signal));
    if (outcome === null || outcome === 'completed' || (event.id !== '' && event.id !== lastId)) return null;
    return new LastwordError(error.code, error.message, { outcome, stream });
  }

  /** @param {ServerSentEvent} event */
  #take(event) {
    this.#position = event.id === '' ? this.#position + 1 : positionOf(event.id);
    this.lastEventId = event.id;
    this.#attempt = 0;
    this.#turn = 0;
    this.#inVain = false;
  }

  /** Asks how the answer ended. @param {Connection} connection closed by this */
  async #settle(connection) {
    const stream = /** @type {string} */ (this.stream);
    connection.heard();
    const { outcome, reason, lastId } = await connection.over(this.#source.status(stream, connection.signal));
    connection.close();
    // Of a failed answer the last event only says that it failed.
    const rest = positionOf(lastId ?? '') - this.#position - (outcome === 'completed' ? 0 : 1);
    if (outcome === null || rest > 0) return;
    this.outcome = outcome;
    if (outcome !== 'completed') {
      throw new LastwordError(reason || outcome, `the answer ended: ${outcome}; its partial is kept`, { outcome, stream });
    }
  }

  /** @param {ConnectionLost | null} lost */
  async #beforeNextTry(lost) {
    const { signal, patienceMs = 120_000, onReconnect } = this.#options;
    const { stream } = this;
    if (stream !== null && lost?.cause instanceof Yielded) {
      this.#turn += 1;
      return;
    }
    if (stream === null || performance.now() - this.#heardAt > patienceMs) {
      throw new LastwordError('connection_lost', 'the connection was lost before the answer ended', {
        stream,
        cause: lost?.cause,
      });
    }
    this.#attempt += 1;
    if (lost === null && this.#attempt === 1) return; // the body ended in good order after something new
    if (this.#inVain) await this.#settle(new Connection(this.#options)).catch(rethrowForGood);
    if (this.outcome !== null) return;
    onReconnect?.(this.#attempt);
    await pause(backoffMs(this.#attempt, this.#retryMs), signal);
  }
}

/** @param {unknown} error */
function rethrowForGood(error) {
  if (!(error instanceof ConnectionLost)) throw error;
}

/** @param {ServerSentEvent} event */
function saysDone(event) {
  return event.data === '[DONE]';
}

/** The number of an event in its stream, from 1: ids are `epoch-number`. @param {string} id */
function positionOf(id) {
  return Number(/^\d+-(\d+)$/.exec(id)?.[1] ?? NaN);
}
