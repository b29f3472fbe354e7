import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { ask, connect, read, sdks } from '../lib/clients.mjs';
import { Gateway } from '../lib/gateway.mjs';
import { delta, finish, gate, role, saying, toolCall, usage, words } from '../lib/openai.mjs';
import { Upstream } from '../lib/upstream.mjs';

const upstream = await Upstream.listen();
const gateway = await Gateway.start({ upstream: upstream.url });
after(async () => {
  await gateway.remove();
  await upstream.close();
});

const saved = (id) => gateway.api(`/api/streams/${id}/response`);

for (const [name, OpenAI] of Object.entries(sdks)) {
  const client = connect(OpenAI, gateway);

  describe(`an unmodified ${name} client with another base URL`, () => {
    test('reads exactly the text that the upstream sent, and it is saved', async () => {
      const text = [...words(200), ' – “ü𝄞”', '\n\n', '\\n', ' data: [DONE]', '\u2028'];
      upstream.on('exact', saying(text));

      const { chunks, id } = await ask(client, 'exact');
      const { text: displayed } = await read(chunks);

      assert.equal(displayed, text.join(''));
      const stream = await gateway.ended(id);
      assert.equal(stream.outcome, 'completed');
      const response = await saved(id);
      assert.equal(response.text, text.join(''));
      assert.equal(response.choices[0].finishReason, 'stop');
    });

    test('when it has read its answer, then the answer was already saved', async () => {
      upstream.on('at-once', saying(words(20)));

      const { chunks, id } = await ask(client, 'at-once');
      await read(chunks);

      const stream = await gateway.api(`/api/streams/${id}`);
      assert.equal(stream.state, 'released');
      assert.equal(stream.outcome, 'completed');
    });

    test('when it leaves at finish_reason, then the whole answer is there, with the usage that came after', async () => {
      upstream.on('leaves-at-finish', (exchange) => {
        exchange.stream();
        for (const word of words(30)) exchange.data(delta(word));
        exchange.data(finish());
        exchange.data(usage(30));
        exchange.data('[DONE]');
        exchange.end();
      });

      const { chunks, id } = await ask(client, 'leaves-at-finish', { stream_options: { include_usage: true } });
      const left = await read(chunks, (_, chunk) => chunk.choices[0]?.finish_reason === 'stop');

      assert.equal(left.text, words(30).join(''));
      const stream = await gateway.api(`/api/streams/${id}`);
      assert.equal(stream.outcome, 'completed');
      const response = await saved(id);
      assert.equal(response.text, words(30).join(''));
      assert.equal(response.usage.completion_tokens, 30);
    });

    for (const percent of [10, 50, 90]) {
      test(`when it leaves after ${percent} %, then the generation goes on to its end`, async () => {
        const text = words(100);
        const door = gate();
        const model = `leaves-${percent}-${name}`;
        upstream.on(model, async (exchange) => {
          exchange.stream();
          for (const word of text.slice(0, percent)) exchange.data(delta(word));
          await door.passed;
          for (const word of text.slice(percent)) exchange.data(delta(word));
          exchange.data(finish());
          exchange.data('[DONE]');
          exchange.end();
        });

        const { chunks, id } = await ask(client, model);
        const half = text.slice(0, percent).join('');
        const left = await read(chunks, (displayed) => displayed === half);
        assert.equal(left.text, half);
        assert.equal((await gateway.api(`/api/streams/${id}`)).outcome, null);
        door.open();

        assert.equal((await gateway.ended(id)).outcome, 'completed');
        assert.equal((await saved(id)).text, text.join(''));
      });
    }

    test('when the end is delayed after finish_reason, then the client does not hear of it before', async () => {
      const door = gate();
      const model = `held-${name}`;
      upstream.on(model, async (exchange) => {
        exchange.stream();
        for (const word of words(3)) exchange.data(delta(word));
        exchange.data(finish());
        await door.passed;
        exchange.data(usage(3));
        exchange.data('[DONE]');
        exchange.end();
      });

      const { chunks, id } = await ask(client, model);
      const iterator = chunks[Symbol.asyncIterator]();
      for (let i = 0; i < 3; i++) await iterator.next();
      const next = iterator.next();
      const first = await Promise.race([next, gateway.api(`/api/streams/${id}`)]);
      assert.equal(first.outcome, null, 'the API answered first, and knew of no outcome');
      door.open();

      assert.equal((await next).value.choices[0].finish_reason, 'stop');
      assert.equal((await gateway.api(`/api/streams/${id}`)).outcome, 'completed');
      await iterator.return();
    });

    test('with two choices, then both are saved, and the first one to finish ends nothing', async () => {
      upstream.on('two', (exchange) => {
        exchange.stream();
        for (const index of [0, 1]) exchange.data(role(index));
        for (const word of words(5)) exchange.data(delta(word, 0));
        exchange.data(finish('stop', 0));
        for (const word of words(7, 100)) exchange.data(delta(word, 1));
        exchange.data(finish('length', 1));
        exchange.data('[DONE]');
        exchange.end();
      });

      const { chunks, id } = await ask(client, 'two', { n: 2 });
      await read(chunks);

      assert.equal((await gateway.ended(id)).outcome, 'completed');
      const { choices } = await saved(id);
      assert.deepEqual(
        choices.map(({ index, text, finishReason }) => ({ index, text, finishReason })),
        [
          { index: 0, text: words(5).join(''), finishReason: 'stop' },
          { index: 1, text: words(7, 100).join(''), finishReason: 'length' },
        ],
      );
    });

    test('with tool calls in pieces, then the calls are saved whole', async () => {
      upstream.on('tools', (exchange) => {
        exchange.stream();
        exchange.data(role());
        exchange.data(toolCall(0, { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '' } }));
        for (const part of ['{"ci', 'ty": "Bru', 'gge"}']) exchange.data(toolCall(0, { function: { arguments: part } }));
        exchange.data(toolCall(1, { id: 'call_2', type: 'function', function: { name: 'time', arguments: '{}' } }));
        exchange.data(finish('tool_calls'));
        exchange.data('[DONE]');
        exchange.end();
      });

      const { chunks, id } = await ask(client, 'tools');
      await read(chunks);

      const { final } = await saved(id);
      const [choice] = final.choices;
      assert.equal(choice.finish_reason, 'tool_calls');
      assert.deepEqual(
        choice.message.tool_calls.map((call) => [call.id, call.function.name, call.function.arguments]),
        [
          ['call_1', 'weather', '{"city": "Brugge"}'],
          ['call_2', 'time', '{}'],
        ],
      );
    });
  });
}

test('a response that the SDK asks for in one piece passes through unchanged, and is no stream', async () => {
  const completion = {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: 'in one piece' }, finish_reason: 'stop' }],
  };
  upstream.on('whole', (exchange) =>
    exchange.respond(200, { 'Content-Type': 'application/json' }, JSON.stringify(completion)),
  );

  const { data, response } = await connect(sdks['openai 7'], gateway)
    .chat.completions.create({ model: 'whole', messages: [] })
    .withResponse();

  assert.equal(data.choices[0].message.content, 'in one piece');
  assert.equal(response.headers.get('lastword-stream'), null);
});
