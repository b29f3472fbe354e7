import { setTimeout as sleep } from 'node:timers/promises';
import { delta, finish, role, usage } from './openai.mjs';
import { follow } from './raw.mjs';

/** The kinds of clients of a proof: what they read by, and whether they leave. */
export const KINDS = ['post', 'post with ids', 'follow', 'leave'];

const NOTICES = ['journal_closed'];

/** What the model of a proof says to request `number`, drawn by its random numbers. */
export const drawPlan = (random, number) => ({
  number,
  words: random.between(1, 200),
  burst: random.between(1, 10),
  pauseMs: random.between(1, 20),
});

/** The scripted model: says as many words as it is asked for, in bursts; `said` is told of each. */
export async function answerAsPlanned(exchange, said) {
  const plan = JSON.parse(exchange.json().user);
  exchange.stream();
  exchange.data(role());
  const contents = contentsOf(plan);
  for (let at = 0; at < contents.length; at += plan.burst) {
    const burst = contents.slice(at, at + plan.burst);
    for (const content of burst) exchange.data(delta(content));
    said(burst.length);
    await sleep(plan.pauseMs);
    if (exchange.gone) return;
  }
  exchange.data(finish());
  exchange.data(usage(plan.words));
  exchange.data('[DONE]');
  exchange.end();
}

/** What is kept is what the upstream said, all of it where the outcome is completed. Gives the faults. */
export function comparedWithPlan(plan, { outcome, text }) {
  const whole = contentsOf(plan).join('');
  const faults = [];
  if (outcome === 'completed' && text !== whole) faults.push('is completed, and not whole');
  if (!whole.startsWith(text)) faults.push('has text that the upstream did not say');
  return faults;
}

/** Nothing that a client saw is missing, and nothing it was told is untrue. Gives the faults; asks `gateway` for the rest. */
export async function comparedWithView(gateway, id, view, { outcome, events }) {
  const seen = withoutNotice(view);
  const missing = seen.findIndex(({ data }, at) => data !== events[at]?.data);
  if (missing >= 0) {
    const there = events[missing]?.data ?? `nothing (${events.length} events, ${outcome})`;
    return [`has lost event ${missing} of ${seen.length} that a client saw: ${seen[missing].data}, where now is ${there}`];
  }
  const renamed = seen.findIndex((event, at) => event.id !== undefined && event.id !== events[at].id);
  if (renamed >= 0) return [`has given event ${renamed} another id`];
  const faults = [];
  if (outcome !== 'completed' && seen.some(soundsFinal)) faults.push(`a client saw the end, and it is ${outcome}`);
  const lastId = seen.at(-1)?.id;
  if (lastId === undefined) return faults;
  const rest = await follow(gateway, id, { after: lastId }).done;
  const expected = events.slice(seen.length);
  if (rest.status !== (expected.length > 0 ? 200 : 204)) faults.push(`resume after ${lastId} answered ${rest.status}`);
  if (JSON.stringify(rest.events) !== JSON.stringify(expected)) faults.push(`resume after ${lastId} is not exact`);
  return faults;
}

const contentsOf = ({ number, words }) => Array.from({ length: words }, (_, i) => `${number}:${i} `);

export const contentOf = (events) =>
  events
    .filter(({ data }) => data !== '[DONE]')
    .map(({ data }) => JSON.parse(data).choices?.[0]?.delta?.content ?? '')
    .join('');

/**
 * What is about the connection and not of the stream: said without an id to a client that cannot come back, right before
 * its connection breaks. A node that has lost its journal says it, until its process is gone.
 */
function withoutNotice({ events, error }) {
  const last = events.at(-1);
  const isNotice = error && last && last.id === undefined && NOTICES.includes(codeOf(last));
  return isNotice ? events.slice(0, -1) : events;
}

const codeOf = ({ data }) => (data === '[DONE]' ? undefined : JSON.parse(data).error?.code);

const soundsFinal = ({ data }) => data === '[DONE]' || Boolean(JSON.parse(data).choices?.[0]?.finish_reason);
