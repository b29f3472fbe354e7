import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, noChromium } from '../lib/browser.mjs';
import { Forgetful } from '../lib/forgetful.mjs';
import { Gateway } from '../lib/gateway.mjs';
import { saying } from '../lib/openai.mjs';
import { Upstream } from '../lib/upstream.mjs';

const CHAT = '/v1/chat/completions';

describe('a POST whose kept connection closes before the answer', { skip: noChromium }, () => {
  let upstream;
  let gateway;
  let forgetful;
  let browser;

  before(async () => {
    upstream = await Upstream.listen();
    upstream.on(CHAT, saying(['Paid ', 'once.']));
    gateway = await Gateway.start({ upstream: upstream.url });
    forgetful = await Forgetful.before(gateway.url);
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await forgetful?.close();
    await gateway?.remove();
    await upstream?.close();
  });

  /** A page that has kept some connections, and what `script` made of one question; with how often it was paid for. */
  async function asking(script) {
    const page = await (await browser.newContext()).newPage();
    await page.goto(forgetful.url);
    await page.evaluate(() => Promise.all(Array.from({ length: 6 }, () => fetch('/healthz', { cache: 'no-store' }).then((it) => it.text()))));
    const before = [upstream.exchanges.length, forgetful.forgotten];
    const answer = await page.evaluate(script, CHAT);
    await page.context().close();
    return { answer, paid: upstream.exchanges.length - before[0], forgotten: forgetful.forgotten - before[1] };
  }

  test('given a bare fetch, then the browser itself repeats it, and each time is paid for', async () => {
    const { answer, paid, forgotten } = await asking(async (url) => {
      const body = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] });
      const response = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
      return response.text();
    });

    assert.match(answer, /once\./);
    assert.ok(forgotten > 0, 'the connection was kept, and closed');
    assert.ok(paid > 1, `one question, ${paid} calls of the upstream: what the client is for`);
  });

  test('given the browser client, then the upstream is asked exactly once, and the answer is whole', async () => {
    const { answer, paid, forgotten } = await asking(async (url) => {
      const { Lastword } = await import('/client/lastword.js');
      const { textDelta } = await import('/client/openai.js');
      const started = await new Lastword().start(url, {
        body: { model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] },
      });
      let text = '';
      for await (const event of started) text += textDelta(event);
      return { text, outcome: started.outcome };
    });

    assert.ok(forgotten > 0, 'the connection was kept, and closed');
    assert.deepEqual(answer, { text: 'Paid once.', outcome: 'completed' });
    assert.equal(paid, 1);
  });
});
