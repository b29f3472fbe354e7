package dev.lastword.archive;

import dev.lastword.sse.EncodedEvents;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Events cut into runs of a size that suits a row, and the two columns of a run.
 *
 * <p>The journal appends a few events at a time, so a stream arrives as many small runs; a row for
 * each would cost more than its events.
 */
final class EventRuns {
  /** Length on the wire up to which events share a run; a larger event has one of its own. */
  static final int RUN_BYTES_MAX = 256 << 10;

  private final List<ArchivedEvents> runs = new ArrayList<>();
  private final List<EncodedEvents> open = new ArrayList<>();
  private long openFirstSeq;
  private long nextSeq;
  private int openBytes;

  private EventRuns(long firstSeq) {
    openFirstSeq = firstSeq;
    nextSeq = firstSeq;
  }

  /**
   * Cuts anew.
   *
   * @throws IllegalArgumentException if there is a gap
   */
  static List<ArchivedEvents> of(List<ArchivedEvents> deposited) {
    var cut = new EventRuns(deposited.isEmpty() ? 1 : deposited.getFirst().firstSeq());
    deposited.forEach(cut::add);
    cut.close();
    return cut.runs;
  }

  private void add(ArchivedEvents run) {
    if (run.firstSeq() != nextSeq) {
      throw new IllegalArgumentException(
          "event %d follows on event %d".formatted(run.firstSeq(), nextSeq - 1));
    }
    var events = run.events();
    int from = 0;
    int start = 0;
    for (int i = 0; i < events.count(); i++) {
      int bytes = events.end(i) - start;
      if (openBytes > 0 && openBytes + (long) bytes > RUN_BYTES_MAX) {
        take(events, from, i);
        close();
        from = i;
      }
      openBytes += bytes;
      start = events.end(i);
    }
    take(events, from, events.count());
  }

  private void take(EncodedEvents events, int from, int to) {
    if (from < to) {
      open.add(events.slice(from, to));
      nextSeq += to - from;
    }
  }

  private void close() {
    if (!open.isEmpty()) {
      runs.add(new ArchivedEvents(openFirstSeq, EncodedEvents.concat(open)));
      openFirstSeq = nextSeq;
      open.clear();
      openBytes = 0;
    }
  }

  /**
   * The events of two columns.
   *
   * @throws IllegalArgumentException if they do not belong together
   */
  static EncodedEvents join(byte[] bounds, byte[] wire) {
    var stored = ByteBuffer.allocate(Math.addExact(bounds.length, wire.length));
    return EncodedEvents.readFrom(stored.put(bounds).put(wire).flip());
  }
}
