// What pages in a real Chromium, and OpenAI's own SDK for Node, do with one route. Reads a line of JSON for each route from standard
// input, {"number", "base", "options", "terminal", "kept", "asked", "whole", "events", "tookMs", "heldMs"}, and answers each with a line
// {"number", "LW018": [verdict, detail], "LW022": [verdict, detail]}. Shares no code with the checker; uses the packages of e2e.
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { randomBytes } from 'node:crypto';
import { launch } from '../../../e2e/lib/browser.mjs';

const { default: OpenAI } = createRequire(new URL('../../../e2e/package.json', import.meta.url))('openai-7');

const SAVED_WITHIN_MS = 1500;
const VISITS = 3;
const VISIT_MS_MAX = 20_000;
const HELD_MS_MIN = 1000;
const TABS = 7;

const verdict = (faults) => (faults.length ? ['fail', faults.join(', ')] : ['pass', '']);
const fresh = () => `tell me of ${randomBytes(6).toString('hex')}`;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const browser = await launch();

async function saved(base, id) {
  const response = await fetch(`${base}/messages/${id}`);
  return response.ok ? response.json() : (await response.arrayBuffer(), null);
}

async function savedInTime(base, id, good, within = SAVED_WITHIN_MS) {
  for (const until = Date.now() + within; ; await pause(20)) {
    const message = await saved(base, id);
    if ((message && good(message)) || Date.now() > until) return message;
  }
}

// Runs in the page: reads the stream by `fetch`, and leaves by itself.
async function readInPage({ url, method, body, leave, after, form }) {
  const at = (value, pointer) => pointer.split('/').slice(1).reduce((inside, name) => inside?.[name], value);
  const isSo = (event, rule) => {
    if (!rule || rule === 'body') return false;
    if (!rule.startsWith('/')) return rule === `event ${event.type}` || rule === `data ${event.data}`;
    const [pointer, wanted] = [rule.slice(0, rule.indexOf('=')), rule.slice(rule.indexOf('=') + 1)];
    try {
      const found = at(JSON.parse(event.data), pointer);
      return (typeof found === 'string' ? found : JSON.stringify(found)) === wanted;
    } catch {
      return false;
    }
  };
  const own = (event) => {
    if ((form.event ?? event.type) !== event.type || ('if' in form && !isSo(event, form.if))) return '';
    if (form.text === 'data') return isSo(event, form.end) ? '' : event.data;
    try {
      const value = JSON.parse(event.data);
      const found = form.text === 'json' ? value : at(value, form.text);
      return typeof found === 'string' ? found : '';
    } catch {
      return '';
    }
  };
  const text = (event) => {
    if (event.data === '[DONE]' || event.type === 'close') return null;
    try {
      const value = JSON.parse(event.data);
      if (value?.error) return '';
      if (value?.choices) return value.choices.map((choice) => choice.delta?.content ?? '').join('');
    } catch {}
    return event.data;
  };
  const response = await fetch(url, { method, body, headers: body ? { 'content-type': 'application/json' } : {} });
  const opened = performance.timeOrigin + performance.now();
  const id = response.headers.get('x-message-id');
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let unread = '', said = '', events = 0, terminal = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      unread += part.value;
      const blocks = unread.split(form.lines ? /\n/ : /\r\n\r\n|\n\n|\r\r/);
      unread = blocks.pop();
      for (const block of blocks) {
        const lines = (form.lines && block ? `data: ${block}` : block).split(/\r\n|\n|\r/);
        const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5).replace(/^ /, ''));
        const type = lines.find((line) => line.startsWith('event:'))?.slice(6).trim() ?? '';
        if (!data.length) continue;
        events++;
        const event = { type, data: data.join('\n') };
        const piece = form.form === 'own' ? own(event) : text(event);
        const over = form.form === 'own' ? isSo(event, form.end) : piece === null;
        if (over) terminal ||= performance.timeOrigin + performance.now();
        if (piece) said = form['so-far'] ? piece : said + piece;
        if ((leave === 'close' && over) || (leave === 'reload' && events >= after)) {
          if (leave === 'close') reader.cancel();
          window.left({ id, said, opened, terminal });
          if (leave === 'reload') location.reload();
          return;
        }
      }
    }
  } catch {}
  window.left({ id, said, opened, terminal, stayed: true });
}

async function visit(context, route, leave, after) {
  const page = await context.newPage();
  try {
    await page.goto(`${route.base}/page`);
    const message = fresh();
    const get = route.options.method === 'GET';
    const errand = {
      url: get ? `${route.base}/chat?message=${encodeURIComponent(message)}` : `${route.base}/chat`,
      method: get ? 'GET' : 'POST',
      body: get ? undefined : JSON.stringify({ message }),
      leave,
      after,
      form: route.options,
    };
    let report;
    const left = new Promise((resolve) => (report = resolve));
    await page.exposeFunction('left', report);
    const reloaded = leave === 'reload' ? page.waitForEvent('load', { timeout: VISIT_MS_MAX }).catch(() => {}) : undefined;
    page.evaluate(readInPage, errand).catch(() => {}); // a page that is refreshed or closed returns nothing
    const seen = await Promise.race([left, pause(VISIT_MS_MAX)]);
    if (!seen) throw new Error(`a page said nothing for ${VISIT_MS_MAX} ms; is the machine busy?`);
    if (!seen.stayed) await reloaded;
    return { ...seen, message };
  } finally {
    await page.close();
  }
}

async function inBrowser(route) {
  const context = await browser.newContext();
  await context.route('**/page', (request) => request.fulfill({ contentType: 'text/html', body: '<title>chat</title>' }));
  const faults = [];
  let judged = 0;
  try {
    if (route.options.cookie) {
      const [name, value] = route.options.cookie.split('=');
      await context.addCookies([{ name, value, url: route.base }]);
    }
    for (let i = 0; route.terminal && i < VISITS; i++) {
      const { id, said, stayed } = await visit(context, route, 'close');
      if (stayed) continue;
      judged++;
      const wanted = said.slice(0, route.kept);
      const message = await savedInTime(route.base, id, (found) => found.text.startsWith(wanted));
      if (!message?.text.startsWith(wanted)) faults.push('lost when closed at the terminal event');
    }
    for (let i = 0; i < VISITS; i++) {
      const { id, said, message: asked, stayed } = await visit(context, route, 'reload', Math.max(1, route.events >> 1));
      if (stayed) continue;
      judged++;
      const wanted = said.slice(0, route.kept);
      const whole = route.whole.replace(route.asked, asked).slice(0, route.kept);
      const message = await savedInTime(route.base, id, (found) => found.text === whole, SAVED_WITHIN_MS + route.tookMs);
      if (!message?.text.slice(0, route.kept).startsWith(wanted)) faults.push('lost when refreshed');
    }
    if (route.heldMs > HELD_MS_MIN) {
      const visits = await Promise.all(Array.from({ length: TABS }, () => visit(context, route, 'never')));
      const opened = Math.max(...visits.map((each) => each.opened));
      const said = Math.min(...visits.map((each) => each.terminal));
      if (opened > said + route.heldMs / 2) faults.push('a seventh tab waits');
    }
  } finally {
    await context.close();
  }
  return judged ? verdict([...new Set(faults)]) : ['undecided', 'no page left'];
}

// The bytes that the SDK is given, as a plain reader understands them.
function textOf(bytes) {
  let text = '', failed = false;
  for (const line of bytes.split(/\r\n|\n|\r/)) {
    if (line === 'data: [DONE]' || line === 'data:[DONE]') break;
    if (!line.startsWith('data:')) continue;
    try {
      const value = JSON.parse(line.slice(5));
      failed ||= Boolean(value?.error);
      text += (value.choices ?? []).map((choice) => choice.delta?.content ?? '').join('');
    } catch {}
  }
  return { text, failed };
}

async function inSdk(route) {
  if (['plain', 'own'].includes(route.options.form)) return ['not-applicable', 'no SDK reads plain streams'];
  let bytes = '', cut = false;
  const message = fresh();
  const get = route.options.method === 'GET';
  const client = new OpenAI({
    apiKey: 'none',
    baseURL: route.base,
    maxRetries: 0,
    fetch: async (_, init) => {
      const headers = new Headers(init.headers);
      if (route.options.cookie) headers.set('cookie', route.options.cookie);
      headers.delete('content-length');
      headers.set('accept', '*/*'); // its bytes are what matters, not whether a route knows the vendor's ways
      const response = get
        ? await fetch(`${route.base}/chat?message=${encodeURIComponent(message)}`, { headers, signal: init.signal })
        : await fetch(`${route.base}/chat`, { method: 'POST', headers, body: JSON.stringify({ message }), signal: init.signal });
      const decoder = new TextDecoder();
      const reader = response.body.getReader();
      const body = new ReadableStream({
        async pull(controller) {
          try {
            const part = await reader.read();
            if (part.done) return controller.close();
            bytes += decoder.decode(part.value, { stream: true });
            controller.enqueue(part.value);
          } catch (broken) {
            cut = true;
            controller.error(broken);
          }
        },
        cancel: () => reader.cancel(),
      });
      return new Response(body, { status: response.status, headers: response.headers });
    },
  });
  let text = '', thrown = '';
  try {
    const stream = await client.chat.completions.create({ model: 'zoo', messages: [], stream: true });
    for await (const chunk of stream) for (const choice of chunk.choices) text += choice.delta?.content ?? '';
  } catch (error) {
    thrown = String(error);
  }
  const wire = textOf(bytes);
  if (wire.failed) return ['undecided', 'the answer is an error'];
  if (thrown && !cut) return ['fail', `openai for Node throws ${thrown}`];
  return text === wire.text ? ['pass', ''] : ['fail', `openai for Node reads ${text.length} characters of ${wire.text.length}`];
}

async function answer(route) {
  const verdicts = {};
  for (const [code, probe] of [['LW018', inBrowser], ['LW022', inSdk]]) {
    try {
      verdicts[code] = await probe(route);
    } catch (error) {
      verdicts[code] = ['undecided', String(error)];
    }
  }
  console.log(JSON.stringify({ number: route.number, ...verdicts }));
}

const answering = [];
for await (const line of createInterface({ input: process.stdin })) answering.push(answer(JSON.parse(line)));
await Promise.all(answering);
await browser.close();
