package dev.lastword.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Readers of an open stream that says nothing.
@Command(
    name = "idle",
    description =
        "Readers of one open stream that says nothing: memory per reader. nginx: of a silent stream each.")
final class IdleCommand extends LoadCommand {
  private static final int FIRST_READERS = 200;

  @Option(
      names = "--readers",
      split = ",",
      defaultValue = "10000,20000",
      description = "readers, step by step (${DEFAULT-VALUE})")
  List<Integer> steps = List.of();

  @Override
  List<String> defaultSystems() {
    return List.of(SystemUnderTest.NGINX, SystemUnderTest.LASTWORD);
  }

  @Override
  int run(LoadRig rig) throws IOException, InterruptedException {
    var report =
        Report.titled("Idle readers")
            .paragraph(
                String.format(
                    Locale.ROOT,
                    "Resident set of the system, %d s after the last reader came, and of a JVM after two full collections; \"before\" is with"
                        + " %d readers come and gone. Median of %d rounds, lowest–highest in parentheses. Kernel memory is not in it.",
                    options.settleSeconds,
                    FIRST_READERS,
                    options.rounds));
    report.row("system", "readers", "RSS before MiB", "RSS MiB", "bytes/reader");
    for (var system : rig.systems()) {
      measure(rig, system, new Round(FIRST_READERS, shape(), true, options.settleSeconds, 0));
      for (int readers : steps) {
        report.row(row(rig, system, readers));
      }
    }
    report.publish(options);
    return 0;
  }

  private StreamShape shape() {
    return new StreamShape(0, 1, options.bytes, 0, true, false);
  }

  private record Idle(long before, long with, int readers) {
    double bytesPerReader() {
      return (double) (with - before) / readers;
    }
  }

  private String[] row(LoadRig rig, SystemUnderTest system, int readers)
      throws IOException, InterruptedException {
    var rounds = new ArrayList<Idle>();
    for (int i = 0; i < options.rounds; i++) {
      var idle = measure(rig, system, new Round(readers, shape(), true, options.settleSeconds, 0));
      System.err.printf(
          Locale.ROOT,
          "%s %d readers: %.0f bytes a reader%n",
          system.name(),
          readers,
          idle.bytesPerReader());
      rounds.add(idle);
    }
    return new String[] {
      system.name(),
      Integer.toString(readers),
      Spread.of(rounds, idle -> idle.before / 1048576.0).text(0),
      Spread.of(rounds, idle -> idle.with / 1048576.0).text(0),
      Spread.of(rounds, Idle::bytesPerReader).text(0)
    };
  }

  private Idle measure(LoadRig rig, SystemUnderTest system, Round round)
      throws IOException, InterruptedException {
    long before = settledRss(system, round);
    rig.open(system, round);
    long with = settledRss(system, round);
    var whole = rig.finish(system, round);
    if (whole.number("complete") != round.readers()) {
      throw new IllegalStateException(
          system.name() + ": not every reader got its ending: " + whole);
    }
    return new Idle(before, with, round.readers());
  }

  private static long settledRss(SystemUnderTest system, Round round)
      throws IOException, InterruptedException {
    long pid =
        system
            .pid()
            .orElseThrow(
                () -> new IllegalArgumentException("idle needs a system of its own, not direct"));
    Thread.sleep(round.settleSeconds() * 1000L);
    for (int i = 0; i < 2 && system.jvm(); i++) {
      collectGarbage(pid);
    }
    return ProcessUsage.of(pid).rssBytes();
  }

  private static void collectGarbage(long pid) throws IOException, InterruptedException {
    var jcmd = Worker.javaProgram().replaceAll("java$", "jcmd");
    var process =
        new ProcessBuilder(jcmd, Long.toString(pid), "GC.run")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IllegalStateException("jcmd " + pid + " GC.run failed");
    }
  }
}
