import { createServer } from 'node:http';

export const STREAM = 'stream-0123456789abcdef';
export const CHAT = 'POST /v1/chat/completions';
export const EVENTS = `GET /v1/stream/${STREAM}`;
export const STATUS = `GET /api/streams/${STREAM}`;
export const CANCEL = `POST /api/streams/${STREAM}/cancel`;

/**
 * A gateway that answers each request with the next step of its script; what is not in the script gets 599.
 *
 * @param {import('node:test').TestContext} t closes it
 * @param {Record<string, Array<(response: import('node:http').ServerResponse) => void>>} script steps by method and path
 */
export async function scripted(t, script) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const line = `${request.method} ${request.url}`;
    requests.push({ line, headers: request.headers, body: Buffer.concat(chunks).toString() });
    const step = script[line]?.shift();
    if (step) step(response);
    else response.writeHead(599).end(`not in the script: ${line}`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { base: `http://127.0.0.1:${server.address().port}`, requests, lines: () => requests.map(({ line }) => line) };
}

/** An event of the stream. */
export function event(position, data, epoch = 1) {
  return `id: ${epoch}-${position}\ndata: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}

/** A chunk of a chat completion. */
export function delta(text) {
  return { choices: [{ index: 0, delta: { content: text }, finish_reason: null }] };
}

/** Sends an event stream and then ends it: in good order, or by cutting the connection. */
export function sends(pieces, then = 'end', headers = { 'Lastword-Stream': STREAM }) {
  return (response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', ...headers });
    response.write(pieces, () => {
      if (then === 'end') response.end();
      if (then === 'cut') response.destroy();
    });
  };
}

export function answers(status, json, type = 'application/json', headers = {}) {
  return (response) => {
    response.writeHead(status, { 'Content-Type': type, ...headers });
    response.end(json === undefined ? undefined : JSON.stringify(json));
  };
}

/** An error of the gateway's own. */
export function problem(status, code) {
  return answers(status, { title: code, status, code, detail: code }, 'application/problem+json');
}

/** Cuts the connection before any response. */
export function cuts() {
  return (response) => response.destroy();
}

/** Reads an answer to its end: what came, and the error that ended it. */
export async function readAll(answer) {
  const events = [];
  try {
    for await (const event of answer) events.push(event);
    return { events, data: events.map(({ data }) => data), error: null };
  } catch (error) {
    return { events, data: events.map(({ data }) => data), error };
  }
}
