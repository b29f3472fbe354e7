import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lastword } from '../src/client/lastword.js';
import { CHAT, STREAM, answers, cuts, event, readAll, scripted, sends } from './scripted-gateway.js';

const KEY = 'notes/2026 #1';
const CONVERSATION = `GET /api/conversations/${encodeURIComponent(KEY)}`;

function standing(...outcomes) {
  const turns = outcomes.map((outcome, i) => ({ stream: `s${i}`, state: outcome ? 'released' : 'open', outcome, text: '' }));
  return answers(200, { conversation: KEY, turns, running: null });
}

test('given a conversation changes, then it is told once each time, and being unreachable ends nothing', async (t) => {
  const gateway = await scripted(t, {
    [CONVERSATION]: [standing(), standing(), standing(null), cuts(), standing(null), standing('cancelled')],
  });
  const told = [];
  const errors = [];
  const leave = new AbortController();

  const following = new Lastword({ base: gateway.base }).follow(KEY, {
    signal: leave.signal,
    everyMs: 5,
    onError: (error) => errors.push(error.code),
  });
  for await (const { turns } of following) {
    told.push(turns.map(({ outcome }) => outcome));
    if (turns[0]?.outcome) leave.abort();
  }

  assert.deepEqual(told, [[], [null], [null], ['cancelled']]);
  assert.deepEqual(errors, ['connection_lost']);
});

test('given another tab starts an answer, then whoever follows looks at once, at its begin and at its end', async (t) => {
  const gateway = await scripted(t, {
    [CONVERSATION]: [standing(), standing(null), standing('completed')],
    [CHAT]: [sends(event(1, '[DONE]'))],
  });
  const lastword = new Lastword({ base: gateway.base });
  const following = lastword.follow(KEY, { everyMs: 3_600_000 });
  assert.deepEqual((await following.next()).value.turns, []);

  const other = new Lastword({ base: gateway.base });
  const answer = await other.start('/v1/chat/completions', { body: {}, conversation: KEY });
  assert.equal((await following.next()).value.turns[0].outcome, null);

  await readAll(answer);
  assert.equal((await following.next()).value.turns[0].outcome, 'completed');
  await following.return();
  assert.equal(answer.stream, STREAM);
});
