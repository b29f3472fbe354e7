import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Gateway, owner } from '../lib/gateway.mjs';
import { delta, finish, gate, saying, words } from '../lib/openai.mjs';
import { follow, post } from '../lib/raw.mjs';
import { until } from '../lib/until.mjs';
import { Upstream } from '../lib/upstream.mjs';

const upstream = await Upstream.listen();
const gateway = await Gateway.start({ upstream: upstream.url });
after(async () => {
  await gateway.remove();
  await upstream.close();
});

const half = words(10);
const cancel = (id) => gateway.fetch(`/api/streams/${id}/cancel`, { method: 'POST', headers: owner });

test('given a running answer, when its owner cancels, then the upstream is let go and the partial is kept', async () => {
  const door = gate();
  upstream.on('cancelled', async (exchange) => {
    exchange.stream();
    for (const word of half) exchange.data(delta(word));
    await door.passed;
    exchange.data(delta(' too late'));
    exchange.data(finish());
    exchange.data('[DONE]');
    exchange.end();
  });
  const client = post(gateway, 'cancelled', { headers: owner });
  await until('the client has seen the first half', () => client.events.length === half.length);
  const watcher = follow(gateway, client.stream, { headers: owner });

  const answer = await cancel(client.stream);

  assert.equal(answer.status, 200);
  assert.equal((await answer.json()).outcome, 'cancelled');
  await upstream.of('cancelled')[0].closed;
  door.open();
  await Promise.all([client.done, watcher.done]);
  const stream = await gateway.ended(client.stream);
  assert.equal(stream.outcome, 'cancelled');
  const response = await gateway.api(`/api/streams/${client.stream}/response`);
  assert.equal(response.text, half.join(''));
  for (const reader of [client, watcher]) {
    assert.ok(!reader.text.includes('too late'), 'no data after a cancel');
    assert.ok(!reader.text.includes('[DONE]'), 'no ending that sounds like success');
  }
});

test('given a cancelled answer, when it is cancelled again, then the result is the same', async () => {
  const door = gate();
  upstream.on('twice', async (exchange) => {
    exchange.stream();
    exchange.data(delta('one'));
    await door.passed;
  });
  const client = post(gateway, 'twice', { headers: owner });
  await until('the client has seen the first event', () => client.events.length === 1);

  const answers = await Promise.all([cancel(client.stream), cancel(client.stream), cancel(client.stream)]);
  answers.push(await cancel(client.stream));
  door.open();

  for (const answer of answers) {
    assert.ok([200, 409].includes(answer.status), `status ${answer.status}`);
    assert.equal((await answer.json()).outcome, 'cancelled');
  }
});

test('given a completed answer, when it is cancelled, then it stays completed and says so', async () => {
  upstream.on('over', saying(half));
  const client = post(gateway, 'over', { headers: owner });
  await client.done;

  const answer = await cancel(client.stream);

  assert.equal(answer.status, 409);
  assert.equal((await answer.json()).outcome, 'completed');
  assert.equal((await gateway.api(`/api/streams/${client.stream}`)).outcome, 'completed');
});

test('given no such stream, when it is cancelled, then the answer is 404', async () => {
  assert.equal((await cancel('AAAAAAAAAAAAAAAAAAAAAA')).status, 404);
});
