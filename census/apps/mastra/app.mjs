import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { Agent } from "@mastra/core/agent";
import { Mastra } from "@mastra/core/mastra";
import { LibSQLStore } from "@mastra/libsql";
import { Memory } from "@mastra/memory";
import express from "express";

const memory = new Memory({ options: { lastMessages: 10 } });
const agent = new Agent({
  id: "assistant",
  name: "assistant",
  instructions: "Answer.",
  model: createOpenAICompatible({ name: "scripted", baseURL: process.env.CENSUS_MODEL })("scripted"),
  memory,
});
new Mastra({ agents: { assistant: agent }, storage: new LibSQLStore({ id: "store", url: "file:mastra.db" }), logger: false });

const app = express();
app.use(express.json());

const event = (data) => `data: ${data}\n\n`;
const open = (res) => res.set({ "content-type": "text/event-stream", "cache-control": "no-cache" });

async function relay(res, { id, message }, options) {
  const stream = await agent.stream(message, { memory: { thread: id, resource: "reader" }, ...options });
  for await (const piece of stream.textStream) res.write(event(JSON.stringify({ text: piece })));
}

app.post("/naive", async (req, res) => {
  open(res);
  await relay(res, req.body);
  res.end(event("[DONE]"));
});

app.post("/abort", async (req, res) => {
  open(res);
  const leaving = new AbortController();
  res.on("close", () => leaving.abort());
  await relay(res, req.body, { abortSignal: leaving.signal });
  res.end(event("[DONE]"));
});

app.get("/messages/:id", async (req, res) => {
  const { messages } = await memory.recall({ threadId: req.params.id, resourceId: "reader" }).catch(() => ({ messages: [] }));
  res.status(messages.length ? 200 : 404).json(messages.filter((message) => message.role === "assistant"));
});

app.use((error, req, res, next) => (res.headersSent ? res.end() : next(error)));
app.listen(process.env.PORT, "127.0.0.1");
