import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lastword, newStreamId } from '../src/client/lastword.js';
import { CHAT, EVENTS, STREAM, answers, cuts, event, problem, readAll, scripted, sends } from './scripted-gateway.js';

const CHAT_URL = '/v1/chat/completions';
const WHOLE = event(1, 'a') + event(2, '[DONE]');

/** Starts an answer under the id that the script knows, and reads it. */
async function startAndRead(gateway, options = {}) {
  const answer = await new Lastword({ base: gateway.base }).start(CHAT_URL, { body: { n: 1 }, stream: STREAM, ...options });
  return { answer, ...(await readAll(answer)) };
}

test('given an answer is started, then its request names the stream, by an id that nobody guesses', async (t) => {
  const gateway = await scripted(t, { [CHAT]: [sends(WHOLE), sends(WHOLE), sends(WHOLE)] });
  const lastword = new Lastword({ base: gateway.base });

  for (let i = 0; i < 2; i++) await readAll(await lastword.start(CHAT_URL, { body: {} }));
  await startAndRead(gateway);

  const [first, second, chosen] = gateway.requests.map(({ headers }) => headers['lastword-stream']);
  assert.match(first, /^[A-Za-z0-9_-]{22}$/);
  assert.notEqual(first, second);
  assert.equal(chosen, STREAM);
  assert.match(newStreamId(), /^[A-Za-z0-9_-]{22}$/);
});

test('given the connection breaks before the answer begins, then the stream that it began is read, and nothing is asked twice', async (t) => {
  const gateway = await scripted(t, { [CHAT]: [cuts()], [EVENTS]: [sends(WHOLE)] });

  const { answer, data, error } = await startAndRead(gateway);

  assert.deepEqual([data, error, answer.outcome, answer.stream], [['a', '[DONE]'], null, 'completed', STREAM]);
  assert.deepEqual(gateway.lines(), [CHAT, EVENTS]);
});

test('given the request never arrived, then the same one is sent again under the same id', async (t) => {
  const gateway = await scripted(t, { [CHAT]: [cuts(), sends(WHOLE)], [EVENTS]: [cuts(), problem(503, 'draining'), problem(404, 'not_found')] });
  const attempts = [];

  const { data, error } = await startAndRead(gateway, { onReconnect: (attempt) => attempts.push(attempt) });

  assert.deepEqual([data, error], [['a', '[DONE]'], null]);
  assert.deepEqual(gateway.lines(), [CHAT, EVENTS, EVENTS, EVENTS, CHAT]);
  const [first, , , , again] = gateway.requests;
  assert.deepEqual([again.body, again.headers['lastword-stream']], [first.body, STREAM]);
  assert.deepEqual(attempts, [1, 2, 3]);
});

test('given the browser has repeated the request, then the id is taken, and the one answer is read when it begins', async (t) => {
  const taken = problem(409, 'stream_id_taken');
  const gateway = await scripted(t, { [CHAT]: [taken, taken], [EVENTS]: [problem(404, 'not_found'), sends(WHOLE)] });
  const attempts = [];

  const { data, error } = await startAndRead(gateway, { onReconnect: (attempt) => attempts.push(attempt) });

  assert.deepEqual([data, error], [['a', '[DONE]'], null]);
  assert.deepEqual(gateway.lines(), [CHAT, EVENTS, CHAT, EVENTS]);
  assert.deepEqual(attempts.filter((attempt) => attempt > 0), [], 'nothing was lost: the answer has not begun');
});

test('given the answer was over before it could be read, then it is read as it ended', async (t) => {
  const cancelled = { error: { message: 'stopped', type: 'lastword_error', code: 'cancelled' } };
  const gateway = await scripted(t, { [CHAT]: [cuts()], [EVENTS]: [sends(event(1, 'a') + event(2, cancelled), 'cut')] });

  const { data, error } = await startAndRead(gateway);

  assert.deepEqual([data, error.outcome], [['a'], 'cancelled']);
});

test("given a 409 in the upstream's own words, then it is a refusal like others", async (t) => {
  const gateway = await scripted(t, { [CHAT]: [answers(409, { error: { message: 'busy', code: 'stream_id_taken' } })] });

  await assert.rejects(startAndRead(gateway), { code: 'refused', status: 409, message: 'busy' });
  assert.deepEqual(gateway.lines(), [CHAT]);
});

for (const [name, step] of [
  ['a 404', answers(404, 'no such page', 'text/html')],
  ['a refusal', answers(401, { error: { message: 'who?' } })],
  ['something else', answers(200, {})],
]) {
  test(`given no gateway is there to ask (${name}), when the connection breaks, then nothing is sent twice`, async (t) => {
    const gateway = await scripted(t, { [CHAT]: [cuts()], [EVENTS]: [step] });

    await assert.rejects(startAndRead(gateway), { code: 'connection_lost', outcome: null, stream: null });
    assert.deepEqual(gateway.lines(), [CHAT, EVENTS]);
  });
}

test('given the gateway stays away, when patience ends, then the connection is lost, and the stream is named for later', async (t) => {
  const gateway = await scripted(t, { [CHAT]: [cuts()], [EVENTS]: Array.from({ length: 99 }, cuts) });

  await assert.rejects(startAndRead(gateway, { patienceMs: 300 }), { code: 'connection_lost', outcome: null, stream: STREAM });
  assert.ok(gateway.lines().length > 2);
});

test('given every request breaks on its way to a gateway that is there, when patience ends, then the connection is lost', async (t) => {
  const unknown = Array.from({ length: 99 }, () => problem(404, 'not_found'));
  const gateway = await scripted(t, { [CHAT]: Array.from({ length: 99 }, cuts), [EVENTS]: unknown });

  await assert.rejects(startAndRead(gateway, { patienceMs: 700 }), { code: 'connection_lost', outcome: null, stream: STREAM });
  assert.ok(gateway.lines().filter((line) => line === CHAT).length > 1);
});

test('given the reader aborts while the gateway is away, then it is no longer asked', async (t) => {
  const gateway = await scripted(t, { [CHAT]: [cuts()], [EVENTS]: Array.from({ length: 99 }, cuts) });
  const leave = new AbortController();
  const reason = new Error('enough');

  await assert.rejects(startAndRead(gateway, { signal: leave.signal, onReconnect: () => leave.abort(reason) }), reason);
  assert.deepEqual(gateway.lines(), [CHAT, EVENTS]);
});
