import { Readable } from "node:stream";
import Hapi from "@hapi/hapi";
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

const server = Hapi.server({ port: process.env.PORT, host: "127.0.0.1", compression: false });

for (const [path, answer] of [["/naive", naive], ["/right", right]]) {
  server.route({
    method: "POST",
    path,
    handler: (request, h) => h.response(Readable.from(answer(request.payload), { objectMode: false })).type("text/event-stream"),
  });
}

server.route({
  method: "GET",
  path: "/messages/{id}",
  handler: (request, h) => {
    const found = messages.get(request.params.id);
    return h.response(found ?? {}).code(found ? 200 : 404);
  },
});

await server.start();
