package dev.lastword.stream;

import org.jspecify.annotations.Nullable;

/**
 * A place in a stream's chain of blocks. The chain only grows, at its end, by the stream's home;
 * readers on any thread follow it. A long stream lets go of the bytes of its older blocks: they are
 * then read again, from the journal or the archive.
 */
final class Node {
  /** Instead of a place in the journal: the events are in the archive. */
  static final long ARCHIVED = -1;

  /** Number of the last event in the block; 0 for the node before the first. */
  final long lastSeq;

  final long epoch;

  /** Number of events in the block, and their length with the ids that they came with. */
  final int count;

  final int bytes;

  /** Where in the journal the entry with these events stands, or {@link #ARCHIVED}. */
  final long position;

  volatile @Nullable Block resident;
  volatile @Nullable Node next;

  Node(long lastSeq, long epoch, int count, int bytes, long position, @Nullable Block resident) {
    this.lastSeq = lastSeq;
    this.epoch = epoch;
    this.count = count;
    this.bytes = bytes;
    this.position = position;
    this.resident = resident;
  }

  /** The node behind which event {@code seq + 1} follows. */
  static Node after(long seq) {
    return new Node(seq, 0, 0, 0, ARCHIVED, null);
  }

  static Node of(Block block, long position) {
    var events = block.events();
    return new Node(
        block.lastSeq(),
        block.epoch(),
        events.count(),
        events.lengthWithUpstreamIds(),
        position,
        block);
  }

  /** The same events, which the archive has now. */
  Node asArchived() {
    return new Node(lastSeq, epoch, count, bytes, ARCHIVED, resident);
  }

  long firstSeq() {
    return lastSeq - count + 1;
  }
}
