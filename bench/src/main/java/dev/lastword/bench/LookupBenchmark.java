package dev.lastword.bench;

import dev.lastword.archive.Archive;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.archive.sqlite.SqliteArchive;
import dev.lastword.journal.StreamId;
import dev.lastword.testing.Deposits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What it takes to look whether an idempotency key has its stream, among those at rest. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class LookupBenchmark {
  private static final int STREAMS = 100_000;
  private static final int BATCH = 1_000;

  /** Far from its neighbours each time, as ids are that are drawn. */
  private static final int STEP = 61_813;

  private final AtomicInteger next = new AtomicInteger();
  private Path directory = Path.of("");

  @SuppressWarnings("NullAway.Init") // filled before it is measured
  private Archive archive;

  /** Fills an archive. */
  @Setup
  public void fill() throws IOException {
    directory = Files.createTempDirectory("lastword-bench-");
    archive =
        SqliteArchive.open(
            directory.resolve("archive.db"), SqliteArchive.Options.DEFAULT.withReserveBytes(0));
    for (int from = 0; from < STREAMS; from += BATCH) {
      archive.store(
          Deposits.batch(
              from,
              IntStream.range(from, from + BATCH).mapToObj(n -> Deposits.resting(2 * n)).toList()));
    }
  }

  /** Removes it. */
  @TearDown
  public void remove() throws IOException {
    archive.close();
    LoadRig.deleteAll(directory);
  }

  private StreamId id(int odd) {
    return Deposits.id(2 * Math.floorMod(next.getAndIncrement() * STEP, STREAMS) + odd);
  }

  /** A key that nobody has used. */
  @Benchmark
  public Optional<ArchivedStream> unknown() {
    return archive.find(id(1));
  }

  /** A key that has its answer. */
  @Benchmark
  public Optional<ArchivedStream> known() {
    return archive.find(id(0));
  }
}
