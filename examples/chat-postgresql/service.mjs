import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const READY_MS = 300_000;

/** A program that serves HTTP: started, killed, started again. */
export class Service {
  #command;
  #options;
  #child;

  /**
   * @param {string[]} command
   * @param {{env?: object, readyUrl: string, stdio?: object}} options `readyUrl` answers as soon as it serves
   */
  constructor(command, { env = {}, readyUrl, stdio = ['ignore', 'inherit', 'inherit'] }) {
    this.#command = command;
    this.#options = { env, readyUrl, stdio };
  }

  get pid() {
    return this.#child?.pid;
  }

  get running() {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves once it has ended, whoever ended it. */
  get ended() {
    return this.running ? once(this.#child, 'exit') : Promise.resolve();
  }

  /** Starts it and waits until it serves. */
  async start() {
    const [program, ...args] = this.#command;
    const { env, readyUrl, stdio } = this.#options;
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio });
    this.#child = child;
    const failed = once(child, 'error').then(([error]) => Promise.reject(error));
    failed.catch(() => {});
    const deadline = performance.now() + READY_MS;
    const ready = async () => {
      for (;;) {
        if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${program} ended with ${child.exitCode ?? child.signalCode}`);
        if (await fetch(readyUrl).then((response) => response.ok, () => false)) return;
        if (performance.now() > deadline) throw new Error(`${readyUrl} does not answer`);
        await sleep(20);
      }
    };
    await Promise.race([failed, ready()]);
  }

  async kill(signal = 'SIGKILL') {
    if (!this.running) return;
    const ended = this.ended;
    this.#child.kill(signal);
    await ended;
  }
}
