package dev.lastword.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.langchain4j.memory.chat.MessageWindowChatMemory;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.TokenStream;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.library.AnswerRequest;
import dev.lastword.library.Lastword;
import dev.lastword.stream.Owner;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** LangChain4j's own client of OpenAI, on a real socket. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class OpenAiTest {
  private static final Owner ANN = Owner.of("ann");
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path dir;
  private final AtomicInteger calls = new AtomicInteger();
  private final CountDownLatch go = new CountDownLatch(1);
  private final CountDownLatch left = new CountDownLatch(1);
  private final StreamId id = StreamId.random();
  private final MessageWindowChatMemory memory = MessageWindowChatMemory.withMaxMessages(20);
  private HttpServer openai;
  private Lastword lastword;

  interface Assistant {
    TokenStream answer(String message);
  }

  @BeforeEach
  void start() throws IOException {
    lastword = Lastword.embedded(dir);
    openai = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    openai.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    openai.createContext("/v1/chat/completions", this::complete);
    openai.start();
  }

  @AfterEach
  void stop() {
    go.countDown();
    openai.stop(0);
    lastword.close();
  }

  /** As OpenAI says it, to the byte; what follows the second token waits. */
  private void complete(HttpExchange exchange) throws IOException {
    calls.incrementAndGet();
    exchange.getRequestBody().readAllBytes();
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream; charset=utf-8");
    exchange.sendResponseHeaders(200, 0);
    try (var out = exchange.getResponseBody()) {
      out.write(chunk("{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}", "null"));
      out.write(chunk("{\"content\":\"Hel\"}", "null"));
      out.write(chunk("{\"content\":\"lo\"}", "null"));
      out.flush();
      while (!go.await(5, TimeUnit.MILLISECONDS)) {
        out.write(": wait\n\n".getBytes(StandardCharsets.UTF_8));
        out.flush();
      }
      out.write(chunk("{\"content\":\"!\"}", "null"));
      out.write(chunk("{}", "\"stop\""));
      out.write("data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      left.countDown();
      throw e;
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private static byte[] chunk(String delta, String reason) {
    return ("data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,"
            + "\"model\":\"gpt-4o-mini\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_1\","
            + "\"choices\":[{\"index\":0,\"delta\":"
            + delta
            + ",\"logprobs\":null,\"finish_reason\":"
            + reason
            + "}]}\n\n")
        .getBytes(StandardCharsets.UTF_8);
  }

  private TokenStream ask() {
    var model =
        OpenAiStreamingChatModel.builder()
            .baseUrl("http://127.0.0.1:" + openai.getAddress().getPort() + "/v1")
            .apiKey("none")
            .modelName("gpt-4o-mini")
            .build();
    return AiServices.builder(Assistant.class)
        .streamingChatModel(
            LastwordStreamingChatModel.of(lastword, model, request -> AnswerRequest.of(ANN).id(id)))
        .chatMemory(memory)
        .build()
        .answer("hi");
  }

  @Test
  void whenTheReaderThrows_thenTheMemoryHasTheAnswer() {
    go.countDown();
    ask()
        .onPartialResponse(
            part -> {
              throw new IllegalStateException("the reader has gone");
            })
        .onCompleteResponse(response -> {})
        .onError(error -> {})
        .start();

    await().atMost(PATIENCE).until(() -> outcome() == Outcome.COMPLETED);
    assertThat(memory.messages()).hasSize(2);
    assertThat(memory.messages().getLast().toString()).contains("Hello!");
    assertThat(calls).hasValue(1);
  }

  @Test
  void whenItIsStopped_thenTheConnectionIsClosedAndTheMemoryHasThePartial() throws Exception {
    List<ChatResponse> complete = new CopyOnWriteArrayList<>();
    List<String> parts = new CopyOnWriteArrayList<>();
    ask()
        .onPartialResponse(parts::add)
        .onCompleteResponse(complete::add)
        .onError(error -> {})
        .start();
    await().atMost(PATIENCE).until(() -> String.join("", parts).equals("Hello"));

    lastword.cancel(id, ANN);

    await().atMost(PATIENCE).until(() -> !complete.isEmpty());
    assertThat(complete.getFirst().aiMessage().text()).isEqualTo("Hello");
    assertThat(memory.messages()).hasSize(2);
    assertThat(left.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(calls).hasValue(1);
  }

  private @Nullable Outcome outcome() {
    return lastword.find(id, ANN).orElseThrow().outcome();
  }
}
