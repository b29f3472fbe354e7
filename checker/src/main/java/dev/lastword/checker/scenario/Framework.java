package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Head;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.template.Json;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiPredicate;
import tools.jackson.databind.JsonNode;

/**
 * Frameworks and servers that show in what they send, and what to change in an application of
 * theirs that loses answers. A server is not taken for one of the frameworks that run on it: the
 * advice is then what is right in each of them.
 *
 * @param title its name, to be read behind "in"
 * @param change what to change so that no answer is lost
 */
public record Framework(String title, String change) {
  private static final int EVENTS_LOOKED_AT = 40;

  private static final List<Rule> RULES =
      List.of(
          // What is most particular comes first.
          new Rule(
              "Vercel Workflow",
              (head, event) -> head.first("x-workflow-run-id").isPresent(),
              "save in a step of the workflow, ahead of the step that closes the stream; a run goes on"
                  + " without its reader"),
          new Rule(
              "AI SDK",
              (head, event) -> head.first("x-vercel-ai-ui-message-stream").isPresent(),
              "call result.consumeStream() without awaiting it, so that onFinish runs when the reader has"
                  + " left; it runs beside the finish part, so what has to be saved by then is saved before"
                  + " finish is written (sendFinish: false, and a finish of your own)"),
          new Rule(
              "AG-UI, CopilotKit",
              (head, event) ->
                  says(event, "type", "TEXT_MESSAGE_CONTENT") || says(event, "type", "RUN_STARTED"),
              "save inside the agent's run, ahead of RUN_FINISHED, and do not end the run when its"
                  + " subscriber leaves"),
          new Rule(
              "LangGraph",
              (head, event) ->
                  event.at("/1/langgraph_node").isString()
                      || event.at("/1/langgraph_step").isNumber(),
              "ask for runs with on_disconnect: continue (on_disconnect=\"continue\" in the SDKs) and a"
                  + " thread, so that the run outlives its reader and its checkpoints hold the answer"),
          new Rule(
              "Dify",
              (head, event) ->
                  event.path("conversation_id").isString() && event.path("task_id").isString(),
              "Dify keeps answers itself; save your own copy by its message_id from GET /messages, not from"
                  + " the stream that a reader may leave"),
          new Rule(
              "Spring AI",
              (head, event) -> event.at("/result/output/messageType").isString(),
              "a Flux ends with its subscriber: share it (replay and connect) and save in it, ahead of the"
                  + " last element; MessageChatMemoryAdvisor saves at completion, which a cancel prevents"),
          new Rule(
              "Ollama",
              (head, event) ->
                  event.path("done").isBoolean() && event.path("created_at").isString(),
              "Ollama keeps nothing: read it to its end in a task of your own, save, and let readers follow"
                  + " that task"),
          new Rule(
              "Next.js",
              (head, event) -> header(head, "x-powered-by", "next.js"),
              "save with the last lines of the ReadableStream's start, before the closing event is enqueued;"
                  + " cancel() of the stream must not abort the model"),
          new Rule(
              "Express",
              (head, event) -> header(head, "x-powered-by", "express"),
              "await the save before the last res.write, and do not tie the model's AbortSignal to the"
                  + " close of req or res"),
          new Rule(
              "Django",
              (head, event) -> isDjango(head),
              "under ASGI the response's generator is cancelled when the reader leaves, under WSGI it is"
                  + " closed at its yield: generate in a task or a thread of its own, save there ahead of"
                  + " the last event, and let the StreamingHttpResponse only follow it"),
          asgi("Uvicorn"),
          asgi("Hypercorn"),
          asgi("Daphne"),
          wsgi("Werkzeug", "werkzeug"),
          wsgi("Gunicorn", "gunicorn"),
          wsgi("wsgiref's server", "wsgiserver"), // Django's runserver is one too
          new Rule(
              "ASP.NET Core",
              (head, event) -> header(head, "server", "kestrel"),
              "give the model CancellationToken.None instead of HttpContext.RequestAborted, and await the"
                  + " save before the last write"));

  /**
   * How one of them shows.
   *
   * @param shows by the head of a response, and one event's JSON
   */
  private record Rule(String title, BiPredicate<Head, JsonNode> shows, String change) {
    Framework framework() {
      return new Framework(title, change);
    }
  }

  /** Any application on this server, whose name stands in the field {@code server}. */
  private static Rule asgi(String server) {
    return new Rule(
        "an ASGI application on " + server,
        (head, event) -> header(head, "server", server.toLowerCase(Locale.ROOT)),
        "a response's generator is cancelled or closed when its reader leaves: run the generation in an"
            + " asyncio.Task of its own, to which something holds on, save there ahead of the event that"
            + " says the end, and let the response only follow it; a save that stays in the generator"
            + " comes ahead of that event too, under asyncio.shield");
  }

  private static Rule wsgi(String server, String shown) {
    return new Rule(
        "a WSGI application on " + server,
        (head, event) -> header(head, "server", shown),
        "a response's generator is closed at its yield when the reader leaves, and no line behind that"
            + " runs: save ahead of the last yield, and generate in a thread of its own");
  }

  /** The fields that its middleware adds where nobody has configured it. */
  private static boolean isDjango(Head head) {
    return header(head, "x-frame-options", "deny")
        && header(head, "x-content-type-options", "nosniff")
        && head.first("referrer-policy").orElse("").equals("same-origin")
        && head.first("cross-origin-opener-policy").orElse("").equals("same-origin");
  }

  private static boolean header(Head head, String name, String value) {
    return head.first(name).orElse("").toLowerCase(Locale.ROOT).contains(value);
  }

  private static boolean says(JsonNode event, String name, String value) {
    return event.path(name).asString("").equals(value);
  }

  /** The most particular one that a response shows; empty if none does. */
  static Optional<Framework> of(Reading reading) {
    var nothing = Json.parse("{}").orElseThrow();
    var events =
        reading.arrivals().stream()
            .limit(EVENTS_LOOKED_AT)
            .map(each -> Json.parse(each.event().data()).orElse(nothing))
            .toList();
    return RULES.stream()
        .filter(
            each ->
                each.shows.test(reading.head(), nothing)
                    || events.stream().anyMatch(event -> each.shows.test(reading.head(), event)))
        .map(Rule::framework)
        .findFirst();
  }
}
