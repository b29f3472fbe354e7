import { parseArgs } from 'node:util';
import { ClusterProof } from './lib/cluster.mjs';

const USAGE = `Usage: ./lastword cluster [--rounds 20] [--streams 12] [--seed N]

Three real gateways on one PostgreSQL under concurrent streams, of which one is killed with SIGKILL, stopped for longer
than its lease and let go on, or asked to end with SIGTERM, round after round: nothing that a client saw is missing or
changed, every acknowledged stream has one outcome within 15 s of the death, whoever saw an end finds a complete answer, on
every node. Of a node that is asked to end every answer is completed, and no reader of another is cut. Needs a PostgreSQL
that is installed. Exit code 0 when that held in every round, else 1, and the nodes' logs are kept.`;

const NO_POSTGRES = 3;
const { rounds, streams, seed } = options();
console.log(`cluster: ${rounds} rounds, ${streams} streams at a time, seed ${seed}`);
const began = performance.now();
const proof = await ClusterProof.start({ seed, streams, program: process.env.LASTWORD_PROGRAM });
if (!proof) {
  console.error('cluster: there is no PostgreSQL here: apt-get install postgresql');
  process.exit(NO_POSTGRES);
}
for (let round = 1; round <= rounds && proof.faults.length === 0; round++) {
  await proof.round();
  console.log(`${round} of ${rounds} rounds, ${proof.streamsSeen} streams`);
}
if (proof.faults.length === 0) await proof.checkAllAgain();
for (const fault of proof.faults.slice(0, 20)) console.log(`FAULT ${fault}`);
if (proof.faults.length > 0) console.log(`the logs are kept in ${proof.folders.join(', ')}`);
console.log(summary());
await proof.close({ keepLogs: proof.faults.length > 0 });
process.exitCode = proof.faults.length === 0 ? 0 : 1;

function options() {
  try {
    const { values } = parseArgs({
      options: {
        rounds: { type: 'string', default: '20' },
        streams: { type: 'string', default: '12' },
        seed: { type: 'string', default: String(Date.now() % 1_000_000) },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      process.exit(0);
    }
    return Object.fromEntries(['rounds', 'streams', 'seed'].map((name) => [name, positive(name, values[name])]));
  } catch (error) {
    console.error(`cluster: ${error.message}`);
    return process.exit(2);
  }
}

function positive(name, value) {
  if (!/^[0-9]{1,9}$/.test(value)) throw new Error(`--${name} takes a whole number, not ${value}`);
  return Number(value);
}

function summary() {
  const ms = proof.outcomeMs.toSorted((a, b) => a - b).map(Math.round);
  const deaths = Object.entries(proof.deaths).map(([how, count]) => `${count} ${how}`);
  const outcomes = Object.entries(proof.outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  return (
    `${deaths.join(', ')}: ${proof.streamsSeen} streams (${outcomes.join(', ')}), ` +
    `${proof.eventsSeen} events seen by clients, ${proof.faults.length} faults; death to the last outcome ${ms[ms.length >> 1] ?? '-'} ms median, ` +
    `${ms.at(-1) ?? '-'} ms worst; ${Math.round((performance.now() - began) / 1000)} s`
  );
}
