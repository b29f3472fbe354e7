import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Gateway, owner } from '../lib/gateway.mjs';
import { find, Http2Client, NAME, Proxy, snippet } from '../lib/proxies.mjs';
import { until } from '../lib/until.mjs';
import { Upstream } from '../lib/upstream.mjs';

// Each proxy as the guide sets it up, and as it can be told to speak the other version of HTTP to the gateway.
const WAYS = [
  { kind: 'nginx', via: /^1\.1 / },
  { kind: 'haproxy', via: /^2(\.0)? / },
  { kind: 'haproxy', via: /^1\.1 /, changes: { ' proto h2 ws h1': '' } },
  { kind: 'caddy', via: /^2(\.0)? / },
  { kind: 'caddy', via: /^1\.1 /, changes: { 'versions h2c': 'versions 1.1' } },
];
// What cuts off a stream that is silent, made short; Caddy has no such bound.
const PATIENCE = {
  nginx: { 'proxy_read_timeout 610s': 'proxy_read_timeout 3s' },
  haproxy: { 'timeout server 610s': 'timeout server 3s' },
};
const SILENCE_MS = 6000;
const HEARTBEAT_MS = 500;

const chunk = (content) => ({ id: 'c-1', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content } }] });

let upstream;
let gateway;
before(async () => {
  upstream = await Upstream.listen();
  gateway = await Gateway.start({
    upstream: upstream.url,
    config: await snippet('yaml'),
    options: ['--set', `subscribers.heartbeat-ms=${HEARTBEAT_MS}`],
  });
});
after(async () => {
  await gateway?.remove();
  await upstream?.close();
});

for (const way of WAYS) {
  const program = await find(way.kind);
  const skip = program ? false : `needs ${way.kind}, which is not installed: apt-get install ${way.kind}`;
  const name = `${way.kind}${way.changes ? ` with ${Object.values(way.changes)[0] || 'HTTP/1.1'}` : ' of the guide'}`;

  describe(`given ${name} in front`, { skip }, () => {
    let proxy;
    let session;

    before(async () => {
      proxy = await Proxy.start(way.kind, { gateway: gateway.port, changes: way.changes });
    });
    beforeEach(async () => {
      session = await proxy.http2();
    });
    afterEach(() => session.destroy());
    after(() => proxy?.stop());

    const ask = (model, { headers = {}, on = session } = {}) =>
      new Http2Client(on, {
        method: 'POST',
        path: '/v1/chat/completions',
        headers: { 'content-type': 'application/json', ...owner, ...headers },
        body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Say words.' }] }),
      });
    const resume = (id, lastEventId) =>
      new Http2Client(session, { path: `/v1/stream/${id}`, headers: { ...owner, ...(lastEventId && { 'last-event-id': lastEventId }) } });

    test('then events arrive one by one, over HTTP/2, while the answer goes on', async () => {
      const script = stepwise(upstream, 'unbuffered');
      const client = ask('unbuffered');
      const exchange = await script.begun;
      for (let i = 1; i <= 5; i++) {
        exchange.data(chunk(`word ${i}`));
        await until(`event ${i} arrives before the next one is there`, () => client.events.length === i);
      }
      script.end();
      await client.done;

      assert.equal(session.alpnProtocol, 'h2');
      assert.equal(client.status, 200);
      assert.match(client.headers['content-type'], /^text\/event-stream/);
      assert.equal(client.headers['content-encoding'], undefined);
      assert.equal(client.events.at(-1).data, '[DONE]');
      assert.match(exchange.headers.via.split(',').at(-1).trim(), way.via, 'the way from the proxy to the gateway');
    });

    test('then a reader goes on behind the last event that it saw', async () => {
      const script = stepwise(upstream, 'resumed');
      const client = ask('resumed');
      const exchange = await script.begun;
      for (const word of ['a', 'b', 'c']) exchange.data(chunk(word));
      await until('three events', () => client.events.length === 3);
      const id = client.headers['lastword-stream'];
      const seen = client.events[1].id ?? (await firstIds(resume(id), 3))[1];
      client.leave();

      const again = resume(id, seen);
      await until('the third event, and no other', () => again.events.length === 1);
      script.end();
      await again.done;

      assert.deepEqual(again.events.map((event) => (event.data === '[DONE]' ? event.data : JSON.parse(event.data).choices[0].delta.content)), [
        'c',
        '[DONE]',
      ]);
    });

    test('then a reader who leaves is gone from the gateway and from what only he read', async () => {
      const script = stepwise(upstream, '/feed');
      const client = new Http2Client(session, { path: '/feed', headers: { accept: 'text/event-stream', ...owner } });
      const exchange = await script.begun;
      exchange.data('news');
      await until('the news', () => client.events.length === 1);

      client.leave();

      await until('the upstream is let go of', () => exchange.gone);
    });

    test('then an event of 300 KB arrives whole, also where others are read beside it', async () => {
      const large = 'x'.repeat(300_000);
      upstream.on('large', (exchange) => {
        exchange.stream();
        exchange.data(chunk(large));
        exchange.data('[DONE]');
        exchange.end();
      });
      const clients = Array.from({ length: 20 }, () => ask('large'));
      await Promise.all(clients.map((client) => client.done));

      for (const client of clients) {
        assert.equal(client.events.length, 2);
        assert.equal(JSON.parse(client.events[0].data).choices[0].delta.content, large);
      }
    });

    test('then address and name are those that the proxy saw, whatever the client says', async () => {
      upstream.on('forwarded', (exchange) => exchange.respond(200, { 'Content-Type': 'application/json' }, '{}'));
      const lies = { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.9;host=evil.example', 'x-real-ip': '203.0.113.9' };
      const client = ask('forwarded', { headers: { ...lies, 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'gopher' } });
      await client.done;

      const { headers } = upstream.of('forwarded').at(-1);
      assert.equal(headers['x-forwarded-for'].split(',')[0], '127.0.0.1');
      assert.equal(headers['x-forwarded-proto'], 'https');
      assert.match(headers['x-forwarded-host'], /^chat\.example\.com(:\d+)?$/);
      assert.doesNotMatch(JSON.stringify(headers), /203\.0\.113\.9|evil|gopher/);
    });

    test('then those without credentials are refused, although all come by loopback', async () => {
      const client = new Http2Client(session, { path: '/api/streams' });
      await client.done;
      assert.equal(client.status, 401);
    });

    test('then a WebSocket reaches the upstream', async () => {
      upstream.on('/socket', async (exchange) => {
        exchange.head(101, { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' });
        exchange.raw('hello');
        await exchange.closed;
      });
      const socket = await proxy.http1();
      let answer = '';
      socket.on('data', (bytes) => (answer += bytes));
      socket.write(
        `GET /socket HTTP/1.1\r\nHost: ${NAME}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
          `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: ${owner.Authorization}\r\n\r\n`,
      );
      await until('the first bytes of the WebSocket', () => /^HTTP\/1\.1 101 .*\r\n\r\nhello$/s.test(answer));
      socket.destroy();
    });
  });

  if (PATIENCE[way.kind]) {
    const changes = { ...PATIENCE[way.kind], ...way.changes };

    test(`given ${name} that waits 3 s, when the model is silent for longer, then heartbeats keep the stream`, { skip }, async () => {
      const client = await silent(way.kind, gateway, changes);
      assert.equal(client.events.at(-1)?.data, '[DONE]');
    });
  }
}

// Shows that the tests above could fail: without a heartbeat in time the same silence is cut off.
test('given nginx that waits 3 s, when heartbeats come later, then the reader is cut off and the answer is saved', {
  skip: !(await find('nginx')) && 'needs nginx, which is not installed: apt-get install nginx',
}, async () => {
  const slow = await Gateway.start({ upstream: upstream.url, config: await snippet('yaml') });
  try {
    const client = await silent('nginx', slow, PATIENCE.nginx);
    assert.notEqual(client.events.at(-1)?.data, '[DONE]');
    await slow.ended(client.headers['lastword-stream']);
  } finally {
    await slow.remove();
  }
});

/** A reader through a proxy of an answer that is silent for SILENCE_MS between its first word and its end. */
async function silent(kind, behind, changes) {
  upstream.on('silent', async (exchange) => {
    exchange.stream();
    exchange.data(chunk('thinking'));
    await sleep(SILENCE_MS); // the silence is what is tried
    exchange.data('[DONE]');
    exchange.end();
  });
  const proxy = await Proxy.start(kind, { gateway: behind.port, changes });
  const session = await proxy.http2();
  try {
    const client = new Http2Client(session, {
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json', ...owner },
      body: JSON.stringify({ model: 'silent', stream: true, messages: [{ role: 'user', content: 'Think.' }] }),
    });
    return await client.done;
  } finally {
    session.destroy();
    await proxy.stop();
  }
}

/** An answer whose events the test sends by itself, until `end()`. */
function stepwise(upstream, name) {
  const step = {};
  step.begun = new Promise((resolve) => {
    upstream.on(name, async (exchange) => {
      exchange.stream();
      resolve(exchange);
      await Promise.race([new Promise((done) => (step.release = done)), exchange.closed]);
      if (exchange.gone) return;
      exchange.data('[DONE]');
      exchange.end();
    });
  });
  step.end = () => step.release();
  return step;
}

/** The ids of the first events that this reader sees; then it leaves. */
async function firstIds(client, count) {
  await until(`${count} events`, () => client.events.length >= count);
  client.leave();
  return client.events.map((event) => event.id);
}
