import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { ask, connect, read, sdks } from '../lib/clients.mjs';
import { freePort, Gateway, owner } from '../lib/gateway.mjs';
import { delta, finish, gate, words } from '../lib/openai.mjs';
import { Upstream } from '../lib/upstream.mjs';

const config = `
relay:
  head-ms: 3000
streams:
  idle-ms: 3000
  tail-ms: 1000
`;
const upstream = await Upstream.listen();
const gateway = await Gateway.start({ upstream: upstream.url, config });
const forever = gate();
after(async () => {
  forever.open();
  await gateway.remove();
  await upstream.close();
});

const half = words(10);
const begin = (exchange) => {
  exchange.stream();
  for (const word of half) exchange.data(delta(word));
};

/** How an upstream can fail in the middle of its answer. */
const failures = {
  'says an error in its stream': (exchange) => {
    exchange.data({ error: { message: 'the model is overloaded', type: 'server_error', code: 'overloaded' } });
    exchange.end();
  },
  'ends without an ending event': (exchange) => exchange.end(),
  'ends in the middle of an event': (exchange) => {
    exchange.chunk('data: {"id":"chatcmpl-e2e","choi');
    exchange.end();
  },
  'closes the connection in the middle of the body': (exchange) => exchange.cut(),
  'resets the connection': (exchange) => exchange.reset(),
  'breaks its framing': (exchange) => exchange.raw('no chunk size\r\n'),
  'falls silent': () => forever.passed,
};

for (const [name, OpenAI] of Object.entries(sdks)) {
  const client = connect(OpenAI, gateway);

  describe(`${name}, when the upstream`, () => {
    for (const [failure, fail] of Object.entries(failures)) {
      test(`${failure}, then it raises an error, and the outcome is failed with the partial kept`, async () => {
        const seen = gate();
        upstream.on(failure, async (exchange) => {
          begin(exchange);
          await seen.passed;
          await fail(exchange);
        });

        const { chunks, id } = await ask(client, failure);
        const reading = read(chunks, (text) => void (text === half.join('') && seen.open()));
        await assert.rejects(reading);

        const stream = await gateway.ended(id);
        assert.equal(stream.outcome, 'failed');
        assert.ok(stream.reason, 'there is a reason');
        const response = await gateway.api(`/api/streams/${id}/response`);
        assert.equal(response.text, half.join(''));
        assert.equal(response.outcome, 'failed');
      });
    }

    test('stops after finish_reason without [DONE], then the answer is complete', async () => {
      upstream.on('no-done', (exchange) => {
        begin(exchange);
        exchange.data(finish());
        exchange.end();
      });

      const { chunks, id } = await ask(client, 'no-done');
      const { text } = await read(chunks);

      assert.equal(text, half.join(''));
      assert.equal((await gateway.ended(id)).outcome, 'completed');
    });

    test('falls silent after finish_reason, then the answer is complete after the tail', async () => {
      upstream.on('silent-tail', async (exchange) => {
        begin(exchange);
        exchange.data(finish());
        await forever.passed;
      });

      const { chunks, id } = await ask(client, 'silent-tail');
      const { text } = await read(chunks);

      assert.equal(text, half.join(''));
      assert.equal((await gateway.ended(id)).outcome, 'completed');
      assert.equal((await gateway.api(`/api/streams/${id}/response`)).text, half.join(''));
    });

    test('talks on after [DONE], then that is not sent and not part of the answer', async () => {
      upstream.on('talks-on', (exchange) => {
        begin(exchange);
        exchange.data(finish());
        exchange.data('[DONE]');
        exchange.data(delta(' and one thing more'));
        exchange.data('[DONE]');
        exchange.end();
      });

      const { chunks, id } = await ask(client, 'talks-on');
      const { text } = await read(chunks);

      assert.equal(text, half.join(''));
      assert.equal((await gateway.ended(id)).outcome, 'completed');
      assert.equal((await gateway.api(`/api/streams/${id}/response`)).text, half.join(''));
    });

    test('refuses with 429 before it streams, then the client sees status, body and Retry-After as they are', async () => {
      upstream.on('limited', (exchange) =>
        exchange.respond(
          429,
          { 'Content-Type': 'application/json', 'Retry-After': '7' },
          JSON.stringify({ error: { message: 'slow down', type: 'rate_limit_error' } }),
        ),
      );

      await assert.rejects(ask(client, 'limited'), (error) => {
        assert.equal(error.status, 429);
        assert.match(error.message, /slow down/);
        assert.equal(error.headers.get('retry-after'), '7');
        return true;
      });
    });

    test('says nothing at all, then the client gets 504', async () => {
      upstream.on('mute', () => forever.passed);

      await assert.rejects(ask(client, 'mute'), { status: 504 });
    });
  });
}

test('when the upstream cannot be reached, then the answer is 502 with a problem document', async () => {
  const lonely = await Gateway.start({ upstream: `http://127.0.0.1:${await freePort()}` });
  try {
    const response = await lonely.fetch('/v1/chat/completions', { method: 'POST', headers: owner, body: '{}' });

    assert.equal(response.status, 502);
    assert.match(response.headers.get('content-type'), /^application\/problem\+json/);
    assert.equal((await response.json()).status, 502);
  } finally {
    await lonely.remove();
  }
});
