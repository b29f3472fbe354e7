import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { apiKey, Gateway, launcher, owner } from '../lib/gateway.mjs';
import { delta, finish, gate, saying, words } from '../lib/openai.mjs';
import { follow, post } from '../lib/raw.mjs';
import { until } from '../lib/until.mjs';
import { Upstream } from '../lib/upstream.mjs';

const run = promisify(execFile);
const upstream = await Upstream.listen();
const gateway = await Gateway.start({ upstream: upstream.url });
after(async () => {
  await gateway.remove();
  await upstream.close();
});

const SECRET = 'a-word-that-nobody-may-log';
const unknown = 'AAAAAAAAAAAAAAAAAAAAAA';

async function problem(target, options) {
  const response = await gateway.fetch(target, { headers: owner, ...options });
  assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/, `${target} ${response.status}`);
  const document = await response.json();
  assert.equal(document.status, response.status);
  assert.ok(document.title || document.detail);
  return response.status;
}

test('given a running gateway, then it says that it lives, is ready, and how it does', async () => {
  upstream.on('metered', saying(words(3)));
  await post(gateway, 'metered').done;

  assert.equal((await gateway.fetch('/healthz')).status, 200);
  assert.equal((await gateway.fetch('/readyz')).status, 200);
  const metrics = await (await gateway.fetch('/metrics')).text();
  assert.match(metrics, /^# TYPE lastword_/m);
});

test('given unknown and malformed ids, then the answers are 404 and 400 problem documents', async () => {
  assert.equal(await problem(`/api/streams/${unknown}`), 404);
  assert.equal(await problem(`/api/streams/${unknown}/response`), 404);
  assert.equal(await problem(`/v1/stream/${unknown}`), 404);
  assert.equal(await problem('/api/streams/..%2F..%2Fetc'), 400);
  assert.equal(await problem('/v1/stream/short'), 400);
});

test('given a Last-Event-ID that is malformed or none of the stream’s, then the answer is 400 or 410', async () => {
  upstream.on('ids', saying(words(3)));
  const client = post(gateway, 'ids', { headers: owner });
  await client.done;

  const after = (id) => problem(`/v1/stream/${client.stream}`, { headers: { ...owner, 'Last-Event-ID': id } });
  for (const id of ['nonsense', '-1', '1-x', '99999999999999999999-1', '7-0']) assert.equal(await after(id), 400, id);
  assert.equal(await after('1-99999999'), 410);
});

test('given a finished stream, when it is read under its own URL, then ids resume it exactly and its end is 204', async () => {
  upstream.on('resumed', saying(words(50)));
  const client = post(gateway, 'resumed', { headers: owner });
  await client.done;
  assert.equal(client.events.some(({ id }) => id !== undefined), false, 'a vendor dialect carries no ids unless asked');

  const whole = await follow(gateway, client.stream, { headers: owner }).done;
  assert.deepEqual(whole.events.map(({ data }) => data), client.events.map(({ data }) => data));
  for (const [at, { id }] of whole.events.entries()) {
    const rest = await follow(gateway, client.stream, { after: id, headers: owner }).done;
    if (at === whole.events.length - 1) assert.equal(rest.status, 204);
    else assert.deepEqual(rest.events, whole.events.slice(at + 1));
  }
  const byQuery = await gateway.fetch(`/v1/stream/${client.stream}?lastEventId=${whole.events.at(-1).id}`, { headers: owner });
  assert.equal(byQuery.status, 204);
});

test('given streams of a conversation, then they are listed newest first, and as turns oldest first', async () => {
  const headers = { ...owner, 'Lastword-Conversation': 'chat-e2e-1' };
  const ids = [];
  for (const turn of [0, 1, 2]) {
    upstream.on(`turn-${turn}`, saying(words(3, turn * 10)));
    const client = post(gateway, `turn-${turn}`, { headers });
    await client.done;
    ids.push(client.stream);
  }
  const door = gate();
  upstream.on('turn-3', async (exchange) => {
    exchange.stream();
    exchange.data(delta('half'));
    await door.passed;
    exchange.data(finish());
    exchange.data('[DONE]');
    exchange.end();
  });
  const running = post(gateway, 'turn-3', { headers });
  await until('the fourth turn runs', () => running.events.length === 1);
  ids.push(running.stream);

  const conversation = await gateway.api('/api/conversations/chat-e2e-1');
  assert.deepEqual(conversation.turns.map(({ stream }) => stream), ids);
  assert.deepEqual(conversation.turns.map(({ outcome }) => outcome), ['completed', 'completed', 'completed', null]);
  assert.equal(conversation.turns[1].text, words(3, 10).join(''));
  assert.equal(conversation.running, running.stream);

  const all = await gateway.api('/api/streams?conversation=chat-e2e-1');
  assert.deepEqual(all.streams.map(({ id }) => id), ids.toReversed());
  const completed = await gateway.api('/api/streams?conversation=chat-e2e-1&outcome=completed');
  assert.deepEqual(completed.streams.map(({ id }) => id), ids.slice(0, 3).toReversed());
  const page = await gateway.api('/api/streams?conversation=chat-e2e-1&limit=2');
  assert.deepEqual(page.streams.map(({ id }) => id), ids.toReversed().slice(0, 2));
  const next = await gateway.api(`/api/streams?conversation=chat-e2e-1&limit=2&before=${page.next}`);
  assert.deepEqual(next.streams.map(({ id }) => id), ids.toReversed().slice(2));

  door.open();
  await running.done;
  assert.equal((await gateway.api('/api/conversations/chat-e2e-1')).running, null);
});

test('given answers, then the log tells of each seal, and never of content or credentials', async () => {
  upstream.on('logged', saying([`${SECRET} `, 'and more']));
  const client = post(gateway, 'logged', { headers: owner });
  await client.done;

  const log = await until('the seal is in the log', async () => {
    const text = await gateway.log();
    return text.includes('seal.sealed') && text.includes(client.stream) && text;
  });
  assert.match(log, new RegExp(`seal\\.sealed.*stream=${client.stream}`));
  assert.ok(!log.includes(SECRET), 'content');
  assert.ok(!log.includes(apiKey), 'credentials');
});

test('given an answer that fails in the middle, then the log tells that its partial is saved', async () => {
  upstream.on('broken off', async (exchange) => {
    exchange.stream();
    exchange.data({ choices: [{ index: 0, delta: { content: 'half' } }] });
    exchange.cut();
  });
  const client = post(gateway, 'broken off', { headers: owner });
  await client.done;
  await gateway.ended(client.stream);

  assert.match(await gateway.log(), new RegExp(`seal\\.saving stream=${client.stream} events=2\n(.*\n)*?.*seal\\.sealed stream=${client.stream} outcome=failed`));
});

test('given a killed gateway’s data, then inspect prints it and changes nothing', async () => {
  upstream.on('inspected', saying(words(5)));
  const client = post(gateway, 'inspected', { headers: owner });
  await client.done;
  await gateway.kill();
  const data = path.join(gateway.folder, 'data');
  const before = await fingerprint(data);

  const { stdout } = await run(launcher, ['inspect', data]);

  assert.match(stdout, new RegExp(client.stream));
  assert.ok(!stdout.includes(apiKey), 'credentials');
  assert.deepEqual(await fingerprint(data), before);
  await gateway.run();
});

test('given wrong options, then one line says which, and the exit code is 2', async () => {
  for (const options of [
    ['serve', '--upstream', 'http://127.0.0.1:1', '--lisen', '127.0.0.1:0'],
    ['serve', '--upstream', 'not a url'],
    ['no-such-command'],
  ]) {
    const { code, stderr } = await run(launcher, options).then(
      () => assert.fail(`accepted: ${options.join(' ')}`),
      (error) => error,
    );
    assert.equal(code, 2, options.join(' '));
    assert.ok(stderr.trim().length > 0);
    assert.doesNotMatch(stderr, /\tat /, 'no stack trace');
  }
});

/** The names and contents of all files in a folder. */
async function fingerprint(folder) {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const prints = files.map(async (file) => {
    const name = path.join(file.path, file.name);
    return [name, createHash('sha256').update(await readFile(name)).digest('hex')];
  });
  return (await Promise.all(prints)).sort();
}
