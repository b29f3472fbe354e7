import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Gateway, owner } from '../lib/gateway.mjs';
import { ended } from '../lib/kept.mjs';
import { noPostgres, Postgres } from '../lib/postgres.mjs';
import { find, haproxyOfNodes, Http2Client, NAME, Proxy, snippet } from '../lib/proxies.mjs';
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

test('given three nodes behind HAProxy as both guides set it up, when one dies, then readers of each come back to all that they lack, and asks go to who is left', {
  skip: (await find('haproxy')) ? noPostgres : 'needs haproxy, which is not installed: apt-get install haproxy',
}, async () => {
  const postgres = await Postgres.start();
  const nodes = [];
  let proxy;
  let session;
  try {
    for (const name of ['node-1', 'node-2', 'node-3']) {
      nodes.push(await Gateway.start({ upstream: upstream.url, headers: {}, config: (port) => nodeConfig(postgres, name, port) }));
    }
    proxy = await Proxy.start('haproxy', { text: await haproxyOfNodes(nodes.map((node) => node.port)) });
    session = await proxy.http2();
    const ask = (model) =>
      new Http2Client(session, {
        method: 'POST',
        path: '/v1/chat/completions',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Say words.' }] }),
      });
    upstream.on('short', (short) => {
      short.stream();
      short.data(chunk('word'));
      short.data('[DONE]');
      short.end();
    });
    const script = stepwise(upstream, 'of nodes');
    const asked = ask('of nodes');
    const exchange = await script.begun;
    for (const word of ['a', 'b', 'c']) exchange.data(chunk(word));
    await until('three events', () => asked.events.length === 3);
    const id = asked.headers['lastword-stream'];
    const readers = nodes.map(() => new LikeEventSource(session, `/v1/stream/${id}`)); // one to each, by turns
    await until('each has the three', () => readers.every((reader) => reader.words.length === 3));
    const victim = nodes[shardOf(id) - 1];

    await victim.kill();
    const atOnce = await Promise.all(Array.from({ length: 6 }, () => ask('short').done));
    assert.ok(!atOnce.some(({ status }) => status === 503), 'an EventSource gives up for that: HAProxy asks another node, also while it has not found out');
    await Promise.all(readers.map((reader) => reader.done));

    for (const reader of readers) assert.deepEqual(reader.words, ['a', 'b', 'c'], 'nothing twice, and nothing left out');
    const survivor = nodes.find((node) => node !== victim);
    assert.equal((await until('the outcome', () => ended(survivor, id))).outcome, 'interrupted');

    const shards = async (count) => {
      const answers = await Promise.all(Array.from({ length: count }, () => ask('short').done));
      return answers.every(({ events }) => events.at(-1)?.data === '[DONE]') && answers.map(({ headers }) => shardOf(headers['lastword-stream']));
    };
    const left = await until('HAProxy asks who is left, and nobody else', () => shards(6), { everyMs: 500 });
    assert.ok(!left.includes(shardOf(id)), `streams began in shards ${left}`);
    await victim.run();
    await until('HAProxy asks all again', async () => new Set((await shards(6)) || []).size === nodes.length, { withinMs: 60_000, everyMs: 500 });
  } finally {
    session?.destroy();
    await proxy?.stop();
    for (const node of nodes) await node.remove();
    await postgres.remove();
  }
});

/** Everybody's streams are everybody's, so that the nodes need no keys in common. */
const nodeConfig = (postgres, name, port) => `access: { mode: open, hosts: ${NAME}, trusted-proxies: 127.0.0.1 }
journal: { url: "${postgres.jdbcUrl}" }
archive: { url: same }
node: { address: "http://127.0.0.1:${port}", secret: "the-secret-of-nodes-behind-a-proxy", name: ${name} }
`;

/** An id names the shard of the node where its stream began. */
const shardOf = (id) => Number(/^s(\d+)_/.exec(id)[1]);

/** Comes back with its last id whenever its connection breaks, until it is told that there is no more; as browsers do. */
class LikeEventSource {
  #session;
  #path;
  #lastId;
  #before = [];
  #client;

  constructor(session, target) {
    this.#session = session;
    this.#path = target;
    this.done = this.#read();
    this.done.catch(() => {}); // whoever waits for it is told
  }

  /** What the answer has said to it, over all its connections. */
  get words() {
    const events = [...this.#before, ...(this.#client?.events ?? [])];
    return events.filter(({ data }) => data !== '[DONE]').flatMap(({ data }) => JSON.parse(data).choices?.[0]?.delta?.content ?? []);
  }

  async #read() {
    for (;;) {
      const headers = { accept: 'text/event-stream', ...(this.#lastId && { 'last-event-id': this.#lastId }) };
      this.#client = new Http2Client(this.#session, { path: this.#path, headers });
      const { status, events } = await this.#client.done;
      if (status === 204) return;
      if (status !== undefined && status !== 200) throw new Error(`it is answered ${status}, for which an EventSource gives up`);
      this.#before.push(...events);
      this.#lastId = events.findLast((event) => event.id !== undefined)?.id ?? this.#lastId;
      this.#client = undefined;
      await sleep(1_000); // as the field `retry` says, or a little less
    }
  }
}

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
