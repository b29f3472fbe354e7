import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClusterProof } from '../lib/cluster.mjs';

const ROUNDS = 3;

test(`given three nodes under streams, when one dies ${ROUNDS} times, then nothing that was seen is missing or changed`, async (t) => {
  const seed = Number(process.env.LASTWORD_CLUSTER_SEED ?? Date.now() % 1_000_000);
  t.diagnostic(`repeat with LASTWORD_CLUSTER_SEED=${seed}`);
  const proof = await ClusterProof.start({ seed, streams: 9 });
  if (!proof) return t.skip('there is no PostgreSQL here');
  try {
    for (let round = 0; round < ROUNDS; round++) await proof.round();
    await proof.checkAllAgain();

    assert.deepEqual(proof.faults, [], `seed ${seed}`);
    assert.ok(proof.streamsSeen > 9 && proof.eventsSeen > 500, 'there was something to lose');
  } finally {
    await proof.close();
  }
});
