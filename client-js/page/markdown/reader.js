import { workerUrl } from '../trusted.js';

/** @import { Failure, Reply } from './worker.js' */

/** A worker that says nothing for so long is stuck. */
const PATIENCE_MS = 10_000;

/** A text could not be read as Markdown. */
export class Unreadable extends Error {
  /** @override */
  name = 'Unreadable';
}

/** The worker that had read the text is gone, with what it knew; a new one reads it from its start. */
export class ReaderGone extends Error {
  /** @override */
  name = 'ReaderGone';
}

/** Reads Markdown for the whole page, in one worker. If a text keeps that busy for too long, it gets a new one. */
export class Reader {
  /** @type {Worker | null} */
  #worker = null;
  /** Who waits for a reply, in the order of asking. @type {Map<number, { reply: (reply: Reply) => void, fail: (error: Error) => void }>} */
  #waiting = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #ids = 0;
  /** Whether a worker has ever answered here: a browser may have none that reads modules. */
  #works = false;
  #broken = false;

  /** An id for one text. */
  newId() {
    return ++this.#ids;
  }

  /**
   * Tells what more of a text changes.
   *
   * @param {number} id of the text, for which no reply is awaited now
   * @param {number} from so much of it was said before
   * @param {string} more
   * @returns {Promise<Reply>}
   * @throws {Unreadable | ReaderGone}
   */
  ask(id, from, more) {
    return new Promise((reply, fail) => {
      if (this.#broken) return fail(new Unreadable('no worker'));
      this.#waiting.set(id, { reply, fail });
      if (this.#waiting.size === 1) this.#watch();
      this.#open().postMessage({ id, from, more });
    });
  }

  /** Lets go of what is known of a text. @param {number} id */
  forget(id) {
    this.#worker?.postMessage({ id, ended: true });
  }

  #open() {
    if (this.#worker) return this.#worker;
    const worker = new Worker(workerUrl('markdown/worker.js'), { type: 'module' });
    worker.addEventListener('message', ({ data }) => this.#heard(data));
    worker.addEventListener('error', () => this.#lost());
    this.#worker = worker;
    return worker;
  }

  /** @param {Reply | Failure} said */
  #heard(said) {
    const asked = this.#waiting.get(said.id);
    this.#waiting.delete(said.id);
    this.#works = true;
    this.#watch();
    if ('error' in said) asked?.fail(said.unknown ? new ReaderGone() : new Unreadable(said.error));
    else asked?.reply(said);
  }

  #watch() {
    clearTimeout(this.#timer);
    if (this.#waiting.size === 0) return;
    const due = Date.now() + PATIENCE_MS;
    // A machine that slept wakes up with the time over, and the worker's answer not yet heard.
    this.#timer = setTimeout(() => (Date.now() > due + PATIENCE_MS ? this.#watch() : this.#lost()), PATIENCE_MS);
  }

  /** The worker is stuck in what it was asked first, or could not be started. */
  #lost() {
    clearTimeout(this.#timer);
    this.#worker?.terminate();
    this.#worker = null;
    this.#broken = !this.#works;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    waiting.forEach(({ fail }, i) => fail(i === 0 || this.#broken ? new Unreadable('it takes too long') : new ReaderGone()));
  }
}
