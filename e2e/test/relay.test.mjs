import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { Gateway, owner } from '../lib/gateway.mjs';
import { RawClient } from '../lib/raw.mjs';
import { until } from '../lib/until.mjs';
import { Upstream } from '../lib/upstream.mjs';

const upstream = await Upstream.listen();
const gateway = await Gateway.start({ upstream: upstream.url });
after(async () => {
  await gateway.remove();
  await upstream.close();
});

const MIB = 1024 * 1024;
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const last = (path) => upstream.of(path).at(-1);

test('given no event stream, then status, headers and body of the upstream pass through', async () => {
  const models = JSON.stringify({ object: 'list', data: [{ id: 'scripted', object: 'model' }] });
  upstream.on('/v1/models', (exchange) =>
    exchange.respond(
      200,
      { 'Content-Type': 'application/json', 'X-Request-Id': 'r-1', 'Set-Cookie': ['a=1; Path=/', 'b=2'], ETag: '"x"' },
      models,
    ),
  );

  const response = await gateway.fetch('/v1/models?limit=2&after=a%2Fb', { headers: { 'X-Custom': 'kept' } });

  assert.equal(response.status, 200);
  assert.equal(await response.text(), models);
  assert.equal(response.headers.get('x-request-id'), 'r-1');
  assert.equal(response.headers.get('etag'), '"x"');
  assert.deepEqual(response.headers.getSetCookie(), ['a=1; Path=/', 'b=2']);
  assert.equal(response.headers.get('lastword-stream'), null);
  const asked = last('/v1/models');
  assert.equal(asked.target, '/v1/models?limit=2&after=a%2Fb');
  assert.equal(asked.headers['x-custom'], 'kept');
});

test('given hop-by-hop headers, then they end at the gateway in both directions', async () => {
  upstream.on('/hops', (exchange) =>
    exchange.respond(200, { Connection: 'keep-alive, X-Private', 'X-Private': 'no', 'Keep-Alive': 'timeout=3', 'X-Public': 'yes' }, 'ok'),
  );

  const client = new RawClient(`${gateway.url}/hops`, {
    headers: { Connection: 'close, X-Secret-Hop', 'X-Secret-Hop': 'no', 'Proxy-Authorization': 'Basic xx', TE: 'trailers', 'X-End': 'yes' },
  });
  await client.done;

  assert.equal(client.headers['x-private'], undefined);
  assert.equal(client.headers['x-public'], 'yes');
  const { headers } = last('/hops');
  assert.equal(headers['x-secret-hop'], undefined);
  assert.equal(headers['proxy-authorization'], undefined);
  assert.equal(headers['x-end'], 'yes');
});

for (const status of [400, 401, 404, 429, 500, 503]) {
  test(`given an upstream that answers ${status}, then so does the gateway, body and Retry-After included`, async () => {
    const path = `/status/${status}`;
    upstream.on(path, (exchange) =>
      exchange.respond(status, { 'Content-Type': 'application/json', 'Retry-After': '11' }, `{"was":${status}}`),
    );

    const response = await gateway.fetch(path, { method: 'POST', body: '{}' });

    assert.equal(response.status, status);
    assert.deepEqual(await response.json(), { was: status });
    assert.equal(response.headers.get('retry-after'), '11');
  });
}

test('given a redirect, then it is passed on and not followed', async () => {
  upstream.on('/moved', (exchange) => exchange.respond(307, { Location: 'https://elsewhere.example/' }));

  const response = await gateway.fetch('/moved', { redirect: 'manual' });

  assert.equal(response.status, 307);
  assert.equal(response.headers.get('location'), 'https://elsewhere.example/');
});

test('given a HEAD request, then the headers of the upstream come back without a body', async () => {
  upstream.on('/file', (exchange) => exchange.respond(200, { 'Content-Type': 'text/plain' }, 'x'.repeat(1234)));

  const response = await gateway.fetch('/file', { method: 'HEAD' });

  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-length'), '1234');
  assert.equal(await response.text(), '');
  assert.equal(last('/file').method, 'HEAD');
});

for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
  test(`given ${method}, then the upstream sees ${method}`, async () => {
    upstream.on('/method', (exchange) => exchange.respond(204, {}));

    const response = await gateway.fetch('/method', { method });

    assert.equal(response.status, 204);
    assert.equal(last('/method').method, method);
  });
}

for (const chunked of [false, true]) {
  test(`given 20 MiB in ${chunked ? 'a chunked body' : 'a body with a length'}, then every byte arrives`, async () => {
    const body = randomBytes(20 * MIB);
    upstream.on('/upload', (exchange) => exchange.respond(200, {}, sha256(exchange.body)));

    const response = await gateway.fetch('/upload', {
      method: 'POST',
      body: chunked ? new Blob([body]).stream() : body,
      duplex: 'half',
    });

    assert.equal(await response.text(), sha256(body));
  });

  test(`given 20 MiB in ${chunked ? 'a chunked answer' : 'an answer with a length'}, then every byte arrives`, async () => {
    const body = randomBytes(20 * MIB);
    upstream.on('/download', (exchange) => {
      if (!chunked) return exchange.respond(200, { 'Content-Type': 'application/octet-stream' }, body);
      exchange.head(200, { 'Content-Type': 'application/octet-stream', 'Transfer-Encoding': 'chunked' });
      for (let at = 0; at < body.length; at += 100_000) exchange.chunk(body.subarray(at, at + 100_000));
      return exchange.end();
    });

    const response = await gateway.fetch('/download');

    assert.equal(sha256(Buffer.from(await response.arrayBuffer())), sha256(body));
  });
}

test('given a body over the limit, then the answer is 413 with a problem document that names it', async () => {
  upstream.on('/upload', (exchange) => exchange.respond(200, {}, 'taken'));

  const response = await gateway.fetch('/upload', { method: 'POST', body: Buffer.alloc(33 * MIB) });

  assert.equal(response.status, 413);
  assert.match(response.headers.get('content-type'), /^application\/problem\+json/);
  assert.match(JSON.stringify(await response.json()), /33554432|32 ?MiB/);
});

test('given an answer that comes in pieces but is no event stream, then each piece passes at once', async () => {
  let more;
  upstream.on('/pieces', async (exchange) => {
    exchange.head(200, { 'Content-Type': 'application/x-ndjson', 'Transfer-Encoding': 'chunked' });
    exchange.chunk('{"n":1}\n');
    await new Promise((resolve) => (more = resolve));
    exchange.chunk('{"n":2}\n');
    exchange.end();
  });

  const client = new RawClient(`${gateway.url}/pieces`);
  await until('the first piece is here while the second is not written', () => client.text === '{"n":1}\n');
  more();
  await client.done;

  assert.equal(client.text, '{"n":1}\n{"n":2}\n');
});

test('given an answer that is cut short, then the gateway does not end it as if it were whole', async () => {
  upstream.on('/short', (exchange) => {
    exchange.head(200, { 'Content-Type': 'text/plain', 'Content-Length': 100 });
    exchange.raw('only this');
    exchange.cut();
  });

  const client = new RawClient(`${gateway.url}/short`);
  await client.done;

  assert.ok(client.error, 'the connection broke');
});

test('given an event stream, then its body is the upstream’s, and headers keep proxies from holding it', async () => {
  const data = ['plain', '{"a": 1}', ' two  spaces ', 'ünïcödé 𝄞', 'x'.repeat(300_000)];
  upstream.on('/events', (exchange) => {
    exchange.stream({ 'X-Model': 'kept' });
    for (const one of data) exchange.data(one);
    exchange.chunk('event: named\ndata: first\ndata: second\n\n');
    exchange.end();
  });

  const client = new RawClient(`${gateway.url}/events`, { headers: { Accept: 'text/event-stream', ...owner } });
  await client.done;

  assert.equal(client.status, 200);
  assert.match(client.headers['content-type'], /^text\/event-stream/);
  assert.equal(client.headers['x-model'], 'kept');
  assert.equal(client.headers['x-accel-buffering'], 'no');
  assert.match(client.headers['cache-control'], /no-transform/);
  assert.equal(client.headers['content-encoding'], undefined);
  assert.deepEqual(
    client.events.map(({ type, data: text }) => [type, text]),
    [...data.map((one) => ['message', one]), ['named', 'first\nsecond']],
  );
  const stream = await gateway.ended(client.stream);
  assert.equal(stream.outcome, 'completed');
});
