import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { connect, sdks } from '../lib/clients.mjs';
import { apiKey, Gateway } from '../lib/gateway.mjs';
import { gate, words } from '../lib/openai.mjs';
import { pythonWithSdks, runPython } from '../lib/python.mjs';
import { begin, complete, deltas } from '../lib/responses.mjs';
import { Upstream } from '../lib/upstream.mjs';

const upstream = await Upstream.listen();
const gateway = await Gateway.start({ upstream: upstream.url });
after(async () => {
  await gateway.remove();
  await upstream.close();
});

const answer = words(40);
const whole = answer.join('');

/** A model that says half of its answer, and the rest when the door opens. */
function inHalves(model) {
  const door = gate();
  upstream.on(model, async (exchange) => {
    const say = begin(exchange, `resp_${model}`);
    deltas(say, answer.slice(0, 20));
    await door.passed;
    deltas(say, answer.slice(20));
    complete(say, whole);
    exchange.end();
  });
  return door;
}

/** What a reader of the Node client has seen, until it has seen enough. */
async function read(events, atMost = Infinity) {
  const seen = { id: null, text: '', numbers: [], types: [], error: null };
  try {
    for await (const event of events) {
      seen.types.push(event.type);
      seen.numbers.push(event.sequence_number);
      if (event.type === 'response.created') seen.id = event.response.id;
      if (event.type === 'response.output_text.delta') seen.text += event.delta;
      if (seen.numbers.length === atMost) break;
    }
  } catch (error) {
    seen.error = error.message;
  }
  return seen;
}

const textOf = ({ output }) => output.flatMap(({ content }) => content).map(({ text }) => text).join('');
const shown = (response) => ({ id: response.id, status: response.status, text: textOf(response) });

/** The methods of one official client, each as its documentation has it. */
function node(OpenAI) {
  const { responses } = connect(OpenAI, gateway);
  return {
    create: async (model, atMost) => read(await responses.create({ model, input: 'Say words.', stream: true, background: true }), atMost),
    retrieve: async (id) => shown(await responses.retrieve(id)),
    stream: async (id, after) => read(await responses.retrieve(id, { stream: true, starting_after: after })),
    cancel: async (id) => shown(await responses.cancel(id)),
    delete: async (id) => {
      await responses.delete(id);
      return responses.retrieve(id).then(() => ({ status: 200 }), ({ status }) => ({ status }));
    },
  };
}

const python = await pythonWithSdks();
const call = (...args) => runPython('responses.py', [`${gateway.url}/v1`, apiKey, ...args.map(String)]);
const clients = {
  ...Object.fromEntries(Object.entries(sdks).map(([name, OpenAI]) => [name, { client: node(OpenAI) }])),
  'openai for Python': {
    skip: python.skip,
    client: {
      create: (model, atMost = 'all') => call('create', model, atMost),
      retrieve: (id) => call('retrieve', id),
      stream: (id, after) => call('stream', id, after),
      cancel: (id) => call('cancel', id),
      delete: (id) => call('delete', id),
    },
  },
};

for (const [name, { client, skip }] of Object.entries(clients)) {
  const model = (what) => `${what}-${name.replaceAll(' ', '-')}`;

  describe(`a response in the background, with ${name}`, { skip }, () => {
    test('when it leaves half-way and comes back after its last number, then it has the whole text exactly once', async () => {
      const door = inHalves(model('half'));
      const first = await client.create(model('half'), 12);
      assert.equal(first.id, `resp_${model('half')}`);

      const running = await client.retrieve(first.id);
      assert.equal(running.status, 'in_progress');
      assert.ok(whole.startsWith(running.text) && running.text.startsWith(first.text));
      door.open();
      const rest = await client.stream(first.id, first.numbers.at(-1));

      assert.equal(first.text + rest.text, whole);
      assert.deepEqual([...first.numbers, ...rest.numbers], [...Array(first.numbers.length + rest.numbers.length).keys()]);
      assert.equal(rest.types.at(-1), 'response.completed');
      assert.deepEqual(await client.retrieve(first.id), { id: first.id, status: 'completed', text: whole });
      assert.equal(upstream.of(model('half')).length, 1, 'the upstream was asked once');
    });

    test('when all of it is there, then it is read after any number, and nothing after the last', async () => {
      inHalves(model('ended')).open();
      const all = await client.create(model('ended'));
      assert.equal(all.text, whole);

      const last = all.numbers.at(-1);
      for (const after of [0, 7, last - 1, last]) {
        const rest = await client.stream(all.id, after);
        assert.deepEqual(rest.numbers, all.numbers.filter((number) => number > after), `after ${after}`);
        assert.equal(rest.error, null);
      }
    });

    test('when it is cancelled, then it says so with what was said, the upstream is let go, and again is the same', async () => {
      inHalves(model('cancelled'));
      const first = await client.create(model('cancelled'), 12);

      const cancelled = await client.cancel(first.id);

      assert.equal(cancelled.status, 'cancelled');
      assert.ok(cancelled.text.startsWith(first.text) && whole.startsWith(cancelled.text));
      await upstream.of(model('cancelled'))[0].closed;
      assert.deepEqual(await client.cancel(first.id), cancelled);
      assert.deepEqual(await client.retrieve(first.id), cancelled);
      const rest = await client.stream(first.id, first.numbers.at(-1));
      assert.equal(first.text + rest.text, cancelled.text);
      assert.match(rest.error, /cancelled/);
    });

    test('when it is deleted, then it is not there any more', async () => {
      inHalves(model('deleted')).open();
      const { id } = await client.create(model('deleted'));

      assert.deepEqual(await client.delete(id), { status: 404 });
    });

    test('after kill -9 and a start, what was said is there, and the response has failed', async () => {
      inHalves(model('killed'));
      const first = await client.create(model('killed'), 12);
      await gateway.kill();
      await gateway.run();
      await gateway.api('/api/streams');

      const failed = await client.retrieve(first.id);

      assert.equal(failed.status, 'failed');
      assert.ok(failed.text.startsWith(first.text));
    });
  });
}
