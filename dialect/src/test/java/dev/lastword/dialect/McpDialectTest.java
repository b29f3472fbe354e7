package dev.lastword.dialect;

import static dev.lastword.dialect.Sign.CONTENT;
import static dev.lastword.dialect.Sign.ERROR;
import static dev.lastword.dialect.Sign.TERMINAL;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.sse.SseEvent;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class McpDialectTest {
  private static final String BODY =
      "{\"method\":\"tools/call\",\"params\":{\"id\":9},\"jsonrpc\":\"2.0\",\"id\":%s}";

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {"7, mcp(7)", "\"a)b\", mcp(\"a)b\")", "-1, mcp(-1)"})
  void givenARequest_whenItsNameIsReadAgain_thenItIsTheSameDialect(String id, String name) {
    var dialect = McpDialect.ofRequest(BODY.formatted(id)).orElseThrow();

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
    assertThat(McpDialect.ofRequest(body)).isEmpty();
  }

  @Test
  void givenOtherIds_whenObserved_thenOnlyOursEnds() {
    var dialect = McpDialect.ofRequest(BODY.formatted("7")).orElseThrow();

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
        McpDialect.ofRequest(BODY.formatted("7")).orElseThrow().detector(RequestFacts.NONE);

    detector.observe(id.isEmpty() ? SseEvent.of("") : SseEvent.of("").withId(id));

    assertThat(detector.endOfBodyCompletes()).isEqualTo(meant);
  }

  @Test
  void givenAnError_whenSaid_thenItBearsTheRequestsId() {
    var dialect = McpDialect.ofRequest(BODY.formatted("\"x\"")).orElseThrow();

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
