import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { check, endpoint } from '../lib/checker.mjs';
import { delta, finish, role, words } from '../lib/openai.mjs';

/** Bytes that an endpoint sends, by the name in the query. */
const bodies = new Map();
let server;

before(async () => {
  server = await endpoint((request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(bodies.get(new URL(request.url, 'http://x').searchParams.get('body')));
  });
});
after(() => server.close());

const sdks = fileURLToPath(new URL('..', import.meta.url));
const event = (data, ...lines) => [...lines, `data: ${typeof data === 'string' ? data : JSON.stringify(data)}`, '', ''].join('\n');

/** The verdict on a stream, played to the SDKs of this folder. */
async function verdict(path, body, name) {
  bodies.set(name, body);
  const report = await check(`${server.url}${path}?body=${encodeURIComponent(name)}`, '--data', '{"model":"m"}', '--only', 'LW022', '--sdk-dir', sdks);
  return report.of('LW022');
}

const chat = (...extra) =>
  [event(role()), ...words(5).map((word) => event(delta(word))), ...extra, event(finish()), event('[DONE]')].join('');

const named = (data) => event(data, `event: ${data.type}`);
const anthropic = (write) =>
  [
    named({ type: 'message_start', message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } } }),
    named({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    named({ type: 'ping' }),
    ...words(5).map((text) => write({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
    named({ type: 'content_block_stop', index: 0 }),
    named({ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 5 } }),
    named({ type: 'message_stop' }),
  ].join('');

test('given a stream as OpenAI sends it, when it is played to openai 6 and 7, then each reads the same text', async () => {
  const found = await verdict('/v1/chat/completions', chat(': hb\n\n'), 'openai');

  assert.equal(found.verdict, 'pass', found.detail);
  for (const sdk of ['openai 6.49.0 (for await)', 'openai 7.57.0 (for await)', 'openai 7.57.0 (.stream())']) {
    assert.ok(found.detail.includes(sdk), found.detail);
  }
});

test('given a keepalive that is an event, when it is played to openai, then it throws, as the rules say', async () => {
  const found = await verdict('/v1/chat/completions', chat('data: ping\n\n'), 'keepalive');

  assert.equal(found.verdict, 'fail');
  assert.match(found.detail, /the data 'ping' is no JSON/);
  assert.match(found.detail, /openai 7\.57\.0 \(for await\) throws/);
});

test('given an event of an own kind, when it is played to openai, then its stream helper throws, as the rules say', async () => {
  const found = await verdict('/v1/chat/completions', chat(event({ progress: 1 }, 'event: progress')), 'own event');

  assert.equal(found.verdict, 'fail');
  assert.match(found.detail, /event: progress/);
  assert.match(found.detail, /openai 7\.57\.0 \(\.stream\(\)\) throws/);
});

test('given ids and a heartbeat with a blank line, then only the rules know of it, and Node reads on', async () => {
  const body = chat().replaceAll('data: {', 'id: 7\ndata: {').replace('id: 7\ndata: {', 'id: 7\n: hb\n\ndata: {');
  const found = await verdict('/v1/chat/completions', body, 'ids');

  assert.equal(found.verdict, 'fail');
  assert.match(found.detail, /^openai \(Python\): /);
  assert.doesNotMatch(found.detail, /throws '/);
});

test('given a stream as Anthropic sends it, when it is played to its SDK, then it reads the same text', async () => {
  const found = await verdict('/v1/messages', anthropic(named), 'anthropic');

  assert.equal(found.verdict, 'pass', found.detail);
  assert.match(found.detail, /@anthropic-ai\/sdk 1\.12\.0 \(for await\), @anthropic-ai\/sdk 1\.12\.0 \(\.stream\(\)\): each read the same text/);
});

test('given deltas without their event line, when they are played to its SDK, then the text is gone, as the rules say', async () => {
  const found = await verdict('/v1/messages', anthropic(event), 'data only');

  assert.equal(found.verdict, 'fail');
  assert.match(found.detail, /a 'content_block_delta' without its event line is silently left out/);
  assert.match(found.detail, /@anthropic-ai\/sdk 1\.12\.0 \(for await\) reads 0 characters instead of 1\d/);
});
