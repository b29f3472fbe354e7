import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Hub } from '../src/client/hub.js';
import { Lastword } from '../src/client/lastword.js';
import { Tab } from '../src/client/shared.js';
import { CHAT, EVENTS, STREAM, cuts, event, problem, readAll, scripted, sends } from './scripted-gateway.js';

const often = (step) => Array.from({ length: 50 }, () => step);

/** A hub, and the ends of the line of so many tabs. */
function shared(t, tabs, bounds) {
  const connections = { open: 0, most: 0 };
  const counted = (url, init) => {
    connections.most = Math.max(connections.most, ++connections.open);
    init.signal.addEventListener('abort', () => connections.open--);
    return fetch(url, init);
  };
  const hub = new Hub(counted, bounds);
  return Array.from({ length: tabs }, () => {
    const { port1, port2 } = new MessageChannel();
    t.after(() => port1.close());
    hub.join(port1);
    const tab = new Tab(port2);
    port2.start();
    return { port: port2, connections, fetchStream: (...of) => tab.fetch(...of) };
  });
}

/** A gateway on which a stream of any name says one event after the other, and ends when `over` says so. */
async function running(t, { events, over }) {
  const server = createServer(async (request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.flushHeaders();
    for (let next = Number(request.headers['last-event-id']?.slice(2) ?? 0) + 1; !response.destroyed && next <= events; await sleep(2)) {
      if (next === events && !over()) continue;
      response.write(event(next, next === events ? '[DONE]' : `${request.url} ${next}`));
      next++;
    }
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { base: `http://127.0.0.1:${server.address().port}` };
}

test('given more answers run than there are connections, then all are read on, and to the last event', { timeout: 60_000 }, async (t) => {
  const tabs = shared(t, 7, { connectionsMax: 2, turnMs: 30 });
  const seen = tabs.map(() => 0);
  // None of them ends before all have been read half-way: who is left waiting for the end of another waits for ever.
  const gateway = await running(t, { events: 100, over: () => Math.min(...seen) >= 50 });

  const reading = tabs.map(async ({ fetchStream }, i) => {
    const reconnects = [];
    const onReconnect = (attempt) => reconnects.push(attempt);
    const answer = new Lastword({ base: gateway.base, fetchStream }).resume(`stream-number-${i}`, { onReconnect });
    const data = [];
    for await (const event of answer) {
      data.push(event.data);
      seen[i] = data.length;
    }
    assert.deepEqual(data, [...Array.from({ length: 99 }, (_, n) => `/v1/stream/stream-number-${i} ${n + 1}`), '[DONE]']);
    assert.deepEqual(reconnects, [], 'to wait for a turn is no loss');
  });
  await Promise.all(reading);

  assert.equal(tabs[0].connections.most, 2);
});

test('given a question whose answer does not begin, when others want to read, then it makes room, and is asked once', async (t) => {
  const gateway = await scripted(t, {
    // The first request hangs until it is left; the second tells that the first has the id. On a busy machine each may
    // lose its turn before it is answered.
    [CHAT]: [() => {}, ...often(problem(409, 'stream_id_taken'))],
    [EVENTS]: [problem(404, 'not_found'), ...often(sends(event(1, 'a') + event(2, '[DONE]')))],
    'GET /v1/stream/another-stream-0001': often(sends(event(1, '[DONE]'))),
  });
  const [asking, other] = shared(t, 2, { connectionsMax: 1, turnMs: 10 });

  const started = new Lastword({ base: gateway.base, fetchStream: asking.fetchStream }).start('/v1/chat/completions', { body: {}, stream: STREAM }).then(readAll);
  const read = await readAll(new Lastword({ base: gateway.base, fetchStream: other.fetchStream }).resume('another-stream-0001'));

  assert.deepEqual(read.data, ['[DONE]']);
  assert.deepEqual((await started).data, ['a', '[DONE]']);
});

test('given a stream is cut, or cannot be reached, then that is a loss as without a hub', async (t) => {
  const gateway = await scripted(t, { [EVENTS]: [cuts(), sends(event(1, 'a'), 'cut'), sends(event(2, '[DONE]'))] });
  const [tab] = shared(t, 1);
  const attempts = [];

  const answer = new Lastword({ base: gateway.base, fetchStream: tab.fetchStream }).resume(STREAM, { onReconnect: (attempt) => attempts.push(attempt) });

  assert.deepEqual((await readAll(answer)).data, ['a', '[DONE]']);
  assert.equal(attempts[0], 1);
  assert.equal(gateway.requests.at(-1).headers['last-event-id'], '1-1');
});

test('given a reader leaves or a tab goes, then its connections are closed, and the next in line has them', async (t) => {
  const gateway = await running(t, { events: 1, over: () => false });
  const [first, second, third] = shared(t, 3, { connectionsMax: 1, turnMs: 3_600_000 });
  const signal = AbortSignal.timeout(10_000);

  const left = new AbortController();
  await first.fetchStream(`${gateway.base}/a`, { signal: left.signal }, 0);
  const going = second.fetchStream(`${gateway.base}/b`, { signal }, 0);
  left.abort();
  await going;
  const waiting = third.fetchStream(`${gateway.base}/c`, { signal }, 0);
  second.port.postMessage({ bye: true });
  const response = await waiting;

  assert.equal(response.status, 200);
  await assert.rejects((await going).text(), { name: 'Yielded' });
});

test('given a response without a body, or a refusal, then it arrives as it is', async (t) => {
  const gateway = await scripted(t, { 'GET /none': [(response) => response.writeHead(204, { 'X-Own': 'b' }).end()], 'GET /no': [problem(404, 'not_found')] });
  const [{ fetchStream }] = shared(t, 1);

  const none = await fetchStream(`${gateway.base}/none`, {}, 0);
  const refused = await fetchStream(`${gateway.base}/no`, {}, 0);

  assert.deepEqual([none.status, none.headers.get('x-own'), none.body], [204, 'b', null]);
  assert.deepEqual([refused.status, refused.ok, (await refused.json()).code], [404, false, 'not_found']);
});
