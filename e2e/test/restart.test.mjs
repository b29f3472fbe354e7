import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { Gateway, owner } from '../lib/gateway.mjs';
import { delta, finish, gate, saying, words } from '../lib/openai.mjs';
import { follow, post } from '../lib/raw.mjs';
import { until } from '../lib/until.mjs';
import { Upstream } from '../lib/upstream.mjs';

const upstream = await Upstream.listen();
const gateway = await Gateway.start({ upstream: upstream.url, config: 'drain-ms: 3000' });
after(async () => {
  await gateway.remove();
  await upstream.close();
});

const half = words(40);
let door;

beforeEach(async () => {
  if (!gateway.running) await gateway.run();
  door = gate();
  upstream.on('halts', async (exchange) => {
    exchange.stream();
    for (const word of half) exchange.data(delta(word));
    await door.passed;
    exchange.data(delta(' the end'));
    exchange.data(finish());
    exchange.data('[DONE]');
    exchange.end();
  });
});

const atHalf = async (headers = owner) => {
  const client = post(gateway, 'halts', { headers });
  await until('the client has seen the first half', () => client.events.length === half.length);
  return client;
};

test('given a running answer, when the process is killed, then it is interrupted and nothing seen is missing', async () => {
  const client = await atHalf();

  await gateway.kill();
  await client.done;
  await gateway.run();

  const stream = await gateway.ended(client.stream);
  assert.equal(stream.outcome, 'interrupted');
  const response = await gateway.api(`/api/streams/${client.stream}/response`);
  assert.equal(response.text, half.join(''));
  const replay = await follow(gateway, client.stream, { headers: owner }).done;
  assert.deepEqual(
    replay.events.slice(0, half.length).map(({ data }) => data),
    client.events.map(({ data }) => data),
  );
  assert.ok(!replay.text.includes('[DONE]'));
  door.open();
});

test('given a running answer, when the drain time is over, then it is interrupted, said so, and kept', async () => {
  const client = await atHalf();

  const { code, signal } = await gateway.stop();
  await client.done;
  assert.deepEqual({ code, signal }, { code: 143, signal: null });
  assert.ok(!client.text.includes('[DONE]'));
  await gateway.run();

  assert.equal((await gateway.ended(client.stream)).outcome, 'interrupted');
  assert.equal((await gateway.api(`/api/streams/${client.stream}/response`)).text, half.join(''));
  door.open();
});

test('given a running answer, when it ends while the process drains, then it is complete', async () => {
  const client = await atHalf();

  const stopped = gateway.stop();
  await until('new requests are refused', () =>
    gateway.fetch('/readyz').then((response) => response.status === 503, () => true),
  );
  door.open();
  await client.done;
  assert.match(client.text, /\[DONE\]/);
  assert.equal((await stopped).code, 143);
  await gateway.run();

  assert.equal((await gateway.ended(client.stream)).outcome, 'completed');
  assert.equal((await gateway.api(`/api/streams/${client.stream}/response`)).text, `${half.join('')} the end`);
});

for (const [how, end] of Object.entries({ killed: (one) => one.kill(), stopped: (one) => one.stop() })) {
  test(`given a completed answer, when the process is ${how}, then it is there as it was`, async () => {
    upstream.on('whole', saying(half));
    const client = post(gateway, 'whole', { headers: { ...owner, 'Lastword-Event-Ids': 'true' } });
    await client.done;
    const before = await gateway.api(`/api/streams/${client.stream}`);
    const responseBefore = await gateway.api(`/api/streams/${client.stream}/response`);

    await end(gateway);
    await gateway.run();

    assert.deepEqual(await gateway.api(`/api/streams/${client.stream}/response`), responseBefore);
    const { outcome, state, events, firstId, lastId } = before;
    const now = await gateway.api(`/api/streams/${client.stream}`);
    assert.deepEqual(
      { outcome: now.outcome, state: now.state, events: now.events, firstId: now.firstId, lastId: now.lastId },
      { outcome, state, events, firstId, lastId },
    );
    const replay = await follow(gateway, client.stream, { headers: owner }).done;
    assert.deepEqual(replay.events, client.events);
  });
}

test('given a reader with an id from before a restart, when it resumes, then it goes on exactly there', async () => {
  upstream.on('long', saying(words(300)));
  const client = post(gateway, 'long', { headers: { ...owner, 'Lastword-Event-Ids': 'true' } });
  await client.done;
  const [, ...ids] = client.events.map(({ id }) => id);

  await gateway.kill();
  await gateway.run();

  for (const at of [0, 1, 150, ids.length - 3]) {
    const rest = await follow(gateway, client.stream, { after: ids[at], headers: owner }).done;
    assert.deepEqual(rest.events, client.events.slice(at + 2));
  }
  const nothing = await follow(gateway, client.stream, { after: ids.at(-1), headers: owner }).done;
  assert.equal(nothing.status, 204);
});
