import { createEventStream, getRouterParam, H3, HTTPError, serve } from "h3";
import { messages, model, save } from "./turn.mjs";

const app = new H3();

app.post("/naive", async (event) => {
  const { id, message } = await event.req.json();
  const stream = createEventStream(event);
  (async () => {
    let text = "";
    for await (const piece of model(message)) {
      text += piece;
      await stream.push(JSON.stringify({ text: piece }));
    }
    await stream.push("[DONE]");
    await stream.close();
    await save(id, text);
  })();
  return stream.send();
});

app.post("/on-closed", async (event) => {
  const { id, message } = await event.req.json();
  const stream = createEventStream(event);
  let text = "";
  let open = true;
  stream.onClosed(async () => {
    open = false;
    await save(id, text);
  });
  (async () => {
    for await (const piece of model(message)) {
      if (!open) return;
      text += piece;
      await stream.push(JSON.stringify({ text: piece }));
    }
    await stream.push("[DONE]");
    await stream.close();
  })();
  return stream.send();
});

app.post("/right", async (event) => {
  const { id, message } = await event.req.json();
  const stream = createEventStream(event);
  (async () => {
    let text = "";
    for await (const piece of model(message)) {
      text += piece;
      await stream.push(JSON.stringify({ text: piece }));
    }
    await save(id, text);
    await stream.push("[DONE]");
    await stream.close();
  })();
  return stream.send();
});

app.get("/messages/:id", (event) => {
  const found = messages.get(getRouterParam(event, "id"));
  if (!found) throw new HTTPError({ status: 404 });
  return found;
});

serve(app, { port: Number(process.env.PORT), hostname: "127.0.0.1", silent: true });
