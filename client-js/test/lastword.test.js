import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lastword, LastwordError } from '../src/client/lastword.js';
import { textDelta } from '../src/client/openai.js';
import { CANCEL, CHAT, EVENTS, STATUS, STREAM } from './scripted-gateway.js';
import { answers, cuts, delta, event, problem, readAll, scripted, sends } from './scripted-gateway.js';

const CHAT_URL = '/v1/chat/completions';
const CANCELLED = { error: { message: 'cancelled by its owner', type: 'lastword_error', code: 'cancelled' } };

test('given a whole answer, when it is read, then it is complete at its terminal event, and nothing else is asked', async (t) => {
  const gateway = await scripted(t, {
    // The body stays open: who waits for its end waits for ever.
    [CHAT]: [sends(event(1, 'a') + ': hb\n' + event(2, 'b') + event(3, '[DONE]'), 'stay')],
  });
  const lastword = new Lastword({ base: gateway.base, headers: { Authorization: 'Bearer k' } });

  const answer = await lastword.start(CHAT_URL, { body: { stream: true }, headers: { 'X-Own': '1' }, conversation: 'c1' });
  const { data, error } = await readAll(answer);

  assert.equal(error, null);
  assert.deepEqual(data, ['a', 'b', '[DONE]']);
  assert.deepEqual([answer.stream, answer.outcome, answer.lastEventId], [STREAM, 'completed', '1-3']);
  const [{ headers, body }] = gateway.requests;
  assert.equal(body, '{"stream":true}');
  assert.equal(headers['lastword-event-ids'], 'true');
  assert.equal(headers['lastword-conversation'], 'c1');
  assert.equal(headers.authorization, 'Bearer k');
  assert.equal(headers['x-own'], '1');
  assert.equal(headers['content-type'], 'application/json');
});

test('given the connection breaks in the middle, then the rest comes exactly after the last event', async (t) => {
  const gateway = await scripted(t, {
    // The last event is cut in two: it was not received.
    [CHAT]: [sends(event(1, 'a') + event(2, 'b') + 'id: 1-3\ndata: c\n', 'cut')],
    [EVENTS]: [cuts(), answers(503, { title: 'restarting' }), sends(event(3, 'c'), 'cut'), sends(event(4, '[DONE]'))],
  });
  const attempts = [];

  const answer = await new Lastword({ base: gateway.base }).start(CHAT_URL, { body: {}, onReconnect: (n) => attempts.push(n) });
  const { data, error } = await readAll(answer);

  assert.equal(error, null);
  assert.deepEqual(data, ['a', 'b', 'c', '[DONE]']);
  assert.deepEqual(gateway.lines(), [CHAT, EVENTS, EVENTS, EVENTS, EVENTS]);
  assert.deepEqual(gateway.requests.map(({ headers }) => headers['last-event-id']), [undefined, '1-2', '1-2', '1-2', '1-3']);
  assert.deepEqual(attempts, [1, 2, 3, 0, 1, 0]);
});

test('given a token that expires in the middle, then the answer goes on with a fresh one', async (t) => {
  const expired = 'data: {"error":{"message":"expired","type":"lastword_error","code":"credentials_expired"}}\n\n';
  const gateway = await scripted(t, {
    [CHAT]: [sends(event(1, 'a') + expired, 'cut')],
    [EVENTS]: [sends(event(2, 'b') + event(3, '[DONE]'))],
  });
  const tokens = ['first', 'second'];
  const headers = async () => ({ Authorization: `Bearer ${tokens.shift()}` });

  const { data, error } = await readAll(await new Lastword({ base: gateway.base, headers }).start(CHAT_URL, { body: {} }));

  assert.equal(error, null);
  assert.deepEqual(data, ['a', 'b', '[DONE]']);
  assert.deepEqual(gateway.requests.map(({ headers }) => headers.authorization), ['Bearer first', 'Bearer second']);
});

test('given a token that expires and no other, then the answer ends as refused, and may be running on', async (t) => {
  const gateway = await scripted(t, {
    [CHAT]: [sends(event(1, 'a'), 'cut')],
    [EVENTS]: [problem(401, 'credentials_expired')],
  });

  const { error } = await readAll(await new Lastword({ base: gateway.base, headers: {} }).start(CHAT_URL, { body: {} }));

  assert.deepEqual([error.code, error.status, error.problem, error.outcome], ['refused', 401, 'credentials_expired', null]);
});

test('given that no token can be had for a moment, then the reader comes back as after a broken connection', async (t) => {
  const gateway = await scripted(t, {
    [CHAT]: [sends(event(1, 'a'), 'cut')],
    [EVENTS]: [sends(event(2, '[DONE]'))],
  });
  const tokens = [() => ({}), () => Promise.reject(new Error('the identity provider is away')), () => ({})];
  const headers = () => tokens.shift()();

  const { data, error } = await readAll(await new Lastword({ base: gateway.base, headers }).start(CHAT_URL, { body: {} }));

  assert.equal(error, null);
  assert.deepEqual(data, ['a', '[DONE]']);
});

test('given the connection breaks before the first event, then the answer is read from its start', async (t) => {
  const gateway = await scripted(t, { [CHAT]: [sends('', 'cut')], [EVENTS]: [sends(event(1, 'a') + event(2, '[DONE]'))] });

  const { data } = await readAll(await new Lastword({ base: gateway.base }).start(CHAT_URL, { body: {} }));

  assert.deepEqual(data, ['a', '[DONE]']);
  assert.equal(gateway.requests[1].headers['last-event-id'], undefined);
});

test('given a relayed response without ids, when it breaks, then what was seen is not repeated', async (t) => {
  const gateway = await scripted(t, {
    [CHAT]: [sends('data: a\n\ndata: b\n\n', 'cut')],
    [EVENTS]: [sends(event(1, 'a') + event(2, 'b') + event(3, 'c') + event(4, '[DONE]'))],
  });

  const { data } = await readAll(await new Lastword({ base: gateway.base }).start(CHAT_URL, { body: {} }));

  assert.deepEqual(data, ['a', 'b', 'c', '[DONE]']);
});

test('given events that were seen come again, then they are dropped', async (t) => {
  const gateway = await scripted(t, {
    [EVENTS]: [sends(event(3, 'c') + event(4, 'd'), 'cut'), sends(event(4, 'd', 2) + event(5, 'e', 2) + event(6, '[DONE]', 2))],
  });

  const { data } = await readAll(new Lastword({ base: gateway.base }).resume(STREAM, { after: '1-2' }));

  assert.deepEqual(data, ['c', 'd', 'e', '[DONE]']);
  assert.equal(gateway.requests[0].headers['last-event-id'], '1-2');
});

test('given events are left out, then that is an error, and nothing after the gap is handed out', async (t) => {
  const gateway = await scripted(t, { [EVENTS]: [sends(event(1, 'a') + event(3, 'c'))] });

  const { data, error } = await readAll(new Lastword({ base: gateway.base }).resume(STREAM));

  assert.deepEqual(data, ['a']);
  assert.equal(error.code, 'gap');
  assert.equal(error.outcome, null);
});

test('given a stream without a terminal event, when nothing more comes, then the gateway tells the outcome', async (t) => {
  const gateway = await scripted(t, {
    [EVENTS]: [sends(event(1, 'a')), answers(204)],
    [STATUS]: [answers(200, { outcome: 'completed', reason: '' })],
  });
  const answer = new Lastword({ base: gateway.base }).resume(STREAM);

  const { data, error } = await readAll(answer);

  assert.equal(error, null);
  assert.deepEqual(data, ['a']);
  assert.equal(answer.outcome, 'completed');
  assert.deepEqual(gateway.lines(), [EVENTS, EVENTS, STATUS]);
});

test('given everything was read before, when it is resumed, then it ends as the answer ended', async (t) => {
  const gateway = await scripted(t, {
    [EVENTS]: [answers(204), answers(204)],
    // The gateway restarts between the two questions: both are asked again.
    [STATUS]: [answers(503, { title: 'restarting' }), answers(200, { outcome: 'failed', reason: 'upstream_truncated' })],
  });

  const { data, error } = await readAll(new Lastword({ base: gateway.base }).resume(STREAM, { after: '1-9' }));

  assert.deepEqual(data, []);
  assert.deepEqual([error.code, error.outcome, error.stream], ['upstream_truncated', 'failed', STREAM]);
});

for (const [name, error, outcome] of [
  ['cancelled', CANCELLED, 'cancelled'],
  ['interrupted', { error: { message: 'gone', type: 'lastword_error', code: 'interrupted' } }, 'interrupted'],
  ['truncated', { error: { message: 'cut', type: 'lastword_error', code: 'upstream_truncated' } }, 'failed'],
]) {
  test(`given the gateway's error event (${name}) and a cut, then it fails after the partial, and nothing is tried again`, async (t) => {
    const gateway = await scripted(t, { [CHAT]: [sends(event(1, 'a') + event(2, error), 'cut')] });
    const answer = await new Lastword({ base: gateway.base }).start(CHAT_URL, { body: {} });

    const read = await readAll(answer);

    assert.deepEqual(read.data, ['a']);
    assert.ok(read.error instanceof LastwordError);
    assert.deepEqual([read.error.code, read.error.message, read.error.outcome], [error.error.code, error.error.message, outcome]);
    assert.deepEqual([answer.outcome, answer.lastEventId], [outcome, '1-2']);
    assert.deepEqual(gateway.lines(), [CHAT]);
  });
}

test("given an error event in the upstream's words, when the answer ended there, then it fails as the gateway says", async (t) => {
  const overloaded = { error: { message: 'overloaded', type: 'server_error' } };
  const gateway = await scripted(t, {
    [CHAT]: [sends(event(1, 'a') + event(2, overloaded), 'cut')],
    [STATUS]: [answers(200, { outcome: 'failed', reason: 'upstream_error', lastId: '1-2' })],
  });
  const answer = await new Lastword({ base: gateway.base }).start(CHAT_URL, { body: {} });

  const { data, error } = await readAll(answer);

  assert.deepEqual(data, ['a']);
  assert.deepEqual([error.code, error.message, error.outcome], ['server_error', 'overloaded', 'failed']);
  assert.equal(answer.outcome, 'failed');
});

test('given an event that only looks like an error, then it is content, also when the gateway cannot be asked at once', async (t) => {
  const looks = { error: { message: 'quoted from a log' } };
  const gateway = await scripted(t, {
    [EVENTS]: [sends(event(1, looks), 'stay'), sends(event(1, looks) + event(2, looks) + event(3, '[DONE]'))],
    [STATUS]: [
      cuts(),
      answers(200, { outcome: null, lastId: '1-1' }),
      answers(200, { outcome: null, lastId: '1-1' }),
      answers(200, { outcome: 'completed', lastId: '1-3' }),
    ],
  });

  const { events, error } = await readAll(new Lastword({ base: gateway.base }).resume(STREAM));

  assert.equal(error, null);
  assert.deepEqual(events.map(({ id }) => id), ['1-1', '1-2', '1-3']);
});

test('given the cut throws the error event away, time and again, then the gateway tells how the answer ended', async (t) => {
  const gateway = await scripted(t, {
    [CHAT]: [sends(event(1, 'a'), 'cut')],
    [EVENTS]: [sends('', 'cut'), sends('', 'cut')],
    [STATUS]: [answers(200, { outcome: null, lastId: '1-1' }), answers(200, { outcome: 'cancelled', reason: 'cancelled', lastId: '1-2' })],
  });

  const { data, error } = await readAll(await new Lastword({ base: gateway.base }).start(CHAT_URL, { body: {} }));

  assert.deepEqual(data, ['a']);
  assert.deepEqual([error.code, error.outcome], ['cancelled', 'cancelled']);
  assert.deepEqual(gateway.lines(), [CHAT, EVENTS, STATUS, EVENTS, STATUS]);
});

test('given the cut throws more away than the error event, then that is still read', async (t) => {
  const error = { error: { message: 'cut', type: 'lastword_error', code: 'upstream_truncated' } };
  const gateway = await scripted(t, {
    [EVENTS]: [sends('', 'cut'), sends(event(1, 'a') + event(2, error), 'cut')],
    [STATUS]: [answers(200, { outcome: 'failed', reason: 'upstream_truncated', lastId: '1-2' })],
  });

  const read = await readAll(new Lastword({ base: gateway.base }).resume(STREAM));

  assert.deepEqual([read.data, read.error.code], [['a'], 'upstream_truncated']);
});

test('given a notice that the save is pending, then it is no part of the answer: the reader comes back', async (t) => {
  const notice = 'data: {"error":{"code":"lastword_save_pending","stream":"x"}}\n\n';
  const gateway = await scripted(t, {
    [CHAT]: [sends(notice)], // before the first event, even
    [EVENTS]: [sends(event(1, 'a') + notice), sends('event: ping\ndata: {}\n\n' + event(2, '[DONE]'))],
  });

  const { data, error } = await readAll(await new Lastword({ base: gateway.base }).start(CHAT_URL, { body: {} }));

  assert.equal(error, null);
  assert.deepEqual(data, ['a', '[DONE]']);
});

test('given a connection that says nothing, when it has been silent for long, then a new one is made', async (t) => {
  const gateway = await scripted(t, { [CHAT]: [sends(event(1, 'a'), 'stay')], [EVENTS]: [() => {}, sends(event(2, '[DONE]'))] });

  const { data } = await readAll(await new Lastword({ base: gateway.base }).start(CHAT_URL, { body: {}, idleMs: 50 }));

  assert.deepEqual(data, ['a', '[DONE]']);
  assert.equal(gateway.requests.length, 3);
});

test('given the gateway stays away, when patience ends, then the connection is lost and the outcome open', async (t) => {
  const gateway = await scripted(t, { [CHAT]: [sends('retry: 1\n' + event(1, 'a'), 'cut')], [EVENTS]: Array.from({ length: 99 }, cuts) });

  const answer = await new Lastword({ base: gateway.base }).start(CHAT_URL, { body: {}, patienceMs: 100 });
  const { data, error } = await readAll(answer);

  assert.deepEqual(data, ['a']);
  assert.deepEqual([error.code, error.outcome, error.stream], ['connection_lost', null, STREAM]);
  assert.equal(answer.lastEventId, '1-1');
});

for (const [name, step, code, status, message] of [
  ['a problem document', answers(507, { title: 'Full', detail: 'the disk is full' }, 'application/problem+json'), 'refused', 507, 'the disk is full'],
  ["the upstream's error", answers(429, { error: { message: 'slow down' } }), 'refused', 429, 'slow down'],
  ['no event stream', answers(200, { choices: [] }), 'not_a_stream', 200, 'The server answered 200 OK'],
]) {
  test(`given the response is ${name}, when an answer is started, then it is refused with what was said`, async (t) => {
    const gateway = await scripted(t, { [CHAT]: [step] });
    await assert.rejects(new Lastword({ base: gateway.base }).start(CHAT_URL, { body: {} }), { code, status, message });
  });
}

test('given an id that cannot be honoured, when it is resumed, then that is an error at once', async (t) => {
  const gateway = await scripted(t, { [EVENTS]: [answers(400, { detail: 'no such event' }, 'application/problem+json')] });

  const { error } = await readAll(new Lastword({ base: gateway.base }).resume(STREAM, { after: '9-9' }));

  assert.deepEqual([error.code, error.status, error.message], ['refused', 400, 'no such event']);
  assert.equal(gateway.requests.length, 1);
});

test('given a response that did not come through a gateway, then it is read, and a cut is an error', async (t) => {
  const gateway = await scripted(t, { [CHAT]: [sends('data: a\n\n', 'end', {}), sends('data: a\n\n', 'cut', {})] });
  const lastword = new Lastword({ base: gateway.base });

  const whole = await lastword.start(CHAT_URL, { body: {} });
  assert.deepEqual(await readAll(whole).then(({ data, error }) => [data, error]), [['a'], null]);
  assert.equal(whole.outcome, null);

  const cut = await readAll(await lastword.start(CHAT_URL, { body: {} }));
  assert.deepEqual([cut.data, cut.error.code], [['a'], 'connection_lost']);
});

test('given the reader leaves or aborts, then no new connection is made', async (t) => {
  const gateway = await scripted(t, { [CHAT]: [sends(event(1, 'a') + event(2, 'b'), 'stay'), sends(event(1, 'a'), 'stay')] });
  const lastword = new Lastword({ base: gateway.base });

  const left = await lastword.start(CHAT_URL, { body: {} });
  for await (const { data } of left) {
    assert.equal(data, 'a');
    break;
  }
  assert.deepEqual([left.lastEventId, left.outcome], ['1-1', null]);

  const leave = new AbortController();
  const aborted = await lastword.start(CHAT_URL, { body: {}, signal: leave.signal });
  const reason = new Error('enough');
  const reading = readAll(aborted);
  setImmediate(() => leave.abort(reason));
  assert.equal((await reading).error, reason);
  assert.deepEqual(gateway.lines(), [CHAT, CHAT]);
});

test('given an answer of JSON that is cut in the middle, then the connection was lost', async (t) => {
  const cut = (response) => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 1_000 });
    response.write('{"turns":[', () => response.destroy());
  };
  const captive = (response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>Log in first</p>');
  const gateway = await scripted(t, { [STATUS]: [cut, captive, cut] });
  const lastword = new Lastword({ base: gateway.base });

  for (let i = 0; i < 2; i++) {
    await assert.rejects(lastword.status(STREAM), (error) => error instanceof LastwordError && error.code === 'connection_lost');
  }
  const leave = new AbortController();
  const reason = new Error('enough');
  leave.abort(reason);
  await assert.rejects(lastword.status(STREAM, { signal: leave.signal }), reason);
});

test('given an event that takes more than a reader holds, then it is told so as of any other end', async (t) => {
  const gateway = await scripted(t, {
    [CHAT]: [
      (response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Lastword-Stream': STREAM });
        response.write('data: ');
        const more = Buffer.alloc(1 << 20, 'x');
        for (let i = 0; i < 34; i++) response.write(more);
        response.end();
      },
    ],
  });

  const { error } = await readAll(await new Lastword({ base: gateway.base }).start(CHAT_URL, { body: {} }));

  assert.ok(error instanceof LastwordError);
  assert.deepEqual([error.code, error.stream, error.outcome], ['event_too_large', STREAM, null]);
});

test('given a terminal rule of its own, then the reader leaves there', async (t) => {
  const gateway = await scripted(t, { [EVENTS]: [sends(event(1, 'a') + 'event: close\n' + event(2, 'bye'), 'stay')] });
  const answer = new Lastword({ base: gateway.base }).resume(STREAM, { isTerminal: ({ type }) => type === 'close' });

  assert.deepEqual((await readAll(answer)).data, ['a', 'bye']);
  assert.equal(answer.outcome, 'completed');
});

test('given a stream is stopped, then the real outcome comes back, also when it had ended before', async (t) => {
  const gateway = await scripted(t, {
    [CANCEL]: [answers(200, { id: STREAM, outcome: 'cancelled' }), answers(409, { id: STREAM, outcome: 'completed' }), answers(404, { title: 'Unknown stream' })],
  });
  const lastword = new Lastword({ base: gateway.base });

  assert.equal((await lastword.stop(STREAM)).outcome, 'cancelled');
  assert.equal((await lastword.stop(STREAM)).outcome, 'completed');
  await assert.rejects(lastword.stop(STREAM), { code: 'refused', status: 404, message: 'Unknown stream' });
});

test('given chunks of a chat completion, then their text is the first choice\'s', () => {
  const text = (data) => textDelta({ type: 'message', data, id: '', lastEventId: '' });
  assert.equal(text(JSON.stringify(delta('hi'))), 'hi');
  assert.equal(text('{"choices":[{"index":1,"delta":{"content":"other"}}]}'), '');
  assert.equal(text('{"choices":[],"usage":{}}'), '');
  assert.equal(text('{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}'), '');
  for (const data of ['[DONE]', 'plain', 'null', '{"choices":7}', '7']) assert.equal(text(data), '');
});
