package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.template.MissingValueException;
import dev.lastword.checker.template.Template;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * LW019: the server is killed half-way; its reader is not told a success, and the partial is kept.
 */
final class ServerKilled extends NamedScenario {
  private static final Duration COMMAND_MAX = Duration.ofMinutes(1);
  private static final Duration START_MAX = Duration.ofMinutes(2);

  ServerKilled() {
    super(
        "LW019",
        Severity.HIGH,
        "the server is killed half-way",
        "Keep events or partials as they come, and end what a crash has left open when the server"
            + " starts again.");
  }

  @Override
  public boolean disrupts() {
    return true;
  }

  @Override
  public Verdict judge(Bench bench) throws InterruptedException {
    var kill = bench.plan().means().killCommand();
    var restart = bench.plan().means().restartCommand();
    if (kill.isEmpty() || restart.isEmpty()) {
      return Verdict.notApplicable(
          "add --kill-command, which kills the server, and --restart-command, which starts it again");
    }
    if (bench.baseline().textEvents().size() < 2) {
      return Verdict.notApplicable("the answer has only one event; ask for a longer one");
    }
    try {
      return bench
          .stage()
          .alone(() -> judged(bench, kill.get(), restart.get(), bench.baseline().textEvent(0.5)));
    } catch (IOException | MissingValueException e) {
      return Verdict.inconclusive(0, String.valueOf(e.getMessage()));
    }
  }

  private static Verdict judged(Bench bench, Template kill, Template restart, int half)
      throws IOException, InterruptedException {
    var trial = bench.trial();
    var killed = new ArrayList<String>();
    Reading reading;
    try {
      reading =
          trial.readBeside(
              arrival -> {
                if (arrival.index() == half) {
                  killed.add(run(kill.command(trial.values())));
                }
                return Conduct.Move.READ_ON;
              });
    } finally {
      run(restart.command(trial.values()));
    }
    awaitServer(trial.request().uri());
    if (killed.isEmpty()) {
      return Verdict.inconclusive(0, "the response was over before the server could be killed");
    }
    if (!killed.getFirst().isEmpty()) {
      return Verdict.inconclusive(0, "--kill-command failed: " + killed.getFirst());
    }
    var faults = new ArrayList<String>();
    readerFault(bench, reading, half, faults);
    var unjudged = savedFault(bench, trial, faults);
    resumeFault(bench, trial, faults);
    var timeline = Timeline.of(reading, List.of());
    return (faults.isEmpty()
            ? kept(bench, unjudged)
            : Verdict.fail(1, 1, String.join("; ", faults)))
        .with(timeline);
  }

  private static Verdict kept(Bench bench, Optional<Unjudged> unjudged) {
    var broke = "the response broke off visibly";
    var unknown = "; whether what was read is kept is not known: ";
    if (bench.verifier().isEmpty()) {
      return Verdict.pass(1, broke + unknown + LeaveAtTerminal.NEEDS_VERIFY);
    }
    return unjudged
        .map(why -> Verdict.inconclusive(0, broke + unknown + why.why()))
        .orElseGet(() -> Verdict.pass(1, broke + ", and what was read is there afterwards"));
  }

  private static void readerFault(Bench bench, Reading reading, int half, List<String> faults) {
    boolean ended = reading.ending().isPresent();
    int whole = bench.baseline().reading().contentEvents();
    boolean early = reading.contentEvents() <= half + (whole - half) / 2;
    if (ended && early) {
      faults.add("a success is said although the server was killed half-way");
    } else if (!ended
        && reading.error().isEmpty()
        && reading.end() == Reading.End.CLEAN
        && bench.baseline().endOfBodyCompletes()) {
      faults.add("the body ends cleanly half-way, as a whole answer does");
    }
  }

  /** Looks for what was read, at least: more may be saved. Tells why that cannot be judged. */
  private static Optional<Unjudged> savedFault(Bench bench, Trial trial, List<String> faults)
      throws InterruptedException {
    if (bench.verifier().isEmpty() || !bench.baseline().savedWhole()) {
      return Optional.empty();
    }
    var text = trial.answer();
    if (!bench.distinguishes(trial.values(), text, text)) {
      return Optional.of(Unjudged.without(Bench.ALIKE));
    }
    var watch =
        bench
            .verifier()
            .get()
            .ofPart()
            .watch(trial.values(), text, System.nanoTime(), bench.plan().patience());
    var unjudged = bench.unjudged(trial, watch);
    if (watch.lost() && unjudged.isEmpty()) {
      faults.add("what had been read is lost: '" + watch.last().saw() + "'");
    }
    var mark = bench.wholeMark();
    var beyond = Partial.beyond(watch.last().shown(), text.strip());
    boolean part = beyond.isPresent() && beyond.getAsInt() <= bench.baseline().charactersPerEvent();
    if (mark.isPresent() && part && mark.get().in(watch.last().shown(), text)) {
      faults.add("the part that was said is marked complete: '" + watch.last().saw() + "'");
    }
    return unjudged;
  }

  /** A reader who comes back is told an end, whichever, within a bounded time. */
  private static void resumeFault(Bench bench, Trial trial, List<String> faults)
      throws IOException {
    var resuming = new Resuming(bench);
    if (resuming.missing().isPresent()) {
      return;
    }
    var again = resuming.back(trial, "").readBeside(Conduct.CALM);
    var read = trial.arrivals();
    if (!again.head().isSuccess()) {
      faults.add("coming back is answered HTTP " + again.head().status());
    } else if (again.end() == Reading.End.SILENT || again.end() == Reading.End.TOO_MUCH) {
      faults.add("a reader who comes back waits for an end that never comes");
    } else if (!Resuming.startsWith(again.arrivals(), read)) {
      faults.add("a reader who comes back does not see again what was shown");
    }
  }

  /** Why a command failed, {@code ""} if it did not. */
  private static String run(String command) {
    try {
      var process =
          new ProcessBuilder("sh", "-c", command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!process.waitFor(COMMAND_MAX.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return "it took longer than " + COMMAND_MAX.toSeconds() + " s";
      }
      return process.exitValue() == 0 ? "" : "exit code " + process.exitValue();
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }

  private static void awaitServer(URI uri) throws IOException, InterruptedException {
    int port = uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equals("https") ? 443 : 80;
    long until = System.nanoTime() + START_MAX.toNanos();
    while (true) {
      try (var socket = new Socket(uri.getHost(), port)) {
        if (socket.isConnected()) {
          return;
        }
      } catch (IOException e) {
        if (System.nanoTime() > until) {
          throw new IOException("the server did not come back after --restart-command", e);
        }
      }
      Thread.sleep(100);
    }
  }
}
