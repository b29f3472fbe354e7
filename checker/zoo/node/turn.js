import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

const PAUSE_MS = 8; // between two pieces of an answer
const SAVE_MS = 50; // what a database takes

export const saved = new Map();

/** The answer to a message in about 20 pieces, always the same for the same message. */
function pieces(message) {
  const words = 'it was read with care , and this is what there is to say about it : all is well'.split(' ');
  return [`You said: ${message}. Well,`, ...words.map((word) => ` ${word}`), ' End.'];
}

/** One question, its answer as far as it was said, and where it is saved. */
export class Turn {
  id = randomUUID();
  text = '';

  constructor(message) {
    this.message = message;
  }

  /** The pieces as a model would send them; `text` grows with each. An aborted signal ends them with an AbortError. */
  async *words(signal) {
    for (const piece of pieces(this.message)) {
      await pause(PAUSE_MS, undefined, { signal });
      this.text += piece;
      yield piece;
    }
  }

  async save(status = 'complete', text = this.text) {
    await pause(SAVE_MS);
    saved.set(this.id, { id: this.id, text, status });
  }
}
