import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lastword } from '../src/client/lastword.js';
import { CHAT, STREAM, answers, cuts, event, problem, readAll, scripted, sends } from './scripted-gateway.js';

const KEY = 'notes/2026 #1';
const ENCODED = encodeURIComponent(KEY);
const STREAMS = `GET /api/streams?conversation=${ENCODED}&limit=50`;
const CONVERSATION = `GET /api/conversations/${ENCODED}`;

/** How the streams of the conversation stand, the newest first. */
function standing(...outcomes) {
  const streams = outcomes.map((outcome, i) => ({ id: `s${i}`, state: outcome ? 'released' : 'open', outcome })).reverse();
  return answers(200, { streams, next: null });
}

function said(...outcomes) {
  const turns = outcomes.map((outcome, i) => ({ stream: `s${i}`, state: outcome ? 'released' : 'open', outcome, text: '' }));
  return answers(200, { conversation: KEY, turns, running: null });
}

test('given a conversation changes, then it is told once each time, and being unreachable ends nothing', async (t) => {
  const gateway = await scripted(t, {
    [STREAMS]: [standing(), standing(), standing(null), cuts(), standing(null), standing('cancelled'), standing('cancelled')],
    [CONVERSATION]: [said(), said(null), said(null), cuts(), said('cancelled')],
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
  assert.deepEqual(errors, ['connection_lost', 'connection_lost']);
});

test('given nothing changes, then what was said is not fetched again', async (t) => {
  const gateway = await scripted(t, {
    [STREAMS]: [...Array.from({ length: 20 }, () => standing('completed', null)), standing('completed', 'completed')],
    [CONVERSATION]: [said('completed', null), said('completed', 'completed')],
  });

  for await (const { turns } of new Lastword({ base: gateway.base }).follow(KEY, { everyMs: 1 })) if (turns[1].outcome) break;

  assert.deepEqual(gateway.lines(), [STREAMS, CONVERSATION, ...Array.from({ length: 20 }, () => STREAMS), CONVERSATION]);
});

test('given another tab starts an answer, then whoever follows looks at once, at its begin and at its end', async (t) => {
  const gateway = await scripted(t, {
    [STREAMS]: [standing(), standing(null), standing('completed')],
    [CHAT]: [sends(event(1, '[DONE]'))],
  });
  const lastword = new Lastword({ base: gateway.base });
  const changes = lastword.changes(KEY, { everyMs: 3_600_000 });
  assert.deepEqual((await changes.next()).value, []);

  const other = new Lastword({ base: gateway.base });
  const answer = await other.start('/v1/chat/completions', { body: {}, conversation: KEY });
  assert.deepEqual((await changes.next()).value, [{ id: 's0', state: 'open', outcome: null }]);

  await readAll(answer);
  assert.equal((await changes.next()).value[0].outcome, 'completed');
  await changes.return();
  assert.equal(answer.stream, STREAM);
});

test('given a turn or a conversation is deleted, then who follows is told, and what is not there is no error', async (t) => {
  const gateway = await scripted(t, {
    [STREAMS]: [standing('completed', 'failed'), standing()],
    [`DELETE /api/conversations/${ENCODED}`]: [answers(204), problem(404, 'not_found'), answers(500, {})],
    [`DELETE /api/streams/${STREAM}`]: [answers(204), problem(404, 'not_found'), problem(405, 'method_not_allowed')],
  });
  const lastword = new Lastword({ base: gateway.base });
  const changes = lastword.changes(KEY, { everyMs: 3_600_000 });
  assert.equal((await changes.next()).value.length, 2);

  assert.equal(await lastword.deleteConversation(KEY), true);
  assert.deepEqual((await changes.next()).value, []);
  assert.equal(await lastword.deleteConversation(KEY), false);
  await assert.rejects(lastword.deleteConversation(KEY), { code: 'refused', status: 500 });
  assert.equal(await lastword.deleteStream(STREAM), true);
  assert.equal(await lastword.deleteStream(STREAM), false);
  await assert.rejects(lastword.deleteStream(STREAM), { code: 'refused', status: 405 });
  await changes.return();
});
