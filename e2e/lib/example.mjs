import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './gateway.mjs';
import { until } from './until.mjs';

const RUN = fileURLToPath(new URL('../../examples/chat-postgresql/run', import.meta.url));
/** The first start builds the gateway and installs what the example needs. */
const START_MS = 300_000;
/** What is said where there is no PostgreSQL. */
const NO_POSTGRES = 3;

/** The example's `run proof`, as anybody starts it. `missing` says why it could not be. */
export function proof(...args) {
  return new Promise((resolve) => {
    execFile(RUN, ['proof', ...args], { env: { ...process.env, DATABASE_URL: '' } }, (error, stdout, stderr) => {
      const code = error ? error.code : 0;
      resolve({ code, stdout, stderr, missing: code === NO_POSTGRES && stderr.trim() });
    });
  });
}

/** The example by its one command, on ports and in a folder of its own. */
export class Example {
  #child;
  #ended;
  #folder;

  /** All that it has said. */
  said = '';
  /** Why it could not be started here, if that is so. */
  missing;

  static async start() {
    const example = new Example();
    example.#folder = await mkdtemp(path.join(tmpdir(), 'lastword-example-'));
    await chmod(example.#folder, 0o755); // as root PostgreSQL runs as another user, who has to get there
    const [PORT, GATEWAY_PORT, MODEL_PORT] = [await freePort(), await freePort(), await freePort()].map(String);
    const own = { PORT, GATEWAY_PORT, MODEL_PORT, CHAT_DATA: example.#folder, DATABASE_URL: '', MODEL_URL: '' };
    example.url = `http://127.0.0.1:${PORT}`;
    example.#child = spawn(RUN, { env: { ...process.env, ...own }, stdio: 'pipe' });
    for (const out of [example.#child.stdout, example.#child.stderr]) out.setEncoding('utf8').on('data', (text) => (example.said += text));
    example.#ended = once(example.#child, 'exit');
    await until('it is ready', () => example.said.includes('Ready:') || example.#child.exitCode !== null, { withinMs: START_MS });
    if (example.#child.exitCode === NO_POSTGRES) example.missing = example.said.trim();
    else if (example.#child.exitCode !== null) throw new Error(`the example ended with ${example.#child.exitCode}:\n${example.said}`);
    return example;
  }

  /** What a person types. */
  key(letter) {
    this.#child.stdin.write(`${letter}\n`);
  }

  /** The rows of a chat, as a refresh shows them. */
  async rows(chat) {
    const response = await fetch(`${this.url}/api/chats/${chat}`);
    return (await response.json()).messages;
  }

  /** Quits as a person does; the exit code. */
  async quit() {
    if (this.#child.exitCode === null) this.key('q');
    const [code] = await this.#ended;
    await rm(this.#folder, { recursive: true, force: true });
    return code;
  }
}
