import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { BuiltInAgent, CopilotRuntime, createCopilotEndpoint, InMemoryAgentRunner } from "@copilotkit/runtime/v2";
import { serve } from "@hono/node-server";

const scripted = createOpenAICompatible({ name: "scripted", baseURL: process.env.CENSUS_MODEL })("scripted");
const runtime = new CopilotRuntime({
  agents: { default: new BuiltInAgent({ model: scripted }) },
  runner: new InMemoryAgentRunner(),
});
const app = createCopilotEndpoint({ runtime, basePath: "/api/copilotkit" });

serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: "127.0.0.1" });
