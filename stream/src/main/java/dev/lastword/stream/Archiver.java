package dev.lastword.stream;

import dev.lastword.archive.Archive;
import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.ArchiveFencedException;
import dev.lastword.journal.Journal;
import dev.lastword.journal.StreamId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves streams to the archive, off the road of an event and many at a time: whole when they rest,
 * in prefixes while they are long or old, so that no stream keeps the journal from letting go of
 * its segments. What the journal says about streams that are in the archive already, that they were
 * deleted or saved, goes the same way.
 *
 * <p>One round is under way at a time: each stream is cut on its home, the cuts are stored in one
 * transaction together with the place from which a restart has to replay, and only then the streams
 * and the journal let go of what is stored.
 */
final class Archiver {
  private static final Logger log = LoggerFactory.getLogger(Archiver.class);

  /** How long streams that rest gather before they are stored together. */
  private static final long GATHER_MS = 200;

  private static final long RETRY_MS = 5_000;

  /** Most streams in one round. */
  private static final int STREAMS_MAX = 1_000;

  /** Most of one stream in one transaction. */
  private static final long CUT_BYTES_MAX = 4L << 20;

  /** A stream that needs the journal of so long ago, or longer ago, is stored as far as it is. */
  private static final long LOOK_MS = 60_000;

  private final Streams streams;
  private final Journal journal;
  private final ArchiveWriter writer;
  private final MemoryBudget budget;
  private final Home home;
  private final Executor io;
  private final Runnable diskFull;

  /** Guards what waits, and whether a round is under way or due; nothing is done under it. */
  private final Object lock = new Object();

  private final Set<Stream> waiting = new LinkedHashSet<>();
  private final ArrayDeque<Command> commands = new ArrayDeque<>();
  private boolean due;
  private boolean running;
  private List<CompletableFuture<Void>> flushing = List.of();
  private final List<Wait> waits = new ArrayList<>();

  private long oldTail;

  /** Another process has the archive, or it is not as it was left: nothing that waits will go. */
  private volatile boolean fenced;

  /** Somebody waits until the archive has all of a stream. */
  private record Wait(Stream stream, CompletableFuture<Void> stored) {}

  /** What the journal says about a stream that is in the archive already. */
  sealed interface Command {
    /**
     * Every life of the id that was opened before this place in the journal is gone.
     *
     * @param ended the life that ended and that the archive may not have; null for none
     */
    record Delete(StreamId id, long upTo, @Nullable Stream ended, Runnable done)
        implements Command {}

    /** Its save hooks have acknowledged it. */
    record MarkSaved(StreamId id, long openedAt, Runnable done) implements Command {}

    /** Whom it is about. */
    StreamId id();

    /** Called once the archive has it. */
    Runnable done();
  }

  /**
   * @param diskFull called on io each time that the archive finds no room
   */
  Archiver(
      Streams streams,
      Journal journal,
      Archive archive,
      Responses responses,
      MemoryBudget budget,
      Home home,
      Executor io,
      Runnable diskFull) {
    this.streams = streams;
    this.journal = journal;
    this.writer = new ArchiveWriter(streams, journal, archive, responses, budget, this::add);
    this.budget = budget;
    this.home = home;
    this.io = io;
    this.diskFull = diskFull;
  }

  void start() {
    oldTail = journal.tail();
    home.schedule(LOOK_MS, this::look);
  }

  /** Stores a stream: whole if it rests, else what there is of it. */
  void add(Stream stream) {
    synchronized (lock) {
      waiting.add(stream);
    }
    roundIn(GATHER_MS);
  }

  void add(Command command) {
    synchronized (lock) {
      commands.add(command);
    }
    roundIn(0);
  }

  /**
   * What a start has found in the journal, told in one round: its checkpoint may pass all of them.
   */
  void addAll(List<Command> found) {
    if (found.isEmpty()) {
      return;
    }
    synchronized (lock) {
      commands.addAll(found);
    }
    roundIn(0);
  }

  /** A stream is not to be stored any more. */
  void drop(Stream stream) {
    synchronized (lock) {
      waiting.remove(stream);
    }
  }

  /**
   * Stores what waits.
   *
   * @return completed once nothing waits any more, or exceptionally if the archive refuses
   */
  CompletionStage<Void> flush() {
    var flushed = new CompletableFuture<Void>();
    synchronized (lock) {
      var more = new ArrayList<>(flushing);
      more.add(flushed);
      flushing = more;
    }
    roundIn(0);
    return flushed;
  }

  /**
   * Stores a stream that rests, whatever else waits.
   *
   * @return completed once it is not in the journal alone any more, or exceptionally if the archive
   *     refuses
   */
  CompletionStage<Void> store(Stream stream) {
    var stored = new CompletableFuture<Void>();
    synchronized (lock) {
      waits.add(new Wait(stream, stored));
    }
    roundIn(0);
    return stored;
  }

  // --- rounds

  private void roundIn(long delayMs) {
    synchronized (lock) {
      if (running || (due && delayMs > 0)) {
        return; // the round that ends sees what has come
      }
      due = true;
    }
    if (delayMs > 0) {
      home.schedule(delayMs, this::round);
    } else {
      home.execute(this::round);
    }
  }

  /** On the archiver's own home: takes what waits and has it cut. */
  private void round() {
    List<Stream> batch;
    List<Command> told;
    synchronized (lock) {
      if (running || !due) {
        return;
      }
      due = false;
      batch = waiting.stream().limit(STREAMS_MAX).toList();
      told = List.copyOf(commands);
      if (!batch.isEmpty() || !told.isEmpty()) {
        running = true;
        batch.forEach(waiting::remove);
        commands.clear();
      }
    }
    if (batch.isEmpty() && told.isEmpty()) {
      stored(List.of(), null);
      flushed(null);
      return;
    }
    cut(batch, told);
  }

  private void cut(List<Stream> batch, List<Command> told) {
    var cuts = new ArrayList<Cut>();
    var uncut = new ArrayList<Stream>();
    var last =
        new Object() {
          int left = batch.size();
        };
    if (batch.isEmpty()) {
      io.execute(() -> store(cuts, uncut, told));
    }
    for (var stream : batch) {
      stream
          .home()
          .execute(
              () -> {
                var cut = new AtomicReference<@Nullable Cut>();
                boolean done = Guard.call("archive.cut", stream.id(), () -> cut.set(cut(stream)));
                home.execute(
                    () -> {
                      var made = cut.get();
                      if (made != null) {
                        cuts.add(made);
                      } else if (!done) {
                        uncut.add(stream);
                      }
                      if (--last.left == 0) {
                        io.execute(() -> store(cuts, uncut, told));
                      }
                    });
              });
    }
  }

  /** On the stream's home, where nothing of it changes meanwhile. */
  private @Nullable Cut cut(Stream stream) {
    if (!streams.isJournaled(stream)) {
      return null; // it rests in the archive, or was deleted, since it was added
    }
    var events = stream.history().unarchived(CUT_BYTES_MAX);
    if (!events.isAll()) {
      return new Cut(stream, events, stream.prefixRow(events, events.next()));
    }
    // What this stream appends from now on stands behind the tail, unless it is on its way already.
    long upTo = stream.isSettled() ? journal.tail() : stream.lastPosition();
    var row = stream.row(upTo);
    boolean rests = stream.isSettled() && streams.isResting(stream);
    return new Cut(stream, events, rests ? row.asAtRest() : row);
  }

  private void store(List<Cut> cuts, List<Stream> uncut, List<Command> told) {
    var left = writer.write(cuts, told);
    var again = new ArrayList<>(uncut);
    again.addAll(left.streams());
    try {
      if (left.isFull()) {
        diskFull.run();
      }
    } finally {
      ended(again, left.told(), left.failure());
    }
  }

  private void ended(List<Stream> again, List<Command> untold, @Nullable RuntimeException failure) {
    boolean more;
    boolean toldMeanwhile;
    synchronized (lock) {
      running = false;
      again.stream().filter(streams::isJournaled).forEach(waiting::add);
      toldMeanwhile = untold.isEmpty() && !commands.isEmpty();
      putBack(untold);
      more = !waiting.isEmpty() || !commands.isEmpty();
    }
    fenced |= failure instanceof ArchiveFencedException;
    stored(again, failure);
    if (failure != null || !again.isEmpty()) {
      log.error("archive.failed streams={} retry_ms={}", again.size(), RETRY_MS, failure);
      if (budget.isFilling()) {
        evict(again);
      }
      flushed(failure != null ? failure : refusalOf(again.size()));
      // What the archive is told may go although a stream does not.
      roundIn(toldMeanwhile ? 0 : RETRY_MS);
    } else if (more) {
      roundIn(0);
    } else {
      flushed(null);
    }
  }

  private static ArchiveFailedException refusalOf(int streams) {
    return new ArchiveFailedException("the archive refused " + streams + " streams");
  }

  /** What waits for the archive waits on the disk only. */
  private static void evict(Collection<Stream> waiting) {
    waiting.forEach(stream -> stream.home().execute(() -> stream.history().evict()));
  }

  /** Under the lock. */
  private void putBack(List<Command> told) {
    for (int i = told.size() - 1; i >= 0; i--) {
      commands.addFirst(told.get(i));
    }
  }

  private void flushed(@Nullable RuntimeException failure) {
    List<CompletableFuture<Void>> waited;
    synchronized (lock) {
      waited = flushing;
      flushing = List.of();
    }
    waited.forEach(each -> complete(each, failure));
  }

  private static void complete(
      CompletableFuture<Void> waiting, @Nullable RuntimeException failure) {
    if (failure == null) {
      waiting.complete(null);
    } else {
      waiting.completeExceptionally(failure);
    }
  }

  /** Tells those whose stream the archive has, or has refused. */
  private void stored(Collection<Stream> refused, @Nullable RuntimeException failure) {
    var over = new ArrayList<Wait>();
    synchronized (lock) {
      for (var wait : waits) {
        boolean isHere = streams.isJournaled(wait.stream());
        if (!isHere || failure != null || refused.contains(wait.stream())) {
          over.add(wait);
        }
      }
      waits.removeAll(over);
    }
    for (var wait : over) {
      boolean isRefused = failure == null && streams.isJournaled(wait.stream());
      complete(wait.stored(), isRefused ? refusalOf(1) : failure);
    }
  }

  /**
   * Whether nothing goes into the archive any more: another process has opened it since, or it is
   * not as this one left it.
   */
  boolean isFenced() {
    return fenced;
  }

  // --- prefixes

  /** Looks for streams that stand in the archive's way: the journal has gone on without them. */
  private void look() {
    for (var stream : streams.journaledStreams()) {
      if (stream.isOpened() && stream.neededFrom() < oldTail) {
        add(stream);
      }
    }
    oldTail = journal.tail();
    home.schedule(LOOK_MS, this::look);
  }
}
