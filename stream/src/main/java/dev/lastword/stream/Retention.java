package dev.lastword.stream;

import dev.lastword.archive.Archive;
import dev.lastword.journal.Journal;
import dev.lastword.journal.StreamId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets go of what has outlived its time, or has no room any more: the oldest end first, each by an
 * entry in the journal. Age is counted by the journal's time, which no clock can make jump.
 */
final class Retention {
  private static final Logger log = LoggerFactory.getLogger(Retention.class);
  private static final long LOOK_MS = 600_000;
  private static final int STEP_STREAMS = 200;

  /** Streams that go at once while the disk is full; then it is seen whether that was enough. */
  private static final int FULL_STEP_STREAMS = 50;

  private static final long FULL_STEP_NANOS = TimeUnit.SECONDS.toNanos(4);

  private final Streams streams;
  private final Journal journal;
  private final Archive archive;
  private final StreamOptions.Retaining options;
  private final Home home;
  private final Executor io;
  private final AtomicLong madeRoomAt;

  Retention(
      Streams streams,
      Journal journal,
      Archive archive,
      StreamOptions.Retaining options,
      Home home,
      Executor io) {
    this.streams = streams;
    this.journal = journal;
    this.archive = archive;
    this.options = options;
    this.home = home;
    this.io = io;
    this.madeRoomAt = new AtomicLong(streams.time().nanoTime() - FULL_STEP_NANOS);
  }

  void start() {
    io.execute(this::look);
  }

  /** The disk is full: some of the oldest streams go, unless some just went. From any thread. */
  void makeRoom() {
    long now = streams.time().nanoTime();
    long last = madeRoomAt.get();
    if (now - last >= FULL_STEP_NANOS && madeRoomAt.compareAndSet(last, now)) {
      io.execute(
          () -> {
            var oldest = outlived(options.ageOnFullDisk(), FULL_STEP_STREAMS);
            if (!oldest.isEmpty()) {
              log.warn("archive.disk_full expiring={}", oldest.size());
              new Step(oldest.size(), gone -> {}).expire(oldest);
            }
          });
    }
  }

  private void look() {
    var outlived = outlived(options.age(), STEP_STREAMS);
    if (outlived.isEmpty()) {
      lookLater();
    } else {
      new Step(
              outlived.size(),
              gone -> {
                if (gone > 0) {
                  io.execute(this::look);
                } else {
                  lookLater();
                }
              })
          .expire(outlived);
    }
  }

  private void lookLater() {
    home.schedule(LOOK_MS, () -> io.execute(this::look));
  }

  /** Blocks on the archive. */
  private List<StreamId> outlived(Duration age, int limit) {
    try {
      return archive.outlived(journal.timeMs() - age.toMillis(), options.bytesMax(), limit);
    } catch (RuntimeException e) {
      log.error("archive.retain_failed", e);
      return List.of();
    }
  }

  /** Some streams on their way out. */
  private final class Step implements Answer<DeleteResult> {
    private final IntConsumer then;
    private int left;
    private int gone;

    /**
     * @param then told how many are gone, once all are settled
     */
    Step(int left, IntConsumer then) {
      this.left = left;
      this.then = then;
    }

    void expire(List<StreamId> outlived) {
      outlived.forEach(id -> streams.expire(id, this));
    }

    @Override
    public void succeeded(DeleteResult result) {
      settled(result == DeleteResult.DELETED);
    }

    @Override
    public void failed(RuntimeException cause) {
      log.error("archive.retain_failed", cause);
      settled(false);
    }

    private void settled(boolean deleted) {
      home.execute(
          () -> {
            gone += deleted ? 1 : 0;
            if (--left == 0) {
              log.info("archive.retained deleted={}", gone);
              then.accept(gone);
            }
          });
    }
  }
}
