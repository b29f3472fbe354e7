import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { accumulators, kept } from '../lib/accumulators.mjs';
import { draw, written } from '../lib/answers.mjs';
import { Gateway } from '../lib/gateway.mjs';
import { Random } from '../lib/random.mjs';
import { post } from '../lib/raw.mjs';
import { beatsIn } from '../lib/sse.mjs';
import { until } from '../lib/until.mjs';
import { Upstream } from '../lib/upstream.mjs';

const seed = Number(process.env.LASTWORD_SEED ?? Date.now() % 1_000_000);

/** Silences of the upstream, each long enough for a heartbeat, which are looked for once a second; the first for the hold, too. */
const SILENCE_MS = 2_500;

const upstream = await Upstream.listen();
const beating = ['--set', 'subscribers.heartbeat-ms=500'];
const gateway = await Gateway.start({ upstream: upstream.url, options: [...beating, '--set', 'relay.hold-ms=300'] });
const asConfigured = await Gateway.start({ upstream: upstream.url, options: beating });
after(async () => {
  await gateway.remove();
  await asConfigured.remove();
  await upstream.close();
});

/** A model that thinks before its first event, in the middle, and in front of the last. */
function thinking(dialect, name, random) {
  const events = draw[dialect](random);
  const silent = new Set([0, Math.floor(events.length / 2), events.length - 1]);
  const headers = dialect === 'ai-sdk-ui' ? { 'x-vercel-ai-ui-message-stream': 'v1' } : {};
  const script = async (exchange) => {
    exchange.stream(headers);
    for (const [at, event] of events.entries()) {
      if (silent.has(at)) await pause(SILENCE_MS);
      exchange.chunk(written([event], new Random(1), ['\n']).replaceAll(/^: hm\n\n/gm, ''));
    }
    exchange.end();
  };
  upstream.on(name, script);
  upstream.on(accumulators[dialect].path(name), script);
  return silent.size;
}

async function saved(path, model) {
  const { streams } = await gateway.api('/api/streams?limit=100');
  const { id } = streams.find((each) => each.model === model || (each.path === path && path.includes(model)));
  await gateway.ended(id);
  return gateway.api(`/api/streams/${id}/response`);
}

describe(`a model that thinks for longer than a heartbeat, seed ${seed}`, { concurrency: true }, () => {
  let drawn = 0;
  for (const [dialect, { path, read }] of Object.entries(accumulators)) {
    for (const [sdk, accumulate] of Object.entries(read)) {
      const random = new Random(seed * 1_000 + drawn++);
      const name = `beats-${dialect}-${sdk.replaceAll(' ', '')}`;
      test(`${sdk} (${dialect}) shows the same as without heartbeats, and it is saved`, async () => {
        thinking(dialect, name, random);
        const [direct, through] = await Promise.all([accumulate(upstream.url, name), accumulate(gateway.url, name)]);
        assert.deepEqual(through, direct);
        assert.deepEqual(kept[dialect](await saved(path(name), name)), direct);
      });
    }

    test(`${dialect} gets its heartbeats on the wire, each where nothing was said`, async () => {
      const name = `wire-${dialect}`;
      const silences = thinking(dialect, name, new Random(seed * 1_000 + drawn++));
      const response = await gateway.fetch(path(name), {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ model: name, stream: true }),
      });
      const body = await response.text();
      const beats = beatsIn(body, dialect);
      assert.ok(beats >= silences, `${beats} in ${JSON.stringify(body.slice(0, 300))}`);
      assert.equal(body.includes(':') && /^:/m.test(body), dialect !== 'gemini', 'comments');
    });
  }
});

/** What `relay.hold-ms` is by itself, and what a timer may be late by on a busy machine. */
const HOLD_MS = 5_000;
const LATE_MS = 2_000;

describe('a model that announces its answer, and then thinks', { concurrency: true }, () => {
  const announced = { id: 'c-1', choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] };
  for (const [how, announcement] of Object.entries({ 'with nothing but a head': [], 'with a role': [announced] })) {
    test(`${how}: its client is told so within the hold, and then hears that it lives`, async () => {
      const name = `announced-${announcement.length}`;
      let thought;
      const thinking = new Promise((resolve) => (thought = resolve));
      upstream.on(name, async (exchange) => {
        exchange.stream();
        for (const event of announcement) exchange.data(event);
        await thinking;
        exchange.data({ id: 'c-1', choices: [{ index: 0, delta: { content: 'At last.' }, finish_reason: 'stop' }] });
        exchange.data('[DONE]');
        exchange.end();
      });
      const client = post(asConfigured, name);
      await until('the head is there', () => client.status === 200, { withinMs: HOLD_MS + LATE_MS });
      await until('two heartbeats', () => beatsIn(client.text) >= 2);
      thought();
      await client.done;
      assert.match(client.text, /At last\..*\[DONE\]/s);
    });
  }
});
