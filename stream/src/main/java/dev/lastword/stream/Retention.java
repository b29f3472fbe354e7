package dev.lastword.stream;

import dev.lastword.archive.Archive;
import dev.lastword.journal.Journal;
import dev.lastword.journal.StreamId;
import java.util.List;
import java.util.concurrent.Executor;
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

  private final Streams streams;
  private final Journal journal;
  private final Archive archive;
  private final StreamOptions options;
  private final Home home;
  private final Executor io;

  Retention(
      Streams streams,
      Journal journal,
      Archive archive,
      StreamOptions options,
      Home home,
      Executor io) {
    this.streams = streams;
    this.journal = journal;
    this.archive = archive;
    this.options = options;
    this.home = home;
    this.io = io;
  }

  void start() {
    io.execute(this::look);
  }

  private void look() {
    List<StreamId> outlived;
    try {
      long before = journal.timeMs() - options.retentionAge().toMillis();
      outlived = archive.outlived(before, options.retentionBytesMax(), STEP_STREAMS);
    } catch (RuntimeException e) {
      log.error("archive.retain_failed", e);
      outlived = List.of();
    }
    if (outlived.isEmpty()) {
      home.schedule(LOOK_MS, () -> io.execute(this::look));
    } else {
      new Step(outlived.size()).expire(outlived);
    }
  }

  /** Some streams on their way out; when all are settled the next ones are looked for. */
  private final class Step implements Answer<DeleteResult> {
    private int left;
    private int gone;

    Step(int left) {
      this.left = left;
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
            if (--left > 0) {
              return;
            }
            log.info("archive.retained deleted={}", gone);
            if (gone > 0) {
              io.execute(Retention.this::look);
            } else {
              home.schedule(LOOK_MS, () -> io.execute(Retention.this::look));
            }
          });
    }
  }
}
