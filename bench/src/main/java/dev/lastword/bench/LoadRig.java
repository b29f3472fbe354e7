package dev.lastword.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Source and readers, started once for a run, and the systems between them.
final class LoadRig implements AutoCloseable {
  private static final int ANSWER_SECONDS = 30;
  private static final int OPEN_SECONDS = 90;
  private static final int DRAIN_SECONDS = 60;
  private static final int WORKER_MEMORY_MB = 400;
  // Jars, event loops, the publisher's connection.
  private static final int OWN_FILES_MAX = 200;
  private static final String PUBLISHER = "publisher";
  private static final String READERS = "readers";

  private final Children children = new Children();
  private final LoadOptions options;
  private final Path dir;
  private final Worker source;
  private final Worker readers;
  private int sourcePort;
  private final List<SystemUnderTest> systems = new ArrayList<>();

  private LoadRig(LoadOptions options) throws IOException {
    this.options = options;
    dir = temporary(options);
    source =
        Worker.start(
            children,
            UpstreamLoad.class,
            WORKER_MEMORY_MB,
            "loops=" + options.sourceLoops,
            "tick_us=" + options.sourceTickMicros);
    readers =
        Worker.start(children, ReaderLoad.class, WORKER_MEMORY_MB, "loops=" + options.readerLoops);
  }

  /// Starts source and readers.
  static LoadRig start(LoadOptions options) throws IOException, InterruptedException {
    var rig = new LoadRig(options);
    try {
      rig.sourcePort = rig.source.answer(ANSWER_SECONDS).count("port");
      rig.readers.answer(ANSWER_SECONDS);
      return rig;
    } catch (InterruptedException | RuntimeException e) {
      rig.close();
      throw e;
    }
  }

  /// Starts a system.
  ///
  /// @throws IllegalStateException if it does not start
  /// @throws IllegalArgumentException if there is no system of that name
  SystemUnderTest startSystem(String name) throws IOException, InterruptedException {
    var own = folder(name);
    var system =
        switch (name) {
          case SystemUnderTest.DIRECT -> SystemUnderTest.direct(sourcePort);
          case SystemUnderTest.NGINX ->
              SystemUnderTest.nginx(children, options.nginx, sourcePort, own);
          default ->
              SystemUnderTest.gateway(
                  name, children, options.gatewayCommand(name), sourcePort, own);
        };
    systems.add(system);
    return system;
  }

  void stopSystem(SystemUnderTest system) {
    systems.remove(system);
    system.process().ifPresent(children::stop);
  }

  void stopAll() {
    List.copyOf(systems).forEach(this::stopSystem);
  }

  /// What systems that have ended by themselves have said last.
  String lastWords() throws IOException {
    var words = new StringBuilder();
    for (var system : systems) {
      words.append(system.lastWords());
    }
    return words.toString();
  }

  Children children() {
    return children;
  }

  int sourcePort() {
    return sourcePort;
  }

  /// An empty folder that goes with the rig.
  Path folder(String name) throws IOException {
    return Files.createTempDirectory(dir, name + "-");
  }

  /// Runs one round against one system.
  ///
  /// @throws IllegalStateException if readers are refused or a process fails
  Measurement measure(SystemUnderTest system, Round round)
      throws IOException, InterruptedException {
    open(system, round);
    if (round.shape().held()) {
      source.ask(Line.of("go"), ANSWER_SECONDS);
    }
    Thread.sleep(round.settleSeconds() * 1000L);
    source.ask(Line.of("stats"), ANSWER_SECONDS);
    cut(READERS);
    var before = Moment.now(this, system);
    Thread.sleep(round.seconds() * 1000L);
    var window = cut(READERS);
    var after = Moment.now(this, system);
    long pssBytes = system.pssBytes();
    var sent = source.ask(Line.of("stats"), ANSWER_SECONDS);
    var whole = finish(system, round);
    double micros = (after.nanos - before.nanos) / 1e3;
    var used = after.system.minus(before.system);
    long tool = after.toolMicros - before.toolMicros;
    long others = after.machineMicros - before.machineMicros - used.cpuMicros() - tool;
    return new Measurement(
        system.name(),
        round.askedPerSecond(),
        micros / 1e6,
        window,
        sent,
        used,
        after.system.rssBytes(),
        pssBytes,
        tool,
        Math.max(0, others / micros),
        whole);
  }

  /// Opens a round's readers and returns when each has its response's head.
  ///
  /// @throws IllegalStateException if one is refused, or the readers may not open as many files
  void open(SystemUnderTest system, Round round) throws IOException, InterruptedException {
    long openFiles = ProcessUsage.openFilesMax(readers.pid());
    if (round.readers() > openFiles - OWN_FILES_MAX) {
      throw new IllegalStateException(
          round.readers()
              + " readers need more than the "
              + openFiles
              + " open files that are allowed (ulimit -Hn)");
    }
    var plan =
        new ReaderPlan(system.port(), round.readers(), "", round.shape(), options.timedReaders);
    if (shared(system, round)) {
      plan =
          new ReaderPlan(
              system.port(),
              round.readers(),
              publish(system, round),
              round.shape().withKey(0),
              options.timedReaders);
    }
    open(READERS, plan);
  }

  /// Opens the stream that a round's readers follow.
  ///
  /// @return its path
  String publish(SystemUnderTest system, Round round) throws InterruptedException {
    var id =
        open(PUBLISHER, new ReaderPlan(system.port(), 1, "", round.shape().withKey(0), 1))
            .text("stream");
    if (id.isEmpty()) {
      throw new IllegalStateException(system.name() + " gave no Lastword-Stream header");
    }
    return "/v1/stream/" + id;
  }

  /// Ends the stream that was published: the source finishes, the publisher reads to the end.
  void finishPublished(SystemUnderTest system) throws InterruptedException {
    stop(PUBLISHER);
    finishAll();
    var published = drain(PUBLISHER);
    if (published.number("complete") != 1) {
      throw new IllegalStateException(
          system.name() + ": the publisher's own response: " + published);
    }
  }

  /// Ends a round: the source finishes, the readers read to the end and leave.
  ///
  /// @return what the readers saw from the first event to the last
  Line finish(SystemUnderTest system, Round round) throws InterruptedException {
    stop(READERS);
    if (shared(system, round)) {
      finishPublished(system);
    } else {
      finishAll();
    }
    return drain(READERS);
  }

  /// Whoever of a set has read to the end leaves from now on.
  void stop(String set) throws InterruptedException {
    readers.ask(Line.of("stop").with("set", set), ANSWER_SECONDS);
  }

  /// The source ends every stream.
  void finishAll() throws InterruptedException {
    source.ask(Line.of("finish"), ANSWER_SECONDS);
  }

  /// Ends a set's window and begins the next.
  ///
  /// @return what its readers saw in the one that ends
  Line cut(String set) throws InterruptedException {
    return readers.ask(Line.of("cut").with("set", set), ANSWER_SECONDS);
  }

  @Override
  public void close() {
    children.close();
    deleteAll(dir);
  }

  /// Waits until all of a set have left.
  ///
  /// @return what they saw from the first event to the last
  Line drain(String set) throws InterruptedException {
    var drain = Line.of("drain").with("set", set).with("timeout_s", DRAIN_SECONDS);
    var whole = readers.ask(drain, DRAIN_SECONDS + ANSWER_SECONDS);
    leave(set);
    return whole;
  }

  /// A set's readers leave, wherever they are.
  void leave(String set) throws InterruptedException {
    readers.ask(Line.of("close").with("set", set), ANSWER_SECONDS);
  }

  /// Opens a set of readers, and returns when each has its response's head.
  ///
  /// @return with the stream's id that the last of them was given
  /// @throws IllegalStateException if one is refused
  Line open(String set, ReaderPlan plan) throws InterruptedException {
    return readers.ask(
        plan.describe("open").with("set", set).with("timeout_s", OPEN_SECONDS),
        OPEN_SECONDS + ANSWER_SECONDS);
  }

  private static boolean shared(SystemUnderTest system, Round round) {
    return round.follow() && system.sharesStreams();
  }

  /// What source and readers have used so far.
  long toolMicros() throws IOException {
    return ProcessUsage.of(source.pid()).cpuMicros() + ProcessUsage.of(readers.pid()).cpuMicros();
  }

  /// Clocks and counters at one moment.
  private record Moment(long nanos, ProcessUsage system, long toolMicros, long machineMicros) {
    static Moment now(LoadRig rig, SystemUnderTest system) throws IOException {
      return new Moment(
          System.nanoTime(), system.usage(), rig.toolMicros(), ProcessUsage.machineMicros());
    }
  }

  private static Path temporary(LoadOptions options) throws IOException {
    return options.data.isPresent()
        ? Files.createTempDirectory(options.data.get(), "lastword-bench-")
        : Files.createTempDirectory("lastword-bench-");
  }

  static void deleteAll(Path dir) {
    try (var files = Files.walk(dir)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      System.err.println("cannot remove " + dir + ": " + e);
    }
  }
}
