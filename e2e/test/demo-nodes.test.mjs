import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { launch, noChromium } from '../lib/browser.mjs';
import { Gateway } from '../lib/gateway.mjs';
import { ended } from '../lib/kept.mjs';
import { noPostgres } from '../lib/postgres.mjs';
import { RawClient, follow, post } from '../lib/raw.mjs';
import { until } from '../lib/until.mjs';

const STORY = 'Tell me a long story';
const NODES = 3;
/** A lease, and a start. */
const TAKEN_OVER_WITHIN_MS = 60_000;

describe(`the demo of ${NODES} nodes`, { skip: noPostgres }, () => {
  let demo;

  before(async () => {
    demo = await Gateway.start({ command: 'demo', headers: {}, options: ['--nodes', String(NODES)] });
  });
  beforeEach(async () => {
    const state = await press('start');
    assert.ok(state.nodes.every(({ alive }) => alive), state.said);
  });
  after(async () => {
    if (demo?.running) await demo.stop(); // its nodes and its PostgreSQL end with it
    await demo?.remove();
  });

  /** What the page's buttons do. */
  async function press(what) {
    const client = await new RawClient(`${demo.url}/demo/${what}`, { method: 'POST' }).done;
    assert.equal(client.status, 200);
    return JSON.parse(client.text);
  }

  const nodes = async () => JSON.parse((await new RawClient(`${demo.url}/demo/nodes`).done).text).nodes;

  const ask = () => post(demo, 'lastword-demo', { messages: [{ role: 'user', content: STORY }] });

  test('given an answer that streams, when its node is killed, then another has all that was seen of it, and says its outcome', async () => {
    const client = ask();
    await until('some of the answer', () => client.events.length > 5);

    const { said, nodes: left } = await press('kill');

    assert.match(said, /^Node [1-3] is dead, with 1 running\./);
    assert.equal(left.filter(({ alive }) => !alive).length, 1);
    await client.done;
    assert.ok(client.error, 'its connection is broken');
    const stream = await until('the outcome', () => ended(demo, client.stream), { withinMs: TAKEN_OVER_WITHIN_MS, everyMs: 200 });
    assert.equal(stream.outcome, 'interrupted');
    const replay = await follow(demo, client.stream).done;
    const data = ({ events }) => events.map((event) => event.data);
    assert.deepEqual(data(replay).slice(0, client.events.length), data(client));

    const again = await press('start');
    assert.match(again.said, /^Node [1-3] is back\.$/);
  });

  test('given a page of another site, when it asks for a death, then nobody dies', async () => {
    const headers = { Origin: 'http://elsewhere.example' };
    const client = await new RawClient(`${demo.url}/demo/kill`, { method: 'POST', headers }).done;

    assert.equal(client.status, 403);
    assert.ok((await nodes()).every(({ alive }) => alive));
  });

  test('given one connection for all requests, when a body is sent on it before, then the button is heard all the same', async () => {
    for (let i = 0; i < 3; i++) {
      const answer = await demo.fetch('/v1/chat/completions', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ model: 'lastword-demo', messages: [{ role: 'user', content: 'POST /demo/kill HTTP/1.1\r\n\r\n' }] }),
      });
      await answer.text();
      const state = await demo.fetch('/demo/nodes');
      assert.equal(state.status, 200);
      assert.ok((await state.json()).nodes.every(({ alive }) => alive));
    }
  });

  test('given the page, when its button is pressed, then the answer is interrupted, kept, and there on reload', { skip: noChromium }, async () => {
    const browser = await launch();
    try {
      const page = await browser.newPage();
      const errors = [];
      page.on('pageerror', (error) => errors.push(error));
      const shown = () => page.locator('[data-role=assistant] .text').last().innerText();
      const interrupted = () => page.waitForSelector('[data-role=assistant][data-state=interrupted]', { timeout: TAKEN_OVER_WITHIN_MS });
      await page.goto(demo.url);
      await page.waitForSelector('#kill-node:visible');
      assert.equal(await page.locator('#start-nodes').isVisible(), false);
      await page.fill('#prompt', STORY);
      await page.click('#send');
      await until('some of the answer', async () => (await page.locator('[data-role=assistant] .text').count()) > 0 && (await shown()).length > 100);
      const before = await shown();

      await page.click('#kill-node');

      await interrupted();
      assert.ok((await shown()).startsWith(before.slice(0, 80)));
      const partial = await shown();
      await page.reload();
      await interrupted();
      assert.equal(await shown(), partial);
      await page.click('#start-nodes');
      await page.waitForSelector('#start-nodes', { state: 'hidden', timeout: TAKEN_OVER_WITHIN_MS });
      assert.match(await page.locator('#notice').innerText(), /^Node [1-3] is back\.$/);
      assert.deepEqual(errors, []);
    } finally {
      await browser.close();
    }
  });

  test('when it is asked to end, then nodes and PostgreSQL have ended', async () => {
    const log = await demo.log();
    const [line] = /^Behind it are .*$/m.exec(log);
    const ports = [...line.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => port);
    assert.equal(ports.length, NODES);

    await demo.stop();

    for (const port of ports) await assert.rejects(fetch(`http://127.0.0.1:${port}/readyz`));
    await assert.rejects(access(path.join(demo.folder, 'data/nodes/postgres/data/postmaster.pid')), 'its server has ended in order');
  });
});

test('given a demo of one gateway, then its page has no such buttons', async () => {
  const gateway = await Gateway.start({ command: 'demo', headers: {} });
  try {
    assert.equal((await gateway.fetch('/demo/nodes')).status, 204);
  } finally {
    await gateway.remove();
  }
});
