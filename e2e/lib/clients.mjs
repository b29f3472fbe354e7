import OpenAI6 from 'openai-6';
import OpenAI7 from 'openai-7';
import { apiKey } from './gateway.mjs';

/** Unmodified SDKs. As their makers wrote them, 6 reads the body to its end and 7 leaves at `[DONE]`. */
export const sdks = { 'openai 6': OpenAI6, 'openai 7': OpenAI7 };

/** A client whose base URL is the gateway's, and nothing else is changed. Retries would hide what is tested. */
export const connect = (OpenAI, gateway) => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, maxRetries: 0 });

/** Asks the scripted model for a streamed answer. */
export async function ask(client, model, more = {}) {
  const messages = [{ role: 'user', content: 'Say words.' }];
  const { data, response } = await client.chat.completions
    .create({ model, messages, stream: true, ...more })
    .withResponse();
  return { chunks: data, id: response.headers.get('lastword-stream'), headers: response.headers };
}

/** Reads an answer, until `leaveAt(text, chunk)` says to leave. Gives what was displayed. */
export async function read(chunks, leaveAt = () => false) {
  let text = '';
  const seen = [];
  for await (const chunk of chunks) {
    seen.push(chunk);
    text += chunk.choices[0]?.delta?.content ?? '';
    if (leaveAt(text, chunk)) break;
  }
  return { text, chunks: seen };
}
