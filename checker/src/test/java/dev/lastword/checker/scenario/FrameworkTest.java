package dev.lastword.checker.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Body;
import dev.lastword.checker.probe.Head;
import dev.lastword.checker.probe.Header;
import dev.lastword.checker.probe.Reading;
import dev.lastword.dialect.Sign;
import dev.lastword.sse.SseEvent;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a response shows of who made it. */
final class FrameworkTest {
  private static final String DJANGO =
      "x-frame-options: DENY | x-content-type-options: nosniff | referrer-policy: same-origin"
          + " | cross-origin-opener-policy: same-origin";

  /**
   * @param fields of the head, with bars between them
   */
  private static Optional<Framework> shownBy(String fields, String... data) {
    var headers =
        Stream.of(fields.split("\\|", -1))
            .filter(each -> each.contains(":"))
            .map(each -> each.split(":", 2))
            .map(each -> new Header(each[0].strip(), each[1].strip()))
            .toList();
    var arrivals =
        Stream.of(data).map(each -> new Arrival(0, 1, SseEvent.of(each), Sign.CONTENT)).toList();
    return Framework.of(
        new Reading(
            new Head(200, headers),
            Body.Framing.CHUNKED,
            arrivals,
            List.of(),
            new byte[0],
            Reading.End.CLEAN,
            2,
            0,
            "",
            false));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "x-workflow-run-id: r1 | x-vercel-ai-ui-message-stream: v1; Vercel Workflow",
        "x-vercel-ai-ui-message-stream: v1 | x-powered-by: Next.js; AI SDK",
        "x-powered-by: Next.js; Next.js",
        "X-Powered-By: Express; Express",
        "server: uvicorn; an ASGI application on Uvicorn",
        "server: hypercorn-h11; an ASGI application on Hypercorn",
        "server: hypercorn-h2; an ASGI application on Hypercorn",
        "server: daphne; an ASGI application on Daphne",
        "Server: Werkzeug/3.1.3 Python/3.13.5; a WSGI application on Werkzeug",
        "server: gunicorn; a WSGI application on Gunicorn",
        "server: WSGIServer/0.2 CPython/3.13.5; a WSGI application on wsgiref's server",
        "server: Kestrel; ASP.NET Core",
      })
  void givenAHead_whenLookedAt_thenWhatItShowsIsNamed(String fields, String title) {
    assertThat(shownBy(fields, "hello").map(Framework::title)).contains(title);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{\"type\":\"TEXT_MESSAGE_CONTENT\",\"delta\":\"a\"}; AG-UI, CopilotKit",
        "{\"type\":\"RUN_STARTED\",\"runId\":\"r\"}; AG-UI, CopilotKit",
        "[{\"content\":\"a\"},{\"langgraph_node\":\"agent\"}]; LangGraph",
        "[{\"content\":\"a\"},{\"langgraph_step\":1}]; LangGraph",
        "{\"conversation_id\":\"c\",\"task_id\":\"t\",\"answer\":\"a\"}; Dify",
        "{\"result\":{\"output\":{\"messageType\":\"ASSISTANT\",\"text\":\"a\"}}}; Spring AI",
        "{\"created_at\":\"2026-11-30T00:00:00Z\",\"response\":\"a\",\"done\":false}; Ollama",
      })
  void givenAnEvent_whenLookedAt_thenItsFrameworkIsNamedAheadOfTheServer(
      String data, String title) {
    assertThat(shownBy("server: uvicorn", "hello", data).map(Framework::title)).contains(title);
  }

  @ParameterizedTest
  @CsvSource({"uvicorn", "hypercorn-h11", "daphne", "gunicorn"})
  void givenTheFieldsOfDjangosMiddleware_whenLookedAt_thenItIsNamedOnAnyServer(String server) {
    assertThat(shownBy("server: " + server + " | " + DJANGO, "hello").map(Framework::title))
        .contains("Django");
  }

  @ParameterizedTest
  @CsvSource({"uvicorn, asyncio.Task", "hypercorn-h11, asyncio.Task", "gunicorn, thread"})
  void givenAServerThatManyFrameworksRunOn_whenLookedAt_thenNoneOfThemIsNamed(
      String server, String advised) {
    var shown = shownBy("server: " + server, "{\"type\":\"token\",\"text\":\"a\"}").orElseThrow();

    assertThat(shown.change()).contains(advised, "save", "ahead of");
    assertThat(shown.title() + shown.change())
        .doesNotContain("FastAPI", "Starlette", "StreamingResponse", "Django", "Flask");
  }

  @Test
  void givenNothingThatTells_whenLookedAt_thenNothingIsSaid() {
    assertThat(shownBy("server: nginx | x-frame-options: DENY", "hello")).isEmpty();
    assertThat(shownBy("", "{\"done\":true}")).isEmpty();
  }
}
