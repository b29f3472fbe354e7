package dev.lastword.gateway.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class DemoModelTest {
  private static final JsonMapper JSON = JsonMapper.shared();
  private final HttpClient http = HttpClient.newHttpClient();
  private DemoModel model;

  @BeforeEach
  void start() throws IOException {
    model = DemoModel.start(0, Duration.ZERO);
  }

  @AfterEach
  void stop() {
    model.close();
    http.close();
  }

  @Test
  void givenAStreamWithUsage_thenTheChunksHaveOpenAisShapesInOrder() throws Exception {
    var response =
        post(
            """
            {"model":"m","stream":true,"stream_options":{"include_usage":true},
             "messages":[{"role":"user","content":"hello"}]}""");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type"))
        .hasValue("text/event-stream; charset=utf-8");
    assertThat(response.body()).endsWith("\n\ndata: [DONE]\n\n");
    var events = List.of(response.body().split("\n\n"));
    var chunks =
        events.subList(0, events.size() - 1).stream()
            .map(event -> JSON.readTree(event.substring("data: ".length())))
            .toList();
    var id = chunks.getFirst().path("id").asString();
    long created = chunks.getFirst().path("created").asLong();
    var head =
        "{\"id\":\"%s\",\"object\":\"chat.completion.chunk\",\"created\":%d,\"model\":\"m\",\"service_tier\":\"default\",\"system_fingerprint\":null,"
            .formatted(id, created);
    var open =
        "\"choices\":[{\"index\":0,\"delta\":%s,\"logprobs\":null,\"finish_reason\":%s}],\"usage\":null}";

    assertThat(events.getFirst())
        .isEqualTo(
            "data: "
                + head
                + open.formatted(
                    "{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}", "null"));
    assertThat(events.get(1))
        .isEqualTo("data: " + head + open.formatted("{\"content\":\"Hello!\"}", "null"));
    assertThat(events.get(events.size() - 3))
        .isEqualTo("data: " + head + open.formatted("{}", "\"stop\""));
    int tokens = chunks.size() - 3;
    assertThat(events.get(events.size() - 2))
        .isEqualTo(
            "data: "
                + head
                + "\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":%d,\"total_tokens\":%d}}"
                    .formatted(tokens, tokens + 1));
  }

  @Test
  void givenTheSamePrompt_thenTheStreamAndTheWholeAnswerSayTheSame() throws Exception {
    var prompt = "say \\\"hi\\\" to\\n<b>me</b> 😀";
    var streamed = post(request("true", prompt)).body();
    var whole = JSON.readTree(post(request("false", prompt)).body());

    assertThat(text(streamed))
        .isEqualTo(whole.at("/choices/0/message/content").asString())
        .contains("“say \"hi\" to <b>me</b> 😀”");
    assertThat(streamed).doesNotContain("usage");
    assertThat(whole.at("/choices/0/finish_reason").asString()).isEqualTo("stop");
    assertThat(whole.at("/usage/total_tokens").asInt()).isPositive();
  }

  @Test
  void givenALimit_thenTheAnswerIsCutThere() throws Exception {
    var body =
        post("""
                {"model":"m","stream":true,"max_tokens":3,
                 "messages":[{"role":"user","content":[{"type":"text","text":"hello"}]}]}""")
            .body();

    assertThat(text(body)).isEqualTo("Hello! You said");
    assertThat(body).contains("\"finish_reason\":\"length\"");
  }

  @Test
  void givenALongPrompt_thenOnlyItsBeginningIsRepeated() throws Exception {
    assertThat(text(post(request("true", "😀".repeat(100))).body()))
        .contains("“" + "😀".repeat(80) + "…”");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nonsense | | the body is not JSON",
        "{\"messages\":[]} | model | you must provide a model",
        "{\"model\":\"m\",\"n\":2} | n | this model gives one choice, n = 1",
        "{\"model\":\"m\"} | messages | messages has to hold at least one of the role user",
        "[] | model | you must provide a model",
      })
  void givenBadInput_thenTheErrorIsOpenAisWithTheField(String body, String param, String message)
      throws Exception {
    var response = post(body);

    assertThat(response.statusCode()).isEqualTo(400);
    var error = JSON.readTree(response.body()).path("error");
    assertThat(error.path("message").asString()).isEqualTo(message);
    assertThat(error.path("type").asString()).isEqualTo("invalid_request_error");
    assertThat(error.path("param").asString(null)).isEqualTo(param);
    assertThat(error.path("code").isNull()).isTrue();
  }

  @Test
  void givenOtherPaths_thenTheModelsAreListedAndTheRestIsUnknown() throws Exception {
    var models = http.send(to("/v1/models").build(), BodyHandlers.ofString());
    assertThat(JSON.readTree(models.body()).at("/data/0/id").asString()).isEqualTo(DemoModel.NAME);
    assertThat(http.send(to("/v1/nothing").build(), BodyHandlers.ofString()).statusCode())
        .isEqualTo(404);
  }

  @Test
  void givenTheReaderLeaves_thenItStopsGenerating() throws Exception {
    try (var slow = DemoModel.start(0, Duration.ofMillis(5))) {
      var request =
          HttpRequest.newBuilder(slow.url().resolve("/v1/chat/completions"))
              .POST(HttpRequest.BodyPublishers.ofString(request("true", "a long story")))
              .build();
      try (var body = http.send(request, BodyHandlers.ofInputStream()).body()) {
        assertThat(new String(body.readNBytes(6), UTF_8)).isEqualTo("data: ");
        assertThat(slow.generating()).isEqualTo(1);
      }
      await().until(() -> slow.generating() == 0);
    }
  }

  private HttpResponse<String> post(String body) throws Exception {
    return http.send(
        to("/v1/chat/completions").POST(HttpRequest.BodyPublishers.ofString(body)).build(),
        BodyHandlers.ofString());
  }

  private HttpRequest.Builder to(String path) {
    return HttpRequest.newBuilder(model.url().resolve(path));
  }

  private static String request(String stream, String prompt) {
    return "{\"model\":\"m\",\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
        .formatted(stream, prompt);
  }

  private static String text(String events) {
    return events
        .lines()
        .filter(line -> line.startsWith("data: {"))
        .map(line -> JSON.readTree(line.substring("data: ".length())))
        .map(chunk -> chunk.at("/choices/0/delta/content"))
        .map(JsonNode::asString)
        .collect(Collectors.joining());
  }
}
