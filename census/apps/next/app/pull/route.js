import { model, save } from "../../turn.mjs";

const encoder = new TextEncoder();
const event = (data) => encoder.encode(`data: ${data}\n\n`);
const headers = { "content-type": "text/event-stream", "cache-control": "no-cache" };

async function* answer(id, message) {
  let text = "";
  for await (const piece of model(message)) {
    text += piece;
    yield event(JSON.stringify({ text: piece }));
  }
  yield event("[DONE]");
  await save(id, text);
}

function iteratorToStream(iterator) {
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

export async function POST(request) {
  const { id, message } = await request.json();
  return new Response(iteratorToStream(answer(id, message)), { headers });
}
