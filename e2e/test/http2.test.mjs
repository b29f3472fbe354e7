import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import http2 from 'node:http2';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Gateway, owner } from '../lib/gateway.mjs';
import { Upstream } from '../lib/upstream.mjs';
import { until } from '../lib/until.mjs';

const run = promisify(execFile);
const CHAT = '/v1/chat/completions';

/** Streams that run at once, and readers of each; a reader is a connection that reads all of them. */
const STREAMS = Number(process.env.LASTWORD_H2_STREAMS ?? 100);
const READERS = Number(process.env.LASTWORD_H2_READERS ?? 100);

const folder = await mkdtemp(path.join(tmpdir(), 'lastword http2 '));
const key = path.join(folder, 'key.pem');
const certificate = path.join(folder, 'cert.pem');
await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
  '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', certificate]);
after(() => rm(folder, { recursive: true, force: true }));

const delta = (content) => ({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });
const finish = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };

function ask(gateway, { id, signal } = {}) {
  return gateway.fetch(CHAT, {
    method: 'POST',
    headers: { ...owner, 'content-type': 'application/json', ...(id && { 'lastword-stream': id }) },
    body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] }),
    signal,
  });
}

describe('readers over HTTP/2', async () => {
  const upstream = await Upstream.listen();
  const gateway = await Gateway.start({ upstream: upstream.url });
  after(async () => {
    await gateway.remove();
    await upstream.close();
  });
  let goOn;
  const mayEnd = new Promise((resolve) => (goOn = resolve));
  upstream.on(CHAT, async (exchange) => {
    exchange.stream();
    for (let i = 0; i < 10; i++) exchange.data(delta(`before ${i} `));
    await mayEnd;
    for (let i = 0; i < 40; i++) exchange.data(delta(`word ${i} `));
    exchange.data(finish);
    exchange.data('[DONE]');
    exchange.end();
  });

  const absent = !existsSync('/usr/bin/h2load') && 'h2load is not there (Debian: nghttp2-client)';
  test(`h2load: ${READERS} connections read ${STREAMS} running streams each, to the last byte`, { skip: absent }, async () => {
    const ids = Array.from({ length: STREAMS }, (_, i) => `h2load-stream-of-a-test-${i}`);
    const began = await Promise.all(ids.map((id) => ask(gateway, { id })));
    const names = began.map((response) => response.headers.get('lastword-stream'));
    const targets = path.join(folder, 'targets');
    await writeFile(targets, names.map((name) => `${gateway.url}/v1/stream/${name}\n`).join(''));

    // To the end, however many readers there are: streams end once all of them have come.
    const all = STREAMS * READERS;
    const reading = run('h2load', ['-n', all, '-c', READERS, '-m', STREAMS, '-t', 1, '-N', 120, '-i', targets,
      '-H', `Authorization: ${owner.Authorization}`].map(String), { maxBuffer: 64 << 20 });
    await until('all readers are there', async () => {
      const metrics = await gateway.fetch('/metrics').then((response) => response.text());
      return Number(/^lastword_subscribers (\S+)/m.exec(metrics)[1]) >= all;
    }, { withinMs: 100_000, everyMs: 200 });
    goOn();
    const { stdout } = await reading;
    const sizes = await Promise.all(names.map(async (name) => {
      const body = await gateway.fetch(`/v1/stream/${name}`, { headers: owner }).then((response) => response.text());
      assert.match(body, /word 39 .*\[DONE\]/s);
      return Buffer.byteLength(body.replaceAll(/^: .*\n\n/gm, ''));
    }));
    assert.match(stdout, new RegExp(`requests: ${all} total, ${all} started, ${all} done, ${all} succeeded, 0 failed, 0 errored`));
    const data = Number(/traffic: .*\((\d+)\) data/.exec(stdout)[1]);
    const least = sizes.reduce((sum, size) => sum + size, 0) * READERS;
    // Beside the events each may have got heartbeats, and its terminal event once.
    assert.ok(data >= least && data < least * 1.2, `${data} bytes of ${least}`);
    await Promise.all(began.map((response) => response.text()));
  });
});

/** A server of Node's, which has HTTP/2 of its own (nghttp2). */
async function serve(server) {
  const sessions = [];
  const streams = [];
  server.on('session', (session) => sessions.push(session));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    streams.push({ stream, headers });
    const body = [];
    stream.on('data', (part) => body.push(part));
    stream.on('end', () => {
      stream.body = Buffer.concat(body).toString();
      stream.emit('asked');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    for (const session of sessions) session.destroy();
    server.close();
  };
  return { sessions, streams, port: server.address().port, close };
}

const servers = {
  'over TLS': async () => {
    const server = await serve(http2.createSecureServer({ key: await readFile(key), cert: await readFile(certificate) }));
    return { server, config: `routes: [{ path: /, upstream: 'https://localhost:${server.port}', ca-file: '${certificate}' }]\n` };
  },
  'with prior knowledge': async () => {
    const server = await serve(http2.createServer());
    return { server, config: `routes: [{ path: /, upstream: 'http://127.0.0.1:${server.port}', http2: prior-knowledge }]\n` };
  },
};

for (const [how, start] of Object.entries(servers)) {
  describe(`an upstream that speaks HTTP/2 ${how}`, async () => {
    const { server, config } = await start();
    const gateway = await Gateway.start({ config, options: ['--set', 'loops=1'] });
    after(async () => {
      await gateway.remove();
      server.close();
    });
    const asked = (count) => until(`${count} streams were asked`, () => server.streams.length >= count);
    const event = (stream, data) => stream.write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
    const begin = (stream) => stream.respond({ ':status': 200, 'content-type': 'text/event-stream' });
    const end = (stream) => {
      event(stream, finish);
      event(stream, '[DONE]');
      stream.end();
    };

    test('a hundred answers at once come over one connection, each whole', async () => {
      const before = server.streams.length;
      const answers = Array.from({ length: 100 }, () => ask(gateway).then((response) => response.text()));
      await asked(before + 100);
      const running = server.streams.slice(before).map(({ stream }) => stream);
      for (const [i, stream] of running.entries()) {
        begin(stream);
        event(stream, delta(`number ${i}.`));
      }
      for (const stream of running.toReversed()) end(stream);
      const texts = await Promise.all(answers);
      const numbers = texts.map((text) => Number(/number (\d+)\./.exec(text)[1]));
      assert.deepEqual(numbers.toSorted((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i));
      for (const text of texts) assert.ok(text.endsWith('data: [DONE]\n\n'));
      assert.equal(server.sessions.length, 1);
      assert.equal(server.streams.at(-1).headers['transfer-encoding'], undefined);
    });

    test('one that is cancelled is reset, and the one beside it goes on', async () => {
      const before = server.streams.length;
      const [first, second] = [ask(gateway, { id: `to-be-cancelled-${server.port}` }), ask(gateway)];
      await asked(before + 2);
      const running = server.streams.slice(before).map(({ stream }) => stream);
      for (const [i, stream] of running.entries()) {
        begin(stream);
        event(stream, delta(`part ${i}.`));
      }
      const id = (await first).headers.get('lastword-stream');
      await gateway.api(`/api/streams/${id}/cancel`, { method: 'POST' });
      const cancelled = await until('one is reset', () => running.find((stream) => stream.rstCode === http2.constants.NGHTTP2_CANCEL));
      const left = running.find((stream) => stream !== cancelled);
      event(left, delta('goes on.'));
      end(left);
      assert.match(await (await second).text(), /goes on\..*\[DONE\]/s);
      assert.equal((await gateway.ended(id)).outcome, 'cancelled');
      await (await first).text().catch(() => {});
    });

    test('a server that goes away answers what runs, and is asked the next on a new connection', async () => {
      const before = server.streams.length;
      const sessions = server.sessions.length;
      const first = ask(gateway);
      await asked(before + 1);
      const { stream } = server.streams[before];
      begin(stream);
      event(stream, delta('said before,'));
      stream.session.close(); // GOAWAY
      const second = ask(gateway);
      await asked(before + 2);
      assert.equal(server.sessions.length, sessions + 1);
      const next = server.streams[before + 1].stream;
      begin(next);
      event(next, delta('elsewhere.'));
      end(next);
      event(stream, delta('and after.'));
      end(stream);
      assert.match(await (await first).text(), /said before,.*and after\..*\[DONE\]/s);
      assert.match(await (await second).text(), /elsewhere\..*\[DONE\]/s);
    });
  });
}
