package dev.lastword.testing;

import dev.lastword.archive.Archive.Batch;
import dev.lastword.archive.Archive.Checkpoint;
import dev.lastword.archive.Archive.Deposit;
import dev.lastword.archive.Archive.Ended;
import dev.lastword.archive.Archive.Known;
import dev.lastword.archive.Archive.Saving;
import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.SseEvent;
import dev.lastword.testing.MemoryArchive.Kept;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a memory archive has: changed on a copy, which then takes its place. */
final class MemoryArchiveRows {
  private final Map<String, Kept> kept;
  private final Map<String, Tombstone> tombstones;
  private final Map<Life, Ended> ledger;
  private @Nullable Checkpoint checkpoint;

  /** One life of an id. */
  private record Life(StreamId id, long openedAt) {}

  /**
   * A life that is gone.
   *
   * @param settled whoever fills it knows, and deposits nothing more of it
   */
  private record Tombstone(long openedAt, long upTo, boolean settled) {}

  private MemoryArchiveRows(
      Map<String, Kept> kept,
      Map<String, Tombstone> tombstones,
      Map<Life, Ended> ledger,
      @Nullable Checkpoint checkpoint) {
    this.kept = kept;
    this.tombstones = tombstones;
    this.ledger = ledger;
    this.checkpoint = checkpoint;
  }

  static MemoryArchiveRows none() {
    return new MemoryArchiveRows(new TreeMap<>(), new TreeMap<>(), new HashMap<>(), null);
  }

  MemoryArchiveRows copy() {
    return new MemoryArchiveRows(
        new TreeMap<>(kept), new TreeMap<>(tombstones), new HashMap<>(ledger), checkpoint);
  }

  Optional<Checkpoint> checkpoint() {
    return Optional.ofNullable(checkpoint);
  }

  /** Every response that has ended, deleted ones too. */
  Collection<Ended> ledger() {
    return ledger.values();
  }

  private void account(Ended ended) {
    var stream = ended.stream();
    if (stream.outcome() != null) {
      ledger.putIfAbsent(new Life(stream.id(), stream.openedAt()), ended);
    }
  }

  Collection<Kept> kept() {
    return kept.values();
  }

  Optional<Kept> get(StreamId id) {
    return Optional.ofNullable(kept.get(id.value()));
  }

  Optional<Known> known(StreamId id) {
    var row = kept.get(id.value());
    if (row != null) {
      var stream = row.stream();
      return Optional.of(new Known(stream.openedAt(), stream.upTo(), stream.atRest(), false));
    }
    return Optional.ofNullable(tombstones.get(id.value()))
        .filter(gone -> checkpoint == null || gone.openedAt() >= checkpoint.position())
        .map(gone -> new Known(gone.openedAt(), gone.upTo(), true, true));
  }

  /** Follows the journal from its oldest entry on. */
  void beginAnew() {
    if (checkpoint != null) {
      checkpoint = new Checkpoint(checkpoint.journal(), 0);
    }
  }

  /** Forgets how far it has followed which journal. */
  void forgetCheckpoint() {
    checkpoint = null;
  }

  void store(Batch batch) {
    if (checkpoint != null && !Objects.equals(checkpoint.journal(), batch.checkpoint().journal())) {
      throw new ArchiveFailedException(
          "the archive follows journal %s, not %s"
              .formatted(checkpoint.journal(), batch.checkpoint().journal()));
    }
    batch.deposits().forEach(this::deposit);
    batch.savings().forEach(this::save);
    for (var deletion : batch.deletions()) {
      deletion.ended().ifPresent(this::account);
      delete(deletion.id(), deletion.upTo());
    }
    checkpoint = batch.checkpoint();
    tombstones
        .values()
        .removeIf(gone -> gone.settled() && gone.openedAt() < batch.checkpoint().position());
  }

  private void deposit(Deposit deposit) {
    var stream = deposit.stream();
    if (stream.atRest()) {
      account(new Ended(stream, deposit.tokens()));
    }
    var key = stream.id().value();
    var tombstone = tombstones.get(key);
    if (tombstone != null && stream.openedAt() <= tombstone.openedAt()) {
      if (stream.atRest()) {
        tombstones.put(key, new Tombstone(tombstone.openedAt(), tombstone.upTo(), true));
      }
      return;
    }
    var here = kept.get(key);
    if (here != null && isLater(here.stream(), stream)) {
      return;
    }
    var events = join(stream, eventsOfSameLife(here, stream), deposit);
    tombstones.remove(key);
    kept.put(key, new Kept(stream, events, deposit.response(), deposit.text()));
  }

  private static List<SseEvent> eventsOfSameLife(@Nullable Kept here, ArchivedStream stream) {
    return here != null && here.stream().openedAt() == stream.openedAt()
        ? here.events()
        : List.of();
  }

  private static boolean isLater(ArchivedStream here, ArchivedStream deposited) {
    return here.openedAt() != deposited.openedAt()
        ? here.openedAt() > deposited.openedAt()
        : here.upTo() > deposited.upTo();
  }

  private static List<SseEvent> join(ArchivedStream stream, List<SseEvent> here, Deposit deposit) {
    var events = new ArrayList<>(here);
    for (int i = 0; i < deposit.events().size(); i++) {
      var run = deposit.events().get(i);
      if (run.firstSeq() < 1
          || run.firstSeq() > events.size() + 1
          || (i > 0 && run.firstSeq() != events.size() + 1)) {
        throw new IllegalArgumentException(
            "stream %s: event %d follows on event %d"
                .formatted(stream.id(), run.firstSeq(), events.size()));
      }
      events.subList((int) run.firstSeq() - 1, events.size()).clear();
      events.addAll(run.events().decode());
    }
    if (events.size() < stream.lastSeq()
        || (!deposit.events().isEmpty() && events.size() > stream.lastSeq())) {
      throw new IllegalArgumentException(
          "stream %s: %d events are here, %d are said"
              .formatted(stream.id(), events.size(), stream.lastSeq()));
    }
    return List.copyOf(events.subList(0, (int) stream.lastSeq()));
  }

  private void save(Saving saving) {
    kept.computeIfPresent(
        saving.id().value(),
        (key, each) -> {
          long openedAt = each.stream().openedAt();
          boolean meant = saving.openedAt() == 0 || openedAt == 0 || saving.openedAt() == openedAt;
          return meant
              ? new Kept(each.stream().asSaved(), each.events(), each.response(), each.text())
              : each;
        });
  }

  /** The journal says that a stream is gone; a deposit of it may still be on its way. */
  private void delete(StreamId id, long upTo) {
    var here = kept.get(id.value());
    if (here == null || here.stream().openedAt() < upTo) {
      kept.remove(id.value());
      boolean settled = here != null && here.stream().atRest();
      bury(id, new Tombstone(upTo - 1, upTo, settled));
    }
  }

  /** Deletes whichever life is here, as a person in a SQL shell does; true if there was one. */
  boolean deleteByHand(StreamId id) {
    var here = kept.remove(id.value());
    if (here == null) {
      return false;
    }
    var stream = here.stream();
    bury(id, new Tombstone(stream.openedAt(), stream.upTo(), stream.atRest()));
    return true;
  }

  private void bury(StreamId id, Tombstone gone) {
    tombstones.merge(
        id.value(), gone, (before, now) -> now.openedAt() > before.openedAt() ? now : before);
  }
}
