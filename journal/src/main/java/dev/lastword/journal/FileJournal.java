package dev.lastword.journal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jctools.queues.atomic.MpscUnboundedAtomicArrayQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A journal in the files of one directory.
 *
 * <p>Appends queue up. One task at a time takes what has queued, up to a batch, and makes it
 * durable with one write and one force; whatever queues meanwhile is the next batch. There is no
 * timer: an idle journal flushes at once, a busy one in larger batches.
 *
 * <p>A write or force that fails is final. The queue has no bound of its own: whoever appends
 * bounds what it has not seen acknowledged.
 *
 * @see "docs/formats/journal.md"
 */
public final class FileJournal implements Journal {
  /** Largest entry in bytes, encoded; less where a segment is smaller. */
  public static final int ENTRY_BYTES_MAX = 17 << 20;

  /** Names and values of an opened stream, in bytes, encoded. */
  public static final int ATTRIBUTES_BYTES_MAX = 1 << 20;

  private static final Logger log = LoggerFactory.getLogger(FileJournal.class);
  private static final int FIRST_SEGMENT_BYTES_MAX = 4 << 20;
  private static final int QUEUE_CHUNK = 1024;
  private static final String CLOSED = "the journal is closed";

  private final Disk disk;
  private final Options options;
  private final JournalId id;
  private final JournalClock clock;
  private final long epoch;
  private final FencingToken fence;
  private final Executor executor;
  private final Runnable afterClose;
  private final Closeable lock;
  private final Segments segments;
  private final Spares spares;
  private final SegmentWriter writer;
  private final Admission admission;
  private final EntryReader reader;

  private final MpscUnboundedAtomicArrayQueue<Pending> queue =
      new MpscUnboundedAtomicArrayQueue<>(QUEUE_CHUNK);

  /** Whether a batch is scheduled or running: whoever appends meanwhile need not wake anybody. */
  private final AtomicBoolean scheduled = new AtomicBoolean();

  /**
   * Held for one batch, or by whoever closes: it guards the writer and the taking end of the queue.
   */
  private final ReentrantLock writing = new ReentrantLock();

  private final List<Pending> batch = new ArrayList<>();

  /** Taken from the queue, but did not fit into the batch. */
  private @Nullable Pending held;

  private volatile boolean closing;

  /** Why nothing is taken any more, {@code ""} while it is. */
  private volatile String closed = "";

  private volatile boolean released;

  /**
   * How a journal lays out its files.
   *
   * @param segmentBytes length of a segment's file, 64 KiB to 1 GiB, a multiple of 4 KiB; the first
   *     segment is 4 MiB at most, so that a first start is quick, and each twice the one before
   * @param batchBytesMax most bytes that go out in one write, 4 KiB to 64 MiB; a larger entry goes
   *     alone
   */
  public record Options(int segmentBytes, int batchBytesMax) {
    /** Segments of 64 MiB, batches of 1 MiB. */
    public static final Options DEFAULT = new Options(64 << 20, 1 << 20);

    /**
     * @throws IllegalArgumentException if a value is out of its bounds
     */
    public Options {
      check("segmentBytes", segmentBytes, 64 << 10, 1 << 30);
      check("batchBytesMax", batchBytesMax, 4 << 10, 64 << 20);
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
   */
  public record Parts(
      Disk disk,
      Executor writer,
      Executor preparer,
      LongSupplier nanoTime,
      LongSupplier wallMs,
      RandomGenerator random) {}

  /**
   * Opens the journal in a directory, made if it is not there, with a writer thread of its own.
   * Recovers first: a torn tail is cut off, what stands before it is made durable, the epoch is
   * raised.
   *
   * @throws JournalFailedException if another process holds the directory, the disk refuses, a
   *     later version wrote it, or what had been flushed is damaged
   */
  public static FileJournal open(Path directory, Options options) {
    var writer =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("lastword-journal").factory());
    Executor preparer =
        task -> Thread.ofPlatform().daemon().name("lastword-journal-prepare").start(task);
    var parts =
        new Parts(
            Disk.directory(directory),
            writer,
            preparer,
            System::nanoTime,
            System::currentTimeMillis,
            new SecureRandom());
    try {
      return open(parts, options, writer::shutdown);
    } catch (JournalFailedException e) {
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
      } catch (IOException | RuntimeException e) {
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
    this.options = options;
    this.executor = parts.writer();
    this.afterClose = afterClose;
    this.lock = lock;
    this.segments = new Segments(disk);
    disk.forceDirectory(); // a process that was killed may have left names that no force has seen
    var numbers = Segments.numbers(disk.list());
    var tail = new Recovery(disk).recover(numbers).orElse(null);
    if (tail == null) {
      tail = create(disk, options);
    } else {
      numbers.forEach(segments::add);
    }
    segments.add(tail.segment());
    this.id = new JournalId(1, 2);
    this.clock = new JournalClock(0, 0, nanoTime, parts.wallMs());
    this.epoch = tail.epoch() + 1;
    this.fence = new FencingToken(epoch);
    this.writer = new SegmentWriter(disk, tail, epoch, options.batchBytesMax());
    this.spares = new Spares(disk, parts.preparer(), nanoTime, epoch);
    this.admission = new Admission(fence, entryBytesMax(options), spares, writer);
    this.reader = new EntryReader(disk, segments);
    begin(tail);
    log.info(
        "journal.opened dir={} epoch={} segments={} tail={} ms={}",
        disk,
        epoch,
        segments.count(),
        Position.text(writer.end()),
        TimeUnit.NANOSECONDS.toMillis(nanoTime.getAsLong() - started));
  }

  private static int entryBytesMax(Options options) {
    return Math.min(
        ENTRY_BYTES_MAX,
        options.segmentBytes()
            - SegmentHeader.BYTES
            - BatchMark.BYTES
            - SegmentWriter.MARKS_ROOM_BYTES);
  }

  private static Recovery.Tail create(Disk disk, Options options) throws IOException {
    long capacity = Math.min(options.segmentBytes(), FIRST_SEGMENT_BYTES_MAX);
    var file = Spares.make(disk, 1, 1, capacity);
    disk.rename(Segments.preparedName(1), Segments.name(1));
    disk.forceDirectory();
    return new Recovery.Tail(1, file, capacity, SegmentHeader.BYTES, 0, 0, 0);
  }

  /** Makes the new epoch durable, before anybody can see it. */
  private void begin(Recovery.Tail tail) throws IOException {
    try {
      requestSpare();
      if (!writer.hasRoomForMark() && moveOn() != null) {
        throw new IOException("no space left for another segment");
      }
      writer.commit(BatchMark.Why.OPENING);
    } catch (IOException e) {
      spares.close();
      tail.file().close();
      throw e;
    }
  }

  @Override
  public JournalId id() {
    return id;
  }

  @Override
  public long timeMs() {
    return clock.ms();
  }

  @Override
  public long oldest() {
    return Position.of(segments.oldest(), SegmentHeader.BYTES);
  }

  @Override
  public long epoch() {
    return epoch;
  }

  @Override
  public FencingToken fence() {
    return fence;
  }

  @Override
  public void append(Entry entry, FencingToken token, Ack ack) {
    if (closing) {
      ack.refused(new Refusal.Closed(CLOSED));
      return;
    }
    queue.add(new Pending(entry, token, ack, paddedLength(entry)));
    if (isClosed()) {
      refuseQueued();
    } else {
      wake();
      spares.retryIfDue();
    }
  }

  /** Too large is said with the acknowledgement; here it only must not overflow. */
  private static int paddedLength(Entry entry) {
    int length = Entries.length(entry);
    return length > ENTRY_BYTES_MAX ? Integer.MAX_VALUE : Frame.padded(length);
  }

  private void wake() {
    if (!scheduled.get() && scheduled.compareAndSet(false, true)) {
      schedule();
    }
  }

  private void schedule() {
    try {
      executor.execute(this::commitBatch);
    } catch (RejectedExecutionException e) {
      if (!isClosed()) {
        throw e;
      }
      refuseQueued();
    }
  }

  /** One batch. If more has queued meanwhile, another is scheduled, so that others get a turn. */
  private void commitBatch() {
    writing.lock();
    try {
      if (!isClosed()) {
        takeBatch();
        commit();
      }
    } finally {
      writing.unlock();
    }
    if (isClosed()) {
      refuseQueued();
    } else if (closing) {
      scheduled.set(false);
    } else if (held != null || !queue.isEmpty()) {
      schedule();
    } else {
      scheduled.set(false);
      if (!queue.isEmpty()) {
        wake();
      }
    }
  }

  private void takeBatch() {
    for (var pending = take(); pending != null; pending = take()) {
      boolean admitted;
      try {
        admitted = admit(pending);
      } catch (IOException | RuntimeException | Error e) {
        fail(e);
        batch.add(pending);
        return;
      }
      if (!admitted) {
        held = pending;
        return;
      }
    }
  }

  private @Nullable Pending take() {
    var pending = held;
    held = null;
    return pending != null ? pending : queue.poll();
  }

  /** Puts the append into the batch, taken or refused; false if the batch has to go out first. */
  private boolean admit(Pending pending) throws IOException {
    pending.refusal = admission.refusal(pending);
    while (pending.refusal == null && writer.room() < pending.bytes) {
      if (!writer.isEmpty()) {
        return false;
      }
      pending.refusal = moveOn();
    }
    if (pending.refusal == null && !writer.takes(pending.bytes)) {
      return false;
    }
    if (pending.refusal == null) {
      pending.position = writer.add(pending.entry, pending.bytes);
    }
    batch.add(pending);
    return true;
  }

  /** Goes on in the next segment, unless the disk is full. */
  private @Nullable Refusal moveOn() throws IOException {
    var spare = spares.take();
    if (spare.isEmpty()) {
      return new Refusal.Full();
    }
    if (writer.isUntouched()) {
      // A first segment too small for a large entry: each has a batch, that none seems to be lost.
      writer.commit(BatchMark.Why.ENTRIES);
    }
    writer.moveTo(spare.get());
    segments.add(writer.segment());
    requestSpare();
    return null;
  }

  private void requestSpare() {
    // Doubling at first: a new journal stays small, and is ready before the one before is full.
    spares.request(writer.segment() + 1, Math.min(options.segmentBytes(), 2 * writer.capacity()));
  }

  private void commit() {
    if (!isClosed() && !writer.isEmpty()) {
      try {
        writer.commit(BatchMark.Why.ENTRIES);
      } catch (IOException | RuntimeException | Error e) {
        fail(e);
      }
    }
    for (var pending : batch) {
      if (isClosed() && pending.refusal == null) {
        pending.refusal = new Refusal.Closed(closed);
      }
      tell(pending);
    }
    batch.clear();
  }

  /**
   * What was not flushed is not known to be there; a second try could succeed without the bytes.
   */
  private void fail(Throwable cause) {
    closed = "the journal failed: " + cause;
    log.error("journal.failed dir={} cause={}", disk, cause.toString(), cause);
  }

  private void tell(Pending pending) {
    try {
      if (pending.refusal == null) {
        pending.ack.durable(pending.position, epoch, clock.ms());
      } else {
        pending.ack.refused(pending.refusal);
      }
    } catch (RuntimeException | Error e) {
      log.error("journal.ack_failed dir={} stream={}", disk, pending.entry.stream(), e);
    }
  }

  private void refuseQueued() {
    writing.lock();
    try {
      for (var pending = take(); pending != null; pending = take()) {
        pending.refusal = new Refusal.Closed(closed);
        tell(pending);
      }
    } finally {
      writing.unlock();
    }
  }

  @Override
  public void replay(long from, Visitor visitor) {
    checkNotReleased();
    try {
      reader.replay(from, writer.end(), visitor);
    } catch (IOException e) {
      throw failure("cannot replay the journal in " + disk, e);
    }
  }

  @Override
  public Entry read(long position) {
    checkNotReleased();
    try {
      return reader.read(position, writer.end());
    } catch (IOException e) {
      throw failure("cannot read the journal in " + disk, e);
    }
  }

  @Override
  public int trim(long below) {
    checkNotReleased();
    int end = Position.segment(Math.min(below, writer.end()));
    int removed = 0;
    try {
      while (segments.removeOldest(end)) {
        removed++;
      }
    } catch (IOException e) {
      throw failure("cannot trim the journal in " + disk, e);
    }
    if (removed > 0) {
      log.info("journal.trimmed dir={} segments={} oldest={}", disk, removed, segments.oldest());
      spares.retryNow();
    }
    return removed;
  }

  @Override
  public boolean isTrimmed() {
    return segments.oldest() > 1;
  }

  @Override
  public long tail() {
    return writer.end();
  }

  @Override
  public Health health() {
    if (isClosed()) {
      return Health.CLOSED;
    }
    spares.retryIfDue();
    return spares.full() ? Health.FULL : Health.OPEN;
  }

  /**
   * Flushes what was appended and gives the files back. What is still queued is acknowledged from
   * the thread that closes, never at the same time as from the writer's. Called by an
   * acknowledgement it returns at once and closes behind the batch.
   */
  @Override
  public void close() {
    closing = true;
    if (writing.isHeldByCurrentThread()) {
      executor.execute(this::close);
      return;
    }
    writing.lock();
    try {
      if (released) {
        return;
      }
      while (!isClosed() && (held != null || !queue.isEmpty())) {
        takeBatch();
        commit();
      }
      if (!isClosed()) {
        vouch();
        closed = CLOSED;
      }
      refuseQueued();
      release();
    } finally {
      writing.unlock();
    }
    afterClose.run();
  }

  /** A mark behind the last entries tells the next opening that they were flushed. */
  private void vouch() {
    try {
      if (writer.hasRoomForMark()) {
        writer.commit(BatchMark.Why.CLOSING);
      }
    } catch (IOException e) {
      fail(e);
    }
  }

  private void release() {
    released = true;
    try (lock) {
      spares.close();
      writer.close();
      segments.close();
    } catch (IOException e) {
      log.warn("journal.close_failed dir={} cause={}", disk, e.toString());
    }
    log.info("journal.closed dir={} tail={}", disk, Position.text(writer.end()));
  }

  private boolean isClosed() {
    return !closed.isEmpty();
  }

  private void checkNotReleased() {
    if (released) {
      throw new JournalFailedException("the journal in " + disk + " is closed");
    }
  }

  private static JournalFailedException failure(String what, IOException cause) {
    var advice =
        cause instanceof DamagedException ? "; `lastword inspect` prints what is there" : "";
    return new JournalFailedException(what + ": " + cause.getMessage() + advice, cause);
  }
}
