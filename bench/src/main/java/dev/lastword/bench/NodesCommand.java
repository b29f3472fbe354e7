package dev.lastword.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Several gateways on one PostgreSQL: what they take for an event beside a single one, what a
/// reader on another node than its stream's waits longer, and how long a dead node's streams are
/// without an outcome.
@Command(
    name = "nodes",
    description =
        "Several gateways on one PostgreSQL: one beside several at the same load, a reader on another node than its stream's, and the"
            + " take-over of a node with many open streams.")
final class NodesCommand extends LoadCommand {
  private static final int OVER_SECONDS = 180;
  private static final int LOOK_MS = 20;
  private static final int OPEN_AT_A_TIME = 1_000;
  private static final String PUBLISHER = "publisher";
  private static final String OWNER = "on its own node";
  private static final String OTHER = "on another node";
  private static final Pattern NO_STREAMS = Pattern.compile("\"streams\"\\s*:\\s*\\[\\s*\\]");

  @Option(
      names = "--postgresql",
      required = true,
      description =
          "URL of a database, jdbc:postgresql://host/db?user=…&password=…: schemas are made in it, and removed")
  String postgresql = "";

  @Option(
      names = "--nodes",
      defaultValue = "3",
      description = "nodes of the cluster, at least 2 (${DEFAULT-VALUE})")
  int count = 3;

  @Option(
      names = "--part",
      defaultValue = "",
      description = "only what begins so: scale, reader, take-over (all)")
  String part = "";

  @Option(
      names = "--streams",
      defaultValue = "150",
      description = "streams at a time of all nodes together (${DEFAULT-VALUE})")
  int streams = 150;

  @Option(
      names = "--rate",
      defaultValue = "20",
      description = "events per second of each stream (${DEFAULT-VALUE})")
  double rate = 20;

  @Option(
      names = "--events",
      defaultValue = "300",
      description =
          "events of a stream, after which its reader asks for the next; 0: endless (${DEFAULT-VALUE})")
  int events = 300;

  @Option(
      names = "--readers",
      defaultValue = "10",
      description =
          "readers of one stream on its own node, and as many on another (${DEFAULT-VALUE})")
  int readers = 10;

  @Option(
      names = "--reader-rate",
      defaultValue = "50",
      description = "events per second of that stream (${DEFAULT-VALUE})")
  double readerRate = 50;

  @Option(
      names = "--open",
      defaultValue = "10000",
      description = "open streams of the node that dies (${DEFAULT-VALUE})")
  int open = 10_000;

  /// One window of one cluster.
  private record Window(
      double seconds,
      long events,
      long cpuMicros,
      Optional<Long> databaseMicros,
      double p50Ms,
      double p99Ms,
      double otherCores,
      long wrong) {
    double perSecond() {
      return events / seconds;
    }

    double perCore() {
      return events / (cpuMicros / 1e6);
    }

    double cpuMicrosPerEvent() {
      return (double) cpuMicros / events;
    }
  }

  /// One window of both kinds of readers.
  private record Pair(Line own, Line other) {
    static double millis(Line window, String field) {
      return window.number(field) / 1000.0;
    }

    double added(String field) {
      return millis(other, field) - millis(own, field);
    }
  }

  /// One death: seconds from it.
  private record TakeOver(double taken, double outcomes, double archived) {}

  @Override
  List<String> defaultSystems() {
    return List.of();
  }

  @Override
  int run(LoadRig rig, List<String> systems) throws IOException, InterruptedException {
    if (count < 2) {
      throw new IllegalArgumentException("--nodes is at least 2, not " + count);
    }
    var report = Report.titled("Several nodes");
    try {
      long wrong = 0;
      if ("scale".startsWith(part)) {
        wrong += scale(rig, report);
      }
      if ("reader".startsWith(part)) {
        wrong += elsewhere(rig, report);
      }
      if ("take-over".startsWith(part)) {
        takeOvers(rig, report);
      }
      report.publish(options);
      return wrong == 0 ? 0 : 1;
    } catch (SQLException e) {
      throw new IllegalStateException("the database: " + e.getMessage(), e);
    }
  }

  private NodeCluster start(LoadRig rig, int nodes)
      throws IOException, InterruptedException, SQLException {
    return NodeCluster.start(
        rig, postgresql, options.gatewayCommand(SystemUnderTest.LASTWORD), nodes);
  }

  // --- one beside several

  private long scale(LoadRig rig, Report report)
      throws IOException, InterruptedException, SQLException {
    var windows = new LinkedHashMap<Integer, List<Window>>();
    try (var one = start(rig, 1);
        var several = start(rig, count)) {
      for (int i = -options.warmupRounds; i < options.rounds; i++) {
        for (var cluster : List.of(one, several)) {
          var window = window(rig, cluster);
          if (i >= 0) {
            windows.computeIfAbsent(cluster.nodes().size(), nodes -> new ArrayList<>()).add(window);
          }
        }
      }
    }
    report
        .paragraph(
            String.format(
                Locale.ROOT,
                "One node and %d at the same load: %d streams × %.0f events/s, %d bytes an event, %d events a stream, spread evenly. Median of %d"
                    + " rounds of %d s, lowest–highest in parentheses; the ratio is of the same round. Cores are those that the nodes were"
                    + " busy with, without the database's; p50 and p99 are of the slowest node.",
                count,
                streams,
                rate,
                options.bytes,
                events,
                options.rounds,
                options.seconds))
        .row(
            "nodes",
            "events/s",
            "CPU µs/event",
            "events/s for each core",
            "÷ one node",
            "database's CPU µs/event",
            "p50 ms",
            "p99 ms",
            "wrong",
            "other load, cores");
    windows.forEach((nodes, of) -> report.row(row(nodes, of, windows.getOrDefault(1, List.of()))));
    return windows.values().stream().flatMap(List::stream).mapToLong(Window::wrong).sum();
  }

  private static String[] row(int nodes, List<Window> windows, List<Window> single) {
    var ratios = new double[windows.size()];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = windows.get(i).perCore() / single.get(i).perCore();
    }
    boolean told = windows.stream().allMatch(window -> window.databaseMicros().isPresent());
    return new String[] {
      Integer.toString(nodes),
      figure(windows, Window::perSecond, 0),
      figure(windows, Window::cpuMicrosPerEvent, 1),
      figure(windows, Window::perCore, 0),
      nodes == 1 ? Rounds.NONE : Spread.of(ratios).text(2),
      told
          ? figure(
              windows, window -> (double) window.databaseMicros().orElse(0L) / window.events(), 1)
          : Rounds.NONE,
      figure(windows, Window::p50Ms, 2),
      figure(windows, Window::p99Ms, 2),
      Long.toString(windows.stream().mapToLong(Window::wrong).sum()),
      figure(windows, Window::otherCores, 2)
    };
  }

  private static String figure(
      List<Window> windows, ToDoubleFunction<Window> figure, int decimals) {
    return Spread.of(windows, figure).text(decimals);
  }

  private Window window(LoadRig rig, NodeCluster cluster)
      throws IOException, InterruptedException, SQLException {
    var shape = new StreamShape(0, rate, options.bytes, events, false, false);
    int nodes = cluster.nodes().size();
    for (int i = 0; i < nodes; i++) {
      int share = streams / nodes + (i < streams % nodes ? 1 : 0);
      var node = cluster.nodes().get(i);
      rig.open(node.name(), new ReaderPlan(node.port(), share, "", shape, options.timedReaders));
    }
    Thread.sleep(options.settleSeconds * 1000L);
    cut(rig, cluster);
    var before = Clocks.now(rig, cluster);
    Thread.sleep(options.seconds * 1000L);
    var seen = cut(rig, cluster);
    var after = Clocks.now(rig, cluster);
    for (var node : cluster.nodes()) {
      rig.stop(node.name());
    }
    rig.finishAll();
    long wrong = 0;
    for (var node : cluster.nodes()) {
      wrong += Measurement.wrong(rig.drain(node.name()));
    }
    return after.since(before, seen.values(), wrong);
  }

  private static Map<String, Line> cut(LoadRig rig, NodeCluster cluster)
      throws InterruptedException {
    var windows = new LinkedHashMap<String, Line>();
    for (var node : cluster.nodes()) {
      windows.put(node.name(), rig.cut(node.name()));
    }
    return windows;
  }

  /// Clocks and counters at one moment.
  private record Clocks(long nanos, long nodes, Optional<Long> database, long tool, long machine) {
    static Clocks now(LoadRig rig, NodeCluster cluster) throws IOException, SQLException {
      return new Clocks(
          System.nanoTime(),
          cluster.cpuMicros(),
          cluster.databaseMicros(),
          rig.toolMicros(),
          ProcessUsage.machineMicros());
    }

    Window since(Clocks before, Iterable<Line> seen, long wrong) {
      long events = 0;
      double p50 = 0;
      double p99 = 0;
      for (var window : seen) {
        events += window.number("events");
        p50 = Math.max(p50, Pair.millis(window, "p50_us"));
        p99 = Math.max(p99, Pair.millis(window, "p99_us"));
      }
      double micros = (nanos - before.nanos) / 1e3;
      var used = database.flatMap(now -> before.database.map(then -> now - then));
      long others =
          machine
              - before.machine
              - (nodes - before.nodes)
              - used.orElse(0L)
              - (tool - before.tool);
      return new Window(
          micros / 1e6,
          events,
          nodes - before.nodes,
          used,
          p50,
          p99,
          Math.max(0, others / micros),
          wrong);
    }
  }

  // --- a reader elsewhere

  private long elsewhere(LoadRig rig, Report report)
      throws IOException, InterruptedException, SQLException {
    var pairs = new ArrayList<Pair>();
    long wrong = 0;
    try (var cluster = start(rig, count)) {
      var shape = new StreamShape(0, readerRate, options.bytes, 0, false, false);
      var owner = cluster.nodes().get(0);
      var other = cluster.nodes().get(1);
      var begun = rig.open(PUBLISHER, new ReaderPlan(owner.port(), 1, "", shape, 1));
      var path = "/v1/stream/" + begun.text("stream");
      rig.open(OWNER, new ReaderPlan(owner.port(), readers, path, shape, 1));
      rig.open(OTHER, new ReaderPlan(other.port(), readers, path, shape, 1));
      for (int i = -options.warmupRounds; i < options.rounds; i++) {
        Thread.sleep(options.settleSeconds * 1000L);
        rig.cut(OWNER);
        rig.cut(OTHER);
        Thread.sleep(options.seconds * 1000L);
        var pair = new Pair(rig.cut(OWNER), rig.cut(OTHER));
        if (i >= 0) {
          pairs.add(pair);
        }
      }
      for (var set : List.of(PUBLISHER, OWNER, OTHER)) {
        rig.stop(set);
      }
      rig.finishAll();
      for (var set : List.of(PUBLISHER, OWNER, OTHER)) {
        wrong += Measurement.wrong(rig.drain(set));
      }
    }
    report
        .paragraph(
            String.format(
                Locale.ROOT,
                "One stream of %.0f events/s, and %d readers on its own node and on another, of the same events: milliseconds from the source's sending"
                    + " to a reader. Median of %d rounds of %d s; what another node adds is of the same round. %d wrong.",
                readerRate,
                readers,
                options.rounds,
                options.seconds,
                wrong))
        .row("", "p50", "p99");
    reader(report, OWNER, pairs, (pair, field) -> Pair.millis(pair.own(), field));
    reader(report, OTHER, pairs, (pair, field) -> Pair.millis(pair.other(), field));
    reader(report, "added", pairs, Pair::added);
    return wrong;
  }

  private interface Figure {
    double of(Pair pair, String field);
  }

  private static void reader(Report report, String name, List<Pair> pairs, Figure figure) {
    report.row(
        name,
        Spread.of(pairs, pair -> figure.of(pair, "p50_us")).text(2),
        Spread.of(pairs, pair -> figure.of(pair, "p99_us")).text(2));
  }

  // --- a node that dies

  private void takeOvers(LoadRig rig, Report report)
      throws IOException, InterruptedException, SQLException {
    var all = new ArrayList<TakeOver>();
    for (int i = 0; i < options.rounds; i++) {
      all.add(takeOver(rig));
    }
    report
        .paragraph(
            String.format(
                Locale.ROOT,
                "%,d open streams of one of %d nodes, which is killed: seconds from its death. Median of %d deaths, lowest–highest in parentheses.",
                open,
                count,
                options.rounds))
        .row("", "s")
        .row("another has its shard, and answers for it", Spread.of(all, TakeOver::taken).text(2))
        .row(
            "every stream has its outcome, as a node that is asked says",
            Spread.of(all, TakeOver::outcomes).text(2))
        .row("every outcome is in the archive", Spread.of(all, TakeOver::archived).text(2));
  }

  private TakeOver takeOver(LoadRig rig) throws IOException, InterruptedException, SQLException {
    try (var cluster = start(rig, count);
        var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      var victim = cluster.nodes().get(0);
      begin(rig, victim);
      cluster.kill(victim);
      long died = System.nanoTime();
      double taken =
          secondsUntil(
              died,
              "another node has the shard",
              () -> {
                var owner = cluster.ownerOfFirst();
                return !owner.isEmpty() && !owner.equals(victim.name());
              });
      var asked = cluster.nodes().get(1);
      double outcomes = secondsUntil(died, "no stream is open", () -> noneIsOpen(client, asked));
      double archived =
          secondsUntil(
              died,
              "every stream is archived as interrupted",
              () -> cluster.archived("interrupted") == open);
      rig.finishAll();
      return new TakeOver(taken, outcomes, archived);
    }
  }

  /// Streams that say one event and go on; their readers have left, so that a node has the files
  /// for as many.
  private void begin(LoadRig rig, SystemUnderTest node) throws InterruptedException {
    var shape = new StreamShape(0, rate, options.bytes, 0, true, false);
    for (int left = open; left > 0; left -= OPEN_AT_A_TIME) {
      rig.open(
          PUBLISHER, new ReaderPlan(node.port(), Math.min(left, OPEN_AT_A_TIME), "", shape, 1));
      rig.leave(PUBLISHER);
    }
  }

  private interface Condition {
    boolean holds() throws IOException, InterruptedException, SQLException;
  }

  private static double secondsUntil(long since, String what, Condition condition)
      throws IOException, InterruptedException, SQLException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(OVER_SECONDS);
    while (!condition.holds()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("not within " + OVER_SECONDS + " s: " + what);
      }
      Thread.sleep(LOOK_MS);
    }
    return (System.nanoTime() - since) / 1e9;
  }

  /// The list of a node, where no shard is missing in it.
  private static boolean noneIsOpen(HttpClient client, SystemUnderTest node)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + node.port() + "/api/streams?state=open&limit=1"))
            .timeout(Duration.ofSeconds(OVER_SECONDS))
            .build();
    var answer = client.send(request, BodyHandlers.ofString());
    return answer.statusCode() == 200
        && answer.headers().firstValue("Lastword-Missing-Shards").isEmpty()
        && NO_STREAMS.matcher(answer.body()).find();
  }
}
