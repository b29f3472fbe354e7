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
const EVENTS_BEFORE_DEATH_MAX = 4_000;
const SECRET = 'the-secret-of-the-nodes-of-a-proof';

/**
 * Three real gateways on one real PostgreSQL, of which one dies at a random moment: killed, or stopped for longer than its
 * lease and then let go on. Clients post to all of them and follow on others than they posted to. What every client saw is
 * compared with what the others then say. The seed repeats the plan, not the operating system's timing.
 */
export class ClusterProof {
  #random;
  #postgres;
  #upstream;
  #nodes;
  #streams;
  #dead = false;
  #numbers = 0;
  #said = 0;
  #known = new Map();

  faults = [];
  eventsSeen = 0;
  outcomes = {};
  /** Milliseconds from a death until the last stream of its node had its outcome. */
  outcomeMs = [];
  deaths = { killed: 0, 'stood still': 0 };

  /** Undefined where no PostgreSQL is installed. */
  static async start({ seed, streams, nodes = 3, program }) {
    const postgres = await Postgres.start();
    if (!postgres) return undefined;
    const proof = new ClusterProof();
    proof.#postgres = postgres;
    proof.#random = new Random(seed);
    proof.#streams = streams;
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

  /** Load, a death, what the others say of it, a start, and what all say then. */
  async round() {
    this.#dead = false;
    this.#upstream.exchanges.length = 0;
    const readers = Array.from({ length: this.#streams }, () => this.#readUntilDeath());
    const enough = this.#said + this.#random.between(1, EVENTS_BEFORE_DEATH_MAX);
    await until('the upstream has said enough', () => this.#said >= enough, { withinMs: 60_000, everyMs: 1 });
    await sleep(this.#random.between(0, 20));
    const victim = this.#random.of(this.#nodes);
    const others = this.#nodes.filter((node) => node !== victim);
    const killed = this.#random.next() < 0.5;
    this.deaths[killed ? 'killed' : 'stood still']++;
    const died = performance.now();
    if (killed) await victim.kill();
    else victim.pause();
    this.#dead = true;
    if (!killed) await this.#standStill(victim, died);
    const seen = (await Promise.all(readers)).flat();
    for (const one of seen) one.id = one.views.map((view) => view.stream).find(Boolean);

    await Promise.all(seen.map((one) => this.#comeToAnEnd(one, this.#random.of(others), died)));
    this.outcomeMs.push(performance.now() - died);
    await victim.run();
    await Promise.all(seen.map((one) => this.#check(one, this.#random.of(this.#nodes))));
    const { streams } = await this.#random.of(this.#nodes).api('/api/streams?state=open&limit=1');
    if (streams.length > 0) this.#fault(streams[0].id, 'is still open, and no client knew of it');
  }

  /** It goes on when another has its shards, says nothing that they deny, and ends. */
  async #standStill(victim, died) {
    await sleep(STANDS_STILL_MS - (performance.now() - died));
    victim.goOn();
    const { code, signal } = await victim.exit;
    if (code !== LOST_EXIT) this.#fault('a node that stood still', `ended with ${code ?? signal}`);
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
    const all = [];
    while (!this.#dead) {
      const one = { plan: drawPlan(this.#random, this.#numbers++), views: [] };
      all.push(one);
      await this.#read(one, this.#random.of(KINDS), this.#random.between(1, 20_000));
    }
    return all;
  }

  async #read(one, kind, leaveAfter) {
    const headers = kind === 'post with ids' ? { 'Lastword-Event-Ids': 'true' } : {};
    const posted = post(this.#random.of(this.#nodes), 'crash', { headers, user: JSON.stringify(one.plan) });
    one.views.push(posted);
    if (kind === 'leave' || kind === 'follow') {
      const enough = until('enough was read', () => posted.text.length >= leaveAfter || posted.error, { everyMs: 3 });
      await Promise.race([posted.done, enough.catch(() => {})]);
      posted.leave();
    }
    await posted.done;
    if (kind !== 'follow' || !posted.stream || this.#dead) return;
    const followed = follow(this.#random.of(this.#nodes), posted.stream);
    one.views.push(followed);
    await followed.done;
  }

  async #comeToAnEnd({ id }, asked, died) {
    if (!id) return;
    const left = Math.max(1_000, ENDED_WITHIN_MS - (performance.now() - died));
    await until('outcome', () => this.#ended(id, asked), { withinMs: left, everyMs: 100 }).catch((error) => {
      this.#fault(id, `had no outcome ${ENDED_WITHIN_MS} ms after the death: ${error.message}`);
    });
  }

  async #check({ id, plan, views }, asked) {
    for (const view of views) this.eventsSeen += view.events.length;
    if (!id) {
      const answered = views.find((view) => view.status !== undefined);
      if (answered) this.#fault(`request ${plan.number}`, `got ${answered.status} and no stream: ${answered.text}`);
      return;
    }
    const found = await this.#found(id, asked);
    this.#known.set(id, { outcome: found.outcome, hash: found.hash });
    this.outcomes[found.outcome] = (this.outcomes[found.outcome] ?? 0) + 1;
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
