import { setTimeout as sleep } from 'node:timers/promises';
import { Gateway } from './gateway.mjs';
import { keptOf } from './kept.mjs';
import { KINDS, answerAsPlanned, comparedWithPlan, comparedWithView, drawPlan } from './planned.mjs';
import { PostgresPair } from './postgres.mjs';
import { Random } from './random.mjs';
import { follow, post } from './raw.mjs';
import { until } from './until.mjs';
import { Upstream } from './upstream.mjs';

/** What a stream may take to its outcome once all nodes are there again: the rest of a lease, and a start. */
const ENDED_WITHIN_MS = 15_000;
/** Each node waits for its own lease of before, perhaps behind a start that found no primary. */
const NODES_BACK_WITHIN_MS = 120_000;
const LOST_EXIT = 75;
/** What a supervisor waits before it starts a node again, and a client that is refused before it asks again. */
const RESTART_MS = 1_000;
const REFUSED_MS = 100;
const EVENTS_BEFORE_DEATH_MAX = 4_000;
const EPOCHS_OF_A_TIMELINE = 2n ** 32n;
const SECRET = 'the-secret-of-the-nodes-of-a-proof';

/**
 * Real gateways on a real PostgreSQL that has a synchronous standby. Under streams the primary is killed with SIGKILL and
 * its standby promoted; nodes that end are started again; clients ask on meanwhile. What every client saw is compared with
 * what there is then. The seed repeats the plan, not the operating system's timing.
 */
export class FailoverProof {
  #random;
  #servers;
  #upstream;
  #nodes = [];
  #streams;
  #over = false;
  #closed = false;
  #died = Infinity;
  /** Milliseconds from this round's death until the first answer that was begun after it was complete. */
  #answered;
  #numbers = 0;
  #said = 0;
  #known = new Map();

  faults = [];
  eventsSeen = 0;
  refusals = 0;
  outcomes = {};
  deaths = { 'of all processes': 0, 'of the first alone': 0 };
  /** Milliseconds from each death until its standby was the primary, until an answer that was begun after it was complete, and until all was. */
  promotedMs = [];
  answeredMs = [];
  outcomeMs = [];

  /** Undefined where no PostgreSQL is installed that can make a standby. */
  static async start({ seed, streams, nodes = 3, program }) {
    const servers = await PostgresPair.start();
    if (!servers) return undefined;
    const proof = new FailoverProof();
    proof.#servers = servers;
    proof.#random = new Random(seed);
    proof.#streams = streams;
    proof.#upstream = await Upstream.listen();
    proof.#upstream.on('crash', (exchange) => answerAsPlanned(exchange, (words) => (proof.#said += words)));
    try {
      for (let i = 1; i <= nodes; i++) {
        const config = (port) => proof.#config(`node-${i}`, port);
        proof.#nodes.push(await Gateway.start({ upstream: proof.#upstream.url, headers: {}, program, config }));
      }
    } catch (error) {
      await proof.close();
      throw error;
    }
    return proof;
  }

  /** Everybody's streams are everybody's, so that the nodes need no keys in common. */
  #config(name, port) {
    return `access: { mode: open }
journal: { url: "${this.#servers.jdbcUrl}" }
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

  /** Load, the primary's death under it, a promotion, nodes that come again, and what they say then; at last another standby. */
  async round() {
    this.#over = false;
    this.#died = Infinity;
    this.#answered = undefined;
    this.#upstream.exchanges.length = 0;
    const readers = Array.from({ length: this.#streams }, () => this.#readUntilOver());
    try {
      const enough = this.#said + this.#random.between(1, EVENTS_BEFORE_DEATH_MAX);
      await until('the upstream has said enough', () => this.#said >= enough, { withinMs: 60_000, everyMs: 1 });
      await sleep(this.#random.between(0, 20));
      const again = this.#nodes.map((node) => this.#startedAgain(node));
      await Promise.all([this.#failOver(), ...again]);
      await until('an answer that was begun after the death', () => this.#answered, { withinMs: 60_000 });
      this.answeredMs.push(this.#answered);
    } finally {
      this.#over = true;
    }
    const seen = (await Promise.all(readers)).flat();
    await Promise.all(seen.map((one) => this.#check(one, this.#random.of(this.#nodes))));
    this.outcomeMs.push(performance.now() - this.#died);
    const { streams } = await this.#random.of(this.#nodes).api('/api/streams?state=open&limit=1');
    if (streams.length > 0) this.#fault(streams[0].id, 'is still open, and no client knew of it');
    await this.#servers.renew();
    await this.#checkEpochs();
  }

  async #failOver() {
    const alone = this.#random.next() < 0.5;
    this.deaths[alone ? 'of the first alone' : 'of all processes']++;
    this.#died = performance.now();
    await this.#servers.killPrimary({ alone });
    await this.#servers.promote();
    this.promotedMs.push(performance.now() - this.#died);
  }

  /** As what runs a node does: it ends with 75, also where it finds no primary, and is started again. */
  async #startedAgain(node) {
    const deadline = performance.now() + NODES_BACK_WITHIN_MS;
    do {
      const { code, signal } = await node.exit;
      if (code !== LOST_EXIT) throw new Error(`a node ended with ${code ?? signal}, see ${node.logFile}`);
      if (performance.now() > deadline) throw new Error(`a node was not there again within ${NODES_BACK_WITHIN_MS} ms, see ${node.logFile}`);
      await sleep(RESTART_MS);
      if (this.#closed) return;
      await node.run().catch((error) => {
        if (node.running) throw error;
      });
    } while (!node.running);
  }

  /** Those of a new timeline begin behind all of the one before: what an old one gave cannot come to be named again. */
  async #checkEpochs() {
    const timeline = await this.#servers.timeline();
    const least = BigInt(timeline - 1) * EPOCHS_OF_A_TIMELINE;
    for (const epoch of await this.#servers.epochs()) {
      if (epoch <= least) this.#fault(`epoch ${epoch}`, `is not of timeline ${timeline}`);
    }
  }

  /** Every answer is still what it was, on every node, after one more clean restart of each. */
  async checkAllAgain() {
    for (const node of this.#nodes) {
      await node.stop();
      await node.run();
    }
    for (const [id, before] of this.#known) {
      const now = await this.#found(id, this.#random.of(this.#nodes));
      if (now.outcome !== before.outcome || now.hash !== before.hash) this.#fault(id, 'is not what it was after its server was gone');
    }
  }

  async close({ keepLogs = false } = {}) {
    this.#closed = true;
    for (const node of this.#nodes) {
      if (!keepLogs) await node.remove();
      else if (node.running) await node.kill();
    }
    await this.#upstream.close();
    await this.#servers.remove();
  }

  /** One client after the other, each of another node; one that is refused comes again. */
  async #readUntilOver() {
    const all = [];
    while (!this.#over) {
      const one = { plan: drawPlan(this.#random, this.#numbers++), views: [] };
      all.push(one);
      const begun = performance.now();
      await this.#read(one, this.#random.of(KINDS), this.#random.between(1, 20_000));
      one.id = one.views.map((view) => view.stream).find(Boolean);
      if (!one.id) await sleep(REFUSED_MS);
      else if (begun > this.#died && one.views[0].events.at(-1)?.data === '[DONE]') this.#answered ??= performance.now() - this.#died;
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
    if (kind !== 'follow' || !posted.stream) return;
    const followed = follow(this.#random.of(this.#nodes), posted.stream);
    one.views.push(followed);
    await followed.done;
  }

  async #check({ id, plan, views }, asked) {
    for (const view of views) this.eventsSeen += view.events.length;
    if (!id) {
      this.#checkRefusal(plan, views);
      return;
    }
    const found = await this.#found(id, asked);
    this.#known.set(id, { outcome: found.outcome, hash: found.hash });
    this.outcomes[found.outcome] = (this.outcomes[found.outcome] ?? 0) + 1;
    for (const fault of comparedWithPlan(plan, found)) this.#fault(id, fault);
    for (const view of views) {
      if (view.status === 404) this.#fault(id, 'was acknowledged, and then unknown');
      for (const fault of await comparedWithView(asked, id, view, found)) this.#fault(id, fault);
    }
  }

  /** While nobody can write, whoever is answered at all is told to come again. */
  #checkRefusal(plan, views) {
    const answered = views.find((view) => view.status !== undefined);
    if (!answered) return;
    this.refusals++;
    const toldToComeAgain = answered.status === 503 && answered.headers['retry-after'] !== undefined;
    if (!toldToComeAgain) this.#fault(`request ${plan.number}`, `got ${answered.status} and no stream: ${answered.text}`);
  }

  async #found(id, asked) {
    const found = await keptOf(asked, id, { withinMs: ENDED_WITHIN_MS });
    for (const fault of found.faults) this.#fault(id, fault);
    return found;
  }

  #fault(what, how) {
    this.faults.push(`${what} ${how}`);
  }
}
