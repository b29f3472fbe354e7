import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { launch, noChromium } from '../lib/browser.mjs';
import { Gateway } from '../lib/gateway.mjs';
import { Line } from '../lib/line.mjs';
import { delta, finish, gate, saying, words } from '../lib/openai.mjs';
import { follow, post, RawClient } from '../lib/raw.mjs';
import { until } from '../lib/until.mjs';
import { Upstream } from '../lib/upstream.mjs';

const upstream = await Upstream.listen();
const gateway = await Gateway.start({ upstream: upstream.url, headers: {} });
const line = await Line.to(gateway.port);
let browser;
before(async () => {
  if (!noChromium) browser = await launch();
});
after(async () => {
  await browser?.close();
  await line.close();
  await gateway.remove();
  await upstream.close();
});

// The page comes through the gateway, so page and stream have one origin.
upstream.on('/page.html', (exchange) =>
  exchange.respond(200, { 'Content-Type': 'text/html' }, '<!doctype html><title>reader</title>'),
);

/** A page that reads a stream with a bare EventSource and keeps what it sees. */
async function reader(id, { closeOnDone = false, url = line.url } = {}) {
  const page = await browser.newPage();
  await page.goto(`${url}/page.html`);
  await page.evaluate(
    ([target, close]) => {
      window.seen = { data: [], ids: [], errors: [], opened: 0 };
      window.source = new EventSource(target);
      source.onopen = () => seen.opened++;
      source.onerror = () => seen.errors.push(source.readyState);
      source.onmessage = (event) => {
        seen.data.push(event.data);
        seen.ids.push(event.lastEventId);
        if (close && event.data === '[DONE]') source.close();
      };
    },
    [`/v1/stream/${id}`, closeOnDone],
  );
  return {
    page,
    seen: () => page.evaluate(() => ({ ...seen, readyState: source.readyState })),
    has: (count) => page.waitForFunction((n) => seen.data.length >= n, count),
    closed: () => page.waitForFunction(() => source.readyState === EventSource.CLOSED, null, { timeout: 20_000 }),
  };
}

const text = words(60);
/** Says a third, waits for the first door, says a third, waits for the second door, and ends. */
function inThirds(model) {
  const doors = [gate(), gate()];
  upstream.on(model, async (exchange) => {
    exchange.stream();
    for (const word of text.slice(0, 20)) exchange.data(delta(word));
    await doors[0].passed;
    for (const word of text.slice(20, 40)) exchange.data(delta(word));
    await doors[1].passed;
    for (const word of text.slice(40)) exchange.data(delta(word));
    exchange.data(finish());
    exchange.data('[DONE]');
    exchange.end();
  });
  return doors;
}

const saved = async (id) => (await gateway.api(`/api/streams/${id}/response`)).text;

test('given an EventSource whose network breaks, then it goes on without a gap or a repeat, until 204', { skip: noChromium }, async () => {
  const doors = inThirds('broken-line');
  const client = post(gateway, 'broken-line');
  await client.head;
  const browserReader = await reader(client.stream);
  await browserReader.has(20);

  line.cut();
  doors[0].open();
  await until('the upstream has said the second third', () => client.events.length === 40);
  await browserReader.has(40);
  doors[1].open();
  await client.done;
  await browserReader.closed();

  const seen = await browserReader.seen();
  assert.deepEqual(seen.data, client.events.map(({ data }) => data));
  assert.equal(new Set(seen.ids).size, seen.ids.length, 'every event has an id of its own');
  const whole = await follow(gateway, client.stream).done;
  assert.deepEqual(seen.ids, whole.events.map(({ id }) => id));
  assert.ok(seen.opened >= 2, 'it has reconnected');
  assert.equal(await saved(client.stream), text.join(''));
  await browserReader.page.close();
});

test('given an EventSource that closes on [DONE], then the whole answer is saved', { skip: noChromium }, async () => {
  const doors = inThirds('closes');
  const client = post(gateway, 'closes');
  await client.head;
  const browserReader = await reader(client.stream, { closeOnDone: true });
  client.leave();
  doors.forEach((door) => door.open());
  await browserReader.closed();

  const stream = await gateway.api(`/api/streams/${client.stream}`);
  assert.equal(stream.outcome, 'completed');
  assert.equal(stream.state, 'released');
  assert.equal(await saved(client.stream), text.join(''));
  await browserReader.page.close();
});

test('given a page that reloads half-way, then it reads the answer again from its start', { skip: noChromium }, async () => {
  const doors = inThirds('reloads');
  const client = post(gateway, 'reloads');
  await client.head;
  const first = await reader(client.stream);
  await first.has(20);
  await first.page.close();
  client.leave();
  doors[0].open();
  const second = await reader(client.stream);
  await second.has(40);
  doors[1].open();
  await second.closed();

  const { data } = await second.seen();
  assert.deepEqual(data, (await follow(gateway, client.stream).done).events.map((event) => event.data));
  assert.equal(data.at(-1), '[DONE]');
  assert.equal((await gateway.ended(client.stream)).outcome, 'completed');
  assert.equal(await saved(client.stream), text.join(''));
  await second.page.close();
});

test('given a tab that is closed half-way and nobody else, then the generation goes on', { skip: noChromium }, async () => {
  const doors = inThirds('tab-closes');
  const client = post(gateway, 'tab-closes');
  await client.head;
  const only = await reader(client.stream);
  client.leave();
  await only.has(20);
  await only.page.close();
  doors.forEach((door) => door.open());

  assert.equal((await gateway.ended(client.stream)).outcome, 'completed');
  assert.equal(await saved(client.stream), text.join(''));
});

test('given fifty readers that come, stall and go, then all see one stream and the stayers see all of it', async () => {
  const doors = inThirds('crowd');
  const client = post(gateway, 'crowd');
  await until('the first third is there', () => client.events.length === 20);
  const early = Array.from({ length: 25 }, () => follow(gateway, client.stream));
  await until('the early readers are at the tail', () => early.every((one) => one.events.length === 20));
  for (const one of early.slice(0, 10)) one.leave();
  doors[0].open();
  await until('the second third is there', () => client.events.length === 40);
  const late = Array.from({ length: 25 }, () => follow(gateway, client.stream));
  doors[1].open();
  const stayers = [...early.slice(10), ...late];
  await Promise.all(stayers.map((one) => one.done));

  const whole = await follow(gateway, client.stream).done;
  assert.equal(whole.events.at(-1).data, '[DONE]');
  for (const one of stayers) assert.deepEqual(one.events, whole.events);
  for (const one of early.slice(0, 10)) assert.deepEqual(one.events, whole.events.slice(0, one.events.length));
});

test('given a page of the upstream, then it passes through the gateway', async () => {
  const page = await new RawClient(`${gateway.url}/page.html`).done;
  assert.equal(page.text, '<!doctype html><title>reader</title>');
  assert.match(page.headers['content-type'], /^text\/html/);
});

test('given a stream that was read to its end, when an EventSource opens it anew, then it gets it once more', async () => {
  upstream.on('again', saying(words(5)));
  const client = await post(gateway, 'again').done;

  const [once, twice] = [await follow(gateway, client.stream).done, await follow(gateway, client.stream).done];

  assert.equal(once.status, 200);
  assert.deepEqual(once.events, twice.events);
  assert.match(once.headers['content-type'], /^text\/event-stream/);
  assert.equal(once.headers['x-accel-buffering'], 'no');
});

test('given connections that are ended before a proxy would, then an EventSource misses nothing, and its page is told of each', { skip: noChromium }, async () => {
  const rolling = await Gateway.start({
    upstream: upstream.url,
    config: 'subscribers: { rollover-ms: 1000 }\n',
    headers: {},
  });
  let talking = true;
  let over = false;
  try {
    upstream.on('slow', async (exchange) => {
      exchange.stream();
      for (let i = 0; !over; i++) {
        if (talking) exchange.data(delta(`${i} `));
        await setTimeout(20);
      }
      exchange.data(finish());
      exchange.data('[DONE]');
      exchange.end();
    });
    const client = post(rolling, 'slow');
    await client.head;
    const browserReader = await reader(client.stream, { url: rolling.url });
    for (const talks of [true, false, true]) {
      talking = talks;
      const { opened } = await browserReader.seen();
      await browserReader.page.waitForFunction((n) => seen.opened >= n, opened + 2);
    }
    over = true;
    await client.done;
    await browserReader.closed();

    const whole = await follow(rolling, client.stream).done;
    const seen = await browserReader.seen();
    assert.deepEqual(seen.data, client.events.map(({ data }) => data));
    assert.deepEqual(seen.ids, whole.events.map(({ id }) => id));
    const [CONNECTING, CLOSED] = [0, 2];
    assert.deepEqual(seen.errors, [...Array(seen.opened).fill(CONNECTING), CLOSED], 'one for each connection, and one for 204');
    assert.equal((await follow(rolling, client.stream, { after: seen.ids.at(-1) }).done).status, 204);
    await browserReader.page.close();
  } finally {
    over = true;
    await rolling.remove();
  }
});
