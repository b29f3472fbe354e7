import { once } from 'node:events';
import net from 'node:net';
import { Transform } from 'node:stream';

/** A network between a client and the gateway, which a test can cut: connections break, and new ones work again. */
export class Line {
  #pairs = new Set();
  #server;

  /** How many connections there were. */
  joined = 0;

  /** While it is set nothing that the gateway says arrives. */
  losing = false;

  static async to(port) {
    const line = new Line();
    line.#server = net.createServer((near) => line.#join(near, net.connect(port, '127.0.0.1')));
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** Resets every connection of this moment. */
  cut() {
    for (const [near, far] of this.#pairs) {
      near.resetAndDestroy();
      far.destroy();
    }
  }

  async close() {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(near, far) {
    const pair = [near, far];
    this.#pairs.add(pair);
    this.joined++;
    const arriving = new Transform({ transform: (bytes, _, done) => (this.losing ? done() : done(null, bytes)) });
    near.pipe(far).pipe(arriving).pipe(near);
    for (const socket of pair) {
      socket.on('error', () => {}); // the other side hears of it through the close
      socket.on('close', () => {
        this.#pairs.delete(pair);
        pair.forEach((one) => one.destroy());
      });
    }
  }
}
