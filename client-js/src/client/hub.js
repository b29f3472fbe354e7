/**
 * What a tab says: fetch this; I can take the next bytes; I want no more; I am going.
 *
 * @typedef {object} Ask
 * @property {number} [id] of a request of this tab
 * @property {{ url: string, init: RequestInit, turn: number }} [open]
 * @property {true} [pull]
 * @property {true} [leave]
 * @property {true} [bye]
 */

/**
 * What it is told.
 *
 * @typedef {object} Tell
 * @property {true} [here] the hub works
 * @property {number} [id]
 * @property {{ status: number, statusText: string, headers: [string, string][] }} [head]
 * @property {Uint8Array} [bytes]
 * @property {true} [end]
 * @property {true} [yielded] the connection is given to others; ask again
 * @property {string} [error]
 */

/**
 * Reads event streams for all tabs of an origin. A browser keeps six connections to a server that speaks HTTP/1.1, for
 * all tabs together: with six answers running nothing else gets through. So the hub has a few of them. Where more
 * streams want to be read, each has its turn, and comes back with the id of the last event that it saw.
 */
export class Hub {
  #fetch;
  #connectionsMax;
  #turnMs;
  /** @type {Job[]} */
  #waiting = [];
  /** @type {Set<Job>} */
  #reading = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {(url: string, init: RequestInit) => Promise<Response>} fetch
   * @param {{ connectionsMax?: number, turnMs?: number }} [bounds] `connectionsMax`: 4, which leaves two for all else;
   *   `turnMs`: how long a stream is read at least before others have their turn, 1,000; twice as long each time that
   *   nothing came of it, and three times until the answer to a request begins
   */
  constructor(fetch, { connectionsMax = 4, turnMs = 1000 } = {}) {
    this.#fetch = fetch;
    this.#connectionsMax = connectionsMax;
    this.#turnMs = turnMs;
  }

  /** Serves a tab. @param {MessagePort} port */
  join(port) {
    /** @type {Map<number, Job>} */
    const jobs = new Map();
    port.addEventListener('message', ({ data }) => {
      const { id = 0, open, pull, leave, bye } = /** @type {Ask} */ (data);
      if (open) {
        const job = new Job(open, (tell) => port.postMessage({ id, ...tell }));
        job.ended.then(() => jobs.delete(id));
        jobs.set(id, job);
        this.#waiting.push(job);
      }
      if (pull) jobs.get(id)?.wanted();
      const left = bye ? [...jobs.values()] : [leave ? jobs.get(id) : undefined];
      for (const job of left) if (job) this.#let(job, bye ? { yielded: true } : {});
      this.#share();
    });
    port.start();
    port.postMessage({ here: true });
  }

  /** Starts what there is room for, and sees to it that the rest gets its turn. */
  #share() {
    clearTimeout(this.#timer);
    while (this.#waiting.length > 0 && this.#reading.size < this.#connectionsMax) {
      const job = /** @type {Job} */ (this.#waiting.shift());
      this.#reading.add(job);
      void job.run(this.#fetch);
      job.ended.then(() => {
        this.#reading.delete(job);
        this.#share();
      });
    }
    if (this.#waiting.length === 0) return;
    const inMs = Math.min(...[...this.#reading].map((job) => job.until(this.#turnMs))) - performance.now();
    if (inMs > 0) {
      this.#timer = setTimeout(() => this.#share(), inMs);
      return;
    }
    const over = [...this.#reading].find((job) => job.until(this.#turnMs) <= performance.now());
    if (over) this.#let(over, { yielded: true });
    this.#share();
  }

  /** @param {Job} job @param {Tell} last */
  #let(job, last) {
    this.#waiting = this.#waiting.filter((other) => other !== job);
    this.#reading.delete(job);
    job.stop(last);
  }
}

/** One request of a tab. */
class Job {
  #tell;
  #open;
  #abort = new AbortController();
  #startedAt = 0;
  #begun = false;
  /** How many pieces the tab can take. */
  #wanted = 0;
  #wake = () => {};
  #over = () => {};
  /** Resolves when there is nothing more to do for it. @type {Promise<void>} */
  ended = new Promise((resolve) => (this.#over = resolve));

  /** @param {NonNullable<Ask['open']>} open @param {(tell: Tell) => void} tell */
  constructor(open, tell) {
    this.#open = open;
    this.#tell = tell;
  }

  /** Until when nobody else gets its connection. @param {number} turnMs */
  until(turnMs) {
    const times = this.#begun || this.#open.init.method !== 'POST' ? 1 : 3;
    return this.#startedAt + turnMs * times * 2 ** Math.min(this.#open.turn, 6);
  }

  wanted() {
    this.#wanted += 1;
    this.#wake();
  }

  /** @param {(url: string, init: RequestInit) => Promise<Response>} fetch */
  async run(fetch) {
    this.#startedAt = performance.now();
    try {
      const { url, init } = this.#open;
      const response = await fetch(url, { ...init, signal: this.#abort.signal });
      const { status, statusText, headers } = response;
      this.#begun = true;
      this.#say({ head: { status, statusText, headers: [...headers] } });
      const reader = response.body?.getReader();
      for (let part = await this.#read(reader); part; part = await this.#read(reader)) this.#say({ bytes: part });
      this.stop({ end: true });
    } catch (error) {
      this.stop({ error: `${error}` });
    }
  }

  /** @param {Tell} last said unless something else ended it before */
  stop(last) {
    this.#say(last);
    this.#tell = () => {};
    this.#abort.abort();
    this.#wake();
    this.#over();
  }

  /** The next piece, once the tab can take it. @param {ReadableStreamDefaultReader<Uint8Array> | undefined} reader */
  async #read(reader) {
    while (reader && this.#wanted === 0 && !this.#abort.signal.aborted) {
      await /** @type {Promise<void>} */ (new Promise((resolve) => (this.#wake = resolve)));
    }
    this.#wanted -= 1;
    return (await reader?.read())?.value;
  }

  /** @param {Tell} tell */
  #say(tell) {
    if (Object.keys(tell).length > 0) this.#tell(tell);
  }
}
