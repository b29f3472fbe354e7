package dev.lastword.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The relay under every load that a target is set for, in one table: nginx, this build, and other
/// builds beside it.
@Command(
    name = "compare",
    description =
        "The relay under every load that a target is set for, beside nginx and beside other builds"
            + " (--other before=\"/path/to/lastword serve\"): CPU, delay and memory as ratios of"
            + " one run.")
final class CompareCommand extends LoadCommand {
  private static final String NONE = "–";
  private static final int EVENTS_OF_A_STREAM = 1000;
  private static final int FLUSHES = 200;
  private static final int FLUSHED_BYTES = 4096;

  @Option(
      names = "--loads",
      split = ",",
      paramLabel = "STREAMSxRATE",
      defaultValue = "100x100,500x100,1x1000,1000x2,5000x1",
      description =
          "streams at a time, and events per second of each (${DEFAULT-VALUE}); the last two are"
              + " slow streams, many at a time")
  List<String> loads = List.of();

  /// How many streams at a time, and how fast each is.
  private record Load(int streams, double rate) {
    static Load parse(String text) {
      var parts = text.split("x", -1);
      try {
        return new Load(Integer.parseInt(parts[0]), Double.parseDouble(parts[1]));
      } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
        throw new IllegalArgumentException(
            "--loads: %s is not STREAMSxRATE, such as 100x100".formatted(text), e);
      }
    }

    String text() {
      return String.format(Locale.ROOT, "%,d × %.0f", streams, rate);
    }
  }

  @Override
  List<String> defaultSystems() {
    var systems = new ArrayList<>(List.of(SystemUnderTest.DIRECT, SystemUnderTest.NGINX));
    systems.addAll(options.others.keySet());
    systems.add(SystemUnderTest.LASTWORD);
    return systems;
  }

  @Override
  int run(LoadRig rig, List<String> systems) throws IOException, InterruptedException {
    var report = Report.titled("Comparison");
    report.paragraph(
        String.format(
            Locale.ROOT,
            "Streams × events/s of each, %d bytes an event, %d events a stream. Median of %d rounds"
                + " of %d s after %d of warm-up, lowest–highest in parentheses; ratios and added"
                + " delays are of the same round. A new process for each load; memory is the"
                + " proportional set size at the end of a window. One flush of %d bytes on the disk"
                + " of the data folder takes %.2f ms at the median.",
            options.bytes,
            EVENTS_OF_A_STREAM,
            options.rounds,
            options.seconds,
            options.warmupRounds,
            FLUSHED_BYTES,
            flushMillis()));
    report.row(head(systems));
    int exitCode = 0;
    for (var load : loads.stream().map(Load::parse).toList()) {
      System.err.println("--- " + load.text());
      var measured = alternate(rig, systems, round(load));
      rig.stopAll();
      measured.forEach((system, rounds) -> report.row(row(load, rounds, measured)));
      exitCode = Math.max(exitCode, exitCode(measured));
    }
    report.publish(options);
    return exitCode;
  }

  private Round round(Load load) {
    var shape = new StreamShape(0, load.rate, options.bytes, EVENTS_OF_A_STREAM, false, false);
    return new Round(load.streams, shape, false, options.settleSeconds, options.seconds);
  }

  private String[] head(List<String> systems) {
    var head = new ArrayList<>(List.of("load", "system", "delivered", "CPU µs/event"));
    peers(systems).forEach(peer -> head.add("÷ " + peer));
    head.addAll(
        List.of(
            "added p50 ms",
            "added p99 ms",
            "p99 ms",
            "PSS MiB",
            "switches/event",
            "wrong",
            "other load, cores"));
    return head.toArray(String[]::new);
  }

  /// Those that a ratio is given to.
  private List<String> peers(Collection<String> systems) {
    return systems.stream()
        .filter(name -> name.equals(SystemUnderTest.NGINX) || options.others.containsKey(name))
        .toList();
  }

  private String[] row(
      Load load, List<Measurement> rounds, Map<String, List<Measurement>> measured) {
    var name = rounds.getFirst().system();
    boolean direct = name.equals(SystemUnderTest.DIRECT);
    var cells = new ArrayList<>(List.of(load.text(), name));
    cells.add(Spread.of(rounds, Measurement::deliveredPercent).text(1) + " %");
    cells.add(direct ? NONE : Spread.of(rounds, Measurement::cpuMicrosPerEvent).text(1));
    for (var peer : peers(measured.keySet())) {
      var others = measured.get(peer);
      cells.add(
          direct || peer.equals(name) || others == null ? NONE : ratio(rounds, others).text(2));
    }
    var floor = measured.get(SystemUnderTest.DIRECT);
    for (var field : List.of("p50_us", "p99_us")) {
      cells.add(
          direct || floor == null ? NONE : added(rounds, floor, m -> m.millis(field)).text(2));
    }
    cells.add(Spread.of(rounds, m -> m.millis("p99_us")).text(2));
    cells.add(direct ? NONE : Spread.of(rounds, m -> m.pssBytes() / 1048576.0).text(0));
    cells.add(direct ? NONE : Spread.of(rounds, Measurement::switchesPerEvent).text(2));
    cells.add(Long.toString(rounds.stream().mapToLong(Measurement::wrong).sum()));
    cells.add(Spread.of(rounds, Measurement::otherCores).text(2));
    return cells.toArray(String[]::new);
  }

  private static Spread ratio(List<Measurement> own, List<Measurement> peers) {
    return Spread.of(
        IntStream.range(0, own.size())
            .mapToDouble(i -> own.get(i).cpuMicrosPerEvent() / peers.get(i).cpuMicrosPerEvent())
            .toArray());
  }

  private static Spread added(
      List<Measurement> own, List<Measurement> floor, ToDoubleFunction<Measurement> figure) {
    return Spread.of(
        IntStream.range(0, own.size())
            .mapToDouble(i -> figure.applyAsDouble(own.get(i)) - figure.applyAsDouble(floor.get(i)))
            .toArray());
  }

  /// What one write and one flush into a file that is there take, at the median.
  private double flushMillis() throws IOException {
    var parent = options.data.orElseGet(() -> Path.of(System.getProperty("java.io.tmpdir")));
    var file = Files.createTempFile(parent, "lastword-bench-flush", "");
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      var bytes = ByteBuffer.allocateDirect(FLUSHED_BYTES);
      for (int i = 0; i < FLUSHES; i++) {
        channel.write(bytes.clear(), (long) i * FLUSHED_BYTES);
      }
      channel.force(true);
      double[] millis = new double[FLUSHES];
      for (int i = 0; i < FLUSHES; i++) {
        long began = System.nanoTime();
        channel.write(bytes.clear(), (long) i * FLUSHED_BYTES);
        channel.force(false);
        millis[i] = (System.nanoTime() - began) / 1e6;
      }
      Arrays.sort(millis);
      return millis[FLUSHES / 2];
    } finally {
      Files.delete(file);
    }
  }
}
