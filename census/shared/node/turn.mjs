// What the applications of the census share: a scripted model, and where answers are saved.
import { setTimeout as pause } from "node:timers/promises";

const PAUSE_MS = 15; // between two pieces of an answer
const SAVE_MS = 30; // what a database takes until it has committed
const WORDS = "it was read with care , and this is what there is to say about it : all is well".split(" ");

// One store for the process: bundlers may load this file more than once.
export const messages = (globalThis.censusMessages ??= new Map());

export const pieces = (question) => [`You asked: ${question}. Well,`, ...WORDS.map((word) => ` ${word}`), " End."];

export async function* model(question, signal) {
  for (const piece of pieces(question)) {
    await pause(PAUSE_MS, undefined, { signal });
    yield piece;
  }
}

export async function save(id, text, status = "complete") {
  await pause(SAVE_MS);
  messages.set(id, { id, text, status });
}
