import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { HttpAgent } from '@ag-ui/client';
import { WorkflowChatTransport } from '@ai-sdk/workflow/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { fetchServerSentEvents } from '@tanstack/ai-client';
import { DefaultChatTransport } from 'ai';
import { Gateway, owner } from '../lib/gateway.mjs';
import { answer, Chat, inHalves, textOf, watched, whole } from '../lib/resume.mjs';
import { gate } from '../lib/openai.mjs';
import { until } from '../lib/until.mjs';
import { Upstream } from '../lib/upstream.mjs';

const upstream = await Upstream.listen();
const kinds = { chat: 'ai-sdk', flow: 'workflow', tan: 'tanstack', agents: 'ag-ui', mcp: 'mcp' };
const config = `routes:\n${Object.entries(kinds)
  .map(([path, resume]) => `  - { path: /${path}, upstream: "${upstream.url}", resume: ${resume} }\n`)
  .join('')}`;
const gateway = await Gateway.start({ config });
after(async () => {
  await gateway.remove();
  await upstream.close();
});

const hello = { id: 'u-1', role: 'user', parts: [{ type: 'text', text: 'Say words.' }] };

/** What these clients say on the console of an answer that broke is not this test's business. */
async function quietly(doing) {
  const { error, warn } = console;
  console.error = console.warn = () => {};
  try {
    return await doing();
  } finally {
    Object.assign(console, { error, warn });
  }
}

async function readAll(chunks) {
  for await (const chunk of chunks) assert.ok(chunk.type);
}

const half = (text) => text.length >= whole.length / 3;
const cutOff = (exchange) => exchange.cut();
const streamOf = async (path) => (await gateway.api('/api/streams')).streams.find((stream) => stream.path === path);

describe("the AI SDK's useChat", () => {
  const chat = (path, id, messages = []) => {
    const seen = watched(owner);
    const transport = new DefaultChatTransport({ api: `${gateway.url}${path}`, fetch: seen.fetch });
    return { chat: new Chat({ id, messages, transport }), seen };
  };

  /** Asks, and leaves as a page does that is reloaded, once half is displayed. */
  async function leaveHalfWay(path, id) {
    const { chat: before } = chat(path, id);
    const sent = before.sendMessage({ text: 'Say words.' });
    await until('half is displayed', () => half(before.answers[0] ?? ''));
    await before.stop();
    await sent;
  }

  test('reloaded half-way it displays the whole answer exactly once', async () => {
    const door = inHalves(upstream, '/chat/reload', 'ui');
    await leaveHalfWay('/chat/reload', 'chat with a space');

    const { chat: reloaded } = chat('/chat/reload', 'chat with a space', [hello]);
    const resumed = reloaded.resumeStream();
    await until('half is displayed again', () => half(reloaded.answers[0] ?? ''));
    door.open();
    await resumed;

    assert.deepEqual(reloaded.answers, [whole]);
    assert.equal(reloaded.status, 'ready');
    assert.equal(upstream.of('/chat/reload').length, 1);
  });

  test('where nothing runs it is told so, and stays as it is', async () => {
    const door = inHalves(upstream, '/chat/over', 'ui');
    door.open();
    const { chat: before } = chat('/chat/over', 'over');
    await before.sendMessage({ text: 'Say words.' });

    for (const id of ['over', 'never-was']) {
      const { chat: reloaded, seen } = chat('/chat/over', id, [hello]);
      await reloaded.resumeStream();
      assert.equal(seen.asked[0].status, 204);
      assert.equal(reloaded.status, 'ready');
      assert.deepEqual(reloaded.messages, [hello]);
    }
  });

  test('after a cancel, and after an error, nothing runs', async () => {
    inHalves(upstream, '/chat/cancelled', 'ui');
    await leaveHalfWay('/chat/cancelled', 'c-1');
    const { id } = await streamOf('/chat/cancelled');
    await gateway.api(`/api/streams/${id}/cancel`, { method: 'POST', headers: owner });
    inHalves(upstream, '/chat/failed', 'ui', cutOff).open();
    const { chat: failing } = chat('/chat/failed', 'c-1');
    await failing.sendMessage({ text: 'Say words.' });
    assert.equal(failing.status, 'error');

    for (const path of ['/chat/cancelled', '/chat/failed']) {
      const { chat: reloaded, seen } = chat(path, 'c-1', [hello]);
      await reloaded.resumeStream();
      assert.equal(seen.asked[0].status, 204);
    }
  });

  test("another's chat of the same id is not there", async () => {
    const door = inHalves(upstream, '/chat/mine', 'ui');
    await leaveHalfWay('/chat/mine', 'shared');

    const others = await fetch(`${gateway.url}/chat/mine/shared/stream`, { headers: { Authorization: 'Bearer another' } });

    assert.equal(others.status, 204);
    door.open();
  });
});

describe("the AI SDK's WorkflowChatTransport", () => {
  const chat = (path, { run, breaks, messages = [], ...options } = {}) => {
    const api = `${gateway.url}${path}`;
    const seen = watched(owner, breaks);
    const runs = [];
    const transport = new WorkflowChatTransport({
      api,
      fetch: seen.fetch,
      prepareSendMessagesRequest: ({ messages: sent }) => ({ body: { messages: sent }, headers: { 'Content-Type': 'application/json' } }),
      onChatSendMessage: (response) => runs.push(response.headers.get('x-workflow-run-id')),
      ...(run ? { prepareReconnectToStreamRequest: () => ({ api: `${api}/${run}/stream` }) } : {}),
      ...options,
    });
    return { chat: new Chat({ id: 'c-1', messages, transport }), transport, seen, runs };
  };

  async function leaveHalfWay(path) {
    const { chat: before, runs } = chat(path);
    const sent = before.sendMessage({ text: 'Say words.' });
    await until('half is displayed', () => half(before.answers[0] ?? ''));
    await quietly(async () => {
      await before.stop();
      await sent;
    });
    return runs[0];
  }

  test('reloaded half-way it displays the whole answer exactly once', async () => {
    const door = inHalves(upstream, '/flow/reload', 'ui');
    const run = await leaveHalfWay('/flow/reload');

    const { chat: reloaded } = chat('/flow/reload', { run, messages: [hello] });
    const resumed = reloaded.resumeStream();
    await until('half is displayed again', () => half(reloaded.answers[0] ?? ''));
    door.open();
    await resumed;

    assert.deepEqual(reloaded.answers, [whole]);
    assert.equal(upstream.of('/flow/reload').length, 1);
  });

  test('when its connection breaks, then it goes on by itself behind what it has', async () => {
    const door = inHalves(upstream, '/flow/broken', 'ui');
    const { chat: breaking, seen } = chat('/flow/broken', { breaks: (_, times) => (times <= 2 ? 400 * times : undefined) });

    const sent = quietly(() => breaking.sendMessage({ text: 'Say words.' }));
    await until('it has come back twice', () => seen.asked.length === 3);
    door.open();
    await sent;

    assert.deepEqual(breaking.answers, [whole]);
    assert.deepEqual(seen.asked.map(({ method }) => method), ['POST', 'GET', 'GET']);
    assert.equal(upstream.of('/flow/broken').length, 1);
  });

  test('with a negative index it reads from the tail', async () => {
    inHalves(upstream, '/flow/tail', 'ui').open();
    const { chat: all, runs } = chat('/flow/tail');
    await all.sendMessage({ text: 'Say words.' });
    const read = async (index) => {
      const response = await fetch(`${gateway.url}/flow/tail/${runs[0]}/stream?startIndex=${index}`, { headers: owner });
      const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data: {'));
      return { tail: Number(response.headers.get('x-workflow-stream-tail-index')), lines };
    };
    const { tail, lines } = await read(0);
    assert.equal(tail, lines.length - 1);

    for (const count of [1, 3, lines.length]) assert.deepEqual((await read(-count)).lines, lines.slice(-count));
    assert.deepEqual((await read(-1000)).lines, lines);

    const { chat: reloaded, seen } = chat('/flow/tail', { run: runs[0], messages: [hello], initialStartIndex: -5 });
    await quietly(() => reloaded.resumeStream());
    assert.equal(seen.asked.length, 1);
  });

  for (const [what, end] of Object.entries({
    'an error': cutOff,
    'an abort': (exchange) => {
      exchange.data({ type: 'abort' });
      exchange.data('[DONE]');
      exchange.end();
    },
  })) {
    test(`after ${what} it asks no more than it has to`, async () => {
      const path = `/flow/${what.replace(' ', '-')}`;
      inHalves(upstream, path, 'ui', end).open();
      const { transport, seen } = chat(path);

      await assert.rejects(quietly(async () => readAll(await transport.sendMessages({ chatId: 'c-1', messages: [hello] }))), /410/);

      assert.equal(seen.asked.at(-1).status, 410);
      assert.ok(seen.asked.length <= 3, `asked ${seen.asked.length} times`);
      assert.equal(upstream.of(path).length, 1);
    });
  }

  test('after a cancel it is told that the run is over', async () => {
    inHalves(upstream, '/flow/cancelled', 'ui');
    const run = await leaveHalfWay('/flow/cancelled');
    await gateway.api(`/api/streams/${run}/cancel`, { method: 'POST', headers: owner });

    const { transport, seen } = chat('/flow/cancelled', { run });
    await assert.rejects(quietly(async () => readAll(await transport.reconnectToStream({ chatId: 'c-1' }))), /410/);

    assert.equal(seen.asked.at(-1).status, 410);
    assert.ok(seen.asked.length <= 3);
  });

  test('a run that never was is not found', async () => {
    const { chat: reloaded, seen } = chat('/flow/reload', { run: 'wrun_0123456789abcdef', messages: [hello] });
    await quietly(() => reloaded.resumeStream());
    assert.equal(seen.asked[0].status, 404);
    assert.deepEqual(reloaded.messages, [hello]);
  });
});

describe("TanStack AI's fetchServerSentEvents", () => {
  const adapter = (path, breaks) => {
    const seen = watched(owner, breaks);
    return { seen, adapter: fetchServerSentEvents(`${gateway.url}${path}`, { fetchClient: seen.fetch, reconnect: { delayMs: 1 } }) };
  };
  const run = (runId) => ({ threadId: 'thread-1', runId });
  const asked = [{ id: 'u-1', role: 'user', parts: [{ type: 'text', content: 'Say words.' }] }];

  async function read(events, leaveAt = () => false) {
    let text = '';
    const types = [];
    for await (const event of events) {
      types.push(event.type);
      if (event.type === 'TEXT_MESSAGE_CONTENT') text += event.delta;
      if (leaveAt(text)) break;
    }
    return { text, types };
  }

  test('when its connection breaks, then the same POST goes on, and no second run begins', async () => {
    const door = inHalves(upstream, '/tan/broken', 'agUi');
    const { adapter: breaking, seen } = adapter('/tan/broken', (_, times) => (times <= 2 ? 700 : undefined));

    const reading = read(breaking.connect(asked, undefined, undefined, run('run-broken')));
    await until('it has come back twice', () => seen.asked.length === 3);
    door.open();

    assert.equal((await reading).text, whole);
    assert.deepEqual(seen.asked.map(({ method, lastEventId }) => [method, lastEventId !== null]), [['POST', false], ['POST', true], ['POST', true]]);
    assert.equal(upstream.of('/tan/broken').length, 1);
  });

  test('reloaded half-way it joins the run, and has the whole answer exactly once', async () => {
    const door = inHalves(upstream, '/tan/reload', 'agUi');
    const leaving = new AbortController();
    await read(adapter('/tan/reload').adapter.connect(asked, undefined, leaving.signal, run('run-reload')), half);
    leaving.abort();

    const reading = read(adapter('/tan/reload').adapter.joinRun('run-reload'));
    door.open();
    const { text, types } = await reading;

    assert.equal(text, whole);
    assert.equal(types.at(-1), 'RUN_FINISHED');
    assert.equal(upstream.of('/tan/reload').length, 1);
  });

  test('the same run asked for by many at the same moment is one', async () => {
    inHalves(upstream, '/tan/many', 'agUi').open();

    const all = await Promise.all(Array.from({ length: 8 }, () => read(adapter('/tan/many').adapter.connect(asked, undefined, undefined, run('run-many')))));

    assert.deepEqual(new Set(all.map(({ text }) => text)), new Set([whole]));
    assert.equal(upstream.of('/tan/many').length, 1);
  });

  test('after an error, and after a cancel, whoever joins is told how it ended', async () => {
    inHalves(upstream, '/tan/failed', 'agUi', cutOff).open();
    const failed = await read(adapter('/tan/failed').adapter.connect(asked, undefined, undefined, run('run-failed')));
    assert.equal(failed.types.at(-1), 'RUN_ERROR');
    inHalves(upstream, '/tan/cancelled', 'agUi');
    const leaving = new AbortController();
    await read(adapter('/tan/cancelled').adapter.connect(asked, undefined, leaving.signal, run('run-cancelled')), half);
    leaving.abort();
    const { id } = await streamOf('/tan/cancelled');
    await gateway.api(`/api/streams/${id}/cancel`, { method: 'POST', headers: owner });

    for (const what of ['failed', 'cancelled']) {
      const { adapter: joining, seen } = adapter(`/tan/${what}`);
      const { types, text } = await read(joining.joinRun(`run-${what}`));
      assert.equal(types.at(-1), 'RUN_ERROR', what);
      assert.ok(whole.startsWith(text) && text.length > 0);
      assert.ok(seen.asked.length <= 2);
      assert.equal(upstream.of(`/tan/${what}`).length, 1);
    }
  });

  test('a run that never was is not found, and is not begun by who comes back to it', async () => {
    await assert.rejects(read(adapter('/tan/never').adapter.joinRun('never')), /404/);
    const response = await fetch(`${gateway.url}/tan/reload`, {
      method: 'POST',
      headers: { ...owner, 'Content-Type': 'application/json', 'X-Run-Id': 'never', 'Last-Event-ID': '1-7' },
      body: '{}',
    });
    assert.equal(response.status, 410);
    assert.equal(upstream.of('/tan/reload').length, 1);
  });
});

describe("AG-UI's HttpAgent", () => {
  const agent = (path) => new HttpAgent({ url: `${gateway.url}${path}`, headers: owner, threadId: 'thread-1' });
  const said = ({ messages }) => messages.filter(({ role }) => role === 'assistant').map(({ content }) => content);

  test('reloaded half-way, the same run is the same answer, whole and exactly once', async () => {
    const door = inHalves(upstream, '/agents/reload', 'agUi');
    const before = agent('/agents/reload');
    const left = before.runAgent({ runId: 'run-1' });
    await until('half is there', () => half(said(before)[0] ?? ''));
    before.abortRun();
    await left.catch(() => {});

    const reloaded = agent('/agents/reload');
    const running = reloaded.runAgent({ runId: 'run-1' });
    await until('half is there again', () => half(said(reloaded)[0] ?? ''));
    door.open();
    await running;

    assert.deepEqual(said(reloaded), [whole]);
    assert.equal(upstream.of('/agents/reload').length, 1);
    const again = agent('/agents/reload');
    await again.runAgent({ runId: 'run-1' });
    assert.deepEqual(said(again), [whole], 'and when it is over');
    assert.equal(upstream.of('/agents/reload').length, 1);
  });

  test('another run is another answer', async () => {
    inHalves(upstream, '/agents/two', 'agUi').open();
    for (const runId of ['run-1', 'run-2']) {
      const each = agent('/agents/two');
      await each.runAgent({ runId });
      assert.deepEqual(said(each), [whole]);
    }
    assert.equal(upstream.of('/agents/two').length, 2);
  });

  test('the same run asked for by many at the same moment is one', async () => {
    inHalves(upstream, '/agents/many', 'agUi').open();
    const all = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const each = agent('/agents/many');
        await each.runAgent({ runId: 'run-1' });
        return said(each)[0];
      }),
    );
    assert.deepEqual(new Set(all), new Set([whole]));
    assert.equal(upstream.of('/agents/many').length, 1);
  });

  // Read as bytes: where a connection breaks, this client leaves a rejection that nobody handles.
  test('after an error, and after a cancel, the same run fails again and is not begun anew', async () => {
    inHalves(upstream, '/agents/failed', 'agUi', cutOff).open();
    inHalves(upstream, '/agents/cancelled', 'agUi');
    const left = agent('/agents/cancelled');
    const running = left.runAgent({ runId: 'run-1' });
    await until('half is there', () => half(said(left)[0] ?? ''));
    left.abortRun();
    await running.catch(() => {});
    const { id } = await streamOf('/agents/cancelled');
    await gateway.api(`/api/streams/${id}/cancel`, { method: 'POST', headers: owner });
    const post = async (path) => {
      const body = JSON.stringify({ threadId: 'thread-1', runId: 'run-1', messages: [], tools: [], context: [], state: {}, forwardedProps: {} });
      const response = await fetch(gateway.url + path, { method: 'POST', headers: { ...owner, 'Content-Type': 'application/json' }, body });
      let text = '';
      await assert.rejects(async () => {
        for await (const part of response.body.pipeThrough(new TextDecoderStream())) text += part;
      });
      return { text, replayed: response.headers.get('lastword-replayed') };
    };

    const first = await post('/agents/failed');
    assert.equal(first.replayed, null);
    for (const what of ['failed', 'cancelled']) {
      const again = await post(`/agents/${what}`);
      assert.match(again.text, /RUN_ERROR/);
      assert.equal(again.replayed, 'true');
      assert.equal(upstream.of(`/agents/${what}`).length, 1);
    }
  });
});

describe("MCP's client, of the protocol of 2025-11-25", () => {
  const calls = [];
  const reply = (x, body) => x.respond(200, { 'Content-Type': 'application/json', 'Mcp-Session-Id': 'session-1' }, JSON.stringify(body));

  /** A server that cannot resume: half of a call's progress, and when the door opens the rest and the result, or `end`. */
  function server(path, end) {
    const door = gate();
    upstream.on(path, async (x) => {
      if (x.method !== 'POST') return x.respond(405, {});
      const { id, method, params } = x.json();
      if (method === 'initialize') {
        const serverInfo = { name: 'scripted', version: '1' };
        return reply(x, { jsonrpc: '2.0', id, result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo } });
      }
      if (method !== 'tools/call') return x.respond(202, {});
      calls.push(path);
      const progress = (each) =>
        x.data({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: params._meta.progressToken, progress: each } });
      x.stream();
      for (let each = 1; each <= 20; each++) progress(each);
      await door.passed;
      if (end) return end(x, id);
      for (let each = 21; each <= 40; each++) progress(each);
      x.data({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: answer.join('') }] } });
      x.end();
    });
    return door;
  }

  async function connected(path, breaks) {
    const seen = watched(owner, breaks);
    const client = new Client({ name: 'e2e', version: '1' });
    const transport = new StreamableHTTPClientTransport(new URL(gateway.url + path), {
      fetch: seen.fetch,
      reconnectionOptions: { initialReconnectionDelay: 1, maxReconnectionDelay: 10, reconnectionDelayGrowFactor: 1, maxRetries: 5 },
    });
    client.onerror = () => {};
    await client.connect(transport);
    return { client, seen, returned: () => seen.asked.filter(({ method, lastEventId }) => method === 'GET' && lastEventId) };
  }

  /** Breaks the answer to the call, which is the third POST. */
  const breaking = () => {
    let posts = 0;
    return ({ method }) => (method === 'POST' && ++posts === 3 ? 900 : undefined);
  };

  test('when its connection breaks in a call, then it gets the rest and the result, and the server is called once', async () => {
    const door = server('/mcp/broken');
    const { client, returned } = await connected('/mcp/broken', breaking());
    const seen = [];

    const called = client.callTool({ name: 'words' }, undefined, { onprogress: ({ progress }) => seen.push(progress) });
    await until('it has come back', () => returned().length === 1);
    door.open();
    const { content } = await called;

    assert.equal(content[0].text, whole);
    assert.deepEqual(seen, Array.from({ length: 40 }, (_, i) => i + 1));
    assert.deepEqual(calls, ['/mcp/broken']);
    await client.close();
  });

  test('after an error it is told so, and does not come back again and again', async () => {
    const door = server('/mcp/failed', cutOff);
    const { client, returned } = await connected('/mcp/failed');
    door.open();

    await assert.rejects(client.callTool({ name: 'words' }, undefined, { onprogress: () => {}, timeout: 5_000 }), (error) => {
      assert.doesNotMatch(error.message, /timed out/);
      return true;
    });

    await until('it has been told that nothing follows', () => returned().some(({ status }) => status === 204));
    assert.ok(returned().length <= 2);
    await client.close();
  });
});
