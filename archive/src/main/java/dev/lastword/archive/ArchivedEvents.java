package dev.lastword.archive;

import dev.lastword.sse.EncodedEvents;

/**
 * A run of a stream's events.
 *
 * @param firstSeq number of the first
 */
public record ArchivedEvents(long firstSeq, EncodedEvents events) {
  /** Number of the event that follows on the last. */
  public long nextSeq() {
    return firstSeq + events.count();
  }
}
