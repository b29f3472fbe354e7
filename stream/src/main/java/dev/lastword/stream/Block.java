package dev.lastword.stream;

import dev.lastword.sse.EncodedEvents;

/**
 * A run of a stream's events that are read together. Immutable, and while it is in memory the same
 * object for every reader, so that what one has encoded its neighbours can share.
 */
public final class Block {
  private final long firstSeq;
  private final long epoch;
  private final EncodedEvents events;

  Block(long firstSeq, long epoch, EncodedEvents events) {
    this.firstSeq = firstSeq;
    this.epoch = epoch;
    this.events = events;
  }

  /** Number of the first event. */
  public long firstSeq() {
    return firstSeq;
  }

  /** Number of the last event. */
  public long lastSeq() {
    return firstSeq + events.count() - 1;
  }

  /** The epoch that the ids of these events name. */
  public long epoch() {
    return epoch;
  }

  /** The events. */
  public EncodedEvents events() {
    return events;
  }

  /** The events after number {@code seq}, which is one of this block's but not its last. */
  Block after(long seq) {
    return new Block(seq + 1, epoch, events.from((int) (seq + 1 - firstSeq)));
  }
}
