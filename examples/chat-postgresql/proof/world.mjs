import { once } from 'node:events';
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { until } from '../../../e2e/lib/until.mjs';
import { createModel } from '../model.mjs';
import { createTables, freePort, jdbcUrl, NoPostgres, Postgres, temporaryFolder } from '../postgres.mjs';
import { Service } from '../service.mjs';
import { TcpProxy } from './tcp-proxy.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const SECRET = `whsec_${Buffer.from('the secret of the proof').toString('base64')}`;
const MODEL_KEY = 'proof';
/** Short, so that a round sees many calls, and readers who are told that the answer waits. */
const SHORT = ['save.timeout-ms=1000', 'save.retry-max-ms=400', 'save.hold-ms=1500'].flatMap((one) => ['--set', one]);
const HEAL_MS = 30_000;

/** What can be broken on purpose, so that the proof shows that it can fail. */
export const SABOTAGES = {
  journal: 'the ending is told once it is in the journal (save.policy=journal)',
  twice: 'the statement is a plain insert, into a table without a primary key',
  early: 'the webhook is acknowledged before the application has committed',
};

/** The example as it is, on ports of its own: application, gateway, PostgreSQL behind a network that can fail. */
export class World {
  #postgres;
  #early;
  #dropSchema;
  #closed = false;
  #url;
  #log;
  folder;

  /**
   * @param {{answer: (question: string) => AsyncIterable<string>, sabotage?: string, databaseUrl?: string}} how
   * @throws {NoPostgres} where there is none
   */
  static async open({ answer, sabotage, databaseUrl }) {
    const world = new World();
    try {
      await world.#open(answer, sabotage, databaseUrl);
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  async #open(answer, sabotage, databaseUrl) {
    this.folder = await temporaryFolder('lastword-proof-');
    if (!databaseUrl) this.#postgres = await ownPostgres();
    this.#url = databaseUrl ? await this.#schemaIn(databaseUrl) : this.#postgres.url;
    await createTables(this.#url);
    this.#log = await open(path.join(this.folder, 'log'), 'a');
    this.table = new pg.Pool({ connectionString: this.#url, max: 4, connectionTimeoutMillis: 5000 });
    this.table.on('error', () => {}); // the server was killed; the next query makes another connection
    const { hostname, port } = new URL(this.#url);
    this.network = await TcpProxy.listen(Number(port || 5432), hostname);
    this.model = createModel(answer).listen(0, '127.0.0.1');
    await once(this.model, 'listening');
    await this.#services(sabotage);
  }

  /** A schema of our own, so that nothing which is there is touched: the same database under a URL that names it. */
  async #schemaIn(databaseUrl) {
    const name = `lastword_proof_${process.pid}`;
    await query(databaseUrl, `create schema ${name}`).catch((error) => {
      throw new NoPostgres(`The database does not take a schema of the proof's: ${error.message}`);
    });
    this.#dropSchema = () => query(databaseUrl, `drop schema ${name} cascade`);
    const url = new URL(databaseUrl);
    url.searchParams.set('options', `-c search_path=${name}`);
    return String(url);
  }

  async #services(sabotage) {
    const through = new URL(this.#url);
    through.hostname = '127.0.0.1';
    through.port = this.network.port;
    const [appPort, gatewayPort] = [await freePort(), await freePort()];
    this.app = `http://127.0.0.1:${appPort}`;
    this.gateway = `http://127.0.0.1:${gatewayPort}`;
    const stdio = ['ignore', this.#log.fd, this.#log.fd];
    this.application = new Service([process.execPath, here('../app.mjs')], {
      env: { PORT: String(appPort), GATEWAY_URL: this.gateway, DATABASE_URL: String(through), HOOK_SECRET: SECRET, MODEL_KEY },
      readyUrl: `${this.app}/`,
      stdio,
    });
    const settings = sabotage === 'journal' ? [...SHORT, '--set', 'save.policy=journal'] : SHORT;
    const command = ['serve', '--config', await this.#config(sabotage), '--listen', `127.0.0.1:${gatewayPort}`, ...settings];
    this.relay = new Service([here('../../../lastword'), ...command, '--data', path.join(this.folder, 'data')], {
      env: {
        MODEL_URL: `http://127.0.0.1:${this.model.address().port}`,
        JDBC_URL: jdbcUrl(String(through)),
        HOOK_URL: await this.#hookUrl(sabotage),
        HOOK_SECRET: SECRET,
      },
      readyUrl: `${this.gateway}/readyz`,
      stdio,
    });
    await Promise.all([this.application.start(), this.relay.start()]);
  }

  /** The example's own file, unless it is to be wrong. */
  async #config(sabotage) {
    if (sabotage !== 'twice') return here('../lastword.yaml');
    const text = await readFile(here('../lastword.yaml'), 'utf8');
    const plain = text.replace(/insert into ([^]*?)\n +on conflict [^]*?(?=\n +#)/, 'with row as (insert into $1 returning id) select id from row');
    if (plain === text) throw new Error('lastword.yaml has no statement that could be sabotaged');
    const file = path.join(this.folder, 'lastword.yaml');
    await writeFile(file, plain);
    await this.table.query('alter table messages drop constraint messages_pkey');
    return file;
  }

  async #hookUrl(sabotage) {
    const hook = `${this.app}/hooks/lastword`;
    if (sabotage !== 'early') return hook;
    this.#early = http.createServer(async (request, response) => {
      const parts = [];
      for await (const part of request) parts.push(part);
      response.writeHead(204).end();
      const { host, connection, 'content-length': length, ...headers } = request.headers;
      await fetch(hook, { method: 'POST', headers, body: Buffer.concat(parts) }).catch(() => {});
    });
    this.#early.listen(0, '127.0.0.1');
    await once(this.#early, 'listening');
    return `http://127.0.0.1:${this.#early.address().port}/`;
  }

  /** Whether PostgreSQL itself can be killed: only if it is ours. */
  get ownsPostgres() {
    return this.#postgres !== undefined;
  }

  killPostgres() {
    return this.#postgres.kill();
  }

  /** Everything works again. */
  async heal() {
    if (this.#closed) return;
    await this.network.pass();
    const start = (service) => (service.running ? undefined : service.start());
    await Promise.all([start(this.application), start(this.relay), this.ownsPostgres && start(this.#postgres)]);
  }

  /** A query by a connection of its own, which no fault of the network meets; it waits while PostgreSQL is killed. */
  async rows(sql, values) {
    return until(
      'PostgreSQL answers',
      () => this.table.query(sql, values).then(({ rows }) => ({ rows }), (error) => (isDown(error) ? null : Promise.reject(error))),
      { withinMs: HEAL_MS },
    ).then(({ rows }) => rows);
  }

  /** The gateway's API, as the owner of the application's streams; null for what is not there. */
  async api(target) {
    const response = await fetch(this.gateway + target, { headers: this.headers });
    if (response.status === 404) return null;
    if (!response.ok) throw new Error(`${target} answered ${response.status}: ${await response.text()}`);
    return response.json();
  }

  get headers() {
    return { Authorization: `Bearer ${MODEL_KEY}` };
  }

  async close({ keep = false } = {}) {
    this.#closed = true;
    await Promise.all([this.relay?.kill(), this.application?.kill()]);
    await this.network?.close();
    await this.table?.end();
    for (const server of [this.model, this.#early]) {
      server?.closeAllConnections();
      server?.close();
    }
    await this.#dropSchema?.();
    await this.#postgres?.remove();
    await this.#log?.close();
    if (!keep && this.folder) await rm(this.folder, { recursive: true, force: true });
  }
}

async function ownPostgres() {
  const folder = await temporaryFolder('lastword-proof-db-');
  try {
    return await Postgres.open(folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function query(url, sql) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** No connection, or one whose server was killed, or is starting (57P03) or ending. */
const isDown = ({ code, message }) => !code || !/^(?!57P)[0-9A-Z]{5}$/.test(code) || /terminated|timeout/.test(message);
