import { AbstractChat } from 'ai';
import { gate, words } from './openai.mjs';

export const answer = words(40);
export const whole = answer.join('');

const part = (exchange, value) => exchange.data(value);

/** How a framework's endpoint says an answer: what comes before its words, each word, and what comes after. */
export const frameworks = {
  ui: {
    headers: { 'x-vercel-ai-ui-message-stream': 'v1' },
    begin: (x) => [{ type: 'start', messageId: 'msg-1' }, { type: 'text-start', id: 't' }].forEach((value) => part(x, value)),
    word: (x, delta) => part(x, { type: 'text-delta', id: 't', delta }),
    end: (x) => [{ type: 'text-end', id: 't' }, { type: 'finish' }, '[DONE]'].forEach((value) => part(x, value)),
  },
  agUi: {
    headers: {},
    begin: (x) => {
      part(x, { type: 'RUN_STARTED', threadId: 'thread-1', runId: 'run-1' });
      part(x, { type: 'TEXT_MESSAGE_START', messageId: 'msg-1', role: 'assistant' });
    },
    word: (x, delta) => part(x, { type: 'TEXT_MESSAGE_CONTENT', messageId: 'msg-1', delta }),
    end: (x) => {
      part(x, { type: 'TEXT_MESSAGE_END', messageId: 'msg-1' });
      part(x, { type: 'RUN_FINISHED', threadId: 'thread-1', runId: 'run-1' });
    },
  },
};

/** Has an upstream say half of the answer, and the rest, or `instead` of it, when the door opens. */
export function inHalves(upstream, path, framework, instead) {
  const door = gate();
  const { headers, begin, word, end } = frameworks[framework];
  upstream.on(path, async (exchange) => {
    exchange.stream(headers);
    begin(exchange);
    for (const each of answer.slice(0, 20)) word(exchange, each);
    await door.passed;
    if (instead) {
      instead(exchange);
      return;
    }
    for (const each of answer.slice(20)) word(exchange, each);
    end(exchange);
    exchange.end();
  });
  return door;
}

/** What `useChat` of every framework is made of, with its state in plain fields. */
export class Chat extends AbstractChat {
  constructor({ messages = [], ...init }) {
    const state = {
      status: 'ready',
      error: undefined,
      messages,
      pushMessage: (message) => (state.messages = [...state.messages, message]),
      popMessage: () => (state.messages = state.messages.slice(0, -1)),
      replaceMessage: (index, message) => (state.messages = state.messages.with?.(index, message) ?? replaced(state.messages, index, message)),
      snapshot: structuredClone,
    };
    super({ ...init, state });
  }

  /** The texts of its answers. */
  get answers() {
    return this.messages.filter(({ role }) => role === 'assistant').map(textOf);
  }
}

const replaced = (list, index, value) => [...list.slice(0, index), value, ...list.slice(index + 1)];

export const textOf = ({ parts }) =>
  parts.filter(({ type }) => type === 'text').map(({ text }) => text).join('');

/**
 * A `fetch` that keeps what it was asked, and breaks the body of answers that `breaks(request)` names once it has
 * brought so many bytes.
 */
export function watched(headers, breaks = () => undefined) {
  const asked = [];
  const fetching = async (url, init = {}) => {
    const all = new Headers(init.headers);
    for (const [name, value] of Object.entries(headers)) all.set(name, value);
    const response = await fetch(url, { ...init, headers: all });
    const request = { url: String(url), method: init.method ?? 'GET', lastEventId: all.get('last-event-id'), status: response.status };
    asked.push(request);
    const bytesMax = breaks(request, asked.length);
    return bytesMax === undefined ? response : broken(response, bytesMax);
  };
  return { fetch: fetching, asked };
}

function broken(response, bytesMax) {
  const reader = response.body.getReader();
  let bytes = 0;
  const body = new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) return controller.close();
      const taken = value.subarray(0, bytesMax - bytes);
      bytes += taken.length;
      if (taken.length > 0) controller.enqueue(taken);
      if (bytes >= bytesMax) {
        await reader.cancel();
        controller.error(new TypeError('terminated'));
      }
    },
  }, { highWaterMark: 0 });
  return new Response(body, { status: response.status, headers: response.headers });
}
