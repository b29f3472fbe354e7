import express from "express";
import { messages, model, save } from "./turn.mjs";

const app = express();
app.use(express.json());

const event = (data) => `data: ${data}\n\n`;
const open = (res) => res.set({ "content-type": "text/event-stream", "cache-control": "no-cache" });

app.post("/naive", async (req, res) => {
  open(res);
  let text = "";
  for await (const piece of model(req.body.message)) {
    text += piece;
    res.write(event(JSON.stringify({ text: piece })));
  }
  res.write(event("[DONE]"));
  res.end();
  await save(req.body.id, text);
});

app.post("/abort", async (req, res) => {
  open(res);
  const leaving = new AbortController();
  res.on("close", () => leaving.abort());
  let text = "";
  for await (const piece of model(req.body.message, leaving.signal)) {
    text += piece;
    res.write(event(JSON.stringify({ text: piece })));
  }
  res.write(event("[DONE]"));
  res.end();
  await save(req.body.id, text);
});

app.post("/on-finish", async (req, res) => {
  open(res);
  let text = "";
  res.on("finish", () => save(req.body.id, text));
  for await (const piece of model(req.body.message)) {
    text += piece;
    res.write(event(JSON.stringify({ text: piece })));
  }
  res.write(event("[DONE]"));
  res.end();
});

app.post("/right", async (req, res) => {
  open(res);
  let text = "";
  for await (const piece of model(req.body.message)) {
    text += piece;
    res.write(event(JSON.stringify({ text: piece })));
  }
  await save(req.body.id, text);
  res.write(event("[DONE]"));
  res.end();
});

app.get("/messages/:id", (req, res) => {
  const found = messages.get(req.params.id);
  res.status(found ? 200 : 404).json(found ?? null);
});

app.use((error, req, res, next) => (error.name === "AbortError" ? res.end() : next(error)));
app.listen(process.env.PORT, "127.0.0.1");
