import { FailoverProof } from './lib/failover.mjs';
import { roundsOptions } from './lib/options.mjs';

const USAGE = `Usage: ./lastword failover [--rounds 50] [--streams 12] [--seed N]

Three real gateways on a PostgreSQL with a synchronous standby. Round after round, under concurrent streams, the primary is
killed with SIGKILL, its standby promoted, nodes that end are started again, and another standby is made: nothing that a
client saw is missing or changed, every acknowledged stream has one outcome, whoever saw an end finds a complete answer, on
every node, and every epoch is the new timeline's. Needs a PostgreSQL that is installed, with pg_basebackup, pg_ctl and psql.
Exit code 0 when that held in every round, else 1, and the nodes' logs are kept.`;

const NO_POSTGRES = 3;
const { rounds, streams, seed } = roundsOptions('failover', USAGE, { rounds: 50, streams: 12 });
console.log(`failover: ${rounds} rounds, ${streams} streams at a time, seed ${seed}`);
const began = performance.now();
const proof = await FailoverProof.start({ seed, streams, program: process.env.LASTWORD_PROGRAM });
if (!proof) {
  console.error('failover: there is no PostgreSQL here with pg_basebackup, pg_ctl and psql: apt-get install postgresql');
  process.exit(NO_POSTGRES);
}
for (let round = 1; round <= rounds && proof.faults.length === 0; round++) {
  await proof.round().catch((error) => proof.faults.push(`round ${round}: ${error.message}`));
  console.log(`${round} of ${rounds} rounds, ${proof.streamsSeen} streams`);
}
if (proof.faults.length === 0) await proof.checkAllAgain();
for (const fault of proof.faults.slice(0, 20)) console.log(`FAULT ${fault}`);
if (proof.faults.length > 0) console.log(`the logs are kept in ${proof.folders.join(', ')}`);
console.log(summary());
await proof.close({ keepLogs: proof.faults.length > 0 });
process.exitCode = proof.faults.length === 0 ? 0 : 1;

function summary() {
  const deaths = Object.entries(proof.deaths).map(([how, count]) => `${count} ${how}`);
  const outcomes = Object.entries(proof.outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  return (
    `deaths of the primary: ${deaths.join(', ')}; ${proof.streamsSeen} streams (${outcomes.join(', ')}), ${proof.eventsSeen} events seen by ` +
    `clients, ${proof.refusals} told to come again, ${proof.faults.length} faults; from a death to the promotion ${spread(proof.promotedMs)}, to the ` +
    `first new answer ${spread(proof.answeredMs)}, to the last outcome ${spread(proof.outcomeMs)}; ${Math.round((performance.now() - began) / 1000)} s`
  );
}

function spread(figures) {
  const ms = figures.toSorted((a, b) => a - b).map(Math.round);
  return ms.length === 0 ? 'none' : `${ms[ms.length >> 1]} ms median, ${ms.at(-1)} ms worst`;
}
