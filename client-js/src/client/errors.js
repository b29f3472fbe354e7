/**
 * How an answer ended: `completed` is said only once the whole answer is saved. Of the others the partial is kept.
 *
 * @typedef {'completed' | 'cancelled' | 'failed' | 'interrupted'} Outcome
 */

/** What went wrong, in a form to decide by: `code` for programs, `message` for people. */
export class LastwordError extends Error {
  /** @override */
  name = 'LastwordError';

  /**
   * @param {string} code `connection_lost`, `refused`, `not_a_stream`, `gap`, `event_too_large`, or the code that the
   *   gateway or the upstream gave: `cancelled`, `interrupted`, `upstream_truncated`, …
   * @param {string} message one sentence
   * @param {object} [facts]
   * @param {Outcome | null} [facts.outcome] how the answer ended for ever; null while that is not known: it may be
   *   running on, and {@link Lastword.resume} reads it
   * @param {string | null} [facts.stream] id of the stream, null if there is none
   * @param {number | null} [facts.status] HTTP status, where a response was refused
   * @param {string | null} [facts.problem] `code` of the gateway's problem document, where it was the gateway that refused
   * @param {unknown} [facts.cause]
   */
  constructor(code, message, { outcome = null, stream = null, status = null, problem = null, cause } = {}) {
    super(message, { cause });
    this.code = code;
    this.outcome = outcome;
    this.stream = stream;
    this.status = status;
    this.problem = problem;
  }
}

/**
 * What an event of the form `{"error":{…}}` tells, or null if it has another form. Its outcome is null where the words
 * are not the gateway's own: they may be part of an answer that goes on.
 *
 * @param {string} data
 * @param {string | null} stream
 * @returns {LastwordError | null}
 */
export function errorIn(data, stream) {
  if (!/^\s*\{\s*"error"\s*:/.test(data)) return null;
  let error;
  try {
    error = JSON.parse(data).error;
  } catch {
    return null;
  }
  if (typeof error !== 'object' || error === null) return null;
  const code = String(error.code ?? error.type ?? 'failed');
  const ended = code === 'cancelled' || code === 'interrupted' ? code : 'failed';
  const outcome = error.type === 'lastword_error' ? ended : null;
  return new LastwordError(code, String(error.message ?? code), { outcome, stream });
}

/** @param {Response} response */
export function isEventStream(response) {
  return /^text\/event-stream\s*(;|$)/i.test(response.headers.get('content-type') ?? '');
}

/**
 * A response that is not what was asked for, with what its body says: a problem document (RFC 9457) or `{"error":{…}}`.
 *
 * @param {Response} response
 * @param {string | null} stream
 */
export async function refusal(response, stream) {
  const { status } = response;
  const text = (await response.text().catch(() => '')).slice(0, 65536);
  /** @type {any} */
  let body = null;
  try {
    body = JSON.parse(text);
  } catch {
    // Not JSON: the status has to do.
  }
  const said = body?.detail ?? body?.title ?? body?.error?.message;
  const message = typeof said === 'string' ? said : `The server answered ${status} ${response.statusText}`.trim();
  const ours = /^application\/problem\+json\b/i.test(response.headers.get('content-type') ?? '');
  const problem = ours && typeof body?.code === 'string' ? body.code : null;
  return new LastwordError(response.ok ? 'not_a_stream' : 'refused', message, { stream, status, problem });
}
