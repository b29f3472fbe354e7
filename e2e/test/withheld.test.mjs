import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after, describe, test } from 'node:test';
import { accumulators } from '../lib/accumulators.mjs';
import { draw } from '../lib/answers.mjs';
import { Gateway, owner } from '../lib/gateway.mjs';
import { Random } from '../lib/random.mjs';
import { follow, RawClient } from '../lib/raw.mjs';
import { beatsIn } from '../lib/sse.mjs';
import { until } from '../lib/until.mjs';
import { Upstream } from '../lib/upstream.mjs';

/** A webhook that does not answer for a stream until it is healed for it. */
class Hanging {
  #server = http.createServer((request, response) => {
    request.resume();
    const id = request.headers['webhook-id'];
    if (this.#healed.has(id)) response.writeHead(204).end();
    else this.#calls.push({ id, response });
  });
  #calls = [];
  #healed = new Set();

  async listen() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${this.#server.address().port}/`;
  }

  called(id) {
    return this.#calls.some((call) => call.id === id);
  }

  heal(id) {
    this.#healed.add(id);
    for (const call of this.#calls) if (call.id === id) call.response.writeHead(204).end();
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** Long enough for two heartbeats, which are looked for once a second. */
const HOLD_MS = 4_000;

/** Of answers in which nothing looks like an ending before it is one. */
const SEED = 20;

const upstream = await Upstream.listen();
const hook = new Hanging();
const gateway = await Gateway.start({
  config: `
hooks:
  app: { type: webhook, url: "${await hook.listen()}", secret: "a secret of some length", allow: [127.0.0.0/8] }
save: { hooks: [app], hold-ms: ${HOLD_MS}, timeout-ms: 120000 }
subscribers: { heartbeat-ms: 500 }
routes: [{ path: /, upstream: "${upstream.url}" }]
`,
});
after(async () => {
  await gateway.remove();
  hook.close();
  await upstream.close();
});

/** What is an ending in each dialect, and where its error says the code. */
const dialects = {
  'openai-chat': { ending: /"finish_reason":"|\[DONE\]/, code: ({ error }) => error.code },
  'openai-responses': { ending: /response\.(completed|incomplete)/, code: ({ type, code }) => type === 'error' && code },
  anthropic: { ending: /message_delta|message_stop/, code: ({ type, error }) => type === 'error' && error.code },
  gemini: { ending: /finishReason/, code: ({ error }) => error.details[0].reason },
};

describe('an answer that is complete while its hook does not answer', { concurrency: true }, () => {
  for (const [dialect, { ending, code }] of Object.entries(dialects)) {
    const { path, read } = accumulators[dialect];

    test(`${dialect}: heartbeats, then save_pending, which its SDK raises; all of it is there once the hook has it`, async () => {
      const name = `withheld-${dialect}`;
      const events = draw[dialect](new Random(SEED)).map(([type, data]) => [type, typeof data === 'string' ? data : JSON.stringify(data)]);
      const script = (exchange) => {
        exchange.stream();
        for (const [type, data] of events) exchange.chunk(`${type ? `event: ${type}\n` : ''}data: ${data}\n\n`);
        exchange.end();
      };
      upstream.on(name, script);
      upstream.on(path(name), script);

      const client = new RawClient(gateway.url + path(name), {
        method: 'POST',
        headers: { ...owner, 'Content-Type': 'application/json' },
        body: JSON.stringify({ model: name, stream: true }),
      });
      await client.head;
      const id = client.stream;
      await until('the hook is called', () => hook.called(id));
      const beside = follow(gateway, id, { headers: owner });
      const raising = Object.entries(read).map(([sdk, accumulate]) => assert.rejects(accumulate(gateway.url, name), /waits to be saved/, sdk));
      await Promise.all([client.done, beside.done, ...raising]);

      const seen = client.events.map(({ data }) => data);
      assert.equal(code(JSON.parse(seen.pop())), 'save_pending');
      const all = events.map(([, data]) => data);
      assert.deepEqual(seen, all.slice(0, all.findIndex((data) => ending.test(data))), 'all of it but its ending');
      assert.ok(beatsIn(client.text, dialect) >= 2, JSON.stringify(client.text.slice(-300)));
      assert.ok(client.error, 'the connection breaks, it does not end');
      assert.deepEqual(beside.events.map(({ data }) => data), seen, 'whoever comes back by itself is told nothing');
      assert.ok(beside.error);
      assert.equal((await gateway.api(`/api/streams/${id}`)).outcome, null);

      hook.heal(id);
      assert.equal((await gateway.ended(id)).outcome, 'completed');
      const whole = await follow(gateway, id, { headers: owner }).done;
      assert.deepEqual(whole.events.map(({ data }) => data), all);
      const rest = await follow(gateway, id, { after: beside.events.at(-1).id, headers: owner }).done;
      assert.deepEqual(rest.events, whole.events.slice(seen.length));
    });
  }
});
