import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TYPES = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.mjs': 'text/javascript', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };
const POLICY = policyOf(readFileSync(path.join(ROOT, 'gateway/src/main/java/dev/lastword/gateway/Pages.java'), 'utf8'));

/** The policy that the gateway sends with the page, from its source. */
function policyOf(source) {
  const [, literals] = /POLICY =(.*?");\n/s.exec(source);
  return [...literals.matchAll(/"([^"]*)"/g)].map(([, text]) => text).join('');
}

/**
 * The chat page on a gateway that a test holds in its hands: answers are written by the test, event by event, and every
 * request is counted. It has what the page asks of a gateway, and nothing is kept.
 */
export class PageServer {
  #server = http.createServer((request, response) => void this.#serve(request, response).catch(() => response.destroy()));
  /** @type {Map<string, Stream>} */
  streams = new Map();
  /** Every request but those for the page's files, oldest first: `{ method, url, headers, body, at }`. */
  requests = [];
  models = ['test-model'];
  /** A promise that the list of models waits for. */
  modelsReady = Promise.resolve();
  /** Told of each new stream, before its head is sent. */
  onStream = () => {};

  static async listen() {
    const server = new PageServer();
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  async close() {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** The requests whose method and path begin like this. */
  asked(line) {
    return this.requests.filter(({ method, url }) => `${method} ${url}`.startsWith(line));
  }

  /** The newest stream. */
  get newest() {
    return [...this.streams.values()].at(-1);
  }

  /** A stream that is there already, of a conversation. */
  add(conversation, input, text, outcome = 'completed', reason = null) {
    const stream = new Stream(`stream-${this.streams.size}-${'0'.repeat(12)}`, conversation, input);
    this.streams.set(stream.id, stream);
    stream.say(text);
    if (outcome) stream.end(outcome, reason);
    return stream;
  }

  async #serve(request, response) {
    const url = new URL(request.url, 'http://x');
    const file = FILES(url.pathname);
    if (file) return this.#file(file, response);
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    this.requests.push({ method: request.method, url: request.url, headers: request.headers, body, at: performance.now() });
    const parts = url.pathname.split('/').map(decodeURIComponent);
    const route = `${request.method} ${parts.slice(0, 3).join('/')}`;
    if (route === 'GET /v1/models') {
      await this.modelsReady;
      return json(response, 200, { data: this.models.map((id) => ({ id })) });
    }
    if (route === 'POST /v1/chat') return this.#chat(request, body, response);
    if (route === 'GET /v1/stream') return this.#read(parts[3], request, response);
    if (route === 'GET /api/streams' && parts.length === 3) return json(response, 200, { streams: this.#of(url.searchParams.get('conversation')).map(status).reverse() });
    if (route === 'GET /api/conversations') return json(response, 200, { conversation: parts[3], turns: this.#of(parts[3]).map(turn), running: null });
    if (route === 'DELETE /api/conversations') return this.#delete(this.#of(parts[3]), response);
    if (route === 'GET /demo/nodes') return response.writeHead(204).end();
    const stream = this.streams.get(parts[3]);
    if (!stream) return problem(response, 404, 'not_found');
    if (route === 'DELETE /api/streams') return this.#delete([stream], response);
    if (parts[4] === 'cancel') {
      stream.end('cancelled', 'cancelled');
      return json(response, stream.outcome === 'cancelled' ? 200 : 409, status(stream));
    }
    return json(response, 200, status(stream));
  }

  async #file(file, response) {
    const bytes = await readFile(file);
    response.writeHead(200, { 'Content-Type': TYPES[path.extname(file)], 'Content-Security-Policy': POLICY, 'X-Content-Type-Options': 'nosniff' });
    response.end(bytes);
  }

  async #chat(request, body, response) {
    const id = request.headers['lastword-stream'];
    if (this.streams.has(id)) return problem(response, 409, 'stream_id_taken');
    const { messages } = JSON.parse(body);
    const stream = new Stream(id, request.headers['lastword-conversation'], messages.at(-1).content);
    await this.onStream(stream);
    this.streams.set(id, stream);
    return stream.attach(response, 0);
  }

  #read(id, request, response) {
    const stream = this.streams.get(id);
    if (!stream) return problem(response, 404, 'not_found');
    const after = Number(request.headers['last-event-id']?.slice(2) ?? 0);
    if (stream.outcome && after >= stream.events.length) return response.writeHead(204).end();
    return stream.attach(response, after);
  }

  #of(conversation) {
    return [...this.streams.values()].filter((stream) => stream.conversation === conversation);
  }

  #delete(streams, response) {
    if (streams.length === 0) return problem(response, 404, 'not_found');
    for (const { id } of streams) this.streams.delete(id);
    return response.writeHead(204).end();
  }
}

function FILES(pathname) {
  const name = pathname === '/' ? 'index.html' : pathname.slice(1);
  if (/^client\/[\w-]+\.js$/.test(name)) return path.join(ROOT, 'client-js/src', name);
  return /^(?!v1|api)[\w/.-]+\.(html|css|m?js|svg|woff2)$/.test(name) && !name.includes('..') ? path.join(ROOT, 'client-js/page', name) : null;
}

/** One answer, as far as it has come. */
class Stream {
  events = [];
  outcome = null;
  reason = null;
  text = '';
  /** Why a conversation has not its text. @type {string | undefined} */
  unreadable;
  created = new Date().toISOString();
  #readers = new Set();

  constructor(id, conversation, input) {
    Object.assign(this, { id, conversation, input });
  }

  say(text) {
    this.text += text;
    this.#add({ choices: [{ index: 0, delta: { content: text }, finish_reason: null }] });
  }

  end(outcome = 'completed', reason = null) {
    if (this.outcome) return;
    this.outcome = outcome;
    this.reason = reason ?? '';
    this.#add(outcome === 'completed' ? '[DONE]' : { error: { message: reason, type: 'lastword_error', code: reason } });
    for (const reader of this.#readers) if (outcome === 'completed') reader.end();
      else reader.destroy();
  }

  /** Cuts the connections of this moment. */
  cut() {
    for (const reader of this.#readers) reader.destroy();
  }

  get readers() {
    return this.#readers.size;
  }

  attach(response, after) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache', 'Lastword-Stream': this.id });
    response.flushHeaders();
    response.write(this.events.slice(after).join(''));
    if (this.outcome) return response.end();
    this.#readers.add(response);
    response.on('close', () => this.#readers.delete(response));
    return undefined;
  }

  #add(data) {
    const event = `id: 1-${this.events.length + 1}\ndata: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
    this.events.push(event);
    for (const reader of this.#readers) reader.write(event);
  }
}

function status({ id, outcome, reason, events, conversation }) {
  return { id, state: outcome ? 'released' : 'open', outcome, reason, conversation, firstId: '1-1', lastId: `1-${events.length}`, url: `/v1/stream/${id}` };
}

function turn({ id, outcome, reason, input, text, created, unreadable }) {
  const shown = unreadable ? { text: '', unreadable } : { text };
  return { stream: id, state: outcome ? 'released' : 'open', outcome, reason, input, created, ended: null, finishReason: null, ...shown };
}

function json(response, code, body) {
  response.writeHead(code, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }).end(JSON.stringify(body));
}

function problem(response, code, name) {
  response.writeHead(code, { 'Content-Type': 'application/problem+json' }).end(JSON.stringify({ status: code, title: name, code: name, detail: name }));
}
