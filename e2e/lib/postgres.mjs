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
const SERVER = ['initdb', 'postgres'];
const WITH_STANDBY = [...SERVER, 'pg_basebackup', 'pg_ctl', 'psql'];
const START_MS = 60_000;

/** For `test(name, { skip })`: why there can be no PostgreSQL here. */
export const noPostgres = (await programs(SERVER)) ? false : 'there is no PostgreSQL here';

/** A PostgreSQL server of a proof's own, from the programs that are installed, in a folder that goes with it. */
export class Postgres {
  #child;
  #folder;
  #bin;
  #as;

  constructor(bin, as, folder, port) {
    this.#bin = bin;
    this.#as = as;
    this.#folder = folder;
    this.port = port;
  }

  /** Undefined where none is installed. */
  static async start(needed = SERVER) {
    const bin = await programs(needed);
    if (!bin) return undefined;
    const as = await unprivileged();
    const postgres = new Postgres(bin, as, await folderOf(as), await freePort());
    await postgres.#run('initdb', ['-D', postgres.#data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C']);
    await postgres.#serve();
    return postgres;
  }

  /** As Java names it. */
  get jdbcUrl() {
    return `jdbc:postgresql://127.0.0.1:${this.port}/postgres?user=postgres`;
  }

  get #data() {
    return path.join(this.#folder, 'data');
  }

  /** One of its programs, as whom it runs as; the working folder has to be one that he may enter. */
  #run(program, options) {
    return run(path.join(this.#bin, program), options, { ...this.#as, cwd: '/' });
  }

  async #serve() {
    const options = SETTINGS.flatMap((setting) => ['-c', setting]);
    const program = path.join(this.#bin, 'postgres');
    this.#child = spawn(program, ['-D', this.#data, '-p', String(this.port), ...options], { ...this.#as, cwd: '/', stdio: 'ignore' });
    await until('PostgreSQL takes connections', () => this.#answers(), { withinMs: START_MS });
  }

  async #answers() {
    if (!this.#runs) throw new Error(`PostgreSQL ended with ${this.#child.exitCode ?? this.#child.signalCode}`);
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

  get #runs() {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What the statements print, each in a transaction of its own. */
  async sql(...statements) {
    const at = ['-h', '127.0.0.1', '-p', String(this.port), '-U', 'postgres', '-d', 'postgres'];
    const { stdout } = await this.#run('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', ...at, ...statements.flatMap((one) => ['-c', one])]);
    return stdout.trim();
  }

  /** A copy at that port which follows, and for which every commit waits from then on. */
  async standby(port) {
    await until('PostgreSQL answers', () => this.sql('SELECT 1').catch(() => false), { withinMs: START_MS, everyMs: 100 });
    const standby = new Postgres(this.#bin, this.#as, await folderOf(this.#as), port);
    await this.#run('pg_basebackup', ['-D', standby.#data, '-d', `host=127.0.0.1 port=${this.port} user=postgres`, '-R', '-X', 'stream', '-c', 'fast']);
    await standby.#serve();
    await this.sql("ALTER SYSTEM SET synchronous_standby_names = '*'", 'SELECT pg_reload_conf()');
    const here = await this.sql('SELECT pg_current_wal_flush_lsn()');
    const follows = `SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync' AND flush_lsn >= '${here}'`;
    await until('the standby has what was there before', async () => (await this.sql(follows)) === '1', { withinMs: START_MS, everyMs: 100 });
    return standby;
  }

  /** A standby is the primary from now on. */
  async promote() {
    await this.#run('pg_ctl', ['promote', '-D', this.#data, '-w']);
  }

  /**
   * Kills it, and returns at once.
   *
   * @param {{alone?: boolean}} how all of its processes, as when its machine is gone; or the first alone, whose children end when they notice
   */
  async kill({ alone = false } = {}) {
    const children = await childrenOf(this.#child.pid);
    this.#child.kill('SIGKILL');
    if (!alone) children.forEach((pid) => signal(pid, 'SIGKILL'));
    this.gone = until('the processes of a killed PostgreSQL are gone', () => !this.#runs && !children.some((pid) => signal(pid, 0)), {
      withinMs: START_MS,
    });
    this.gone.catch(() => {}); // whoever removes it is told
  }

  async remove() {
    if (this.gone) await this.gone;
    else if (this.#runs) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGQUIT');
      await ended;
    }
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A primary, and a standby for which each of its commits waits, at two ports that stay. */
export class PostgresPair {
  #primary;
  #standby;

  /** Undefined where none is installed, or not all of its programs. */
  static async start() {
    const primary = await Postgres.start(WITH_STANDBY);
    if (!primary) return undefined;
    try {
      const pair = new PostgresPair();
      pair.#primary = primary;
      pair.#standby = await primary.standby(await freePort());
      return pair;
    } catch (error) {
      await primary.remove();
      throw error;
    }
  }

  /** As Java names whichever of the two is the primary. */
  get jdbcUrl() {
    const [first, second] = [this.#primary.port, this.#standby.port].sort((a, b) => a - b);
    return `jdbc:postgresql://127.0.0.1:${first},127.0.0.1:${second}/postgres?user=postgres&targetServerType=primary`;
  }

  killPrimary(how) {
    return this.#primary.kill(how);
  }

  /** The standby is the primary; at the dead one's port is nobody until there is another. */
  promote() {
    return this.#standby.promote();
  }

  /** A new standby in place of the one that was promoted, where the dead primary was. */
  async renew() {
    const dead = this.#primary;
    this.#primary = this.#standby;
    await dead.remove();
    this.#standby = await this.#primary.standby(dead.port);
  }

  /** How often a standby has been promoted, and 1. */
  async timeline() {
    return Number(await this.#primary.sql('SELECT timeline_id FROM pg_control_checkpoint()'));
  }

  /** The epochs of all journals there are. */
  async epochs() {
    const schemas = await this.#primary.sql("SELECT schemaname FROM pg_tables WHERE tablename = 'lastword_journals'");
    const each = schemas.split('\n').filter(Boolean);
    if (each.length === 0) return [];
    const rows = await this.#primary.sql(each.map((schema) => `SELECT epoch FROM "${schema}".lastword_journals`).join(' UNION ALL '));
    return rows.split('\n').filter(Boolean).map(BigInt);
  }

  async remove() {
    await Promise.all([this.#primary.remove(), this.#standby.remove()]);
  }
}

async function folderOf(as) {
  const folder = await mkdtemp(path.join(tmpdir(), 'lastword-postgres-'));
  await chmod(folder, 0o700);
  if (as.uid !== undefined) await chown(folder, as.uid, as.gid);
  return folder;
}

/** The folder of these programs: of the newest package of Debian's, or in the PATH. */
async function programs(needed) {
  const packages = await readdir('/usr/lib/postgresql').catch(() => []);
  packages.sort((a, b) => Number(b) - Number(a));
  const folders = [...packages.map((version) => `/usr/lib/postgresql/${version}/bin`), ...(process.env.PATH ?? '').split(path.delimiter)];
  for (const folder of folders.filter(Boolean)) {
    const there = await Promise.all(needed.map((program) => isProgram(path.join(folder, program))));
    if (there.every(Boolean)) return folder;
  }
  return undefined;
}

function isProgram(file) {
  return access(file, constants.X_OK).then(() => true, () => false);
}

async function childrenOf(parent) {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=']);
  const pairs = stdout.trim().split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.filter(([, of]) => of === parent).map(([pid]) => pid);
}

/** Whether there was such a process. */
function signal(pid, name) {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
    return false;
  }
}

/** Whom the server runs as: ourselves, or where we are root, which PostgreSQL refuses to be, another. */
async function unprivileged() {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const ids = await Promise.all(['-u', '-g'].map((which) => run('id', [which, name]))).catch(() => null);
    if (ids) return { uid: Number(ids[0].stdout), gid: Number(ids[1].stdout) };
  }
  throw new Error('PostgreSQL does not run as root, and there is no user for it');
}
