import sse from "@fastify/sse";
import Fastify from "fastify";
import { messages, model, save } from "./turn.mjs";

const app = Fastify();
await app.register(sse);

app.post("/naive", { sse: true }, async (request, reply) => {
  let text = "";
  for await (const piece of model(request.body.message)) {
    text += piece;
    await reply.sse.send({ data: { text: piece } });
  }
  await reply.sse.send({ event: "done", data: "end" });
  await save(request.body.id, text);
});

app.post("/connected", { sse: true }, async (request, reply) => {
  let text = "";
  for await (const piece of model(request.body.message)) {
    if (!reply.sse.isConnected) return;
    text += piece;
    await reply.sse.send({ data: { text: piece } });
  }
  await reply.sse.send({ event: "done", data: "end" });
  await save(request.body.id, text);
});

app.post("/right", { sse: true }, async (request, reply) => {
  let text = "";
  const send = async (event) => {
    if (reply.sse.isConnected) await reply.sse.send(event).catch(() => undefined); // the reader may go meanwhile
  };
  for await (const piece of model(request.body.message)) {
    text += piece;
    await send({ data: { text: piece } });
  }
  await save(request.body.id, text);
  await send({ event: "done", data: "end" });
});

app.get("/messages/:id", (request, reply) => {
  const found = messages.get(request.params.id);
  return reply.code(found ? 200 : 404).send(found ?? {});
});

await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
