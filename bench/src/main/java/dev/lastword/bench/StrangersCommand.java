package dev.lastword.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// How long a stranger waits to hear that there is no such stream, of one that is another's and of
/// one that is not there.
@Command(
    name = "strangers",
    sortOptions = false,
    description =
        "How long a stranger waits for 404: for another's stream that runs, one that rests, and none.")
final class StrangersCommand implements Callable<Integer> {
  private static final String OWNER = "Bearer owner";
  private static final String NOBODYS = "AAAAAAAAAAAAAAAAAAAAAAAA";
  private static final String WHOLE = "/whole";

  @Mixin LoadOptions options = new LoadOptions();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "this text")
  boolean help;

  @Option(
      names = "--requests",
      defaultValue = "20000",
      description = "requests for each of the three, in turns at random (${DEFAULT-VALUE})")
  int requests = 20_000;

  @Override
  public Integer call() throws IOException, InterruptedException {
    var report =
        Report.titled("Strangers")
            .paragraph(
                String.format(
                    Locale.ROOT,
                    "From `GET /v1/stream/{id}` with another's credentials to the end of its 404, on one kept connection; %,d"
                        + " requests for each id, mixed at random; microseconds.",
                    requests))
            .row("the stream", "p10", "p50", "p90");
    var dir = Files.createTempDirectory("lastword-bench-");
    var end = new CountDownLatch(1);
    try (var source = source(end);
        var children = new Children()) {
      var system =
          SystemUnderTest.gateway(
              SystemUnderTest.LASTWORD,
              children,
              options.gatewayCommand(SystemUnderTest.LASTWORD),
              source.port(),
              dir);
      var names = List.of("is not there", "runs, and is another's", "rests, and is another's");
      var ids = List.of(NOBODYS, begin(system.port(), "/running"), begin(system.port(), WHOLE));
      var micros =
          new RequestTurns(requests)
              .micros(system.port(), ids.stream().map(StrangersCommand::asked).toList());
      for (int i = 0; i < names.size(); i++) {
        var sorted = micros.get(i);
        report.row(
            names.get(i),
            RequestTurns.at(sorted, 0.1),
            RequestTurns.at(sorted, 0.5),
            RequestTurns.at(sorted, 0.9));
      }
    } finally {
      end.countDown();
      LoadRig.deleteAll(dir);
    }
    report.publish(options);
    return 0;
  }

  /// Answers `/whole` with a whole answer, and anything else with one that goes on until the end.
  private static SmallSource source(CountDownLatch end) throws IOException {
    return SmallSource.start(
        (target, body) -> {
          body.say(SmallSource.PIECE);
          if (!target.equals(WHOLE)) {
            end.await();
          }
          body.say(SmallSource.DONE);
        });
  }

  /// Begins a stream of the owner's, and leaves it; its id.
  private static String begin(int port, String path) throws IOException, InterruptedException {
    return SmallSource.begin(port, path, "{}", "Authorization", OWNER);
  }

  private static RequestTurns.Kind asked(String id) {
    var request =
        "GET /v1/stream/"
            + id
            + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer stranger\r\n\r\n";
    return new RequestTurns.Kind(() -> request, 404);
  }
}
