import express from 'express';
import { saved, Turn } from './turn.js';

export const app = express();
app.disable('x-powered-by');
app.use(express.json());

/** Registers `answer(turn, response, request)` as `POST /name/chat`, after the middleware; it writes the events itself. */
export function route(name, answer, ...middleware) {
  app.post(`/${name}/chat`, ...middleware, async (request, response) => {
    const turn = new Turn(request.body.message);
    response.set({
      'Content-Type': 'text/event-stream',
      'Cache-Control': response.locals.cacheControl ?? 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
      'X-Message-Id': turn.id,
    });
    response.flushHeaders();
    await answer(turn, response, request);
  });
}

app.get('/:name/messages/:id', (request, response) => {
  const message = saved.get(request.params.id);
  if (message) response.json(message);
  else response.status(404).json({ error: 'no such message' });
});
