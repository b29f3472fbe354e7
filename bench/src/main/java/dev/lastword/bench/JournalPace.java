package dev.lastword.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.lastword.journal.Disk;
import dev.lastword.journal.Entry;
import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.io.Closeable;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/**
 * What pacing the batches of a journal costs and saves: the same events at the same rate, with each
 * pace in turns, and the flushes, the processor's time and the time to the acknowledgement of each.
 */
final class JournalPace {
  private static final int[] EVENTS_PER_SECOND = {100, 1_000, 2_000, 10_000, 50_000};
  private static final int[] PACES_MICROS = {0, 1_000, 2_000, 4_000};
  private static final int EVENT_BYTES = 200;

  private final Path directory;
  private final int rounds;
  private final long nanos;
  private final List<StreamId> ids =
      IntStream.range(0, 100).mapToObj(i -> StreamId.random()).toList();
  private final EncodedEvents events =
      EncodedEvents.of(List.of(SseEvent.of("x".repeat(EVENT_BYTES - "data: \n\n".length()))));

  /** One round's figures. */
  private record Figures(double flushesPerSecond, double cpuMicros, double p50Ms, double p99Ms) {}

  JournalPace(Path directory, int rounds, int seconds) {
    this.directory = directory;
    this.rounds = rounds;
    this.nanos = TimeUnit.SECONDS.toNanos(seconds);
  }

  void run() throws IOException {
    Files.createDirectories(directory);
    System.out.printf(
        Locale.ROOT,
        "%n%-12s %-10s %12s %14s %9s %9s%n",
        "events/s",
        "pace us",
        "flushes/s",
        "cpu us/event",
        "p50 ms",
        "p99 ms");
    for (int rate : EVENTS_PER_SECOND) {
      var figures = new ArrayList<List<Figures>>();
      for (int i = 0; i < PACES_MICROS.length; i++) {
        figures.add(new ArrayList<>());
      }
      for (int round = -1; round < rounds; round++) {
        for (int i = 0; i < PACES_MICROS.length; i++) {
          var measured = load(rate, PACES_MICROS[i]);
          if (round >= 0) { // the first round warms up
            figures.get(i).add(measured);
          }
        }
      }
      for (int i = 0; i < PACES_MICROS.length; i++) {
        var of = figures.get(i);
        System.out.printf(
            Locale.ROOT,
            "%-12d %-10d %12.0f %14.1f %9.2f %9.2f%n",
            rate,
            PACES_MICROS[i],
            median(of.stream().map(Figures::flushesPerSecond).toList()),
            median(of.stream().map(Figures::cpuMicros).toList()),
            median(of.stream().map(Figures::p50Ms).toList()),
            median(of.stream().map(Figures::p99Ms).toList()));
      }
    }
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }

  private Figures load(int rate, int paceMicros) throws IOException {
    var place = Files.createTempDirectory(directory, "pace");
    var disk = new CountedDisk(Disk.directory(place));
    var options = new FileJournal.Options(64 << 20, 1 << 20, paceMicros, 0);
    try (ExecutorService writer = Executors.newSingleThreadExecutor();
        var journal =
            FileJournal.open(
                new FileJournal.Parts(
                    disk,
                    writer,
                    task -> Thread.ofPlatform().daemon().start(task),
                    System::nanoTime,
                    System::currentTimeMillis,
                    new Random()),
                options)) {
      return load(journal, disk, rate);
    } finally {
      try (var files = Files.walk(place)) {
        for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private Figures load(Journal journal, CountedDisk disk, int rate) {
    var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    var histogram = new Histogram(TimeUnit.SECONDS.toNanos(60), 3);
    var acknowledged = new LongAdder();
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300)); // until the next segment is prepared
    long forces = disk.forces.sum();
    long cpu = system.getProcessCpuTime();
    long start = System.nanoTime();
    long count = 0;
    for (long now = start; now - start < nanos; now = System.nanoTime()) {
      long due = start + count * TimeUnit.SECONDS.toNanos(1) / rate;
      for (long left = due - now; left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      journal.append(
          new Entry.Appended(ids.get((int) (count % ids.size())), count / ids.size() + 1, events),
          journal.fence(),
          acknowledged(due, histogram, acknowledged));
      count++;
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    while (acknowledged.sum() < count) {
      LockSupport.parkNanos(100_000);
    }
    return new Figures(
        (disk.forces.sum() - forces) / seconds,
        (system.getProcessCpuTime() - cpu) / 1e3 / count,
        histogram.getValueAtPercentile(50) / 1e6,
        histogram.getValueAtPercentile(99) / 1e6);
  }

  private static Journal.Ack acknowledged(long due, Histogram histogram, LongAdder count) {
    return new Journal.Ack() {
      @Override
      public void durable(long position, long epoch, long timeMs) {
        histogram.recordValue(Math.max(0, System.nanoTime() - due)); // on the writer's thread alone
        count.increment();
      }

      @Override
      public void refused(Journal.Refusal refusal) {
        throw new IllegalStateException("refused: " + refusal);
      }
    };
  }

  /** A disk that counts the forces of files. */
  private record CountedDisk(Disk disk, LongAdder forces) implements Disk {
    CountedDisk(Disk disk) {
      this(disk, new LongAdder());
    }

    @Override
    public Closeable lock() throws IOException {
      return disk.lock();
    }

    @Override
    public List<String> list() throws IOException {
      return disk.list();
    }

    @Override
    public File create(String name) throws IOException {
      return counted(disk.create(name));
    }

    @Override
    public File open(String name) throws IOException {
      return counted(disk.open(name));
    }

    @Override
    public File openForReading(String name) throws IOException {
      return disk.openForReading(name);
    }

    @Override
    public void rename(String from, String to) throws IOException {
      disk.rename(from, to);
    }

    @Override
    public void delete(String name) throws IOException {
      disk.delete(name);
    }

    @Override
    public void forceDirectory() throws IOException {
      disk.forceDirectory();
    }

    @Override
    public long usableBytes() throws IOException {
      return disk.usableBytes();
    }

    private File counted(File file) {
      return new File() {
        @Override
        public void write(ByteBuffer bytes, long position) throws IOException {
          file.write(bytes, position);
        }

        @Override
        public int read(ByteBuffer into, long position) throws IOException {
          return file.read(into, position);
        }

        @Override
        public void force() throws IOException {
          file.force();
          forces.increment();
        }

        @Override
        public long size() throws IOException {
          return file.size();
        }

        @Override
        public void close() throws IOException {
          file.close();
        }
      };
    }
  }
}
