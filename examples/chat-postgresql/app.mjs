// The application: a page, its API, and the handler of the gateway's webhook. It asks the gateway as it would ask the
// model, and reads answers from its own table.
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { isGenuine } from './webhook.mjs';

const { PORT, GATEWAY_URL, DATABASE_URL, HOOK_SECRET, MODEL = 'scripted', MODEL_KEY = 'none' } = process.env;
const BODY_BYTES_MAX = 1 << 20;
/** A webhook's body holds the answer. */
const HOOK_BYTES_MAX = 256 << 20;
const DATABASE_MS = 5000;

const db = new pg.Pool({
  connectionString: DATABASE_URL,
  max: 10,
  connectionTimeoutMillis: DATABASE_MS,
  query_timeout: DATABASE_MS,
});
db.on('error', (error) => console.error(`app: the database: ${error.message}`)); // an idle connection; the next query makes another

const ROUTES = [
  ['GET', /^\/$/, page],
  ['GET', /^\/api\/chats\/([\w-]{1,64})$/, history],
  ['POST', /^\/api\/chats\/([\w-]{1,64})$/, ask],
  ['GET', /^\/api\/chats\/([\w-]{1,64})\/running$/, follow],
  ['POST', /^\/api\/chats\/([\w-]{1,64})\/stop$/, stop],
  ['POST', /^\/hooks\/lastword$/, saved],
];

/** What a refresh shows: the rows, and nothing else. */
async function history(chat, request, response) {
  json(response, 200, { messages: await messagesOf(chat) });
}

async function messagesOf(chat) {
  const { rows } = await db.query('select id, question, answer, outcome, asked from messages where chat = $1 order by asked, id', [chat]);
  return rows;
}

/** Asks the model, by the gateway, and hands on what it says as it says it. */
async function ask(chat, request, response) {
  const { question, id } = JSON.parse(await bodyOf(request, BODY_BYTES_MAX));
  if (typeof question !== 'string' || !question) throw refusal(400, 'question has to be a text');
  const before = (await messagesOf(chat)).flatMap(({ question, answer }) => [
    { role: 'user', content: question },
    { role: 'assistant', content: answer },
  ]);
  const answer = await gateway('/v1/chat/completions', {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'Lastword-Conversation': chat,
      ...(typeof id === 'string' && { 'Lastword-Stream': id }),
    },
    body: JSON.stringify({
      model: MODEL,
      stream: true,
      stream_options: { include_usage: true },
      messages: [...before, { role: 'user', content: question }],
    }),
  });
  await handOn(answer, response);
}

/** The answer that is still being given, from its beginning; 204 if there is none. */
async function follow(chat, request, response) {
  const id = await runningOf(chat);
  if (!id) return response.writeHead(204).end();
  return handOn(await gateway(`/v1/stream/${id}`, { headers: { Accept: 'text/event-stream' } }), response);
}

async function stop(chat, request, response) {
  const id = await runningOf(chat);
  if (id) await gateway(`/api/streams/${id}/cancel`, { method: 'POST' });
  response.writeHead(204).end();
}

async function runningOf(chat) {
  const answer = await gateway(`/api/conversations/${chat}`);
  if (answer.status === 404) return null;
  if (!answer.ok) throw refusal(502, `the gateway answered ${answer.status}`);
  return (await answer.json()).running;
}

/** The gateway tells of an answer. 204 is the acknowledgement, and so the last thing that is done, after the commit. */
async function saved(_, request, response) {
  const body = await bodyOf(request, HOOK_BYTES_MAX);
  if (!isGenuine(request.headers, body, HOOK_SECRET)) throw refusal(401, 'the signature is not right');
  const { stream, created, conversation, outcome, response: answer } = JSON.parse(body).data;
  // The same answer may come twice: after a crash nobody knows whether the first call was heard. An id that is
  // used again, once its answer is gone, has another `created`, and was paid for again.
  await db.query('insert into costs (message, asked, chat, outcome, tokens) values ($1, $2, $3, $4, $5) on conflict (message, asked) do nothing', [
    stream,
    created,
    conversation ?? null,
    outcome,
    answer?.usage?.total_tokens ?? null,
  ]);
  response.writeHead(204).end();
}

async function page(_, request, response) {
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
  response.end(await readFile(new URL('page.html', import.meta.url)));
}

async function gateway(path, { headers, ...request } = {}) {
  try {
    return await fetch(GATEWAY_URL + path, { ...request, headers: { ...headers, Authorization: `Bearer ${MODEL_KEY}` } });
  } catch (error) {
    throw refusal(502, `the gateway does not answer: ${error.cause?.code ?? error.message}`);
  }
}

/** A page that goes away ends this; the gateway reads the model to its end all the same. */
async function handOn(answer, response) {
  const headers = { 'Content-Type': answer.headers.get('Content-Type') ?? 'text/plain', 'Cache-Control': 'no-store' };
  const stream = answer.headers.get('Lastword-Stream');
  response.writeHead(answer.status, stream ? { ...headers, 'Lastword-Stream': stream } : headers);
  response.flushHeaders();
  await pipeline(answer.body ? Readable.fromWeb(answer.body) : [], response);
}

async function bodyOf(request, bytesMax) {
  const parts = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes > bytesMax) throw refusal(413, `the body has more than ${bytesMax} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

const refusal = (status, message) => Object.assign(new Error(message), { status });

function json(response, status, value) {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }).end(JSON.stringify(value));
}

const server = http.createServer(async (request, response) => {
  const path = request.url.split('?')[0];
  const route = ROUTES.find(([method, pattern]) => method === request.method && pattern.test(path));
  if (!route) return json(response, 404, { error: 'not found' });
  const [, pattern, serve] = route;
  try {
    await serve(pattern.exec(path)[1], request, response);
  } catch (error) {
    // What was begun breaks off, so that nobody takes it for whole.
    if (response.headersSent) response.destroy();
    else json(response, error.status ?? (error instanceof SyntaxError ? 400 : 503), { error: error.message });
  }
  return undefined;
});
server.listen(Number(PORT), '127.0.0.1');
