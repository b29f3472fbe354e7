package dev.lastword.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.library.Lastword;
import dev.lastword.stream.Owner;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;

/** OpenAI's real client behind it, and a reader on a real socket before it. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class SocketTest {
  private static final Owner ANN = Owner.of("ann");
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String CHAT = "chat-1";

  @TempDir Path dir;
  private final ChatMemory memory = MessageWindowChatMemory.builder().build();
  private final AtomicInteger calls = new AtomicInteger();
  private final StreamId id = StreamId.random();
  private HttpServer openai;
  private HttpServer application;
  private Lastword lastword;

  @BeforeEach
  void start() throws IOException {
    lastword = Lastword.embedded(dir);
    openai = server("/v1/chat/completions", this::complete);
    application = server("/chat", this::chat);
  }

  @AfterEach
  void stop() {
    application.stop(0);
    openai.stop(0);
    lastword.close();
  }

  private interface Handling {
    void handle(HttpExchange exchange) throws IOException;
  }

  private static HttpServer server(String path, Handling handling) throws IOException {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(path, handling::handle);
    server.start();
    return server;
  }

  /** As OpenAI says it, to the byte. */
  private void complete(HttpExchange exchange) throws IOException {
    calls.incrementAndGet();
    exchange.getRequestBody().readAllBytes();
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream; charset=utf-8");
    exchange.sendResponseHeaders(200, 0);
    try (var out = exchange.getResponseBody()) {
      for (var delta :
          new String[] {
            "{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}",
            "{\"content\":\"Hel\"}",
            "{\"content\":\"lo\"}",
            "{\"content\":\"!\"}"
          }) {
        out.write(chunk(delta, "null"));
        out.flush();
      }
      out.write(chunk("{}", "\"stop\""));
      out.write("data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8));
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

  /** An application's endpoint, which leaves its Flux once its reader has gone. */
  private void chat(HttpExchange exchange) throws IOException {
    var model =
        OpenAiChatModel.builder()
            .options(
                OpenAiChatOptions.builder()
                    .baseUrl("http://127.0.0.1:" + openai.getAddress().getPort() + "/v1")
                    .apiKey("none")
                    .model("gpt-4o-mini")
                    .build())
            .build();
    var responses =
        ChatClient.builder(model)
            .defaultAdvisors(LastwordAdvisor.of(lastword))
            .defaultAdvisors(MessageChatMemoryAdvisor.builder(memory).build())
            .build()
            .prompt("hi")
            .advisors(
                a ->
                    a.param(ChatMemory.CONVERSATION_ID, CHAT)
                        .param(LastwordAdvisor.OWNER, ANN)
                        .param(LastwordAdvisor.ANSWER_ID, id))
            .stream()
            .chatClientResponse();
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    try (var stream = responses.toStream(1);
        var out = exchange.getResponseBody()) {
      for (var each = stream.iterator(); each.hasNext(); ) {
        out.write(("data: " + said(each.next()) + "\n\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
      }
    }
  }

  private static String said(ChatClientResponse response) {
    var chat = response.chatResponse();
    var result = chat == null ? null : chat.getResult();
    if (result == null) {
      return "{}";
    }
    var reason = result.getMetadata().getFinishReason();
    return reason == null || reason.isBlank()
        ? String.valueOf(result.getOutput().getText())
        : "finish " + reason;
  }

  /** Reads until a line, closes the socket, and returns the line; "" if the body ends before. */
  private String readUntil(String prefix) throws IOException {
    try (var socket =
        new Socket(InetAddress.getLoopbackAddress(), application.getAddress().getPort())) {
      socket
          .getOutputStream()
          .write("GET /chat HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.UTF_8));
      var in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      for (var line = in.readLine(); line != null; line = in.readLine()) {
        if (line.startsWith(prefix)) {
          return line;
        }
      }
      return "";
    }
  }

  @Test
  void whenTheReaderLeavesAtTheFinish_thenTheMemoryHasTheAnswer() throws Exception {
    assertThat(readUntil("data: finish")).isEqualToIgnoringCase("data: finish STOP");

    assertThat(memory.get(CHAT))
        .extracting(message -> message.getText())
        .containsExactly("hi", "Hello!");
    assertThat(lastword.find(id, ANN).orElseThrow().outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(calls).hasValue(1);
  }

  @Test
  void whenTheReaderLeavesAtTheFirstToken_thenTheMemoryHasTheAnswer() throws Exception {
    assertThat(readUntil("data: Hel")).isEqualTo("data: Hel");

    await()
        .atMost(PATIENCE)
        .until(
            () ->
                lastword
                    .find(id, ANN)
                    .filter(view -> view.outcome() == Outcome.COMPLETED)
                    .isPresent());
    assertThat(memory.get(CHAT))
        .extracting(message -> message.getText())
        .containsExactly("hi", "Hello!");
    assertThat(calls).hasValue(1);
  }
}
