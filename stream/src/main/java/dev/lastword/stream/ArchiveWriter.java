package dev.lastword.stream;

import dev.lastword.archive.Archive;
import dev.lastword.archive.ArchiveDamagedException;
import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.ArchiveFullException;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalDamagedException;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.stream.Archiver.Command;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores what was cut of streams, as many as fit into one transaction together with the place from
 * which a restart has to replay; then the streams and the journal let go of it. Used by one thread
 * at a time, which waits for the disk.
 */
final class ArchiveWriter {
  private static final Logger log = LoggerFactory.getLogger(ArchiveWriter.class);

  /** Streams that a database has to refuse in a row to be taken for one that takes nothing. */
  private static final int TRIES = 3;

  /** Most bytes of one transaction. */
  private static final long BYTES_MAX = 16L << 20;

  /** One of so many parts of what answers may take is for the responses of one transaction. */
  private static final int HELD_PART = 8;

  /** A disk that does not give something back for so long has lost it. */
  private static final long UNREADABLE_NANOS = TimeUnit.HOURS.toNanos(1);

  private final Streams streams;
  private final Journal journal;
  private final Archive archive;
  private final Responses responses;
  private final MemoryBudget budget;
  private final Consumer<Stream> again;

  /** The archive found no room in the round before this one. */
  private boolean full;

  /** When streams were first found unreadable, in nanoseconds. */
  private final Map<Stream, Long> unreadableSince = new HashMap<>();

  /**
   * @param again takes streams of which there is more to store; called on their homes
   */
  ArchiveWriter(
      Streams streams,
      Journal journal,
      Archive archive,
      Responses responses,
      MemoryBudget budget,
      Consumer<Stream> again) {
    this.streams = streams;
    this.journal = journal;
    this.archive = archive;
    this.responses = responses;
    this.budget = budget;
    this.again = again;
  }

  /**
   * What the archive did not take.
   *
   * @param streams to be cut and stored again
   * @param told to be told again
   * @param failure why the round ended before its end; null if it did not
   * @param isFull the archive found no room for something
   */
  record Leftover(
      List<Stream> streams,
      List<Command> told,
      @Nullable RuntimeException failure,
      boolean isFull) {}

  /** Stores a round: of what is not in the result the archive has all. */
  Leftover write(List<Cut> cuts, List<Command> told) {
    var round = new Round(told);
    var waiting = new ArrayDeque<>(cuts);
    RuntimeException failure = null;
    var batch = next(waiting);
    try {
      do {
        storeWhatGoes(batch, round);
        batch = next(waiting);
      } while (!batch.isEmpty());
    } catch (RuntimeException | Error e) {
      failure = e instanceof RuntimeException r ? r : new IllegalStateException("a round broke", e);
      batch.forEach(cut -> round.again.add(cut.stream()));
      waiting.forEach(cut -> round.again.add(cut.stream()));
    }
    unreadableSince.keySet().removeIf(stream -> !streams.isJournaled(stream)); // deleted since
    full = round.full;
    return new Leftover(round.again, round.told, failure, full);
  }

  /** How far a round is. */
  private static final class Round {
    /** What the archive has not been told yet. */
    List<Command> told;

    /** Streams that wait again. */
    final List<Stream> again = new ArrayList<>();

    /** The archive found no room for something. */
    boolean full;

    Round(List<Command> told) {
      this.told = told;
    }
  }

  /** As many cuts as fit into one transaction, and with their responses into memory at once. */
  private List<Cut> next(ArrayDeque<Cut> left) {
    var some = new ArrayList<Cut>();
    long bytes = 0;
    long heldMax = budget.bytes() / HELD_PART;
    long held = 0;
    while (!left.isEmpty() && (some.isEmpty() || (bytes < BYTES_MAX && held < heldMax))) {
      var cut = left.remove();
      bytes += cut.bytes();
      held += cut.row().atRest() ? responses.bytesToAssemble(cut.stream()) : 0;
      some.add(cut);
    }
    return some;
  }

  /**
   * Stores a batch. If that fails, each stream by itself: one that the database never takes, or of
   * which nothing can be made that it could take, is not the others' loss.
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
    } catch (RuntimeException e) {
      storeEach(batch, round, e);
    }
  }

  private void storeEach(List<Cut> batch, Round round, RuntimeException whole) {
    if (!round.told.isEmpty()) {
      storeTogether(List.of(), round);
    }
    var refused = new ArrayList<Stream>();
    int byDatabase = 0;
    for (int i = 0; i < batch.size(); i++) {
      var cut = batch.get(i);
      try {
        storeTogether(List.of(cut), round);
      } catch (RuntimeException e) {
        log.error("archive.refused stream={}", cut.stream().id(), e);
        refused.add(cut.stream());
        byDatabase += e instanceof ArchiveFailedException ? 1 : 0;
        boolean none = byDatabase == i + 1;
        if (none && (byDatabase == TRIES || byDatabase == batch.size())) {
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
      } catch (ArchiveDamagedException e) {
        unreadable(cut.stream(), e, true);
        round.again.add(cut.stream());
      } catch (StreamDeletedException e) {
        deposits.add(cut.withoutEvents()); // of a stream of which the archive has a tombstone
        stored.add(cut);
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
                .map(c -> new Archive.Deletion(c.id(), c.upTo(), ended(c.ended())))
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
                  again.accept(stream);
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
        : cut.deposit(cut.row().atRest() ? response(cut.stream()) : null, !full);
  }

  /** What the ledger is to take of a stream that was deleted, which is in the journal yet. */
  private Optional<Archive.Ended> ended(@Nullable Stream stream) {
    if (stream == null) {
      return Optional.empty();
    }
    ResponseJson response;
    try {
      response = stream.isCorrupt() ? null : response(stream);
    } catch (JournalFailedException e) {
      log.error("archive.unreadable stream={}", stream.id(), e);
      response = null;
    }
    return Optional.of(
        new Archive.Ended(stream.row(stream.lastPosition()), Responses.tokens(response)));
  }

  /**
   * It stays where it is, and so does all of the journal from there on: nothing is lost, the other
   * streams move on, and it is tried again. What is damaged is damaged for ever, and so is for us
   * what could not be read for long: of that stream the archive gets what there is.
   */
  private void unreadable(Stream stream, JournalFailedException cause) {
    long now = streams.time().nanoTime();
    long since = unreadableSince.computeIfAbsent(stream, first -> now);
    unreadable(
        stream, cause, cause instanceof JournalDamagedException || now - since >= UNREADABLE_NANOS);
  }

  private static void unreadable(Stream stream, RuntimeException cause, boolean lost) {
    log.error("archive.unreadable stream={}", stream.id(), cause);
    if (lost && !stream.isCorrupt()) {
      log.error("stream.corrupt stream={}", stream.id());
      stream.home().execute(stream::markCorrupt);
    }
  }

  /**
   * None where it would take too much of the heap, or cannot be put together: then it is made, or
   * fails, when somebody asks for it, and nobody knows its tokens. The events are what counts.
   *
   * @throws JournalFailedException if an event cannot be read that the archive has not got yet
   */
  private @Nullable ResponseJson response(Stream stream) {
    long bytes = responses.bytesToAssemble(stream);
    if (!responses.fits(stream) || !budget.tryTake(bytes)) {
      return null;
    }
    try {
      return responses.assemble(stream);
    } catch (StreamDeletedException e) {
      return null; // by hand, or by us and its answer got lost: its tombstone takes what comes
    } catch (ArchiveDamagedException e) {
      log.error("archive.unreadable stream={}", stream.id(), e);
      return null;
    } catch (JournalFailedException | ArchiveFailedException e) {
      throw e;
    } catch (RuntimeException e) {
      log.error("archive.not_assembled stream={}", stream.id(), e);
      return null;
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
    long before = archive.checkpoint().map(Archive.Checkpoint::position).orElse(0L);
    // Where the archive was told to begin anew there are streams that need what is gone.
    return Math.max(Math.max(checkpoint, before), journal.oldest());
  }
}
