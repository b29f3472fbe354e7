import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FailoverProof } from '../lib/failover.mjs';

test('given three nodes under streams, when the primary dies and its synchronous standby is promoted, then nothing that was seen is missing or changed', async (t) => {
  const seed = Number(process.env.LASTWORD_FAILOVER_SEED ?? Date.now() % 1_000_000);
  t.diagnostic(`repeat with LASTWORD_FAILOVER_SEED=${seed}`);
  const proof = await FailoverProof.start({ seed, streams: 9 });
  if (!proof) return t.skip('there is no PostgreSQL here with pg_basebackup, pg_ctl and psql');
  try {
    await proof.round();
    await proof.checkAllAgain();

    assert.deepEqual(proof.faults, [], `seed ${seed}`);
    assert.ok(proof.outcomes.interrupted > 0, 'streams were under way when their server died');
    assert.ok(proof.streamsSeen > 9 && proof.eventsSeen > 100, 'there was something to lose');
  } finally {
    await proof.close();
  }
});
