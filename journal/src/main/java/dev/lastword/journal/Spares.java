package dev.lastword.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the next segment ready: its file filled with zeros and forced, so that the writer only
 * overwrites, and learns early that the disk is full.
 */
final class Spares {
  /** How long after a failed preparation the next is tried. */
  static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final Logger log = LoggerFactory.getLogger(FileJournal.class);
  private static final int ZEROS_BYTES = 256 << 10;

  /** Zeros forced at a time: what a batch that is flushed meanwhile may have to wait for. */
  private static final int FORCE_BYTES = 512 << 10;

  private final Disk disk;
  private final Executor executor;
  private final LongSupplier nanoTime;
  private final long epoch;
  private final AtomicBoolean requested = new AtomicBoolean();

  /**
   * Guards the preparation: the writer that finds no spare waits for it, or prepares one itself.
   */
  private final ReentrantLock lock = new ReentrantLock();

  private @Nullable Spare spare;

  /** What is asked for and was not taken yet, 0 for nothing: each segment is made once. */
  private int wanted;

  private long capacity;
  private boolean closed;
  private volatile boolean full;
  private volatile long retryAt;

  /** A segment that nothing was written to. */
  record Spare(int segment, Disk.File file, long capacity) {}

  Spares(Disk disk, Executor executor, LongSupplier nanoTime, long epoch) {
    this.disk = disk;
    this.executor = executor;
    this.nanoTime = nanoTime;
    this.epoch = epoch;
  }

  /** Prepares this segment, in the background. */
  void request(int segment, long bytes) {
    lock.lock();
    try {
      wanted = segment;
      capacity = bytes;
    } finally {
      lock.unlock();
    }
    schedule();
  }

  /** Whether the last preparation failed. */
  boolean full() {
    return full;
  }

  /** Prepares again, in the background, if the last try failed and is long enough ago. */
  void retryIfDue() {
    if (full && nanoTime.getAsLong() - retryAt >= 0) {
      schedule();
    }
  }

  /** Prepares again, in the background: there may be room now. */
  void retryNow() {
    if (full) {
      schedule();
    }
  }

  /** The segment asked for, prepared here and now if need be; empty if the disk is full. */
  Optional<Spare> take() {
    lock.lock();
    try {
      if (!full || nanoTime.getAsLong() - retryAt >= 0) {
        prepare();
      }
      var taken = Optional.ofNullable(spare);
      if (taken.isPresent()) {
        spare = null;
        wanted = 0;
      }
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** Gives the spare's handle back; its file stays for the next opening. */
  void close() throws IOException {
    lock.lock();
    try {
      closed = true;
      if (spare != null) {
        spare.file().close();
        spare = null;
      }
    } finally {
      lock.unlock();
    }
  }

  private void schedule() {
    if (requested.compareAndSet(false, true)) {
      executor.execute(
          () -> {
            lock.lock();
            try {
              requested.set(false);
              prepare();
            } finally {
              lock.unlock();
            }
          });
    }
  }

  private void prepare() {
    if (closed || spare != null || wanted == 0) {
      return;
    }
    int segment = wanted;
    try {
      spare = new Spare(segment, make(disk, segment, epoch, capacity), capacity);
      if (full) {
        full = false;
        log.info("journal.healed dir={} segment={}", disk, segment);
      }
    } catch (IOException e) {
      retryAt = nanoTime.getAsLong() + RETRY_NANOS;
      if (!full) {
        full = true;
        log.error("journal.full dir={} segment={} cause={}", disk, segment, e.toString());
      }
    }
  }

  /** Makes a prepared file, or takes the one that an earlier opening left. */
  static Disk.File make(Disk disk, int segment, long epoch, long capacity) throws IOException {
    var name = Segments.preparedName(segment);
    var header = new SegmentHeader(segment, epoch, capacity);
    var left = leftover(disk, name, header);
    if (left.isPresent()) {
      return left.get();
    }
    if (disk.usableBytes() < capacity) {
      throw new IOException(
          "no space left: %d bytes wanted, %d usable".formatted(capacity, disk.usableBytes()));
    }
    var file = disk.create(name);
    try {
      fill(file, capacity);
      file.write(header.encode(), 0); // after the zeros: a file with a header is all there
      file.force();
      return file;
    } catch (IOException e) {
      discard(disk, name, file, e);
      throw e;
    }
  }

  private static Optional<Disk.File> leftover(Disk disk, String name, SegmentHeader wanted)
      throws IOException {
    Disk.File file;
    try {
      file = disk.open(name);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    try {
      var header = SegmentHeader.read(file, name);
      if (header.capacity() == wanted.capacity()
          && header.segment() == wanted.segment()
          && file.size() == wanted.capacity()) {
        file.write(wanted.encode(), 0);
        file.force();
        return Optional.of(file);
      }
    } catch (DamagedException e) {
      log.debug("journal.unprepared dir={} file={} cause={}", disk, name, e.getMessage());
    } catch (IOException e) {
      file.close();
      throw e;
    }
    file.close();
    disk.delete(name);
    return Optional.empty();
  }

  private static void fill(Disk.File file, long capacity) throws IOException {
    var zeros = ByteBuffer.allocateDirect((int) Math.min(ZEROS_BYTES, capacity));
    for (long at = 0; at < capacity; at += zeros.limit()) {
      if (at > 0 && at % FORCE_BYTES == 0) {
        file.force();
      }
      zeros.clear().limit((int) Math.min(zeros.capacity(), capacity - at));
      file.write(zeros, at);
    }
    file.force();
  }

  /** Gives the room back that a failed preparation took, to whoever else lives on the disk. */
  private static void discard(Disk disk, String name, Disk.File file, IOException cause) {
    try {
      file.close();
      disk.delete(name);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }
}
