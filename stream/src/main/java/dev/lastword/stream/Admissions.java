package dev.lastword.stream;

import dev.lastword.archive.Archive;
import dev.lastword.journal.Journal;
import dev.lastword.journal.StreamId;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides whether there is room for another stream, before an upstream is asked and paid: every
 * bound that could refuse a stream is looked at here. Thread-safe.
 */
final class Admissions {
  private static final Logger log = LoggerFactory.getLogger(Admissions.class);

  private final Journal journal;
  private final Archive archive;
  private final MemoryBudget budget;
  private final Executor io;
  private final Runnable diskFull;
  private final int generationsMax;
  private final Supplier<StreamId> randomIds;
  private final Predicate<StreamId> isLive;
  private final Claims<StreamId> ids = new Claims<>();
  private final AtomicInteger places = new AtomicInteger();
  private volatile boolean draining;

  /**
   * @param diskFull called each time that something is refused because there is no room
   * @param isLive whether a stream has this id that the archive may not have, or have no more
   */
  Admissions(
      Journal journal,
      Archive archive,
      MemoryBudget budget,
      Executor io,
      Runnable diskFull,
      int generationsMax,
      Supplier<StreamId> randomIds,
      Predicate<StreamId> isLive) {
    this.journal = journal;
    this.archive = archive;
    this.budget = budget;
    this.io = io;
    this.diskFull = diskFull;
    this.generationsMax = generationsMax;
    this.randomIds = randomIds;
    this.isLive = isLive;
  }

  /** From now on nothing is admitted. */
  void drain() {
    draining = true;
  }

  boolean isDraining() {
    return draining;
  }

  /** Places that are taken: by generations that run, and by requests that may become one. */
  int places() {
    return places.get();
  }

  /**
   * Asks for a place.
   *
   * @param chosen the id that the stream is to have, or null for any; while somebody else holds it
   *     the answer waits
   * @param told the answer, on any thread
   */
  void admit(@Nullable StreamId chosen, Consumer<Admission> told) {
    var refusal = refusal();
    if (refusal != null) {
      told.accept(new Admission.Refused(refusal));
    } else if (chosen == null) {
      told.accept(take(randomIds.get(), opened -> {}));
    } else {
      ids.claim(chosen, new Chosen(chosen, told));
    }
  }

  private @Nullable OpenRefusal refusal() {
    if (draining) {
      return new OpenRefusal.Draining();
    }
    if (budget.isTight()) {
      return new OpenRefusal.MemoryFull(budget.bytes());
    }
    return switch (journal.health()) {
      case OPEN ->
          places.get() >= generationsMax ? new OpenRefusal.Overloaded(generationsMax) : null;
      case FULL -> {
        if (!journal.isOutOfRoom()) {
          yield new OpenRefusal.JournalBlocked(); // and what is old would go for nothing
        }
        diskFull.run();
        yield new OpenRefusal.DiskFull();
      }
      case CLOSED -> new OpenRefusal.JournalClosed("the journal is closed");
    };
  }

  private Admission take(StreamId id, Consumer<Boolean> ended) {
    if (places.incrementAndGet() > generationsMax) {
      places.decrementAndGet();
      ended.accept(false);
      return new Admission.Refused(new OpenRefusal.Overloaded(generationsMax));
    }
    return new Admission.Admitted(
        new Place(
            id,
            opened -> {
              if (!opened) {
                places.decrementAndGet();
              }
              ended.accept(opened);
            }));
  }

  /** The generation that had a place is over. */
  void free() {
    places.decrementAndGet();
  }

  /** One who asks for an id of their own. */
  private final class Chosen implements Claims.Claimant {
    private final StreamId id;
    private final Consumer<Admission> told;

    Chosen(StreamId id, Consumer<Admission> told) {
      this.id = id;
      this.told = told;
    }

    @Override
    public void held() {
      if (isLive.test(id)) {
        settle(true);
        return;
      }
      io.execute(
          () -> {
            boolean free;
            try {
              free = archive.find(id).isEmpty();
            } catch (RuntimeException e) {
              log.error("archive.failed", e);
              ids.settle(id, false);
              told.accept(new Admission.Refused(new OpenRefusal.ArchiveFailed()));
              return;
            }
            if (free) {
              admit();
            } else {
              settle(true);
            }
          });
    }

    /** Others may have held the id for as long as an upstream takes: the bounds are asked anew. */
    private void admit() {
      var refusal = refusal();
      if (refusal == null) {
        told.accept(take(id, opened -> ids.settle(id, opened)));
      } else {
        ids.settle(id, false);
        told.accept(new Admission.Refused(refusal));
      }
    }

    private void settle(boolean exists) {
      ids.settle(id, exists);
      taken();
    }

    @Override
    public void taken() {
      told.accept(new Admission.Refused(new OpenRefusal.IdTaken()));
    }
  }
}
