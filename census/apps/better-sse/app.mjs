import { createSession } from "better-sse";
import express from "express";
import { messages, model, save } from "./turn.mjs";

const app = express();
app.use(express.json());

app.post("/naive", async (req, res) => {
  const session = await createSession(req, res);
  let text = "";
  for await (const piece of model(req.body.message)) {
    text += piece;
    session.push({ text: piece });
  }
  session.push("end", "done");
  res.end();
  await save(req.body.id, text);
});

app.post("/right", async (req, res) => {
  const session = await createSession(req, res);
  let text = "";
  for await (const piece of model(req.body.message)) {
    text += piece;
    if (session.isConnected) session.push({ text: piece });
  }
  await save(req.body.id, text);
  if (session.isConnected) session.push("end", "done");
  res.end();
});

app.get("/messages/:id", (req, res) => {
  const found = messages.get(req.params.id);
  res.status(found ? 200 : 404).json(found ?? null);
});

app.use((error, req, res, next) => (res.headersSent ? res.end() : next(error)));
app.listen(process.env.PORT, "127.0.0.1");
