import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { messages, model, save } from "./turn.mjs";

const app = new Hono();

app.post("/naive", async (c) => {
  const { id, message } = await c.req.json();
  return streamSSE(c, async (stream) => {
    let text = "";
    for await (const piece of model(message)) {
      text += piece;
      await stream.writeSSE({ data: JSON.stringify({ text: piece }) });
    }
    await stream.writeSSE({ data: "[DONE]" });
    await save(id, text);
  });
});

app.post("/abort", async (c) => {
  const { id, message } = await c.req.json();
  return streamSSE(c, async (stream) => {
    const leaving = new AbortController();
    stream.onAbort(() => leaving.abort());
    let text = "";
    for await (const piece of model(message, leaving.signal)) {
      text += piece;
      await stream.writeSSE({ data: JSON.stringify({ text: piece }) });
    }
    await stream.writeSSE({ data: "[DONE]" });
    await save(id, text);
  });
});

app.post("/right", async (c) => {
  const { id, message } = await c.req.json();
  return streamSSE(c, async (stream) => {
    let text = "";
    for await (const piece of model(message)) {
      text += piece;
      await stream.writeSSE({ data: JSON.stringify({ text: piece }) });
    }
    await save(id, text);
    await stream.writeSSE({ data: "[DONE]" });
  });
});

app.get("/messages/:id", (c) => {
  const found = messages.get(c.req.param("id"));
  return c.json(found ?? {}, found ? 200 : 404);
});

serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: "127.0.0.1" });
