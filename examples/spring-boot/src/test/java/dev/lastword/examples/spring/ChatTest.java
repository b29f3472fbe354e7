package dev.lastword.examples.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** The chat as its page uses it. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class ChatTest {
  @TempDir Path dir;

  private final HttpClient client = HttpClient.newHttpClient();

  @Test
  void whoLeavesFindsTheRowAtTheEnd() throws Exception {
    try (var chat = start()) {
      var asked =
          client.send(
              request(chat, "/ask?question=Why").POST(BodyPublishers.noBody()).build(),
              BodyHandlers.ofLines());
      asked.body().close(); // leaves
      var id = asked.headers().firstValue("Lastword-Stream").orElseThrow();

      assertThat(get(chat, "/lastword/streams/" + id)).contains("data: [DONE]");
      assertThat(get(chat, "/messages")).contains(id, "completed", "Come back, and it is there.");
    }
  }

  @Test
  void whoLeavesAPlainFluxAtItsEndingFindsItsRow() throws Exception {
    try (var chat = start()) {
      try (var lines =
          client
              .send(request(chat, "/plain?question=Why").build(), BodyHandlers.ofLines())
              .body()) {
        assertThat(lines.anyMatch("data: [DONE]"::equals)).isTrue(); // and leaves
      }
      assertThat(get(chat, "/messages")).contains("by its own save");
    }
  }

  @Test
  void whoStopsItKeepsWhatThereWas() throws Exception {
    try (var chat = start()) {
      var asked =
          client.send(
              request(chat, "/ask?question=Why").POST(BodyPublishers.noBody()).build(),
              BodyHandlers.ofLines());
      var id = asked.headers().firstValue("Lastword-Stream").orElseThrow();
      var stopped =
          client.send(
              request(chat, "/lastword/streams/" + id + "/cancel")
                  .POST(BodyPublishers.noBody())
                  .build(),
              BodyHandlers.ofString());
      assertThat(stopped.statusCode()).isEqualTo(200);
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> get(chat, "/messages").contains("\"cancelled\""));
      asked.body().close();
    }
  }

  private ConfigurableApplicationContext start() {
    return SpringApplication.run(Chat.class, "--server.port=0", "--chat.data=" + dir);
  }

  private static HttpRequest.Builder request(ConfigurableApplicationContext chat, String path) {
    var port = chat.getEnvironment().getProperty("local.server.port");
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
  }

  private String get(ConfigurableApplicationContext chat, String path) throws Exception {
    return client.send(request(chat, path).build(), BodyHandlers.ofString()).body();
  }
}
