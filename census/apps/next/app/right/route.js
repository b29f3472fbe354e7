import { model, save } from "../../turn.mjs";

const encoder = new TextEncoder();
const event = (data) => encoder.encode(`data: ${data}\n\n`);
const headers = { "content-type": "text/event-stream", "cache-control": "no-cache" };

export async function POST(request) {
  const { id, message } = await request.json();
  let reading = true;
  const stream = new ReadableStream({
    async start(controller) {
      let text = "";
      for await (const piece of model(message)) {
        text += piece;
        if (reading) controller.enqueue(event(JSON.stringify({ text: piece })));
      }
      await save(id, text);
      if (!reading) return;
      controller.enqueue(event("[DONE]"));
      controller.close();
    },
    cancel() {
      reading = false;
    },
  });
  return new Response(stream, { headers });
}
