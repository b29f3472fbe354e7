package dev.lastword.stream;

import dev.lastword.archive.Archive;
import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.ArchivedEvents;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.journal.StreamId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves closed streams to the archive, off the road of an event and many at a time, and lets go of
 * the journal's segments that nothing needs any more.
 */
final class Archiver {
  private static final Logger log = LoggerFactory.getLogger(Archiver.class);

  /** How long closed streams gather before they are stored together. */
  private static final long GATHER_MS = 200;

  private static final long RETRY_MS = 5_000;

  /** Streams that a database has to refuse in a row to be taken for one that takes nothing. */
  private static final int TRIES = 3;

  private static final long RETAIN_MS = 600_000;

  /** Streams deleted in one transaction. */
  private static final int RETAIN_STREAMS = 200;

  /** Bounds of one transaction. */
  private static final int STREAMS_MAX = 1_000;

  private static final long BYTES_MAX = 16L << 20;

  private final Streams streams;
  private final Journal journal;
  private final Archive archive;
  private final Responses responses;
  private final Home home;
  private final Executor io;

  /** Guards the queue and the flag; nothing is done under it. */
  private final Object lock = new Object();

  private final ArrayDeque<Stream> queue = new ArrayDeque<>();
  private boolean scheduled;

  /** Held while storing: one transaction at a time. */
  private final Object storing = new Object();

  Archiver(
      Streams streams,
      Journal journal,
      Archive archive,
      Responses responses,
      Home home,
      Executor io) {
    this.streams = streams;
    this.journal = journal;
    this.archive = archive;
    this.responses = responses;
    this.home = home;
    this.io = io;
  }

  void start() {
    io.execute(this::retain);
  }

  void add(Stream stream) {
    synchronized (lock) {
      queue.add(stream);
      if (scheduled) {
        return;
      }
      scheduled = true;
    }
    home.schedule(GATHER_MS, () -> io.execute(this::drain));
  }

  /** Stores what is queued, until nothing is left or the database refuses all there is. */
  void flush() {
    synchronized (storing) {
      var refused = new ArrayList<Stream>();
      try {
        for (var batch = take(); !batch.isEmpty(); batch = take()) {
          refused.addAll(storeWhatGoes(batch));
        }
      } finally {
        giveBack(refused);
      }
      if (!refused.isEmpty()) {
        throw new ArchiveFailedException("the archive refused " + refused.size() + " streams");
      }
    }
  }

  /**
   * Stores a batch. If the database refuses it, each stream by itself: one that it never takes is
   * not the others' loss.
   *
   * @return the streams that it refused
   */
  private List<Stream> storeWhatGoes(List<Stream> batch) {
    try {
      store(batch);
      return List.of();
    } catch (RuntimeException e) {
      if (batch.size() == 1) {
        log.error("archive.refused stream={}", batch.get(0).id(), e);
        return batch; // it may be a large one that is alone, with others behind it
      }
      var refused = storeEach(batch);
      if (refused.size() == batch.size()) {
        giveBack(batch);
        throw e;
      }
      return refused;
    }
  }

  private List<Stream> storeEach(List<Stream> batch) {
    var refused = new ArrayList<Stream>();
    for (int i = 0; i < batch.size(); i++) {
      var stream = batch.get(i);
      try {
        store(List.of(stream));
      } catch (RuntimeException e) {
        log.error("archive.refused stream={}", stream.id(), e);
        refused.add(stream);
        if (refused.size() == i + 1 && refused.size() == TRIES) {
          return batch;
        }
      }
    }
    return refused;
  }

  private void drain() {
    synchronized (lock) {
      scheduled = false;
    }
    try {
      flush();
    } catch (RuntimeException e) {
      log.error("archive.failed streams={} retry_ms={}", queued(), RETRY_MS, e);
      synchronized (lock) {
        if (scheduled) {
          return;
        }
        scheduled = true;
      }
      home.schedule(RETRY_MS, () -> io.execute(this::drain));
    }
  }

  private int queued() {
    synchronized (lock) {
      return queue.size();
    }
  }

  private List<Stream> take() {
    var batch = new ArrayList<Stream>();
    synchronized (lock) {
      long bytes = 0;
      while (!queue.isEmpty() && batch.size() < STREAMS_MAX && bytes < BYTES_MAX) {
        var stream = queue.remove();
        bytes += stream.view().bytes();
        batch.add(stream);
      }
    }
    return batch;
  }

  private void giveBack(List<Stream> batch) {
    synchronized (lock) {
      for (int i = batch.size() - 1; i >= 0; i--) {
        queue.addFirst(batch.get(i));
      }
    }
  }

  private void store(List<Stream> batch) {
    long startedNanos = streams.time().nanoTime();
    var stored = new ArrayList<Stream>();
    var deposits = new ArrayList<Archive.Deposit>();
    for (var stream : batch) {
      try {
        deposits.add(deposit(stream));
        stored.add(stream);
      } catch (JournalFailedException e) {
        // It stays where it is, and so does all of the journal from there on: nothing is lost, and
        // the other streams move on.
        log.error("archive.unreadable stream={}", stream.id(), e);
      }
    }
    long checkpoint = checkpointWithout(stored);
    archive.store(new Archive.Batch(deposits, List.of(), List.of(), checkpointAt(checkpoint)));
    streams.forget(stored);
    int segments = journal.trim(checkpoint);
    log.debug(
        "archive.stored streams={} segments_trimmed={} ms={}",
        stored.size(),
        segments,
        (streams.time().nanoTime() - startedNanos) / 1_000_000);
  }

  private Archive.Deposit deposit(Stream stream) {
    var events =
        stream.readVisible().stream()
            .map(block -> new ArchivedEvents(block.firstSeq(), block.events()))
            .toList();
    var assembled = responses.assemble(stream);
    return new Archive.Deposit(
        stream.closed(journal.tail(), streams.time().wallClockMs()),
        events,
        assembled.of(stream.id(), stream.outcome()),
        assembled.response().text());
  }

  /**
   * The place in the journal before which nothing is needed once a batch is stored: every other
   * stream begins after it. The tail is read first: a stream that is opened meanwhile begins after
   * that.
   */
  private long checkpointWithout(List<Stream> stored) {
    long checkpoint = journal.tail();
    var leaving = new HashSet<>(stored);
    for (var each : streams.unarchivedStreams()) {
      if (!leaving.contains(each.stream())) {
        checkpoint = Math.min(checkpoint, each.stream().earliestPosition);
      }
    }
    return Math.max(checkpoint, archived());
  }

  /** Journals do not keep their id yet: of none. */
  private static Archive.Checkpoint checkpointAt(long position) {
    return new Archive.Checkpoint(null, position);
  }

  private long archived() {
    return archive.checkpoint().map(Archive.Checkpoint::position).orElse(0L);
  }

  /** The save hooks have acknowledged a stream that is in the archive. */
  void markSaved(StreamId id) {
    synchronized (storing) {
      archive.store(
          new Archive.Batch(
              List.of(), List.of(new Archive.Saving(id, 0)), List.of(), checkpointAt(archived())));
    }
  }

  private int deleteOutlived() {
    var options = streams.options();
    int gone = 0;
    while (true) {
      var outlived =
          archive.outlived(
              streams.time().wallClockMs() - options.retentionAge().toMillis(),
              options.retentionBytesMax(),
              RETAIN_STREAMS);
      if (outlived.isEmpty()) {
        return gone;
      }
      synchronized (storing) {
        archive.store(
            new Archive.Batch(
                List.of(),
                List.of(),
                outlived.stream().map(id -> new Archive.Deletion(id, Long.MAX_VALUE)).toList(),
                checkpointAt(archived())));
      }
      gone += outlived.size();
    }
  }

  /** Deletes what has outlived its time, now and again. */
  private void retain() {
    try {
      int gone = deleteOutlived();
      if (gone > 0) {
        log.info("archive.retained deleted={}", gone);
      }
    } catch (RuntimeException e) {
      log.error("archive.retain_failed", e);
    }
    home.schedule(RETAIN_MS, () -> io.execute(this::retain));
  }
}
