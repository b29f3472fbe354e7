import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { createUIMessageStream, pipeUIMessageStreamToResponse, streamText } from "ai";
import express from "express";
import { messages, save } from "./turn.mjs";

const scripted = createOpenAICompatible({ name: "scripted", baseURL: process.env.CENSUS_MODEL })("scripted");
const textOf = (message) => message.parts.map((part) => (part.type === "text" ? part.text : "")).join("");

const app = express();
app.use(express.json());

app.post("/naive", (req, res) => {
  const result = streamText({ model: scripted, prompt: req.body.message });
  result.pipeUIMessageStreamToResponse(res, { onFinish: ({ responseMessage }) => save(req.body.id, textOf(responseMessage)) });
});

app.post("/stream-text", (req, res) => {
  const result = streamText({ model: scripted, prompt: req.body.message, onFinish: ({ text }) => save(req.body.id, text) });
  result.pipeUIMessageStreamToResponse(res);
});

app.post("/consume", (req, res) => {
  const result = streamText({ model: scripted, prompt: req.body.message });
  result.consumeStream(); // no await
  result.pipeUIMessageStreamToResponse(res, { onFinish: ({ responseMessage }) => save(req.body.id, textOf(responseMessage)) });
});

app.post("/right", (req, res) => {
  const stream = createUIMessageStream({
    async execute({ writer }) {
      const result = streamText({ model: scripted, prompt: req.body.message });
      result.consumeStream(); // goes on when the reader has gone
      writer.merge(result.toUIMessageStream({ sendFinish: false }));
      await save(req.body.id, await result.text);
      writer.write({ type: "finish" });
    },
  });
  pipeUIMessageStreamToResponse({ response: res, stream });
});

app.get("/messages/:id", (req, res) => {
  const found = messages.get(req.params.id);
  res.status(found ? 200 : 404).json(found ?? null);
});

app.listen(process.env.PORT, "127.0.0.1");
