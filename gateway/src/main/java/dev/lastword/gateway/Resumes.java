package dev.lastword.gateway;

import dev.lastword.stream.Streams;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/** How clients come back to responses, by their routes; to OpenAI's Responses on every one. */
final class Resumes {
  private final ResumeProtocol responses;
  private final Map<ResumeKind, ResumeProtocol> kinds;

  /**
   * @param budget memory for what is kept of requests
   * @param elsewhere whose streams are answered for by others
   */
  Resumes(
      OwnedStreams owned,
      StreamsApi api,
      ResumedReading reading,
      Supplier<Access> access,
      ResponseBudget budget,
      Elsewhere elsewhere) {
    Streams streams = owned.streams();
    var runs = new Runs(owned, reading, access, elsewhere);
    this.responses = new ResponsesResume(streams, api, reading, access, elsewhere);
    this.kinds =
        Map.of(
            ResumeKind.AI_SDK, new ChatResume(streams, reading, access, elsewhere),
            ResumeKind.WORKFLOW, new WorkflowResume(owned, reading, access, elsewhere),
            ResumeKind.TANSTACK, new TanStackResume(runs),
            ResumeKind.AG_UI, new AgUiResume(runs, budget),
            ResumeKind.MCP, new McpResume(owned, reading, access, elsewhere));
  }

  /** How the clients of a route come back, beside those of OpenAI's Responses. */
  ResumeProtocol of(RelayRoute route) {
    return kinds.getOrDefault(route.policy().resume(), ResumeProtocol.NONE);
  }

  /** Answers a request that comes back, or has it relayed. */
  void handle(
      Exchange exchange, Asker asker, RelayRoute route, ResumeProtocol.Otherwise otherwise) {
    responses.handle(
        exchange, asker, route, (same, order) -> of(route).handle(same, asker, route, otherwise));
  }

  /** What is written down of a response of a route, beside what is written down anyway. */
  Map<String, String> with(
      Map<String, String> attributes, RelayRoute route, RequestHead request, byte[] body) {
    var all = new HashMap<>(of(route).attributes(request, body));
    all.putAll(attributes);
    return all;
  }
}
