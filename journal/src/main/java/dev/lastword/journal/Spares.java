package dev.lastword.journal;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the next segment ready, open and forced, so that the writer only overwrites, needs no
 * descriptor when it goes on, and learns early that the disk is full. A file that was trimmed is
 * used again. Thread-safe.
 */
final class Spares {
  /** How long after a failed preparation the next is tried. */
  static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final Logger log = LoggerFactory.getLogger(FileJournal.class);

  private final SegmentFiles files;
  private final Executor executor;
  private final LongSupplier nanoTime;
  private final Lengths lengths;
  private final DiskRoom.Share room;
  private final AtomicBoolean requested = new AtomicBoolean();

  /**
   * Guards the preparation: the writer that finds no spare waits for it, or prepares one itself.
   */
  private final ReentrantLock lock = new ReentrantLock();

  private @Nullable Spare spare;

  /** Number of a trimmed segment of full length whose file waits to be used again, or 0. */
  private int used;

  /** What is asked for and was not taken yet, 0 for nothing: each segment is made once. */
  private int wanted;

  private long capacity;
  private boolean closed;
  private volatile boolean full;

  /** Why it is full: there is no room, and not that something else failed. Changed before it. */
  private volatile boolean outOfRoom;

  /** Nothing can be written any more, whatever room there is. */
  private volatile boolean lost;

  private volatile long retryAt;

  /** Nobody could be had for the last preparation, and that was said. */
  private volatile boolean unattended;

  /**
   * How long segments are.
   *
   * @param most bytes, once they have stopped doubling
   * @param least bytes, where the disk has hardly any room
   * @param room how often the length of a new segment has to stay free beside it
   */
  record Lengths(long most, long least, int room) {
    /**
     * As long as wanted if the room beside it is there, else half as long, and so on. What others
     * hold is part of that room.
     *
     * @throws DiskFullException if there is not enough for the shortest
     */
    long fitting(long wanted, long usable, long held) throws DiskFullException {
      long bytes = wanted;
      while (bytes + Math.max(bytes * room, held) > usable) {
        if (bytes <= least) {
          throw new DiskFullException(
              "no space left beside the archive: %d bytes usable, %d wanted for a segment of %d"
                  .formatted(usable, bytes + Math.max(bytes * room, held), bytes));
        }
        bytes = Math.max(least, bytes / 2 / SegmentHeader.BYTES * SegmentHeader.BYTES);
      }
      return bytes;
    }
  }

  /** The place has a later owner: there is no next segment. */
  private @Nullable FencedException fenced;

  /** A segment that nothing was written to, its file open. */
  record Spare(SegmentHeader header, Disk.File file) {}

  Spares(
      SegmentFiles files,
      Executor executor,
      LongSupplier nanoTime,
      Lengths lengths,
      DiskRoom.Share room) {
    this.files = files;
    this.executor = executor;
    this.nanoTime = nanoTime;
    this.lengths = lengths;
    this.room = room;
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

  /** Whether the last preparation failed, for whatever reason. */
  boolean full() {
    return full;
  }

  /** Whether it failed because there is no room. */
  boolean outOfRoom() {
    return full && outOfRoom;
  }

  /**
   * Whether a preparation has shown that the place takes nothing any more: then there is no next
   * segment, and nothing can be appended, though nobody has tried to.
   */
  boolean lost() {
    return lost;
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

  /**
   * The segment asked for, under its own name, prepared here and now if need be; empty if the disk
   * is full. The name is not forced yet.
   *
   * @throws FencedException if the place has a later owner
   */
  Optional<Spare> take() throws FencedException {
    lock.lock();
    try {
      if (full && nanoTime.getAsLong() - retryAt < 0) {
        return Optional.empty();
      }
      prepare();
      var taken = spare;
      boolean ready = taken != null && named(taken);
      if (fenced != null) {
        throw fenced;
      }
      if (taken == null || !ready) {
        return Optional.empty();
      }
      spare = null;
      wanted = 0;
      return Optional.of(taken);
    } finally {
      lock.unlock();
    }
  }

  /** A name may need room, too: a directory without any is like a full disk. */
  private boolean named(Spare ready) {
    try {
      files.name(ready.header().segment());
      return true;
    } catch (IOException e) {
      failed(ready.header().segment(), e);
      return false;
    }
  }

  /** Whether the file of a trimmed segment of this length is of use for the next one. */
  boolean wants(long trimmedCapacity) {
    lock.lock();
    try {
      return !closed
          && used == 0
          && trimmedCapacity == lengths.most()
          && capacity == lengths.most();
    } finally {
      lock.unlock();
    }
  }

  /** A trimmed segment's file, under its {@link Segments#usedName}, is free; that is forced. */
  void offer(int trimmed) {
    lock.lock();
    try {
      used = trimmed;
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

  /** Where no thread can be had for it the writer prepares the segment, once it needs it. */
  private void schedule() {
    if (!requested.compareAndSet(false, true)) {
      return;
    }
    try {
      executor.execute(this::prepareRequested);
      unattended = false;
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      requested.set(false);
      if (!unattended) {
        unattended = true;
        log.warn("journal.not_prepared dir={} cause={}", files.disk(), e.toString());
      }
    }
  }

  private void prepareRequested() {
    lock.lock();
    try {
      requested.set(false);
      prepare();
    } finally {
      lock.unlock();
    }
  }

  private void prepare() {
    if (closed || (spare != null && !full) || wanted == 0) {
      return;
    }
    int segment = wanted;
    try {
      if (spare == null) {
        spare = made(segment);
      }
      if (full) {
        outOfRoom = false;
        full = false;
        log.info("journal.healed dir={} segment={}", files.disk(), segment);
      }
    } catch (IOException e) {
      failed(segment, e);
    }
  }

  /** A file that waits to be used again is used for this one, or goes: it is room for others. */
  private Spare made(int segment) throws IOException {
    int trimmed = used;
    used = 0;
    if (trimmed != 0 && capacity == lengths.most()) {
      try {
        return files.prepare(segment, capacity, trimmed);
      } catch (IOException e) {
        files.deleteUsed(trimmed);
        throw e;
      }
    }
    if (trimmed != 0) {
      files.deleteUsed(trimmed);
    }
    return fitting(segment);
  }

  /** A spare as long as there is room for it. */
  private Spare fitting(int segment) throws IOException {
    try {
      long bytes =
          room.take(
              () -> files.usableBytes(segment),
              (usable, held) -> lengths.fitting(capacity, usable, held));
      return files.prepare(segment, bytes, 0);
    } finally {
      room.hold(0); // the file has it by now
    }
  }

  private void failed(int segment, IOException cause) {
    if (cause instanceof FencedException later) {
      fenced = later;
      lost = true;
      return;
    }
    lost = cause instanceof DiskLostException;
    retryAt = nanoTime.getAsLong() + RETRY_NANOS;
    boolean room = hasRoom(segment, cause);
    if (!full || outOfRoom == room) {
      outOfRoom = !room;
      full = true;
      log.error(
          room
              ? "journal.blocked dir={} segment={} cause={}"
              : "journal.full dir={} segment={} cause={}",
          files.disk(),
          segment,
          cause.toString());
    }
  }

  /** Whether there is room, so that something else is wrong. Of a disk that does not tell, too. */
  private boolean hasRoom(int segment, IOException cause) {
    if (DiskFullException.isSaid(cause)) {
      return false;
    }
    try {
      return lengths.fitting(capacity, files.usableBytes(segment), 0) > 0;
    } catch (DiskFullException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }
}
