import { createServer } from "node:http";
import { on, EventEmitter } from "node:events";
import { initTRPC } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { messages, model, save } from "./turn.mjs";

const t = initTRPC.create();
const chat = t.procedure.input((question) => question);

const router = t.router({
  naive: chat.subscription(async function* ({ input: { id, message } }) {
    let text = "";
    for await (const piece of model(message)) {
      text += piece;
      yield { text: piece };
    }
    await save(id, text);
  }),

  "last-yield": chat.subscription(async function* ({ input: { id, message } }) {
    let text = "";
    for await (const piece of model(message)) {
      text += piece;
      yield { text: piece };
    }
    yield { done: true };
    await save(id, text);
  }),

  right: chat.subscription(async function* ({ input: { id, message } }) {
    const events = new EventEmitter();
    const iterable = on(events, "piece", { close: ["saved"] });
    (async () => {
      let text = "";
      for await (const piece of model(message)) {
        text += piece;
        events.emit("piece", piece);
      }
      await save(id, text);
      events.emit("saved");
    })();
    for await (const [piece] of iterable) yield { text: piece };
  }),
});

const handler = createHTTPHandler({ router });
createServer((request, response) => {
  if (!request.url.startsWith("/messages/")) return handler(request, response);
  const found = messages.get(request.url.replace("/messages/", ""));
  response.writeHead(found ? 200 : 404, { "content-type": "application/json" }).end(JSON.stringify(found ?? null));
}).listen(process.env.PORT, "127.0.0.1");
