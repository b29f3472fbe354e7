import http from 'node:http';
import { parseEvents } from './sse.mjs';

/**
 * A client without opinions: sends a request, keeps every byte of the answer as it arrives, and can be gone at once.
 * `events` are the whole events that have arrived so far.
 */
export class RawClient {
  #request;
  #text = '';
  #decoder = new TextDecoder();

  status;
  headers;
  error;

  /** @param {string} url @param {{method?: string, headers?: object, body?: string | Buffer}} what */
  constructor(url, { method = 'GET', headers = {}, body } = {}) {
    this.#request = http.request(url, { method, headers, agent: false });
    this.head = new Promise((resolve) => this.#request.once('response', resolve)).then((response) => {
      this.status = response.statusCode;
      this.headers = response.headers;
      return response;
    });
    this.done = new Promise((resolve) => {
      const fail = (error) => {
        this.error = error;
        resolve(this);
      };
      this.#request.on('error', fail);
      this.head.then((response) => {
        response.on('data', (bytes) => (this.#text += this.#decoder.decode(bytes, { stream: true })));
        response.on('end', () => resolve(this));
        response.on('error', fail);
      });
    });
    this.#request.end(body);
  }

  get text() {
    return this.#text;
  }

  get events() {
    return parseEvents(this.#text);
  }

  /** The stream's id, once the head has arrived. */
  get stream() {
    return this.headers?.['lastword-stream'];
  }

  leave() {
    this.#request.destroy();
  }
}

/** Posts a chat request as any HTTP client would. */
export const post = (gateway, model, { headers = {}, ...more } = {}) =>
  new RawClient(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Say words.' }], ...more }),
  });

/** Reads a stream under its own URL, as an EventSource does. */
export const follow = (gateway, id, { after, headers = {} } = {}) =>
  new RawClient(`${gateway.url}/v1/stream/${id}`, {
    headers: { Accept: 'text/event-stream', ...headers, ...(after === undefined ? {} : { 'Last-Event-ID': after }) },
  });
