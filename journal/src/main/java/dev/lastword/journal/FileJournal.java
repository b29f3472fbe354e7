package dev.lastword.journal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A journal in the files of one directory, or of whatever {@link Disk} stands for one.
 *
 * <p>The queue has no bound of its own: whoever appends bounds what it has not seen acknowledged.
 *
 * @see GroupCommit
 * @see Opening
 * @see "docs/formats/journal.md"
 */
public final class FileJournal implements Journal {
  /** Largest entry in bytes, encoded; less where a segment is smaller. */
  public static final int ENTRY_BYTES_MAX = 17 << 20;

  /** Names and values of an opened stream, in bytes, encoded. */
  public static final int ATTRIBUTES_BYTES_MAX = 1 << 20;

  private static final String ADVICE =
      "; `lastword inspect` prints what is there, `lastword repair` what can be done";

  private static final int PACE_MICROS_MAX = 100_000;

  private static final int ROOM_SEGMENTS_MAX = 16;

  private static final Logger log = LoggerFactory.getLogger(FileJournal.class);

  private final Disk disk;
  private final Runnable afterClose;
  private final Closeable lock;
  private final Opening opened;
  private final GroupCommit commits;
  private final EntryReader reader;
  private final Trimmer trimmer;
  private volatile boolean released;

  /**
   * How a journal lays out its files.
   *
   * @param segmentBytes length of a segment's file, 64 KiB to 1 GiB, a multiple of 4 KiB; the first
   *     segment is 4 MiB at most, so that a first start is quick, and each twice the one before
   * @param batchBytesMax most bytes that go out in one write, 4 KiB to 64 MiB; a larger entry goes
   *     alone
   * @param paceMicros least time between the beginnings of two batches while many entries come, 0
   *     to 100,000; 0 for none. While few come a batch always begins at once.
   * @param roomSegments how many segments' worth of room stays on the disk when a new one is made,
   *     0 to 16: for the archive, which has to take what is in them before they can go. Where there
   *     is less, segments become shorter, and at last the disk counts as full.
   */
  public record Options(int segmentBytes, int batchBytesMax, int paceMicros, int roomSegments) {
    /** Segments of 64 MiB, batches of 1 MiB, while busy one each 5 ms at most; room for two. */
    public static final Options DEFAULT = new Options(64 << 20, 1 << 20, 5_000, 2);

    /** Batches always begin at once, and the journal may take the whole disk. */
    public Options(int segmentBytes, int batchBytesMax) {
      this(segmentBytes, batchBytesMax, 0, 0);
    }

    /** The same with other segments. */
    public Options withSegmentBytes(int bytes) {
      return new Options(bytes, batchBytesMax, paceMicros, roomSegments);
    }

    /**
     * @throws IllegalArgumentException if a value is out of its bounds
     */
    public Options {
      check("segmentBytes", segmentBytes, 64 << 10, 1 << 30);
      check("batchBytesMax", batchBytesMax, 4 << 10, 64 << 20);
      if (paceMicros < 0 || paceMicros > PACE_MICROS_MAX) {
        throw new IllegalArgumentException(
            "paceMicros is %d: 0 to %d".formatted(paceMicros, PACE_MICROS_MAX));
      }
      if (roomSegments < 0 || roomSegments > ROOM_SEGMENTS_MAX) {
        throw new IllegalArgumentException(
            "roomSegments is %d: 0 to %d".formatted(roomSegments, ROOM_SEGMENTS_MAX));
      }
    }

    private static void check(String name, int value, int min, int max) {
      if (value < min || value > max || value % 4096 != 0) {
        throw new IllegalArgumentException(
            "%s is %d: a multiple of 4096 from %d to %d".formatted(name, value, min, max));
      }
    }
  }

  /**
   * What a journal runs on.
   *
   * @param disk its files
   * @param writer runs one batch at a time; acknowledgements come from its threads
   * @param preparer runs the preparation of the next segment, about 100 ms of disk work for 64 MiB
   * @param nanoTime a clock that never goes back, such as {@code System::nanoTime}
   * @param wallMs milliseconds since 1970; may be wrong, and may jump
   * @param random where a new journal's id comes from
   * @param room that of the disk, which others write to as well
   */
  public record Parts(
      Disk disk,
      Executor writer,
      Executor preparer,
      LongSupplier nanoTime,
      LongSupplier wallMs,
      RandomGenerator random,
      DiskRoom room) {
    /** The disk is the journal's own. */
    public Parts(
        Disk disk,
        Executor writer,
        Executor preparer,
        LongSupplier nanoTime,
        LongSupplier wallMs,
        RandomGenerator random) {
      this(disk, writer, preparer, nanoTime, wallMs, random, new DiskRoom());
    }
  }

  /**
   * Opens the journal in a directory, made if it is not there, on a disk of its own.
   *
   * @throws JournalFailedException as below
   */
  public static FileJournal open(Path directory, Options options) {
    return open(directory, options, new DiskRoom());
  }

  /**
   * Opens the journal in a directory, made if it is not there, with a writer thread of its own.
   * Recovers first: a torn tail is cut off, what stands before it is made durable, the epoch is
   * raised.
   *
   * @throws JournalFailedException if another process holds the directory, the disk refuses, a
   *     later version wrote it, or what had been flushed is damaged
   */
  public static FileJournal open(Path directory, Options options, DiskRoom room) {
    return open(Disk.directory(directory), options, room);
  }

  /**
   * The same on any disk.
   *
   * @throws JournalFailedException as above
   */
  public static FileJournal open(Disk disk, Options options, DiskRoom room) {
    var writer =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("lastword-journal").factory());
    Executor preparer =
        task -> Thread.ofPlatform().daemon().name("lastword-journal-prepare").start(task);
    var parts =
        new Parts(
            disk,
            writer,
            preparer,
            System::nanoTime,
            System::currentTimeMillis,
            new SecureRandom(),
            room);
    try {
      return open(parts, options, writer::shutdown);
    } catch (RuntimeException | Error e) {
      writer.shutdown();
      throw e;
    }
  }

  /**
   * Opens the journal on parts that are given.
   *
   * @throws JournalFailedException as above
   */
  public static FileJournal open(Parts parts, Options options) {
    return open(parts, options, () -> {});
  }

  private static FileJournal open(Parts parts, Options options, Runnable afterClose) {
    var disk = parts.disk();
    try {
      var lock = disk.lock();
      try {
        return new FileJournal(parts, options, afterClose, lock);
      } catch (IOException | RuntimeException | Error e) {
        lock.close();
        throw e;
      }
    } catch (IOException e) {
      throw failure("cannot open the journal in " + disk, e);
    }
  }

  private FileJournal(Parts parts, Options options, Runnable afterClose, Closeable lock)
      throws IOException {
    var nanoTime = parts.nanoTime();
    long started = nanoTime.getAsLong();
    this.disk = parts.disk();
    this.afterClose = afterClose;
    this.lock = lock;
    this.opened = new Opening(parts, options);
    this.commits =
        new GroupCommit(
            disk.toString(),
            opened.epoch,
            parts.writer(),
            opened.writer,
            opened.batch,
            opened.clock,
            new Pace(
                nanoTime,
                LockSupport::parkNanos,
                TimeUnit.MICROSECONDS.toNanos(options.paceMicros())));
    this.reader = new EntryReader(disk, opened.segments);
    this.trimmer = new Trimmer(disk, opened.segments, opened.spares);
    log.info(
        "journal.opened dir={} id={} epoch={} segments={} tail={} ms={}",
        disk,
        opened.id,
        opened.epoch,
        opened.segments.count(),
        Position.text(tail()),
        TimeUnit.NANOSECONDS.toMillis(nanoTime.getAsLong() - started));
  }

  @Override
  public JournalId id() {
    return opened.id;
  }

  @Override
  public long epoch() {
    return opened.epoch;
  }

  @Override
  public FencingToken fence() {
    return new FencingToken(opened.epoch);
  }

  @Override
  public Durability durability() {
    return disk.durability();
  }

  @Override
  public long timeMs() {
    return commits.timeMs();
  }

  @Override
  public void append(Entry entry, FencingToken token, Ack ack) {
    commits.append(new Pending(entry, token, ack, paddedLength(entry)));
    opened.spares.retryIfDue();
  }

  /** Too large is said with the acknowledgement; here it only must not overflow. */
  private static int paddedLength(Entry entry) {
    int length = Entries.length(entry);
    return length > ENTRY_BYTES_MAX ? Integer.MAX_VALUE : Frame.padded(length);
  }

  @Override
  public void replay(long from, Visitor visitor) {
    checkNotReleased();
    try {
      reader.replay(from, tail(), visitor);
    } catch (IOException e) {
      throw failure("cannot replay the journal in " + disk, e);
    }
  }

  @Override
  public Entry read(long position) {
    checkNotReleased();
    try {
      return reader.read(position, tail());
    } catch (IOException e) {
      throw failure("cannot read the journal in " + disk, e);
    }
  }

  @Override
  public int trim(long below) {
    checkNotReleased();
    return trimmer.removeBelow(Position.segment(Math.min(below, tail())));
  }

  @Override
  public long oldest() {
    return Position.of(opened.segments.oldest(), SegmentHeader.BYTES);
  }

  @Override
  public boolean isTrimmed() {
    return opened.segments.oldest() > 1;
  }

  @Override
  public long tail() {
    return opened.writer.end();
  }

  @Override
  public Health health() {
    if (commits.isClosed() || opened.spares.lost() || disk.isLost()) {
      return Health.CLOSED;
    }
    opened.spares.retryIfDue();
    return opened.spares.full() ? Health.FULL : Health.OPEN;
  }

  @Override
  public boolean isOutOfRoom() {
    return health() == Health.FULL && opened.spares.outOfRoom();
  }

  /**
   * Flushes what was appended and gives the files back. What is still queued is acknowledged from
   * the thread that closes, never at the same time as from the writer's. Called by an
   * acknowledgement it returns at once and closes behind the batch.
   */
  @Override
  public void close() {
    commits.close(this::release);
  }

  private void release() {
    if (released) {
      return;
    }
    released = true;
    opened.giveBack();
    Opening.closing("lock", lock);
    log.info("journal.closed dir={} tail={}", disk, Position.text(tail()));
    afterClose.run();
  }

  private void checkNotReleased() {
    if (released) {
      throw new JournalFailedException("the journal in " + disk + " is closed");
    }
  }

  private static JournalFailedException failure(String what, IOException cause) {
    return cause instanceof DamagedException
        ? new JournalDamagedException(what + ": " + cause.getMessage() + ADVICE, cause)
        : new JournalFailedException(what + ": " + cause.getMessage(), cause);
  }
}
