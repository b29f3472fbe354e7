import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTables, jdbcUrl, NoPostgres, Postgres } from './postgres.mjs';
import { Service } from './service.mjs';

const USAGE = `Usage: run            the chat application, the gateway, a scripted model, and a PostgreSQL of its own
       run proof      the proof: kills and faults at every step (run proof --help)

Environment:
  DATABASE_URL   a PostgreSQL that is there: postgres://user:password@host/db; two tables are made in it
  MODEL_URL      a model with OpenAI's chat completions, instead of the scripted one; MODEL, MODEL_KEY
  PORT           of the application, 3000; GATEWAY_PORT 8080, MODEL_PORT 8081
  CHAT_DATA      folder for what is kept, .data beside this file`;

const { PORT = '3000', GATEWAY_PORT = '8080', MODEL_PORT = '8081', DATABASE_URL, MODEL_URL, CHAT_DATA } = process.env;
const AGAIN_MS = 2000;
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const say = (text) => console.log(`\n\x1b[1m${text}\x1b[0m`);

if (process.argv.length > 2) {
  console.log(USAGE);
  process.exit(process.argv[2] === '--help' ? 0 : 2);
}

const folder = CHAT_DATA || here('.data');
let stopping = false;
let postgres;
const services = [];
try {
  await main();
} catch (error) {
  console.error(`run: ${error instanceof NoPostgres ? error.message : error.stack}`);
  await stop(error instanceof NoPostgres ? 3 : 1);
}

async function main() {
  if (!DATABASE_URL) postgres = await Postgres.open(path.join(folder, 'postgresql'));
  const database = DATABASE_URL || postgres.url;
  await createTables(database);

  const secret = `whsec_${randomBytes(24).toString('base64')}`;
  const app = `http://127.0.0.1:${PORT}`;
  const base = `http://127.0.0.1:${GATEWAY_PORT}`;
  const model = MODEL_URL || `http://127.0.0.1:${MODEL_PORT}`;
  if (!MODEL_URL) await keep('model', [process.execPath, here('model.mjs')], { env: { PORT: MODEL_PORT }, readyUrl: `${model}/v1/models` });
  const application = await keep('application', [process.execPath, here('app.mjs')], {
    env: { PORT, GATEWAY_URL: base, DATABASE_URL: database, HOOK_SECRET: secret },
    readyUrl: `${app}/`,
  });
  const gateway = await keep(
    'gateway',
    [here('../../lastword'), 'serve', '--config', here('lastword.yaml'), '--listen', `127.0.0.1:${GATEWAY_PORT}`, '--data', path.join(folder, 'gateway')],
    { env: { MODEL_URL: model, JDBC_URL: jdbcUrl(database), HOOK_URL: `${app}/hooks/lastword`, HOOK_SECRET: secret }, readyUrl: `${base}/readyz` },
  );
  say(`Ready: ${app}

Ask something, and while it is answered press a key and Enter here:
  g   kill -9 the gateway (pid ${gateway.pid}); it is started again after ${AGAIN_MS / 1000} s
  a   kill -9 the application (pid ${application.pid}); likewise
  d   ${postgres ? 'stop PostgreSQL, or start it again' : 'PostgreSQL is yours: stop it yourself'}
  q   quit`);
  createInterface({ input: process.stdin }).on('line', (line) => void act(line.trim(), { application, gateway }));
}

async function act(key, { application, gateway }) {
  if (key === 'q') await stop(0);
  else if (key === 'g') await gateway.kill();
  else if (key === 'a') await application.kill();
  else if (key === 'd' && postgres?.running) {
    await postgres.kill();
    say('PostgreSQL is stopped: answers that end now are withheld. d starts it again.');
  } else if (key === 'd' && postgres) {
    await postgres.start();
    say('PostgreSQL is there again.');
  }
}

/** Starts a service, and from then on again whenever it has ended. */
async function keep(name, command, options) {
  const service = new Service(command, options);
  services.push(service);
  await service.start();
  void restarted(name, service);
  return service;
}

async function restarted(name, service) {
  for (;;) {
    await service.ended;
    if (stopping) return;
    say(`The ${name} has ended; again in ${AGAIN_MS / 1000} s.`);
    await sleep(AGAIN_MS);
    if (stopping) return;
    await service.start().then(
      () => say(`The ${name} is there again (pid ${service.pid}).`),
      (error) => say(`The ${name}: ${error.message}`),
    );
  }
}

async function stop(code) {
  if (stopping) return;
  stopping = true;
  for (const service of [...services].reverse()) await service.kill('SIGTERM');
  await postgres?.stop();
  process.exit(code);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop(0));
