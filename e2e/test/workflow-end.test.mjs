import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { WorkflowChatTransport } from '@ai-sdk/workflow/client';
import { check, endpoint } from '../lib/checker.mjs';

/** Who comes back more often than this would go on. */
const MANY = 100;

const data = (part) => `data: ${typeof part === 'string' ? part : JSON.stringify(part)}\n\n`;
const headers = { 'content-type': 'text/event-stream', 'x-vercel-ai-ui-message-stream': 'v1' };

/** How endpoints answer who comes back to a run that was stopped. */
const comesBack = {
  nothing: (response) => response.writeHead(200, headers).end(data('[DONE]')),
  gone: (response) => response.writeHead(410).end('over'),
  finish: (response) => response.writeHead(200, headers).end(data({ type: 'finish' }) + data('[DONE]')),
};

const stopped = new Set();
let runs = 0;

/** A run that says words until it is stopped, and then `abort` in the place of `finish`. */
async function run(response) {
  const id = `run-${++runs}`;
  response.writeHead(200, { ...headers, 'x-workflow-run-id': id });
  for (const part of [{ type: 'start' }, { type: 'text-start', id: '0' }]) response.write(data(part));
  for (let word = 0; word < 20 && !stopped.has(id); word++) {
    response.write(data({ type: 'text-delta', id: '0', delta: `word ${word} ` }));
    await pause(20);
  }
  response.write(data({ type: 'text-end', id: '0' }) + data({ type: stopped.has(id) ? 'abort' : 'finish' }));
  response.end(data('[DONE]'));
}

const server = await endpoint(async ({ method, url }, response) => {
  const [, how, again] = new URL(url, 'http://x').pathname.split('/');
  if (how === 'stop') {
    stopped.add(again);
    response.end('{}');
  } else if (method === 'GET') {
    comesBack[how](response);
  } else {
    await run(response);
  }
});
after(() => server.close());

/** Reads with the AI SDK's transport, and stops the run at its first word; how often it asked, and what it threw. */
async function readByTransport(how) {
  const leaving = new AbortController();
  let asked = 0;
  let id;
  const transport = new WorkflowChatTransport({
    api: `${server.url}/${how}`,
    fetch(url, init) {
      if (++asked > MANY) leaving.abort();
      return fetch(url, { ...init, signal: leaving.signal });
    },
    onChatSendMessage: (response) => (id = response.headers.get('x-workflow-run-id')),
  });
  let thrown = '';
  try {
    for await (const part of await transport.sendMessages({ chatId: 'c-1', messages: [], trigger: 'submit-message' })) {
      if (part.type === 'text-delta' && !stopped.has(id)) await fetch(`${server.url}/stop/${id}`, { method: 'POST' });
    }
  } catch (error) {
    thrown = error.message;
  }
  return { asked, thrown };
}

const verdict = async (how) =>
  (await check(`${server.url}/${how}`, '--data', '{}', '--only', 'LW025', '--stop', `${server.url}/stop/{{header:x-workflow-run-id}}`)).of('LW025');

test('given a stop that ends in abort, when who comes back is told nothing, then the transport asks for ever, and LW025 says so', async () => {
  const { asked } = await readByTransport('nothing');
  const found = await verdict('nothing');

  assert.equal(asked, MANY + 1);
  assert.equal(found.verdict, 'fail', found.detail);
});

test('given a stop that ends in abort, when who comes back is answered 410, then the transport gives up, and LW025 passes', async () => {
  const { asked, thrown } = await readByTransport('gone');
  const found = await verdict('gone');

  assert.equal(asked, 2);
  assert.match(thrown, /410/);
  assert.equal(found.verdict, 'pass', found.detail);
});

test('given a stop that ends in abort, when who comes back is told finish, then the transport is content, and LW025 passes', async () => {
  const { asked, thrown } = await readByTransport('finish');
  const found = await verdict('finish');

  assert.deepEqual({ asked, thrown }, { asked: 2, thrown: '' });
  assert.equal(found.verdict, 'pass', found.detail);
});
