import { Readable } from "node:stream";
import { json } from "node:stream/consumers";
import Koa from "koa";
import { messages, model, save } from "./turn.mjs";

const event = (data) => `data: ${data}\n\n`;

async function* naive({ id, message }) {
  let text = "";
  for await (const piece of model(message)) {
    text += piece;
    yield event(JSON.stringify({ text: piece }));
  }
  yield event("[DONE]");
  await save(id, text);
}

async function* right({ id, message }) {
  let text = "";
  let status = "partial";
  try {
    for await (const piece of model(message)) {
      text += piece;
      yield event(JSON.stringify({ text: piece }));
    }
    status = "complete";
  } finally {
    await save(id, text, status);
  }
  yield event("[DONE]");
}

const answers = { "/naive": naive, "/right": right };

const app = new Koa();
app.silent = true;
app.use(async (ctx) => {
  if (ctx.method === "GET") {
    const found = messages.get(ctx.path.replace("/messages/", ""));
    ctx.body = found ?? {};
    ctx.status = found ? 200 : 404;
    return;
  }
  ctx.type = "text/event-stream";
  ctx.set("cache-control", "no-cache");
  ctx.body = Readable.from(answers[ctx.path](await json(ctx.req)));
});
app.listen(process.env.PORT, "127.0.0.1");
