import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What PostgreSQL says to a client once a transaction is committed: COMMIT, or an insert of its own after which no transaction is open. */
const COMMITTED = Buffer.from('COMMIT\0');
const INSERTED = Buffer.from('INSERT 0 ');
const IDLE = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/**
 * The network before a database, which can fail in every way that a network does: nobody listens, nothing comes through,
 * a commit is done and its acknowledgement is not, all is slow. Bytes are held or lost, never changed.
 */
export class TcpProxy {
  #target;
  #server = net.createServer((client) => this.#connect(client));
  #port;
  #links = new Set();
  #mode = 'pass';
  #delayMs = 0;
  #gate = gate();

  /** Chunks of clients that were held since the mode was set. */
  held = 0;
  /** Commits whose acknowledgement was held since the mode was set. */
  committed = 0;

  /** Listens on this machine, for the server on a port of a host. */
  static async listen(port, host) {
    const proxy = new TcpProxy();
    proxy.#target = { port, host };
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    proxy.#port = proxy.#server.address().port;
    return proxy;
  }

  get port() {
    return this.#port;
  }

  /** Everything goes through again; what was held first. */
  async pass() {
    this.#set('pass');
    if (!this.#server.listening) {
      this.#server.listen(this.#port, '127.0.0.1');
      await once(this.#server, 'listening');
    }
  }

  /** Each chunk takes so long. */
  slow(delayMs) {
    this.#delayMs = delayMs;
    this.#set('slow');
  }

  /** Connections are taken, and what clients send is held. */
  hang() {
    this.#set('hang');
  }

  /** What clients send goes through, and from a commit on nothing comes back on its connection. */
  deafen() {
    this.#set('deaf');
  }

  /** Resets every connection; new ones go on as before. */
  reset() {
    for (const link of this.#links) link.reset();
  }

  /** Resets every connection and listens no more. */
  async refuse() {
    this.#set('refuse');
    const closed = this.#server.listening && once(this.#server, 'close');
    if (closed) this.#server.close();
    this.reset();
    await closed;
  }

  close() {
    return this.refuse();
  }

  #set(mode) {
    this.#mode = mode;
    this.held = 0;
    this.committed = 0;
    this.#gate.open();
    this.#gate = gate();
  }

  #connect(client) {
    const server = net.connect(this.#target);
    const link = { deaf: false, reset: () => [client, server].forEach((socket) => socket.resetAndDestroy()) };
    this.#links.add(link);
    const over = () => {
      this.#links.delete(link);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.setNoDelay(true).on('error', over).on('close', over); // resets are part of the game
    this.#carry(client, server, () => this.#toServer());
    this.#carry(server, client, (bytes) => this.#toClient(link, bytes));
  }

  /** Hands on chunk by chunk, in order, each when it may. */
  #carry(from, to, may) {
    let last = Promise.resolve();
    from.on('data', (bytes) => {
      last = last.then(() => may(bytes)).then(() => void (to.destroyed || to.write(bytes)));
    });
    from.on('end', () => (last = last.then(() => to.end())));
  }

  async #toServer() {
    while (this.#mode === 'hang') {
      this.held++;
      await this.#gate.passed;
    }
    if (this.#mode === 'slow') await sleep(this.#delayMs);
  }

  async #toClient(link, bytes) {
    while (this.#mode === 'deaf' && (link.deaf || isCommitted(bytes))) {
      if (!link.deaf) this.committed++;
      link.deaf = true;
      await this.#gate.passed;
    }
    link.deaf = false;
    if (this.#mode === 'slow') await sleep(this.#delayMs);
  }
}

const isCommitted = (bytes) => bytes.includes(COMMITTED) || (bytes.includes(INSERTED) && bytes.includes(IDLE));

function gate() {
  let open;
  const passed = new Promise((resolve) => (open = resolve));
  return { open, passed };
}
