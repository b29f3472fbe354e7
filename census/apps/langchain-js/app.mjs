import { ChatOpenAI } from "@langchain/openai";
import express from "express";
import { messages, save } from "./turn.mjs";

const chat = new ChatOpenAI({ model: "scripted", apiKey: "none", streamUsage: false, configuration: { baseURL: process.env.CENSUS_MODEL } });
const app = express();
app.use(express.json());

const event = (data) => `data: ${data}\n\n`;
const open = (res) => res.set({ "content-type": "text/event-stream", "cache-control": "no-cache" });

async function relay(res, question, options) {
  let text = "";
  for await (const chunk of await chat.stream(question.message, options)) {
    text += chunk.text;
    res.write(event(JSON.stringify({ text: chunk.text })));
  }
  return text;
}

const saving = (id) => ({ handleLLMEnd: (output) => save(id, output.generations[0][0].text) });

app.post("/naive", async (req, res) => {
  open(res);
  const text = await relay(res, req.body);
  res.end(event("[DONE]"));
  await save(req.body.id, text);
});

app.post("/callback", async (req, res) => {
  open(res);
  await relay(res, req.body, { callbacks: [saving(req.body.id)] });
  res.end(event("[DONE]"));
});

app.post("/signal", async (req, res) => {
  open(res);
  const leaving = new AbortController();
  res.on("close", () => leaving.abort());
  await relay(res, req.body, { callbacks: [saving(req.body.id)], signal: leaving.signal });
  res.end(event("[DONE]"));
});

app.post("/right", async (req, res) => {
  open(res);
  await save(req.body.id, await relay(res, req.body));
  res.end(event("[DONE]"));
});

app.get("/messages/:id", (req, res) => {
  const found = messages.get(req.params.id);
  res.status(found ? 200 : 404).json(found ?? null);
});

app.use((error, req, res, next) => (res.headersSent ? res.end() : next(error)));
app.listen(process.env.PORT, "127.0.0.1");
