package dev.lastword.testing;

import dev.lastword.archive.ArchivedStream;
import dev.lastword.journal.Disk;
import dev.lastword.journal.Entry;
import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * What of one stream would survive if the power went out now and took everything that is not
 * flushed. Read from the disk by rules of its own, not by the engine's.
 */
final class DurableRecord {
  private final StreamId id;
  private final List<byte[]> events = new ArrayList<>();
  private final List<byte[]> withheld = new ArrayList<>();
  private @Nullable Outcome outcome;
  private boolean complete;
  private boolean ended;
  private boolean opened;

  private DurableRecord(StreamId id) {
    this.id = id;
  }

  /**
   * Reads the archive, which is durable by itself, and behind its part a disk.
   *
   * @param disk a copy: it is opened for that
   */
  static DurableRecord of(
      StreamId id, Disk disk, FileJournal.Options options, MemoryArchive archive) {
    var record = new DurableRecord(id);
    long from = 0;
    boolean atRest = false;
    var kept = archive.contents(id);
    if (kept.isPresent()) {
      var row = kept.get().stream();
      record.take(row, kept.get().events());
      from = row.upTo();
      atRest = row.atRest();
    }
    if (!atRest) {
      record.replay(disk, options, from);
    }
    return record;
  }

  private void take(ArchivedStream row, List<SseEvent> all) {
    opened = true;
    outcome = row.outcome();
    ended = row.ended();
    complete = row.state() != ArchivedStream.State.OPEN;
    for (int i = 0; i < all.size(); i++) {
      add(EncodedEvents.of(List.of(all.get(i))), i < row.events() ? events : withheld);
    }
  }

  private void replay(Disk disk, FileJournal.Options options, long from) {
    var parts =
        new FileJournal.Parts(disk, Runnable::run, task -> {}, () -> 0, () -> 0, new Random(1));
    var journal = FileJournal.open(parts, options);
    journal.replay(
        0,
        (entry, position, epoch, timeMs) -> {
          if (position >= from && entry.stream().equals(id)) {
            take(entry);
          }
        });
  }

  boolean isOpened() {
    return opened;
  }

  @Nullable Outcome outcome() {
    return outcome;
  }

  /** Whether readers may have been told an ending although there is no outcome yet. */
  boolean isEnded() {
    return ended;
  }

  /** Whether the whole answer is there, as far as anybody can tell, and only its outcome is not. */
  boolean isUndecidedAndWhole() {
    return opened && outcome == null && (complete || ended || !withheld.isEmpty());
  }

  /** Every event of the answer, those included that nobody may see yet. */
  List<byte[]> answer() {
    // What was said in place of a withheld ending is no part of the answer.
    boolean replaced = outcome != null && !withheld.isEmpty();
    var all = new ArrayList<>(replaced ? events.subList(0, events.size() - 1) : events);
    all.addAll(withheld);
    return all;
  }

  /** Every event that readers may see. */
  List<byte[]> shown() {
    return List.copyOf(events);
  }

  private void take(Entry entry) {
    if (entry instanceof Entry.Deleted) {
      events.clear();
      withheld.clear();
      outcome = null;
      opened = false;
      complete = false;
      ended = false;
      return;
    }
    if (outcome != null) {
      return;
    }
    switch (entry) {
      case Entry.Opened o -> opened = true;
      case Entry.Appended a -> {
        if (!complete && withheld.isEmpty() && follows(a.firstSeq())) {
          add(a.events(), events);
          ended = false;
        }
      }
      case Entry.Withheld w -> {
        if (!complete && follows(w.firstSeq())) {
          add(w.events(), withheld);
        }
      }
      case Entry.Shown s -> {
        if (!complete) {
          show();
          ended = s.ended();
        }
      }
      case Entry.Ending e -> {
        if (!complete && follows(e.firstSeq())) {
          add(e.withheld(), withheld);
          complete = true;
        }
      }
      case Entry.Sealed s -> seal(s);
      case Entry.Saved s -> {}
      case Entry.Rejected r -> {}
      case Entry.Late l -> {}
      case Entry.Deleted d -> {}
    }
  }

  private boolean follows(long firstSeq) {
    return firstSeq == events.size() + withheld.size() + 1;
  }

  private void show() {
    events.addAll(withheld);
    withheld.clear();
  }

  /** A rejected answer is kept whole; readers see the failure in place of its ending. */
  private void seal(Entry.Sealed sealed) {
    if (sealed.outcome() == Outcome.COMPLETED) {
      if (!complete && !follows(sealed.firstSeq())) {
        return;
      }
      show();
    }
    add(sealed.events(), events);
    outcome = sealed.outcome();
  }

  private void add(EncodedEvents run, List<byte[]> to) {
    for (int i = 0; i < run.count(); i++) {
      to.add(wire(run, i));
    }
  }

  /** The bytes of one event. */
  static byte[] wire(EncodedEvents run, int i) {
    return Arrays.copyOfRange(run.wire(), i == 0 ? 0 : run.end(i - 1), run.end(i));
  }
}
