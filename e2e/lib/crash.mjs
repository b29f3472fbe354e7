import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Gateway } from './gateway.mjs';
import { KINDS, answerAsPlanned, comparedWithPlan, comparedWithView, contentOf, drawPlan } from './planned.mjs';
import { Random } from './random.mjs';
import { follow, post } from './raw.mjs';
import { until } from './until.mjs';
import { Upstream } from './upstream.mjs';

const ENDED_WITHIN_MS = 10_000;
/** About a second of what 20 clients ask for, where the machine has the time. */
const EVENTS_BEFORE_KILL_MAX = 8_000;

/**
 * Kills the real process with SIGKILL at random moments while `streams` clients read answers through it, starts it again
 * on the same data, and compares what every client saw with what is there. The seed repeats the plan: lengths, pauses,
 * kinds of clients and the moments of the kills; not the operating system's timing.
 */
export class CrashProof {
  #random;
  #upstream;
  #gateway;
  #streams;
  #down = false;
  #numbers = 0;
  /** Events that the upstream has sent. */
  #said = 0;
  /** What was found of every stream that was ever acknowledged, to be found again at the end. */
  #known = new Map();

  faults = [];
  eventsSeen = 0;
  outcomes = {};
  readyMs = [];

  static async start({ seed, streams }) {
    const proof = new CrashProof();
    proof.#random = new Random(seed);
    proof.#streams = streams;
    proof.#upstream = await Upstream.listen();
    proof.#upstream.on('crash', (exchange) => answerAsPlanned(exchange, (words) => (proof.#said += words)));
    proof.#gateway = await Gateway.start({ upstream: proof.#upstream.url, headers: {} });
    return proof;
  }

  get streamsSeen() {
    return this.#known.size;
  }

  get folder() {
    return this.#gateway.folder;
  }

  /** Load, kill, start, compare. */
  async round() {
    this.#down = false;
    this.#upstream.exchanges.length = 0;
    const readers = Array.from({ length: this.#streams }, () => this.#readUntilDown());
    const enough = this.#said + this.#random.between(1, EVENTS_BEFORE_KILL_MAX);
    await until('the upstream has said enough', () => this.#said >= enough, { withinMs: 60_000, everyMs: 1 });
    await sleep(this.#random.between(0, 20));
    await this.#gateway.kill();
    this.#down = true;
    const seen = (await Promise.all(readers)).flat();

    const started = performance.now();
    await this.#gateway.run();
    this.readyMs.push(performance.now() - started);
    await Promise.all(seen.map((one) => this.#check(one)));
    const { streams } = await this.#gateway.api('/api/streams?state=open&limit=1');
    if (streams.length > 0) this.#fault(streams[0].id, 'is still open, and no client knew of it');
  }

  /** After all rounds, and one more clean restart: every answer is still what it was. */
  async checkAllAgain() {
    await this.#gateway.stop();
    await this.#gateway.run();
    for (const [id, before] of this.#known) {
      const now = await this.#found(id);
      if (now.outcome !== before.outcome || now.hash !== before.hash) this.#fault(id, 'is not what it was after its crash');
    }
  }

  async close({ keepData = false } = {}) {
    if (keepData) await this.#gateway.kill();
    else await this.#gateway.remove();
    await this.#upstream.close();
  }

  /** One client after the other, until the gateway is gone. Gives what each of them asked for and saw. */
  async #readUntilDown() {
    const all = [];
    while (!this.#down) {
      const plan = drawPlan(this.#random, this.#numbers++);
      const one = { plan, views: [] };
      all.push(one);
      await this.#read(one, this.#random.of(KINDS), this.#random.between(1, 20_000));
    }
    return all;
  }

  async #read(one, kind, leaveAfter) {
    const headers = kind === 'post with ids' ? { 'Lastword-Event-Ids': 'true' } : {};
    const posted = post(this.#gateway, 'crash', { headers, user: JSON.stringify(one.plan) });
    one.views.push(posted);
    if (kind === 'leave' || kind === 'follow') {
      const enough = until('enough was read', () => posted.text.length >= leaveAfter || posted.error, { everyMs: 3 });
      await Promise.race([posted.done, enough.catch(() => {})]);
      posted.leave();
    }
    await posted.done;
    if (kind !== 'follow' || !posted.stream || this.#down) return;
    const followed = follow(this.#gateway, posted.stream);
    one.views.push(followed);
    await followed.done;
  }

  async #check({ plan, views }) {
    const id = views.map((view) => view.stream).find(Boolean);
    for (const view of views) this.eventsSeen += view.events.length;
    if (!id) {
      const answered = views.find((view) => view.status !== undefined);
      if (answered) this.#fault(`request ${plan.number}`, `got ${answered.status} and no stream: ${answered.text}`);
      return;
    }
    const found = await this.#found(id);
    this.#known.set(id, { outcome: found.outcome, hash: found.hash });
    this.outcomes[found.outcome] = (this.outcomes[found.outcome] ?? 0) + 1;
    for (const fault of comparedWithPlan(plan, found)) this.#fault(id, fault);
    for (const view of views) {
      for (const fault of await comparedWithView(this.#gateway, id, view, found)) this.#fault(id, fault);
    }
  }

  /** Every stream that was acknowledged is there and comes to an end. */
  async #found(id) {
    const stream = await until('outcome', () => this.#ended(id), { withinMs: ENDED_WITHIN_MS }).catch((error) => error);
    if (stream instanceof Error) {
      this.#fault(id, `was acknowledged: ${stream.message}`);
      return { outcome: null, events: [], text: '', hash: '' };
    }
    const { outcome } = stream;
    const replay = await follow(this.#gateway, id).done;
    // What did not complete ends in an aborted connection, so that nobody takes it for whole.
    if (replay.status !== 200 || (outcome === 'completed' && replay.error)) this.#fault(id, `replay: ${replay.status} ${replay.error}`);
    if (replay.events.length < stream.events) this.#fault(id, `replay has ${replay.events.length} of ${stream.events} events`);
    const hash = createHash('sha256').update(JSON.stringify(replay.events)).digest('hex');
    return { outcome, events: replay.events, text: contentOf(replay.events), hash };
  }

  async #ended(id) {
    const stream = await this.#gateway.api(`/api/streams/${id}`);
    return stream.outcome && stream;
  }

  #fault(what, how) {
    this.faults.push(`${what} ${how}`);
  }
}
