import { CrashProof } from './lib/crash.mjs';
import { roundsOptions } from './lib/options.mjs';

const USAGE = `Usage: ./lastword crash [--rounds 200] [--streams 20] [--seed N]

Kills the real gateway with SIGKILL under concurrent streams, starts it again on the same data and compares: nothing that
a client saw is missing, every acknowledged stream has an outcome within 10 s, whoever saw an end finds a complete answer.
Exit code 0 when that held in every round, else 1, and the data folder is kept.`;

const { rounds, streams, seed } = roundsOptions('crash', USAGE, { rounds: 200, streams: 20 });
console.log(`crash: ${rounds} rounds, ${streams} streams at a time, seed ${seed}`);
const began = performance.now();
const proof = await CrashProof.start({ seed, streams });
for (let round = 1; round <= rounds && proof.faults.length === 0; round++) {
  await proof.round();
  if (process.stdout.isTTY || round % 20 === 0) tell(`${round} of ${rounds} rounds, ${proof.streamsSeen} streams`);
}
if (process.stdout.isTTY) process.stdout.write('\n');
if (proof.faults.length === 0) await proof.checkAllAgain();
for (const fault of proof.faults.slice(0, 20)) console.log(`FAULT ${fault}`);
if (proof.faults.length > 0) console.log(`the data is kept in ${proof.folder}`);
console.log(summary());
await proof.close({ keepData: proof.faults.length > 0 });
process.exitCode = proof.faults.length === 0 ? 0 : 1;

/** A line that is overwritten on a terminal. */
function tell(line) {
  process.stdout.write(process.stdout.isTTY ? `\r${line}` : `${line}\n`);
}

function summary() {
  const ready = proof.readyMs.toSorted((a, b) => a - b).map(Math.round);
  const outcomes = Object.entries(proof.outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  return (
    `${ready.length} kills: ${proof.streamsSeen} streams (${outcomes.join(', ')}), ${proof.eventsSeen} events seen by clients, ` +
    `${proof.faults.length} faults; restart to ready ${ready[ready.length >> 1]} ms median, ${ready.at(-1)} ms worst; ` +
    `${Math.round((performance.now() - began) / 1000)} s`
  );
}
