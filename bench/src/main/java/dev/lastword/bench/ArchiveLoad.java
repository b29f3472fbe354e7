package dev.lastword.bench;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import dev.lastword.archive.Archive;
import dev.lastword.archive.Archive.Batch;
import dev.lastword.archive.Archive.Checkpoint;
import dev.lastword.archive.Archive.Deletion;
import dev.lastword.archive.Archive.Deposit;
import dev.lastword.archive.ArchivedEvents;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.archive.EpochSpan;
import dev.lastword.archive.postgresql.PostgresArchive;
import dev.lastword.archive.sqlite.SqliteArchive;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.postgresql.PostgresServer;
import dev.lastword.testing.Deposits;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Stores streams side by side, each whole or in parts, as the archiver does, and reads them back.
final class ArchiveLoad {
  private static final int EVENTS = 300;

  /** Events that the journal got together. */
  private static final int RUN_EVENTS = 3;

  private static final int BATCH_STREAMS = 250;
  private static final String DATA =
      "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
          + "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"SEQUENCE\"},\"logprobs\":null,"
          + "\"finish_reason\":null}],\"system_fingerprint\":\"fp_0123456789\"}";
  private static final String TEXT = "word ".repeat(EVENTS);

  private final Path directory;
  private final int rounds;
  private final int streams;
  private final List<ArchivedEvents> runs = runs();

  private long diskBytes;

  /** URL of a database, or empty. */
  private final String postgresql;

  ArchiveLoad(Path directory, int rounds, int streams, String postgresql) {
    this.postgresql = postgresql;
    this.directory = directory;
    this.rounds = rounds;
    this.streams = streams;
  }

  private static List<ArchivedEvents> runs() {
    var runs = new ArrayList<ArchivedEvents>();
    for (int seq = 1; seq <= EVENTS; seq += RUN_EVENTS) {
      var data = new String[RUN_EVENTS];
      for (int i = 0; i < RUN_EVENTS; i++) {
        data[i] = DATA.replace("SEQUENCE", "%08d".formatted(seq + i));
      }
      runs.add(Deposits.events(seq, data));
    }
    return runs;
  }

  void run() throws IOException {
    Files.createDirectories(directory);
    for (int parts : new int[] {1, 5, 30}) {
      for (int round = 0; round < rounds; round++) {
        measure(parts);
      }
    }
  }

  private void measure(int parts) throws IOException {
    var file = directory.resolve("archive.db");
    try (var archive =
        SqliteArchive.open(file, SqliteArchive.Options.DEFAULT.withReserveBytes(0))) {
      measure("sqlite", archive, parts);
    } finally {
      for (var suffix : List.of("", "-wal", "-shm")) {
        Files.deleteIfExists(directory.resolve("archive.db" + suffix));
      }
    }
    if (!postgresql.isEmpty()) {
      var server = new PostgresServer(postgresql, "", "");
      try (var archive = PostgresArchive.open(new PostgresArchive.Options(server))) {
        empty(server);
        measure("postgresql", archive, parts);
      }
    }
  }

  /** Whoever measured before has left rows. */
  private static void empty(PostgresServer server) throws IOException {
    try (var connection = server.connect("lastword bench");
        var statement = connection.createStatement()) {
      statement.execute(
          "TRUNCATE lastword_streams, lastword_events, lastword_checkpoint, lastword_deleted,"
              + " lastword_ledger");
    } catch (SQLException e) {
      throw new IOException(e);
    }
  }

  private void measure(String store, Archive archive, int parts) throws IOException {
    var before = Usage.now();
    store(archive, parts);
    var stored = Usage.now();
    read(archive);
    var read = Usage.now();
    delete(archive);
    var deleted = Usage.now();
    long bytes = streams * runs.stream().mapToLong(run -> run.events().length()).sum();
    long events = (long) streams * EVENTS;
    System.out.printf(
        Locale.ROOT,
        "%-10s parts %2d  store %s, %.2f bytes written and %.3f on disk for each; read %s;"
            + " %,.0f streams/s deleted%n",
        store,
        parts,
        stored.since(before, events),
        (double) (stored.writtenBytes() - before.writtenBytes()) / bytes,
        (double) diskBytes / bytes,
        read.since(stored, events),
        streams * 1e9 / (deleted.nanos() - read.nanos()));
  }

  /** As retention does. */
  private void delete(Archive archive) {
    diskBytes = archive.bytes();
    for (int first = 0; first < streams; first += BATCH_STREAMS) {
      var deletions = new ArrayList<Deletion>();
      for (int i = first; i < Math.min(streams, first + BATCH_STREAMS); i++) {
        deletions.add(new Deletion(Deposits.id(i), Long.MAX_VALUE));
      }
      archive.store(
          new Batch(List.of(), List.of(), deletions, new Checkpoint(Deposits.JOURNAL, 1_000_000)));
    }
  }

  private void store(Archive archive, int parts) {
    for (int part = 1; part <= parts; part++) {
      for (int first = 0; first < streams; first += BATCH_STREAMS) {
        var deposits = new ArrayList<Deposit>();
        for (int i = first; i < Math.min(streams, first + BATCH_STREAMS); i++) {
          deposits.add(deposit(i, part, parts));
        }
        archive.store(
            new Batch(deposits, List.of(), List.of(), new Checkpoint(Deposits.JOURNAL, part)));
      }
    }
  }

  private Deposit deposit(int number, int part, int parts) {
    int from = runs.size() * (part - 1) / parts;
    int to = runs.size() * part / parts;
    boolean rests = part == parts;
    var stream =
        new ArchivedStream(
            Deposits.id(number),
            Map.of("dialect", "openai-chat", "model", "m"),
            number,
            number,
            part,
            rests ? ArchivedStream.State.RELEASED : ArchivedStream.State.OPEN,
            rests ? Outcome.COMPLETED : null,
            "",
            false,
            rests,
            false,
            rests,
            rests,
            false,
            number,
            rests ? number : 0,
            (long) to * RUN_EVENTS,
            0,
            0,
            0,
            0,
            List.of(new EpochSpan(1, 1)),
            "");
    return new Deposit(
        stream,
        runs.subList(from, to),
        rests ? "{\"text\":\"" + TEXT + "\"}" : null,
        rests ? TEXT : null);
  }

  private void read(Archive archive) {
    for (int i = 0; i < streams; i++) {
      for (long seq = 1; seq <= EVENTS; ) {
        seq = archive.read(Deposits.id(i), seq).orElseThrow().nextSeq();
      }
    }
  }

  /// What the process has used.
  private record Usage(long nanos, long cpuNanos, long allocatedBytes, long writtenBytes) {
    static Usage now() throws IOException {
      var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
      var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      return new Usage(
          System.nanoTime(),
          system.getProcessCpuTime(),
          threads.getTotalThreadAllocatedBytes(),
          written());
    }

    private static long written() throws IOException {
      var io = Path.of("/proc/self/io");
      var key = "write_bytes: ";
      return !Files.exists(io)
          ? 0
          : Files.readAllLines(io).stream()
              .filter(line -> line.startsWith(key))
              .mapToLong(line -> Long.parseLong(line.substring(key.length())))
              .sum();
    }

    String since(Usage before, long events) {
      return String.format(
          Locale.ROOT,
          "%.2f µs CPU, %.2f µs, %d bytes allocated an event",
          (cpuNanos - before.cpuNanos) / 1e3 / events,
          (nanos - before.nanos) / 1e3 / events,
          (allocatedBytes - before.allocatedBytes) / events);
    }
  }
}
