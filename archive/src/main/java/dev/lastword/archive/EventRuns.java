package dev.lastword.archive;

import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Events cut into runs of a size that suits a row, and a run cut into its two columns.
 *
 * <p>The journal appends a few events at a time, so a stream arrives as many small runs; a row for
 * each would cost more than its events.
 */
final class EventRuns {
  /** Length on the wire up to which events share a run; a larger event has one of its own. */
  static final int RUN_BYTES_MAX = 256 << 10;

  private final List<ArchivedEvents> runs = new ArrayList<>();
  private final List<SseEvent> open = new ArrayList<>();
  private long openFirstSeq;
  private int openBytes;

  private EventRuns(long firstSeq) {
    openFirstSeq = firstSeq;
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
    if (run.firstSeq() != openFirstSeq + open.size()) {
      throw new IllegalArgumentException(
          "event %d follows on event %d".formatted(run.firstSeq(), openFirstSeq + open.size() - 1));
    }
    var encoded = run.events();
    var events = encoded.decode();
    int start = 0;
    for (int i = 0; i < events.size(); i++) {
      add(events.get(i), encoded.end(i) - start);
      start = encoded.end(i);
    }
  }

  private void add(SseEvent event, int bytes) {
    if (openBytes > 0 && openBytes + (long) bytes > RUN_BYTES_MAX) {
      close();
    }
    open.add(event);
    openBytes += bytes;
  }

  private void close() {
    if (!open.isEmpty()) {
      runs.add(new ArchivedEvents(openFirstSeq, EncodedEvents.of(open)));
      openFirstSeq += open.size();
      open.clear();
      openBytes = 0;
    }
  }

  /** The stored form without the wire bytes, which end it: boundaries and upstream ids. */
  static byte[] bounds(EncodedEvents events) {
    var stored = ByteBuffer.allocate(events.storedLength());
    events.writeTo(stored);
    var bounds = new byte[events.storedLength() - events.length()];
    stored.get(0, bounds);
    return bounds;
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
