package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;

/** Starts the gateway as a process several times, each time with another clock. */
record FieldBoots(FieldCase played, Path folder, String upstream) {
  private static final Pattern READY = Pattern.compile("gateway\\.ready listen=([0-9.]+):([0-9]+)");
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
      var process = start(boot.asString());
      try (var client = new RawClient(ready(process))) {
        if (id.isEmpty()) {
          client.send(played.requestBytes("127.0.0.1"));
          var reply = client.reply();
          FieldStreamsTest.isWhatTheClientGets(played, reply);
          id = reply.header("lastword-stream");
        }
        var meta = meta(process, id);
        FieldStreamsTest.has(played.expect().path("meta"), meta);
      } finally {
        process.destroy();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it ends").isTrue();
      }
    }
  }

  /** The stream's JSON once it rests and whatever is done at a start is done. */
  private JsonNode meta(Process process, String id) throws IOException {
    Awaitility.await()
        .atMost(30, TimeUnit.SECONDS)
        .until(() -> metric(process, "lastword_streams_unarchived") == 0);
    try (var client = new RawClient(ready(process))) {
      var reply = client.get("/api/streams/" + id).reply();
      assertThat(reply.status()).as(reply.body()).isEqualTo(200);
      return TestGateway.read(reply.body());
    }
  }

  private double metric(Process process, String name) throws IOException {
    try (var client = new RawClient(ready(process))) {
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

  private Process start(String off) throws IOException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.lastword.gateway.Main",
            "serve",
            "--upstream",
            upstream,
            "--listen",
            "127.0.0.1:0",
            "--data",
            "d"));
    var builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(folder.resolve("out").toFile())
            .redirectError(folder.resolve("err").toFile());
    if (!off.isEmpty()) {
      builder.environment().put("LD_PRELOAD", FAKETIME.toString());
      builder.environment().put("FAKETIME", off);
      builder.environment().put("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }
    return builder.start();
  }

  private InetSocketAddress ready(Process process) {
    return Awaitility.await()
        .atMost(60, TimeUnit.SECONDS)
        .until(
            () -> {
              var err = Files.readString(folder.resolve("err"));
              assertThat(process.isAlive()).as(err).isTrue();
              var ready = READY.matcher(err);
              return ready.find()
                  ? new InetSocketAddress(ready.group(1), Integer.parseInt(ready.group(2)))
                  : null;
            },
            address -> address != null);
  }
}
