package dev.lastword.bench;

import dev.lastword.journal.Disk;
import dev.lastword.journal.Entry;
import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.io.Closeable;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the journal itself costs for one entry, from append to acknowledgement, on one thread and a
 * disk that takes no time.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 4, time = 1)
@Fork(2)
public class JournalBenchmark {
  private static final int ENTRIES = 1_000;

  private final Queue<Runnable> batches = new ArrayDeque<>();
  private final List<StreamId> streams =
      IntStream.range(0, ENTRIES).mapToObj(i -> StreamId.random()).toList();
  private final EncodedEvents events =
      EncodedEvents.of(List.of(SseEvent.of("x".repeat(200 - "data: \n\n".length()))));
  private final Acknowledged acknowledged = new Acknowledged();
  private final FileJournal journal =
      FileJournal.open(
          new FileJournal.Parts(
              new TimelessDisk(),
              batches::add,
              Runnable::run,
              System::nanoTime,
              System::currentTimeMillis,
              new Random()),
          FileJournal.Options.DEFAULT);
  private long seq;

  /** Fails the benchmark if nothing is written. */
  @Setup
  public void check() {
    append();
    if (acknowledged.entries != ENTRIES) {
      throw new IllegalStateException("acknowledged: " + acknowledged.entries);
    }
  }

  /** One event of 200 bytes for each of 1,000 streams, then their batch. */
  @Benchmark
  @OperationsPerInvocation(ENTRIES)
  public long append() {
    seq++;
    for (var stream : streams) {
      journal.append(new Entry.Appended(stream, seq, events), journal.fence(), acknowledged);
    }
    while (!batches.isEmpty()) {
      batches.remove().run();
    }
    return acknowledged.entries;
  }

  /** Gives the journal's memory back. */
  @TearDown
  public void close() {
    journal.close();
  }

  private static final class Acknowledged implements Journal.Ack {
    long entries;

    @Override
    public void durable(long position, long epoch, long timeMs) {
      entries++;
    }

    @Override
    public void refused(Journal.Refusal refusal) {
      throw new IllegalStateException("refused: " + refusal);
    }
  }

  /** Takes everything, keeps nothing. */
  private static final class TimelessDisk implements Disk {
    @Override
    public Closeable lock() {
      return () -> {};
    }

    @Override
    public List<String> list() {
      return List.of();
    }

    @Override
    public File create(String name) {
      return new TimelessFile();
    }

    @Override
    public File open(String name) throws NoSuchFileException {
      throw new NoSuchFileException(name);
    }

    @Override
    public File openForReading(String name) throws NoSuchFileException {
      throw new NoSuchFileException(name);
    }

    @Override
    public void rename(String from, String to) {}

    @Override
    public void delete(String name) {}

    @Override
    public void forceDirectory() {}

    @Override
    public long usableBytes() {
      return Long.MAX_VALUE;
    }
  }

  private static final class TimelessFile implements Disk.File {
    @Override
    public void write(ByteBuffer bytes, long position) {
      bytes.position(bytes.limit());
    }

    @Override
    public int read(ByteBuffer into, long position) {
      return 0;
    }

    @Override
    public void force() {}

    @Override
    public long size() {
      return 0;
    }

    @Override
    public void close() {}
  }
}
