import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const CLIENT = fileURLToPath(new URL('../../client-js/src', import.meta.url));

/**
 * A server in front of a gateway that hands requests on, but closes a kept connection without a word when a request
 * comes over it: what happens when a timeout of the server's and a new request meet. A browser then sends the request
 * again by itself. It also serves the browser client at /client/, and an empty page.
 */
export class Forgetful {
  #server;
  #gateway;

  /** @param {string} gateway URL without a path */
  static async before(gateway) {
    const forgetful = new Forgetful();
    forgetful.#gateway = gateway;
    forgetful.#server = http.createServer((request, response) => forgetful.#serve(request, response));
    forgetful.#server.listen(0, '127.0.0.1');
    await once(forgetful.#server, 'listening');
    return forgetful;
  }

  /** How many POST requests were closed on. */
  forgotten = 0;

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  async close() {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(request, response) {
    if (request.url === '/') return response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html>');
    if (request.url.startsWith('/client/')) {
      const script = await readFile(path.join(CLIENT, path.normalize(request.url)));
      return response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(script);
    }
    const { socket } = request;
    const kept = request.method === 'POST' && socket.kept;
    socket.kept = true;
    const onward = http.request(this.#gateway + request.url, { method: request.method, headers: request.headers });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
    if (kept) {
      this.forgotten++;
      onward.on('response', (answer) => answer.destroy()); // nobody reads it
      onward.once('finish', () => setImmediate(() => socket.end()));
      return undefined;
    }
    const [answer] = await once(onward, 'response');
    response.writeHead(answer.statusCode, answer.headers);
    return answer.pipe(response);
  }
}
