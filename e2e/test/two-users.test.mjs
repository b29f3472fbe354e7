import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai-7';
import * as message from '../lib/anthropic.mjs';
import { Gateway, launcher } from '../lib/gateway.mjs';
import { delta, finish, gate, words } from '../lib/openai.mjs';
import { follow, RawClient } from '../lib/raw.mjs';
import { until } from '../lib/until.mjs';
import { Upstream } from '../lib/upstream.mjs';

const run = promisify(execFile);

const providers = { openai: await Upstream.listen(), anthropic: await Upstream.listen() };
after(() => Promise.all(Object.values(providers).map((upstream) => upstream.close())));

/** Two routes of one process, each to a provider of its own. `more` stands in each route. */
const routes = (more = () => '') =>
  `routes:\n${Object.entries(providers)
    .map(([name, { url }]) => `  - path: /${name}\n    upstream: ${url}\n    strip: true\n${more(name)}`)
    .join('')}`;

const asked = [{ role: 'user', content: 'Say words.' }];

/** The two SDKs as their makers wrote them; nothing but the base URL is changed. Each gives the stream's id and its text. */
const sdks = {
  openai: async (gateway, apiKey, model) => {
    const client = new OpenAI({ baseURL: `${gateway.url}/openai/v1`, apiKey, maxRetries: 0 });
    const { data, response } = await client.chat.completions.create({ model, messages: asked, stream: true }).withResponse();
    return { ...heads(response), text: joined(data, (chunk) => chunk.choices[0]?.delta?.content) };
  },
  anthropic: async (gateway, apiKey, model) => {
    const client = new Anthropic({ baseURL: `${gateway.url}/anthropic`, apiKey, maxRetries: 0 });
    const { data, response } = await client.messages.create({ model, messages: asked, max_tokens: 64, stream: true }).withResponse();
    return { ...heads(response), text: joined(data, (event) => event.delta?.text) };
  },
};

const heads = (response) => ({ id: response.headers.get('lastword-stream'), link: response.headers.get('lastword-resume') });

async function joined(events, textOf) {
  let text = '';
  for await (const event of events) text += textOf(event) ?? '';
  return text;
}

/** Scripts of both providers: half of an answer, a door, the other half. */
function inHalves(provider, model, answer) {
  const door = gate();
  const half = answer.length / 2;
  providers[provider].on(model, async (exchange) => {
    exchange.stream();
    const say = provider === 'openai' ? (word) => exchange.data(delta(word)) : (word) => message.delta(exchange, word);
    if (provider === 'anthropic') message.begin(exchange);
    for (const word of answer.slice(0, half)) say(word);
    await door.passed;
    for (const word of answer.slice(half)) say(word);
    if (provider === 'anthropic') return message.end(exchange);
    exchange.data(finish());
    exchange.data('[DONE]');
    return exchange.end();
  });
  return door;
}

/** Each user asks each provider, all at once, and all four answers stand half-way. */
async function askAll(gateway, keys, name) {
  const asking = Object.entries(keys).flatMap(([user, key], at) =>
    Object.keys(sdks).map(async (provider) => {
      const model = `${name}-${user}-${provider}`;
      const answer = words(10, at * 100);
      const door = inHalves(provider, model, answer);
      const begun = await sdks[provider](gateway, key, model);
      return { user, key, provider, model, door, answer: answer.join(''), ...begun };
    }),
  );
  return Promise.all(asking);
}

const bearer = (key) => ({ Authorization: `Bearer ${key}` });

/** Everything that can be asked about a stream of the gateway's own. */
const WAYS = {
  events: (id) => [`/v1/stream/${id}`, {}],
  status: (id) => [`/api/streams/${id}`, {}],
  response: (id) => [`/api/streams/${id}/response`, {}],
  cancel: (id) => [`/api/streams/${id}/cancel`, { method: 'POST' }],
  link: (id) => [`/api/streams/${id}/links`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"right":"cancel"}' }],
  delete: (id) => [`/api/streams/${id}`, { method: 'DELETE' }],
};

async function answerTo(gateway, key, [target, { headers, ...how }]) {
  const { status, text } = await new RawClient(gateway.url + target, { ...how, headers: { ...headers, ...bearer(key) } }).done;
  return { status, text };
}

/** Nobody sees, reads, stops or deletes what is another's, which is answered as what was never there. */
async function assertApart(gateway, streams) {
  const unknown = 'AAAAAAAAAAAAAAAAAAAAAAAA';
  for (const stream of streams) {
    const other = streams.find(({ user }) => user !== stream.user);
    for (const [way, ask] of Object.entries(WAYS)) {
      const foreign = await answerTo(gateway, other.key, ask(stream.id));
      const none = await answerTo(gateway, other.key, ask(unknown));
      assert.equal(foreign.status, 404, `${way} of ${stream.user}'s`);
      assert.deepEqual(foreign, none, way);
    }
    const { streams: listed } = await gateway.api('/api/streams', { headers: bearer(stream.key) });
    const own = streams.filter(({ user }) => user === stream.user).map(({ id }) => id);
    assert.deepEqual(listed.map(({ id }) => id).filter((id) => streams.some((each) => each.id === id)).sort(), own.sort());
  }
}

/** Reads a running stream beside its SDK, once as its owner and once by its link, then lets it end, and compares. */
async function assertWhole(gateway, { id, key, link, door, text, answer, provider }) {
  await until('half of it is there', async () => {
    const { text: half } = await gateway.api(`/api/streams/${id}/response`, { headers: bearer(key) });
    return half.split(' ').length === answer.split(' ').length / 2 && answer.startsWith(half);
  });
  const beside = follow(gateway, id, { headers: bearer(key) });
  const byLink = new RawClient(gateway.url + link);
  await until('both read', () => beside.events.length > 0 && byLink.events.length > 0);
  const seen = beside.events.at(-1).id;
  beside.leave();
  door.open();
  assert.equal(await text, answer, provider);
  const rest = await follow(gateway, id, { after: seen, headers: bearer(key) }).done;
  const whole = await follow(gateway, id, { headers: bearer(key) }).done;
  assert.deepEqual([...whole.events.filter(({ id: at }) => position(at) <= position(seen)), ...rest.events], whole.events);
  assert.deepEqual((await byLink.done).events, whole.events);
  assert.equal((await gateway.api(`/api/streams/${id}/response`, { headers: bearer(key) })).text, answer);
}

const position = (id) => Number(id.split('-')[1]);

describe('two users, two SDKs and two routes at once', () => {
  test('with keys of the provider: each has what is its own, resumes it, and sees nothing of the other', async (t) => {
    const gateway = await Gateway.start({ config: routes() });
    t.after(() => gateway.remove());
    const streams = await askAll(gateway, { alice: 'sk-alice', bob: 'sk-bob' }, 'credentials');
    await assertApart(gateway, streams);
    await Promise.all(streams.map((stream) => assertWhole(gateway, stream)));
    await assertApart(gateway, streams);

    for (const { provider, model, key } of streams) {
      assert.equal(providers[provider].of(model)[0].headers.authorization, `Bearer ${key}`);
    }
  });

  test('with keys of the gateway: the providers are shown theirs, the clients never hold them', async (t) => {
    const upstreamHeaders = { openai: 'Authorization: "Bearer ${E2E_OPENAI}"', anthropic: 'x-api-key: "${E2E_ANTHROPIC}"' };
    process.env.E2E_OPENAI = 'provider-openai';
    process.env.E2E_ANTHROPIC = 'provider-anthropic';
    const config = `${routes((name) => `    upstream-headers: { ${upstreamHeaders[name]} }\n`)}access:\n  mode: keys\n`;
    const gateway = await Gateway.start({ config });
    t.after(() => gateway.remove());
    const keys = { alice: await newKey(gateway, 'alice'), bob: await newKey(gateway, 'bob') };
    const takes = async (key) => (await gateway.fetch('/api/streams', { headers: bearer(key) })).ok;
    await until('the keys are known', async () => (await takes(keys.alice)) && (await takes(keys.bob)));

    const streams = await askAll(gateway, keys, 'keys');
    await assertApart(gateway, streams);
    await Promise.all(streams.map((stream) => assertWhole(gateway, stream)));

    for (const { provider, model } of streams) {
      const [exchange] = providers[provider].of(model);
      const told = JSON.stringify(exchange.rawHeaders);
      assert.equal(exchange.headers[provider === 'openai' ? 'authorization' : 'x-api-key'], provider === 'openai' ? 'Bearer provider-openai' : 'provider-anthropic');
      assert.ok(!Object.values(keys).some((key) => told.includes(key)), told);
    }
    const stranger = await answerTo(gateway, 'sk-nobody', ['/openai/v1/chat/completions', { method: 'POST', body: '{}' }]);
    assert.equal(stranger.status, 401);
    const log = await gateway.log();
    for (const secret of [...Object.values(keys), 'provider-openai', 'provider-anthropic']) assert.ok(!log.includes(secret));
  });
});

async function newKey(gateway, owner) {
  const { stdout } = await run(launcher, ['key', 'add', '--owner', owner, '--data', path.join(gateway.folder, 'data')]);
  return stdout.trim().split('\n').at(-1);
}
