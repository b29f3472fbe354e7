// When the save happens. Express cancels nothing when a reader leaves: what is lost here is lost by the code's own hand.
import { setTimeout as pause } from 'node:timers/promises';
import { deltas, DONE, FINISH } from './framing.js';
import { route } from './route.js';

async function say(turn, response) {
  for await (const event of deltas(turn.words())) response.write(event);
}

route('save-after-end', async (turn, response) => {
  await say(turn, response);
  response.write(FINISH);
  response.end(DONE);
  await turn.save();
});

route('save-before-finish', async (turn, response) => {
  await say(turn, response);
  await turn.save();
  response.write(FINISH);
  response.end(DONE);
});

// "No reader, no need": saves only for those who are still there some turns of the event loop after the end.
route('save-when-reader-stays', async (turn, response) => {
  await say(turn, response);
  response.write(FINISH);
  response.write(DONE);
  await pause(200);
  if (!response.destroyed) await turn.save();
  response.end();
});

// 'finish' comes when everything was handed to the operating system, and never when the reader went first.
route('save-on-finish', async (turn, response) => {
  response.on('finish', () => turn.save());
  await say(turn, response);
  response.write(FINISH);
  response.write(DONE);
  await pause(200); // usage and logs
  response.end();
});

// 'close' comes for those who stay and for those who go, and knows nothing of how complete the answer is.
route('save-on-close', async (turn, response) => {
  response.on('close', () => turn.save());
  await say(turn, response);
  response.write(FINISH);
  response.end(DONE);
});

// The same, knowing it.
route('save-on-close-with-status', async (turn, response) => {
  let status = 'partial';
  response.on('close', () => turn.save(status));
  for await (const event of deltas(turn.words())) {
    if (response.destroyed) return;
    response.write(event);
  }
  status = 'complete';
  response.write(FINISH);
  response.end(DONE);
});
