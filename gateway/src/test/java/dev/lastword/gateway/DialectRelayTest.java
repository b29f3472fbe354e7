package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The dialects beside OpenAI's chat: where their answers end, and how they say that one broke off.
 */
class DialectRelayTest {
  private static final String MESSAGES = "/v1/messages";
  private static final String STOP =
      event("message_delta", "\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null}");
  private static final String MESSAGE_STOP =
      "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

  @TempDir Path data;
  private ScriptedUpstream upstream;
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    gateway =
        TestGateway.start(
            data,
            upstream.url(),
            Map.of(
                Setting.TAIL, "5000",
                Setting.HEARTBEAT, "100",
                Setting.MARKERS, "event=end; /status=done",
                Setting.MARKER_REQUIRED, "true"));
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  private static String event(String type, String members) {
    return "event: " + type + "\ndata: {\"type\":\"" + type + "\"," + members + "}\n\n";
  }

  /** One answer that says "Hel", in each dialect. */
  enum Speech {
    ANTHROPIC(
        "anthropic",
        MESSAGES,
        "{\"model\":\"claude\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}",
        "",
        event("content_block_start", "\"index\":0,\"content_block\":{\"type\":\"text\"}")
            + event(
                "content_block_delta",
                "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hel\"}"),
        STOP + MESSAGE_STOP,
        "event: error\ndata: {\"type\":\"error\",\"error\":{"),
    RESPONSES(
        "openai-responses",
        "/v1/responses",
        "{\"model\":\"gpt\",\"input\":\"hello\"}",
        "",
        event("response.created", "\"response\":{\"id\":\"r\",\"output\":[]}")
            + event("response.output_text.delta", "\"output_index\":0,\"delta\":\"Hel\"")
            + event("response.output_text.done", "\"output_index\":0,\"text\":\"Hel\""),
        event(
            "response.completed",
            "\"response\":{\"status\":\"completed\",\"output\":[{\"type\":\"message\","
                + "\"content\":[{\"type\":\"output_text\",\"text\":\"Hel\"}]}]}"),
        "event: error\ndata: {\"type\":\"error\",\"code\":"),
    GEMINI(
        "gemini",
        "/v1beta/models/gemini-2.5-flash:streamGenerateContent",
        "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hello\"}]}]}",
        "",
        "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"He\"}]}}]}\n\n",
        "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"l\"}]},"
            + "\"finishReason\":\"STOP\"}]}\n\n",
        "data: {\"error\":{\"code\":500,"),
    UI_STREAM(
        "ai-sdk-ui",
        "/api/chat",
        "{\"id\":\"c\",\"messages\":[{\"role\":\"user\",\"parts\":[{\"type\":\"text\","
            + "\"text\":\"hello\"}]}]}",
        "X-Vercel-AI-UI-Message-Stream: v1\r\n",
        """
        data: {"type":"text-start","id":"0"}

        data: {"type":"text-delta","id":"0","delta":"Hel"}

        """,
        "data: {\"type\":\"finish\"}\n\ndata: [DONE]\n\n",
        "data: {\"type\":\"error\",\"errorText\":"),
    MCP(
        "mcp(\"a-1\")",
        "/mcp",
        "{\"method\":\"tools/call\",\"params\":{},\"jsonrpc\":\"2.0\",\"id\":\"a-1\"}",
        "",
        "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{}}\n\n",
        "data: {\"jsonrpc\":\"2.0\",\"id\":\"a-1\",\"result\":{\"content\":[{\"type\":\"text\","
            + "\"text\":\"Hel\"}]}}\n\n",
        "data: {\"jsonrpc\":\"2.0\",\"id\":\"a-1\",\"error\":{"),
    MARKED(
        "plain(event=end; /status=done; required)",
        "/feed",
        "{}",
        "",
        "data: Hel\n\n",
        "data: {\"status\":\"done\"}\n\n",
        "event: error\ndata: {\"error\":{");

    final String dialect;
    final String path;
    final String body;
    final String header;
    final String content;
    final String end;
    final String error;

    Speech(
        String dialect,
        String path,
        String body,
        String header,
        String content,
        String end,
        String error) {
      this.dialect = dialect;
      this.path = path;
      this.body = body;
      this.header = header;
      this.content = content;
      this.end = end;
      this.error = error;
    }

    ScriptedUpstream.Exchanged begin(ScriptedUpstream.Exchanged exchange) throws Exception {
      return exchange
          .raw(
              "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                  + header
                  + "Transfer-Encoding: chunked\r\n\r\n")
          .chunk(content);
    }
  }

  @ParameterizedTest
  @EnumSource
  void givenAWholeAnswer_whenRelayed_thenItIsSavedBeforeItsEndIsSaid(Speech speech)
      throws Exception {
    upstream.on(speech.path, x -> speech.begin(x).chunk(speech.end).end());

    try (var client = gateway.client()) {
      var reply = client.post(speech.path, speech.body).reply();

      assertThat(reply.end()).isEqualTo(RawClient.End.CLEAN);
      assertThat(reply.body()).isEqualTo(speech.content + speech.end);
      var id = reply.header("lastword-stream");
      var stream = gateway.json("/api/streams/" + id);
      assertThat(stream.get("dialect").asString()).isEqualTo(speech.dialect);
      assertThat(stream.get("outcome").asString()).isEqualTo("completed");
      assertThat(stream.get("terminalMissing").asBoolean()).isFalse();
      assertThat(text(id)).isEqualTo("Hel");
      gateway.restart();
      assertThat(text(id)).isEqualTo("Hel");
    }
  }

  @ParameterizedTest
  @EnumSource
  void givenABodyThatEndsEarly_whenRelayed_thenTheDialectsErrorComesAndNoCleanEnd(Speech speech)
      throws Exception {
    upstream.on(speech.path, x -> speech.begin(x).end());

    try (var client = gateway.client()) {
      var reply = client.post(speech.path, speech.body).reply();

      assertThat(reply.end()).isEqualTo(RawClient.End.CUT);
      assertThat(reply.body())
          .startsWith(speech.content)
          .contains(speech.error)
          .contains("upstream_truncated");
      var stream = gateway.ended(reply.header("lastword-stream"));
      assertThat(stream.get("outcome").asString()).isEqualTo("failed");
      assertThat(stream.get("reason").asString()).isEqualTo("upstream_truncated");
    }
  }

  @Test
  void givenAStopReason_whenTheLastEventIsStillToCome_thenItIsHeldBackWhileCommentsGoOn()
      throws Exception {
    var heard = new CountDownLatch(1);
    upstream.on(
        MESSAGES,
        x -> {
          Speech.ANTHROPIC.begin(x).chunk(STOP);
          heard.await();
          x.chunk(MESSAGE_STOP).end();
        });

    try (var client = gateway.client()) {
      var head = client.post(MESSAGES, Speech.ANTHROPIC.body).head();
      var before = client.readUntil(": hb\n\n");
      heard.countDown();
      var after = client.body(head, Long.MAX_VALUE).body();

      assertThat(before).startsWith(Speech.ANTHROPIC.content).doesNotContain("stop_reason");
      assertThat(after).endsWith(STOP + MESSAGE_STOP);
    }
  }

  @Test
  void givenNoMessageStop_whenTheBodyEnds_thenItIsSaid() throws Exception {
    upstream.on(MESSAGES, x -> Speech.ANTHROPIC.begin(x).chunk(STOP).end());

    try (var client = gateway.client()) {
      var reply = client.post(MESSAGES, Speech.ANTHROPIC.body).reply();

      assertThat(reply.end()).isEqualTo(RawClient.End.CLEAN);
      assertThat(reply.body()).endsWith(STOP + MESSAGE_STOP);
      var stream = gateway.ended(reply.header("lastword-stream"));
      assertThat(stream.get("terminalMissing").asBoolean()).isTrue();
      assertThat(stream.get("model").asString()).isEqualTo("claude");
    }
  }

  @Test
  void givenIdsAskedFor_whenGeminiIsRelayed_thenThereAreNone() throws Exception {
    var speech = Speech.GEMINI;
    upstream.on(speech.path, x -> speech.begin(x).chunk(speech.end).end());

    try (var client = gateway.client()) {
      var reply = client.post(speech.path, speech.body, "Lastword-Event-Ids: true").reply();

      assertThat(reply.body()).isEqualTo(speech.content + speech.end);
    }
  }

  @Test
  void givenAnotherApplicationsMessages_whenRelayed_thenTheyAreNotTakenForAnthropics()
      throws Exception {
    upstream.on(
        "/chats/7/messages", x -> x.stream().data("Hel").chunk("event: end\ndata: {}\n\n").end());

    try (var client = gateway.client()) {
      var reply = client.post("/chats/7/messages", "{\"text\":\"hello\"}").reply();

      var stream = gateway.ended(reply.header("lastword-stream"));
      assertThat(stream.get("dialect").asString()).startsWith("plain(");
    }
  }

  private String text(String stream) throws Exception {
    return gateway.json("/api/streams/" + stream + "/response").get("text").asString();
  }
}
