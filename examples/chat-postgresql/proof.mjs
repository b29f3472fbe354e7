import { parseArgs } from 'node:util';
import { NoPostgres } from './postgres.mjs';
import { NOT_REACHED, Proof, STEPS } from './proof/rounds.mjs';
import { SABOTAGES } from './proof/world.mjs';

const USAGE = `Usage: run proof [--rounds 300] [--seed N] [--sabotage ${Object.keys(SABOTAGES).join(' | ')}]

Readers read answers of the example; at a drawn step (${STEPS.join(', ')}) the gateway, the application
or PostgreSQL is killed, or the network before it refuses, resets, hangs or is slow; all is healed. In every round: no reader saw
an ending without its rows, no stream has two, each has one with its outcome, and what a reader saw is in it.
Exit code 0 when that held, else 1, and the gateway's data and log are kept; 3 where there is no PostgreSQL.
DATABASE_URL names one that is there: a schema is made in it, and removed; it is not killed.

A sabotage is there to see the proof fail:
${Object.entries(SABOTAGES).map(([name, what]) => `  ${name.padEnd(9)}${what}`).join('\n')}`;

const { count, seed, sabotage } = options();
console.log(`proof: ${count} rounds, seed ${seed}${sabotage ? `, sabotaged: ${SABOTAGES[sabotage]}` : ''}`);
const began = performance.now();
const proof = await start();
let done = 0;
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => void end(130));
try {
  await rounds();
  await end(proof.faults.length > 0 ? 1 : 0);
} catch (error) {
  // What is killed when it is to stop fails in the round that still runs.
  if (!stopping) console.error(`proof: ${error.stack}`);
  await end(1);
}

async function rounds() {
  while (done < count && proof.faults.length === 0) {
    await proof.round();
    done++;
    if (process.stdout.isTTY || done % 20 === 0) tell(`${done} of ${count} rounds, ${proof.streams} streams`);
  }
  if (process.stdout.isTTY) process.stdout.write('\n');
  if (proof.faults.length === 0) await proof.checkAllAgain();
  for (const fault of proof.faults.slice(0, 20)) console.log(`FAULT ${fault}`);
  console.log(table());
  console.log(summary());
}

/** Ends all that was started, once; whoever comes later waits for it. */
async function end(code) {
  if (stopping) return new Promise(() => {});
  stopping = true;
  if (code === 1) console.log(`data and log are kept in ${proof.folder}`);
  await proof.close({ keep: code === 1 });
  return process.exit(code);
}

async function start() {
  try {
    return await Proof.start({ seed, sabotage, databaseUrl: process.env.DATABASE_URL });
  } catch (error) {
    if (!(error instanceof NoPostgres)) throw error;
    console.error(`proof: ${error.message}`);
    return process.exit(3);
  }
}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        rounds: { type: 'string', default: '300' },
        seed: { type: 'string', default: String(Date.now() % 1_000_000) },
        sabotage: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      process.exit(0);
    }
    const { sabotage } = values;
    if (sabotage !== undefined && !Object.hasOwn(SABOTAGES, sabotage)) throw new Error(`--sabotage takes ${Object.keys(SABOTAGES).join(', ')}`);
    return { count: whole('rounds', values.rounds), seed: whole('seed', values.seed), sabotage };
  } catch (error) {
    console.error(`proof: ${error.message}`);
    return process.exit(2);
  }
}

/** A line that is overwritten on a terminal. */
function tell(line) {
  process.stdout.write(process.stdout.isTTY ? `\r${line}` : `${line}\n`);
}

function whole(name, value) {
  if (!/^[0-9]{1,9}$/.test(value)) throw new Error(`--${name} takes a whole number, not ${value}`);
  return Number(value);
}

/** Rounds by step and fault, as Markdown. */
function table() {
  const faults = [...new Set(Object.values(proof.counts).flatMap(Object.keys))].sort();
  const row = (cells) => `| ${cells.join(' | ')} |`;
  const body = [...STEPS, NOT_REACHED].filter((step) => proof.counts[step]).map((step) => row([step, ...faults.map((fault) => proof.counts[step][fault] ?? 0)]));
  return [row(['step', ...faults]), row(['---', ...faults.map(() => '---')]), ...body].join('\n');
}

function summary() {
  const outcomes = Object.entries(proof.outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  return (
    `${done} rounds: ${proof.streams} streams (${outcomes.join(', ')}), ${proof.notBegun} requests that did not begin one, ` +
    `${proof.readers} readers, ${proof.endings} endings seen, ${proof.notices} times told to wait, ${proof.faults.length} faults; ` +
    `${Math.round((performance.now() - began) / 1000)} s`
  );
}
