package dev.lastword.stream;

import dev.lastword.archive.Archive;
import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.ArchiveFullException;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalDamagedException;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.journal.StreamId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
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

  /** Streams that a database has to refuse in a row to be taken for one that takes nothing. */
  private static final int TRIES = 3;

  /** Bounds of one transaction. */
  private static final int STREAMS_MAX = 1_000;

  private static final long BYTES_MAX = 16L << 20;

  /** Most of one stream in one transaction. */
  private static final long CUT_BYTES_MAX = 4L << 20;

  /** A disk that does not give something back for so long has lost it. */
  private static final long UNREADABLE_NANOS = TimeUnit.HOURS.toNanos(1);

  /** A stream that needs the journal of so long ago, or longer ago, is stored as far as it is. */
  private static final long LOOK_MS = 60_000;

  private final Streams streams;
  private final Journal journal;
  private final Archive archive;
  private final Responses responses;
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

  private long oldTail;

  /** The archive found no room in the round before this one. */
  private boolean full;

  /** When streams were first found unreadable, in nanoseconds. Used by whoever stores. */
  private final Map<Stream, Long> unreadableSince = new HashMap<>();

  /** What the journal says about a stream that is in the archive already. */
  sealed interface Command {
    /** Every life of the id that was opened before this place in the journal is gone. */
    record Delete(StreamId id, long upTo, Runnable done) implements Command {}

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
    this.archive = archive;
    this.responses = responses;
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
      flushed(null);
      return;
    }
    cut(batch, told);
  }

  private void cut(List<Stream> batch, List<Command> told) {
    var cuts = new ArrayList<Cut>();
    var last =
        new Object() {
          int left = batch.size();
        };
    if (batch.isEmpty()) {
      io.execute(() -> store(cuts, told));
    }
    for (var stream : batch) {
      stream
          .home()
          .execute(
              () -> {
                var cut = cut(stream);
                home.execute(
                    () -> {
                      if (cut != null) {
                        cuts.add(cut);
                      }
                      if (--last.left == 0) {
                        io.execute(() -> store(cuts, told));
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

  /** What is left of a round: of what is taken out of it the archive has all. */
  private static final class Round {
    final ArrayDeque<Cut> cuts;
    List<Command> told;

    /** Streams that wait again. */
    final List<Stream> again = new ArrayList<>();

    /** The archive found no room for something. */
    boolean full;

    Round(List<Cut> cuts, List<Command> told) {
      this.cuts = new ArrayDeque<>(cuts);
      this.told = told;
    }
  }

  private void store(List<Cut> cuts, List<Command> told) {
    var round = new Round(cuts, told);
    RuntimeException failure = null;
    var batch = next(round.cuts);
    try {
      do {
        storeWhatGoes(batch, round);
        batch = next(round.cuts);
      } while (!batch.isEmpty());
    } catch (RuntimeException e) {
      failure = e;
      batch.forEach(cut -> round.again.add(cut.stream()));
      round.cuts.forEach(cut -> round.again.add(cut.stream()));
      putBack(round.told);
    }
    unreadableSince.keySet().removeIf(stream -> !streams.isJournaled(stream)); // deleted since
    full = round.full;
    if (full) {
      diskFull.run();
    }
    ended(round.again, failure);
  }

  /** As many cuts as fit into one transaction. */
  private static List<Cut> next(ArrayDeque<Cut> left) {
    var some = new ArrayList<Cut>();
    long bytes = 0;
    while (!left.isEmpty() && (some.isEmpty() || bytes < BYTES_MAX)) {
      var cut = left.remove();
      bytes += cut.bytes();
      some.add(cut);
    }
    return some;
  }

  private void ended(List<Stream> again, @Nullable RuntimeException failure) {
    boolean more;
    synchronized (lock) {
      running = false;
      again.stream().filter(streams::isJournaled).forEach(waiting::add);
      more = !waiting.isEmpty() || !commands.isEmpty();
    }
    if (failure != null || !again.isEmpty()) {
      log.error("archive.failed streams={} retry_ms={}", again.size(), RETRY_MS, failure);
      if (budget.isFilling()) {
        evict(again);
      }
      flushed(
          failure != null
              ? failure
              : new ArchiveFailedException("the archive refused " + again.size() + " streams"));
      roundIn(RETRY_MS);
    } else if (more) {
      roundIn(0);
    } else {
      flushed(null);
    }
  }

  /** What waits for the archive waits on the disk only. */
  private static void evict(Collection<Stream> waiting) {
    waiting.forEach(stream -> stream.home().execute(() -> stream.history().evict()));
  }

  private void putBack(List<Command> told) {
    synchronized (lock) {
      for (int i = told.size() - 1; i >= 0; i--) {
        commands.addFirst(told.get(i));
      }
    }
  }

  private void flushed(@Nullable RuntimeException failure) {
    List<CompletableFuture<Void>> waited;
    synchronized (lock) {
      waited = flushing;
      flushing = List.of();
    }
    for (var each : waited) {
      if (failure == null) {
        each.complete(null);
      } else {
        each.completeExceptionally(failure);
      }
    }
  }

  // --- storing, on io

  /**
   * Stores a batch. If the database refuses it, each stream by itself: one that it never takes is
   * not the others' loss.
   */
  private void storeWhatGoes(List<Cut> batch, Round round) {
    try {
      storeTogether(batch, round);
    } catch (ArchiveFailedException e) {
      round.full |= e instanceof ArchiveFullException;
      if (batch.size() <= 1 && round.told.isEmpty()) {
        throw e;
      }
      storeEach(batch, round, e);
    }
  }

  private void storeEach(List<Cut> batch, Round round, ArchiveFailedException whole) {
    if (!round.told.isEmpty()) {
      storeTogether(List.of(), round);
    }
    var refused = new ArrayList<Stream>();
    for (int i = 0; i < batch.size(); i++) {
      var cut = batch.get(i);
      try {
        storeTogether(List.of(cut), round);
      } catch (ArchiveFailedException e) {
        log.error("archive.refused stream={}", cut.stream().id(), e);
        refused.add(cut.stream());
        boolean none = refused.size() == i + 1;
        if (none && (refused.size() == TRIES || i + 1 == batch.size())) {
          throw whole;
        }
      }
    }
    round.again.addAll(refused);
  }

  private void storeTogether(List<Cut> batch, Round round) {
    long startedNanos = streams.time().nanoTime();
    var stored = new ArrayList<Cut>();
    var deposits = new ArrayList<Archive.Deposit>();
    for (var cut : batch) {
      try {
        deposits.add(deposit(cut));
        stored.add(cut);
        unreadableSince.remove(cut.stream());
      } catch (JournalFailedException e) {
        unreadable(cut.stream(), e);
        round.again.add(cut.stream());
      }
    }
    var told = round.told;
    long checkpoint = checkpointWith(stored);
    archive.store(
        new Archive.Batch(
            deposits,
            commandsOf(told, Command.MarkSaved.class).stream()
                .map(c -> new Archive.Saving(c.id(), c.openedAt()))
                .toList(),
            commandsOf(told, Command.Delete.class).stream()
                .map(c -> new Archive.Deletion(c.id(), c.upTo()))
                .toList(),
            new Archive.Checkpoint(journal.id(), checkpoint)));
    round.told = List.of();
    letGo(stored);
    told.forEach(command -> Guard.call("archived", command.id(), command.done()));
    int segments = trim(checkpoint);
    log.debug(
        "archive.stored streams={} segments_trimmed={} ms={}",
        stored.size(),
        segments,
        (streams.time().nanoTime() - startedNanos) / 1_000_000);
  }

  private static <T extends Command> List<T> commandsOf(List<Command> told, Class<T> type) {
    return told.stream().filter(type::isInstance).map(type::cast).toList();
  }

  /** What cannot be removed now is removed with a later checkpoint; what is stored is stored. */
  private int trim(long checkpoint) {
    try {
      return journal.trim(checkpoint);
    } catch (JournalFailedException e) {
      log.error("journal.trim_failed", e);
      return 0;
    }
  }

  private void letGo(List<Cut> stored) {
    int rested = 0;
    for (var cut : stored) {
      var stream = cut.stream();
      stream.neededFrom(cut.row().upTo());
      if (cut.row().atRest()) {
        rested++;
        streams.forget(stream);
      }
      stream
          .home()
          .execute(
              () -> {
                stream.history().archived(cut.events());
                if (cut.row().atRest()) {
                  stream.history().evict();
                } else if (!cut.events().isAll() || streams.isResting(stream)) {
                  add(stream);
                }
              });
    }
    if (rested > 0) {
      streams.listener().archived(rested);
    }
  }

  private Archive.Deposit deposit(Cut cut) {
    return cut.stream().isCorrupt() && cut.row().atRest()
        ? cut.readable()
        : cut.deposit(cut.row().atRest() ? response(cut.stream()) : null);
  }

  /**
   * It stays where it is, and so does all of the journal from there on: nothing is lost, the other
   * streams move on, and it is tried again. What is damaged is damaged for ever, and so is for us
   * what could not be read for long: of that stream the archive gets what there is.
   */
  private void unreadable(Stream stream, JournalFailedException cause) {
    log.error("archive.unreadable stream={}", stream.id(), cause);
    long now = streams.time().nanoTime();
    long since = unreadableSince.computeIfAbsent(stream, first -> now);
    boolean lost = cause instanceof JournalDamagedException || now - since >= UNREADABLE_NANOS;
    if (lost && !stream.isCorrupt()) {
      log.error("stream.corrupt stream={}", stream.id());
      stream.home().execute(stream::markCorrupt);
    }
  }

  /**
   * None where it would take too much of the heap, or of a disk that is nearly full: then it is
   * made when somebody asks for it.
   */
  private @Nullable ResponseJson response(Stream stream) {
    long bytes = responses.bytesToAssemble(stream);
    if (full || !responses.fits(stream) || !budget.tryTake(bytes)) {
      return null;
    }
    try {
      return responses.assemble(stream);
    } finally {
      budget.give(bytes);
    }
  }

  /**
   * The place in the journal before which nothing is needed once a batch is stored: whatever is not
   * in it begins after that. The tail is read first: what begins meanwhile begins after that.
   */
  private long checkpointWith(List<Cut> stored) {
    long checkpoint = journal.tail();
    Map<Stream, Long> neededFrom = new HashMap<>();
    stored.forEach(cut -> neededFrom.put(cut.stream(), cut.row().upTo()));
    for (var pin : streams.pins()) {
      long needed =
          pin instanceof Stream stream && neededFrom.containsKey(stream)
              ? neededFrom.get(stream)
              : pin.neededFrom();
      checkpoint = Math.min(checkpoint, needed);
    }
    return Math.max(checkpoint, archive.checkpoint().map(Archive.Checkpoint::position).orElse(0L));
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
