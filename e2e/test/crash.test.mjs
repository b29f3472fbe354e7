import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CrashProof } from '../lib/crash.mjs';

const ROUNDS = 6;

test(`given 20 streams at a time, when the process is killed ${ROUNDS} times, then nothing that was seen is missing`, async (t) => {
  const seed = Number(process.env.LASTWORD_CRASH_SEED ?? Date.now() % 1_000_000);
  t.diagnostic(`repeat with LASTWORD_CRASH_SEED=${seed}`);
  const proof = await CrashProof.start({ seed, streams: 20 });
  try {
    for (let round = 0; round < ROUNDS; round++) await proof.round();
    await proof.checkAllAgain();

    assert.deepEqual(proof.faults, [], `seed ${seed}`);
    assert.ok(proof.streamsSeen > 20 && proof.eventsSeen > 1000, 'there was something to lose');
  } finally {
    await proof.close();
  }
});
