package dev.lastword.journal;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes the oldest segments. Each removal is made durable by itself, in order, as recovery takes
 * a gap between segments for loss. Thread-safe.
 */
final class Trimmer {
  private static final Logger log = LoggerFactory.getLogger(FileJournal.class);

  private final Disk disk;
  private final Segments segments;
  private final Spares spares;

  /** One trim at a time; nobody on the road of an event waits for it. */
  private final ReentrantLock lock = new ReentrantLock();

  /** A name was taken away, and no force has seen that yet. */
  private boolean unforced;

  Trimmer(Disk disk, Segments segments, Spares spares) {
    this.disk = disk;
    this.segments = segments;
    this.spares = spares;
  }

  /**
   * Removes what is older than a segment. Where that fails it stops, and goes on at the next call.
   *
   * @return how many segments went
   */
  int removeBelow(int segment) {
    int removed = 0;
    lock.lock();
    try {
      force();
      while (segments.oldest() < segment) {
        remove(segments.oldest());
        removed++;
      }
    } catch (IOException e) {
      log.warn(
          "journal.trim_failed dir={} segment={} cause={}", disk, segments.oldest(), e.toString());
    } finally {
      lock.unlock();
    }
    if (removed > 0) {
      log.info("journal.trimmed dir={} segments={} oldest={}", disk, removed, segments.oldest());
      spares.retryNow();
    }
    return removed;
  }

  private void remove(int oldest) throws IOException {
    long capacity = segments.capacity(oldest);
    boolean reused = disk.reusesFiles() && spares.wants(capacity);
    try {
      if (reused) {
        disk.rename(Segments.name(oldest), Segments.usedName(oldest));
      } else {
        disk.delete(Segments.name(oldest));
      }
    } catch (NoSuchFileException e) {
      log.warn("journal.trimmed_by_another dir={} segment={}", disk, oldest);
      reused = false;
    }
    unforced = true;
    segments.forget(oldest);
    force(); // before its file is written to: the name must not come back with another's content
    if (reused) {
      spares.offer(oldest);
    }
  }

  private void force() throws IOException {
    if (unforced) {
      disk.forceDirectory();
      unforced = false;
    }
  }
}
