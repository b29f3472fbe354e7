import http from 'node:http';
import { pathToFileURL } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A scripted model with OpenAI's chat completions, byte for byte as they come from there: a chunk with the role, a chunk
 * for each piece, `finish_reason`, the usage where `include_usage` asks for it, `[DONE]`.
 *
 * @param {(question: string) => AsyncIterable<string>} answer the pieces of the answer to the last message
 */
export function createModel(answer) {
  return http.createServer(async (request, response) => {
    if (request.url === '/v1/models') return models(response);
    if (request.method !== 'POST' || request.url !== '/v1/chat/completions') return response.writeHead(404).end();
    try {
      const parts = [];
      for await (const part of request) parts.push(part);
      await complete(response, JSON.parse(Buffer.concat(parts)), answer);
    } catch (error) {
      console.error(`model: ${error.message}`);
      response.destroy();
    }
    return undefined;
  });
}

function models(response) {
  const data = [{ id: 'scripted', object: 'model', created: 1700000000, owned_by: 'lastword' }];
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ object: 'list', data }));
}

async function complete(response, { model = 'scripted', messages, stream_options: options }, answer) {
  const counts = options?.include_usage === true;
  const head = {
    id: `chatcmpl-${crypto.randomUUID().replaceAll('-', '')}`,
    object: 'chat.completion.chunk',
    created: Math.floor(Date.now() / 1000),
    model,
    service_tier: 'default',
    system_fingerprint: 'fp_scripted',
  };
  const say = (data) => response.write(`data: ${JSON.stringify({ ...head, ...data })}\n\n`);
  const chunk = (delta, finish_reason = null) =>
    say({ choices: [{ index: 0, delta, logprobs: null, finish_reason }], ...(counts && { usage: null }) });

  response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
  chunk({ role: 'assistant', content: '', refusal: null });
  let tokens = 0;
  for await (const content of answer(messages.at(-1).content)) {
    if (response.destroyed) return;
    chunk({ content });
    tokens++;
  }
  chunk({}, 'stop');
  const prompt = messages.length * 8;
  if (counts) say({ choices: [], usage: { prompt_tokens: prompt, completion_tokens: tokens, total_tokens: prompt + tokens } });
  response.end('data: [DONE]\n\n');
}

/** Some hundred words, one every `everyMs`. */
export async function* talk(question, everyMs = 60) {
  const text =
    `You asked: ${question}\n\nA model would answer here. This one is scripted, and takes its time, so that there is time to ` +
    'close this tab, to kill the gateway with -9, or to stop the database. Whatever you do, one of two things is true when you ' +
    'come back: this sentence goes on, or it has ended and stands in a row of the table "messages". What you will not see is an ' +
    'ending whose answer is gone after a refresh, because nobody is told the ending before the row is committed.';
  for (const word of text.match(/\S+\s*/g)) {
    await sleep(everyMs);
    yield word;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  createModel(talk).listen(Number(process.env.PORT), '127.0.0.1');
}
