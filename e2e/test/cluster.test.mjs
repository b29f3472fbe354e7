import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClusterProof, DEATHS } from '../lib/cluster.mjs';

/** Longer than `./lastword cluster` gives: this runs beside other tests. */
const ENDED_WITHIN_MS = 45_000;

test(`given three nodes under streams, when one dies in each of ${DEATHS.length} ways, then nothing that was seen is missing or changed`, async (t) => {
  const seed = Number(process.env.LASTWORD_CLUSTER_SEED ?? Date.now() % 1_000_000);
  t.diagnostic(`repeat with LASTWORD_CLUSTER_SEED=${seed}`);
  const proof = await ClusterProof.start({ seed, streams: 9, endedWithinMs: ENDED_WITHIN_MS });
  if (!proof) return t.skip('there is no PostgreSQL here');
  try {
    for (const how of DEATHS) await proof.round(how);
    await proof.checkAllAgain();

    assert.deepEqual(proof.faults, [], `seed ${seed}`);
    assert.ok(proof.streamsSeen > 9 && proof.eventsSeen > 500, 'there was something to lose');
  } finally {
    await proof.close();
  }
});
