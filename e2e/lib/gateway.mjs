import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './until.mjs';

export const launcher = fileURLToPath(new URL('../../lastword', import.meta.url));

/** Whoever sends these credentials owns the streams that they start. */
export const apiKey = 'e2e-secret-key';
export const owner = { Authorization: `Bearer ${apiKey}` };

/** The first start of a checkout builds it, which takes Maven a minute or two. */
const START_MS = 300_000;

/** The real process, started by the launcher in a folder of its own, on a port of its own. */
export class Gateway {
  #program;
  #command;
  #options;
  #child;

  /**
   * @param {{command?: 'serve' | 'demo', upstream?: string, config?: string | ((port: number) => string), options?: string[], headers?: object, program?: string}} how
   *   `config` is the text of a configuration file, or makes it of the port; `headers` what the API is asked with: `{}` where streams are begun
   *   without credentials, `program` another one than the checkout's launcher
   */
  static async start({ command = 'serve', upstream, config, options = [], headers = owner, program = launcher } = {}) {
    const gateway = new Gateway();
    gateway.#program = program;
    gateway.headers = headers;
    gateway.folder = await mkdtemp(path.join(tmpdir(), 'lastword e2e '));
    gateway.port = await freePort();
    gateway.#command = command;
    gateway.#options = ['--listen', `127.0.0.1:${gateway.port}`, '--data', path.join(gateway.folder, 'data'), ...options];
    if (upstream) gateway.#options.push('--upstream', upstream);
    if (config) {
      await writeFile(path.join(gateway.folder, 'lastword.yaml'), typeof config === 'function' ? config(gateway.port) : config);
      gateway.#options.push('--config', path.join(gateway.folder, 'lastword.yaml'));
    }
    await gateway.run();
    return gateway;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid() {
    return this.#child.pid;
  }

  get running() {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get logFile() {
    return path.join(this.folder, 'log');
  }

  log() {
    return readFile(this.logFile, 'utf8');
  }

  /** Starts the process on the data that is there, and waits until it is ready. */
  async run() {
    const log = createWriteStream(this.logFile, { flags: 'a' });
    await once(log, 'open');
    this.#child = spawn(this.#program, [this.#command, ...this.#options], { stdio: ['ignore', log, log] });
    this.exit = once(this.#child, 'exit').then(([code, signal]) => ({ code, signal }));
    const child = this.#child;
    await until('the gateway is ready', async () => {
      if (child.exitCode !== null) throw new Error(`the gateway ended with ${child.exitCode}:\n${await this.log()}`);
      return fetch(`${this.url}/readyz`).then((response) => response.ok, () => false);
    }, { withinMs: START_MS }).catch((error) => {
      child.kill('SIGKILL'); // nobody would, who has not got it
      throw error;
    });
  }

  /** Asks it to stop, as a service manager does. */
  async stop() {
    this.#child.kill('SIGTERM');
    return this.exit;
  }

  async kill() {
    this.#child.kill('SIGKILL');
    return this.exit;
  }

  /** Stands still until it goes on, as a paused machine does. */
  pause() {
    this.#child.kill('SIGSTOP');
  }

  goOn() {
    this.#child.kill('SIGCONT');
  }

  /** Kills what still runs and removes the folder. */
  async remove() {
    if (this.running) await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  fetch(target, options) {
    return fetch(this.url + target, options);
  }

  /** The JSON of an API answer to the owner of the gateway's streams; fails on any other status than 200. */
  async api(target, options) {
    const response = await this.fetch(target, { headers: this.headers, ...options });
    const body = await response.text();
    if (response.status !== 200) throw new Error(`${target} answered ${response.status}: ${body}`);
    return JSON.parse(body);
  }

  /** The stream's JSON once it has an outcome. */
  async ended(id, options) {
    return until(`stream ${id} has an outcome`, async () => {
      const stream = await this.api(`/api/streams/${id}`, options);
      return stream.outcome && stream;
    });
  }
}

export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
