package dev.lastword.dialect;

import static dev.lastword.dialect.Sign.CONTENT;
import static dev.lastword.dialect.Sign.ENDING;
import static dev.lastword.dialect.Sign.ERROR;
import static dev.lastword.dialect.Sign.TAIL;
import static dev.lastword.dialect.Sign.TERMINAL;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.sse.SseEvent;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class JsonRpcDialectTest {
  private static final String BODY =
      "{\"method\":\"tools/call\",\"params\":{\"id\":9},\"jsonrpc\":\"2.0\",\"id\":%s}";

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {"7, mcp(7)", "\"a)b\", mcp(\"a)b\")", "-1, mcp(-1)"})
  void givenARequest_whenItsNameIsReadAgain_thenItIsTheSameDialect(String id, String name) {
    var dialect = JsonRpcDialect.ofRequest(BODY.formatted(id)).orElseThrow();

    assertThat(dialect.name()).isEqualTo(name);
    assertThat(Dialects.named(name)).contains(dialect);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":null}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":{}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
        "[{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1}]",
        "{\"method\":\"m\",\"id\":1}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1",
        "",
      })
  void givenABodyThatAsksForNoAnswer_whenRead_thenItIsNotOfTheDialect(String body) {
    assertThat(JsonRpcDialect.ofRequest(body)).isEmpty();
  }

  @Test
  void givenOtherIds_whenObserved_thenOnlyOursEnds() {
    var dialect = JsonRpcDialect.ofRequest(BODY.formatted("7")).orElseThrow();

    var signs =
        Fixture.signs(
            dialect,
            RequestFacts.NONE,
            List.of(response("8"), response("\"7\""), response("null"), response("7")));

    assertThat(signs).containsExactly(CONTENT, CONTENT, CONTENT, TERMINAL);
  }

  @ParameterizedTest
  @CsvSource({"7, true", "'', false"})
  void givenAServerThatClosesBeforeItAnswers_whenAnIdWasSent_thenItMeantTo(
      String id, boolean meant) {
    var detector =
        JsonRpcDialect.ofRequest(BODY.formatted("7")).orElseThrow().detector(RequestFacts.NONE);

    detector.observe(id.isEmpty() ? SseEvent.of("") : SseEvent.of("").withId(id));

    assertThat(detector.endOfBodyCompletes()).isEqualTo(meant);
  }

  @ParameterizedTest
  @CsvSource({
    "tools/call, mcp(7)",
    "initialize, mcp(7)",
    "message/stream, a2a(7)",
    "tasks/resubscribe, a2a(7)",
    "SendStreamingMessage, a2a(7)",
    "SubscribeToTask, a2a(7)",
    "textDocument/completion, json-rpc(7)",
  })
  void givenAMethod_whenAsked_thenItTellsWhatIsSpoken(String method, String name) {
    var body = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"%s\"}".formatted(method);

    var dialect = JsonRpcDialect.ofRequest(body).orElseThrow();

    assertThat(dialect.name()).isEqualTo(name);
    assertThat(Dialects.named(name)).contains(dialect);
  }

  @ParameterizedTest
  @CsvSource({
    "submitted, CONTENT",
    "working, CONTENT",
    "completed, ENDING",
    "input-required, ENDING",
    "auth-required, ENDING",
    "failed, ERROR",
    "rejected, ERROR",
    "canceled, ERROR",
    "a-state-of-tomorrow, CONTENT",
    "TASK_STATE_WORKING, CONTENT",
    "TASK_STATE_INPUT_REQUIRED, ENDING",
    "TASK_STATE_CANCELED, ERROR",
  })
  void givenATasksState_whenObserved_thenItTellsWhetherMoreComes(String state, Sign sign) {
    var status = "\"status\":{\"state\":\"" + state + "\"}";
    var updates =
        List.of(
            result("{\"kind\":\"status-update\"," + status + "}"),
            result("{\"kind\":\"task\"," + status + "}"),
            result("{\"statusUpdate\":{" + status + "}}"),
            result("{\"task\":{" + status + "}}"));

    for (var update : updates) {
      var signs = Fixture.signs(a2a(), RequestFacts.NONE, List.of(update));
      assertThat(signs).as(update.data()).containsExactly(sign);
    }
  }

  @Test
  void givenAnAgentThatGoesOn_whenItsTaskWasCompleted_thenTheEndIsWithdrawn() {
    var completed = result("{\"statusUpdate\":{\"status\":{\"state\":\"completed\"}}}");
    var more = result("{\"artifactUpdate\":{\"artifact\":{\"artifactId\":\"a\",\"parts\":[]}}}");
    var notification = SseEvent.of("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"result\":{}}");

    var signs =
        Fixture.signs(
            a2a(), RequestFacts.NONE, List.of(completed, completed, notification, more, completed));

    assertThat(signs).containsExactly(ENDING, TAIL, TAIL, CONTENT, ENDING);
  }

  @Test
  void givenArtifactsInPieces_whenAssembled_thenTheTaskIsAsTheUpdatesLeftIt() {
    var events =
        List.of(
            result("{\"kind\":\"task\",\"id\":\"t\",\"status\":{\"state\":\"submitted\"}}"),
            artifact("a", false, "{\"kind\":\"text\",\"text\":\"draft\"}"),
            artifact("a", false, "{\"kind\":\"text\",\"text\":\"One \"}"),
            artifact("b", false, "{\"kind\":\"data\",\"data\":{\"n\":[1]}}"),
            artifact("a", true, "{\"kind\":\"text\",\"text\":\"two.\"}"),
            result("{\"kind\":\"status-update\",\"status\":{\"state\":\"completed\"}}"));

    var assembled = Fixture.assemble(a2a(), events);

    assertThat(assembled.text()).isEqualTo("One two.");
    assertThat(assembled.json())
        .isEqualTo(
            "{\"kind\":\"task\",\"id\":\"t\",\"status\":{\"state\":\"completed\"},\"artifacts\":["
                + "{\"artifactId\":\"a\",\"parts\":[{\"kind\":\"text\",\"text\":\"One \"},"
                + "{\"kind\":\"text\",\"text\":\"two.\"}]},"
                + "{\"artifactId\":\"b\",\"parts\":[{\"kind\":\"data\",\"data\":{\"n\":[1]}}]}]}");
  }

  @Test
  void givenAMethodOfNobodyKnown_whenItsResultIsStreamed_thenEachTakesTheEndFromTheOneBefore() {
    var dialect = Dialects.named("json-rpc(7)").orElseThrow();

    var signs =
        Fixture.signs(
            dialect, RequestFacts.NONE, List.of(response("7"), response("8"), response("7")));

    assertThat(signs).containsExactly(ENDING, TAIL, ENDING);
  }

  private static Dialect a2a() {
    return Dialects.named("a2a(7)").orElseThrow();
  }

  private static SseEvent result(String result) {
    return SseEvent.of("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":" + result + "}");
  }

  private static SseEvent artifact(String id, boolean append, String part) {
    return result(
        "{\"kind\":\"artifact-update\",\"append\":%s,\"artifact\":{\"artifactId\":\"%s\",\"parts\":[%s]}}"
            .formatted(append, id, part));
  }

  @Test
  void givenAnError_whenSaid_thenItBearsTheRequestsId() {
    var dialect = JsonRpcDialect.ofRequest(BODY.formatted("\"x\"")).orElseThrow();

    var error = dialect.error("upstream_reset", "It broke.");

    assertThat(error.data())
        .isEqualTo(
            "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"error\":{\"code\":-32000,"
                + "\"message\":\"It broke.\",\"data\":{\"code\":\"upstream_reset\"}}}");
    assertThat(Fixture.signs(dialect, RequestFacts.NONE, List.of(error))).containsExactly(ERROR);
  }

  private static SseEvent response(String id) {
    return SseEvent.of("{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":{}}");
  }
}
