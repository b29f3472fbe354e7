import { once } from 'node:events';
import net from 'node:net';

/**
 * An upstream whose every byte a test decides: it speaks HTTP/1.1 on bare sockets, so it can stall, cut an event in the
 * middle, end without a terminal chunk, half-close and reset. A request is answered by the script of its model name
 * (`"model"` in a JSON body) or else of its path.
 */
export class Upstream {
  #server = net.createServer((socket) => this.#serve(socket));
  #sockets = new Set();
  #scripts = new Map();

  /** Every exchange so far, oldest first. */
  exchanges = [];

  static async listen() {
    const upstream = new Upstream();
    upstream.#server.listen(0, '127.0.0.1');
    await once(upstream.#server, 'listening');
    return upstream;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** Answers requests for this model or path with `script(exchange)`. */
  on(name, script) {
    this.#scripts.set(name, script);
  }

  /** The exchanges that were answered by this script. */
  of(name) {
    return this.exchanges.filter((exchange) => exchange.name === name);
  }

  async close() {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(socket) {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {}); // resets are part of the game; an exchange sees the end of its socket
    socket.on('close', () => this.#sockets.delete(socket));
    const closed = new Promise((resolve) => socket.once('end', resolve).once('close', resolve));
    const requests = readRequests(socket);
    for (let next = await requests.next(); !next.done; next = await requests.next()) {
      const exchange = new Exchange(socket, closed, next.value);
      const script = this.#scripts.get(exchange.model) ?? this.#scripts.get(exchange.path);
      exchange.name = this.#scripts.has(exchange.model) ? exchange.model : exchange.path;
      this.exchanges.push(exchange);
      if (!script) exchange.respond(404, { 'Content-Type': 'text/plain' }, 'no such script');
      else await exchange.run(script);
      if (socket.destroyed || !socket.writable) return;
    }
    socket.end();
  }
}

/** One request and the bytes that answer it. */
class Exchange {
  #socket;

  constructor(socket, closed, request) {
    this.#socket = socket;
    /** Resolves once the other side has closed the connection or given it up. */
    this.closed = closed;
    Object.assign(this, request);
    this.path = this.target.split('?')[0];
    this.model = modelOf(request);
  }

  get gone() {
    return this.#socket.destroyed || this.#socket.readableEnded;
  }

  json() {
    return JSON.parse(this.body.toString());
  }

  async run(script) {
    try {
      await script(this);
    } catch (error) {
      this.error = error;
      this.#socket.destroy();
    }
  }

  /** A whole answer with a length. */
  respond(status, headers, body = '') {
    const bytes = Buffer.from(body);
    this.head(status, { ...headers, 'Content-Length': bytes.length });
    if (this.method !== 'HEAD') this.raw(bytes);
  }

  head(status, headers) {
    const fields = Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}\r\n`));
    this.raw(`HTTP/1.1 ${status} Scripted\r\n${fields.join('')}\r\n`);
  }

  /** Begins an event stream that is framed in chunks. */
  stream(headers = {}) {
    this.head(200, { 'Content-Type': 'text/event-stream', 'Transfer-Encoding': 'chunked', ...headers });
  }

  /** One chunk of the body: any bytes, whole events or not. */
  chunk(bytes) {
    const body = Buffer.from(bytes);
    this.raw(Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')]));
  }

  /** One event whose data is this value as JSON, or this string as it is. */
  data(value) {
    this.chunk(`data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`);
  }

  /** Ends the body as HTTP wants it. */
  end() {
    this.raw('0\r\n\r\n');
  }

  /** Bytes on the wire, framed by nobody. */
  raw(bytes) {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  /** Closes the connection in mid-body: all that was written arrives, the end of the framing does not. */
  cut() {
    this.#socket.end();
  }

  /** Aborts the connection with a TCP reset. */
  reset() {
    this.#socket.resetAndDestroy();
  }
}

function modelOf({ headers, body }) {
  if (!headers['content-type']?.includes('json')) return undefined;
  try {
    return JSON.parse(body.toString()).model;
  } catch {
    return undefined;
  }
}

/** Reads requests with a length, in chunks or without a body from a socket, one after the other. */
async function* readRequests(socket) {
  const bytes = new Bytes(socket);
  for (;;) {
    const head = await bytes.until('\r\n\r\n');
    if (head === undefined) return;
    const [line, ...fields] = head.toString('latin1').split('\r\n');
    const [method, target] = line.split(' ');
    const rawHeaders = fields.map((field) => [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 1).trim()]);
    const headers = Object.fromEntries(rawHeaders.map(([name, value]) => [name.toLowerCase(), value]));
    const body = await readBody(bytes, headers);
    if (body === undefined) return;
    yield { method, target, rawHeaders, headers, body };
  }
}

async function readBody(bytes, headers) {
  if (headers['transfer-encoding']?.toLowerCase() !== 'chunked') return bytes.take(Number(headers['content-length'] ?? 0));
  const parts = [];
  for (;;) {
    const size = parseInt((await bytes.until('\r\n'))?.toString() ?? '0', 16);
    const part = await bytes.take(size + 2);
    if (part === undefined) return undefined;
    if (size === 0) return Buffer.concat(parts);
    parts.push(part.subarray(0, size));
  }
}

/** What a socket has sent, to be taken in pieces; `undefined` stands for its end. Always reads on, to see the end. */
class Bytes {
  #parts = [];
  #length = 0;
  #ended = false;
  #wake = () => {};

  constructor(socket) {
    socket.on('data', (part) => {
      this.#parts.push(part);
      this.#length += part.length;
      this.#wake();
    });
    socket.on('close', () => this.#end());
    socket.on('end', () => this.#end());
  }

  async take(length) {
    while (this.#length < length) if (!(await this.#more())) return undefined;
    const unread = this.#joined();
    this.#parts = [unread.subarray(length)];
    this.#length -= length;
    return unread.subarray(0, length);
  }

  async until(delimiter) {
    while (!this.#joined().includes(delimiter)) if (!(await this.#more())) return undefined;
    const taken = await this.take(this.#joined().indexOf(delimiter));
    await this.take(delimiter.length);
    return taken;
  }

  #joined() {
    if (this.#parts.length !== 1) this.#parts = [Buffer.concat(this.#parts)];
    return this.#parts[0];
  }

  #end() {
    this.#ended = true;
    this.#wake();
  }

  async #more() {
    if (this.#ended) return false;
    const before = this.#length;
    await new Promise((resolve) => (this.#wake = resolve));
    return this.#length > before;
  }
}
