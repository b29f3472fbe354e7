import { setTimeout as sleep } from 'node:timers/promises';
import { Gateway } from './gateway.mjs';
import { ended, keptOf } from './kept.mjs';
import { KINDS, answerAsPlanned, comparedWithPlan, comparedWithView, drawPlan } from './planned.mjs';
import { Postgres } from './postgres.mjs';
import { Random } from './random.mjs';
import { follow, post } from './raw.mjs';
import { until } from './until.mjs';
import { Upstream } from './upstream.mjs';

/** What a reader may wait for the outcome of a stream whose node has died: the rest of a lease, and a start. */
const ENDED_WITHIN_MS = 15_000;
/** A lease and what is needed to take over: whoever goes on then has lost its shards. */
const STANDS_STILL_MS = 14_000;
const LOST_EXIT = 75;
/** What a signalled process exits with that ends in good order: 128 and the number of SIGTERM. */
const ENDED_EXIT = 143;
/** Longer than any answer of a proof: what runs on a node that is asked to end comes to its own end. */
const DRAIN_MS = 25_000;
const LOOK_MS = 100;
const EVENTS_BEFORE_DEATH_MAX = 4_000;
const SECRET = 'the-secret-of-the-nodes-of-a-proof';

/** How a node dies: SIGKILL; SIGSTOP for longer than its lease, and then SIGCONT; SIGTERM. */
export const DEATHS = ['killed', 'stood still', 'asked to end'];

/**
 * Three real gateways on one real PostgreSQL, of which one dies at a random moment: killed, stopped for longer than its
 * lease and then let go on, or asked to end as at a rolling restart. Clients post to all of them and follow on others than they posted to. What every client saw is
 * compared with what the others then say. The seed repeats the plan, not the operating system's timing.
 */
export class ClusterProof {
  #random;
  #postgres;
  #upstream;
  #nodes;
  #streams;
  #endedWithinMs;
  #dead = false;
  #asked = [];
  #numbers = 0;
  #said = 0;
  #known = new Map();

  faults = [];
  eventsSeen = 0;
  outcomes = {};
  /** Milliseconds from the death of a node that was not asked to end until the last stream was seen to have its outcome. */
  outcomeMs = [];
  deaths = Object.fromEntries(DEATHS.map((how) => [how, 0]));

  /**
   * Undefined where no PostgreSQL is installed.
   *
   * @param {{seed: number, streams: number, nodes?: number, endedWithinMs?: number, program?: string}} how
   *   `endedWithinMs`: by when each stream has to have its outcome after a death
   */
  static async start({ seed, streams, nodes = 3, endedWithinMs = ENDED_WITHIN_MS, program }) {
    const postgres = await Postgres.start();
    if (!postgres) return undefined;
    const proof = new ClusterProof();
    proof.#postgres = postgres;
    proof.#random = new Random(seed);
    proof.#streams = streams;
    proof.#endedWithinMs = endedWithinMs;
    proof.#upstream = await Upstream.listen();
    proof.#upstream.on('crash', (exchange) => answerAsPlanned(exchange, (words) => (proof.#said += words)));
    proof.#nodes = [];
    for (let i = 1; i <= nodes; i++) {
      proof.#nodes.push(await Gateway.start({ upstream: proof.#upstream.url, headers: {}, program, config: (port) => proof.#config(`node-${i}`, port) }));
    }
    return proof;
  }

  /** Everybody's streams are everybody's, so that the nodes need no keys in common. */
  #config(name, port) {
    return `access: { mode: open }
drain-ms: ${DRAIN_MS}
journal: { url: "${this.#postgres.jdbcUrl}" }
archive: { url: same }
node: { address: "http://127.0.0.1:${port}", secret: "${SECRET}", name: ${name} }
`;
  }

  get streamsSeen() {
    return this.#known.size;
  }

  get folders() {
    return this.#nodes.map((node) => node.folder);
  }

  /** Load, a death, what the others say of it meanwhile, a start, and what all say then. */
  async round(how = this.#random.of(DEATHS)) {
    this.#dead = false;
    this.#asked = [];
    this.#upstream.exchanges.length = 0;
    const readers = Array.from({ length: this.#streams }, () => this.#readUntilDeath());
    const enough = this.#said + this.#random.between(1, EVENTS_BEFORE_DEATH_MAX);
    await until('the upstream has said enough', () => this.#said >= enough, { withinMs: 60_000, everyMs: 1 });
    await sleep(this.#random.between(0, 20));
    const victim = this.#random.of(this.#nodes);
    const others = this.#nodes.filter((node) => node !== victim);
    this.deaths[how]++;
    let died = performance.now();
    const dead = this.#die(victim, how, died);
    if (how === 'asked to end') {
      await dead; // it ends under load
      died = performance.now();
    }
    this.#dead = true; // nobody asks for more
    const seen = this.#asked;
    const ends = seen.map((one) => this.#comeToAnEnd(one, this.#random.of(others), died));
    await Promise.all([dead, ...readers]);
    const tookMs = Math.max(...(await Promise.all(ends)));
    if (how === 'asked to end') for (const one of seen) this.#checkUnharmed(one, victim);
    else this.outcomeMs.push(tookMs);
    await victim.run();
    await Promise.all(seen.map((one) => this.#check(one, this.#random.of(this.#nodes))));
    const { streams } = await this.#random.of(this.#nodes).api('/api/streams?state=open&limit=1');
    if (streams.length > 0) this.#fault(streams[0].id, 'is still open, and no client knew of it');
  }

  /** One that stands still goes on when another has its shards, says nothing that they deny, and ends. */
  async #die(victim, how, died) {
    if (how === 'killed') {
      await victim.kill();
      return;
    }
    if (how === 'stood still') {
      victim.pause();
      await sleep(STANDS_STILL_MS - (performance.now() - died));
      victim.goOn();
    }
    const { code, signal } = await (how === 'asked to end' ? victim.stop() : victim.exit);
    if (code !== (how === 'asked to end' ? ENDED_EXIT : LOST_EXIT)) this.#fault(`a node that was ${how}`, `ended with ${code ?? signal}`);
  }

  /** What ran on a node that is asked to end comes to its own end, and whoever reads elsewhere notices nothing. */
  #checkUnharmed(one, victim) {
    const [posted, ...followed] = one.views;
    if (posted.error && !one.leaves && (posted.node !== victim || posted.status === 200)) {
      this.#fault(one.id, `was cut for its client: ${posted.error}`);
    }
    const cut = followed.find((view) => view.error && view.node !== victim);
    if (cut) this.#fault(one.id, `was cut for a reader of a node that stays: ${cut.error}`);
    one.outcome = one.id && 'completed';
  }

  /** Every answer is still what it was, on every node, after one more clean restart of each. */
  async checkAllAgain() {
    for (const node of this.#nodes) {
      await node.stop();
      await node.run();
    }
    for (const [id, before] of this.#known) {
      const now = await this.#found(id, this.#random.of(this.#nodes));
      if (now.outcome !== before.outcome || now.hash !== before.hash) this.#fault(id, 'is not what it was after the death of its node');
    }
  }

  async close({ keepLogs = false } = {}) {
    for (const node of this.#nodes) {
      if (keepLogs) await node.kill();
      else await node.remove();
    }
    await this.#upstream.close();
    await this.#postgres.remove();
  }

  /** One client after the other, each of another node, until one has died. */
  async #readUntilDeath() {
    while (!this.#dead) {
      const kind = this.#random.of(KINDS);
      const one = new Asked(drawPlan(this.#random, this.#numbers++), kind === 'leave' || kind === 'follow');
      this.#asked.push(one);
      await this.#read(one, kind, this.#random.between(1, 20_000));
      one.over = true;
    }
  }

  async #read(one, kind, leaveAfter) {
    const headers = kind === 'post with ids' ? { 'Lastword-Event-Ids': 'true' } : {};
    const node = this.#random.of(this.#nodes);
    const posted = one.seenBy(node, post(node, 'crash', { headers, user: JSON.stringify(one.plan) }));
    if (one.leaves) {
      const enough = until('enough was read', () => posted.text.length >= leaveAfter || posted.error, { everyMs: 3 });
      await Promise.race([posted.done, enough.catch(() => {})]);
      posted.leave();
    }
    await posted.done;
    if (kind !== 'follow' || !posted.stream || this.#dead) return;
    const other = this.#random.of(this.#nodes);
    await one.seenBy(other, follow(other, posted.stream)).done;
  }

  /** Gives the milliseconds from the death until the stream is seen to have its outcome, however long its readers wait. */
  async #comeToAnEnd(one, asked, died) {
    let tookMs = 0;
    while (tookMs <= this.#endedWithinMs) {
      if (one.over && !one.id) return 0; // nobody was told of a stream
      const ended = one.id && (await this.#ended(one.id, asked).catch((error) => ({ error })));
      tookMs = performance.now() - died;
      if (ended?.error) {
        this.#fault(one.id, `was acknowledged: ${ended.error.message}`);
        return tookMs;
      }
      if (ended && tookMs <= this.#endedWithinMs) return tookMs;
      await sleep(LOOK_MS);
    }
    if (one.id) this.#fault(one.id, `had no outcome ${this.#endedWithinMs} ms after the death`);
    return tookMs;
  }

  async #check({ id, plan, views, outcome }, asked) {
    for (const view of views) this.eventsSeen += view.events.length;
    if (!id) {
      const answered = views.find((view) => view.status !== undefined && !isDraining(view));
      if (answered) this.#fault(`request ${plan.number}`, `got ${answered.status} and no stream: ${answered.text}`);
      return;
    }
    const found = await this.#found(id, asked);
    this.#known.set(id, { outcome: found.outcome, hash: found.hash });
    this.outcomes[found.outcome] = (this.outcomes[found.outcome] ?? 0) + 1;
    if (outcome && found.outcome !== outcome) this.#fault(id, `is ${found.outcome}, and its node was only asked to end`);
    for (const fault of comparedWithPlan(plan, found)) this.#fault(id, fault);
    for (const view of views) {
      for (const fault of await comparedWithView(asked, id, view, found)) this.#fault(id, fault);
    }
  }

  async #found(id, asked) {
    const found = await keptOf(asked, id, { withinMs: ENDED_WITHIN_MS });
    for (const fault of found.faults) this.#fault(id, fault);
    return found;
  }

  #ended(id, asked) {
    return ended(asked, id);
  }

  #fault(what, how) {
    this.faults.push(`${what} ${how}`);
  }
}

/** What a client asked for, and what its connections saw of it. */
class Asked {
  views = [];
  over = false;
  /** Which it has to have; undefined for any. */
  outcome;

  /** @param {object} plan what the model says to it @param {boolean} leaves whether its first connection leaves by itself */
  constructor(plan, leaves) {
    this.plan = plan;
    this.leaves = leaves;
  }

  /** The stream that was acknowledged on any of the connections. */
  get id() {
    return this.views.map((view) => view.stream).find(Boolean);
  }

  seenBy(node, view) {
    view.node = node;
    this.views.push(view);
    return view;
  }
}

/** Nothing new begins on a node that was asked to end. */
const isDraining = ({ status, text }) => status === 503 && text.includes('"draining"');
