// What a reader that leaves takes with it.
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { deltas, DONE, FINISH } from './framing.js';
import { route } from './route.js';

async function* untilDone(turn, signal) {
  yield* deltas(turn.words(signal));
  yield FINISH;
  yield DONE;
}

async function* savedUntilDone(turn, signal) {
  yield* deltas(turn.words(signal));
  await turn.save();
  yield FINISH;
  yield DONE;
}

// Saves once the pipeline has resolved; it rejects when the reader goes.
route('pipeline-then-save', async (turn, response) => {
  try {
    await pipeline(Readable.from(untilDone(turn)), response);
  } catch {
    return; // "premature close"
  }
  await turn.save();
});

// Cancels the model's request when the reader goes, as one is told to do, and the save with it.
route('abort-on-close', async (turn, response) => {
  const left = new AbortController();
  response.on('close', () => left.abort());
  try {
    for await (const event of savedUntilDone(turn, left.signal)) response.write(event);
    response.end();
  } catch (error) {
    if (error.name !== 'AbortError') throw error;
  }
});

// The same, and what was paid for is kept.
route('abort-on-close-keeps-partial', async (turn, response) => {
  const left = new AbortController();
  response.on('close', () => left.abort());
  try {
    for await (const event of savedUntilDone(turn, left.signal)) response.write(event);
    response.end();
  } catch (error) {
    if (error.name !== 'AbortError') throw error;
    await turn.save('partial');
  }
});

// Waits for room in the socket of a reader that has gone: for ever, and holding everything.
route('drain-never-comes', async (turn, response) => {
  for await (const event of savedUntilDone(turn)) {
    if (!response.write(event) || response.destroyed) await once(response, 'drain');
  }
  response.end();
});

// Waits for room or for the end of the reader.
route('drain-or-close', async (turn, response) => {
  const closed = once(response, 'close');
  for await (const event of savedUntilDone(turn)) {
    if (!response.write(event) && !response.destroyed) await Promise.race([once(response, 'drain'), closed]);
  }
  response.end();
});
