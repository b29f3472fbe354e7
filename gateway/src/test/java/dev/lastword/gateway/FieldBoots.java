package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;

/** Starts the gateway as a process several times, each time with another clock. */
record FieldBoots(FieldCase played, Path folder, String upstream) {
  private static final Path FAKETIME =
      Path.of("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1");

  static FieldBoots of(FieldCase played, Path folder, String upstream) {
    return new FieldBoots(played, folder, upstream);
  }

  /** Whether a clock can be moved here. */
  static boolean possible() {
    return Files.isReadable(FAKETIME);
  }

  void run() throws Exception {
    var id = "";
    for (var boot : played.json().path("boots")) {
      var gateway = start(boot.asString());
      try (var client = new RawClient(gateway.ready())) {
        if (id.isEmpty()) {
          client.send(played.requestBytes("127.0.0.1"));
          var reply = client.reply();
          FieldStreamsTest.isWhatTheClientGets(played, reply);
          id = reply.header("lastword-stream");
        }
        var meta = meta(gateway, id);
        FieldStreamsTest.has(played.expect().path("meta"), meta);
      } finally {
        gateway.process().destroy();
        assertThat(gateway.process().waitFor(60, TimeUnit.SECONDS)).as("it ends").isTrue();
      }
    }
  }

  /** The stream's JSON once it rests and whatever is done at a start is done. */
  private JsonNode meta(GatewayProcess gateway, String id) throws IOException {
    Awaitility.await()
        .atMost(30, TimeUnit.SECONDS)
        .until(() -> metric(gateway, "lastword_streams_unarchived") == 0);
    try (var client = new RawClient(gateway.ready())) {
      var reply = client.get("/api/streams/" + id).reply();
      assertThat(reply.status()).as(reply.body()).isEqualTo(200);
      return TestGateway.read(reply.body());
    }
  }

  private double metric(GatewayProcess gateway, String name) throws IOException {
    try (var client = new RawClient(gateway.ready())) {
      return client
          .get("/metrics")
          .reply()
          .body()
          .lines()
          .filter(line -> line.startsWith(name + " "))
          .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
          .findFirst()
          .orElseThrow();
    }
  }

  private GatewayProcess start(String off) throws IOException {
    return GatewayProcess.start(
        folder,
        List.of(),
        off.isEmpty()
            ? Map.of()
            : Map.of(
                "LD_PRELOAD",
                FAKETIME.toString(),
                "FAKETIME",
                off,
                "FAKETIME_DONT_FAKE_MONOTONIC",
                "1"),
        List.of("serve", "--upstream", upstream, "--listen", "127.0.0.1:0", "--data", "d"));
  }
}
