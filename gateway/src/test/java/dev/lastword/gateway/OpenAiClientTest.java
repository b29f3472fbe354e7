package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The unmodified OpenAI client with another base URL: whenever it leaves, the answer is there
 * afterwards.
 */
class OpenAiClientTest {
  private static final String CHAT = "/v1/chat/completions";

  @TempDir Path data;
  private ScriptedUpstream upstream;
  private TestGateway gateway;
  private OpenAIClient client;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    gateway =
        TestGateway.start(data, upstream.url(), Map.of()).as("authorization", "Bearer sk-secret");
    client =
        OpenAIOkHttpClient.builder()
            .apiKey("sk-secret")
            .baseUrl(gateway.url() + "/v1")
            .maxRetries(0)
            .build();
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    gateway.close();
    upstream.close();
  }

  private static ChatCompletionCreateParams ask(String stream) {
    return ChatCompletionCreateParams.builder()
        .model("scripted")
        .addUserMessage("How are you?")
        .putAdditionalHeader("Lastword-Stream", stream)
        .putAdditionalHeader("Lastword-Conversation", "java")
        .build();
  }

  private static String delta(String content) {
    return chunk("{\"content\":\"" + content + "\"}", "null");
  }

  private static String chunk(String delta, String finishReason) {
    return "{\"id\":\"c-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"scripted\",\"choices\":[{\"index\":0,\"delta\":"
        + delta
        + ",\"logprobs\":null,\"finish_reason\":"
        + finishReason
        + "}]}";
  }

  private void answerWhole() {
    upstream.on(
        CHAT,
        x ->
            x.stream()
                .data(delta("I am "))
                .data(delta("well."))
                .data(chunk("{}", "\"stop\""))
                .data("[DONE]")
                .end());
  }

  private static String contentOf(ChatCompletionChunk chunk) {
    return chunk.choices().getFirst().delta().content().orElse("");
  }

  private void assertSaved(String stream) throws Exception {
    for (int round = 0; round < 2; round++) {
      assertThat(gateway.ended(stream).get("outcome").asString()).isEqualTo("completed");
      var response = gateway.json("/api/streams/" + stream + "/response");
      assertThat(response.get("text").asString()).isEqualTo("I am well.");
      assertThat(response.get("final").get("choices").get(0).get("finish_reason").asString())
          .isEqualTo("stop");
      var turn = gateway.json("/api/conversations/java").get("turns").get(0);
      assertThat(turn.get("input").asString()).isEqualTo("How are you?");
      assertThat(turn.get("text").asString()).isEqualTo("I am well.");
      gateway.restart();
    }
  }

  @Test
  void givenClientThatReadsToDone_whenItHasLeft_thenTheAnswerIsSaved() throws Exception {
    answerWhole();
    var text = new StringBuilder();
    try (StreamResponse<ChatCompletionChunk> response =
        client.chat().completions().createStreaming(ask("reads-to-done-0001"))) {
      response.stream().forEach(chunk -> text.append(contentOf(chunk)));
    }
    assertThat(text).hasToString("I am well.");
    assertThat(gateway.json("/api/streams/reads-to-done-0001").get("saved").asBoolean())
        .as("saved before it was said")
        .isTrue();
    assertSaved("reads-to-done-0001");
  }

  @Test
  void givenClientThatLeavesAtFinishReason_thenTheAnswerIsSavedAlready() throws Exception {
    answerWhole();
    try (StreamResponse<ChatCompletionChunk> response =
        client.chat().completions().createStreaming(ask("leaves-at-finish-1"))) {
      assertThat(
              response.stream()
                  .anyMatch(chunk -> chunk.choices().getFirst().finishReason().isPresent()))
          .isTrue();
      assertThat(gateway.json("/api/streams/leaves-at-finish-1").get("outcome").asString())
          .isEqualTo("completed");
    }
    assertSaved("leaves-at-finish-1");
  }

  @Test
  void givenClientThatLeavesHalfWay_whenTheUpstreamGoesOn_thenTheWholeAnswerIsSaved()
      throws Exception {
    var left = new CountDownLatch(1);
    upstream.on(
        CHAT,
        x -> {
          x.stream().data(delta("I am "));
          left.await();
          x.data(delta("well.")).data(chunk("{}", "\"stop\"")).data("[DONE]").end();
        });
    try (StreamResponse<ChatCompletionChunk> response =
        client.chat().completions().createStreaming(ask("leaves-half-way-01"))) {
      assertThat(contentOf(response.stream().findFirst().orElseThrow())).isEqualTo("I am ");
    }
    left.countDown();
    assertSaved("leaves-half-way-01");
  }

  @Test
  void givenUpstreamThatDies_thenTheClientThrowsAndThePartialIsKept() throws Exception {
    upstream.on(CHAT, x -> x.stream().data(delta("I am ")).end());
    assertThatThrownBy(
            () -> {
              try (StreamResponse<ChatCompletionChunk> response =
                  client.chat().completions().createStreaming(ask("upstream-dies-0001"))) {
                response.stream().forEach(_ -> {});
              }
            })
        .isInstanceOf(RuntimeException.class);
    assertThat(gateway.ended("upstream-dies-0001").get("outcome").asString()).isEqualTo("failed");
    assertThat(gateway.json("/api/streams/upstream-dies-0001/response").get("text").asString())
        .isEqualTo("I am ");
  }
}
