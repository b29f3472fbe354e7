import { Readable } from "node:stream";
import Fastify from "fastify";
import { messages, model, save } from "./turn.mjs";

const app = Fastify();
const event = (data) => `data: ${data}\n\n`;
const streamed = (reply, generator) => reply.type("text/event-stream").header("cache-control", "no-cache").send(Readable.from(generator));

app.post("/naive", (request, reply) => {
  const { id, message } = request.body;
  async function* answer() {
    let text = "";
    for await (const piece of model(message)) {
      text += piece;
      yield event(JSON.stringify({ text: piece }));
    }
    yield event("[DONE]");
    await save(id, text);
  }
  return streamed(reply, answer());
});

const onResponse = (request) => save(request.body.id, request.answer);
app.post("/on-response", { onResponse }, (request, reply) => {
  request.answer = "";
  async function* answer() {
    for await (const piece of model(request.body.message)) {
      request.answer += piece;
      yield event(JSON.stringify({ text: piece }));
    }
    yield event("[DONE]");
  }
  return streamed(reply, answer());
});

app.post("/right", (request, reply) => {
  const { id, message } = request.body;
  async function* answer() {
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
  return streamed(reply, answer());
});

app.get("/messages/:id", (request, reply) => {
  const found = messages.get(request.params.id);
  return reply.code(found ? 200 : 404).send(found ?? {});
});

await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
