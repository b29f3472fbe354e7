package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.testing.SmallDisk;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole program where there is little: neither an answer nor many end it, or are lost. */
class SmallMachineTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final int PIECE = 100_000;

  @TempDir Path folder;
  private ScriptedUpstream upstream;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
  }

  @AfterEach
  void stop() throws Exception {
    upstream.close();
  }

  private void answerOf(int pieces) {
    upstream.on(
        CHAT,
        x -> {
          x.stream();
          for (int i = 0; i < pieces; i++) {
            x.delta("x".repeat(PIECE));
          }
          x.finish().data("[DONE]").end();
        });
  }

  private GatewayProcess serve(String jvmOptions, String... more) throws Exception {
    var args =
        new ArrayList<>(List.of("serve", "--upstream", upstream.url(), "--listen", "127.0.0.1:0"));
    args.addAll(List.of(more));
    return GatewayProcess.start(folder, List.of(), Map.of("JAVA_TOOL_OPTIONS", jvmOptions), args);
  }

  private static RawClient.Reply ask(InetSocketAddress address, String request) throws Exception {
    try (var client = new RawClient(address)) {
      return client.send(request.replace("\n", "\r\n")).reply();
    }
  }

  private static RawClient.Reply get(InetSocketAddress address, String target) throws Exception {
    return ask(address, "GET " + target + " HTTP/1.1\nHost: localhost\n\n");
  }

  private static RawClient.Reply answer(InetSocketAddress address, String id) throws Exception {
    return ask(
        address,
        "POST "
            + CHAT
            + " HTTP/1.1\nHost: localhost\nLastword-Stream: "
            + id
            + "\nContent-Length: 2\n\n{}");
  }

  // --- memory

  @Test
  void givenAHeapOf128MiB_whenAnAnswerTakes40MB_thenItIsServedAndKeptOverAKill() throws Exception {
    answerOf(400);
    var small = "-Xmx128m -XX:+ExitOnOutOfMemoryError";
    String body;
    try (var gateway = serve(small, "--data", "d")) {
      var address = gateway.ready();
      body = answer(address, "large-answer-large-answer").body();
      assertThat(body).hasSizeGreaterThan(400 * PIECE).contains("[DONE]");
      awaitArchived(address);
      assertThat(get(address, "/api/streams/large-answer-large-answer/response").status())
          .as("refused, or served; not the end")
          .isIn(200, 507);
      gateway.kill();
    }
    try (var again = serve(small, "--data", "d")) {
      var address = again.ready();
      var stream = TestGateway.read(get(address, "/api/streams/large-answer-large-answer").body());
      assertThat(stream.get("outcome").asString()).isEqualTo("completed");
      var reread = get(address, "/v1/stream/large-answer-large-answer");
      assertThat(reread.status()).isEqualTo(200);
      assertThat(reread.body()).hasSizeGreaterThan(400 * PIECE).contains("[DONE]");
      assertThat(again.process().isAlive()).isTrue();
    }
  }

  private static void awaitArchived(InetSocketAddress address) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () ->
                assertThat(get(address, "/metrics").body())
                    .containsPattern("(?m)^lastword_streams_unarchived 0(\\.0)?$"));
  }

  // --- disk

  @Test
  void givenADiskOf64MiB_whenItIsFull_thenTheOldestMakeRoomAndTheNewestSurviveAKill()
      throws Exception {
    answerOf(20);
    try (var disk = SmallDisk.tmpfs(folder.resolve("disk"), 64)) {
      var data = disk.path().resolve("d").toString();
      var last = "";
      try (var gateway =
          serve(
              "-Xmx256m",
              "--data",
              data,
              "--set",
              "journal.segment-bytes=4194304",
              "--set",
              "retention.full-disk-seconds=0")) {
        var address = gateway.ready();
        for (int i = 0; i < 60; i++) { // twice what fits
          last = "answer-answer-answer-" + i;
          answerOnceThereIsRoom(address, last);
        }
        gateway.kill();
      }
      try (var again = serve("-Xmx256m", "--data", data)) {
        var reread = get(again.ready(), "/v1/stream/" + last);
        assertThat(reread.status()).isEqualTo(200);
        assertThat(reread.body()).hasSizeGreaterThan(20 * PIECE).contains("[DONE]");
      }
    }
  }

  @Test
  void givenADiskOf64MiBWhoseAnswersAreToStay_whenItIsFull_thenDeletingSomeMakesRoom()
      throws Exception {
    answerOf(20);
    try (var disk = SmallDisk.tmpfs(folder.resolve("disk"), 64);
        var gateway =
            serve(
                "-Xmx256m",
                "--data",
                disk.path().resolve("d").toString(),
                "--set",
                "journal.segment-bytes=4194304")) {
      var address = gateway.ready();
      int whole = 0;
      while (answer(address, "answer-answer-answer-" + whole).body().contains("[DONE]")) {
        whole++;
        assertThat(whole).as("64 MiB hold that many").isLessThan(40);
      }
      assertThat(whole).isGreaterThan(5);
      var tries = new AtomicInteger();
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () ->
                  assertThat(answer(address, "refused-refused-" + tries.incrementAndGet()).status())
                      .as("now and then the archive gives some room back, until it has none")
                      .isEqualTo(507));

      for (int i = 0; i < 4; i++) {
        var deleted =
            ask(
                address,
                "DELETE /api/streams/answer-answer-answer-" + i + " HTTP/1.1\nHost: localhost\n\n");
        assertThat(deleted.status()).as(deleted.body()).isIn(200, 204);
      }
      answerOnceThereIsRoom(address, "after-after-after-after");
      for (int i = 4; i < whole; i++) {
        assertThat(get(address, "/v1/stream/answer-answer-answer-" + i).body())
            .as("answer %d", i)
            .contains("[DONE]");
      }
    }
  }

  private static void answerOnceThereIsRoom(InetSocketAddress address, String id) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(200))
        .untilAsserted(
            () -> {
              var told = answer(address, id);
              if (told.status() == 409) { // an earlier try was cut short by the full disk
                ask(address, "DELETE /api/streams/" + id + " HTTP/1.1\nHost: localhost\n\n");
              }
              assertThat(told.body()).as("status " + told.status()).contains("[DONE]");
            });
  }
}
