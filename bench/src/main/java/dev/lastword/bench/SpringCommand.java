package dev.lastword.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// One Spring application on WebFlux, with the starter on its class path and without.
@Command(
    name = "spring",
    description =
        "A Spring application that relays a model's events, with the starter and without: CPU per event, added delay,"
            + " memory.")
final class SpringCommand extends LoadCommand {
  private static final String ALONE = "webflux";
  private static final String STARTER = "starter";
  private static final String MAIN = "dev.lastword.bench.spring.RelayApplication";

  @Option(
      names = "--streams",
      defaultValue = "100",
      description = "streams at a time (${DEFAULT-VALUE})")
  int streams = 100;

  @Option(
      names = "--rate",
      defaultValue = "50",
      description = "events per second of each stream (${DEFAULT-VALUE})")
  double rate = 50;

  @Option(
      names = "--events",
      defaultValue = "500",
      description =
          "events of a stream, after which its reader asks for the next; 0: endless (${DEFAULT-VALUE})")
  int events = 500;

  @Option(
      names = "--jars",
      defaultValue = "${env:LASTWORD_BENCH_SPRING}",
      paramLabel = "FOLDER",
      description = "the application and all that it needs (what the launcher has built)")
  Optional<Path> jars = Optional.empty();

  @Option(
      names = "--jvm",
      defaultValue = "-Xmx1g",
      paramLabel = "OPTIONS",
      description = "how both JVMs are started, split at spaces (${DEFAULT-VALUE})")
  String jvm = "-Xmx1g";

  @Override
  List<String> defaultSystems() {
    return List.of(SystemUnderTest.DIRECT, ALONE, STARTER);
  }

  @Override
  int run(LoadRig rig, List<String> systems) throws IOException, InterruptedException {
    var folder =
        jars.orElseThrow(
            () -> new IllegalArgumentException("--jars: the launcher names them; none here"));
    options.brought.put(ALONE, command(folder, false));
    options.brought.put(STARTER, command(folder, true));
    var shape = new StreamShape(0, rate, options.bytes, events, false, false);
    var round = new Round(streams, shape, false, options.settleSeconds, options.seconds);
    var measured = alternate(rig, systems, round);
    report(measured).publish(options);
    return exitCode(measured);
  }

  private List<String> command(Path folder, boolean starter) throws IOException {
    var command = new ArrayList<String>();
    command.add(Worker.jdkProgram("java"));
    command.addAll(List.of(jvm.trim().split(" +")));
    command.addAll(List.of("-cp", classPath(folder, starter), MAIN));
    return command;
  }

  /// Without the starter there is nothing of ours but the application.
  private static String classPath(Path folder, boolean starter) throws IOException {
    try (var files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".jar"))
          .filter(file -> starter || !isOurs(file.getFileName().toString()))
          .sorted()
          .map(Path::toString)
          .collect(Collectors.joining(System.getProperty("path.separator")));
    }
  }

  private static boolean isOurs(String jar) {
    return jar.startsWith("lastword-") && !jar.startsWith("lastword-bench-spring-");
  }

  private Report report(Map<String, List<Measurement>> measured) throws IOException {
    var report = Report.titled("In a Spring application");
    report.paragraph(
        String.format(
            Locale.ROOT,
            "%d streams × %.1f events/s, %d bytes an event, %d events a stream, WebFlux, JVM %s. Median of %d rounds of"
                + " %d s, lowest–highest in parentheses; what the starter adds is of the same round.",
            streams,
            rate,
            options.bytes,
            events,
            jvm,
            options.rounds,
            options.seconds));
    report.row(
        "system",
        "events/s",
        "CPU µs/event",
        "added to " + ALONE,
        "p50 ms",
        "p99 ms",
        "p50 added to " + ALONE,
        "p99 added to " + ALONE,
        "PSS MiB",
        "÷ " + ALONE,
        "wrong",
        "other load, cores");
    measured.forEach((system, rounds) -> report.row(cells(new Rounds(rounds, measured))));
    return report;
  }

  private static String[] cells(Rounds rounds) {
    boolean direct = rounds.system().equals(SystemUnderTest.DIRECT);
    boolean starter = rounds.system().equals(STARTER);
    return new String[] {
      rounds.system(),
      rounds.figure(Measurement::perSecond, 0),
      direct ? Rounds.NONE : rounds.figure(Measurement::cpuMicrosPerEvent, 1),
      starter ? added(rounds, Measurement::cpuMicrosPerEvent) : Rounds.NONE,
      rounds.figure(m -> m.millis("p50_us"), 2),
      rounds.figure(m -> m.millis("p99_us"), 2),
      starter ? added(rounds, m -> m.millis("p50_us")) : Rounds.NONE,
      starter ? added(rounds, m -> m.millis("p99_us")) : Rounds.NONE,
      direct ? Rounds.NONE : rounds.figure(m -> m.pssBytes() / 1048576.0, 0),
      starter
          ? rounds.compared(ALONE, Measurement::pssBytes, (own, alone) -> own / alone)
          : Rounds.NONE,
      Long.toString(rounds.own().stream().mapToLong(Measurement::wrong).sum()),
      rounds.figure(Measurement::otherCores, 2)
    };
  }

  private static String added(Rounds rounds, ToDoubleFunction<Measurement> figure) {
    return rounds.compared(ALONE, figure, (own, alone) -> own - alone);
  }
}
