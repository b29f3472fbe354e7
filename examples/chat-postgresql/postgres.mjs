import { spawn, execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { homedir, platform, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const run = promisify(execFile);
const START_MS = 60_000;
const USER = 'chat';

/** There is no PostgreSQL here that could be started; the message says what to do. */
export class NoPostgres extends Error {}

/**
 * A PostgreSQL server of our own, from the programs that are installed, with its data in a folder of ours. Nothing of a
 * server that runs here already is touched.
 */
export class Postgres {
  #bin;
  #folder;
  #as;
  #port;
  #password;
  #child;

  /**
   * Makes the server's folder, unless it is there, and starts the server.
   *
   * @param {string} folder for it alone
   * @throws {NoPostgres} where no PostgreSQL is installed, or it can use the folder under no user
   */
  static async open(folder) {
    const postgres = new Postgres();
    postgres.#bin = await programs();
    postgres.#folder = path.resolve(folder);
    postgres.#as = await unprivileged();
    await postgres.#make();
    postgres.#port = await freePort();
    await postgres.start();
    return postgres;
  }

  get url() {
    return `postgres://${USER}:${this.#password}@127.0.0.1:${this.#port}/postgres`;
  }

  get running() {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async start() {
    const data = path.join(this.#folder, 'data');
    this.#child = spawn(
      path.join(this.#bin, 'postgres'),
      ['-D', data, '-p', String(this.#port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
      { ...this.#as, cwd: data, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let log = '';
    this.#child.stderr.on('data', (text) => (log = (log + text).slice(-4000)));
    const failed = once(this.#child, 'error').then(([error]) => Promise.reject(error));
    failed.catch(() => {});
    await Promise.race([failed, this.#ready(() => log)]);
  }

  /** Ends it at once, as a power cut of its machine would: what is not committed is lost, nothing else. */
  async kill() {
    await this.#end('SIGQUIT');
  }

  async stop() {
    await this.#end('SIGINT');
  }

  /** Ends it, and removes its folder with all that is in it. */
  async remove() {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #end(signal) {
    if (!this.running) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill(signal);
    await ended;
  }

  async #make() {
    await mkdir(this.#folder, { recursive: true });
    if (this.#as.uid !== undefined) await chown(this.#folder, this.#as.uid, this.#as.gid);
    await chmod(this.#folder, 0o700);
    const password = path.join(this.#folder, 'password');
    const made = await readFile(path.join(this.#folder, 'made'), 'utf8').then(Boolean, () => false);
    if (!made) {
      // An earlier attempt that broke off leaves a folder that initdb refuses.
      await rm(path.join(this.#folder, 'data'), { recursive: true, force: true });
      await writeFile(password, randomBytes(18).toString('base64url'), { mode: 0o600 });
      if (this.#as.uid !== undefined) await chown(password, this.#as.uid, this.#as.gid);
      await this.#initdb(password);
      await writeFile(path.join(this.#folder, 'made'), 'yes\n');
    }
    this.#password = await readFile(password, 'utf8');
  }

  async #initdb(password) {
    const data = path.join(this.#folder, 'data');
    const options = ['-D', data, '-U', USER, '-A', 'scram-sha-256', `--pwfile=${password}`, '-E', 'UTF8', '--locale=C'];
    try {
      await run(path.join(this.#bin, 'initdb'), options, { ...this.#as, cwd: '/' });
    } catch (error) {
      const why = (error.stderr || error.message).trim().split('\n').at(-1);
      const hint = this.#as.uid === undefined ? '' : ` It does not run as root, and user ${this.#as.name} may not be let into a folder above it.`;
      throw new NoPostgres(`PostgreSQL cannot use ${data}: ${why}.${hint} Name another folder in CHAT_DATA, or a database in DATABASE_URL.`);
    }
  }

  async #ready(log) {
    const deadline = performance.now() + START_MS;
    for (;;) {
      if (!this.running) throw new Error(`PostgreSQL ended:\n${log()}`);
      const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 2000 });
      try {
        await client.connect();
        return;
      } catch (error) {
        if (performance.now() > deadline) throw new Error(`PostgreSQL is not ready: ${error.message}\n${log()}`);
      } finally {
        await client.end().catch(() => {});
      }
      await sleep(50);
    }
  }
}

/** The same database, as Java names it. */
export function jdbcUrl(url) {
  const { hostname, port, pathname, username, password, searchParams } = new URL(url);
  if (username) searchParams.set('user', decodeURIComponent(username));
  if (password) searchParams.set('password', decodeURIComponent(password));
  return `jdbc:postgresql://${hostname}:${port || 5432}${pathname}?${searchParams}`;
}

/**
 * Makes the tables, unless they are there.
 *
 * @throws {NoPostgres} if the database cannot be reached, or refuses
 */
export async function createTables(url) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    await client.query(await readFile(new URL('schema.sql', import.meta.url), 'utf8'));
  } catch (error) {
    throw new NoPostgres(`The database does not take the example's tables: ${error.message}`);
  } finally {
    await client.end();
  }
}

/** A folder that the server's user can be given, wherever temporary files are. */
export const temporaryFolder = (name) => mkdtemp(path.join(tmpdir(), name));

/** The folder of `initdb` and `postgres`: where packages of Linux and macOS put them, the newest first; or of the PATH. */
async function programs() {
  const parents = ['/usr/lib/postgresql', '/usr/local/opt', '/opt/homebrew/opt', '/Library/PostgreSQL', path.join(homedir(), '.local')];
  const found = [];
  for (const parent of parents) {
    for (const name of await readdir(parent).catch(() => [])) {
      const version = /^(?:postgresql@?)?(\d+)(?:\.\d+)?$/.exec(name)?.[1];
      if (version) found.push({ version: Number(version), bin: path.join(parent, name, 'bin') });
    }
  }
  found.sort((a, b) => b.version - a.version);
  const inPath = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  for (const bin of [...found.map(({ bin }) => bin), '/usr/pgsql/bin', ...inPath]) {
    if ((await isProgram(path.join(bin, 'initdb'))) && (await isProgram(path.join(bin, 'postgres')))) return bin;
  }
  const install = platform() === 'darwin' ? 'brew install postgresql@17' : 'apt-get install postgresql';
  throw new NoPostgres(`There is no PostgreSQL here. Install one (${install}), or name a database: DATABASE_URL=postgres://user:password@host/db`);
}

const isProgram = (file) => access(file, constants.X_OK).then(() => true, () => false);

/** Whom the server runs as: ourselves, or where we are root, which PostgreSQL refuses to be, the user of its package. */
async function unprivileged() {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const ids = await Promise.all(['-u', '-g'].map((which) => run('id', [which, name]))).catch(() => null);
    if (ids) return { name, uid: Number(ids[0].stdout), gid: Number(ids[1].stdout) };
  }
  throw new NoPostgres('PostgreSQL does not run as root, and there is no user postgres here: name a database in DATABASE_URL');
}

export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
