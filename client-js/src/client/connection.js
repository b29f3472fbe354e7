import { LastwordError } from './errors.js';

/** A connection that is gone while its stream goes on. Stays inside: {@link Answer} makes a new one. */
export class ConnectionLost extends Error {
  /** @override */
  name = 'ConnectionLost';
}

/**
 * Nothing is wrong, but others have to have the connection now, and this reader waits for its next turn: a browser keeps
 * only six connections to a server that speaks HTTP/1.1.
 */
export class Yielded extends Error {
  /** @override */
  name = 'Yielded';
}

/** One request whose response is read as it comes, and given up when nothing comes any more. */
export class Connection {
  #silence = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #idleMs;
  #leave;

  /** @param {{ idleMs?: number, signal?: AbortSignal }} options silence after which it counts as lost; the reader's */
  constructor({ idleMs = 45_000, signal }) {
    this.#idleMs = idleMs;
    this.#leave = signal;
    const silence = this.#silence.signal;
    /** For the request: aborts when the reader leaves, or when the connection counts as lost. */
    this.signal = signal ? AbortSignal.any([signal, silence]) : silence;
  }

  /** Counts silence from now on. */
  heard() {
    clearTimeout(this.#timer);
    if (this.#idleMs === Infinity) return;
    this.#timer = setTimeout(() => this.#silence.abort(), this.#idleMs);
  }

  close() {
    clearTimeout(this.#timer);
    this.#silence.abort();
  }

  /**
   * Waits for a step of the network.
   *
   * @template T
   * @param {Promise<T>} step
   * @returns {Promise<T>}
   * @throws {ConnectionLost} if it failed, or was refused in a way that passes
   * @throws {LastwordError} if it was refused for good; the reader's own reason if it was the reader who left
   */
  async over(step) {
    try {
      return await step;
    } catch (cause) {
      this.close();
      if (this.#leave?.aborted) throw this.#leave.reason;
      if (cause instanceof LastwordError && cause.code !== 'connection_lost' && !passes(cause.status)) throw cause;
      throw new ConnectionLost('connection lost', { cause });
    }
  }

  /** The body's bytes as they come. @param {Response} response @returns {AsyncGenerator<Uint8Array, void, void>} */
  async *chunks(response) {
    const reader = response.body?.getReader();
    try {
      this.heard();
      while (reader) {
        const { done, value } = await this.over(reader.read());
        if (done) return;
        this.heard();
        yield value;
      }
    } finally {
      this.close();
    }
  }
}

/** @param {number | null} status */
function passes(status) {
  return status !== null && (status >= 500 || status === 408 || status === 425 || status === 429);
}

/**
 * How long to wait before a new connection: doubling, at most 10 s, and never the same for many readers at once.
 *
 * @param {number} attempt from 1
 * @param {number} firstMs what the server asked for in `retry`, or -1
 */
export function backoffMs(attempt, firstMs) {
  const base = firstMs < 0 ? 250 : Math.min(Math.max(firstMs, 50), 60_000);
  const most = Math.min(base * 2 ** Math.min(attempt - 1, 16), Math.max(10_000, base));
  return most * (0.5 + Math.random() / 2);
}

/**
 * Waits, less when the network comes back. Throws the signal's reason when that aborts.
 *
 * @param {number} ms
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<void>}
 */
export function pause(ms, signal) {
  const over = new AbortController();
  const once = { signal: over.signal };
  /** @type {Promise<void>} */
  const waiting = new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = setTimeout(resolve, ms);
    over.signal.addEventListener('abort', () => clearTimeout(timer));
    globalThis.addEventListener?.('online', () => resolve(), once);
    signal?.addEventListener('abort', () => reject(signal.reason), once);
  });
  return waiting.finally(() => over.abort());
}
