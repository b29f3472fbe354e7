import { Connection, ConnectionLost, Yielded, backoffMs, pause } from './connection.js';
import { LastwordError, isEventStream, refusal } from './errors.js';

/** @import { Begun, ReadOptions, Source } from './answer.js' */

/** Longest pause between two looks at a stream that has not begun: its first word is not to wait for us. */
const PAUSE_MS_MAX = 2_000;

/** An id for a stream to come, which nobody guesses and nothing else has: 128 random bits. */
export function newStreamId() {
  const bits = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bits)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
}

/**
 * Posts the request that begins a stream, until its answer is there. The request carries the stream's id, so that it
 * can be sent again where a gateway keeps the ids: from when it is taken, and ever after, a second request is refused,
 * and the stream's own URL has the answer. Whether there is such a gateway is asked before anything is sent twice.
 *
 * @param {string} stream the id that the request asks for
 * @param {(signal: AbortSignal, turn: number) => Promise<Response>} post sends the request
 * @param {Source} source
 * @param {ReadOptions} options
 * @returns {Promise<Begun>}
 * @throws {LastwordError}
 */
export async function begin(stream, post, source, options) {
  const { signal, patienceMs = 120_000, onReconnect } = options;
  let heardAt = performance.now();
  /** Since when requests break and a gateway that is there knows nothing of them; 0 while none has. */
  let brokenAt = 0;
  let turn = 0;
  for (let attempt = 1; ; ) {
    const posted = await ask(post, turn, options);
    if (posted !== 'taken' && !(posted instanceof ConnectionLost)) return posted;
    const waits = posted === 'taken' || posted.cause instanceof Yielded;
    for (let found; found !== 'unknown'; attempt++) {
      found = await look(stream, source, turn, options);
      if (found !== 'unknown' && !(found instanceof ConnectionLost)) {
        if (attempt > 1) onReconnect?.(0);
        return found;
      }
      turn += 1;
      if (found === 'unknown' && !waits) {
        brokenAt ||= performance.now();
        if (performance.now() - brokenAt > patienceMs) throw lostBefore(stream, posted.cause);
      }
      if (found === 'unknown' || found.cause instanceof Yielded) heardAt = performance.now();
      else if (performance.now() - heardAt > patienceMs) throw lostBefore(stream, found.cause);
      if (!waits) onReconnect?.(attempt);
      await pause(Math.min(backoffMs(attempt, -1), PAUSE_MS_MAX), signal);
    }
  }
}

/**
 * Sends the request once.
 *
 * @param {(signal: AbortSignal, turn: number) => Promise<Response>} post
 * @param {number} turn
 * @param {ReadOptions} options
 * @returns {Promise<Begun | 'taken' | ConnectionLost>} `taken`: an earlier request has the id
 */
async function ask(post, turn, options) {
  const connection = new Connection(options);
  const response = await connection.over(post(connection.signal, turn)).catch(ifLost);
  if (response instanceof ConnectionLost) return response;
  if (response.ok && isEventStream(response)) return { connection, response, own: false };
  const refused = await refusal(response, response.headers.get('Lastword-Stream'));
  if (refused.problem === 'stream_id_taken') return 'taken';
  throw refused;
}

/**
 * Looks whether the stream has begun.
 *
 * @param {string} stream
 * @param {Source} source
 * @param {number} turn
 * @param {ReadOptions} options
 * @returns {Promise<Begun | 'unknown' | ConnectionLost>} `unknown`: a gateway says that it has no such stream
 */
async function look(stream, source, turn, options) {
  const connection = new Connection(options);
  connection.heard();
  try {
    return { connection, response: await connection.over(source.read(stream, '', connection.signal, turn)), own: true };
  } catch (error) {
    if (error instanceof LastwordError && error.problem === 'not_found') return 'unknown';
    // Whoever answers here is no gateway, and might ask twice what it is sent twice.
    if (error instanceof LastwordError) throw lostBefore(null, error);
    return ifLost(error);
  }
}

/** @param {unknown} error @returns {ConnectionLost} */
function ifLost(error) {
  if (error instanceof ConnectionLost) return error;
  throw error;
}

/** @param {string | null} stream @param {unknown} cause */
function lostBefore(stream, cause) {
  return new LastwordError('connection_lost', 'the connection was lost before the answer began', { stream, cause });
}
