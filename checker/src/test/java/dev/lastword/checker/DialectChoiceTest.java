package dev.lastword.checker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.checker.Endpoint.Script;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which dialect a response is taken to be in, and why. */
final class DialectChoiceTest {
  private static final String CHUNK =
      "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"},\"finish_reason\":null}]}";
  private static final String FINISH =
      "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}";

  private static Script saying(List<String> headers, String... events) {
    return exchange -> {
      exchange.save(String.join("", events));
      exchange.open(headers.toArray(String[]::new));
      for (var event : events) {
        exchange.event(event);
      }
      exchange.end();
    };
  }

  private static Checked check(Script script, String path, String... more) throws Exception {
    try (var endpoint = new Endpoint(script)) {
      var args = new ArrayList<>(List.of("check", endpoint.url(path), "--json"));
      args.addAll(List.of("--only", "LW002,LW008", "--data", "{\"model\":\"m\"}"));
      args.addAll(List.of(more));
      return Checked.run(args.toArray(String[]::new));
    }
  }

  private static void assertChoice(Checked checked, String dialect, String reason) {
    assertThat(checked.json().path("dialect").asString()).as(checked.out()).isEqualTo(dialect);
    assertThat(checked.json().path("dialectReason").asString()).contains(reason);
  }

  @Test
  void givenAVendorsPath_whenChecked_thenThePathTells() throws Exception {
    var script = saying(List.of(), CHUNK.formatted("a"), FINISH, "[DONE]");

    assertChoice(check(script, "/v1/chat/completions"), "openai-chat", "path");
  }

  @Test
  void givenAResponseHeader_whenThePathIsNobodys_thenTheHeaderTells() throws Exception {
    var script =
        saying(
            List.of("x-vercel-ai-ui-message-stream: v1"),
            "{\"type\":\"start\"}",
            "{\"type\":\"finish\"}",
            "[DONE]");

    assertChoice(check(script, "/api/chat"), "ai-sdk-ui", "header");
  }

  @Test
  void givenAVendorsEvents_whenThePathIsNobodys_thenTheEventsTellAndAreJudgedSo() throws Exception {
    var script = saying(List.of(), CHUNK.formatted("a"), CHUNK.formatted("b"), FINISH);

    var checked = check(script, "/chat");

    assertChoice(checked, "openai-chat", "first events");
    assertThat(checked.verdict("LW008")).isEqualTo("fail"); // [DONE] is missing
    assertThat(checked.detail("LW002")).contains("--verify"); // it has an ending event now
  }

  @Test
  void givenAVendorsPathInAnotherApplication_whenItsEventsAreAnothers_thenTheEventsTell()
      throws Exception {
    var script = saying(List.of(), CHUNK.formatted("a"), CHUNK.formatted("b"), FINISH, "[DONE]");

    assertChoice(check(script, "/v1/messages"), "openai-chat", "first events");
  }

  @Test
  void givenOneEventThatLooksLikeAVendorsByChance_whenChecked_thenItStaysPlain() throws Exception {
    var script =
        saying(
            List.of(),
            "{\"type\":\"start\"}",
            "{\"type\":\"token\",\"text\":\"a\"}",
            "{\"type\":\"end\"}");

    var checked = check(script, "/chat");

    assertChoice(checked, "plain", "nothing tells another");
    assertThat(checked.verdict("LW008")).isEqualTo("pass");
  }

  @Test
  void givenJsonRpcWithAnIdOfItsOwnInEachRun_whenChecked_thenAnyResponseEndsIt() throws Exception {
    var script = saying(List.of(), "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"result\":{\"a\":1}}");

    var checked =
        check(
            script,
            "/mcp",
            "--data",
            "{\"jsonrpc\":\"2.0\",\"id\":\"{{run}}\",\"method\":\"tools/call\"}");

    assertChoice(checked, "mcp", "request's body");
    assertThat(checked.verdict("LW008")).as(checked.out()).isEqualTo("pass");
  }

  @Test
  void givenItIsSaid_whenChecked_thenNothingElseCounts() throws Exception {
    var script = saying(List.of(), CHUNK.formatted("a"), CHUNK.formatted("b"), FINISH, "[DONE]");

    assertChoice(check(script, "/v1/chat/completions", "--dialect", "plain"), "plain", "said");
    assertChoice(
        check(script, "/chat", "--terminal", "data:[DONE]"),
        "plain(data=[DONE]; required)",
        "said");
  }

  @Test
  void givenATerminalAndAPlaceOfText_whenChecked_thenTheTextIsReadThere() throws Exception {
    Script script =
        exchange -> {
          exchange.save("hello there");
          exchange.open();
          exchange.event("{\"bit\":\"hello\"}");
          exchange.event("{\"bit\":\" there\"}");
          exchange.chunk("event: over\ndata: {}\n\n");
          exchange.end();
        };
    try (var endpoint = new Endpoint(script)) {
      var checked =
          Checked.endpoint(
              endpoint, "--terminal", "event:over", "--text", "/bit", "--only", "LW003");

      assertThat(checked.exitCode()).as(checked.out()).isZero();
    }
  }

  @Test
  void givenAPerson_whenChecked_thenTheTextSaysIt() throws Exception {
    try (var endpoint = new Endpoint(Scripts.SAVES_BEFORE)) {
      var checked = Checked.run("check", endpoint.url("/chat"), "--only", "LW014");

      assertThat(checked.out()).contains("dialect: plain, since nothing tells another");
    }
  }
}
