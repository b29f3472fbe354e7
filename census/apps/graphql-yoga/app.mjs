import { createServer } from "node:http";
import { on, EventEmitter } from "node:events";
import { createSchema, createYoga } from "graphql-yoga";
import { messages, model, save } from "./turn.mjs";

async function* naive(_, { id, message }) {
  let text = "";
  for await (const piece of model(message)) {
    text += piece;
    yield { naive: piece };
  }
  await save(id, text);
}

async function* right(_, { id, message }) {
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
  for await (const [piece] of iterable) yield { right: piece };
}

const schema = createSchema({
  typeDefs: /* GraphQL */ `
    type Query { ready: Boolean }
    type Subscription {
      naive(id: String!, message: String!): String
      right(id: String!, message: String!): String
    }
  `,
  resolvers: { Subscription: { naive: { subscribe: naive }, right: { subscribe: right } } },
});

const yoga = createYoga({ schema, logging: false });
createServer((request, response) => {
  if (!request.url.startsWith("/messages/")) return yoga(request, response);
  const found = messages.get(request.url.replace("/messages/", ""));
  response.writeHead(found ? 200 : 404, { "content-type": "application/json" }).end(JSON.stringify(found ?? null));
}).listen(process.env.PORT, "127.0.0.1");
