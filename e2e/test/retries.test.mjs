import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import * as message from '../lib/anthropic.mjs';
import { sdks } from '../lib/clients.mjs';
import { apiKey, Gateway } from '../lib/gateway.mjs';
import { Line } from '../lib/line.mjs';
import { gate, saying, words } from '../lib/openai.mjs';
import { begin, complete, deltas } from '../lib/responses.mjs';
import { until } from '../lib/until.mjs';
import { Upstream } from '../lib/upstream.mjs';

const upstream = await Upstream.listen();
const gateway = await Gateway.start({ upstream: upstream.url });
after(async () => {
  await gateway.remove();
  await upstream.close();
});

const asked = [{ role: 'user', content: 'Say words.' }];

/** How the upstream says words, how a client asks for them, and what it shows of an event. */
const apis = {
  'chat completions': {
    say: (exchange, answer) => saying(answer)(exchange),
    ask: (client, model, options) => client.chat.completions.create({ model, messages: asked, stream: true }, options),
    shown: (chunk) => chunk.choices[0]?.delta?.content,
  },
  Responses: {
    say: (exchange, answer) => {
      const say = begin(exchange, `resp_${exchange.model}`);
      deltas(say, answer);
      complete(say, answer.join(''));
      exchange.end();
    },
    ask: (client, model, options) => client.responses.create({ model, input: 'Say words.', stream: true }, options),
    shown: (event) => (event.type === 'response.output_text.delta' ? event.delta : ''),
  },
  Messages: {
    say: (exchange, answer) => {
      exchange.stream();
      message.begin(exchange);
      for (const word of answer) message.delta(exchange, word);
      message.end(exchange);
    },
    ask: (client, model, options) => client.messages.create({ model, messages: asked, max_tokens: 64, stream: true }, options),
    shown: (event) => event.delta?.text,
  },
};

/** The official SDKs, which retry as they do by themselves; nothing but the base URL is changed. */
const clients = [
  ...Object.entries(sdks).flatMap(([sdk, OpenAI]) =>
    ['chat completions', 'Responses'].map((api) => ({ sdk, api, connect: (url) => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 2 }) })),
  ),
  { sdk: 'anthropic', api: 'Messages', connect: (url) => new Anthropic({ baseURL: url, apiKey, maxRetries: 2 }) },
];

async function read({ api, connect }, url, model, options) {
  const { data, response } = await apis[api].ask(connect(url), model, options).withResponse();
  let text = '';
  for await (const event of data) text += apis[api].shown(event) ?? '';
  return { text, id: response.headers.get('lastword-stream'), replayed: response.headers.get('lastword-replayed') };
}

/** The only stream of this model, once there is one. */
const streamOf = (model) =>
  until(`a stream of ${model}`, async () => (await gateway.api('/api/streams?limit=100')).streams.find((each) => each.model === model));

for (const client of clients) {
  const { say } = apis[client.api];
  const named = (what) => `${what}-${client.sdk}-${client.api}`.replaceAll(' ', '-');
  const answer = words(20);
  const whole = answer.join('');

  describe(`${client.sdk} asks for ${client.api} and retries by itself`, () => {
    test('when its connection breaks while the model thinks, then it has the whole answer, and the model was asked once', async (t) => {
      const line = await Line.to(gateway.port);
      t.after(() => line.close());
      const model = named('thinks');
      const door = gate();
      upstream.on(model, async (exchange) => {
        await door.passed;
        say(exchange, answer);
      });

      const reading = read(client, line.url, model);
      await until('the model is asked', () => upstream.of(model).length === 1);
      line.cut();
      await until('the client is back', () => line.joined === 2);
      door.open();

      const { text, id, replayed } = await reading;
      assert.equal(text, whole);
      assert.equal(replayed, 'true');
      assert.equal(upstream.of(model).length, 1);
      assert.equal((await streamOf(model)).id, id);
    });

    test('when its answer is lost on the way, then it has that answer, and the model was asked once', async (t) => {
      const line = await Line.to(gateway.port);
      t.after(() => line.close());
      const model = named('lost');
      upstream.on(model, (exchange) => say(exchange, answer));

      line.losing = true;
      const reading = read(client, line.url, model);
      const { id } = await streamOf(model);
      assert.equal((await gateway.ended(id)).outcome, 'completed');
      line.losing = false;
      line.cut();

      assert.deepEqual(await reading, { text: whole, id, replayed: 'true' });
      assert.equal(upstream.of(model).length, 1);
    });

    for (const status of [429, 503]) {
      test(`when the model refuses it with ${status}, then it is asked anew`, async () => {
        const model = named(status);
        upstream.on(model, (exchange) => {
          if (upstream.of(model).length > 1) return say(exchange, answer);
          return exchange.respond(status, { 'Content-Type': 'application/json', 'Retry-After': '0' }, '{"error":{"message":"later"}}');
        });

        const { text, replayed } = await read(client, gateway.url, model);

        assert.equal(text, whole);
        assert.equal(replayed, null);
        assert.deepEqual(upstream.of(model).map(({ headers }) => headers['x-stainless-retry-count']), ['0', '1']);
      });
    }

    test('when it asks twice under one Idempotency-Key, then both have one answer, and the model was asked once', async () => {
      const model = named('keyed');
      upstream.on(model, (exchange) => say(exchange, words(20, 100 * upstream.of(model).length)));
      const once = { headers: { 'Idempotency-Key': model } };

      const first = await read(client, gateway.url, model, once);
      const second = await read(client, gateway.url, model, once);

      assert.equal(first.replayed, null);
      assert.deepEqual(second, { ...first, replayed: 'true' });
      assert.equal(first.text, words(20, 100).join(''));
      assert.equal(upstream.of(model).length, 1);
    });

    test('when it is given an idempotencyKey, then it sends none: the guide says to set the field', async () => {
      const model = named('own-option');
      upstream.on(model, (exchange) => say(exchange, answer));

      await read(client, gateway.url, model, { idempotencyKey: model });

      assert.equal(upstream.of(model)[0].headers['idempotency-key'], undefined);
    });
  });
}
