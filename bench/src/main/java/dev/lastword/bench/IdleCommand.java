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
        "Readers of one open stream that says nothing: memory per reader. nginx: of a silent stream"
            + " each.")
final class IdleCommand extends LoadCommand {
  private static final int FIRST_READERS = 200;

  @Option(
      names = "--readers",
      split = ",",
      defaultValue = "10000,19000",
      description = "readers, step by step (${DEFAULT-VALUE})")
  List<Integer> steps = List.of();

  @Option(
      names = "--http2-streams",
      defaultValue = "0",
      description =
          "readers on each connection, in HTTP/2 with prior knowledge; 0 for a connection of"
              + " HTTP/1.1 each (${DEFAULT-VALUE})")
  int http2Streams;

  @Override
  List<String> defaultSystems() {
    if (http2Streams > 0) {
      return List.of(SystemUnderTest.LASTWORD);
    }
    return List.of(SystemUnderTest.NGINX, SystemUnderTest.LASTWORD);
  }

  @Override
  int run(LoadRig rig, List<String> systems) throws IOException, InterruptedException {
    var report = Report.titled("Idle readers");
    report.paragraph(
        String.format(
            Locale.ROOT,
            "Resident set of the system, %d s after the last reader came, and of a JVM after two"
                + " full collections; \"before\" is with %d readers come and gone. A new process"
                + " each time; median of %d, lowest–highest in parentheses. Kernel memory is not in"
                + " it.",
            options.settleSeconds,
            FIRST_READERS,
            options.rounds));
    report.row("system", "readers", "RSS before MiB", "RSS MiB", "bytes/reader");
    for (var system : systems) {
      for (int readers : steps) {
        report.row(row(rig, system, readers));
      }
    }
    report.publish(options);
    return 0;
  }

  private record Idle(long before, long with, int readers) {
    double bytesPerReader() {
      return (double) (with - before) / readers;
    }
  }

  private String[] row(LoadRig rig, String name, int readers)
      throws IOException, InterruptedException {
    var rounds = new ArrayList<Idle>();
    for (int i = 0; i < options.rounds; i++) {
      var idle = measure(rig, name, readers);
      System.err.printf(
          Locale.ROOT,
          "%s %d readers: %.0f bytes a reader%n",
          name,
          readers,
          idle.bytesPerReader());
      rounds.add(idle);
    }
    return new String[] {
      name,
      Integer.toString(readers),
      Spread.of(rounds, idle -> idle.before / 1048576.0).text(0),
      Spread.of(rounds, idle -> idle.with / 1048576.0).text(0),
      Spread.of(rounds, Idle::bytesPerReader).text(0)
    };
  }

  // In a new process: what one crowd of readers has left behind would be counted as free for the
  // next.
  private Idle measure(LoadRig rig, String name, int readers)
      throws IOException, InterruptedException {
    var system = rig.startSystem(name);
    try {
      if (http2Streams > 0) {
        return measureHttp2(rig, system, readers);
      }
      rig.open(system, round(FIRST_READERS));
      rig.finish(system, round(FIRST_READERS));
      long before = settledRss(system);
      rig.open(system, round(readers));
      long with = settledRss(system);
      var whole = rig.finish(system, round(readers));
      if (whole.number("complete") != readers) {
        throw new IllegalStateException(name + ": not every reader got its ending: " + whole);
      }
      return new Idle(before, with, readers);
    } finally {
      rig.stopSystem(system);
    }
  }

  private Idle measureHttp2(LoadRig rig, SystemUnderTest system, int readers)
      throws IOException, InterruptedException {
    var first = rig.publish(system, round(FIRST_READERS));
    try (var few = Http2Readers.open(system.port(), first, FIRST_READERS, http2Streams)) {
      rig.finishPublished(system);
      few.awaitEnds();
    }
    long before = settledRss(system);
    var path = rig.publish(system, round(readers));
    try (var many = Http2Readers.open(system.port(), path, readers, http2Streams)) {
      long with = settledRss(system);
      rig.finishPublished(system);
      many.awaitEnds();
      return new Idle(before, with, readers);
    }
  }

  private Round round(int readers) {
    var shape = new StreamShape(0, 1, options.bytes, 0, true, false);
    return new Round(readers, shape, true, options.settleSeconds, 0);
  }

  private long settledRss(SystemUnderTest system) throws IOException, InterruptedException {
    Thread.sleep(options.settleSeconds * 1000L);
    for (int i = 0; i < 2 && system.runsOnJvm(); i++) {
      collectGarbage(system.process().orElseThrow().pid());
    }
    return system.usage().rssBytes();
  }

  private static void collectGarbage(long pid) throws IOException, InterruptedException {
    var jcmd = Worker.jdkProgram("jcmd");
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
