package dev.lastword.stream;

import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Events in memory, until they go into the journal. They go in entries of some length: an entry has
 * a bound, and what gathers behind an ending has only that of a response.
 */
final class Gathered {
  /** Where the next entry begins; an event that is longer has one for itself. */
  private static final int ENTRY_BYTES_MAX = 1 << 20;

  /** What an event of one line takes beside its type and its data. */
  private static final int FIELDS_BYTES = 16;

  private final List<SseEvent> events = new ArrayList<>();
  private long bytes;

  void add(SseEvent event) {
    events.add(event);
    bytes += bytes(event);
  }

  /** Takes over what another has. */
  void addAll(Gathered other) {
    events.addAll(other.events);
    bytes += other.bytes;
    other.clear();
  }

  boolean isEmpty() {
    return events.isEmpty();
  }

  /** About what they take. */
  long bytes() {
    return bytes;
  }

  private static long bytes(SseEvent event) {
    return FIELDS_BYTES
        + (long) event.dataBytes().length
        + event.typeBytes().length
        + event.idBytes().length;
  }

  private void clear() {
    events.clear();
    bytes = 0;
  }

  /** Hands all of them over, an entry's at a time. */
  void take(Consumer<EncodedEvents> entries) {
    if (!isEmpty()) {
      entries.accept(takeLast(entries));
    }
  }

  /** The last entry's events; those before are handed over, an entry's at a time. */
  EncodedEvents takeLast(Consumer<EncodedEvents> before) {
    if (bytes <= ENTRY_BYTES_MAX) {
      var all = EncodedEvents.of(events);
      clear();
      return all;
    }
    var leaving = List.copyOf(events);
    clear();
    int from = 0;
    long length = 0;
    for (int i = 0; i < leaving.size(); i++) {
      long more = bytes(leaving.get(i));
      if (i > from && length + more > ENTRY_BYTES_MAX) {
        before.accept(EncodedEvents.of(leaving.subList(from, i)));
        from = i;
        length = 0;
      }
      length += more;
    }
    return EncodedEvents.of(leaving.subList(from, leaving.size()));
  }
}
