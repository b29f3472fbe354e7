// Middleware that comes between.
import compression from 'compression';
import { deltas, DONE, ERROR, FINISH } from './framing.js';
import { route } from './route.js';

async function say(turn, response) {
  for await (const event of deltas(turn.words())) response.write(event);
  await turn.save();
  response.write(FINISH);
  response.end(DONE);
}

// no-transform alone would keep the middleware off; many forget it.
function allowTransform(request, response, next) {
  response.locals.cacheControl = 'no-cache';
  next();
}

// Takes every type for compressible, and flushes when its buffer is full.
route('compression', say, allowTransform, compression({ filter: () => true, threshold: 0 }));

route('compression-spares-streams', say, allowTransform, compression({
  filter: (request, response) =>
    !String(response.getHeader('Content-Type')).startsWith('text/event-stream') && compression.filter(request, response),
}));

// Collects what is written and sends it with the end, as middleware that rewrites or signs bodies does.
function collect(request, response, next) {
  const parts = [];
  const end = response.end.bind(response);
  response.flushHeaders = () => {};
  response.write = (part) => parts.push(part);
  response.end = (part) => end(Buffer.from([...parts, part ?? ''].join('')));
  next();
}

route('collecting-middleware', say, collect);

// The handler's catch says the end that the try would have said.
route('catch-says-done', async (turn, response) => {
  let status = 'complete';
  try {
    for await (const event of broken(turn)) response.write(event);
  } catch {
    status = 'failed';
  }
  await turn.save(status);
  response.write(FINISH);
  response.end(DONE);
});

route('catch-says-error', async (turn, response) => {
  try {
    for await (const event of broken(turn)) response.write(event);
  } catch {
    await turn.save('failed');
    response.end(ERROR);
  }
});

async function* broken(turn) {
  let said = 0;
  for await (const event of deltas(turn.words())) {
    yield event;
    if (++said === 9) throw new Error('the upstream broke off');
  }
}
