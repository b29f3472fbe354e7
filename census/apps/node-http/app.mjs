import { createServer } from "node:http";
import { pipeline } from "node:stream/promises";
import { json } from "node:stream/consumers";
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

async function afterPipeline(question, response) {
  let text = "";
  await pipeline(async function* () {
    for await (const piece of model(question.message)) {
      text += piece;
      yield event(JSON.stringify({ text: piece }));
    }
    yield event("[DONE]");
  }, response);
  await save(question.id, text);
}

const routes = {
  "/naive": (question, response) => pipeline(naive(question), response),
  "/after-pipeline": afterPipeline,
  "/right": (question, response) => pipeline(right(question), response),
};

createServer(async (request, response) => {
  if (request.method === "GET") {
    const found = messages.get(request.url.replace("/messages/", ""));
    response.writeHead(found ? 200 : 404, { "content-type": "application/json" }).end(JSON.stringify(found ?? null));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  await routes[request.url](await json(request), response).catch((left) => console.error(left.code));
}).listen(process.env.PORT, "127.0.0.1");
