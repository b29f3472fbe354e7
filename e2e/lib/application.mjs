import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { fileURLToPath } from 'node:url';

const CLIENT = fileURLToPath(new URL('../../client-js/src', import.meta.url));

/**
 * A server of pages that is not the gateway: an application on an origin of its own, or somebody else's site. Its pages
 * are empty; `/sign-in?cookie=…` sets cookies, and `/client/` has the browser client.
 */
export class Application {
  #server = http.createServer((request, response) => void this.#serve(request, response).catch(() => response.destroy()));

  static async listen() {
    const application = new Application();
    application.#server.listen(0, '127.0.0.1');
    await once(application.#server, 'listening');
    return application;
  }

  get port() {
    return this.#server.address().port;
  }

  /** Its origin under one of the names of this machine. */
  at(host) {
    return `http://${host}:${this.port}`;
  }

  async close() {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(request, response) {
    const { pathname, searchParams } = new URL(request.url, 'http://x');
    if (/^\/client\/[\w-]+\.js$/.test(pathname)) {
      response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(await readFile(CLIENT + pathname));
      return;
    }
    response.writeHead(200, { 'Content-Type': 'text/html', 'Set-Cookie': searchParams.getAll('cookie') });
    response.end('<!doctype html><title>application</title><link rel="icon" href="data:,">');
  }
}
