import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../../e2e/lib/random.mjs';
import { until } from '../../../e2e/lib/until.mjs';
import { Reader } from './reader.mjs';
import { World } from './world.mjs';

export const NOT_REACHED = 'not reached';
/** Where in a stream's life something is killed, in order. */
export const STEPS = ['first event', 'generating', 'ending', 'hook awaited', 'row committed', 'released'];
const FAULTS = ['gateway killed', 'gateway killed twice', 'application killed', 'database refuses', 'connections reset', 'database hangs', 'database slow'];
const DATABASE_KILLED = 'PostgreSQL killed';
const STARTED_TO_BE_KILLED_MS = 400;
const HEALED_WITHIN_MS = 30_000;
const STEP_WITHIN_MS = 3_000;
const STREAMS_MAX = 4;
/** Asked of the gateway's list in the order of a stream's life, so that none slips through between two answers. */
const UNSETTLED = ['state=open', 'state=complete', 'state=saved', 'saved=false'];

/**
 * Rounds of the example under faults: readers read answers, at a drawn step of one of them something is killed or fails,
 * all is healed, and then what every reader saw is compared with the tables. The seed repeats the plan, not the timing.
 */
export class Proof {
  #random;
  #world;
  #numbers = 0;
  #scripts = new Map();
  /** The row of every stream so far, which is to stay what it is. */
  #rows = new Map();

  faults = [];
  readers = 0;
  endings = 0;
  notices = 0;
  outcomes = {};
  /** Rounds by the step that was reached, and in it by fault. */
  counts = {};
  notBegun = 0;

  static async start({ seed, sabotage, databaseUrl }) {
    const proof = new Proof();
    proof.#random = new Random(seed);
    proof.#world = await World.open({ answer: (question) => proof.#answer(question), sabotage, databaseUrl });
    return proof;
  }

  get streams() {
    return this.#rows.size;
  }

  get folder() {
    return this.#world.folder;
  }

  async round() {
    const random = this.#random;
    const step = random.of(STEPS);
    const fault = random.of(this.#world.ownsPostgres ? [...FAULTS, DATABASE_KILLED] : FAULTS);
    const second = random.next() < 0.25 ? random.of(FAULTS) : null;
    const all = Array.from({ length: random.between(1, STREAMS_MAX) }, () => this.#begin());
    const reading = all.flatMap((one) => one.reading);

    const reached = await this.#reach(step, all[0]);
    await this.#inflict(fault);
    if (second && second !== fault) await this.#inflict(second);
    for (const { script } of all) script.open();
    await sleep(random.between(20, random.next() < 0.2 ? 2500 : 800));
    await this.#heal();

    await this.#settle(all);
    for (const { readers } of all) for (const reader of readers) reader.leave();
    await Promise.all(reading);
    for (const one of all) await this.#check(one);
    this.#scripts.clear();
    const at = reached ? step : NOT_REACHED;
    this.counts[at] ??= {};
    this.counts[at][fault] = (this.counts[at][fault] ?? 0) + 1;
  }

  /** After all rounds and one more start of everything: no row has changed, and there is no other. */
  async checkAllAgain() {
    await this.#world.relay.kill('SIGTERM');
    await this.#world.application.kill();
    await this.#world.heal();
    await this.#settle([]);
    for (const table of ['messages', 'costs']) {
      const key = table === 'messages' ? 'id' : 'message';
      const twice = await this.#world.rows(`select ${key} from ${table} group by ${key} having count(*) > 1`);
      for (const row of twice) this.#fault(row[key], `has two rows in ${table}`);
    }
    const rows = await this.#world.rows('select * from messages');
    for (const row of rows) {
      if (this.#rows.get(row.id) !== JSON.stringify(row)) this.#fault(row.id, 'has a row that is not what it was, or that nobody began');
    }
    if (rows.length !== this.#rows.size) this.#fault('messages', `has ${rows.length} rows of ${this.#rows.size} streams`);
  }

  close(options) {
    return this.#world.close(options);
  }

  /** A question, those who read its answer, and perhaps one who stops it. */
  #begin() {
    const random = this.#random;
    const number = this.#numbers++;
    const question = `question ${number}`;
    const script = new Script(number, random.between(1, 60), random.between(0, 15));
    this.#scripts.set(question, script);
    const one = { number, question, script, chat: `chat-${number}`, readers: [], seen: [], reading: [] };
    const page = this.#reader(one);
    const app = `${this.#world.app}/api/chats/${one.chat}`;
    const body = JSON.stringify({ question, id: idOf(number) });
    const running = () => ({ url: `${app}/running`, options: {} });
    one.reading.push(page.read(() => ({ url: app, options: { method: 'POST' }, body }), running));
    const others = random.between(0, 2);
    for (let i = 0; i < others; i++) one.reading.push(this.#follow(one, page));
    const leaves = random.next();
    const stops = random.next();
    const at = random.between(0, script.words);
    if (leaves < 0.15) script.onWord(at, () => page.leave());
    else if (stops < 0.1) script.onWord(at, () => void fetch(`${app}/stop`, { method: 'POST' }).catch(() => {}));
    return one;
  }

  /** Reads the stream's own URL, at the gateway, as soon as its id is known. */
  async #follow(one, page) {
    const reader = this.#reader(one);
    await until('the answer has a name', () => page.stream || reader.hasLeft, { withinMs: 120_000, everyMs: 5 });
    const headers = { ...this.#world.headers, Accept: 'text/event-stream' };
    const ask = () => ({ url: `${this.#world.gateway}/v1/stream/${page.stream}`, options: { headers } });
    if (page.stream) await reader.read(ask, ask);
  }

  #reader(one) {
    const reader = new Reader((text) => one.seen.push(this.#sawEnding(one, reader, text)));
    one.readers.push(reader);
    return reader;
  }

  /** Whoever is told the ending finds the rows: at this moment, not later. */
  async #sawEnding({ script, number, question }, reader, text) {
    this.endings++;
    const name = reader.stream ?? question;
    const rows = await this.#world.rows('select id, answer, outcome from messages where question = $1', [question]);
    if (rows.length !== 1) return this.#fault(name, `(${number}) a reader saw the ending, and there are ${rows.length} rows in messages`);
    const [{ id, answer, outcome }] = rows;
    if (outcome !== 'completed') this.#fault(id, `a reader saw the ending, and its row is ${outcome}`);
    if (answer !== text) this.#fault(id, 'a reader saw the ending, and its row is not what it saw');
    if (text !== script.text) this.#fault(id, 'a reader saw the ending of what is not whole');
    const costs = await this.#world.rows('select outcome from costs where message = $1', [id]);
    if (costs.length !== 1) this.#fault(id, `a reader saw the ending, and there are ${costs.length} rows in costs`);
    return undefined;
  }

  /** Waits until the stream is at this step; the network is set to make it last. False if it does not come, say because it was stopped. */
  async #reach(step, { script, readers }) {
    const { network } = this.#world;
    const is = {
      'first event': () => readers.some(({ text }) => text !== ''),
      generating: () => script.said >= script.words / 2,
      ending: () => script.finished,
      'hook awaited': () => network.held > 0,
      'row committed': () => network.committed > 0,
      released: () => readers.some(({ sawEnding }) => sawEnding),
    }[step];
    const begun = await isWithin(() => script.said > 0);
    if (step === 'hook awaited') network.hang();
    if (step === 'row committed') network.deafen();
    if (step !== 'first event' && step !== 'generating') script.open();
    const reached = begun && (await isWithin(is));
    await sleep(this.#random.next() < 0.5 ? 0 : this.#random.between(0, 15));
    return reached;
  }

  async #inflict(fault) {
    const { network } = this.#world;
    switch (fault) {
      case 'gateway killed':
        return this.#world.relay.kill();
      case 'gateway killed twice':
        await this.#world.relay.kill();
        await this.#world.relay.start();
        await sleep(this.#random.between(0, STARTED_TO_BE_KILLED_MS));
        return this.#world.relay.kill();
      case 'application killed':
        return this.#world.application.kill();
      case DATABASE_KILLED:
        return this.#world.killPostgres();
      case 'database refuses':
        return network.refuse();
      case 'connections reset':
        return network.reset();
      case 'database hangs':
        return network.hang();
      default:
        return network.slow(this.#random.between(5, 250));
    }
  }

  /** What was held comes through late, or is lost with its connection. */
  async #heal() {
    if (this.#random.next() < 0.5) this.#world.network.reset();
    await this.#world.heal();
  }

  /** Every stream has its outcome, and every hook has acknowledged it. */
  async #settle(all) {
    await until(
      'every answer has its outcome and is saved',
      async () => {
        for (const query of UNSETTLED) {
          const { streams } = await this.#world.api(`/api/streams?${query}`);
          if (streams.length > 0) return false;
        }
        return all.every(({ script }) => !script.waits);
      },
      { withinMs: HEALED_WITHIN_MS },
    ).catch((error) => this.#fault(`streams ${all.map(({ number }) => number)}`, error.message));
  }

  async #check(one) {
    await Promise.all(one.seen);
    const { number, question, readers, script } = one;
    this.readers += readers.length;
    for (const reader of readers) this.notices += reader.notices;
    const stream = await this.#world.api(`/api/streams/${readers.map((reader) => reader.stream).find(Boolean) ?? idOf(number)}`);
    const rows = await this.#world.rows('select * from messages where question = $1', [question]);
    if (!stream) {
      this.notBegun++;
      if (readers.some((reader) => reader.stream)) this.#fault(question, 'was begun, and the gateway does not know it');
      if (rows.length > 0) this.#fault(question, 'was not begun, and has a row');
      return;
    }
    const costs = await this.#world.rows('select outcome, tokens from costs where message = $1', [stream.id]);
    const { id, outcome } = stream;
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
    if (rows.length !== 1) this.#fault(id, `(${outcome}) has ${rows.length} rows in messages`);
    if (costs.length !== 1) this.#fault(id, `(${outcome}) has ${costs.length} rows in costs`);
    if (rows.length === 0 || costs.length === 0) return;
    const [row] = rows;
    this.#rows.set(id, JSON.stringify(row));
    if (row.id !== id) this.#fault(id, `has the row of ${row.id}`);
    if (row.outcome !== outcome || costs[0].outcome !== outcome) this.#fault(id, `is ${outcome}, and its rows say ${row.outcome}, ${costs[0].outcome}`);
    this.#compare(id, outcome, row.answer, one);
    // Killed between the last word and the usage, an answer is complete, and nobody knows what it cost.
    const tokens = outcome === 'completed' && !(stream.terminalMissing && costs[0].tokens === null) ? script.words + 8 : costs[0].tokens;
    if (costs[0].tokens !== tokens) this.#fault(id, `has cost ${costs[0].tokens} tokens, not ${tokens}`);
    const shown = await fetch(`${this.#world.app}/api/chats/${one.chat}`).then((response) => response.json());
    if (shown.messages?.length !== 1 || shown.messages[0].answer !== row.answer) this.#fault(id, 'is not what a refresh shows');
  }

  #compare(id, outcome, answer, { script, readers }) {
    if (!script.text.startsWith(answer)) this.#fault(id, 'has a row with what the model did not say');
    if (outcome === 'completed' && answer !== script.text) this.#fault(id, 'is completed, and its row is not whole');
    for (const reader of readers) {
      for (const text of reader.texts) if (!answer.startsWith(text)) this.#fault(id, `a reader saw ${text.length} characters that are not in its row`);
      if (reader.sawEnding && outcome !== 'completed') this.#fault(id, `a reader saw the ending, and it is ${outcome}`);
      if (reader.failure && outcome === 'completed') this.#fault(id, `a reader was told ${reader.failure}, and it is completed`);
    }
  }

  /** The scripted model. */
  async *#answer(question) {
    const script = this.#scripts.get(question);
    if (!script) throw new Error(`nobody asked: ${question}`);
    yield* script.say();
  }

  #fault(what, how) {
    this.faults.push(`${what} ${how}`);
  }
}

const isWithin = (isSo) => until('it is so', isSo, { withinMs: STEP_WITHIN_MS, everyMs: 1 }).catch(() => false);

const idOf = (number) => `proof-stream-${String(number).padStart(11, '0')}`;

/** What the model says to one question: words with pauses, and behind them it waits at a door, before it says that it ends. */
class Script {
  #pauseMs;
  #parts;
  #door;
  #onWord = new Map();
  #saying = 0;

  said = 0;
  finished = false;

  constructor(number, words, pauseMs) {
    this.#pauseMs = pauseMs;
    this.#parts = Array.from({ length: words }, (_, i) => `${number}:${i} `);
    this.#door = new Promise((resolve) => (this.open = resolve));
  }

  get words() {
    return this.#parts.length;
  }

  get text() {
    return this.#parts.join('');
  }

  /** Whether it is still being said. */
  get waits() {
    return this.#saying > 0;
  }

  onWord(at, act) {
    this.#onWord.set(at, act);
  }

  async *say() {
    this.#saying++;
    try {
      for (const [at, part] of this.#parts.entries()) {
        yield part;
        this.said++;
        this.#onWord.get(at)?.();
        await sleep(this.#pauseMs);
      }
      await this.#door;
      this.finished = true;
      this.#onWord.get(this.words)?.();
    } finally {
      this.#saying--;
    }
  }
}
