package dev.lastword.stream;

import dev.lastword.sse.EncodedEvents;
import org.jspecify.annotations.Nullable;

/**
 * A run of a stream's events that became visible together, linked to the run after it. Immutable but for the link and
 * for the bytes, which a long stream lets go of again: they are then read from the journal.
 */
public final class Block {
  private final long firstSeq;
  private final int count;
  private final long epoch;
  private final long position;
  private volatile @Nullable EncodedEvents events;
  private volatile @Nullable Block next;

  Block(long firstSeq, EncodedEvents events, long epoch, long position) {
    this.firstSeq = firstSeq;
    this.count = events.count();
    this.epoch = epoch;
    this.position = position;
    this.events = events;
  }

  /** Number of the first event. */
  public long firstSeq() {
    return firstSeq;
  }

  /** Number of the last event. */
  public long lastSeq() {
    return firstSeq + count - 1;
  }

  /** The epoch that the ids of these events name. */
  public long epoch() {
    return epoch;
  }

  /** The events of a block that {@link Cursor#next} gave out. */
  public EncodedEvents events() {
    var here = events;
    if (here == null) {
      throw new IllegalStateException("the bytes of block " + firstSeq + " are on disk");
    }
    return here;
  }

  @Nullable EncodedEvents resident() {
    return events;
  }

  void letGo() {
    events = null;
  }

  long position() {
    return position;
  }

  @Nullable Block following() {
    return next;
  }

  void link(Block following) {
    next = following;
  }
}
