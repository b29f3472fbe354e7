import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Application } from '../lib/application.mjs';
import { launchWithProfile, launchWithSites, noChromium } from '../lib/browser.mjs';
import { Gateway } from '../lib/gateway.mjs';
import { Line } from '../lib/line.mjs';
import { delta, finish, gate, words } from '../lib/openai.mjs';
import { Issuer } from '../lib/tokens.mjs';
import { until } from '../lib/until.mjs';
import { Upstream } from '../lib/upstream.mjs';

const CHAT = '/v1/chat/completions';
const text = words(20);
const upstream = await Upstream.listen();
const application = await Application.listen();
let browser;
before(async () => {
  if (!noChromium) browser = await launchWithSites();
});
after(async () => {
  await browser?.close();
  await application.close();
  await upstream.close();
});

/** Says a half of the text, waits for the door, and says the rest. */
function inHalves(model) {
  const door = gate();
  upstream.on(model, async (exchange) => {
    exchange.stream();
    for (const word of text.slice(0, 10)) exchange.data(delta(word));
    await door.passed;
    for (const word of text.slice(10)) exchange.data(delta(word));
    exchange.data(finish());
    exchange.data('[DONE]');
    exchange.end();
  });
  return door;
}

/** A tab of a context of its own at an application, with these cookies of its origin; closed when the test is over. */
async function tab(t, origin, cookies = []) {
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(signIn(origin, cookies));
  return page;
}

const signIn = (origin, cookies) => `${origin}/sign-in?${cookies.map((cookie) => `cookie=${encodeURIComponent(cookie)}`).join('&')}`;

/** The page asks for an answer, as an application does; gives the status, and the fields that the page may see. */
const start = (page, base, model, init = { credentials: 'include' }) =>
  page.evaluate(
    async ([url, model, init]) => {
      const headers = { 'Content-Type': 'application/json', ...init.headers };
      const response = await fetch(url, { method: 'POST', body: JSON.stringify({ model, stream: true }), ...init, headers });
      const seen = { status: response.status, id: response.headers.get('Lastword-Stream'), link: response.headers.get('Lastword-Resume') };
      await response.body.cancel(); // the reader leaves, the answer goes on
      return seen;
    },
    [base + CHAT, model, init],
  );

/** Reads by a bare EventSource, which the page keeps as `source`; it closes on `[DONE]`. */
const listen = (page, url, init) =>
  page.evaluate(
    ([url, init]) => {
      window.seen = { text: '', ids: [], opened: 0, errors: [] };
      window.source = new EventSource(url, init);
      source.onopen = () => seen.opened++;
      source.onmessage = ({ data, lastEventId }) => {
        if (data === '[DONE]') return source.close();
        const said = JSON.parse(data);
        if (said.error) return seen.errors.push(said.error.code);
        seen.ids.push(lastEventId);
        seen.text += said.choices[0].delta.content ?? '';
      };
    },
    [url, init],
  );

const closed = (page) => page.waitForFunction(() => source.readyState === EventSource.CLOSED, null, { timeout: 20_000 });
const heard = (page, count) => page.waitForFunction((n) => seen.ids.length >= n, count);

/** What the page has heard once its EventSource is closed. */
async function all(page) {
  await closed(page);
  return page.evaluate(() => seen);
}

const assertWhole = ({ text: heardText, ids }) => {
  assert.equal(heardText, text.join(''));
  assert.equal(new Set(ids).size, ids.length, 'no event twice');
};

/** One question to a gateway: does the browser send the session's cookie with an EventSource? 401 closes it. */
async function isKnown(page, base, init = { withCredentials: true }) {
  const id = 'AAAAAAAAAAAAAAAAAAAAAAAA'; // there is none: whoever is known is told 404, whoever is not 401
  const answered = page.waitForResponse((response) => response.url().includes(id));
  await listen(page, `${base}/v1/stream/${id}`, init);
  const status = (await answered).status();
  await closed(page);
  assert.ok(status === 404 || status === 401, `${status}`);
  return status === 404;
}

/**
 * Which cookie a browser test is shown of such a request, and whether the page is known by it. What was really sent comes
 * from the browser beside the request, now and then never: then the page asks once more.
 */
async function cookieOf(page, base) {
  for (let i = 0; i < 5; i++) {
    const asked = page.waitForRequest((request) => request.url().startsWith(base));
    const known = await isKnown(page, base);
    const request = await asked;
    const sent = await Promise.race([request.allHeaders(), setTimeout(5_000, undefined, { ref: false })]);
    if (sent) return { known, headers: request.headers().cookie, allHeaders: sent.cookie };
  }
  throw new Error('the browser never said what it had sent');
}

describe('a gateway that knows its owners by a cookie', { skip: noChromium }, () => {
  let gateway;
  let far;
  before(async () => {
    const origins = [application.at('127.0.0.1'), application.at('localhost'), application.at('chat.app.example'), application.at('other.example')];
    gateway = await Gateway.start({
      upstream: upstream.url,
      headers: { Cookie: 'session=alice' },
      config: `access:\n  cookie: session\n  anonymous: false\n  origins: [${origins.join(', ')}]\n  hosts: [llm.app.example]\n`,
    });
    far = `http://llm.app.example:${gateway.port}`;
    upstream.on('/page.html', (exchange) => exchange.respond(200, { 'Content-Type': 'text/html' }, '<!doctype html>'));
  });
  after(() => gateway?.remove());

  test('given a page of the same origin, then the cookie goes by itself, a Strict one, too', async (t) => {
    const page = await tab(t, application.at('127.0.0.1'), ['session=alice; SameSite=Strict; HttpOnly']);
    await page.goto(`${gateway.url}/page.html`);
    assert.equal(await isKnown(page, '', {}), true);
  });

  test('given a page of the same site and another origin, when it asks withCredentials, then it starts, reads and resumes', async (t) => {
    const door = inHalves('same-site');
    const page = await tab(t, application.at('127.0.0.1'), ['session=alice; SameSite=Lax']);
    const { status, id, link } = await start(page, gateway.url, 'same-site');
    assert.equal(status, 200);
    assert.ok(id && link, 'the page sees the fields');
    await listen(page, `${gateway.url}/v1/stream/${id}`, { withCredentials: true });
    await heard(page, 10);
    door.open();
    assertWhole(await all(page));
    await listen(page, `${gateway.url}/v1/stream/${id}`, { withCredentials: true });
    assertWhole(await all(page));
    assert.equal(await isKnown(page, gateway.url, {}), false, 'not without withCredentials');

    const other = await tab(t, application.at('127.0.0.1'), ['session=bob']);
    const answered = other.waitForResponse((response) => response.url().endsWith(id));
    await listen(other, `${gateway.url}/v1/stream/${id}`, { withCredentials: true });
    assert.equal((await answered).status(), 404, 'another session is another owner');
  });

  test('given a cookie of the domain of page and gateway, then their subdomains are one site; without Domain it stays where it was set', async (t) => {
    const wide = await tab(t, application.at('chat.app.example'), ['session=alice; Domain=app.example; SameSite=Strict']);
    assert.equal(await isKnown(wide, far), true);
    const narrow = await tab(t, application.at('chat.app.example'), ['session=alice; SameSite=Strict']);
    assert.equal(await isKnown(narrow, far), false);
  });

  test('given an origin that access.origins does not name, then it is of the same site in vain: the page may read nothing', async (t) => {
    const stranger = await Application.listen();
    t.after(() => stranger.close());
    const page = await tab(t, stranger.at('127.0.0.1'), ['session=alice']);
    const read = await page.evaluate((url) => fetch(url, { credentials: 'include' }).then(() => 'read', () => 'refused'), `${gateway.url}/api/streams`);
    assert.equal(read, 'refused');
  });

  const KINDS = { lax: 'SameSite=Lax', strict: 'SameSite=Strict', none: 'SameSite=None', secure: 'SameSite=None; Secure' };
  /** Signs in at the gateway's own host with a cookie of this kind, and goes to a page of another site. */
  async function crossSite(page, kind) {
    await page.goto(signIn(application.at('127.0.0.1'), [`session=alice; ${KINDS[kind]}`]));
    await page.goto(application.at('localhost')); // to a browser another site than 127.0.0.1
    return page;
  }

  test('given a page of another site in a browser that blocks third-party cookies, then no cookie of the gateway goes with it', async (t) => {
    for (const kind of Object.keys(KINDS)) {
      const page = await crossSite(await tab(t, application.at('127.0.0.1')), kind);
      assert.equal(await isKnown(page, gateway.url), false, kind);
    }
  });

  test('given one that lets them through, then a cookie goes that is SameSite=None and Secure, and no other', async (t) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'lastword e2e profile '));
    t.after(() => rm(folder, { recursive: true, force: true }));
    await mkdir(path.join(folder, 'Default'));
    await writeFile(path.join(folder, 'Default', 'Preferences'), JSON.stringify({ profile: { cookie_controls_mode: 0 } }));
    const person = await launchWithProfile(folder);
    t.after(() => person.close());
    for (const kind of Object.keys(KINDS)) {
      await person.clearCookies();
      const page = await crossSite(await person.newPage(), kind);
      assert.equal(await isKnown(page, gateway.url), kind === 'secure', kind);
    }
  });

  test('given a partitioned cookie, then it goes with the pages of the site where it was set, third-party or not', async (t) => {
    const page = await tab(t, application.at('localhost'));
    upstream.on('/sign-in', (exchange) =>
      exchange.respond(204, { 'Set-Cookie': 'session=alice; Path=/; HttpOnly; Secure; SameSite=None; Partitioned' }),
    );
    // The gateway relays the sign-in; it asks for credentials of its own, which an application's sign-in has.
    await page.evaluate((url) => fetch(url, { credentials: 'include', headers: { Authorization: 'Bearer once' } }), `${gateway.url}/sign-in`);
    assert.equal(await isKnown(page, gateway.url), true);
  });

  test('given a page of another site and no cookie at all, then a link reads', async (t) => {
    const door = inHalves('elsewhere');
    const page = await tab(t, application.at('other.example'));
    const { status, link } = await start(page, gateway.url, 'elsewhere', { headers: { Authorization: 'Bearer of-alice' } });
    assert.equal(status, 200);
    await listen(page, gateway.url + link);
    await heard(page, 10);
    door.open();
    assertWhole(await all(page));
  });

  describe('in a browser test', () => {
    test('request.headers() does not show the cookie that was sent, allHeaders() does', async (t) => {
      const page = await tab(t, application.at('127.0.0.1'), ['session=alice']);
      assert.deepEqual(await cookieOf(page, gateway.url), { known: true, headers: undefined, allHeaders: 'session=alice' });
    });

    test('the cookie of setExtraHTTPHeaders is shown, and not sent where the browser has any cookie; that of addCookies is sent', async (t) => {
      const page = await tab(t, application.at('127.0.0.1'), ['theme=dark']);
      await page.context().setExtraHTTPHeaders({ cookie: 'session=alice' });
      assert.deepEqual(await cookieOf(page, gateway.url), { known: false, headers: 'session=alice', allHeaders: 'theme=dark' });
      await page.context().setExtraHTTPHeaders({});
      await page.context().addCookies([{ name: 'session', value: 'alice', url: gateway.url }]);
      assert.equal(await isKnown(page, gateway.url), true);
    });

    test('a cookie of localhost is none of 127.0.0.1, a cookie of another port is', async (t) => {
      const page = await tab(t, application.at('localhost'), ['session=alice']);
      await page.goto(application.at('127.0.0.1'));
      assert.equal(await isKnown(page, gateway.url), false);
      assert.equal((await page.context().request.get(`${gateway.url}/api/streams`)).status(), 401);
      const { port } = new URL(gateway.url);
      assert.equal((await page.context().request.get(`http://localhost:${port}/api/streams`)).status(), 200);
    });

    test('a page that was only written into about:blank is of no origin that could be named', async (t) => {
      const page = await tab(t, application.at('127.0.0.1'), ['session=alice']);
      await page.goto('about:blank');
      await page.setContent('<!doctype html><title>written</title>');
      assert.equal(await page.evaluate(() => origin), 'null');
      await listen(page, `${gateway.url}/v1/stream/AAAAAAAAAAAAAAAAAAAAAAAA`, { withCredentials: true });
      assert.equal((await all(page)).opened, 0);
      const read = await page.evaluate((url) => fetch(url, { credentials: 'include' }).then(() => 'read', () => 'refused'), `${gateway.url}/api/streams`);
      assert.equal(read, 'refused');
    });

    test('the browser says why it left a cookie out', async (t) => {
      const page = await crossSite(await tab(t, application.at('127.0.0.1')), 'lax');
      const session = await page.context().newCDPSession(page);
      await session.send('Network.enable');
      const left = new Promise((resolve) =>
        session.on('Network.requestWillBeSentExtraInfo', ({ associatedCookies: [cookie] }) => cookie && resolve(cookie)),
      );
      assert.equal(await isKnown(page, gateway.url), false);
      const { cookie, blockedReasons } = await left;
      assert.equal(cookie.name, 'session');
      assert.ok(blockedReasons.some((reason) => /SameSiteLax/.test(reason)), `${blockedReasons}`);
    });
  });
});

describe('a bare EventSource with a link', { skip: noChromium }, () => {
  let gateway;
  let line;
  before(async () => {
    gateway = await Gateway.start({ upstream: upstream.url, config: `access:\n  anonymous: false\n  origins: [${application.at('127.0.0.1')}]\n` });
    line = await Line.to(gateway.port);
  });
  after(async () => {
    await line?.close();
    await gateway?.remove();
  });

  const bearer = { headers: { Authorization: 'Bearer e2e-secret-key' } };

  test('given a refresh in the middle and a network that breaks, then it has every event once, and the answer is saved', async (t) => {
    const door = inHalves('refreshed');
    const page = await tab(t, application.at('127.0.0.1'));
    const { id, link } = await start(page, line.url, 'refreshed', bearer);
    await page.evaluate((url) => sessionStorage.setItem('answer', url), line.url + link);
    await page.reload();
    await listen(page, await page.evaluate(() => sessionStorage.getItem('answer')));
    await heard(page, 10);
    line.cut();
    door.open();
    const seen = await all(page);
    assertWhole(seen);
    assert.ok(seen.opened >= 2, 'it has come back');
    assert.equal((await gateway.api(`/api/streams/${id}/response`)).text, text.join(''));
  });

  test('given a link whose time is over, then the EventSource is closed, and one that its owner makes anew reads', async (t) => {
    inHalves('expires').open();
    const page = await tab(t, application.at('127.0.0.1'));
    const { id } = await start(page, gateway.url, 'expires', bearer);
    const anew = (seconds) =>
      page.evaluate(
        ([url, how]) => fetch(url, how).then((response) => response.json()).then(({ url: link }) => link),
        [`${gateway.url}/api/streams/${id}/links`, { method: 'POST', headers: { ...bearer.headers, 'Content-Type': 'application/json' }, body: JSON.stringify({ seconds }) }],
      );
    const short = await anew(1);
    await until('the link has expired', async () => (await gateway.fetch(short)).status === 401, { everyMs: 200 });
    await listen(page, gateway.url + short);
    assert.deepEqual((await all(page)).ids, []);
    await listen(page, gateway.url + (await anew(60)));
    assertWhole(await all(page));
  });
});

describe('a token that expires while an answer streams', { skip: noChromium }, () => {
  const issuer = new Issuer();
  let folder;
  let gateway;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lastword e2e keys '));
    gateway = await Gateway.start({
      upstream: upstream.url,
      config: `access:\n  origins: [${application.at('127.0.0.1')}]\n  cookie: token\n`,
      options: await issuer.settings(path.join(folder, 'keys.json')),
    });
  });
  after(async () => {
    await gateway?.remove();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  const saved = (id) => gateway.api(`/api/streams/${id}/response`, { headers: { Authorization: `Bearer ${issuer.token('alice', 60)}` } });

  test('then a page that reads with fetch sees the event that says so, and the browser client goes on with a fresh token', async (t) => {
    const door = inHalves('expiring');
    const page = await tab(t, application.at('127.0.0.1'));
    const tokens = [6, 6, 60, 60, 60, 60];
    await page.exposeFunction('token', () => issuer.token('alice', tokens.shift()));
    await page.evaluate(
      async ([base, path]) => {
        const { Lastword } = await import('/client/lastword.js');
        const { textDelta } = await import('/client/openai.js');
        window.seen = { text: '', words: 0, reconnects: 0, raw: '', outcome: null };
        const lastword = new Lastword({ base, headers: async () => ({ Authorization: `Bearer ${await token()}` }) });
        const answer = await lastword.start(path, { body: { model: 'expiring', stream: true }, onReconnect: (n) => (seen.reconnects += n > 0) });
        window.id = answer.stream;
        window.reading = (async () => {
          for await (const event of answer) {
            seen.text += textDelta(event);
            seen.words++;
          }
          seen.outcome = answer.outcome;
        })();
        const raw = await fetch(`${base}/v1/stream/${answer.stream}`, { headers: { Authorization: `Bearer ${await token()}` } });
        (async () => {
          for await (const bytes of raw.body) seen.raw += new TextDecoder().decode(bytes);
        })().catch(() => (seen.broken = true));
      },
      [gateway.url, CHAT],
    );
    await page.waitForFunction(() => seen.words >= 10);
    await page.waitForFunction(() => seen.raw.includes('credentials_expired') && seen.broken && seen.reconnects > 0, null, { timeout: 20_000 });
    assert.doesNotMatch((await page.evaluate(() => seen.raw)).split('credentials_expired')[0].split('\n\n').at(-1), /^id:/m, 'no event of the answer');
    door.open();
    await page.evaluate(() => reading);
    const seen = await page.evaluate(() => ({ ...window.seen, id }));
    assert.equal(seen.text, text.join(''));
    assert.equal(seen.outcome, 'completed');
    assert.equal((await saved(seen.id)).text, text.join(''));
  });

  const giveToken = (page, seconds) => page.evaluate((token) => (document.cookie = `token=${token}`), issuer.token('alice', seconds));

  /** A page with a running answer, whose cookie is good for a few seconds more. */
  async function expiring(t, model) {
    const page = await tab(t, application.at('127.0.0.1'), [`token=${issuer.token('alice', 60)}`]);
    const { id } = await start(page, gateway.url, model);
    await giveToken(page, 6);
    return { page, id };
  }

  test('then a bare EventSource whose cookie was renewed meanwhile comes back by itself', async (t) => {
    const door = inHalves('renewed');
    const { page, id } = await expiring(t, 'renewed');
    await listen(page, `${gateway.url}/v1/stream/${id}`, { withCredentials: true });
    await heard(page, 10);
    await giveToken(page, 60);
    await page.waitForFunction(() => seen.errors.includes('credentials_expired'), null, { timeout: 20_000 });
    door.open();
    assertWhole(await all(page));
    assert.equal((await saved(id)).text, text.join(''));
  });

  test('then one whose cookie was not renewed is closed, and goes on after its last event once there is a fresh one', async (t) => {
    const door = inHalves('late');
    const { page, id } = await expiring(t, 'late');
    await listen(page, `${gateway.url}/v1/stream/${id}`, { withCredentials: true });
    await heard(page, 10);
    const first = await all(page);
    assert.deepEqual(first.errors, ['credentials_expired']);
    door.open();
    await giveToken(page, 60);
    await listen(page, `${gateway.url}/v1/stream/${id}?lastEventId=${first.ids.at(-1)}`, { withCredentials: true });
    const second = await all(page);
    assertWhole({ text: first.text + second.text, ids: [...first.ids, ...second.ids] });
  });
});
