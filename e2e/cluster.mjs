import { ClusterProof } from './lib/cluster.mjs';
import { roundsOptions } from './lib/options.mjs';

const USAGE = `Usage: ./lastword cluster [--rounds 20] [--streams 12] [--seed N]

Three real gateways on one PostgreSQL under concurrent streams, of which one is killed with SIGKILL, stopped for longer
than its lease and let go on, or asked to end with SIGTERM, round after round: nothing that a client saw is missing or
changed, every acknowledged stream has one outcome within 15 s of the death, whoever saw an end finds a complete answer, on
every node. Of a node that is asked to end every answer is completed, and no reader of another is cut. Needs a PostgreSQL
that is installed. Exit code 0 when that held in every round, else 1, and the nodes' logs are kept.`;

const NO_POSTGRES = 3;
const { rounds, streams, seed } = roundsOptions('cluster', USAGE, { rounds: 20, streams: 12 });
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
