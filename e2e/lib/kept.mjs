import { createHash } from 'node:crypto';
import { contentOf } from './planned.mjs';
import { follow } from './raw.mjs';
import { until } from './until.mjs';

const NOTHING = { outcome: null, events: [], text: '', hash: '' };

/** The stream once it has an outcome; nothing before, and while nobody answers for its shard, which passes. */
export async function ended(gateway, id) {
  const response = await gateway.fetch(`/api/streams/${id}`);
  const text = await response.text();
  if (response.status === 503 || response.status === 502) return undefined;
  if (response.status !== 200) throw new Error(`/api/streams/${id} answered ${response.status}: ${text}`);
  const stream = JSON.parse(text);
  return stream.outcome && stream;
}

/** What is kept of a stream that was acknowledged, and the faults of that. */
export async function keptOf(gateway, id, { withinMs }) {
  const stream = await until('outcome', () => ended(gateway, id), { withinMs }).catch((error) => error);
  if (stream instanceof Error) return { ...NOTHING, faults: [`was acknowledged: ${stream.message}`] };
  const { outcome } = stream;
  const replay = await follow(gateway, id).done;
  const faults = [];
  if (replay.status !== 200 || (outcome === 'completed' && replay.error)) faults.push(`replay: ${replay.status} ${replay.error}`);
  if (replay.events.length < stream.events) faults.push(`replay has ${replay.events.length} of ${stream.events} events`);
  const hash = createHash('sha256').update(JSON.stringify(replay.events)).digest('hex');
  return { outcome, events: replay.events, text: contentOf(replay.events), hash, faults };
}
