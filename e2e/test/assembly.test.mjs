import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { after, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { accumulators, kept } from '../lib/accumulators.mjs';
import { draw, written } from '../lib/answers.mjs';
import { Gateway } from '../lib/gateway.mjs';
import { Random } from '../lib/random.mjs';
import { Upstream } from '../lib/upstream.mjs';

const STREAMS = Number(process.env.LASTWORD_STREAMS ?? 25);
const seed = Number(process.env.LASTWORD_SEED ?? Date.now() % 1_000_000);

const upstream = await Upstream.listen();
const gateway = await Gateway.start({ upstream: upstream.url });
after(async () => {
  await gateway.remove();
  await upstream.close();
});

/** Answers requests for a stream with its bytes, cut anywhere. */
function serve(name, path, body, headers, random) {
  const script = (exchange) => {
    exchange.stream(headers);
    const bytes = Buffer.from(body);
    for (let at = 0; at < bytes.length;) {
      const to = Math.min(bytes.length, at + random.between(1, 400));
      exchange.chunk(bytes.subarray(at, to));
      at = to;
    }
    exchange.end();
  };
  upstream.on(name, script);
  upstream.on(path, script);
}

/** What was saved of the newest stream of a path or model. */
async function saved(dialect, path, model) {
  const { streams } = await gateway.api('/api/streams?limit=20');
  const stream = streams.find((each) => (model ? each.model === model : each.path === path));
  assert.ok(stream, 'it was kept');
  assert.equal(stream.dialect, dialect);
  await gateway.ended(stream.id);
  return gateway.api(`/api/streams/${stream.id}/response`);
}

const outcome = (reading) => reading.then((value) => value, (error) => ({ error: String(error) }));

for (const [dialect, { path, read }] of Object.entries(accumulators)) {
  describe(`${dialect}, seed ${seed}`, () => {
    for (const [sdk, accumulate] of Object.entries(read)) {
      test(`${sdk} shows the same through the gateway as without it, and what it shows is what is saved`, async () => {
        for (let i = 0; i < STREAMS; i++) {
          const random = new Random(seed * 1_000 + i);
          const name = `${dialect}-${sdk.replaceAll(' ', '')}-${i}`;
          const events = draw[dialect](random);
          const byModel = dialect.startsWith('openai') || dialect === 'anthropic';
          const headers = dialect === 'ai-sdk-ui' ? { 'x-vercel-ai-ui-message-stream': 'v1' } : {};
          const lf = dialect === 'ag-ui'; // its client knows no other line end
          serve(name, path(name), written(events, random, lf ? ['\n'] : undefined), headers, random);

          const direct = await outcome(accumulate(upstream.url, name));
          const through = await outcome(accumulate(gateway.url, name));

          const what = `stream ${i} of seed ${seed}: ${JSON.stringify(events)}`;
          assert.equal(direct.error, undefined, what);
          assert.deepEqual(through, direct, what);
          const response = await saved(dialect, path(name), byModel ? name : undefined);
          assert.deepEqual(kept[dialect](response), direct, what);
        }
      });
    }
  });
}

/** Where an SDK loses, merges or refuses what the upstream said, and the record has it. */
const SDK_LOSES = new Set([
  'anthropic-empty-stop-reason', // without event lines it sees nothing
  'anthropic-delta-without-start', // deltas of a block that nobody began are dropped
  'anthropic-index-reused', // deltas go to the block of the number, which is another one
  'anthropic-text-on-a-tool-block', // dropped
  'anthropic-two-messages', // .stream() refuses the second
  'chat-delta-null', // .stream() refuses choices that are null
  'chat-message-beside-delta', // the whole message, and then the delta once more
  'chat-thinking-parts', // "[object Object]"
  'chat-tools-empty-id', // two calls become one
  'chat-tools-one-name', // two calls become one
  'chat-usage-in-choice', // stays there
  'chat-usage-of-groq', // stays there
  'responses-done-event', // not known as an ending
  'responses-without-output', // .stream() refuses a delta of a content part that nobody began
  'responses-two-lifecycles', // refused, or the first is lost
]);

/** Where what comes through the gateway is whole, and what comes without it is not. */
const MENDED = new Set(['chat-no-blank-line', 'responses-no-blank-line', 'gemini-no-blank-line']);

const fields = new URL('../../gateway/src/test/resources/field-streams/', import.meta.url);
const names = (await readdir(fields)).filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -5));

describe('streams of the field', () => {
  for (const name of names) test(name, async (t) => play(t, name));
});

async function play(t, name) {
  const { request, upstream: how = {}, set, expect } = JSON.parse(await readFile(new URL(`${name}.json`, fields), 'utf8'));
  const dialect = Object.keys(accumulators).find((each) => request?.path.split('?')[0] === accumulators[each].path(name));
  const asked = dialect && request.body?.stream && expect?.meta?.outcome === 'completed';
  if (!asked || how.coding || how.status || set?.['dialect.paths'] || MENDED.has(name)) {
    t.skip('not a whole answer that an SDK asks for under its own path');
    return;
  }
  const body = await readFile(new URL(`${name}.sse`, fields));
  const differ = [];
  for (const [sdk, accumulate] of Object.entries(accumulators[dialect].read)) {
    const model = `${name}-${sdk.replaceAll(' ', '')}`;
    serve(model, accumulators[dialect].path(model), body, {}, new Random(seed));
    const direct = await outcome(accumulate(upstream.url, model));
    assert.deepEqual(await outcome(accumulate(gateway.url, model)), direct, sdk);
    const response = kept[dialect](await saved(dialect, request.path, model));
    if (!isDeepStrictEqual(response, direct)) differ.push({ sdk, response, direct });
  }
  if (SDK_LOSES.has(name)) assert.notDeepEqual(differ, [], 'every SDK agrees: take it off the list');
  else assert.deepEqual(differ, []);
}
