import { Yielded } from './connection.js';

/** @import { Ask, Tell } from './hub.js' */
/** @import { FetchStream } from './lastword.js' */

/** A worker that has not answered by then is none. */
const HELLO_MS = 3_000;

/**
 * Makes one reader of event streams for all tabs: what {@link Lastword} takes as its `fetchStream`. Where there is no such
 * worker, or it does not answer, each tab fetches for itself.
 *
 * @param {SharedWorker} worker runs `shared-worker.js`, as a module
 * @returns {FetchStream}
 */
export function sharedFetch(worker) {
  const { port } = worker;
  const tab = new Tab(port);
  /** @type {Promise<boolean>} */
  const works = new Promise((resolve) => {
    tab.here = () => resolve(true);
    worker.addEventListener('error', () => resolve(false));
    setTimeout(() => resolve(false), HELLO_MS);
  });
  port.start();
  globalThis.addEventListener?.('pagehide', () => port.postMessage({ bye: true }));
  return async (url, init, turn) => ((await works) ? tab.fetch(url, init, turn) : fetch(url, init));
}

/** The tab's end of the line: responses that arrive in messages. */
export class Tab {
  here = () => {};
  #port;
  #ids = 0;
  /** @type {Map<number, (tell: Tell) => void>} */
  #open = new Map();

  /** @param {MessagePort} port */
  constructor(port) {
    this.#port = port;
    port.addEventListener('message', ({ data }) => {
      const { here, id = 0 } = /** @type {Tell} */ (data);
      if (here) this.here();
      this.#open.get(id)?.(data);
    });
  }

  /** @type {FetchStream} */
  fetch(url, { signal, ...init }, turn) {
    const id = ++this.#ids;
    const say = (/** @type {Ask} */ ask) => this.#port.postMessage({ id, ...ask });
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const body = new Body(() => say({ pull: true }), () => leave());
      const leave = (/** @type {unknown} */ reason = new Yielded()) => {
        if (!this.#open.delete(id)) return;
        say({ leave: true });
        reject(reason);
        body.fail(reason);
      };
      signal?.addEventListener('abort', () => leave(signal.reason), { once: true });
      this.#open.set(id, ({ head, bytes, end, yielded, error }) => {
        if (head) resolve(responseOf(head, body.stream));
        if (bytes) body.add(bytes);
        if (!end && !yielded && error === undefined) return;
        this.#open.delete(id);
        if (end) return body.end();
        const failure = yielded ? new Yielded() : new TypeError(error);
        reject(failure);
        body.fail(failure);
      });
      say({ open: { url: new URL(url, globalThis.location?.href).href, init, turn } });
    });
  }
}

/** @param {NonNullable<Tell['head']>} head @param {ReadableStream<Uint8Array>} body */
function responseOf({ status, statusText, headers }, body) {
  const none = status === 204 || status === 205 || status === 304;
  return new Response(none ? null : body, { status, statusText, headers });
}

/** A body whose bytes come as they are asked for. */
class Body {
  /** @type {ReadableStreamDefaultController<Uint8Array> | undefined} */
  #controller;

  /** @param {() => void} pull @param {() => void} cancel */
  constructor(pull, cancel) {
    /** @type {ReadableStream<Uint8Array>} */
    this.stream = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
      },
      pull,
      cancel,
    });
  }

  /** @param {Uint8Array} bytes */
  add(bytes) {
    this.#controller?.enqueue(bytes);
  }

  end() {
    this.#controller?.close();
  }

  /** @param {unknown} reason */
  fail(reason) {
    this.#controller?.error(reason);
  }
}
