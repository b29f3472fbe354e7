package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.reader.LastwordReader;
import dev.lastword.reader.ReaderException;
import dev.lastword.reader.ReaderOptions;
import dev.lastword.sse.SseEvent;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Answers of a real gateway, read by {@link LastwordReader}. */
@Timeout(60)
class ReadersOfJavaTest {
  private static final String CHAT = "/v1/chat/completions";

  @TempDir Path folder;
  private final CountDownLatch over = new CountDownLatch(1);
  private final HttpClient client = HttpClient.newHttpClient();
  private final List<String> got = new ArrayList<>();
  private ScriptedUpstream upstream;
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    upstream.on(CHAT, x -> x.stream().delta("Hel").delta("lo").finish().data("[DONE]").end());
    upstream.on("/cut", x -> x.stream().delta("Hel").cut());
    gateway = TestGateway.start(folder.resolve("data"), upstream);
  }

  @AfterEach
  void stop() throws Exception {
    over.countDown();
    client.close();
    gateway.close();
    upstream.close();
  }

  private LastwordReader post(String path) {
    var request =
        HttpRequest.newBuilder(URI.create(gateway.url() + path))
            .POST(BodyPublishers.ofString("{\"stream\":true,\"messages\":[]}"))
            .build();
    // A connection that reaches the gateway as it stops is answered by nobody, as long as its
    // process lives.
    return LastwordReader.of(
        client, request, "", ReaderOptions.DEFAULT.withSilence(Duration.ofSeconds(5)));
  }

  private void readAll(LastwordReader reader) throws InterruptedException {
    for (Optional<SseEvent> event = reader.next(); event.isPresent(); event = reader.next()) {
      got.add(event.get().data());
    }
  }

  @Test
  void givenAnAnswer_thenItIsReadToItsEnd_withTheIdOfEachEvent() throws Exception {
    try (var reader = post(CHAT)) {
      readAll(reader);

      assertThat(got).hasSize(4).last().isEqualTo("[DONE]");
      assertThat(reader.lastEventId()).isEqualTo("1-4");
      assertThat(reader.stream()).isPresent();
    }
  }

  @Test
  void givenAnAnswerThatFails_thenItsEndIsNoCleanOne() throws Exception {
    try (var reader = post("/cut")) {
      assertThatThrownBy(() -> readAll(reader))
          .isInstanceOf(ReaderException.class)
          .hasMessage("the stream has ended as failed");
      assertThat(got).hasSize(2).last().asString().contains("error");
    }
  }

  @Test
  void givenALongStream_whenItIsReadFromItsOwnUrlWithoutAWordForTheEnd_thenTheGatewaySaysIt()
      throws Exception {
    try (var reader = post(CHAT)) {
      readAll(reader);
      got.clear();
      var own =
          HttpRequest.newBuilder(
                  URI.create(gateway.url() + "/v1/stream/" + reader.stream().orElseThrow()))
              .build();
      var options = ReaderOptions.DEFAULT.withLast(event -> false);
      try (var again = LastwordReader.of(client, own, "1-2", options)) {
        readAll(again);
      }
    }
    assertThat(got).hasSize(2).last().isEqualTo("[DONE]");
  }

  @Test
  void givenAGatewayThatStartsAgainInMidAnswer_thenTheReaderHearsWhatBecameOfIt() throws Exception {
    upstream.on(
        "/waits",
        x -> {
          x.stream().delta("Hel");
          over.await();
        });
    gateway.close();
    int port;
    try (var free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    gateway =
        TestGateway.start(
            folder.resolve("data"), upstream.url(), Map.of(Setting.LISTEN, "127.0.0.1:" + port));
    try (var reader = post("/waits")) {
      assertThat(reader.next()).isPresent();

      gateway.restart();

      assertThatThrownBy(() -> readAll(reader))
          .isInstanceOf(ReaderException.class)
          .hasMessage("the stream has ended as interrupted");
      assertThat(upstream.exchanges()).hasSize(1);
    }
  }
}
