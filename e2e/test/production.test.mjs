import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Gateway, launcher, owner } from '../lib/gateway.mjs';
import { put } from '../lib/proxies.mjs';
import { post } from '../lib/raw.mjs';
import { until } from '../lib/until.mjs';
import { Upstream } from '../lib/upstream.mjs';

// What the guide "in production" says is looked up in what is there.
const run = promisify(execFile);
const root = path.dirname(launcher);
const read = (name) => readFile(path.join(root, name), 'utf8');
const guide = await read('docs/guides/production.md');

let folder;
let upstream;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lastword-production-'));
  upstream = await Upstream.listen();
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
  await upstream.close();
});

test('given the guide’s configuration, then it runs, and its secrets reach the upstream and nobody else', async () => {
  const yaml = /^```yaml\n(.*?)^```$/ms.exec(guide)[1];
  await mkdir(path.join(folder, 'secrets'));
  await mkdir(path.join(folder, 'data'), { mode: 0o700 });
  await writeFile(path.join(folder, 'secrets/openai'), 'provider-secret\n');
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=chat.example.com'],
    ...['-keyout', path.join(folder, 'privkey.pem'), '-out', path.join(folder, 'fullchain.pem')],
  ]);
  const file = path.join(folder, 'lastword.yaml');
  await writeFile(file, put(yaml, { '/etc/lastword': folder, 'https://api.openai.com': upstream.url }));
  const env = { ...process.env, ANTHROPIC_API_KEY: 'another-secret', LASTWORD_ADMIN_TOKEN: 'administrator-secret' };
  const options = ['--config', file, '--listen', '127.0.0.1:0', '--data', path.join(folder, 'data'), '--set', 'admin.listen=127.0.0.1:0'];
  upstream.on('/v1/models', (exchange) => exchange.respond(200, { 'Content-Type': 'application/json' }, '{}'));

  const printed = (await run(launcher, ['serve', ...options, '--print-config'], { env })).stdout;
  const key = (await run(launcher, ['key', 'add', '--owner', 'alice', '--data', path.join(folder, 'data')])).stdout.trim().split(/\s+/).at(-1);
  const gateway = spawn(launcher, ['serve', ...options], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const exit = once(gateway, 'exit');
  let log = '';
  gateway.stderr.on('data', (bytes) => (log += bytes));
  try {
    await until('the gateway is ready', () => {
      if (gateway.exitCode !== null) throw new Error(log);
      return /gateway\.ready/.test(log);
    });
    const port = /gateway\.ready listen=127\.0\.0\.1:(\d+)/.exec(log)[1];
    const headers = { Host: 'chat.example.com' };
    assert.equal(await get(port, '/openai/v1/models', { ...headers, Authorization: `Bearer ${key}` }), 200);
    assert.equal(await get(port, '/openai/v1/models', { ...headers, Authorization: 'Bearer somebody' }), 401);
  } finally {
    gateway.kill('SIGKILL');
    await exit;
  }

  assert.deepEqual(upstream.of('/v1/models').map((exchange) => exchange.headers.authorization), ['Bearer provider-secret']);
  assert.match(printed, /path: "?\/openai/);
  for (const secret of ['provider-secret', 'another-secret', 'administrator-secret', key]) assert.ok(!(printed + log).includes(secret), secret);
});

/** The status of a request over TLS. */
async function get(port, target, headers) {
  const request = https.get({ host: '127.0.0.1', port, path: target, headers, rejectUnauthorized: false });
  const [response] = await once(request, 'response');
  response.resume();
  return response.statusCode;
}

test('given the metrics that the guide tells to watch, then /metrics has them', async () => {
  upstream.on('watched', (exchange) => {
    exchange.stream();
    exchange.data({ choices: [{ index: 0, delta: { content: 'Hello' } }] });
    exchange.data('[DONE]');
    exchange.end();
  });
  upstream.on('half', (exchange) => {
    exchange.stream();
    exchange.data({ choices: [{ index: 0, delta: { content: 'Hello' } }] });
    exchange.reset();
  });
  upstream.on('/grpc', (exchange) => {
    exchange.stream({ 'Content-Type': 'application/grpc' });
    exchange.chunk('x');
    exchange.end();
  });
  const gateway = await Gateway.start({ upstream: upstream.url, config: 'hooks: { kept: { type: command, command: [/bin/true] } }' });
  try {
    for (const model of ['watched', 'half']) await post(gateway, model, { headers: owner }).done;
    await gateway.fetch('/grpc', { headers: owner });
    await gateway.fetch('/api/streams', { headers: { 'X-Large': 'x'.repeat(40_000) } }).catch(() => {});
    const metrics = await (await gateway.fetch('/metrics')).text();

    const named = [...guide.matchAll(/\blastword_[a-z_]+/g)].map(([name]) => name);
    assert.ok(named.length >= 8, named.join());
    for (const name of named) assert.ok(new RegExp(`^${name}(_count)?[ {]`, 'm').test(metrics), name);
  } finally {
    await gateway.remove();
  }
});

test('given the log events that the guide tells to look for, then there are such events', async () => {
  const named = [...guide.matchAll(/`([a-z]+\.[a-z]+(_[a-z]+)*)`/g)].map(([, name]) => name).filter((name) => !/\.(md|yaml|db|aot|keys|sh)$/.test(name));
  const sources = [];
  for (const room of ['gateway', 'stream', 'journal', 'journal-postgresql', 'journal-kafka', 'archive', 'archive-sql', 'archive-sqlite', 'archive-postgresql', 'cluster', 'cluster-postgresql']) {
    const files = await readdir(path.join(root, room, 'src/main/java'), { recursive: true });
    for (const file of files.filter((name) => name.endsWith('.java'))) sources.push(await read(path.join(room, 'src/main/java', file)));
  }
  const text = sources.join('\n');
  assert.ok(named.length >= 12, named.join());
  for (const name of named) assert.ok(new RegExp(`"${name.replace('.', '\\.')}[ "]`).test(text), name);
});
