package dev.lastword.bench;

import dev.lastword.bench.RequestTurns.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// What an `Idempotency-Key` costs a request: a new one, and one whose answer is there.
@Command(
    name = "keys",
    sortOptions = false,
    description =
        "How long a request takes without an Idempotency-Key, with a new one, and with one of an answer that is there.")
final class KeysCommand implements Callable<Integer> {
  private static final String BODY =
      "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
          .formatted("word ".repeat(400));
  private static final String EVENTS =
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
  private static final String PATH = "/v1/chat/completions";

  @Mixin LoadOptions options = new LoadOptions();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "this text")
  boolean help;

  @Option(
      names = "--requests",
      defaultValue = "5000",
      description = "requests of each kind, in turns at random (${DEFAULT-VALUE})")
  int requests = 5_000;

  private int keys;

  @Override
  public Integer call() throws IOException, InterruptedException {
    var report =
        Report.titled("Idempotency keys")
            .paragraph(
                String.format(
                    Locale.ROOT,
                    "From a request of 2 KB to the end of its answer, a stream of two events, on one kept connection; %,d"
                        + " requests of each kind, mixed at random; microseconds. The last two read the same answer.",
                    requests))
            .row("the request", "p10", "p50", "p90");
    var dir = Files.createTempDirectory("lastword-bench-");
    try (var source = SmallSource.start((target, body) -> body.say(EVENTS));
        var children = new Children()) {
      var command = new ArrayList<>(options.gatewayCommand(SystemUnderTest.LASTWORD));
      command.addAll(List.of("--set", "limits.owner-starts-per-minute-max=0"));
      var system =
          SystemUnderTest.gateway(SystemUnderTest.LASTWORD, children, command, source.port(), dir);
      var id = SmallSource.begin(system.port(), PATH, BODY, "Idempotency-Key", "known");
      var names =
          List.of("without a key", "with a new key", "with a key that has its answer", "GET of it");
      var kinds =
          List.of(
              new Kind(() -> post(""), 200),
              new Kind(() -> post("Idempotency-Key: new-" + keys++ + "\r\n"), 200),
              new Kind(() -> post("Idempotency-Key: known\r\n"), 200),
              new Kind(() -> "GET /v1/stream/" + id + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 200));
      var micros = new RequestTurns(requests).micros(system.port(), kinds);
      for (int i = 0; i < names.size(); i++) {
        var sorted = micros.get(i);
        report.row(
            names.get(i),
            RequestTurns.at(sorted, 0.1),
            RequestTurns.at(sorted, 0.5),
            RequestTurns.at(sorted, 0.9));
      }
    } finally {
      LoadRig.deleteAll(dir);
    }
    report.publish(options);
    return 0;
  }

  private static String post(String field) {
    return "POST "
        + PATH
        + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
        + BODY.length()
        + "\r\n"
        + field
        + "\r\n"
        + BODY;
  }
}
