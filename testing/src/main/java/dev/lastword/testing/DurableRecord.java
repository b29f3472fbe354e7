package dev.lastword.testing;

import dev.lastword.journal.Entry;
import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.EncodedEvents;
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
  private @Nullable List<byte[]> withheld;
  private @Nullable Outcome outcome;
  private int beforeWithheld;
  private boolean opened;

  private DurableRecord(StreamId id) {
    this.id = id;
  }

  /** Reads a copy of the disk, and the archive, which is durable by itself. */
  static DurableRecord of(
      StreamId id, FaultyDisk disk, FileJournal.Options options, MemoryArchive archive) {
    var record = new DurableRecord(id);
    var closed = archive.contents(id);
    if (closed.isPresent()) {
      record.opened = true;
      record.outcome = closed.get().stream().outcome();
      closed.get().events().forEach(e -> record.add(EncodedEvents.of(List.of(e)), record.events));
    } else {
      var parts =
          new FileJournal.Parts(
              disk.flushed(), Runnable::run, task -> {}, () -> 0, () -> 0, new Random(1));
      var journal = FileJournal.open(parts, options);
      journal.replay(0, (entry, position, epoch, timeMs) -> record.take(entry));
    }
    return record;
  }

  boolean isOpened() {
    return opened;
  }

  @Nullable Outcome outcome() {
    return outcome;
  }

  /** Every event of the answer, those included that nobody may see yet. */
  List<byte[]> answer() {
    if (withheld == null) {
      return events;
    }
    var all = new ArrayList<>(events.subList(0, beforeWithheld));
    all.addAll(withheld);
    return all;
  }

  private void take(Entry entry) {
    if (!entry.stream().equals(id) || outcome != null) {
      return;
    }
    switch (entry) {
      case Entry.Opened o -> opened = true;
      case Entry.Appended a -> {
        if (a.firstSeq() == events.size() + 1 && withheld == null) {
          add(a.events(), events);
        }
      }
      case Entry.Ending e -> {
        if (e.firstSeq() == events.size() + 1 && withheld == null) {
          var ending = new ArrayList<byte[]>();
          add(e.withheld(), ending);
          withheld = ending;
          beforeWithheld = events.size();
        }
      }
      case Entry.Sealed s -> seal(s);
      case Entry.Withheld w -> {}
      case Entry.Shown s -> {}
      case Entry.Rejected r -> {}
      case Entry.Saved s -> {}
      case Entry.Late l -> {}
      case Entry.Deleted d -> {}
    }
  }

  /** A rejected answer is kept whole; readers see the failure in place of its ending. */
  private void seal(Entry.Sealed sealed) {
    if (sealed.outcome() == Outcome.COMPLETED) {
      if (withheld == null && sealed.firstSeq() != events.size() + 1) {
        return;
      }
      if (withheld != null) {
        events.addAll(withheld);
        withheld = null;
      }
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
