import { after } from "next/server";
import { model, save } from "../../turn.mjs";

const encoder = new TextEncoder();
const event = (data) => encoder.encode(`data: ${data}\n\n`);
const headers = { "content-type": "text/event-stream", "cache-control": "no-cache" };

export async function POST(request) {
  const { id, message } = await request.json();
  let text = "";
  after(() => save(id, text));
  const stream = new ReadableStream({
    async start(controller) {
      for await (const piece of model(message)) {
        text += piece;
        controller.enqueue(event(JSON.stringify({ text: piece })));
      }
      controller.enqueue(event("[DONE]"));
      controller.close();
    },
  });
  return new Response(stream, { headers });
}
