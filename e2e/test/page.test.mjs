import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { launch, noChromium } from '../lib/browser.mjs';
import { PageServer } from '../lib/page-server.mjs';
import { until } from '../lib/until.mjs';

const CHAT = 'POST /v1/chat/completions';
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

describe('the chat page on a gateway that a test holds in its hands', { skip: noChromium, timeout: 600_000 }, () => {
  let server;
  let browser;

  before(async () => {
    browser = await launch();
  });
  after(() => browser?.close());

  /** A tab that shows a conversation, on a gateway of its own. */
  async function tab({ key = 'conversation-one', options = {}, prepare = () => {}, context } = {}) {
    if (!context) {
      server = await PageServer.listen();
      await prepare(server);
    }
    const page = await (context ?? (await browser.newContext(options))).newPage();
    page.errors = [];
    page.on('pageerror', (error) => page.errors.push(error));
    await page.goto(`${server.url}/#${key}`);
    return page;
  }
  afterEach(async () => {
    for (const context of browser?.contexts() ?? []) await context.close();
    await server?.close();
    server = undefined;
  });

  async function ask(page, text = 'Say something') {
    const begun = new Promise((resolve) => (server.onStream = resolve));
    await page.fill('#prompt', text);
    await page.press('#prompt', 'Enter');
    return begun;
  }

  const label = (page) => page.locator('[data-role=assistant] .label').last().innerText();
  const labelled = (page, what) => until(`the label says ${what}`, async () => (await page.locator('.label').count()) > 0 && what.test(await label(page)));
  const says = (page, what) => until(`the page says ${what}`, async () => (await page.locator('[data-role=assistant] .text').last().innerText()).includes(what));
  const turns = (page) => page.locator('.turn').count();

  test('given ten tabs with running answers, then all of them are read on, and all else gets through', async () => {
    const first = await tab({ key: 'conversation-0' });
    const context = first.context();
    const pages = [first];
    for (let i = 1; i < 10; i++) pages.push(await tab({ key: `conversation-${i}`, context }));
    const streams = [];
    for (const page of pages) streams.push(await ask(page));

    for (const round of ['one ', 'two ', 'three ']) {
      for (const stream of streams) stream.say(round);
      for (const page of pages) await says(page, round.trim());
    }
    const open = streams.reduce((sum, { readers }) => sum + readers, 0);
    assert.ok(open <= 6, `${open} connections`);

    const eleventh = await tab({ key: 'conversation-10', context });
    await until('the models are there', () => server.asked('GET /v1/models').length === 11);
    await pages[9].press('#prompt', 'Escape');
    await labelled(pages[9], /^stopped/);
    for (const stream of streams.slice(0, 9)) stream.end();
    for (const page of pages.slice(0, 9)) await labelled(page, /^saved/);
    assert.equal(server.asked(CHAT).length, 10 + repeated(server), 'each question is asked once, and else by its id again');
    assert.equal(server.streams.size, 10);
    for (const page of [...pages, eleventh]) assert.deepEqual(page.errors, []);
  });

  /** How many requests were sent again under an id that was taken. */
  function repeated({ requests }) {
    const ids = requests.filter(({ url }) => url.startsWith('/v1/chat')).map(({ headers }) => headers['lastword-stream']);
    return ids.length - new Set(ids).size;
  }

  test('given six questions whose answers do not begin, then the rest of the page still works', async () => {
    let begin;
    const begun = new Promise((resolve) => (begin = resolve));
    const first = await tab({ key: 'conversation-0' });
    const pages = [first];
    for (let i = 1; i < 7; i++) pages.push(await tab({ key: `conversation-${i}`, context: first.context() }));
    server.onStream = () => begun;
    for (const page of pages) {
      await page.fill('#prompt', 'Think');
      await page.press('#prompt', 'Enter');
    }
    const before = server.asked('GET /api/streams?').length;
    await until('conversations are looked at', () => server.asked('GET /api/streams?').length > before + 7);
    await until('all have been asked', () => new Set(server.asked(CHAT).map(({ headers }) => headers['lastword-stream'])).size === 7);
    begin();
    await until('all have begun', () => server.streams.size === 7);
    for (const stream of server.streams.values()) {
      stream.say('thought');
      stream.end();
    }
    for (const page of pages) await labelled(page, /^saved/);
    for (const page of pages) assert.deepEqual(page.errors, []);
  });

  test('given nothing happens, then a long conversation is not fetched again', async () => {
    const page = await tab({ prepare: (it) => Array.from({ length: 30 }, () => it.add('conversation-one', 'Say something', 'x'.repeat(10_000))) });
    await until('it is shown', async () => (await turns(page)) === 30);
    const looks = server.asked('GET /api/streams?').length;
    await until('it looks again', () => server.asked('GET /api/streams?').length >= looks + 3);
    assert.equal(server.asked('GET /api/conversations').length, 1);

    const stream = await ask(page);
    stream.say('short');
    stream.end();
    await labelled(page, /^saved/);
    assert.equal(server.asked('GET /api/conversations').length, 1, 'of its own question and answer it needs no copy');

    server.add('conversation-one', 'From another device', 'answered');
    await says(page, 'answered');
    assert.equal(server.asked('GET /api/conversations').length, 2);
  });

  test('given the list of models takes its time, when a question is sent, then it is there, and is asked', async () => {
    let answer;
    const page = await tab({ prepare: (it) => void (it.modelsReady = new Promise((resolve) => (answer = resolve))) });
    await page.fill('#prompt', 'Do not lose me');
    await page.press('#prompt', 'Enter');
    await until('the question is shown', async () => (await page.locator('[data-role=user] .text').innerText()) === 'Do not lose me');
    assert.equal(await label(page), 'sending…');

    await page.reload();
    assert.equal(await page.inputValue('#prompt'), 'Do not lose me', 'what was not asked is still there to be sent');
    const begun = new Promise((resolve) => (server.onStream = resolve));
    await page.press('#prompt', 'Enter');
    await page.press('#prompt', 'Escape');
    await until('it can be taken back', async () => (await page.inputValue('#prompt')) === 'Do not lose me');
    await page.press('#prompt', 'Enter');
    answer();
    const stream = await begun;
    assert.equal(JSON.parse(server.asked(CHAT)[0].body).model, 'test-model');
    stream.say('Here');
    stream.end();
    await labelled(page, /^saved/);
    await page.reload();
    assert.equal(await page.inputValue('#prompt'), '', 'what was asked is not there again');
    await until('it is shown once', async () => (await turns(page)) === 1);
    assert.deepEqual(page.errors, []);
  });

  test('given no list of models ever comes, then a question is asked all the same', async () => {
    const page = await tab({ prepare: (it) => void (it.modelsReady = new Promise(() => {})) });
    const stream = await ask(page);
    stream.say('Here');
    stream.end();
    await labelled(page, /^saved/);
    assert.equal(JSON.parse(server.asked(CHAT)[0].body).model, 'default');
  });

  test('given the connection breaks and the gateway is away, then the page says so, and reads on when it is back', async () => {
    const page = await tab();
    const stream = await ask(page);
    stream.say('one ');
    await says(page, 'one');
    await page.context().setOffline(true);
    await labelled(page, /^offline/);
    assert.equal(await page.locator('.caret').count(), 0, 'nothing looks as if it were being written');
    stream.cut();
    stream.say('two');
    await page.context().setOffline(false);
    await says(page, 'two');
    await labelled(page, /^writing/);
    stream.end();
    await labelled(page, /^saved/);
    assert.equal(server.asked(CHAT).length, 1);
    assert.deepEqual(page.errors, []);
  });

  test('given a running answer, when Escape is pressed, then it stops; and not when the key is meant for something else', async () => {
    const page = await tab({ prepare: (it) => it.add('conversation-one', 'Say something', 'said') });
    const stream = await ask(page);
    stream.say('partial');
    await says(page, 'partial');
    await page.hover('.turn >> nth=0');
    await page.click('[data-do=delete] >> nth=0');
    await page.keyboard.press('Escape');
    await until('the question is gone', async () => !(await page.locator('#confirm').evaluate(({ open }) => open)));
    assert.equal(stream.outcome, null);
    assert.equal(await turns(page), 2);

    await page.focus('#prompt');
    await page.keyboard.press('Escape');
    await labelled(page, /^stopped – partial kept/);
    assert.equal(stream.outcome, 'cancelled');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'prompt');
  });

  test('given a reader scrolls up, then the page stays there, and one button leads to the end', async () => {
    const page = await tab({ prepare: (it) => it.add('conversation-one', 'Say something', 'A paragraph.\n\n'.repeat(200)) });
    const stream = await ask(page);
    stream.say('More.\n\n'.repeat(50));
    await says(page, 'More.');
    const fromEnd = () => page.locator('#scroll').evaluate(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight);
    await until('it is at the end', async () => (await fromEnd()) < 48);
    assert.equal(await page.locator('#to-end').isVisible(), false);

    // The answer grows after the page went to the end, and before the event says that it did.
    const room = (below) =>
      page.locator('#scroll').evaluate((it, bottom) => {
        it.scrollTop -= 1;
        it.scrollTop += 1;
        [...it.querySelectorAll('.turn')].at(-1).style.paddingBottom = bottom;
      }, below);
    await room('2000px');
    stream.say('Yet more.\n\n');
    await until('it is still at the end', async () => (await fromEnd()) < 48);
    await room('');

    await page.locator('#scroll').hover();
    await page.mouse.wheel(0, -600);
    await page.locator('#to-end').waitFor();
    const at = await page.locator('#scroll').evaluate(({ scrollTop }) => scrollTop);
    stream.say('Even more.\n\n'.repeat(50));
    await says(page, 'Even more.');
    assert.ok(Math.abs((await page.locator('#scroll').evaluate(({ scrollTop }) => scrollTop)) - at) < 8, 'the text that is read does not move');

    await page.click('#to-end');
    await until('it is at the end again', async () => (await fromEnd()) < 48);
    stream.say('The last.\n\n'.repeat(50));
    await says(page, 'The last.');
    await until('it stays there', async () => (await fromEnd()) < 48);
  });

  test('given a conversation or an answer is deleted, then it is gone from the gateway and from every tab', async () => {
    const page = await tab({
      prepare: (it) => {
        it.add('conversation-one', 'First', 'one');
        it.add('conversation-one', 'Second', 'two');
      },
    });
    const other = await tab({ context: page.context() });
    await until('both show it', async () => (await turns(page)) === 2 && (await turns(other)) === 2);

    await page.hover('.turn >> nth=0');
    await page.click('[data-do=delete] >> nth=0');
    await page.click('#confirm [value=delete]');
    await until('one turn is left', async () => (await turns(page)) === 1 && (await turns(other)) === 1);
    assert.deepEqual([...server.streams.values()].map(({ input }) => input), ['Second']);

    await page.hover('#conversations li');
    await page.click('#conversations button');
    await page.click('#confirm [value=keep]');
    assert.equal(server.streams.size, 1);
    await page.click('#conversations button');
    await page.click('#confirm [value=delete]');
    await until('nothing is left', async () => server.streams.size === 0 && (await turns(page)) === 0 && (await turns(other)) === 0);
    assert.equal(await page.locator('#conversations li').count(), 0);
    assert.notEqual(new URL(page.url()).hash, '#conversation-one', 'it is a new one');
    assert.deepEqual(server.asked('DELETE').map(({ url }) => url.split('/').slice(0, 3).join('/')), ['/api/streams', '/api/conversations']);
    assert.deepEqual([...page.errors, ...other.errors], []);
  });

  test('given answers that a conversation has no text of, then the page reads their events, or says why there is nothing', async () => {
    const page = await tab({
      prepare: (it) => {
        it.add('conversation-one', 'First', 'too much to put together').unreadable = 'response_too_large';
        it.add('conversation-one', 'Second', 'lost').unreadable = 'corrupt';
        it.add('conversation-one', 'Third', 'three');
      },
    });
    await until('all have ended', async () => (await page.locator('[data-role=assistant][data-state=completed]').count()) === 3);
    assert.deepEqual(await page.locator('[data-role=assistant] .text').allInnerTexts(), ['too much to put together', '', 'three']);
    assert.deepEqual(await page.locator('[data-role=assistant] .label').allInnerTexts(), ['saved', 'cannot be read', 'saved']);
    assert.equal(await page.locator('[data-role=assistant] .why').nth(1).innerText(), 'corrupt');
    assert.equal(server.asked('GET /v1/stream/').length, 1);
    assert.deepEqual(page.errors, []);
  });

  test('given the gateway refuses to delete, then nothing is gone, and the page says why', async () => {
    const page = await tab({ prepare: (it) => it.add('conversation-one', 'First', 'one') });
    await until('it is shown', async () => (await turns(page)) === 1);
    await page.route('**/api/conversations/*', (route) =>
      route.request().method() === 'DELETE'
        ? route.fulfill({ status: 405, contentType: 'application/problem+json', body: '{"code":"method_not_allowed","detail":"allowed here: GET"}' })
        : route.continue(),
    );
    await page.hover('#conversations li');
    await page.click('#conversations button');
    await page.click('#confirm [value=delete]');
    await until('it says why', async () => (await page.locator('#notice').innerText()) === 'Not deleted: allowed here: GET');
    assert.equal(await page.locator('#conversations li').count(), 1);
    assert.equal(await turns(page), 1);
  });

  describe('on a phone', () => {
    const everything = (it) => {
      it.models = ['a-model', 'a-model-whose-name-has-all-of-forty-six-letters'];
      it.add('conversation-one', `A question with a_very_long_word_${'x'.repeat(200)}`, `A ${'y'.repeat(300)}\n\n| ${'a | '.repeat(12)}\n|${'-|'.repeat(12)}\n| ${'some words | '.repeat(12)}\n\n\`\`\`js\n${'long '.repeat(100)}\n\`\`\`\n\n$$\n${'x + '.repeat(100)}y\n$$\n\n${'#'.repeat(6)} ${'z'.repeat(200)}\n\n> - ${'w'.repeat(200)}`);
      it.add('conversation-one', 'Fail', 'Nearly', 'failed', 'upstream_truncated');
      it.add('conversation-one', 'Go on', 'writing', null);
    };

    test('given long names, words, tables and formulas, then nothing is wider than the screen', async () => {
      const page = await tab({ options: PHONE, prepare: everything });
      await says(page, 'writing');
      for (const model of await page.locator('#model option').allInnerTexts()) {
        await page.selectOption('#model', model);
        const [wide, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        assert.deepEqual([wide, screen], [360, 360]);
        const out = await page.evaluate(() =>
          [...document.querySelectorAll('body *')]
            .filter((element) => element.checkVisibility() && !element.closest('pre, .table, .formula, .hidden, .katex-mathml, dialog, [popover]'))
            .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
            .map(({ outerHTML }) => outerHTML.slice(0, 100)),
        );
        assert.deepEqual(out, []);
      }
    });

    test('given fingers, then whatever they are to hit is at least 44 pixels high and wide', async () => {
      const page = await tab({ options: PHONE, prepare: everything });
      await says(page, 'writing');
      const small = () =>
        page.evaluate(() =>
          [...document.querySelectorAll('button, a, select, textarea, summary, input')]
            .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest('.text :is(p, li, td), .hidden') && !element.disabled)
            .map((element) => [element.id || element.className || element.dataset.do || element.textContent, element.getBoundingClientRect()])
            .filter(([, { width, height }]) => width > 0 && (width < 44 || height < 44))
            .map(([name, { width, height }]) => `${name}: ${width} × ${height}`),
        );
      assert.deepEqual(await small(), []);
      await page.tap('#menu');
      assert.deepEqual(await small(), []);
      await page.tap('#conversations button');
      await page.locator('#confirm').waitFor();
      assert.deepEqual(await small(), []);
      await page.tap('#confirm [value=keep]');
      await page.tap('#menu'); // the question has closed it
      await page.tap('#new-chat');
      await page.locator('#welcome').waitFor();
      assert.deepEqual(await small(), []);
    });
  });

  test('given only a keyboard and a screen reader, then everything has a name, can be reached, and says what happens', async () => {
    const page = await tab({ prepare: (it) => it.add('conversation-one', 'First', '```js\nx\n```\n\n|a|b|\n|-|-|\n|1|2|') });
    await labelled(page, /^saved/);
    await until('it is in the list', () => page.evaluate(() => document.querySelector('#conversations button') !== null));
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll('button, a, select, textarea, input, nav, aside, dialog, [role=log]')]
        .filter((element) => element.checkVisibility())
        .filter((element) => !(element.ariaLabel || element.labels?.length || element.textContent.trim() || element.getAttribute('aria-labelledby')))
        .map(({ outerHTML }) => outerHTML),
    );
    assert.deepEqual(nameless, []);

    const reached = new Set();
    await page.focus('#new-chat');
    for (let i = 0; i < 30; i++) {
      reached.add(await page.evaluate(() => document.activeElement.id || document.activeElement.className || document.activeElement.dataset.do || document.activeElement.localName));
      await page.keyboard.press('Tab');
    }
    for (const stop of ['new-chat', 'a', 'copy', 'pre', 'table', 'delete', 'prompt']) assert.ok(reached.has(stop), `${stop} is reached, of ${[...reached]}`);

    await page.evaluate(() => {
      globalThis.said = [];
      const status = document.querySelector('#status');
      new MutationObserver(() => said.push(status.textContent)).observe(status, { childList: true });
    });
    assert.deepEqual(await page.locator('#status').evaluate(({ ariaLive, role }) => [ariaLive, role]), ['polite', 'status']);
    const stream = await ask(page);
    for (const word of ['one ', 'two ', 'three ']) stream.say(word);
    await says(page, 'three');
    stream.end();
    await labelled(page, /^saved/);
    await until('the end is said', () => page.evaluate(() => said.at(-1) === 'The answer: saved.'));
    assert.deepEqual(await page.evaluate(() => said), ['The answer is being written.', 'The answer: saved.'], 'and not each word');
  });
});
