import Anthropic from '@anthropic-ai/sdk';
import { HttpAgent } from '@ag-ui/client';
import { GoogleGenAI } from '@google/genai';
import { DefaultChatTransport, readUIMessageStream } from 'ai';
import { apiKey, owner } from './gateway.mjs';
import { sdks } from './clients.mjs';

const asked = [{ role: 'user', content: 'Say words.' }];

/**
 * What each vendor's own SDK makes of a stream under a base URL, in the words of `GET /api/streams/ID/response`, so that
 * the two can be compared. An SDK that throws gives `{ error }`. All of them ask as one owner: those that have no key of a
 * provider are told to send one, as an application's own sign-in is.
 *
 * @type {Record<string, {path: (name: string) => string, read: Record<string, (url: string, name: string) => Promise<object>>}>}
 */
export const accumulators = {
  'openai-chat': { path: () => '/v1/chat/completions', read: openAis(chat) },
  'openai-responses': { path: () => '/v1/responses', read: openAis(responses) },
  anthropic: { path: () => '/v1/messages', read: { anthropic } },
  gemini: { path: (name) => `/v1/models/${name}:streamGenerateContent`, read: { 'google-genai': gemini } },
  'ai-sdk-ui': { path: (name) => `/ui/${name}`, read: { ai: uiStream } },
  'ag-ui': { path: (name) => `/agents/${name}`, read: { 'ag-ui': agUi } },
};

function openAis(read) {
  return Object.fromEntries(
    Object.entries(sdks).map(([name, OpenAI]) => [
      name,
      (url, model) => read(new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 }), model),
    ]),
  );
}

async function chat(client, model) {
  const stream = client.chat.completions.stream({ model, messages: asked });
  let snapshot;
  stream.on('chunk', (_, so) => (snapshot = so));
  await stream.done();
  return {
    choices: snapshot.choices.filter(Boolean).map(({ index, message, finish_reason }) => ({
      index,
      text: message.content ?? '',
      refusal: message.refusal || null,
      toolCalls: (message.tool_calls ?? []).filter(Boolean).map((call) => ({
        id: call.id ?? '',
        name: call.function.name,
        arguments: call.function.arguments,
      })),
      finishReason: finish_reason ?? null,
    })),
    usage: snapshot.usage ?? null,
  };
}

async function responses(client, model) {
  const final = await client.responses.stream({ model, input: 'Say words.' }).finalResponse();
  return {
    text: final.output_text,
    usage: final.usage ?? null,
    final: { id: final.id, status: final.status, output: final.output.map(withoutParsed) },
  };
}

/** The SDK adds what it parsed of structured outputs. */
function withoutParsed({ parsed_arguments: _, ...item }) {
  return item.content ? { ...item, content: item.content.map(({ parsed: __, ...part }) => part) } : item;
}

async function anthropic(url, model) {
  const client = new Anthropic({ baseURL: url, apiKey, maxRetries: 0 });
  const message = await client.messages.stream({ model, max_tokens: 64, messages: asked }).finalMessage();
  const { id, role, content, stop_reason, stop_sequence, usage } = plain(message);
  return {
    text: content.filter(({ type }) => type === 'text').map(({ text }) => text).join(''),
    final: { id, role, content, stop_reason, stop_sequence: stop_sequence ?? null, usage },
  };
}

async function gemini(url, model) {
  const client = new GoogleGenAI({ apiKey, httpOptions: { baseUrl: url } });
  const chunks = await client.models.generateContentStream({ model, contents: 'Say words.' });
  let text = '';
  let usage = null;
  let finishReason = null;
  const calls = [];
  for await (const chunk of chunks) {
    const candidate = chunk.candidates?.[0];
    for (const part of candidate?.content?.parts ?? []) {
      if (part.text && !part.thought) text += part.text;
      if (part.functionCall) calls.push(plain(part.functionCall));
    }
    finishReason = candidate?.finishReason ?? finishReason;
    usage = plain(chunk.usageMetadata) ?? usage;
  }
  return { text, calls, finishReason, usage };
}

async function uiStream(url, name) {
  const transport = new DefaultChatTransport({ api: `${url}/ui/${name}`, headers: owner });
  const stream = await transport.sendMessages({
    chatId: name,
    messages: [],
    trigger: 'submit-message',
    abortSignal: undefined,
  });
  let last;
  for await (const message of readUIMessageStream({ stream, terminateOnError: true })) last = message;
  return { final: plain(last) };
}

async function agUi(url, name) {
  const agent = new HttpAgent({ url: `${url}/agents/${name}`, headers: owner });
  const warn = console.warn;
  console.warn = () => {};
  try {
    await agent.runAgent({});
  } finally {
    console.warn = warn;
  }
  return { final: { messages: plain(agent.messages), state: plain(agent.state) } };
}

/** A value as JSON has it. */
function plain(value) {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

/** The same things of what the gateway has kept. */
export const kept = {
  'openai-chat': ({ choices, usage }) => ({ choices, usage }),
  'openai-responses': ({ text, usage, final: { id, status, output } }) => ({ text, usage, final: { id, status, output } }),
  anthropic: ({ text, final: { id, role, content, stop_reason, stop_sequence, usage } }) => ({
    text,
    final: { id, role, content, stop_reason, stop_sequence, usage },
  }),
  gemini: ({ text, choices, usage, final }) => ({
    text,
    calls: (final.candidates[0]?.content.parts ?? []).filter((part) => part.functionCall).map((part) => part.functionCall),
    finishReason: choices[0]?.finishReason ?? null,
    usage,
  }),
  'ai-sdk-ui': ({ final }) => ({ final }),
  'ag-ui': ({ final: { messages, state = {} } }) => ({ final: { messages, state } }),
};
