import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Application } from '../lib/application.mjs';
import { launchWithSites, noChromium } from '../lib/browser.mjs';
import { Gateway } from '../lib/gateway.mjs';
import { delta, gate, saying, words } from '../lib/openai.mjs';
import { post } from '../lib/raw.mjs';
import { until } from '../lib/until.mjs';
import { Upstream } from '../lib/upstream.mjs';

// A gateway on loopback as it is by itself: nobody needs credentials, and whoever could ask would be told everything.
describe('a page that is not of this machine, and a gateway on 127.0.0.1', { skip: noChromium }, () => {
  let upstream, gateway, site, browser, running, door;

  before(async () => {
    [upstream, site, browser] = await Promise.all([Upstream.listen(), Application.listen(), launchWithSites()]);
    gateway = await Gateway.start({ upstream: upstream.url, headers: {} });
    upstream.on('/v1/chat/completions', saying(words(3)));
    upstream.on('/feed', (exchange) => {
      exchange.stream();
      exchange.data('one');
      exchange.end();
    });
    upstream.on('/socket', (exchange) => exchange.respond(200, {}, ''));
    door = gate();
    upstream.on('running', async (exchange) => {
      exchange.stream();
      exchange.data(delta('secret'));
      await door.passed;
      exchange.data('[DONE]');
      exchange.end();
    });
    running = post(gateway, 'running');
    await until('an answer runs', () => running.events.length === 1);
  });
  after(async () => {
    door.open();
    await browser?.close();
    await gateway?.remove();
    await Promise.all([upstream?.close(), site?.close()]);
  });

  /** All that a page can try against `base`: what it could read of each answer, or that it could read nothing. */
  const tried = (page, base) =>
    page.evaluate(
      async ([base, id]) => {
        const json = { 'Content-Type': 'application/json' };
        const simple = { method: 'POST', body: '{"model":"m","stream":true}', headers: { 'Content-Type': 'text/plain' } };
        const asks = {
          'list': ['/api/streams', {}],
          'read the response': [`/api/streams/${id}/response`, {}],
          'read the events': [`/v1/stream/${id}`, {}],
          'read a page of the upstream': ['/feed', {}],
          'start': ['/v1/chat/completions', { ...simple, headers: json }],
          'start by a simple request': ['/v1/chat/completions', simple],
          'cancel': [`/api/streams/${id}/cancel`, { method: 'POST' }],
          'make a link': [`/api/streams/${id}/links`, { method: 'POST', body: '{}', headers: json }],
          'delete': [`/api/streams/${id}`, { method: 'DELETE' }],
        };
        const read = {};
        for (const [what, [target, how]] of Object.entries(asks)) {
          const answered = async (response) => {
          const reader = response.body.getReader();
          const { value } = await reader.read(); // enough to have read it, and the running answer has no end
          await reader.cancel();
          return { status: response.status, text: new TextDecoder().decode(value) };
        };
          read[what] = await fetch(base + target, how).then(answered, () => null);
          await fetch(base + target, { ...how, mode: 'no-cors' }).catch(() => null); // it arrives, whatever may be read of it
        }
        read.EventSource = await new Promise((resolve) => {
          const source = new EventSource(`${base}/v1/stream/${id}`);
          source.onmessage = ({ data }) => resolve(data);
          source.onerror = () => (source.readyState === EventSource.CLOSED ? resolve(null) : undefined);
        });
        read.WebSocket = await new Promise((resolve) => {
          const socket = new WebSocket(`${base.replace('http', 'ws')}/socket`);
          socket.onopen = () => resolve('open');
          socket.onerror = () => resolve(null);
        });
        return read;
      },
      [base, running.stream],
    );

  /** Nothing was done: no stream but the one, which runs on, and no generation was paid for. */
  async function assertUntouched() {
    const { streams } = await gateway.api('/api/streams');
    assert.deepEqual(streams.map(({ id, outcome }) => [id, outcome]), [[running.stream, null]]);
    assert.equal(upstream.exchanges.filter(({ method }) => method === 'POST').length, 1);
    assert.equal(upstream.of('/socket').length, 0);
  }

  test('given a page of another site, then it reads nothing, and starts, stops, deletes nothing', async () => {
    const page = await browser.newPage();
    for (const host of ['evil.example', 'localhost.evil.example']) {
      await page.goto(site.at(host));
      const read = await tried(page, gateway.url);
      assert.deepEqual(Object.entries(read).filter(([, what]) => what !== null), [], host);
      await assertUntouched();
    }
  });

  test('given a page of another site that sends a form, then the form does nothing', async () => {
    for (const target of ['/v1/chat/completions', `/api/streams/${running.stream}/cancel`]) {
      const page = await browser.newPage();
      await page.goto(site.at('evil.example'));
      const answered = page.waitForResponse((response) => response.url().endsWith(target));
      await page.evaluate((action) => {
        const form = document.createElement('form');
        Object.assign(form, { action, method: 'post', enctype: 'text/plain' });
        form.innerHTML = `<input name='{"model":"m","stream":true,"x":"' value='"}'>`;
        document.body.append(form);
        form.submit();
      }, gateway.url + target);
      assert.equal((await answered).status(), 403);
    }
    await assertUntouched();
  });

  test('given a page whose name was made to resolve to this machine, then it is answered nothing', async (t) => {
    const name = await Rebound.of(site.port);
    t.after(() => name.close());
    const page = await browser.newPage();
    await page.goto(name.url);
    name.resolveTo(gateway.port);
    const read = await tried(page, name.url);
    for (const [what, { status, text } = {}] of Object.entries(read).filter(([, answer]) => answer !== null)) {
      assert.equal(status, 421, what);
      assert.equal(JSON.parse(text).code, 'host_refused', what);
    }
    assert.equal(read.list.status, 421, 'the page is of one origin with it, and so is told why');
    assert.equal(read.EventSource, null);
    assert.equal(read.WebSocket, null);
    await assertUntouched();
    await page.close();
  });
});

/** A name whose address changes while its page is open: to the browser one origin, whoever is behind it now. */
class Rebound {
  #port;
  #sockets = new Set();
  #server = net.createServer((near) => {
    const far = net.connect(this.#port, '127.0.0.1');
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', () => {}); // the other side hears of it through the close
      socket.on('close', () => [near, far].forEach((one) => one.destroy()));
    }
  });

  static async of(port) {
    const name = new Rebound();
    name.#port = port;
    name.#server.listen(0, '127.0.0.1');
    await once(name.#server, 'listening');
    return name;
  }

  get url() {
    return `http://rebound.example:${this.#server.address().port}`;
  }

  resolveTo(port) {
    this.#port = port;
    for (const socket of this.#sockets) socket.destroy();
  }

  async close() {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}
