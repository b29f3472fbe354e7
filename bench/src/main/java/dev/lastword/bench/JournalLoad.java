package dev.lastword.bench;

import dev.lastword.journal.Entry;
import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import dev.lastword.journal.StreamId;
import dev.lastword.journal.kafka.KafkaJournal;
import dev.lastword.journal.kafka.KafkaPartition;
import dev.lastword.journal.postgresql.PostgresJournal;
import dev.lastword.journal.postgresql.PostgresServer;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/**
 * Loads the journal and a bare log in turns, on the same disk and in the same process, and prints
 * both and their ratio: 1,000 streams, one event of 200 bytes an entry.
 */
final class JournalLoad {
  private static final int STREAMS = 1_000;
  private static final int EVENT_BYTES = 200;

  /** How many rows the newest journal has in segments that are in use, and how large they are. */
  private static final String FLUSHES =
      "SELECT count(*), coalesce(avg(length(bytes)), 0)::int FROM lastword_flushes"
          + " JOIN lastword_segments USING (segment)"
          + " WHERE journal = (SELECT max(journal) FROM lastword_journals)"
          + " AND lastword_segments.name LIKE '%.journal'";

  private final Path directory;
  private final String wanted;
  private final String postgresql;
  private final String kafka;
  private final int rounds;
  private final long nanos;
  private final List<StreamId> ids =
      IntStream.range(0, STREAMS).mapToObj(i -> StreamId.random()).toList();
  private final List<byte[]> idBytes =
      ids.stream().map(id -> id.value().getBytes(StandardCharsets.US_ASCII)).toList();
  private final EncodedEvents events =
      EncodedEvents.of(List.of(SseEvent.of("x".repeat(EVENT_BYTES - "data: \n\n".length()))));

  /** What is loaded. */
  private interface Log extends AutoCloseable {
    void append(int stream, long seq, Runnable ack);

    @Override
    void close() throws IOException;
  }

  /** One way of loading. */
  private record Mode(String name, int inFlight, int eventsPerSecond) {}

  /** One round's figures. */
  private record Figures(double eventsPerSecond, double p50Ms, double p99Ms, long events) {}

  /**
   * Runs the modes whose names begin with {@code wanted}.
   *
   * @param postgresql URL of a database to load as well, {@code ""} for none
   * @param kafka URL of a topic to load as well, without the topic's name, {@code ""} for none
   */
  JournalLoad(
      Path directory, int rounds, int seconds, String wanted, String postgresql, String kafka) {
    this.postgresql = postgresql;
    this.kafka = kafka;
    this.directory = directory;
    this.wanted = wanted;
    this.rounds = rounds;
    this.nanos = TimeUnit.SECONDS.toNanos(seconds);
  }

  void run() throws Exception {
    Files.createDirectories(directory);
    var modes =
        List.of(
            new Mode("most, 8,192 in flight", 8_192, 0),
            new Mode("streams wait, 1,000 in flight", 1_000, 0),
            new Mode("asked for 50,000 events/s", 1 << 20, 50_000),
            new Mode("one waits", 1, 0));
    for (var mode : modes) {
      if (mode.name().startsWith(wanted)) {
        compare(mode);
      }
    }
  }

  private void compare(Mode mode) throws Exception {
    var bare = new ArrayList<Figures>();
    var prepared = new ArrayList<Figures>();
    var journal = new ArrayList<Figures>();
    var rows = new ArrayList<Figures>();
    var records = new ArrayList<Figures>();
    var commits = new ArrayList<Figures>();
    for (int round = -1; round < rounds; round++) {
      var b = load(mode, this::bare);
      var p = load(mode, this::prepared);
      var j = load(mode, this::journal);
      if (!postgresql.isEmpty()) {
        var r = load(mode, this::rows);
        var c = commits(r);
        if (round >= 0) {
          rows.add(r);
          c.ifPresent(commits::add);
        }
      }
      if (!kafka.isEmpty()) {
        var r = load(mode, this::records);
        if (round >= 0) {
          records.add(r);
        }
      }
      if (round >= 0) { // the first round warms up
        bare.add(b);
        prepared.add(p);
        journal.add(j);
      }
    }
    print("%n%s", mode.name());
    print("%-24s %12s %25s %9s %9s", "", "events/s", "(least to most)", "p50 ms", "p99 ms");
    row("bare, files grow", bare);
    row("bare, files prepared", prepared);
    row("journal", journal);
    ratio("journal / bare, grow", journal, bare);
    ratio("journal / bare, prepared", journal, prepared);
    if (!rows.isEmpty()) {
      row("journal, PostgreSQL", rows);
      ratio("PostgreSQL / journal", rows, journal);
    }
    if (!commits.isEmpty()) {
      row("pgbench, rows as large", commits);
      ratio("PostgreSQL / pgbench", rows, commits);
    }
    if (!records.isEmpty()) {
      row("journal, Kafka", records);
      ratio("Kafka / journal", records, journal);
    }
  }

  private static void row(String name, List<Figures> figures) {
    var rates = figures.stream().mapToDouble(Figures::eventsPerSecond).sorted().toArray();
    print(
        "%-24s %,12.0f %,12.0f-%,12.0f %9.2f %9.2f",
        name,
        rates[rates.length / 2],
        rates[0],
        rates[rates.length - 1],
        median(figures.stream().map(Figures::p50Ms).toList()),
        median(figures.stream().map(Figures::p99Ms).toList()));
  }

  private static void ratio(String name, List<Figures> of, List<Figures> to) {
    var pairs = IntStream.range(0, of.size()).boxed().toList();
    print(
        "%-24s %12.2f %25s %9.2f %9.2f",
        name,
        median(
            pairs.stream()
                .map(i -> of.get(i).eventsPerSecond() / to.get(i).eventsPerSecond())
                .toList()),
        "",
        median(pairs.stream().map(i -> of.get(i).p50Ms() / to.get(i).p50Ms()).toList()),
        median(pairs.stream().map(i -> of.get(i).p99Ms() / to.get(i).p99Ms()).toList()));
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }

  @SuppressWarnings("AnnotateFormatMethod") // not worth a dependency
  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }

  /** Opens what is loaded, in an empty directory. */
  private interface Opening {
    Log open(Path directory) throws IOException;
  }

  private Figures load(Mode mode, Opening opening) throws IOException, InterruptedException {
    var place = Files.createTempDirectory(directory, "load");
    try (var log = opening.open(place)) {
      return load(mode, log);
    } finally {
      delete(place);
    }
  }

  private Figures load(Mode mode, Log log) throws InterruptedException {
    var histogram = new Histogram(TimeUnit.SECONDS.toNanos(60), 3);
    var permits = new Permits(mode.inFlight());
    long start = System.nanoTime();
    long count = 0;
    for (long now = start; now - start < nanos; now = System.nanoTime()) {
      long due = mode.eventsPerSecond() == 0 ? now : dueAt(start, count, mode);
      awaitTime(due);
      permits.take();
      long from = mode.eventsPerSecond() == 0 ? System.nanoTime() : due;
      log.append(
          (int) (count % STREAMS),
          count / STREAMS + 1,
          () -> {
            histogram.recordValue(System.nanoTime() - from); // on the writer's thread alone
            permits.give();
          });
      count++;
    }
    permits.takeAll();
    double seconds = (System.nanoTime() - start) / 1e9;
    return new Figures(
        count / seconds,
        histogram.getValueAtPercentile(50) / 1e6,
        histogram.getValueAtPercentile(99) / 1e6,
        count);
  }

  private static long dueAt(long start, long count, Mode mode) {
    return start + count * TimeUnit.SECONDS.toNanos(1) / mode.eventsPerSecond();
  }

  private static void awaitTime(long nanoTime) {
    for (long left = nanoTime - System.nanoTime(); left > 0; left = nanoTime - System.nanoTime()) {
      LockSupport.parkNanos(Math.min(left, 100_000));
    }
  }

  /** Bounds what is in flight. */
  private static final class Permits {
    private final Semaphore semaphore;
    private final int all;

    Permits(int all) {
      this.all = all;
      this.semaphore = new Semaphore(all);
    }

    void take() throws InterruptedException {
      semaphore.acquire();
    }

    void give() {
      semaphore.release();
    }

    void takeAll() throws InterruptedException {
      semaphore.acquire(all);
    }
  }

  private Log bare(Path place) throws IOException {
    return bare(place, false);
  }

  private Log prepared(Path place) throws IOException {
    return bare(place, true);
  }

  private Log bare(Path place, boolean prepared) throws IOException {
    var log = new BareLog(place, prepared);
    return new Log() {
      @Override
      public void append(int stream, long seq, Runnable ack) {
        log.append(idBytes.get(stream), events.wire(), ack);
      }

      @Override
      public void close() throws IOException {
        log.close();
      }
    };
  }

  private Log journal(Path place) {
    return log(FileJournal.open(place, FileJournal.Options.DEFAULT));
  }

  /** A journal of the place's name in the database. */
  private Log rows(Path place) {
    return log(
        PostgresJournal.open(
            new PostgresJournal.Options(
                new PostgresServer(postgresql, "", ""),
                String.valueOf(place.getFileName()),
                Duration.ofSeconds(1)),
            FileJournal.Options.DEFAULT));
  }

  /**
   * What the server alone does with as many events in a commit, of as many bytes, as the journal
   * that was written last; nothing where there is no {@code pgbench}.
   */
  private Optional<Figures> commits(Figures of)
      throws IOException, InterruptedException, SQLException {
    var pgbench = PgBench.find(postgresql);
    if (pgbench.isEmpty()) {
      return Optional.empty();
    }
    long flushes;
    int bytes;
    try (var connection = DriverManager.getConnection(postgresql);
        var statement = connection.createStatement();
        var row = statement.executeQuery(FLUSHES)) {
      row.next();
      flushes = Math.max(1, row.getLong(1));
      bytes = row.getInt(2);
    }
    var commits = pgbench.get().run(bytes, (int) TimeUnit.NANOSECONDS.toSeconds(nanos));
    double eventsOfEach = (double) of.events() / flushes;
    return Optional.of(
        new Figures(
            commits.perSecond() * eventsOfEach, commits.p50Ms(), commits.p99Ms(), of.events()));
  }

  /** A journal in a topic of the place's name. */
  private Log records(Path place) {
    return log(
        KafkaJournal.open(
            KafkaPartition.parse(kafka.replace("/?", "/" + place.getFileName() + "?"), "", ""),
            FileJournal.Options.DEFAULT));
  }

  private Log log(Journal journal) {
    return new Log() {
      @Override
      public void append(int stream, long seq, Runnable ack) {
        journal.append(
            new Entry.Appended(ids.get(stream), seq, events), journal.fence(), acknowledged(ack));
      }

      @Override
      public void close() {
        journal.close();
      }
    };
  }

  private static Journal.Ack acknowledged(Runnable ack) {
    return new Journal.Ack() {
      @Override
      public void durable(long position, long epoch, long timeMs) {
        ack.run();
      }

      @Override
      public void refused(Journal.Refusal refusal) {
        throw new IllegalStateException("refused: " + refusal);
      }
    };
  }

  private static void delete(Path place) throws IOException {
    try (var files = Files.walk(place)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
