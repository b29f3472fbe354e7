/** @param {string} key of a conversation */
function channelOf(key) {
  const channel = new BroadcastChannel(`lastword:${key}`);
  // Node keeps a process alive for an open channel; nobody would wait for a hint.
  if ('unref' in channel && typeof channel.unref === 'function') channel.unref();
  return channel;
}

/** Hints at news in a conversation to everyone of this origin who follows it. @param {string} key */
export function ring(key) {
  const channel = channelOf(key);
  channel.postMessage('news');
  channel.close();
}

/** Tells when to look for news in a conversation: on a hint, when the page comes back into view, and in between. */
export class Bell {
  #channel;
  #off = new AbortController();
  #rung = false;
  #wake = () => {};

  /** @param {string} key @param {AbortSignal | undefined} signal rings, too, when it aborts */
  constructor(key, signal) {
    const ringing = () => {
      this.#rung = true;
      this.#wake();
    };
    const options = { signal: this.#off.signal };
    this.#channel = channelOf(key);
    this.#channel.addEventListener('message', ringing);
    signal?.addEventListener('abort', ringing, options);
    globalThis.document?.addEventListener('visibilitychange', ringing, options);
    globalThis.addEventListener?.('online', ringing, options);
  }

  /** Whether anyone can see the page. Without a page there is nobody to spare. */
  get visible() {
    return globalThis.document?.visibilityState !== 'hidden';
  }

  /** Waits for the next ring, at most so long; unseen, a page waits for a ring alone. @param {number} mostMs */
  async next(mostMs) {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    if (!this.#rung) {
      await /** @type {Promise<void>} */ (
        new Promise((resolve) => {
          this.#wake = resolve;
          if (this.visible) timer = setTimeout(resolve, mostMs);
        })
      );
    }
    clearTimeout(timer);
    this.#rung = false;
  }

  close() {
    this.#off.abort();
    this.#channel.close();
  }
}
