import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, chmod, chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './gateway.mjs';
import { until } from './until.mjs';

const run = promisify(execFile);
const SETTINGS = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200'];

/** A PostgreSQL server of a proof's own, from the programs that are installed, in a folder that goes with it. */
export class Postgres {
  #child;
  #folder;

  /** Undefined where none is installed. */
  static async start() {
    const bin = await programs();
    if (!bin) return undefined;
    const postgres = new Postgres();
    const as = await unprivileged();
    postgres.#folder = await mkdtemp(path.join(tmpdir(), 'lastword-postgres-'));
    await chmod(postgres.#folder, 0o700);
    if (as.uid !== undefined) await chown(postgres.#folder, as.uid, as.gid);
    const data = path.join(postgres.#folder, 'data');
    await run(path.join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C'], { ...as, cwd: '/' });
    postgres.port = await freePort();
    const options = SETTINGS.flatMap((setting) => ['-c', setting]);
    postgres.#child = spawn(path.join(bin, 'postgres'), ['-D', data, '-p', String(postgres.port), ...options], { ...as, cwd: '/', stdio: 'ignore' });
    await until('PostgreSQL takes connections', () => postgres.#answers(), { withinMs: 60_000 });
    return postgres;
  }

  /** As Java names it. */
  get jdbcUrl() {
    return `jdbc:postgresql://127.0.0.1:${this.port}/postgres?user=postgres`;
  }

  async #answers() {
    if (this.#child.exitCode !== null) throw new Error(`PostgreSQL ended with ${this.#child.exitCode}`);
    const socket = net.connect(this.port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }

  async remove() {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGQUIT');
      await ended;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** The folder of `initdb` and `postgres`: of the newest package of Debian's, or in the PATH. */
async function programs() {
  const packages = await readdir('/usr/lib/postgresql').catch(() => []);
  packages.sort((a, b) => Number(b) - Number(a));
  const folders = [...packages.map((version) => `/usr/lib/postgresql/${version}/bin`), ...(process.env.PATH ?? '').split(path.delimiter)];
  for (const folder of folders.filter(Boolean)) {
    if ((await isProgram(path.join(folder, 'initdb'))) && (await isProgram(path.join(folder, 'postgres')))) return folder;
  }
  return undefined;
}

const isProgram = (file) => access(file, constants.X_OK).then(() => true, () => false);

/** Whom the server runs as: ourselves, or where we are root, which PostgreSQL refuses to be, another. */
async function unprivileged() {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const ids = await Promise.all(['-u', '-g'].map((which) => run('id', [which, name]))).catch(() => null);
    if (ids) return { uid: Number(ids[0].stdout), gid: Number(ids[1].stdout) };
  }
  throw new Error('PostgreSQL does not run as root, and there is no user for it');
}
