// Asks the SDKs of a node_modules folder for an answer from the server at a base URL, as their documentation does.
// Usage: node replay.mjs FOLDER BASE_URL DIALECT; prints a JSON array of {sdk, version, use, text} or {…, error}.
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, baseUrl, dialect] = process.argv.slice(2);
const modules = path.join(folder, 'node_modules');
const LIMIT_MS = 15_000;
const prompt = [{ role: 'user', content: 'Say it again.' }];

/** The packages of this name, under whatever name they are installed, with their versions. */
function installed(name) {
  const found = [];
  for (const entry of readdirSync(modules)) {
    const inside = entry.startsWith('@') ? readdirSync(path.join(modules, entry)).map((each) => `${entry}/${each}`) : [entry];
    for (const each of inside) {
      try {
        const about = JSON.parse(readFileSync(path.join(modules, each, 'package.json'), 'utf8'));
        if (about.name === name) found.push({ as: each, version: about.version });
      } catch {
        // no package
      }
    }
  }
  return found;
}

const load = (name) => import(pathToFileURL(createRequire(path.join(modules, 'x.js')).resolve(name)));

const joined = async (chunks, textOf) => {
  let text = '';
  for await (const chunk of chunks) text += textOf(chunk) ?? '';
  return text;
};

const openai = (module) => new (module.OpenAI ?? module.default)({ baseURL: `${baseUrl}/v1`, apiKey: 'none', maxRetries: 0 });
const anthropic = (module) => new (module.Anthropic ?? module.default)({ baseURL: baseUrl, apiKey: 'none', maxRetries: 0 });

/** For each dialect: whose SDK, and the ways in which its documentation reads a stream. */
const uses = {
  'openai-chat': ['openai', {
    'for await': async (module) =>
      joined(await openai(module).chat.completions.create({ model: 'm', messages: prompt, stream: true }),
        (chunk) => chunk.choices.find((choice) => choice.index === 0)?.delta?.content),
    '.stream()': async (module) => {
      const { chat, beta } = openai(module);
      const completions = chat.completions.stream ? chat.completions : beta.chat.completions;
      const done = await completions.stream({ model: 'm', messages: prompt }).finalChatCompletion();
      return done.choices[0]?.message?.content ?? '';
    },
  }],
  'openai-completions': ['openai', {
    'for await': async (module) =>
      joined(await openai(module).completions.create({ model: 'm', prompt: 'Say it again.', stream: true }),
        (chunk) => chunk.choices.find((choice) => choice.index === 0)?.text),
  }],
  'openai-responses': ['openai', {
    'for await': async (module) =>
      joined(await openai(module).responses.create({ model: 'm', input: 'Say it again.', stream: true }),
        (event) => (event.type === 'response.output_text.delta' ? event.delta : '')),
  }],
  anthropic: ['@anthropic-ai/sdk', {
    'for await': async (module) =>
      joined(await anthropic(module).messages.create({ model: 'm', max_tokens: 9, messages: prompt, stream: true }),
        (event) => (event.type === 'content_block_delta' && event.delta.type === 'text_delta' ? event.delta.text : '')),
    '.stream()': async (module) => {
      const message = await anthropic(module).messages.stream({ model: 'm', max_tokens: 9, messages: prompt }).finalMessage();
      return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
    },
  }],
  gemini: ['@google/genai', {
    'for await': async (module) => {
      const client = new module.GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl } });
      return joined(await client.models.generateContentStream({ model: 'm', contents: 'Say it again.' }),
        (chunk) => chunk.text);
    },
  }],
  'ai-sdk-ui': ['ai', {
    readUIMessageStream: async (module) => {
      const transport = new module.DefaultChatTransport({ api: `${baseUrl}/api/chat` });
      const messages = [{ id: 'u', role: 'user', parts: [{ type: 'text', text: 'Say it again.' }] }];
      const stream = await transport.sendMessages({ chatId: 'c', messages, trigger: 'submit-message', abortSignal: undefined });
      let last;
      let failure;
      const onError = (error) => { failure = error; };
      for await (const message of module.readUIMessageStream({ stream, onError, terminateOnError: true })) last = message;
      if (failure) throw failure;
      return last?.parts.map((part) => (part.type === 'text' ? part.text : '')).join('') ?? '';
    },
  }],
};

const within = (promise) => new Promise((resolve, reject) => {
  setTimeout(() => reject(new Error(`did not end within ${LIMIT_MS / 1000} s`)), LIMIT_MS).unref();
  promise.then(resolve, reject);
});

process.on('unhandledRejection', () => {}); // the same failure is caught where it is awaited
const [sdk, ways] = uses[dialect] ?? ['', {}];
const results = [];
for (const { as, version } of sdk ? installed(sdk) : []) {
  for (const [use, read] of Object.entries(ways)) {
    try {
      results.push({ sdk, version, use, text: await within(read(await load(as))) });
    } catch (error) {
      results.push({ sdk, version, use, error: `${error?.name ?? 'Error'}: ${error?.message ?? error}`.slice(0, 200) });
    }
  }
}
process.stdout.write(JSON.stringify(results), () => process.exit(0));
