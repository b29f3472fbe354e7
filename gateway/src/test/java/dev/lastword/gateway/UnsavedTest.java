package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Streams that pass through are counted: somebody believes that they are kept. */
class UnsavedTest {
  @TempDir Path data;
  private ScriptedUpstream upstream;
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    gateway = TestGateway.start(data, upstream);
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  private String counted() throws Exception {
    return gateway
        .get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith("lastword_relay_unsaved_total"))
        .findFirst()
        .orElse("");
  }

  @ParameterizedTest
  @CsvSource({
    "200, application/vnd.amazon.eventstream, amazon-eventstream",
    "200, application/json-seq, json-seq",
    "500, text/event-stream; charset=utf-8, event-stream",
    "200, application/x-ndjson, lines",
  })
  void givenAStreamThatIsNotKept_whenItPasses_thenItIsCounted(int status, String type, String kind)
      throws Exception {
    upstream.on(
        "/x",
        x -> {
          x.raw(
              "HTTP/1.1 %d X\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n"
                  .formatted(status, type));
          x.chunk("{}\n").end();
        });

    assertThat(gateway.get("/x").statusCode()).isEqualTo(status);
    assertThat(counted())
        .isEqualTo("lastword_relay_unsaved_total{kind=\"%s\"} 1.0".formatted(kind));
  }

  @Test
  void givenABodyThatComesSlowly_whenItHasNoLength_thenItIsCountedToo() throws Exception {
    var pause = new CountDownLatch(1);
    upstream.on(
        "/x",
        x -> {
          x.raw("HTTP/1.1 200 X\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n");
          x.chunk("one ");
          assertThat(pause.await(1_100, TimeUnit.MILLISECONDS)).isFalse();
          x.chunk("two ");
          assertThat(pause.await(50, TimeUnit.MILLISECONDS)).isFalse();
          x.chunk("three").end();
        });

    assertThat(gateway.get("/x").body()).isEqualTo("one two three");
    assertThat(counted()).isEqualTo("lastword_relay_unsaved_total{kind=\"other\"} 1.0");
  }

  @Test
  void givenAnOrdinaryAnswer_whenItPasses_thenNothingIsCounted() throws Exception {
    upstream.on("/x", x -> x.respond(200, "application/json", "{}"));

    assertThat(gateway.get("/x").statusCode()).isEqualTo(200);
    assertThat(counted()).isEmpty();
  }
}
